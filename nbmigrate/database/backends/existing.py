"""What the statements of an operation need of the database."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.operations import Operation

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored


def read_stored(connection: sa.Connection, operation: Operation, table_sql: str = "") -> "Stored | None":
    """Return what `dialects.statements` needs of the database for an operation; None where that is nothing.

    Parameters
    ----------
    table_sql
        The CREATE TABLE of the operation's table, where it was read before.
    """
    return backend_of(connection).read_stored(connection, operation, table_sql)
