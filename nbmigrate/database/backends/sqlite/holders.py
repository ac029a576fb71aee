"""What this process itself has open on a file of SQLite: a transaction, or a query whose rows were not all read."""

import gc
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection


@dataclass(frozen=True, slots=True)
class Holder:
    """A connection of this process that keeps others from writing, or from changing a table.

    Parameters
    ----------
    file
        The file of its database; "" for one in memory.
    in_transaction
        Whether it is in a transaction.
    queries
        The queries whose rows it has not all read.
    objects
        The connection of the driver, those of SQLAlchemy on it, and the results that have rows left.
    """

    file: str
    in_transaction: bool
    queries: tuple[str, ...]
    objects: tuple[Any, ...]


def find_holders(url: str | None) -> list[Holder]:
    """Return the connections that this thread's code has left open transactions or queries on.

    Parameters
    ----------
    url
        The url of the database that is meant; every one if None.
    """
    wanted = _file_of_url(url)
    every = gc.get_objects()
    drivers = [found for found in every if isinstance(found, sqlite3.Connection)]
    users = [
        found
        for found in every
        if isinstance(found, sa.Connection)
        or (isinstance(found, sa.CursorResult) and found.cursor is not None)
    ]
    holders = [holder for driver in drivers if (holder := _holder(driver, users)) is not None]
    return [holder for holder in holders if wanted is None or holder.file == wanted]


def _holder(driver: sqlite3.Connection, users: list[Any]) -> Holder | None:
    try:
        rows = _read(driver, "PRAGMA database_list")
        file = next((os.path.realpath(row[2]) if row[2] else "" for row in rows if row[1] == "main"), "")
        on_it = tuple(user for user in users if _driver_of(user) is driver)
        queries = tuple(_queries(driver, on_it))
    except sqlite3.Error:
        # It is closed, or another thread's.
        return None
    if not driver.in_transaction and not queries:
        return None
    return Holder(file, driver.in_transaction, queries, (driver, *on_it))


def _queries(driver: sqlite3.Connection, on_it: tuple[Any, ...]) -> Iterator[str]:
    try:
        rows = _read(driver, "SELECT sql, busy FROM sqlite_stmt")
    except sqlite3.OperationalError:
        # SQLite was built without that table.
        for result in on_it:
            if isinstance(result, sa.CursorResult) and result.returns_rows:
                yield str(getattr(result.context, "statement", ""))
        return
    yield from (sql for sql, busy in rows if busy and "sqlite_stmt" not in sql)


def _read(driver: sqlite3.Connection, sql: str) -> list[Any]:
    cursor = driver.cursor()
    # The connection's own may make anything of a row.
    cursor.row_factory = None
    try:
        return cursor.execute(sql).fetchall()
    finally:
        cursor.close()


def _driver_of(user: Any) -> Any:
    connection = user.connection if isinstance(user, sa.CursorResult) else user
    with suppress(sa.exc.SQLAlchemyError, AttributeError):
        if not connection.closed and not connection.invalidated:
            return driver_connection(connection)
    return None


def _file_of_url(url: str | None) -> str | None:
    if not url:
        return None
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return None
    name = found.database or ":memory:"
    if name.startswith((":memory:", "file:")):
        return "" if name.startswith(":memory:") else None
    return os.path.realpath(name)
