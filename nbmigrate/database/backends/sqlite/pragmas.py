"""What SQLite's PRAGMAs say."""

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text

#: The option of a connection to a copy of a database whose library has no PRAGMA legacy_alter_table.
NO_LEGACY = "nbmigrate_no_legacy_alter_table"


def pragma_value(connection: sa.Connection, name: str) -> int | None:
    """Return the number that a PRAGMA has; None where the library does not have the PRAGMA."""
    rows = read_text(connection, f"PRAGMA {name}")
    return int(rows[0][0]) if rows else None


def renames_quietly(connection: sa.Connection) -> bool | None:
    """Return PRAGMA legacy_alter_table; None where there is none, also in what a connection is a copy of."""
    if connection.get_execution_options().get(NO_LEGACY):
        return None
    found = pragma_value(connection, "legacy_alter_table")
    return None if found is None else bool(found)
