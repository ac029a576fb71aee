"""PostgreSQL's transactions."""

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.transactions import State, Transactions

#: libpq's PQTRANS_IDLE and PQTRANS_INERROR; between statements there are PQTRANS_INTRANS and these.
_IDLE, _FAILED = 0, 3


class PostgreSQLTransactions(Transactions):
    """The server says with every answer what state its transaction is in."""

    def state(self, connection: sa.Connection) -> State:
        """Return what the server said last; psycopg and psycopg2 show it, asyncpg a part of it."""
        driver = driver_connection(connection)
        status = getattr(getattr(driver, "info", None), "transaction_status", None)
        if status is not None:
            return {_IDLE: State.NONE, _FAILED: State.FAILED}.get(int(status), State.OPEN)
        inside = getattr(driver, "is_in_transaction", None)
        return State.UNKNOWN if inside is None else State.OPEN if inside() else State.NONE

    def number(self, connection: sa.Connection) -> object:
        """Return the number that a transaction has once it has changed something."""
        return connection.exec_driver_sql("SELECT txid_current_if_assigned()").scalar()

    def must_begin(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether no transaction is open; SQLAlchemy's asyncpg begins one only for its own."""
        leaves_it = manual_begin or hasattr(driver_connection(connection), "is_in_transaction")
        return leaves_it and self.state(connection) is State.NONE
