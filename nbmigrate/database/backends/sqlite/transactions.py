"""SQLite's transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.base import State, Transactions, driver_connection
from nbmigrate.errors import UnsupportedOperationError


def mode_of(connection: sa.Connection) -> tuple[Any, str]:
    """Return the connection of the driver, and the attribute that says when it begins transactions."""
    driver = driver_connection(connection)
    return driver, "autocommit" if getattr(driver, "autocommit", -1) is False else "isolation_level"


class SQLiteTransactions(Transactions):
    """Its drivers begin one before rows are changed, and none before DDL: every one is begun here, with its lock."""

    def state(self, connection: sa.Connection) -> State:
        """Return what the driver says."""
        inside = getattr(driver_connection(connection), "in_transaction", None)
        return State.UNKNOWN if inside is None else State.OPEN if inside else State.NONE

    def number(self, connection: sa.Connection) -> object:
        """Return the same for every one: a statement that ends one begins none."""
        del connection
        return 0

    def must_begin(self, connection: sa.Connection, *, by_hand: bool) -> bool:
        """Whether no transaction is open."""
        del by_hand
        return self.state(connection) is State.NONE

    def begin(self, connection: sa.Connection) -> None:
        """Begin with the write lock, so that what is read is still true when it is written."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

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
