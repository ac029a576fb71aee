"""A step while it runs: its transaction, its record, and what `op` talks to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.sqlite.rebuild import Dangling, run_rebuild
from nbmigrate.database.bookkeeping.version_table import AGAIN, VersionTable, heads_text
from nbmigrate.database.execution.batch_errors import batch
from nbmigrate.database.execution.failure import INCOMPARABLE, Remains, place_in
from nbmigrate.database.execution.transaction_watch import TransactionWatch
from nbmigrate.database.journal.journal import Journal
from nbmigrate.database.journal.step import StepJournal
from nbmigrate.database.journal.writer import UNHEARD
from nbmigrate.database.statements.planner import Planned, PlannedRebuild, StatementPlanner
from nbmigrate.database.statements.recording import Recording
from nbmigrate.database.transaction import Transaction
from nbmigrate.dialects.ddl import table_events
from nbmigrate.errors import OperationError, PositionError
from nbmigrate.graph.plan import Step
from nbmigrate.operations import ExecuteSQL, Operation
from nbmigrate.schema import convention_of

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored

#: What nobody keeps a journal of; one for thousands of steps.
_UNWATCHED = nullcontext()


class RunContext(Protocol):
    """What `op.get_context()` returns; it is told which step is running."""

    running: "RunningStep | None"

    def applied(self, step: Step) -> None:
        """Take note of a step that is done, and not committed yet."""
        ...


class Migration(Protocol):
    """A revision file that is loaded."""

    @property
    def upgrade(self) -> Callable[..., None]:
        """Go forward."""
        ...

    @property
    def downgrade(self) -> Callable[..., None]:
        """Go back."""
        ...


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
    journals
        Where a journal of the step is begun, if it needs one.
    """

    def __init__(
        self,
        connection: sa.Connection,
        step: Step,
        version_table: VersionTable,
        transaction: Transaction,
        recording: Recording,
        context: RunContext | None,
        journals: Journal,
    ) -> None:
        self.connection = connection
        self.step = step
        self.version_table = version_table
        self.transaction = transaction
        self.recording = recording
        self.context = context
        self.operations: list[Operation] = []
        #: Whether env.py's `on_version_apply` is at work.
        self.in_callback = False
        self.journals = journals
        #: The journal of the step; None where everything is undone together.
        self.journal: StepJournal | None = None
        self.planner = StatementPlanner(connection, self._existing, fire=table_events.live(connection))
        #: Where the first of what waits was asked for.
        self._place: TracebackType | None = None
        #: What rebuilds left referring to nothing, and where each was asked for.
        self._dangling: list[tuple[Dangling, TracebackType | None]] = []
        #: How many operations of the project's own are being done, one by another.
        self._within = 0
        #: How many statements ran before the migration's own: making the version table.
        self.prelude = 0
        #: Runs again what is before the migration's own statements, where a rollback has undone it.
        self.prepare: Callable[[], None] | None = None
        self.watch = TransactionWatch(self)
        #: When it began, by the clock of the run.
        self.started = 0.0

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

    def is_at_its_place(self) -> bool:
        """Whether the version rows are those that the step begins with."""
        return set(self.version_table.heads()) == set(self.step.heads_before)

    def _check_position(self) -> None:
        # In a transaction of the user's nothing may fail: PostgreSQL would do nothing more in it.
        expected = bool(self.step.heads_before) and not self.transaction.caller_owns_transaction
        with self.watch.quietly():
            found = self.version_table.heads(expected=expected)
        if set(found) != set(self.step.heads_before):
            raise PositionError(
                f"The database stands at {heads_text(found)}, and {heads_text(self.step.heads_before)} was expected: "
                f"another run has moved it since this run was planned.",
                AGAIN,
            )

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called, as env.py's target_metadata says."""
        options = getattr(self.context, "opts", None) or {}
        return convention_of(options.get("target_metadata"))

    def invoke(self, operation: Operation) -> None:
        """Run the statements of an operation; what SQLite rebuilds a table for, when nothing more joins it."""
        if self._within == 0:
            self.operations.append(operation)
        if self._is_in_effect(operation):
            if not self.connection.in_transaction():
                # As its first statement would in a block: the revision may end that.
                self.connection.begin()
            return
        for planned in self.planner.add(operation):
            if isinstance(planned, PlannedRebuild):
                self._run_rebuild(planned)
            else:
                self._run(planned)
        if self.planner.is_waiting:
            self._place = self._place or place_in(self.step.revision.path)

    def _is_in_effect(self, operation: Operation) -> bool:
        """Whether an earlier run has done an operation."""
        # What listeners send is known when they are called: the journal then has statements, and no operation.
        return (
            self.journal is not None
            and not table_events.has_events(operation, self.connection.dialect)
            and self.journal.skips(operation)
        )

    def _existing(self, operation: Operation) -> "Stored | None":
        """Return what the database has of what an operation is about, after all that the revision has sent."""
        if not isinstance(operation, ExecuteSQL):
            self.watch.attend()
        table_sql = "" if self.journal is None else self.journal.table_before(operation)
        with self.recording.quietly():
            return read_stored(self.connection, operation, table_sql)

    def _run(self, planned: Planned) -> None:
        operation = planned.operation
        if table_events.has_events(operation, self.connection.dialect):
            # The table's listeners send what is theirs in between.
            for statement in planned.statements:
                self.recording.execute(statement)
            return
        is_sql = isinstance(operation, ExecuteSQL)
        try:
            statements = tuple(planned.statements)
            watched = _UNWATCHED if self.journal is None else self.journal.operation(operation, statements)
            with batch(self.connection, operation), watched:
                for statement in statements:
                    if is_sql:
                        self.watch.before_sql(statement.text)
                    self.recording.execute(statement)
                    self.watch.after_sql()
        except sa.exc.DBAPIError as error:
            explained = backend_of(self.connection).explained_change(self.connection, operation, error)
            if explained is None:
                raise
            raise explained from error

    def flush(self) -> None:
        """Run what waits for other changes to the same table."""
        for planned in self.planner.flush():
            self._run_rebuild(planned)

    def _run_rebuild(self, planned: PlannedRebuild) -> None:
        place, self._place = self._place, None
        try:
            rebuild = planned.rebuild
            self.watch.attend()
            dangling: list[Dangling] = []
            with _UNWATCHED if self.journal is None else self.journal.unit(planned.operations):
                run_rebuild(self.connection, rebuild, self.recording.execute, dangling)
            self._dangling += [(each, place) for each in dangling]
        except Exception as error:
            # What it is about was asked for further up in the file than where we are now.
            raise error.with_traceback(place) from error.__cause__

    def check_dangling(self) -> None:
        """Make sure that no row or foreign key that a rebuild left referring to nothing still does."""
        dangling, self._dangling = self._dangling, []
        for each, place in dangling:
            if each.exists(self.connection):
                raise each.error.with_traceback(place)

    @contextmanager
    def within(self, operation: Operation) -> Iterator[None]:
        """Run what is asked for in the block, as parts of the operation."""
        if self._within == 0:
            self.operations.append(operation)
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1

    def get_bind(self) -> sa.Connection:
        """Return the connection, inside the step's transaction."""
        self.flush()
        return self.connection

    def get_context(self) -> Any:
        """Return the migration context."""
        self.flush()
        if self.context is None:
            raise OperationError("There is no migration context: this run was not started by an env.py.")
        return self.context

    @contextmanager
    def in_context(self) -> Iterator[None]:
        """Let the context know of this step while it runs."""
        if self.context is not None:
            self.context.running = self
        # What the migration sends itself finds the tables as it left them.
        self.recording.watch = self.watch
        try:
            yield
            self.flush()
            self.check_dangling()
            self.watch.attend(last=True)
        finally:
            self.recording.watch = None
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
        if self.transaction.caller_owns_transaction:
            raise OperationError(
                "autocommit_block() cannot commit: env.py began the transaction itself.",
                "Let env.py give a connection that is not in a transaction.",
            )
        self.transaction.check_suspendable()
        self.watch.attend()
        self.watch.commit()
        with self.begin_journal().block(), self.watch.block(), self.transaction.suspended():
            self.watch.kept()
            try:
                yield
                self.flush()
            finally:
                # Each of its statements that ran has committed itself, whether or not the next one failed.
                self.recording.commit()
        self._check_position()

    def begin_journal(self) -> StepJournal:
        """Return the journal of the step, which is begun if it has none."""
        if self.journal is None:
            self.journal = self.journals.begin_late(self)
        return self.journal

    @property
    def has_committed(self) -> bool:
        """Whether something of it is committed, by itself, that a rollback does not undo."""
        return self.watch.has_committed or (self.journal is not None and bool(self.journal.writer.standing))

    def finish(self) -> None:
        """Make sure that everything that is in effect was asked for, and forget how it was done."""
        if self.journal is not None:
            self.journal.finish()
            self.journal.writer.clear()

    def left(self) -> Remains:
        """Return what a rollback leaves in effect, as far as it was noted."""
        if self.watch.is_unknown:
            texts = tuple(report.text for report in self.recording.statements[self.prelude :])
            may_have = self.watch.is_unanswered
            why = "The revision may have committed" if may_have else "The revision's transaction was ended"
            return Remains(texts, why, is_certain=False)
        if self.journal is not None and self.journal.writer.standing:
            standing = tuple(self.journal.writer.standing)
            return Remains(
                standing, self.why, self.step.revision.id, INCOMPARABLE if UNHEARD in standing else ""
            )
        return Remains()

    @property
    def why(self) -> str:
        """Why something stays in effect."""
        if not self.transaction.atomic:
            return f"{backend_of(self.connection).product(self.connection.dialect)} commits DDL by itself"
        whose = " the transaction that env.py began" if self.watch.joined else ""
        return f"The revision had committed{whose}"
