"""One run at a time: the lock on (database, schema, version table), which dies with the process that holds it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.lock import Lock, NoLockError
from nbmigrate.database.backends.timeouts import DEFAULT_TIMEOUT, Deadline
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import translating
from nbmigrate.database.events import Event, Listener, LockTaken, LockWaiting, LockWarning, StepStarted
from nbmigrate.errors import DatabaseLockedError, InterruptedRunError

#: Seconds between two tries: few at first, since most runs are short.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
#: Seconds that a server has to answer, at the least.
_ANSWER = 5.0
#: Seconds between two events about the waiting.
_NOTICE_INTERVAL = 1.0


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
        except NoLockError as none:
            self.release()
            self._notify(LockWarning(str(none)))
        except BaseException:
            self._lock.release()
            raise

    def _wait(self, lock: Lock) -> None:
        started, reported, pause, holder = time.monotonic(), -_NOTICE_INTERVAL, _FIRST_PAUSE, ""
        while not lock.take():
            waited = time.monotonic() - started
            over = waited >= self._timeout
            if over or waited - reported >= _NOTICE_INTERVAL:
                holder, reported = lock.holder() or holder, waited
                self._notify(LockWaiting(holder, waited, self._timeout))
            if over:
                raise DatabaseLockedError(
                    f"Another run is at work on this database: {holder or 'it does not say who'}. "
                    f"Waited {waited:.0f} s for it; nothing was done.",
                    "Let it finish, then run this again; --lock-timeout SECONDS waits longer.",
                )
            time.sleep(min(pause, self._timeout - waited))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        if reported >= 0:
            self._notify(LockTaken(holder, time.monotonic() - started))

    def _notify(self, event: Event) -> None:
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
        self._notify(LockWarning("The connection that held the lock was lost; the lock was taken again."))

    def watched(self) -> Listener | None:
        """Return the listener for a run, which stops before a step when the lock is not held any more."""
        return self._listener if self._lock is None else self._watch

    def _watch(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.confirm()
        self._notify(event)

    def release(self) -> None:
        """Let others have the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def lock_of(
    connection: sa.Connection,
    table: VersionTable,
    *,
    caller_owns_transaction: bool = False,
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
    caller_owns_transaction
        Whether the connection is in a transaction that its user commits.
    timeout
        Seconds to wait for the lock.
    listener
        Is told of the waiting.
    """
    url = connection.engine.url.render_as_string(hide_password=False)

    def warn(text: str) -> None:
        if listener is not None:
            listener(LockWarning(text))

    with translating(url):
        if not caller_owns_transaction and connection.in_transaction():
            # What env.py did since it was configured, as setting a search path, by which the version table is found.
            connection.commit()
        try:
            with answering(timeout, connection):
                lock = backend_of(connection).lock(
                    connection,
                    table.name,
                    table.schema,
                    caller_owns_transaction=caller_owns_transaction,
                    timeout=timeout,
                    warn=warn,
                )
        finally:
            if not caller_owns_transaction and connection.in_transaction():
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
    if not connections or not backend_of(connections[0]).has_server:
        yield
        return
    with Deadline(max(timeout + _NOTICE_INTERVAL, _ANSWER), *connections) as deadline:
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
