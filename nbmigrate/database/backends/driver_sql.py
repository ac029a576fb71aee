"""Sending SQL as it is, with no more work than its driver needs."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import database_error, has_errors

#: Drivers that take a text and its values as they are; what SQLAlchemy does beside that can be left out.
PLAIN_DRIVERS = frozenset({"pysqlite", "psycopg", "pymysql"})

Answer = TypeVar("Answer")


class Watcher:
    """Whose listeners need not hear of what `send_text` sends, for it is told otherwise; but while it `hears`."""

    @property
    def hears(self) -> bool:
        """Whether its listeners have to hear of it all the same."""
        return False


def send_text(
    connection: sa.Connection, text: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> int:
    """Send SQL as it is, in a transaction that is begun, and return how many rows it changed; -1 where nobody says.

    The driver itself is given it, unless somebody listens to what SQLAlchemy sends: with SQLAlchemy, the three
    statements of a step on SQLite take as long as all else in it, and on a server each takes twice as long.

    Parameters
    ----------
    connection
        The connection.
    text, parameters
        What its driver takes.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        The database refuses it.
    """
    if not is_unheard(connection):
        return connection.exec_driver_sql(text, parameters).rowcount
    return _by_driver(connection, text, parameters, lambda cursor: int(cursor.rowcount))


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
    # Where there are no rows to be had, libsql has None for them, and others raise an error.
    return _by_driver(
        connection, text, parameters, lambda cursor: cursor.fetchall() or () if cursor.description else ()
    )


class Prepared:
    """A statement that is compiled once, and sent often.

    Parameters
    ----------
    statement
        The statement; its values are bound by names, and of types that drivers take as they are.
    names
        What an INSERT has values for.
    """

    def __init__(self, statement: sa.Executable, names: Iterable[str] = ()) -> None:
        self._statement: Any = statement
        self._names = list(names) or None
        self._compiled: Any = None

    def send(self, connection: sa.Connection, values: Mapping[str, Any]) -> None:
        """Send it with values; somebody who listens is shown all of it."""
        if not is_unheard(connection):
            connection.execute(self._statement, values)
            return
        if self._compiled is None:
            self._compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._names)
        bound, order = self._compiled.construct_params(values), self._compiled.positiontup
        in_order = bound if order is None else [bound[name] for name in order]
        _by_driver(connection, str(self._compiled), in_order, lambda _: None)


def _by_driver(
    connection: sa.Connection, text: str, parameters: Any, answer: Callable[[Any], Answer]
) -> Answer:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
        return answer(cursor)
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


def is_unheard(connection: sa.Connection) -> bool:
    """Whether what goes to a database need not go through SQLAlchemy, for nobody else is to hear of it."""
    return connection.in_transaction() and not _is_heard(connection, by_us=True)


def is_plain(connection: sa.Connection) -> bool:
    """Whether a statement may be sent as a text, for nobody but us looks at what SQLAlchemy makes of it."""
    return not _is_heard(connection, by_us=False)


def _is_heard(connection: sa.Connection, *, by_us: bool) -> bool:
    dialect, heard = connection.dialect, connection.dispatch
    options = connection.get_execution_options()
    return bool(
        dialect.driver not in PLAIN_DRIVERS
        or options.get("no_parameters")
        or connection.engine.logger.isEnabledFor(logging.INFO)
        or heard.before_execute
        or heard.after_execute
        or _others(
            chain(
                heard.before_cursor_execute,
                heard.after_cursor_execute,
                dialect.dispatch.do_execute,
                dialect.dispatch.do_execute_no_params,
                dialect.dispatch.handle_error,
            ),
            by_us,
        )
    )


def _others(listeners: Iterable[object], by_us: bool) -> bool:
    for listener in listeners:
        owner = getattr(listener, "__self__", None)
        if not isinstance(owner, Watcher) or (by_us and owner.hears):
            return True
    return False
