"""A lock on a file of SQLite: another file beside it, locked by the operating system while a run goes on."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.lock import NoLockError, holder_name
from nbmigrate.dialects.sqlite.parsing.tokens import folded

if sys.platform == "win32":
    import msvcrt

    #: Windows lets nobody read what is locked: the byte is far behind the text that says who holds the lock.
    _BYTE = 1 << 30

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # Not lockf, whose locks do not keep the threads of one process from each other.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        # A child that was forked meanwhile has the descriptor too, and would keep the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def run_lock(connection: sa.Connection, table: str, schema: str | None, **_: object) -> "FileLock | None":
    """Return the lock of the file that a table is in; None for a database in memory, which nobody else has."""
    # Not through SQLAlchemy, which would begin a transaction.
    files = {folded(row[1]): row[2] for row in read_text(connection, "PRAGMA database_list")}
    schema = folded(schema or "main")
    file = files.get(schema)
    if not file:
        return None
    digest = blake2b(f"{schema}\0{table}".encode(), digest_size=4).hexdigest()
    path = Path(os.path.realpath(file))
    return FileLock(path.with_name(f"{path.name}-{digest}.lock"), holder_name())


class FileLock:
    """The lock of a database that is a file; BEGIN IMMEDIATE alone would let two runs take turns with their revisions.

    The file is there while the lock is held; one that a killed process left behind locks nobody out.

    Parameters
    ----------
    path
        The file to lock, which holds nothing else.
    name
        Who wants the lock, for those who wait for it.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._descriptor: int | None = None

    @property
    def connections(self) -> tuple[()]:
        """What a server is asked by: there is none."""
        return ()

    def take(self) -> bool:
        """Take the lock if it is free.

        Raises
        ------
        NoLockError
            No file can be made there, or the file system has no locks: each revision still has SQLite's own.
        """
        try:
            return self._take()
        except OSError as error:
            reason = error.strerror or str(error)
            raise NoLockError(
                f"No lock can be made beside the database file ({reason}): let no runs overlap."
            ) from error

    def _take(self) -> bool:
        # Kept at once: what an interrupt leaves open here would lock out every later run of this process.
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        taken = False
        try:
            taken = self._lock(self._descriptor)
        finally:
            if not taken:
                descriptor, self._descriptor = self._descriptor, None
                os.close(descriptor)
        return taken

    def _lock(self, descriptor: int) -> bool:
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):
            # The second is what Windows says.
            return False
        with suppress(FileNotFoundError):
            # Its holder took the file away while it was being opened here: others lock a new one.
            if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                owner = f"{self._name}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
                with suppress(OSError):
                    # On a full disk it is not known who holds the lock, but it is held.
                    os.write(descriptor, owner.encode())
                return True
        return False

    def holder(self) -> str:
        """Return who has the lock; nothing where it is free by now."""
        with suppress(OSError):
            return self._path.read_text(errors="replace")
        return ""

    def check(self) -> bool:
        """Whether the lock is still held: nobody can take it away."""
        return True

    def release(self) -> None:
        """Let others have the lock, and take the file away."""
        if self._descriptor is None:
            return
        # While it is locked: what others open from now on is another file. Windows removes no file that is open.
        try:
            with suppress(OSError):
                self._path.unlink()
            with suppress(OSError):
                _unlock(self._descriptor)
        finally:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
