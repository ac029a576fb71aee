"""The lock of a run on MariaDB and MySQL: one of GET_LOCK, held by a connection and gone with it."""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.side_connection import OwnConnection

#: Seconds, as many as every server takes: that MariaDB leaves a connection alone on which nothing happens.
_PATIENCE = 2_147_483
#: What a connection is; since when it does what it does, which is nothing for one that holds a lock.
_PROCESS = sa.text(
    "SELECT user, host, NOW() - INTERVAL time SECOND FROM information_schema.processlist WHERE id = :id"
)


def run_lock(
    connection: sa.Connection, table: str, schema: str | None, *, caller_owns_transaction: bool, **_: object
) -> "MySQLLock":
    """Return the lock of the version table."""
    return MySQLLock(
        connection, _name(connection, table, schema), caller_owns_transaction=caller_owns_transaction
    )


def _name(connection: sa.Connection, table: str, schema: str | None) -> str:
    """Return the lock's name on MariaDB and MySQL: one for the whole server, and of 64 characters at the most."""
    database = schema or connection.exec_driver_sql("SELECT DATABASE()").scalar_one()
    return "nbmigrate:" + blake2b(f"{database}\0{table}".encode(), digest_size=16).hexdigest()


class MySQLLock:
    """A lock of MariaDB's and MySQL's GET_LOCK, held by a connection that does nothing else.

    The connection of the run holds a second one: the server goes on with the statement of a process that was killed,
    and nobody is to come near the database before that has ended.

    Parameters
    ----------
    connection
        The connection of the run.
    lock
        The lock's name.
    caller_owns_transaction
        Whether its transaction is its user's: who may give it back to a pool before the lock can be released.
    """

    def __init__(self, connection: sa.Connection, lock: str, *, caller_owns_transaction: bool) -> None:
        self._own = OwnConnection(connection, "AUTOCOMMIT")
        self._run = connection
        self._lock = lock
        self._second = None if caller_owns_transaction else f"{lock}:run"
        self._id: int | None = None

    def _scalars(self, sql: str) -> Sequence[Any]:
        """Return what the connection of the run answers, of no table, so that no transaction is begun."""
        return read_text(self._run, sql)[0]

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """What the server is asked by."""
        return (self._own.get(), self._run)

    def take(self) -> bool:
        """Take the lock if it is free."""
        connection = self._own.get()
        if self._id is None:
            connection.exec_driver_sql(f"SET SESSION wait_timeout = {_PATIENCE}")
            self._id = connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()
        if not connection.exec_driver_sql(f"SELECT GET_LOCK('{self._lock}', 0)").scalar_one():
            return False
        return self._second is None or bool(self._scalars(f"SELECT GET_LOCK('{self._second}', 0)")[0])

    def holder(self) -> str:
        """Return who has the lock; nothing where it is free by now."""
        connection = self._own.get()
        for name in filter(None, (self._lock, self._second)):
            id_ = connection.exec_driver_sql(f"SELECT IS_USED_LOCK('{name}')").scalar_one()
            if id_ is not None and id_ != self._id:
                # Of other users' connections a user may see nothing.
                found = connection.execute(_PROCESS, {"id": id_}).first()
                where = f", from {found[1]}, since {found[2]}" if found else ""
                return f"{found[0] if found else 'somebody'} (connection {id_}{where})"
        return ""

    def check(self) -> bool:
        """Whether the lock is still held; asked elsewhere, so that its own connection shows since when."""
        second = "1" if self._second is None else f"IS_USED_LOCK('{self._second}') = CONNECTION_ID()"
        holder, is_ours = self._scalars(f"SELECT IS_USED_LOCK('{self._lock}'), {second}")
        held = bool(holder == self._id and is_ours)
        if not held:
            self.release()
        return held

    def release(self) -> None:
        """Let others have the lock."""
        if self._second is not None and not self._run.closed and not self._run.invalidated:
            # A connection that is lost has lost its lock.
            with suppress(sa.exc.SQLAlchemyError):
                self._scalars(f"SELECT RELEASE_LOCK('{self._second}')")
        self._own.close(f"DO RELEASE_LOCK('{self._lock}')")
        self._id = None
