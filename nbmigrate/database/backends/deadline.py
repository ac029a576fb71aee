"""An end to what a connection waits for, whatever its server does."""

import os
import socket
import threading
from contextlib import suppress
from types import TracebackType

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection


class Deadline:
    """Breaks connections off when the block has taken its time: what waits for one of them then gets an error.

    Parameters
    ----------
    seconds
        How long the block may take.
    connections
        The connections; that of a driver which does not show its socket is left alone.
    """

    def __init__(self, seconds: float, *connections: sa.Connection) -> None:
        self.seconds = seconds
        self.is_over = False
        # Looked up here: SQLAlchemy's connections are for one thread.
        self._drivers = [driver_connection(each) for each in connections]
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        for driver in self._drivers:
            break_off(driver)


def break_off(driver: object) -> None:
    """Let a driver's connection come to its end, as if the server had ended it; from any thread."""
    # Of a copy, since the driver closes its own. A thread that waits for the socket hears nothing of its close().
    with suppress(Exception), socket.socket(fileno=os.dup(_descriptor(driver))) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _descriptor(driver: object) -> int:
    """Return the number of a connection's socket: of psycopg and psycopg2, pg8000, PyMySQL, asyncpg."""
    for name in ("_usock", "_sock"):
        found = getattr(driver, name, None)
        if found is not None:
            return int(found.fileno())
    transport = getattr(driver, "_transport", None)
    if transport is not None:
        return int(transport.get_extra_info("socket").fileno())
    return int(driver.fileno())  # type: ignore[attr-defined]
