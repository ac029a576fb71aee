"""SQLite: a database in this process, whose values have types, and whose changes of tables are rebuilds."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, Place
from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.lock import Lock
from nbmigrate.database.backends.sqlite.transactions import SQLiteTransactions

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Known
    from nbmigrate.errors import MigrateError
    from nbmigrate.operations import Operation

#: SQLite looks at the clock after so many of its own steps.
_STEPS = 20_000


class SQLiteBackend(Backend):
    """What is there by its drivers: sqlite3, and those made after it."""

    transactions = SQLiteTransactions()
    has_server = False
    stays_locked_when_closed = True
    ddl_as_text = True
    types_values = True
    row_number = "rowid"
    limits_text = False
    explains_rows = True

    def product(self, dialect: sa.Dialect) -> str:
        """Return its name."""
        del dialect
        return "SQLite"

    def is_memory_url(self, url: sa.URL) -> bool:
        """Whether there is no file, or one that says so."""
        name = url.database or ":memory:"
        return name.startswith((":memory:", "file::memory:")) or url.query.get("mode") == "memory"

    def is_in_memory(self, connection: sa.Connection) -> bool:
        """Whether the main database has no file."""
        from nbmigrate.database.backends.driver_sql import read_text

        return any(row[1] == "main" and not row[2] for row in read_text(connection, "PRAGMA database_list"))

    def lock(
        self,
        connection: sa.Connection,
        table: str,
        schema: str | None,
        *,
        external: bool,
        timeout: float,
        warn: Callable[[str], None],
    ) -> Lock | None:
        """Return the lock of a file beside that of the database."""
        from nbmigrate.database.backends.sqlite.lock import run_lock

        del external, timeout, warn
        return run_lock(connection, table, schema)

    @contextmanager
    def read_only(self, connection: sa.Connection) -> Iterator[None]:
        """Set PRAGMA query_only, and read whatever bytes SQLite was given as text."""
        driver = driver_connection(connection)
        outside = not connection.in_transaction()
        before = connection.exec_driver_sql("PRAGMA query_only").scalar()
        # What libsql gives is a text or an error; there is nothing to set.
        text_factory = getattr(driver, "text_factory", None)
        # Turso takes a number alone.
        connection.exec_driver_sql("PRAGMA query_only = 1")
        if text_factory is not None:
            driver.text_factory = partial(str, encoding="utf-8", errors="replace")
        try:
            yield
        finally:
            if text_factory is not None:
                driver.text_factory = text_factory
            connection.exec_driver_sql(f"PRAGMA query_only = {int(bool(before))}")
            if outside:
                connection.rollback()

    def time_limit(self, connection: sa.Connection, seconds: float) -> AbstractContextManager[None]:
        """Stop the statement that runs when the time is over."""
        watch = getattr(driver_connection(connection), "set_progress_handler", None)
        return super().time_limit(connection, seconds) if watch is None else _watched(watch, seconds)

    def details(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return what only the text of a CREATE has."""
        from nbmigrate.database.backends.sqlite.details import table_details

        return table_details(connection, schema, tables)

    def stored_definitions(
        self, connection: sa.Connection, places: Collection[Place]
    ) -> Mapping[Place, tuple[Any, ...]] | None:
        """Return the texts of CREATE of each table, its indexes and triggers."""
        from nbmigrate.database.backends.sqlite.details import stored_definitions

        return stored_definitions(connection, places)

    def estimated_rows(
        self, connection: sa.Connection, table: sa.TableClause, least: int, bytes_per_row: float
    ) -> int | None:
        """Return what ANALYZE, the numbers of rows and the size of the file allow."""
        from nbmigrate.database.backends.sqlite.estimates import estimated_rows

        return estimated_rows(connection, table, least, bytes_per_row)

    def read_known(self, connection: sa.Connection, operation: "Operation", told: str) -> "Known | None":
        """Return the table that a change is about."""
        from nbmigrate.database.backends.sqlite.batch import read_table_for

        del told
        return read_table_for(connection, operation)

    def explained_change(
        self, connection: sa.Connection, operation: "Operation", error: sa.exc.DBAPIError
    ) -> "MigrateError | None":
        """Return the error that names the rows or the views which are in the way."""
        from nbmigrate.database.backends.sqlite.rebuild import explained_change

        return explained_change(connection, operation, error)


@contextmanager
def _watched(watch: Callable[..., object], seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    watch(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        watch(None, _STEPS)
