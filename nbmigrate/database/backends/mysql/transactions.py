"""The transactions of MariaDB and MySQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.transactions import State, Transactions

#: SERVER_STATUS_IN_TRANS and SERVER_STATUS_AUTOCOMMIT, which come with every answer.
_INSIDE, _AUTOCOMMIT = 1, 2


class MySQLTransactions(Transactions):
    """The server begins one itself, unless its session commits every statement."""

    def state(self, connection: sa.Connection) -> State:
        """Return what the server said last; PyMySQL, and others made after it, show it."""
        status = _status(connection)
        return State.UNKNOWN if status is None else State.OPEN if status & _INSIDE else State.NONE

    def restore_mode(self, connection: sa.Connection, *, manual_begin: bool) -> None:
        """Set `autocommit` where a revision has set it otherwise."""
        status = _status(connection)
        if status is not None and bool(status & _AUTOCOMMIT) is not manual_begin:
            _send(connection, f"SET autocommit = {manual_begin:d}")

    def end_locks(self, connection: sa.Connection) -> None:
        """Unlock the tables that LOCK TABLES has locked."""
        _send(connection, "UNLOCK TABLES")

    @contextmanager
    def autocommit(self, connection: sa.Connection) -> Iterator[None]:
        """Let every statement in the block commit by itself, with no table locked before it nor after it.

        A row and what the journal says of it are in a transaction, and to begin one unlocks the tables. A run that
        skips the row begins none: it must not find them locked.
        """
        self.end_locks(connection)
        with super().autocommit(connection):
            yield
            self.end_locks(connection)

    def must_begin(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether no transaction is open and the session commits every statement."""
        status = _status(connection)
        if status is None:
            return False
        return not status & _INSIDE and (manual_begin or bool(status & _AUTOCOMMIT))


def _status(connection: sa.Connection) -> int | None:
    status = getattr(driver_connection(connection), "server_status", None)
    return status if isinstance(status, int) else None


def _send(connection: sa.Connection, text: str) -> None:
    """Send a statement by the driver, so that SQLAlchemy begins nothing for it."""
    cursor = connection.connection.cursor()
    cursor.execute(text)
    cursor.close()
