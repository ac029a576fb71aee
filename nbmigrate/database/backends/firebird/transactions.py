"""The transactions of Firebird: the driver begins them, and SQL that ends one would leave it with a lost handle."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.transactions import State, Transactions

_LEVELS = {
    "AUTOCOMMIT": "READ_COMMITTED_RECORD_VERSION",
    "READ COMMITTED": "READ_COMMITTED_RECORD_VERSION",
    "REPEATABLE READ": "SNAPSHOT",
    "SERIALIZABLE": "SERIALIZABLE",
}


class FirebirdTransactions(Transactions):
    """The driver shows whether one is open, and begins one before a statement."""

    commits_each = False

    def state(self, connection: sa.Connection) -> State:
        """Return whether the driver has one."""
        return State.OPEN if driver_connection(connection).is_active() else State.NONE

    def number(self, connection: sa.Connection) -> object:
        """Return Firebird's number of it."""
        driver = driver_connection(connection)
        return driver.main_transaction.info.id if driver.is_active() else None

    def begin(self, connection: sa.Connection) -> None:
        """Begin one, with the driver."""
        driver_connection(connection).begin()

    def end(self, connection: sa.Connection) -> None:
        """Commit it, if there is one: the driver fails otherwise."""
        connection.dialect.do_commit(connection.connection.dbapi_connection)  # type: ignore[arg-type]

    @contextmanager
    def autocommit(self, connection: sa.Connection) -> Iterator[None]:
        """Do nothing: the journal commits each statement, as it does every statement of DDL."""
        del connection
        yield


def prepare(connection: sa.Connection) -> None:
    """Let COMMIT and ROLLBACK be sent as text, isolation levels be set and connections be ended, as the driver cannot.

    Parameters
    ----------
    connection
        A connection of the engine; it may be given again.
    """
    engine, dialect = connection.engine, connection.dialect
    if sa.event.contains(engine, "do_execute", _ended_by_driver):
        return
    sa.event.listen(engine, "do_execute", _ended_by_driver)
    sa.event.listen(engine, "do_execute_no_params", _ended_without_parameters)
    kind: Any = dialect
    if not hasattr(dialect.loaded_dbapi.Connection, "set_isolation_level"):
        kind.set_isolation_level = partial(_set_isolation_level, dialect.loaded_dbapi)
        kind.default_isolation_level = kind.default_isolation_level or "REPEATABLE READ"
    if not hasattr(dialect.loaded_dbapi.Connection, "terminate"):
        # An invalidated connection would stay open, and keep its locks.
        kind.do_terminate = dialect.do_close


def _ended_by_driver(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Do in the driver what a text would do to its transaction; return whether it was such a text."""
    del parameters
    return _ended_without_parameters(cursor, statement, context)


def _ended_without_parameters(cursor: Any, statement: str, context: Any) -> bool:
    driver = cursor.connection
    match statement.strip().rstrip("; \n").upper().removesuffix(" WORK"):
        case "COMMIT":
            context.dialect.do_commit(driver)
        case "ROLLBACK":
            context.dialect.do_rollback(driver)
        case "BEGIN":
            if not driver.is_active():
                driver.begin()
        case _:
            return False
    return True


def _set_isolation_level(module: Any, driver: Any, level: str) -> None:
    """Let the next transactions of a connection be of a level."""
    parameters = module.TPB(isolation=module.Isolation[_LEVELS[level]])
    parameters.auto_commit = level == "AUTOCOMMIT"
    driver.default_tpb = driver.main_transaction.default_tpb = parameters.get_buffer()
