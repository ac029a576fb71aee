"""Who ends the transaction of a step, and whether what was done in it is kept."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

import sqlalchemy as sa

from nbmigrate.database.backends import transactions_of
from nbmigrate.database.backends.base import State
from nbmigrate.database.failure import place_in
from nbmigrate.database.recording import Recording
from nbmigrate.database.statement_kind import Kind, begins_transaction, ends_transaction, kind_of
from nbmigrate.database.step_journal import StepJournal
from nbmigrate.database.transaction import Transaction
from nbmigrate.errors import OperationError
from nbmigrate.graph.plan import Step

_SAVEPOINT = "To undo a part of it there are savepoints: `with op.get_bind().begin_nested():`."


class Watched(Protocol):
    """The step that runs."""

    connection: sa.Connection
    step: Step
    transaction: Transaction
    recording: Recording
    journal: StepJournal | None
    prelude: int
    #: Runs again what makes the version table, if it is not there any more.
    prepare: Callable[[], None] | None

    def flush(self) -> None:
        """Run what waits."""
        ...

    def check_dangling(self) -> None:
        """Make sure that no row refers to nothing."""
        ...

    def begin_journal(self) -> StepJournal:
        """Return the step's journal, which is begun if it has none."""
        ...

    def is_at_its_place(self) -> bool:
        """Whether the version rows are those that the step begins with."""
        ...


class TransactionWatch:
    """Goes on in a new transaction where the revision commits, and not where it rolls back.

    What may end the transaction is `commit()` on the connection, and SQL. Before it, the journal is written in the same
    transaction; after SQL, the journal is there if the work is. No word of the SQL is trusted for that.

    Parameters
    ----------
    running
        The step.
    """

    def __init__(self, running: Watched) -> None:
        self._running = running
        self._transaction = running.transaction
        self._recording = running.recording
        #: Why the revision must not go on, though it may not have noticed.
        self.refusal: OperationError | None = None
        #: Whether what stays is not known: the transaction was ended where nothing is heard of it.
        self.is_unknown = False
        #: Whether the revision has committed something.
        self.has_committed = False
        self.in_block = False
        self._unverified = False
        #: What is known of the transaction that is not open any more: whether its work was kept.
        self._ended: bool | None = None

    # What the revision does

    def before_sql(self, sql: str) -> None:
        """Make ready for a statement that the migration sends itself."""
        ends = ends_transaction(sql, ddl_commits=not self._transaction.atomic)
        self.attend(by_sql=begins_transaction(sql))
        self._running.flush()
        if ends:
            self._prepare_end()

    def after_sql(self) -> None:
        """Find out what a statement that may end the transaction has done."""
        self._verify()
        self._raise()

    def before_commit(self) -> None:
        """Write the journal before SQLAlchemy commits."""
        if self.in_block:
            return
        try:
            self.attend()
            if self._transaction.is_held:
                raise OperationError(
                    "the revision commits, and env.py began the transaction itself, in a `with` block.",
                    "Let env.py give a connection that is not in a transaction.",
                )
            self._prepare_end()
            self._raise()
            self._unverified = False
            with self._quietly():
                self._transaction.commit_by_hand()
        except BaseException:
            # For SQLAlchemy it is over, and nothing of it would be rolled back.
            self._transaction.undo_driver()
            raise
        self._ended = True

    def rolled_back(self) -> None:
        """Take note that SQLAlchemy rolls back."""
        if not self.in_block:
            self._lose()

    def attend(self, *, by_sql: bool = False) -> None:
        """Make sure that there is a transaction, before something is done in it.

        Parameters
        ----------
        by_sql
            Whether the next statement begins it.

        Raises
        ------
        OperationError
            The revision has rolled back what it had done.
        """
        self._verify()
        self._raise()
        if self.in_block:
            return
        if self._transaction.is_over and self._ended is not False:
            self.kept()
        elif self._ended is None and self._is_ended():
            self._explain()
        elif self._ended is None:
            return
        self._ended = None
        with self._quietly():
            self._transaction.go_on(by_sql=by_sql)
            if self._running.prepare is not None and not by_sql:
                self._running.prepare()

    def resolve(self) -> None:
        """Find out what is kept of a step that has failed, before it is rolled back; never raises."""
        with suppress(Exception):
            self._verify()
            if self._transaction.is_over and self._ended is not False:
                self.kept()
                self._transaction.external = self._transaction.joined = False

    # What becomes of the transaction

    def commit(self) -> None:
        """Write the journal before the step's work is committed: by `commit()`, by SQL, or by a block."""
        self._running.flush()
        self._running.check_dangling()
        self._running.begin_journal().writer.write()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Let statements commit by themselves in the block."""
        self.in_block = True
        try:
            yield
        finally:
            self.in_block = False

    def kept(self) -> None:
        """Take note that what was done so far is committed."""
        if self._running.journal is not None:
            self._running.journal.writer.confirm()
        self._recording.commit()
        self._transaction.carries = False
        self.has_committed = True

    def _prepare_end(self) -> None:
        if self._transaction.state is State.FAILED:
            # It can only be rolled back, and COMMIT does that too.
            self._lose()
            return
        self.commit()
        self._unverified = self._transaction.is_suspect = True

    def _verify(self) -> None:
        if not self._unverified or self._transaction.state is State.FAILED:
            return
        journal = self._running.begin_journal()
        database, connection = transactions_of(self._running.connection), self._running.connection
        is_ended = not self.in_block and database.found_state(connection) is State.NONE
        with self._quietly():
            is_kept = journal.writer.is_kept() and (
                not self._transaction.carries or self._running.is_at_its_place()
            )
            if is_kept:
                journal.writer.finish_ending()
            if is_ended:
                database.end(connection)
        self._unverified = False
        if is_kept:
            self.kept()
            self._ended = None if self.in_block else True
        else:
            self._lose()

    def _lose(self) -> None:
        """Take note that what is not committed is undone, and refuse to go on if that is something."""
        self._ended = False
        is_something = self._is_at_stake()
        if self._running.journal is not None:
            self._running.journal.writer.undo()
        if is_something and self.refusal is None:
            self._refuse(
                "the revision rolled back its own transaction, and with it what it had done.", _SAVEPOINT
            )

    def _is_at_stake(self) -> bool:
        if self._transaction.carries or self._transaction.external:
            return True
        if self._running.journal is not None:
            return self._running.journal.writer.at_stake
        since = max(self._recording.committed, self._running.prelude)
        kinds = (kind_of(report.text, ddl_commits=False) for report in self._recording.statements[since:])
        return any(kind not in (Kind.READ, Kind.AGAIN) for kind in kinds)

    def _is_ended(self) -> bool:
        """Whether the driver is in no transaction, though one was begun."""
        return self._transaction.is_gone or (
            self._transaction.atomic and self._transaction.state is State.NONE
        )

    def _explain(self) -> None:
        """Find out who has ended the transaction, where nothing was heard of it."""
        if not self._transaction.atomic:
            return
        if self._running.journal is not None and self._running.journal.writer.eager:
            self._unverified = True
            self._verify()
            self._raise()
            return
        if self._is_at_stake():
            self.is_unknown = True
            self._refuse(
                "the revision's transaction was ended unseen: by the driver itself, or by an error.",
                "For what must be committed at once there is `op.get_bind().commit()`.",
            )
            self._raise()

    def _refuse(self, message: str, hint: str) -> None:
        place = place_in(self._running.step.revision.path)
        self.refusal = OperationError(message, hint).with_traceback(place)

    def _raise(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def _quietly(self) -> AbstractContextManager[None]:
        journal = self._running.journal
        return self._recording.quietly() if journal is None else journal.writer.quietly()
