"""Databases in memory: gone with their connection, where nothing keeps it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of

#: Pools that give one connection again and again, to all or to all of one thread.
_SHARING = (sa.SingletonThreadPool, sa.StaticPool)


def is_memory_url(text: str) -> bool:
    """Whether a url is that of a database in memory; what is no url at all is none."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        return False
    return backend_of(url.get_backend_name()).is_memory_url(url)


def memory_engine(options: Mapping[str, str]) -> sa.Engine:
    """Return an engine whose one connection stays, and may be used in every thread, one after the other.

    Parameters
    ----------
    options
        The settings whose names begin with "sqlalchemy."; their url is that of a database in memory.
    """
    url = sa.make_url(options["sqlalchemy.url"])
    if url.get_dialect().is_async:
        # Nobody else has the database: what env.py would reach through another driver is the same.
        url = url.set(drivername=url.get_backend_name())
    more: dict[str, Any] = {"poolclass": sa.StaticPool}
    if url.get_driver_name() == "pysqlite":
        more["connect_args"] = {"check_same_thread": False}
    given = {**options, "sqlalchemy.url": url.render_as_string(hide_password=False)}
    engine = sa.engine_from_config(given, **more)
    keep_through_interrupts(engine)
    return engine


def shares(engine: sa.Engine) -> bool:
    """Whether an engine gives the connection that others use at the same time."""
    return isinstance(engine.pool, _SHARING)


@contextmanager
def connected(engine: sa.Engine, driver: Any) -> Iterator[sa.Connection]:
    """Give a connection on one of the driver's that is in use, which afterwards is as it was."""
    pool = sa.StaticPool(lambda: driver, reset_on_return=None, dialect=engine.dialect)
    with sa.Engine(pool, engine.dialect, engine.url).connect() as connection:
        yield connection


def keep_through_interrupts(engine: sa.Engine) -> None:
    """Let an interrupt not close the connections of an engine, as SQLAlchemy does: with them the database would go."""
    if not sa.event.contains(engine, "handle_error", _kept):
        sa.event.listen(engine, "handle_error", _kept)


def _kept(context: Any) -> None:
    if not isinstance(context.original_exception, Exception):
        context.is_disconnect = False
