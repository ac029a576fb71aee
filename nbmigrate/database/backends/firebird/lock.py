"""The lock of a run on Firebird, which has no advisory locks: a sequence that is made and never committed.

Whoever makes one of the same name is refused at once, or after the seconds that Firebird takes to look for a deadlock;
and it is gone with its connection. What the holder writes into its context shows it to those who wait.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.lock import holder_name
from nbmigrate.database.backends.side_connection import OwnConnection

#: The key exists already, or another transaction has written the row.
_TAKEN = {335544665, 335544345, 335544336, 335544349}
#: The connections that have, or had, the lock: by a variable of the holding transaction, and one of the run's session.
_HOLDERS = (
    "SELECT TRIM(v.mon$variable_value), a.mon$attachment_id, TRIM(a.mon$remote_address), "
    "SUBSTRING(CAST(a.mon$timestamp AS VARCHAR(24)) FROM 1 FOR 19) "
    "FROM mon$context_variables v LEFT JOIN mon$transactions t ON t.mon$transaction_id = v.mon$transaction_id "
    "JOIN mon$attachments a ON a.mon$attachment_id = COALESCE(v.mon$attachment_id, t.mon$attachment_id) "
    "WHERE v.mon$variable_name = ? AND a.mon$attachment_id NOT IN (?, ?) "
    "ORDER BY v.mon$transaction_id NULLS LAST"
)


def lock_name(table: str) -> str:
    """Return the name of the sequence: of 31 characters at the most."""
    return "NBMIGRATE_" + blake2b(table.encode(), digest_size=8).hexdigest().upper()


class FirebirdLock:
    """A lock that a connection holds which does nothing else.

    The session of the run is marked, too: the server may still be at work on the last statement of a process that was
    killed, and its lock is free before that has ended.

    Parameters
    ----------
    connection
        The connection of the run.
    name
        The lock's name.
    timeout
        Seconds that connecting may take.
    """

    def __init__(self, connection: sa.Connection, name: str, timeout: float) -> None:
        self._own = OwnConnection(connection, "READ COMMITTED", timeout)
        self._run = connection
        self._name = name

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """The connections that the server answers on."""
        return (self._own.get(), self._run)

    def take(self) -> bool:
        """Take the lock if it is free."""
        if self._holders():
            return False
        try:
            self._own.get().exec_driver_sql(f"CREATE SEQUENCE {self._name}")
        except sa.exc.DBAPIError as error:
            self._own.get().rollback()
            if _TAKEN.isdisjoint(getattr(error.orig, "gds_codes", None) or ()):
                raise
            return False
        self._mark(self._own.get(), "USER_TRANSACTION", holder_name())
        within = self._run.in_transaction()
        self._mark(self._run, "USER_SESSION", holder_name())
        if not within:
            self._run.rollback()
        return True

    def _mark(self, connection: sa.Connection, scope: str, value: str | None) -> None:
        query = "SELECT RDB$SET_CONTEXT(?, ?, CAST(? AS VARCHAR(200))) FROM RDB$DATABASE"
        connection.exec_driver_sql(query, (scope, self._name, value)).all()

    def _holders(self) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """Return who has the lock, in a new transaction, which alone sees what has changed."""
        connection = self._own.get()
        connection.rollback()
        _begin_without_waiting(connection)
        ours = [driver_connection(each).info.id for each in (connection, self._run)]
        return connection.exec_driver_sql(_HOLDERS, (self._name, *ours)).all()

    def holder(self) -> str:
        """Return who has the lock; empty where it is free by now, or where this user may not see other users."""
        found = self._holders()
        self._own.get().rollback()
        if not found:
            return ""
        name, number, address, since = found[0]
        return f"{name} (connection {number}, from {address}, since {since})"

    def check(self) -> bool:
        """Whether the lock is still held: whether the transaction that holds it still exists."""
        try:
            self._own.get().exec_driver_sql("SELECT 1 FROM RDB$DATABASE").all()
            return bool(driver_connection(self._own.get()).is_active())
        except sa.exc.DBAPIError:
            self._own.close()
            return False

    def release(self) -> None:
        """Let others have the lock."""
        if not self._run.closed and not self._run.invalidated:
            with suppress(sa.exc.SQLAlchemyError):
                within = self._run.in_transaction()
                self._mark(self._run, "USER_SESSION", None)
                if not within:
                    self._run.rollback()
        self._own.close("ROLLBACK")


def _begin_without_waiting(connection: sa.Connection) -> None:
    module: Any = connection.dialect.loaded_dbapi
    mode = module.tpb(module.Isolation.READ_COMMITTED_RECORD_VERSION, lock_timeout=0)
    driver_connection(connection).begin(mode)
