"""What a database says of itself that `doctor` looks at; nothing is written."""

from dataclasses import dataclass

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Verdict
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.journal.table import JournalTable, OpenStep
from nbmigrate.database.journal.verdict import verdict
from nbmigrate.database.tables.lookup import read_only_session


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found in one database.

    Parameters
    ----------
    rows
        The version rows, sorted; one that is there twice is twice here.
    version_table
        The name of their table.
    width
        How many characters an id may have there; None where that is not limited, or there is no table.
    open_step
        The interrupted revision.
    in_flight
        Whether the statement in flight is in effect.
    journal
        The name of a journal that is there and has nothing in it; empty if there is none.
    """

    rows: tuple[str, ...]
    version_table: str
    width: int | None
    open_step: OpenStep | None
    in_flight: Verdict = "unknown"
    journal: str = ""


def examine(connection: sa.Connection, versions: VersionTable) -> Examination:
    """Examine the version table and the journal of a database."""
    journal = JournalTable(connection, versions)
    with read_only_session(connection):
        width = versions.width() if versions.exists() else None
        exists = journal.exists()
        step = journal.read() if exists else None
        entry = None if step is None else step.in_flight
        # On PostgreSQL it is for the next run to look, which waits for the server to end what it may still be doing.
        is_decidable = entry is not None and backend_of(connection).has_definitions
        return Examination(
            versions.heads(),
            versions.name,
            width,
            step,
            verdict(connection, entry.statement, entry.before)
            if entry is not None and is_decidable
            else "unknown",
            journal.name if exists and step is None else "",
        )
