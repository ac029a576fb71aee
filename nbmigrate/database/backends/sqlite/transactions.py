"""SQLite's transactions."""

import sqlalchemy as sa

from nbmigrate.database.backends.base import State, Transactions, driver_connection


class SQLiteTransactions(Transactions):
    """Its drivers begin one before rows are changed, and none before DDL: every one is begun here, with its lock."""

    def state(self, connection: sa.Connection) -> State:
        """Return what the driver says."""
        inside = getattr(driver_connection(connection), "in_transaction", None)
        return State.UNKNOWN if inside is None else State.OPEN if inside else State.NONE

    def must_begin(self, connection: sa.Connection, *, by_hand: bool) -> bool:
        """Whether no transaction is open."""
        del by_hand
        return self.state(connection) is State.NONE

    def begin(self, connection: sa.Connection) -> None:
        """Begin with the write lock, so that what is read is still true when it is written."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")
