"""Statements that a server gives up by itself when they take long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends.base import driver_connection

#: SQLite looks at the clock after so many of its own steps.
_STEPS = 20_000


@contextmanager
def impatient(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Let PostgreSQL, MariaDB and MySQL stop every statement that takes longer.

    Parameters
    ----------
    connection
        A connection in a transaction that is rolled back afterwards.
    """
    if connection.dialect.name == "postgresql":
        # Gone with the transaction. Waiting for a lock ends a little sooner, so that it is known what took long.
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(seconds * 900)}")
        yield
    elif connection.dialect.name in ("mysql", "mariadb"):
        name, limit = (
            ("max_statement_time", seconds)
            if getattr(connection.dialect, "is_mariadb", False)
            else ("max_execution_time", int(seconds * 1000))
        )
        before = connection.exec_driver_sql(f"SELECT @@session.{name}").scalar_one()
        connection.exec_driver_sql(f"SET SESSION {name} = {limit}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SET SESSION {name} = {before}")
    else:
        yield


@contextmanager
def time_limit(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Stop what takes longer: on SQLite all of the block together, else each statement, as `impatient` does."""
    watch = getattr(driver_connection(connection), "set_progress_handler", None)
    if connection.dialect.name != "sqlite" or watch is None:
        with impatient(connection, seconds):
            yield
        return
    end = time.monotonic() + seconds
    watch(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        watch(None, _STEPS)
