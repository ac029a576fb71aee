"""A step while it runs: its transaction, its record, and what `op` talks to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa

from nbmigrate.database.failure import committed, name_of
from nbmigrate.database.recording import Recording
from nbmigrate.database.transaction import Transaction
from nbmigrate.database.version_table import AGAIN, VersionTable, heads_text
from nbmigrate.dialects import statements
from nbmigrate.errors import OperationError, PositionError
from nbmigrate.graph.plan import Step
from nbmigrate.operations import Operation


class RunContext(Protocol):
    """What `op.get_context()` returns; it is told which step is running."""

    running: "RunningStep | None"


class RunningStep:
    """The `Runner` of one step's operations.

    Parameters
    ----------
    connection
        The connection that the migration gets.
    step
        The step.
    version_table
        Where the step's row is.
    transaction
        The step's transaction, not begun yet.
    recording
        Where its statements are kept.
    context
        What `op.get_context()` returns, if anything.
    """

    def __init__(
        self,
        connection: sa.Connection,
        step: Step,
        version_table: VersionTable,
        transaction: Transaction,
        recording: Recording,
        context: RunContext | None,
    ) -> None:
        self.connection = connection
        self.step = step
        self.version_table = version_table
        self.transaction = transaction
        self.recording = recording
        self.context = context
        self.operations: list[Operation] = []
        #: How many statements ran before the migration's own: making the version table.
        self.prelude = 0

    def begin(self) -> None:
        """Begin, and make sure that the database still stands where the plan says.

        Raises
        ------
        PositionError
            It does not; nothing was begun then.
        """
        self.transaction.begin()
        try:
            self._check_position()
        except BaseException:
            self.transaction.rollback()
            raise

    def _check_position(self) -> None:
        found = self.version_table.heads()
        if set(found) != set(self.step.heads_before):
            raise PositionError(
                f"The database stands at {heads_text(found)}, and {heads_text(self.step.heads_before)} was expected: "
                f"somebody else has moved it since this run was planned.",
                AGAIN,
            )

    def invoke(self, operation: Operation) -> None:
        """Run the statements of an operation."""
        self.operations.append(operation)
        for statement in statements(operation, self.connection.dialect):
            self.recording.execute(statement)

    def get_bind(self) -> sa.Connection:
        """Return the connection, inside the step's transaction."""
        return self.connection

    def get_context(self) -> Any:
        """Return the migration context."""
        if self.context is None:
            raise OperationError("There is no migration context: this run was not started by an env.py.")
        return self.context

    @contextmanager
    def in_context(self) -> Iterator[None]:
        """Let the context know of this step while it runs."""
        if self.context is not None:
            self.context.running = self
        try:
            yield
        finally:
            if self.context is not None:
                self.context.running = None

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Commit what the step has done, let every statement commit by itself, then go on in a new transaction.

        Raises
        ------
        OperationError
            env.py began the transaction itself, so that it cannot be ended here.
        """
        if self.transaction.external:
            raise OperationError(
                "autocommit_block() cannot commit: env.py began the transaction itself.",
                "Let env.py give a connection that is not in a transaction.",
            )
        with self.transaction.suspended():
            yield
        self._check_position()

    def check_open(self) -> None:
        """Make sure that the migration did not end the transaction itself.

        Raises
        ------
        OperationError
            It did.
        """
        if not self.transaction.is_open:
            raise OperationError(
                "the revision ended its own transaction, by commit() or rollback() on the connection.",
                "For what must be committed at once there is `with op.get_context().autocommit_block():`.",
            )

    def left(self) -> tuple[tuple[str, ...], str]:
        """Return the statements that a rollback leaves in effect, and why they stay."""
        texts = [report.text for report in self.recording.statements[self.prelude :]]
        by_revision = tuple(texts[: max(self.recording.committed - self.prelude, 0)])
        if self.transaction.atomic:
            return by_revision, "The revision had committed"
        by_database = committed(texts, self.recording.pending)
        name = name_of(self.connection.dialect)
        return max(by_revision, by_database, key=len), f"{name} commits DDL by itself"
