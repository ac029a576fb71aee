"""How long a run waits: for another one, and for a connection, which a server may let wait for others."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa

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
        It says no number of seconds.
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
