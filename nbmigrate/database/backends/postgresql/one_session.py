"""PostgreSQL that has one session for all: PGlite behind its socket server takes one connection, or queues several."""

from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.postgresql.pooler import server_process
from nbmigrate.database.backends.side_connection import OwnConnection
from nbmigrate.database.backends.timeouts import Deadline
from nbmigrate.errors import ConnectionFailedError

#: Seconds that a session of its own has to answer, while a transaction is open in another.
_ANSWER = 5.0
_REFUSED = "The server gives this run no second connection for its lock: its own connection holds the lock."
_SHARED = (
    "The server gives all connections one session, so that no lock keeps them from each other: "
    "let no two runs overlap."
)


def why_one_session(run: sa.Connection, side: OwnConnection, *, pooled: bool) -> str:
    """Return why the lock must be in the session of the run, as a note; "" where another session can hold it.

    Parameters
    ----------
    run
        The connection of the run.
    side
        The other, which is closed where it is of no use.
    pooled
        Whether a pooler stands between.

    Raises
    ------
    ConnectionFailedError
        It is a pooler's one connection, in which a lock would be left to others.
    sqlalchemy.exc.DBAPIError
        The pooler refuses a second connection.
    """
    try:
        beside = side.get()
    except sa.exc.DBAPIError:
        side.close()
        if pooled:
            raise
        return _REFUSED
    if not _shares_session(run, beside, pooled=pooled):
        return ""
    side.close()
    if pooled:
        raise ConnectionFailedError(
            "The pooler has one connection to the server, and the lock of a run needs one of its own.",
            "Let the pool have two or more for this database, or use a URL of the server itself.",
        )
    return _SHARED


def _shares_session(run: sa.Connection, beside: sa.Connection, *, pooled: bool) -> bool:
    """Whether a connection is answered only when no transaction is open on the other, which is broken off then."""
    processes = [server_process(driver_connection(each)) for each in (run, beside)]
    if None not in processes and not pooled:
        return processes[0] == processes[1]
    within = run.in_transaction()
    beside.exec_driver_sql("SELECT 1")
    with Deadline(_ANSWER, beside) as deadline:
        run.exec_driver_sql("SELECT 1")
        if not within:
            run.rollback()
    if not deadline.is_over:
        beside.rollback()
    return deadline.is_over


class SessionLock:
    """An advisory lock of the session that the run is in.

    Parameters
    ----------
    connection
        The connection of the run.
    key
        The lock's number.
    """

    def __init__(self, connection: sa.Connection, key: int) -> None:
        self._connection = connection
        self._key = key
        self._taken = False

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """What the server is asked by."""
        return (self._connection,)

    def take(self) -> bool:
        """Take the lock if it is free."""
        self._taken = self._is_true(f"SELECT pg_try_advisory_lock({self._key})")
        return self._taken

    def holder(self) -> str:
        """Return nothing: who has it is not to be found out without another session."""
        return ""

    def check(self) -> bool:
        """Whether the lock is still held: as long as the run's own connection is there."""
        return True

    def release(self) -> None:
        """Let others have the lock."""
        if self._taken and not self._connection.closed and not self._connection.invalidated:
            self._taken = False
            # A connection that is lost has lost its lock.
            with suppress(sa.exc.SQLAlchemyError):
                self._is_true(f"SELECT pg_advisory_unlock({self._key})")

    def _is_true(self, sql: str) -> bool:
        """Return the answer, and leave no transaction behind."""
        within = self._connection.in_transaction()
        try:
            return bool(self._connection.exec_driver_sql(sql).scalar_one())
        finally:
            if not within and self._connection.in_transaction():
                self._connection.rollback()
