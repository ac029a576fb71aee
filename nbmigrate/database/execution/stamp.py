"""Writing the version rows and the journal without running a revision: `stamp`, `ensure_version`, `abandon`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from nbmigrate.clock import SystemClock
from nbmigrate.database.bookkeeping.recorder import Recorder
from nbmigrate.database.bookkeeping.run_log import RunLog
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import translating
from nbmigrate.database.events import Listener, StatementReport
from nbmigrate.database.journal.journal import Journal
from nbmigrate.database.journal.table import OpenStep
from nbmigrate.database.transaction import Transaction
from nbmigrate.errors import UsageError
from nbmigrate.graph.stamp import StampPlan, StampStep

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StampReport:
    """A stamp that is done.

    Parameters
    ----------
    plan
        What was done.
    statements
        The statements of a stamp that was written instead; none for one that ran.
    given_up
        The interrupted revision that was forgotten.
    """

    plan: StampPlan
    statements: tuple[StatementReport, ...] = ()
    given_up: OpenStep | None = None


def stamp(
    connection: sa.Connection,
    make_plan: Callable[[tuple[str, ...]], StampPlan],
    *,
    version_table: VersionTable | None = None,
    purge: bool = False,
    caller_owns_transaction: bool | None = None,
    log: RunLog | None = None,
    applied: Callable[[StampStep], None] | None = None,
    listener: Listener | None = None,
) -> StampReport:
    """Change the version rows, all in one transaction, which also reads them: on SQLite with the write lock.

    Parameters
    ----------
    connection
        The connection; it is left open, and outside a transaction unless its user began one.
    make_plan
        Makes the plan from the rows.
    version_table
        The version table; Alembic's default one on this connection if None.
    purge
        Delete every row first, so that it does not matter what they say.
    caller_owns_transaction
        Whether the connection is in a transaction that its user commits; whether it is in one at all, if None.
    log
        Where the steps are recorded, in the same transaction; nowhere if None.
    applied
        Called for every step that is done, before all of them are committed.
    listener
        Is told of what cannot be recorded.

    Raises
    ------
    PositionError
        Somebody else has changed the rows meanwhile.
    DatabaseError
        The database could not be asked, or did not give its lock.
    """
    table = version_table or VersionTable(connection)
    clock = SystemClock() if log is None else log.clock
    journal = Journal(connection, table)
    if caller_owns_transaction is None:
        caller_owns_transaction = connection.in_transaction()
    recorder = Recorder(connection, log, listener, caller_owns_transaction=caller_owns_transaction)

    def change() -> StampReport:
        started = clock.seconds()
        plan = make_plan(table.heads())
        if purge or plan.steps:
            table.prepare(plan.end)
        if purge:
            table.clear()
        for step in plan.steps:
            # What a purge deletes is gone from the first step's rows already.
            before = () if purge and step is plan.steps[0] else step.heads_before
            table.move(before, step.heads_after)
            if applied is not None:
                applied(step)
            recorder.record(
                partial(RunLog.add_stamp, step=step, seconds=clock.seconds() - started), "the stamp"
            )
        journal.read()
        journal.forget()
        return StampReport(plan, given_up=journal.open)

    def prepare() -> None:
        if log is not None and make_plan(table.heads()).steps:
            if not caller_owns_transaction:
                connection.rollback()
            recorder.prepare()

    return _in_transaction(connection, change, caller_owns_transaction, journal, prepare)


def ensure_version(
    connection: sa.Connection,
    *,
    version_table: VersionTable | None = None,
    caller_owns_transaction: bool | None = None,
) -> bool:
    """Make the version table if there is none, and return whether it was made."""
    table = version_table or VersionTable(connection)

    def change() -> bool:
        missing = not table.exists()
        if missing:
            table.prepare(())
        return missing

    return _in_transaction(connection, change, caller_owns_transaction)


def abandon(
    connection: sa.Connection,
    *,
    version_table: VersionTable | None = None,
    caller_owns_transaction: bool | None = None,
) -> OpenStep | None:
    """Forget the interrupted revision, and return it; the schema and the version rows stay as they are."""
    journal = Journal(connection, version_table or VersionTable(connection))

    def change() -> OpenStep | None:
        journal.read()
        journal.forget()
        return journal.open

    return _in_transaction(connection, change, caller_owns_transaction, journal)


def resolve_in_flight(
    connection: sa.Connection,
    applied: bool,
    *,
    version_table: VersionTable | None = None,
    caller_owns_transaction: bool | None = None,
) -> None:
    """Record whether the statement in flight was applied.

    Raises
    ------
    UsageError
        None was in flight.
    """
    journal = Journal(connection, version_table or VersionTable(connection))

    def change() -> None:
        journal.read()
        entry = journal.open.in_flight if journal.open is not None else None
        if entry is None:
            raise UsageError(
                "No statement was in flight, so there is nothing to decide.",
                "Run `resume` without the option; `doctor` shows the interrupted revision.",
            )
        if applied:
            journal.table.finish(entry.number, "")
        else:
            journal.table.forget(entry.number)

    _in_transaction(connection, change, caller_owns_transaction, None)


def _in_transaction(
    connection: sa.Connection,
    change: Callable[[], T],
    caller_owns_transaction: bool | None,
    journal: Journal | None = None,
    prepare: Callable[[], None] | None = None,
) -> T:
    if caller_owns_transaction is None:
        caller_owns_transaction = connection.in_transaction()
    url = connection.engine.url.render_as_string(hide_password=False)
    with translating(url):
        if not caller_owns_transaction and connection.in_transaction():
            # What env.py did since it was configured, as setting a search path: ours to commit.
            connection.commit()
        if prepare is not None:
            prepare()
            if not caller_owns_transaction and connection.in_transaction():
                connection.rollback()
        transaction = Transaction(connection, caller_owns_transaction=caller_owns_transaction)
        transaction.begin()
        try:
            done = change()
            transaction.commit()
        except BaseException:
            transaction.rollback()
            raise
        if journal is not None:
            journal.close(caller_owns_transaction=caller_owns_transaction)
        return done
