"""How long a run waits: for another one, and for a connection, which a server may let wait for others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.errors import ConfigError

#: Seconds that a run waits for another, unless it is told otherwise.
DEFAULT_TIMEOUT = 60.0
#: What drivers call the seconds that connecting may take; libpq takes no fewer than two.
_NAMES = {"psycopg": "connect_timeout", "psycopg2": "connect_timeout", "asyncpg": "timeout"}
_LEAST = 2


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
            f"lock_timeout = {text} is not a number of seconds.", "Write one, such as 60; 0 is not to wait."
        )
    return seconds


@contextmanager
def connecting_within(seconds: float, engines: sa.Engine | type[sa.Engine] = sa.Engine) -> Iterator[None]:
    """Let engines connect within a time, unless their urls or `connect_args` have another.

    Parameters
    ----------
    seconds
        The time; 2 at the least.
    engines
        An engine; all of the process if not given.
    """

    def limit(dialect: sa.Dialect, record: Any, arguments: Any, options: dict[str, Any]) -> None:
        del record, arguments
        name = _NAMES.get(dialect.driver)
        if name is not None:
            options.setdefault(name, max(_LEAST, int(seconds)))

    sa.event.listen(engines, "do_connect", limit)
    try:
        yield
    finally:
        sa.event.remove(engines, "do_connect", limit)
