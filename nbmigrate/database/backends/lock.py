"""What every database has for the lock of a run."""

import os
import socket
from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa


class Lock(Protocol):
    """A lock, which dies with the process that holds it."""

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """The connections that the server answers on; none where there is no server."""
        ...

    def take(self) -> bool:
        """Take it if it is free; never waits.

        Raises
        ------
        NoLockError
            There can be none, and the run does without.
        """
        ...

    def holder(self) -> str:
        """Return who has it, as far as the database shows it; empty where it is free by now."""
        ...

    def check(self) -> bool:
        """Whether it is still held; if not, it can be taken again."""
        ...

    def release(self) -> None:
        """Let others have it."""
        ...


class NoLockError(Exception):
    """No lock can be made; the text is a warning for whoever runs."""


def holder_name() -> str:
    """Return the name of this process, for those who wait for its lock."""
    return f"nbmigrate, process {os.getpid()} on {socket.gethostname()}"
