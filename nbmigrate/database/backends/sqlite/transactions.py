"""SQLite's transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.transactions import State, Transactions
from nbmigrate.errors import UnsupportedOperationError


def mode_of(connection: sa.Connection) -> tuple[Any, str]:
    """Return the connection of the driver, and the attribute that says when it begins transactions."""
    driver = driver_connection(connection)
    return driver, "autocommit" if getattr(driver, "autocommit", -1) is False else "isolation_level"


class SQLiteTransactions(Transactions):
    """Its drivers begin one before rows are changed, and none before DDL: every one is begun here, with its lock."""

    #: With the write lock, so that what is read is still true when it is written.
    begin_sql = "BEGIN IMMEDIATE"

    def state(self, connection: sa.Connection) -> State:
        """Return what the driver says."""
        inside = getattr(driver_connection(connection), "in_transaction", None)
        return State.UNKNOWN if inside is None else State.OPEN if inside else State.NONE

    def number(self, connection: sa.Connection) -> object:
        """Return the same for every one: a statement that ends one begins none."""
        del connection
        return 0

    def must_begin(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether no transaction is open."""
        del manual_begin
        return self.state(connection) is State.NONE

    def opening(self, connection: sa.Connection, *, manual_begin: bool, joined: bool) -> Iterator[str]:
        """Yield what begins one with the write lock."""
        del manual_begin
        if self.is_atomic(connection) and not joined:
            # Begun a moment ago by sqlite3 (autocommit=False) or by a listener of the engine, without the lock.
            yield "ROLLBACK"
        if not self.is_atomic(connection):
            yield self.begin_sql

    def rolls_back_by_sql(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether one is open after a COMMIT that failed, or where the driver's own rollback does nothing."""
        del manual_begin
        is_driver_s = getattr(driver_connection(connection), "autocommit", None) is False
        return self.is_atomic(connection) and not is_driver_s

    def is_atomic(self, connection: sa.Connection) -> bool:
        """Whether a transaction is open."""
        return bool(driver_connection(connection).in_transaction)

    def check_suspendable(self, connection: sa.Connection) -> None:
        """Make sure that the mode can be changed; that of libsql is read-only."""
        driver, name = mode_of(connection)
        before = getattr(driver, name, None)
        if before is None:
            # Nothing is to be changed; sqlite3 would commit what is open if it were set once more.
            return
        try:
            setattr(driver, name, before)
        except AttributeError:
            raise UnsupportedOperationError(
                f"autocommit_block() cannot commit each statement: {connection.dialect.driver} does not change its "
                f"{name} once it is connected.",
                f"Let env.py give create_engine() connect_args={{'{name}': None}}; a revision is one transaction "
                "with that too.",
            ) from None

    @contextmanager
    def autocommit(self, connection: sa.Connection) -> Iterator[None]:
        """Set it on the driver: SQLAlchemy would leave sqlite3 in another mode than the engine was made with."""
        driver, name = mode_of(connection)
        before, wanted = getattr(driver, name), True if name == "autocommit" else None
        if before is wanted:
            yield
            return
        setattr(driver, name, wanted)
        try:
            yield
        finally:
            setattr(driver, name, before)
