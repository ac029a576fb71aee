"""Writing the version rows without running a revision: `stamp` and `ensure_version`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from nbmigrate.database.errors import translating
from nbmigrate.database.recording import StatementReport
from nbmigrate.database.transaction import Transaction
from nbmigrate.database.version_table import VersionTable
from nbmigrate.graph.stamp import StampPlan

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
    """

    plan: StampPlan
    statements: tuple[StatementReport, ...] = ()


def stamp(
    connection: sa.Connection,
    make_plan: Callable[[tuple[str, ...]], StampPlan],
    *,
    version_table: VersionTable | None = None,
    purge: bool = False,
    external: bool | None = None,
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
    external
        Whether the connection is in a transaction that its user commits; whether it is in one at all, if None.

    Raises
    ------
    PositionError
        Somebody else has changed the rows meanwhile.
    DatabaseError
        The database could not be asked, or did not give its lock.
    """
    table = version_table or VersionTable(connection)

    def change() -> StampReport:
        plan = make_plan(table.heads())
        if purge or plan.steps:
            table.prepare(plan.end)
        if purge:
            table.clear()
        for step in plan.steps:
            # What a purge deletes is gone from the first step's rows already.
            before = () if purge and step is plan.steps[0] else step.heads_before
            table.move(before, step.heads_after)
        return StampReport(plan)

    return _in_transaction(connection, change, external)


def ensure_version(
    connection: sa.Connection, *, version_table: VersionTable | None = None, external: bool | None = None
) -> bool:
    """Make the version table if there is none, and return whether it was made."""
    table = version_table or VersionTable(connection)

    def change() -> bool:
        missing = not table.exists()
        if missing:
            table.prepare(())
        return missing

    return _in_transaction(connection, change, external)


def _in_transaction(connection: sa.Connection, change: Callable[[], T], external: bool | None) -> T:
    in_users = connection.in_transaction() if external is None else external
    url = connection.engine.url.render_as_string(hide_password=False)
    with translating(url):
        if not in_users and connection.in_transaction():
            # What env.py did since it was configured, as setting a search path: ours to commit.
            connection.commit()
        transaction = Transaction(connection, external=in_users)
        transaction.begin()
        try:
            done = change()
            transaction.commit()
        except BaseException:
            transaction.rollback()
            raise
        return done
