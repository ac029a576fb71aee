"""DuckDB: a database in this process, without savepoints, which SQLAlchemy takes for PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, function_in
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.duckdb.transactions import DuckDBTransactions

_HAS_NO_FILE = "SELECT path IS NULL FROM duckdb_databases() WHERE database_name = current_database()"


class DuckDBBackend(Backend):
    """What is there by duckdb-engine."""

    transactions = DuckDBTransactions()
    has_server = False
    errors_end_transactions = True
    answers_with_counts = True

    details = function_in("details", "table_details")
    read_stored = function_in("existing", "read_stored")

    def product(self, dialect: sa.Dialect) -> str:
        """Return its name."""
        del dialect
        return "DuckDB"

    def is_memory_url(self, url: sa.URL) -> bool:
        """Whether there is no file."""
        return (url.database or ":memory:").startswith(":memory:")

    def is_in_memory(self, connection: sa.Connection) -> bool:
        """Whether the database in use has no file."""
        return bool(driver_connection(connection).execute(_HAS_NO_FILE).fetchone()[0])

    def connection_beside(self, engine: sa.Engine, driver: Any) -> sa.Connection | None:
        """Return one for another statement: what has not been read of a first one's rows would be lost by it."""
        pool = sa.StaticPool(lambda: type(driver)(driver.duplicate()), dialect=engine.dialect)
        return sa.Engine(pool, engine.dialect, engine.url).connect()

    @contextmanager
    def read_only(self, connection: sa.Connection) -> Iterator[None]:
        """Read in a transaction of its own; without savepoints, nothing in one of the caller's can be read-only."""
        if connection.in_transaction():
            yield
            return
        with connection.begin() as transaction:
            # A transaction is read only from its beginning or not at all.
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN TRANSACTION READ ONLY")
            try:
                yield
            finally:
                transaction.rollback()

    def prepare_inspection(self, connection: sa.Connection) -> None:
        """Give the dialect another inspector: duckdb-engine's queries tables of PostgreSQL which DuckDB has not.

        It is the dialect's, so that `sa.inspect()` in a revision and `sa.Table(..., autoload_with=...)` have it too.
        """
        from nbmigrate.database.backends.duckdb.inspector import DuckDBInspector

        connection.dialect.inspector = DuckDBInspector  # type: ignore[attr-defined]
