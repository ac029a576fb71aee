"""Sending SQL as it is, with no more work than its driver needs."""

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa


class Watcher:
    """Whose listeners need not hear of what `send_text` sends: it is told otherwise."""


def send_text(
    connection: sa.Connection, text: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> int:
    """Send SQL as it is, in a transaction that is begun, and return how many rows it changed; -1 where nobody says.

    SQLite is sent it by its driver, unless somebody listens to what SQLAlchemy sends: with SQLAlchemy, three statements
    take as long as all else in a step.

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
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
        return cursor.rowcount
    except sqlite3.Error as error:
        hidden = connection.engine.hide_parameters
        raise sa.exc.DBAPIError.instance(
            text, parameters, error, sqlite3.Error, hide_parameters=hidden, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def is_unheard(connection: sa.Connection) -> bool:
    """Whether what goes to SQLite need not go through SQLAlchemy, for nobody else is to hear of it."""
    dialect, heard = connection.dialect, connection.dispatch
    return (
        dialect.driver == "pysqlite"
        and connection.in_transaction()
        and not is_mapped(connection)
        and not connection.engine.logger.isEnabledFor(logging.INFO)
        and not (dialect.dispatch.do_execute or dialect.dispatch.do_execute_no_params)
        and _are_ours(
            chain(heard.before_cursor_execute, heard.after_cursor_execute, dialect.dispatch.handle_error)
        )
    )


def _are_ours(listeners: Iterable[object]) -> bool:
    for listener in listeners:  # noqa: SIM110 - a generator takes longer than this
        if not isinstance(getattr(listener, "__self__", None), Watcher):
            return False
    return True


def is_mapped(connection: sa.Connection) -> bool:
    """Whether SQLAlchemy puts other schemas into statements when they run."""
    return bool(connection.get_execution_options().get("schema_translate_map"))
