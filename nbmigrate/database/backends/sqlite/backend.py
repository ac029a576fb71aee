"""SQLite: a database in this process, whose values have types, and whose changes of tables are rebuilds."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, function_in
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.sqlite.transactions import SQLiteTransactions

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

    lock = function_in("lock", "run_lock")
    details = function_in("details", "table_details")
    stored_definitions = function_in("details", "stored_definitions")
    estimated_rows = function_in("estimates", "estimated_rows")
    read_stored = function_in("batch", "read_stored")
    pending_changes = function_in("batch", "Pending")
    rehearsed = function_in("rehearsal", "rehearsed")
    explained_change = function_in("rebuild", "explained_change")

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


@contextmanager
def _watched(watch: Callable[..., object], seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    watch(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        watch(None, _STEPS)
