"""SQL of our own, beside what a migration sends: sent with an option that keeps it out of reports, or by the driver."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import database_error, has_errors

#: The execution option of what is sent around the statements of a migration.
OWN = "nbmigrate_own"


def send_text(connection: sa.Connection, text: str) -> None:
    """Send SQL that is no statement of a migration, such as BEGIN IMMEDIATE: listeners hear of it, reports do not.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        The database refuses it.
    """
    connection.exec_driver_sql(text, execution_options={OWN: True})


def read_text(
    connection: sa.Connection, text: str, parameters: Sequence[Any] = ()
) -> Sequence[Sequence[Any]]:
    """Return the rows of a statement that nobody is to hear of, with values as the driver gives them.

    Outside of a transaction, SQLAlchemy begins none for it.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        The database refuses it.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
        # Where there are no rows to be had, libsql has None for them, and others raise an error.
        return cursor.fetchall() or () if cursor.description else ()
    except BaseException as error:
        _raise_as_sqlalchemy(connection, cursor, text, parameters, error)
        raise
    finally:
        if not connection.invalidated:
            cursor.close()


def _raise_as_sqlalchemy(
    connection: sa.Connection, cursor: Any, text: str, parameters: Any, error: BaseException
) -> None:
    """Do with an error of a driver what SQLAlchemy does: a connection to a server that broke off is not used again."""
    dialect = connection.dialect
    driver = dialect.loaded_dbapi.Error
    if isinstance(error, driver):
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
    else:
        # An interrupt, in the middle of an answer.
        lost = not isinstance(error, Exception) and backend_of(dialect).has_server
    if lost:
        connection.invalidate(error)
    if isinstance(error, driver):
        raise sa.exc.DBAPIError.instance(
            text,
            parameters,
            error,
            driver,
            hide_parameters=connection.engine.hide_parameters,
            connection_invalidated=lost,
            dialect=dialect,
        ) from error
    if isinstance(error, Exception) and not has_errors(dialect):
        raise database_error(text, parameters, error) from error
