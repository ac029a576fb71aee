"""Ending what a server does for a connection that was interrupted, where the server would go on with it."""

from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.side_connection import OwnConnection


def session_id(connection: sa.Connection) -> int | None:
    """Return the number that a connection has on the server; None where its driver does not show it."""
    driver = driver_connection(connection)
    getter = getattr(driver, "thread_id", None)
    # MySQL's own driver has it without a call.
    found = getter() if getter is not None else getattr(driver, "connection_id", None)
    return None if found is None else int(found)


def end_session(connection: sa.Connection, session_id: int | None) -> None:
    """Let MariaDB and MySQL end what they do for a connection that is lost; never raises.

    They notice that a client is gone when they have something to say to it, and that may be in hours: until then the
    statement goes on, with its locks, and so does the run's own. PostgreSQL is told by its drivers.

    Parameters
    ----------
    connection
        The connection that was in use.
    session_id
        Its number, asked for when it was not lost yet.
    """
    if session_id is None or not connection.invalidated:
        return
    own = OwnConnection(connection, "AUTOCOMMIT")
    with suppress(sa.exc.SQLAlchemyError):
        own.get().exec_driver_sql(f"KILL {session_id}")
    own.close("DO 0")


def canceller(connection: sa.Connection) -> Callable[[], object]:
    """Return what ends the statement that runs on a connection, to be called in another thread."""
    number = session_id(connection)

    def kill() -> None:
        own = OwnConnection(connection, "AUTOCOMMIT")
        try:
            own.get().exec_driver_sql(f"KILL QUERY {number}")
        finally:
            own.close("DO 0")

    return kill if number is not None else lambda: None
