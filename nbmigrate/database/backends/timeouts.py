"""How long things may take: waiting for another run, connecting, a statement of a run, an answer of a server.

A waiting ALTER TABLE is not alone: whoever wants the table after it waits behind it, readers too. With a limit it gives
up, those behind it are served, and the revision is run again a little later.
"""

import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.errors import ConfigError

#: Seconds that a run waits for another, unless it is told otherwise.
DEFAULT_TIMEOUT = 60.0
#: What drivers call the seconds that connecting may take; libpq takes no fewer than two.
_NAMES = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "asyncpg": "timeout"}
_LEAST = 2
_SECONDS: ContextVar[float | None] = ContextVar("nbmigrate_connecting_within", default=None)


def timeout_of(text: str | None) -> float:
    """Return the seconds that the option `lock_timeout` says.

    Raises
    ------
    ConfigError
        It is not a number of seconds.
    """
    if text is None:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise ConfigError(
            f"lock_timeout = {text} is not a number of seconds.",
            "Write one, such as 60; 0 is not to wait.",
            key="lock_timeout",
        )
    return seconds


@contextmanager
def connecting_within(seconds: float) -> Iterator[None]:
    """Let what connects in the block do so within a time, unless its url or `connect_args` have another.

    Parameters
    ----------
    seconds
        The time; 2 at the least. In a block that has one already, that holds.
    """
    outer = _SECONDS.get()
    token = _SECONDS.set(seconds if outer is None else outer)
    try:
        yield
    finally:
        _SECONDS.reset(token)


# Once for all: a listener that came and went with each run would do so while another thread connects.
@sa.event.listens_for(sa.Engine, "do_connect")
def _limit(dialect: sa.Dialect, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    del record, arguments
    seconds, name = _SECONDS.get(), _NAMES.get(dialect.driver)
    if seconds is not None and name is not None:
        options.setdefault(name, max(_LEAST, int(seconds)))


#: Milliseconds of each unit, as PostgreSQL spells them; a number alone is of milliseconds.
UNITS = {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_LONGEST = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server gets, before the statements of a run.

    Parameters
    ----------
    lock_timeout
        How long a statement may wait for a lock, as PostgreSQL writes it; None to leave it as it is.
    statement_timeout
        How long a statement may take, waiting included.
    retries
        How often a revision that did not get a lock is run again.
    """

    lock_timeout: str | None = None
    statement_timeout: str | None = None
    retries: int = 5

    @property
    def values(self) -> Mapping[str, str]:
        """The server's settings that are to be changed."""
        if self.lock_timeout is None and self.statement_timeout is None:
            return {}
        both = {"lock_timeout": self.lock_timeout, "statement_timeout": self.statement_timeout}
        return {name: value for name, value in both.items() if value is not None}

    def begin(self, connection: sa.Connection) -> None:
        """Set them for the transaction that the connection is in."""
        if self.values:
            backend_of(connection).change_settings(connection, self.values, local=True)

    def begin_in_users(self, connection: sa.Connection) -> Mapping[str, str]:
        """Set them for a transaction that goes on after the run, and return what was there before."""
        if not self.values:
            return {}
        backend = backend_of(connection)
        before = backend.settings(connection, self.values.keys())
        backend.change_settings(connection, self.values, local=True)
        return before

    def end_in_users(self, connection: sa.Connection, before: Mapping[str, str]) -> None:
        """Put back what was there before."""
        if before:
            backend_of(connection).change_settings(connection, before, local=True)

    @contextmanager
    def in_session(self, connection: sa.Connection) -> Iterator[None]:
        """Set them for statements that commit by themselves, and put back afterwards what was there before."""
        if not self.values:
            yield
            return
        backend = backend_of(connection)
        before = backend.settings(connection, self.values.keys())
        backend.change_settings(connection, self.values, local=False)
        try:
            yield
        finally:
            # A connection that is lost has lost its settings.
            with suppress(sa.exc.DBAPIError):
                backend.change_settings(connection, before, local=False)


#: Nothing is limited.
UNLIMITED = Limits()


def duration_of(name: str, text: str | None) -> str | None:
    """Return a duration as PostgreSQL takes it.

    Raises
    ------
    ConfigError
        It is none.
    """
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip())
    unit = None if found is None else UNITS.get(found[2])
    if found is None or unit is None or float(found[1]) * unit > _LONGEST:
        raise ConfigError(
            f"{name} = {text} is not a duration.",
            f"Write one as PostgreSQL takes it, such as 5s or 500ms; units are {', '.join(filter(None, UNITS))}. "
            "0 is no limit.",
            key=name,
        )
    return f"{found[1]}{found[2]}"


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
