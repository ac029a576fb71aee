"""The connection of a driver, under SQLAlchemy's; and the errors of drivers without the classes that PEP 249 names."""

from types import TracebackType
from typing import Any

import sqlalchemy as sa

#: The methods of SQLAlchemy's dialects that call a driver.
_CALLS = {"do_execute", "do_executemany", "do_execute_no_params", "do_commit", "do_rollback"}


def driver_connection(connection: sa.Connection) -> Any:
    """Return the connection of the driver under SQLAlchemy's."""
    return connection.connection.driver_connection


def in_autocommit(connection: sa.Connection) -> bool:
    """Whether the driver commits every statement, and leaves BEGIN and COMMIT to us."""
    driver = driver_connection(connection)
    getter = getattr(driver, "get_autocommit", None)
    # sqlite3 has -1 here for its old way of beginning transactions, and None in isolation_level for none at all;
    # both still commit and roll back what was begun by hand.
    return bool(getter()) if getter is not None else getattr(driver, "autocommit", None) is True


def is_block(transaction: sa.RootTransaction) -> bool:
    """Whether a transaction is that of a `with` block, which SQLAlchemy lets nothing else end and go on."""
    return getattr(transaction, "_trans_subject", None) is not None


def translate_plain_errors(connection: sa.Connection) -> None:
    """Let an engine raise SQLAlchemy's errors where its driver raises Python's own: libsql has ValueError for all.

    Parameters
    ----------
    connection
        A connection of the engine; it may be given again.
    """
    engine = connection.engine
    if not has_errors(connection.dialect) and not sa.event.contains(engine, "handle_error", _translated):
        sa.event.listen(engine, "handle_error", _translated)


def has_errors(dialect: sa.Dialect) -> bool:
    """Whether the driver has the classes of errors that PEP 249 names."""
    return hasattr(dialect.loaded_dbapi, "DatabaseError")


def is_driver_error(dialect: sa.Dialect, error: BaseException) -> bool:
    """Whether an error that is raised while a statement is sent is the driver's, not that of somebody's Python."""
    if isinstance(error, dialect.loaded_dbapi.Error):
        return True
    return not has_errors(dialect) and _is_from_driver(error)


def database_error(statement: str | None, parameters: Any, error: Exception) -> sa.exc.DBAPIError:
    """Return SQLAlchemy's error for one whose class does not show what it is about."""
    kind = sa.exc.IntegrityError if "constraint failed" in str(error) else sa.exc.OperationalError
    return kind(statement, parameters, error)


def _translated(context: Any) -> sa.exc.DBAPIError | None:
    error = context.original_exception
    if context.sqlalchemy_exception is not None or not _is_from_driver(error):
        return None
    return database_error(context.statement, context.parameters, error)


def _is_from_driver(error: BaseException) -> bool:
    """Whether the call of the driver raised it, which is no Python: no line of its own is in the way."""
    last: TracebackType | None = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return isinstance(error, Exception) and last is not None and last.tb_frame.f_code.co_name in _CALLS
