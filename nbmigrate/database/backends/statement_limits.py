"""How long a statement of a run may wait for a lock, and take, on PostgreSQL: as it is set for each transaction.

A waiting ALTER TABLE is not alone: whoever wants the table after it waits behind it, readers too. With a limit it gives
up, those behind it are served, and the revision is run again a little later.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa

from nbmigrate.errors import ConfigError

#: Milliseconds of each unit, as PostgreSQL spells them; a number alone is of milliseconds.
UNITS = {"us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_LONGEST = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server is told, before the statements of a run.

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
            _set(connection, self.values, local=True)

    def begin_in_users(self, connection: sa.Connection) -> Mapping[str, str]:
        """Set them for a transaction that goes on after the run, and return what was there before."""
        before = _settings(connection, self.values)
        _set(connection, self.values, local=True)
        return before

    def end_in_users(self, connection: sa.Connection, before: Mapping[str, str]) -> None:
        """Put back what was there before."""
        _set(connection, before, local=True)

    @contextmanager
    def in_session(self, connection: sa.Connection) -> Iterator[None]:
        """Set them for statements that commit by themselves, and put back afterwards what was there before."""
        before = _settings(connection, self.values)
        _set(connection, self.values, local=False)
        try:
            yield
        finally:
            # A connection that is lost has lost its settings.
            with suppress(sa.exc.DBAPIError):
                _set(connection, before, local=False)


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


def _settings(connection: sa.Connection, names: Iterable[str]) -> Mapping[str, str]:
    """Return what the server's settings are now."""
    names = list(names)
    row = _ask(connection, [f"current_setting('{name}')" for name in names])
    return dict(zip(names, map(str, row), strict=True)) if row else {}


def _set(connection: sa.Connection, values: Mapping[str, str], *, local: bool) -> None:
    local_ = str(local).lower()
    _ask(connection, [f"set_config('{name}', '{value}', {local_})" for name, value in values.items()])


def _ask(connection: sa.Connection, calls: Sequence[str]) -> Sequence[object]:
    """Return what PostgreSQL says to some calls, all in one statement; nothing where it is another database."""
    if connection.dialect.name != "postgresql" or not calls or connection.invalidated:
        return ()
    # By the driver itself: this is no statement of the revision, which is told and kept.
    dialect, query = connection.dialect, f"SELECT {', '.join(calls)}"
    cursor = connection.connection.cursor()
    try:
        cursor.execute(query)
        row: Sequence[object] = cursor.fetchone() or ()
        return row
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.DBAPIError.instance(
            query, None, error, dialect.loaded_dbapi.Error, dialect=dialect
        ) from error
    finally:
        cursor.close()
