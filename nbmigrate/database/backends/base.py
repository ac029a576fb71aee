"""What one database does differently, where a connection is needed for it.

Everything that depends on the kind of a database is an attribute or a method of `Backend`. A new database gets

- a folder beside this file, with `backend.py`: a subclass that sets the attributes and overrides the methods in which
  the database differs. What is longer than a few lines has a file of its own, by the same name in each folder:
  `details`, `estimates`, `existing`, `inspector`, `kill`, `lock`, `rehearsal`, `timeouts`, `transactions`, `verdict`.
  `function_in` makes a function of such a file a method; the file is imported when the method is first called, since
  most commands use few of them;
- a line in the table of `backends/__init__.py`, by which `backend_of` finds the class;
- a class in `dialects/`, which writes its statements.

A database without a subclass is used with what is here. A subclass should have at least `transactions`, so that a
transaction which a revision has ended is noticed; `lock`, so that two runs do not overlap; and `read_only`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy as sa

from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.driver import driver_connection, in_autocommit
from nbmigrate.database.backends.lock import Lock
from nbmigrate.database.backends.transactions import Transactions

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored
    from nbmigrate.errors import MigrateError
    from nbmigrate.operations import Operation

#: Whether a statement that was in flight is in effect.
Verdict = Literal["applied", "not applied", "unknown"]
#: A table: its schema, None for the default one, and its name.
Place = tuple[str | None, str]


def function_in(module: str, name: str) -> Any:
    """Return a method of a subclass that is a function of a module beside it, with the same parameters but `self`."""

    def method(self: "Backend", *arguments: Any, **named: Any) -> Any:
        folder = type(self).__module__.rpartition(".")[0]
        return getattr(import_module(f"{folder}.{module}"), name)(*arguments, **named)

    return method


class Backend:
    """A database that has SQL and transactions, and nothing of its own."""

    #: What its drivers show of transactions, and how they begin and end.
    transactions: Transactions = Transactions()
    #: Whether a server answers, by a connection that can break; otherwise the database is in this process.
    has_server = True
    #: Whether a connection that is closed in the middle of a query keeps its locks.
    stays_locked_when_closed = False
    #: Whether an error ends the transaction, but for what was before a savepoint.
    errors_end_transactions = False
    #: Whether DDL is sent as the text that was compiled to be shown, and not compiled a second time.
    ddl_as_text = False
    #: The code of the error for a table that does not exist, where an error ends the transaction.
    absent_table: object = None
    #: Whether types are those of values and not of columns, so that values are read as they are stored.
    types_values = False
    #: The column that numbers the rows of a table which has no primary key.
    row_number = ""
    #: Whether VARCHAR(n) holds no more than n characters.
    limits_text = True
    #: Whether the statement for a column of another type is written here, and keeps the rows.
    widens_columns = False
    #: Whether a statement that returns no rows is answered with a row, which counts what was changed.
    answers_with_counts = False
    #: Whether # and ` stand in operators, and begin no comment and no quoted name.
    has_symbol_operators = False
    #: The kinds of columns whose values the server can cut, by `cut_value`, since they may be long.
    cut_kinds: ClassVar[Collection[str]] = ()
    #: Whether the error for rows in the way of a change comes from `explained_change`.
    explains_rows = False
    #: Whether `definition` returns something.
    has_definitions = False

    def product(self, dialect: sa.Dialect) -> str:
        """Return the name of the database as its makers write it."""
        return dialect.name.capitalize()

    # Connections

    def prepare(self, connection: sa.Connection) -> None:
        """Correct what the driver, or its dialect, does otherwise than others; called again, do nothing."""

    def is_memory_url(self, url: sa.URL) -> bool:
        """Whether a url is that of a database in memory."""
        del url
        return False

    def is_in_memory(self, connection: sa.Connection) -> bool:
        """Whether a connection is to a database in memory; begins no transaction."""
        del connection
        return False

    def connection_beside(self, engine: sa.Engine, driver: Any) -> sa.Connection | None:
        """Return another connection to the database in memory of a driver's; None where the driver makes none."""
        del engine, driver
        return None

    def prepare_side_connection(self, connection: sa.Connection) -> None:
        """Prepare a connection that is made beside that of a run, for its lock or to end a statement."""

    def session_id(self, connection: sa.Connection) -> int | None:
        """Return the number of the connection for `end_session`; None where the server notices a lost one itself."""
        del connection
        return None

    def end_session(self, connection: sa.Connection, session_id: int | None) -> None:
        """Let the server end what it does for a connection that is lost, by its `session_id`; never raises."""

    def canceller(self, connection: sa.Connection) -> Callable[[], object]:
        """Return what ends the statement that runs on a connection, to be called in another thread.

        It does nothing where the driver has no way to do that, as those for asyncio have none from outside of their
        loop.
        """
        driver = driver_connection(connection)
        for name in ("cancel_safe", "interrupt", "cancel"):
            found = getattr(driver, name, None)
            if callable(found):
                return (lambda: None) if iscoroutinefunction(found) else found
        return lambda: None

    def lock(
        self,
        connection: sa.Connection,
        table: str,
        schema: str | None,
        *,
        caller_owns_transaction: bool,
        timeout: float,
        warn: Callable[[str], None],
    ) -> Lock | None:
        """Return the lock of a run, not taken yet; None where the database has none.

        Parameters
        ----------
        connection
            The connection of the run.
        table, schema
            The version table: runs with different ones may overlap.
        caller_owns_transaction
            Whether the connection is in a transaction that its owner commits.
        timeout
            Seconds that connecting may take.
        warn
            Takes a sentence about what the lock does not do here.
        """
        del connection, table, schema, caller_owns_transaction, timeout, warn
        return None

    def publish(self, connection: sa.Connection) -> None:
        """Commit what was made, where it can be used only after a COMMIT."""
        del connection

    # Transactions that only read, and how long things may take

    @contextmanager
    def read_only(self, connection: sa.Connection) -> Iterator[None]:
        """Let the database refuse every change made in the block; otherwise undo it afterwards."""
        if connection.in_transaction():
            savepoint = connection.begin_nested()
            try:
                self.forbid_changes(connection)
                yield
            finally:
                # The transaction may write again once it is back at the savepoint.
                savepoint.rollback()
            return
        transaction = connection.begin()
        manual_begin = in_autocommit(connection)
        try:
            if manual_begin:
                connection.exec_driver_sql("BEGIN")
            self.forbid_changes(connection)
            yield
        finally:
            if manual_begin:
                connection.exec_driver_sql("ROLLBACK")
            transaction.rollback()

    def forbid_changes(self, connection: sa.Connection) -> None:
        """Make the transaction, or what comes after a savepoint in it, read-only."""

    def surviving_errors(self, connection: sa.Connection) -> AbstractContextManager[Any]:
        """Let an error in the block not end the transaction."""
        has_point = self.errors_end_transactions and self.transactions.savepoints
        return connection.begin_nested() if has_point else nullcontext()

    def settings(self, connection: sa.Connection, names: Collection[str]) -> Mapping[str, str]:
        """Return the server's settings of these names, where it has such: `lock_timeout`, `statement_timeout`."""
        del connection, names
        return {}

    def change_settings(self, connection: sa.Connection, settings: Mapping[str, str], *, local: bool) -> None:
        """Change settings of the server; if `local`, for the transaction that is open."""

    @contextmanager
    def statement_timeout(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        """Stop every statement of the block that takes longer, in a transaction that is rolled back afterwards."""
        del connection, seconds
        yield

    def time_limit(self, connection: sa.Connection, seconds: float) -> AbstractContextManager[None]:
        """Stop what takes longer: all of the block together where that can be, else each statement."""
        return self.statement_timeout(connection, seconds)

    # Tables

    def prepare_inspection(self, connection: sa.Connection) -> None:
        """Let SQLAlchemy's inspector find what the database has."""

    def current_schema(self, connection: sa.Connection) -> str | None:
        """Return the schema that tables without one are in, where a session can have another than usual."""
        del connection
        return None

    def usual_schema(self, connection: sa.Connection) -> str | None:
        """Return the schema that tables without one are in if nobody has changed that."""
        return connection.dialect.default_schema_name

    def details(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return what SQLAlchemy's inspector does not return of tables, by name, in as few queries as possible.

        Parameters
        ----------
        schema
            The schema of all of them, by its own name; None for the default one.
        """
        del connection, schema, tables
        return {}

    def stored_definitions(
        self, connection: sa.Connection, places: Collection[Place]
    ) -> Mapping[Place, tuple[Any, ...]] | None:
        """Return all that descriptions of tables follow from; None where no few texts are that."""
        del connection, places
        return None

    def locked_tables(self, connection: sa.Connection) -> Collection[Place]:
        """Return the tables that another session has to itself, so that a question about them waits."""
        del connection
        return ()

    def estimated_rows(
        self, connection: sa.Connection, table: sa.TableClause, least: int, bytes_per_row: float
    ) -> int | None:
        """Return about how many rows a table has; None where the database does not estimate it.

        Parameters
        ----------
        least
            How many it has at least.
        bytes_per_row
            How many bytes a row takes at least.
        """
        del connection, table, least, bytes_per_row
        return None

    def average_row_sizes(
        self, connection: sa.Connection, tables: Sequence[sa.TableClause]
    ) -> Mapping[str, int]:
        """Return about how many bytes a row has, by a table's full name, where a long value must be read whole."""
        del connection, tables
        return {}

    def cut_value(self, name: str, kind: str, text_head: int, binary_head: int) -> tuple[str, str]:
        """Return SQL for the size of a value in bytes, and for what `parse_long` reads of a long one.

        Parameters
        ----------
        name
            The column, quoted.
        kind
            One of `cut_kinds`.
        text_head, binary_head
            How many characters and bytes of it are kept.
        """
        raise NotImplementedError

    # Changes of tables

    def read_stored(
        self, connection: sa.Connection, operation: "Operation", table_sql: str
    ) -> "Stored | None":
        """Return what `dialects.statements` needs of the database for an operation; None where that is nothing."""
        del connection, operation, table_sql
        return None

    def pending_changes(self, connection: sa.Connection) -> Any:
        """Return a `Pending` of changes of a table that are made together; None where each is made by itself."""
        del connection
        return None

    def rehearsed(self, connection: sa.Connection) -> AbstractContextManager[Any] | None:
        """Give the `RehearsedTables` of a run; None where nothing is found of tables that the run has changed."""
        del connection
        return None

    def explained_change(
        self, connection: sa.Connection, operation: "Operation", error: sa.exc.DBAPIError
    ) -> "MigrateError | None":
        """Return a better error for a change that the database has refused; None where there is none."""
        del connection, operation, error
        return None

    def definition(self, connection: sa.Connection, kind: str, name: str) -> str | None:
        """Return the CREATE statement of a thing, "" if there is none; None where that cannot be found out."""
        del connection, kind, name
        return None

    def verdict(
        self, connection: sa.Connection, words: Sequence[str], written: Sequence[str]
    ) -> Verdict | None:
        """Return whether a statement that was in flight is in effect; None where no query shows that.

        Parameters
        ----------
        connection
            A connection on which a statement commits by itself, or at once when its transaction is ended.
        words, written
            The words of the statement, in capitals and as they are.
        """
        del connection, words, written
        return None
