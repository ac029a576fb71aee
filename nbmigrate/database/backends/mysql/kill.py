"""Ending what a server does for a connection that was interrupted, where the server would go on with it."""

from collections.abc import Callable
from contextlib import suppress
from inspect import iscoroutinefunction

import sqlalchemy as sa

from nbmigrate.database.backends.base import driver_connection
from nbmigrate.database.backends.side_connection import OwnConnection


def server_thread(connection: sa.Connection) -> int | None:
    """Return the number by which MariaDB and MySQL know a connection; None where there is none to be had."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return None
    driver = driver_connection(connection)
    ask = getattr(driver, "thread_id", None)
    # MySQL's own driver has it without a call.
    found = ask() if ask is not None else getattr(driver, "connection_id", None)
    return None if found is None else int(found)


def stop(connection: sa.Connection, thread: int | None) -> None:
    """Let MariaDB and MySQL end what they do for a connection that is lost; never raises.

    They notice that a client is gone when they have something to say to it, and that may be in hours: until then the
    statement goes on, with its locks, and so does the run's own. PostgreSQL is told by its drivers.

    Parameters
    ----------
    connection
        The connection that was in use.
    thread
        Its number, asked for when it was not lost yet.
    """
    if thread is None or not connection.invalidated:
        return
    own = OwnConnection(connection, "AUTOCOMMIT")
    with suppress(sa.exc.SQLAlchemyError):
        own.get().exec_driver_sql(f"KILL {thread}")
    own.close("DO 0")


def canceller(connection: sa.Connection) -> Callable[[], object]:
    """Return what ends the statement that runs on a connection, to be called in another thread.

    It does nothing where the driver has no way to do that, as those for asyncio have none from outside of their loop.
    """
    driver = driver_connection(connection)
    for name in ("cancel_safe", "interrupt", "cancel"):
        found = getattr(driver, name, None)
        if callable(found):
            return (lambda: None) if iscoroutinefunction(found) else found
    thread = server_thread(connection)

    def kill() -> None:
        own = OwnConnection(connection, "AUTOCOMMIT")
        try:
            own.get().exec_driver_sql(f"KILL QUERY {thread}")
        finally:
            own.close("DO 0")

    return kill if thread is not None else lambda: None
