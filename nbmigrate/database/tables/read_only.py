"""Reading a database without being able to change it."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of


@contextmanager
def reading(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Let the database refuse every change made through a connection.

    SQLite does so by `PRAGMA query_only`, PostgreSQL, DuckDB, MariaDB and MySQL in a read-only transaction; on other
    databases the transaction is rolled back. What could be changed all the same, where the connection is in a
    transaction of its user on MariaDB or MySQL, is undone.
    """
    with backend_of(connection).read_only(connection):
        yield connection
