"""A connection beside that of a run: for its lock, or to end a statement of another."""

import logging
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.timeouts import DEFAULT_TIMEOUT, connecting_within

_SILENT = logging.Logger("nbmigrate.database.backends.side_connection", logging.CRITICAL + 1)


class OwnConnection:
    """A connection beside one that is in use, whatever the pool of its engine.

    Parameters
    ----------
    beside
        The connection that is in use.
    isolation_level
        How the new one is to be.
    timeout
        Seconds that connecting may take, where the driver can be told that.
    """

    def __init__(self, beside: sa.Connection, isolation_level: Any, timeout: float = DEFAULT_TIMEOUT) -> None:
        engine = beside.engine
        # A pool of one connection would give that again, or none; a url alone lacks what create_engine() was told.
        pool = engine.pool.recreate()
        # That a connection which was broken off cannot be closed is no news, and SQLAlchemy logs a traceback.
        pool.logger = _SILENT
        self._engine = sa.Engine(pool, engine.dialect, engine.url)
        self._isolation_level = isolation_level
        self._timeout = timeout
        self._connection: sa.Connection | None = None

    def get(self) -> sa.Connection:
        """Return the connection, made when it is first needed."""
        if self._connection is None:
            with connecting_within(self._timeout):
                connection = self._engine.connect()
            backend_of(connection).prepare_side_connection(connection)
            self._connection = connection.execution_options(isolation_level=self._isolation_level)
        return self._connection

    def close(self, last: str = "") -> None:
        """Close it, also a broken one, after one last statement: the server notices later that a connection is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if last:
                    connection.exec_driver_sql(last)
                connection.close()
            except sa.exc.SQLAlchemyError:
                if not connection.closed:
                    connection.invalidate()
                    connection.close()
        self._engine.dispose()
