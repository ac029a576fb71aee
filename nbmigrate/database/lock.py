"""One run at a time: the lock on (database, schema, version table), which dies with the process that holds it."""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from nbmigrate.database.backends.deadline import Deadline
from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.postgresql.one_session import SessionLock, why_one_session
from nbmigrate.database.backends.postgresql.pooler import ADVICE, is_pooled, prepare_nothing
from nbmigrate.database.backends.side_connection import (
    MySQLLock,
    OwnConnection,
    PostgreSQLLock,
    mysql_name,
    postgresql_key,
)
from nbmigrate.database.backends.sqlite.lock import FileLock
from nbmigrate.database.backends.timeouts import DEFAULT_TIMEOUT
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import translating
from nbmigrate.database.events import Event, Listener, LockTaken, LockWaiting, LockWarning, StepStarted
from nbmigrate.database.transaction import in_autocommit
from nbmigrate.dialects.sqlite.parsing.tokens import folded
from nbmigrate.errors import DatabaseLockedError, InterruptedRunError

#: Seconds between two tries: few at first, since most runs are short.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
#: Seconds that a server has to answer, at the least.
_ANSWER = 5.0
#: Seconds between two events about the waiting.
_TELLING = 1.0


class Lock(Protocol):
    """What a database has for a lock."""

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """What the server is asked by."""
        ...

    def take(self) -> bool:
        """Take it if it is free; never waits."""
        ...

    def holder(self) -> str:
        """Return who has it, as far as the database tells."""
        ...

    def check(self) -> bool:
        """Whether it is still held; if not, it can be taken again."""
        ...

    def release(self) -> None:
        """Let others have it."""
        ...


class RunLock:
    """The lock of one run.

    Parameters
    ----------
    lock
        The database's; None where it has none, and nothing is locked.
    url
        The url in use, for its password.
    timeout
        Seconds to wait at the most.
    listener
        Is told of the waiting.
    """

    def __init__(self, lock: Lock | None, url: str, timeout: float, listener: Listener | None = None) -> None:
        self._lock = lock
        self._url = url
        self._timeout = timeout
        self._listener = listener

    def take(self) -> None:
        """Take the lock, waiting for it if another run has it.

        Raises
        ------
        DatabaseLockedError
            It was not to be had in time.
        InterruptedRunError
            The waiting was interrupted from the keyboard.
        """
        if self._lock is None:
            return
        try:
            with translating(self._url), answering(self._timeout, *self._lock.connections):
                self._wait(self._lock)
        except KeyboardInterrupt as interrupt:
            self._lock.release()
            raise InterruptedRunError(
                "Interrupted while waiting for another run on this database: nothing was done.",
                "Run the same command again when the other has finished.",
            ) from interrupt
        except BaseException as error:
            self._lock.release()
            if not isinstance(error, OSError) or not isinstance(self._lock, FileLock):
                raise
            # Where no other file can be made, or locked: each revision still has SQLite's own lock.
            self._lock = None
            said = error.strerror or str(error)
            self._tell(
                LockWarning(f"No lock can be made beside the database file ({said}): let no runs overlap.")
            )

    def _wait(self, lock: Lock) -> None:
        started, told, pause, holder = time.monotonic(), -_TELLING, _FIRST_PAUSE, ""
        while not lock.take():
            waited = time.monotonic() - started
            over = waited >= self._timeout
            if over or waited - told >= _TELLING:
                holder, told = lock.holder() or holder, waited
                self._tell(LockWaiting(holder, waited, self._timeout))
            if over:
                raise DatabaseLockedError(
                    f"Another run is at work on this database: {holder or 'it does not say who'}. "
                    f"Waited {waited:.0f} s for it; nothing was done.",
                    "Let it finish, then run this again; --lock-timeout SECONDS waits longer.",
                )
            time.sleep(min(pause, self._timeout - waited))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        if told >= 0:
            self._tell(LockTaken(holder, time.monotonic() - started))

    def _tell(self, event: Event) -> None:
        if self._listener is not None:
            self._listener(event)

    def confirm(self) -> None:
        """Make sure that the lock is still held; one that was lost is taken again.

        Raises
        ------
        DatabaseLockedError
            Another run has it by now.
        """
        if self._lock is None:
            return
        with translating(self._url):
            if self._lock.check():
                return
            if not self._lock.take():
                raise DatabaseLockedError(
                    f"The connection that held the lock was lost, and another run has the lock now: "
                    f"{self._lock.holder() or 'it does not say who'}. No further revision was begun.",
                    "Let it finish, then run this again: it goes on from where the database stands.",
                )
        # Whether anybody has moved the database meanwhile, each step finds out by itself.
        self._tell(LockWarning("The connection that held the lock was lost; the lock was taken again."))

    def watched(self) -> Listener | None:
        """Return the listener for a run, which stops before a step when the lock is not held any more."""
        return self._listener if self._lock is None else self._watch

    def _watch(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.confirm()
        self._tell(event)

    def release(self) -> None:
        """Let others have the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def lock_of(
    connection: sa.Connection,
    table: VersionTable,
    *,
    external: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
    listener: Listener | None = None,
) -> RunLock:
    """Return the lock for a run, not taken yet.

    Parameters
    ----------
    connection
        The connection of the run; what was begun on it, but by its user, is committed.
    table
        The version table, whose rows only the holder of the lock reads and writes.
    external
        Whether the connection is in a transaction that its user commits.
    timeout
        Seconds to wait for the lock.
    listener
        Is told of the waiting.
    """
    url = connection.engine.url.render_as_string(hide_password=False)
    with translating(url):
        if not external and connection.in_transaction():
            # What env.py did since it was configured, as setting a search path, by which the version table is found.
            connection.commit()
        try:
            with answering(timeout, connection):
                lock = _find(connection, table, external, timeout, listener)
        finally:
            if not external and connection.in_transaction():
                connection.rollback()
    return RunLock(lock, url, timeout, listener)


@contextmanager
def answering(timeout: float, *connections: sa.Connection) -> Iterator[None]:
    """Give up what is asked by connections in the block when a server lets it wait longer than a run may.

    Raises
    ------
    DatabaseLockedError
        It has not answered in time.
    """
    if not connections or connections[0].dialect.name == "sqlite":
        yield
        return
    with Deadline(max(timeout + _TELLING, _ANSWER), *connections) as deadline:
        try:
            yield
        except sa.exc.DBAPIError as error:
            if not deadline.is_over:
                raise
            raise DatabaseLockedError(
                f"The database has not answered for {deadline.seconds:.0f} s, when the lock of this run was taken; "
                "nothing was done.",
                "Let other programs that use it finish, then run this again.",
            ) from error


def _find(
    connection: sa.Connection,
    table: VersionTable,
    external: bool,
    timeout: float,
    listener: Listener | None,
) -> Lock | None:
    match connection.dialect.name:
        case "postgresql":
            return _of_postgresql(connection, table, external, timeout, listener)
        case "mysql" | "mariadb":
            return MySQLLock(connection, mysql_name(connection, table.name, table.schema), in_users=external)
        case "sqlite":
            return _beside(connection, table)
    return None


def _of_postgresql(
    connection: sa.Connection,
    table: VersionTable,
    external: bool,
    timeout: float,
    listener: Listener | None,
) -> Lock:
    """Return the lock of another connection, or of the run's own where the server has no other."""
    key = postgresql_key(connection, table.name, table.schema)
    pooled = is_pooled(connection)
    if pooled:
        prepare_nothing(connection)
    if not external:
        # A server of one session lets nobody connect while a transaction is open.
        connection.rollback()
    if external and not in_autocommit(connection):
        own, note = None, ""
    else:
        own = OwnConnection(connection, "READ COMMITTED", timeout)
        note = why_one_session(connection, own, pooled=pooled)
    for each in filter(None, (ADVICE if pooled else "", note)):
        if listener is not None:
            listener(LockWarning(each))
    return SessionLock(connection, key) if note else PostgreSQLLock(connection, key, _name(), own)


def _beside(connection: sa.Connection, table: VersionTable) -> FileLock | None:
    """Return the lock of a file of SQLite; None for a database in memory, which nobody else has."""
    # Not through SQLAlchemy, which would begin a transaction.
    files = {folded(row[1]): row[2] for row in read_text(connection, "PRAGMA database_list")}
    schema = folded(table.schema or "main")
    file = files.get(schema)
    if not file:
        return None
    digest = blake2b(f"{schema}\0{table.name}".encode(), digest_size=4).hexdigest()
    path = Path(os.path.realpath(file))
    return FileLock(path.with_name(f"{path.name}-{digest}.lock"), _name())


def _name() -> str:
    return f"nbmigrate, process {os.getpid()} on {socket.gethostname()}"
