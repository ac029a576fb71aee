"""The journal of a run: what an interrupted run left, and what this one writes down."""

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC
from types import CodeType, FunctionType
from typing import Protocol

import sqlalchemy as sa

from nbmigrate.clock import Clock, SystemClock
from nbmigrate.database.bookkeeping.own_table import FORMAT, user_and_host
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.journal.replay import Replay
from nbmigrate.database.journal.step import StepJournal
from nbmigrate.database.journal.table import JournalTable, OpenStep
from nbmigrate.database.journal.writer import UNHEARD, JournalWriter
from nbmigrate.database.statements.fingerprints import code_fingerprint
from nbmigrate.database.statements.kind import Kind, ends_transaction, kind_of
from nbmigrate.database.statements.recording import Recording
from nbmigrate.database.transaction import Transaction, ddl_commits
from nbmigrate.errors import InterruptedRevisionError
from nbmigrate.graph.plan import Plan, Step

#: Names in a revision's code that may end its transaction.
_LOOPING = frozenset({"begin", "commit"})
_ENDING = _LOOPING | {"autocommit_block"}
#: So many texts of a list are read: more of them are data.
_MOST = 1_000
#: Names by which a revision comes to the driver, where nothing is heard of what it does.
_CURSOR = frozenset({"cursor", "dbapi_connection", "driver_connection", "executescript", "raw_connection"})
_DRIVER = _CURSOR | {"connection"}


class Journaled(Protocol):
    """A step that runs."""

    step: Step
    transaction: Transaction
    recording: Recording
    journal: StepJournal | None
    prelude: int


class Journal:
    """The journal of one run; a table only while a revision is running or interrupted.

    Parameters
    ----------
    connection
        The connection of the run.
    versions
        The version table.
    clock
        Dates what is begun; the machine's if None.
    """

    def __init__(self, connection: sa.Connection, versions: VersionTable, clock: Clock | None = None) -> None:
        self.connection = connection
        self.table = JournalTable(connection, versions)
        self._clock = clock or SystemClock()
        #: The interrupted revision.
        self.open: OpenStep | None = None
        self._touched = False
        self._who = ""

    def read(self) -> None:
        """Find the interrupted revision."""
        self._touched = self.table.exists()
        self.open = self.table.read() if self._touched else None

    def check(self, plan: Plan) -> None:
        """Make sure that a plan goes on with the interrupted revision.

        Raises
        ------
        InterruptedRevisionError
            It begins with something else; or a newer version of nbmigrate has written the journal.
        """
        if self.open is None:
            return
        if self.open.format > FORMAT:
            raise self._too_new(self.open)
        first = plan.steps[0] if plan.steps else None
        if first is None or (first.revision.id, first.direction) != (self.open.revision, self.open.direction):
            raise interrupted_error(self.open)
        if any(entry.statement == UNHEARD for entry in self.open.done):
            # It would be sent again before anything could be compared.
            raise Replay(self.open, False, lambda _: "unknown").cannot_go_on(
                "what its file sent through the driver itself is unknown, so no run can go on after it."
            )

    def _too_new(self, step: OpenStep) -> InterruptedRevisionError:
        return InterruptedRevisionError(
            f"Revision {step.revision} was interrupted during {step.direction}, and a newer version of nbmigrate has "
            f"recorded what is done: {self.table.name} has format {step.format}, and this version reads "
            f"up to {FORMAT}. Nothing was begun.",
            "Run that version, or upgrade this one: %pip install --upgrade nbmigrate. `abandon` forgets what was done.",
            revision=step.revision,
            position=step.heads,
        )

    @contextmanager
    def watching(self, running: Journaled, function: Callable[..., object]) -> Iterator[None]:
        """Keep the journal of a step in the block, where there can be any need of it."""
        names = mentioned(function, _ENDING | _DRIVER)
        try:
            if self.open is not None or not running.transaction.atomic or names:
                running.journal = self._begun(running)
                running.journal.listen()
                writer = running.journal.writer
                writer.eager, writer.is_opaque = bool(names & _DRIVER), bool(names & _CURSOR)
                writer.keeps_reads = bool(names & _LOOPING)
                writer.open()
            yield
        finally:
            if running.journal is not None:
                running.journal.close()

    def _begun(self, running: Journaled) -> StepJournal:
        self._touched = True
        code = code_fingerprint(running.step.revision.path)
        step = self.open or self._begun_now(running.step)
        writer = JournalWriter(self.table, running.transaction, running.recording, replace(step, code=code))
        return StepJournal(writer, step, same_code=step.code in ("", code))

    def _begun_now(self, step: Step) -> OpenStep:
        self._who = self._who or user_and_host()
        return OpenStep(
            step.revision.id,
            step.direction,
            step.heads_before,
            since=self._clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            who=self._who,
        )

    def begin_late(self, running: Journaled) -> StepJournal:
        """Return the journal of a step that ends its transaction by ways that nobody could foresee."""
        journal = self._begun(running)
        journal.listen()
        for report in running.recording.statements[running.prelude :]:
            if kind_of(report.text, ddl_commits=False) not in (Kind.READ, Kind.REPEATABLE):
                # Nothing that runs again can be compared with it.
                journal.writer.keep(journal.writer.entry("", report.text))
        return journal

    def end_step(self) -> None:
        """Take note that no revision is interrupted any more."""
        self.open = None

    def forget(self) -> None:
        """Take everything out of the journal that was read; the table itself goes with `close`."""
        if self.open is not None:
            self.table.clear()

    def close(self, *, caller_owns_transaction: bool, failed: bool = False) -> None:
        """Drop the table, unless a revision is interrupted; never raises.

        Parameters
        ----------
        caller_owns_transaction
            Whether the connection is in a transaction that its user commits.
        failed
            Whether the run has: where DDL commits, dropping the table would commit what the user is to undo.
        """
        if failed and caller_owns_transaction and ddl_commits(self.connection.dialect):
            return
        if not self._touched or self.connection.closed or self.connection.invalidated:
            return
        with suppress(sa.exc.SQLAlchemyError):
            if self.table.exists() and self.table.is_empty():
                self.table.drop()
            if not caller_owns_transaction:
                self.connection.commit()


def interrupted_error(step: OpenStep) -> InterruptedRevisionError:
    """Return the error for what cannot be done while a revision is interrupted."""
    done = len(step.done)
    return InterruptedRevisionError(
        f"Revision {step.revision} was interrupted during {step.direction}: {done} of its statements "
        f"{'is' if done == 1 else 'are'} in effect. Nothing else was begun.",
        "`resume` finishes it, `abandon` forgets it and leaves everything as it is, `doctor` shows it.",
        revision=step.revision,
        position=step.heads,
    )


def mentioned(function: Callable[..., object], names: Set[str]) -> Set[str]:
    """Return which of some names a function, or one of those that it can call by their names, has in its code.

    A text that ends a transaction, such as COMMIT, is taken for the name "commit".
    """
    found: set[str] = set()
    seen: set[CodeType] = set()
    waiting: list[object] = [function]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and ends_transaction(each, ddl_commits=False):
            found |= names & {"commit"}
        elif isinstance(each, tuple | list) and len(each) <= _MOST:
            waiting += [text for text in each if isinstance(text, str)]
        code = each.__code__ if isinstance(each, FunctionType) else each
        if not isinstance(code, CodeType) or code in seen:
            continue
        seen.add(code)
        found |= names & set(code.co_names)
        waiting += code.co_consts
        if isinstance(each, FunctionType):
            waiting += [each.__globals__.get(name) for name in code.co_names]
            waiting += [cell.cell_contents for cell in each.__closure__ or () if cell != type(cell)()]
    return found
