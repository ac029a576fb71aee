"""What a run would send to a database, found without sending it anything but questions.

What SQLite is sent depends on what its tables are, and one operation changes what the next one finds; so they are done
on a copy of the database in memory that has all its tables and none of its rows.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.inspector import dialect_for, inspect, schema_names
from nbmigrate.database.backends.sqlite.pragmas import NO_LEGACY, pragma_value, renames_quietly
from nbmigrate.database.tables.lookup import read_only_session

if TYPE_CHECKING:
    from nbmigrate.database.backends.mysql.rehearsal import RehearsedColumns
    from nbmigrate.database.backends.postgresql.rehearsal import RehearsedTypes
    from nbmigrate.database.backends.sqlite.batch import Pending
    from nbmigrate.dialects import Statement
    from nbmigrate.dialects.existing import Stored
    from nbmigrate.dialects.postgresql.existing import TypeName

T = TypeVar("T")

#: What a statement of a migration must not do on a copy: touch files.
_DENIED = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}
_MISSING = re.compile(r"no such (function|collation sequence): (.+)")
#: One statement uses no more functions and collations of the application than this.
_MADE_UP = 10
_OF_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|SELECT)\b", re.IGNORECASE)
#: What a statement makes or gives a name, in lower case.
_MADE = re.compile(r"\b(?:table|view|type|to)\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)")


class Rehearsal:
    """Operations of one run, in their order.

    Parameters
    ----------
    connection
        The database; the copy of it, for SQLite.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._is_copy = connection.dialect.name == "sqlite"
        #: The tables that are not as the database has them any more.
        self._changed: set[str | None] = set()
        self._columns = _columns_of(connection)
        self._types = _types_of(connection)
        #: What waits for other changes to the same table of SQLite; loaded with the first change.
        self._pending: Pending | None = None
        #: The statements so far that do more than change rows.
        self._sent: list[str] = []

    def statements(self, operations: Sequence[ops.Operation]) -> "Iterator[Statement]":
        """Yield the statements of the operations of one step.

        Raises
        ------
        OperationError
            The database has none for an operation.
        """
        self.begin_step()
        for operation in operations:
            yield from self.add(operation)
        yield from self.flush()

    def begin_step(self) -> None:
        """Forget what waits since a step before could not be planned to its end."""
        self._pending = None

    def add(self, operation: ops.Operation) -> "Iterator[Statement]":
        """Yield the statements of an operation, and of those that waited for it; it may wait itself.

        Raises
        ------
        OperationError
            The database has none for it.
        """
        for part in operation.parts() if isinstance(operation, ops.MigrateOperation) else (operation,):
            if self._take(part):
                continue
            yield from self.flush()
            if not self._take(part):
                yield from self._perform(self._statements(part))
            self._changed.add(part.table_name)

    def flush(self) -> "Iterator[Statement]":
        """Yield the statements of what waits for other changes to the same table."""
        plan = self._pending.release() if self._pending is not None else None
        if plan is not None:
            yield from self._perform(plan.statements)

    def _take(self, part: ops.Operation) -> bool:
        """Whether an operation waits for others."""
        if not self._is_copy or not isinstance(part, ops.AlterTable | ops.Change):
            return False
        from nbmigrate.database.backends.sqlite.batch import Pending

        self._pending = self._pending or Pending(self.connection)
        return self._pending.take(part)

    def sent(self, text: str, executable: Any, parameters: Any = None) -> None:
        """Take note of a statement that the migration would send itself.

        Parameters
        ----------
        text
            The statement as a person reads it.
        executable, parameters
            The statement as it is executed.
        """
        self._note(text)
        if self._types is not None:
            self._types.sent(text)
        if self._is_copy:
            with suppress(sa.exc.SQLAlchemyError, sqlite3.Error):
                self.connection.execute(executable, parameters)

    def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Return the database's answer to a question about its catalogue; it is only read."""
        # A question that fails must not end the transaction that the next one needs.
        is_postgresql = self.connection.dialect.name == "postgresql"
        with self.connection.begin_nested() if is_postgresql else nullcontext():
            return query(self.connection)

    def has_changed(self, what: str, about: Any) -> bool:
        """Whether the run may have changed what a question is about; never on the copy, which changes with it.

        Parameters
        ----------
        what, about
            The question, and the names in it; without a name it is about all tables.
        """
        if self._is_copy or not self._sent:
            return False
        sent = " ".join(self._sent).casefold()
        tables = {*inspect(self.connection).get_table_names(), *_MADE.findall(sent)}
        named = {name.casefold() for name in tables} & set(re.findall(r"\w+", f"{what} {about}".casefold()))
        if named:
            return not named.isdisjoint(re.findall(r"\w+", sent))
        return re.search(r"\b(create|drop|rename)\b", sent) is not None

    def has_table(self, name: str, schema: str | None) -> bool:
        """Whether there is a table by then."""
        inspector = inspect(self.connection)
        exists = inspector.has_table(name, schema=schema)
        if self._is_copy:
            return exists
        made = re.compile(rf"\s*CREATE\s.*?TABLE\s.*?\b{re.escape(name)}\b", re.IGNORECASE)
        gone = re.compile(rf"\s*DROP\s+TABLE\s.*?\b{re.escape(name)}\b", re.IGNORECASE)
        for text in self._sent:
            exists = not gone.match(text) and (exists or made.match(text) is not None)
        return exists

    def has_type(self, name: "TypeName") -> bool:
        """Whether there is a type of PostgreSQL by then."""
        return self._types is not None and self._types.has(name)

    def _note(self, text: str) -> None:
        if not self._is_copy and not _OF_ROWS.match(text):
            self._sent.append(text)

    def _statements(self, part: ops.Operation) -> "tuple[Statement, ...]":
        if self._columns is not None:
            return self._columns.statements(part)
        if self._types is not None:
            return self._types.statements(part)
        from nbmigrate.dialects import statements

        return statements(part, dialect_for(self.connection), self._stored(part))

    def _stored(self, operation: ops.Operation) -> "Stored | None":
        if not self._is_copy and operation.table_name in self._changed:
            return None
        from nbmigrate.database.backends.existing import read_stored

        return read_stored(self.connection, operation)

    def _perform(self, found: "Sequence[Statement]") -> "Iterator[Statement]":
        for statement in found:
            self._note(statement.text)
            if self._is_copy:
                # What the copy lacks, as a function of the application, a run may have; it will tell.
                with suppress(sa.exc.SQLAlchemyError, sqlite3.Error):
                    self.connection.execute(statement.executable, statement.parameters)
            yield statement


def _columns_of(connection: sa.Connection) -> "RehearsedColumns | None":
    if connection.dialect.name not in ("mysql", "mariadb"):
        return None
    from nbmigrate.database.backends.mysql.rehearsal import RehearsedColumns

    return RehearsedColumns(connection)


def _types_of(connection: sa.Connection) -> "RehearsedTypes | None":
    if connection.dialect.name != "postgresql":
        return None
    from nbmigrate.database.backends.postgresql.rehearsal import RehearsedTypes

    return RehearsedTypes(connection)


@contextmanager
def rehearsing(connection: sa.Connection) -> Iterator[Rehearsal]:
    """Give a rehearsal for a database, which is only read."""
    if connection.dialect.name != "sqlite":
        with read_only_session(connection):
            yield Rehearsal(connection)
        return
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, module=_driver_like(connection))
    with engine.connect().execution_options(schema_translate_map=schema_names(connection)) as copy:
        with read_only_session(connection):
            _copy(connection, copy)
        yield Rehearsal(copy)
    engine.dispose()


def _driver_like(connection: sa.Connection) -> Any:
    """Return the driver of a connection, whose library of SQLite has statements that others have not."""
    driver = connection.dialect.loaded_dbapi
    can_copy = hasattr(getattr(driver, "Connection", None), "set_authorizer")
    return driver if can_copy else sqlite3


def _copy(connection: sa.Connection, copy: sa.Connection) -> None:
    """Make the tables, indexes, views and triggers of a database in an empty one."""
    quote = connection.dialect.identifier_preparer.quote
    driver = driver_connection(copy)
    for _, name, _ in connection.exec_driver_sql("PRAGMA database_list").fetchall():
        if name not in ("main", "temp"):
            driver.execute(f"ATTACH ':memory:' AS {quote(name)}")
        _copy_schema(connection, copy, quote(name))
    for pragma in ("foreign_keys", "legacy_alter_table"):
        driver.execute(f"PRAGMA {pragma} = {pragma_value(connection, pragma) or 0}")
    if renames_quietly(connection) is None:
        copy.execution_options(**{NO_LEGACY: True})
    driver.set_authorizer(_authorize)


def _copy_schema(connection: sa.Connection, copy: sa.Connection, schema: str) -> None:
    rows = connection.exec_driver_sql(
        f"SELECT sql FROM {schema}.sqlite_schema WHERE sql IS NOT NULL "  # noqa: S608 - quoted
        "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type = 'table' DESC, type = 'view' DESC, rowid"
    ).fetchall()
    for (sql,) in rows:
        # The text that SQLite keeps says no schema: it goes after CREATE [UNIQUE] TABLE.
        words = sql.split(None, 3 if sql.split(None, 2)[1].upper() == "UNIQUE" else 2)
        text = sql if schema == "main" else f"{' '.join(words[:-1])} {schema}.{words[-1]}"
        _make(copy, text)


def _make(copy: sa.Connection, sql: str) -> None:
    """Execute a CREATE; what the application has of its own is made up for it."""
    driver = driver_connection(copy)
    for _ in range(_MADE_UP):
        try:
            driver.execute(sql)
            return
        except copy.dialect.loaded_dbapi.Error as error:
            missing = _MISSING.search(str(error))
        if missing is None:
            # A virtual table, say: the copy does without.
            return
        if missing[1] == "function":
            driver.create_function(missing[2], -1, lambda *_: None, deterministic=True)
        else:
            driver.create_collation(missing[2], lambda one, other: (one > other) - (one < other))


def _authorize(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK
