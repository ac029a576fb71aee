"""DuckDB's transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.transactions import State, Transactions

_NUMBER = "SELECT txid_current()"


class DuckDBTransactions(Transactions):
    """The driver shows nothing of them; outside of one, every statement has a number of its own."""

    savepoints = False

    def found_state(self, connection: sa.Connection) -> State:
        """Return the state, by the numbers of two statements."""
        driver = driver_connection(connection)
        try:
            first, second = (driver.execute(_NUMBER).fetchone() for _ in range(2))
        except connection.dialect.loaded_dbapi.Error:
            return State.FAILED
        return State.OPEN if first == second else State.NONE

    def number(self, connection: sa.Connection) -> object:
        """Return its number."""
        return driver_connection(connection).execute(_NUMBER).fetchone()

    def must_begin(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether no transaction is open."""
        del manual_begin
        return self.found_state(connection) is State.NONE

    def begin(self, connection: sa.Connection) -> None:
        """Begin one."""
        driver_connection(connection).begin()

    def end(self, connection: sa.Connection) -> None:
        """Do nothing: a statement alone is committed."""

    @contextmanager
    def autocommit(self, connection: sa.Connection) -> Iterator[None]:
        """End the driver's transaction alone: while SQLAlchemy takes it for open, it begins none."""
        if not connection.in_transaction():
            connection.begin()
        driver = driver_connection(connection)
        driver.commit()
        try:
            yield
        finally:
            if connection.in_transaction():
                driver.begin()
