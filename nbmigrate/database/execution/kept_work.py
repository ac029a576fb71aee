"""What is kept of the work of a step, and what is undone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.transactions import State
from nbmigrate.database.execution.failure import place_in
from nbmigrate.database.journal.step import StepJournal
from nbmigrate.database.statements.kind import Kind, kind_of
from nbmigrate.database.statements.recording import Recording
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


class KeptWork:
    """Takes note of what a running step has committed, and refuses that it goes on where that is undone."""

    def __init__(self, running: Watched) -> None:
        self._running = running
        self._transaction = running.transaction
        self._recording = running.recording
        #: Whether the transaction that the step began in is a user's.
        self.joined = running.transaction.joined
        #: Why the revision must not go on, though it may not have noticed.
        self.refusal: OperationError | None = None
        #: Whether the revision has committed something.
        self.has_committed = False
        self.in_block = False
        #: What is known of the transaction that is not open any more: whether its work was kept.
        self._ended: bool | None = None

    def kept(self) -> None:
        """Take note that what was done so far is committed."""
        if self._running.journal is not None:
            self._running.journal.writer.confirm()
        self._recording.commit()
        self._transaction.carries = False
        self.has_committed = True

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
        if self._transaction.carries:
            return True
        if self._running.journal is not None:
            return self._running.journal.writer.at_stake
        since = max(self._recording.committed, self._running.prelude)
        texts = (report.text for report in self._recording.statements[since:])
        return any(kind_of(text, ddl_commits=False) not in (Kind.READ, Kind.REPEATABLE) for text in texts)

    @property
    def _is_eager(self) -> bool:
        return self._running.journal is not None and self._running.journal.writer.eager

    def _found_state(self) -> State:
        return backend_of(self._running.connection).transactions.found_state(self._running.connection)

    def _find_committed(self) -> None:
        """Find out what the driver has committed unheard, after all that is open was undone."""
        writer = None if self._running.journal is None else self._running.journal.writer
        if writer is not None and writer.eager and writer.at_stake and writer.keep_held(writer.table):
            self.kept()

    def _check_beside(self) -> None:
        """Find out what the driver has committed unheard before it began what is open.

        That is the user's to undo, and answers nothing where it has failed.
        """
        writer = self._running.begin_journal().writer
        if writer.at_stake:
            with writer.table.beside() as table:
                if writer.keep_held(table):
                    self.kept()

    def _refuse(self, message: str, hint: str) -> None:
        place = place_in(self._running.step.revision.path)
        self.refusal = OperationError(message, hint).with_traceback(place)

    def _raise(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def quietly(self) -> AbstractContextManager[None]:
        """Let what is sent in the block be no statement of the migration, in the report and in the journal."""
        journal = self._running.journal
        return self._recording.quietly() if journal is None else journal.writer.quietly()
