"""What listens to a table that is made or dropped, as `sa.event.listen(sa.Table, "after_create", ...)` asks for it.

Alembic calls the listeners of the table, around CREATE TABLE and DROP TABLE and before its indexes are made: those of
`sa.Table`, of the one table, and of the types of its columns; a MetaData's own are not called. A listener may change
the table, so that what comes after it is compiled after it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, ExecutableDDLElement
from sqlalchemy.types import SchemaType

from nbmigrate import operations as ops
from nbmigrate.dialects.bind import ScriptBind, bound
from nbmigrate.dialects.statement import Statement, tidy
from nbmigrate.errors import OperationError
from nbmigrate.schema import Table, to_table

#: Writes a statement with its values in it.
TextOf = Callable[[Any, sa.Dialect], str]
_CREATION = ("before_create", "after_create")
_REMOVAL = ("before_drop", "after_drop")


class _Everything(set[Any]):
    def __contains__(self, item: object) -> bool:
        return True


class _Memo(dict[str, Any]):
    """Where SQLAlchemy's types look whether they are made already: all are, by statements of their own."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> _Everything:
        return _Everything()


class _Runner:
    """What a listener is given as `_ddl_runner`, in the place of SQLAlchemy's visitor or Alembic's impl."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.memo = _Memo()


class TableEvent(ExecutableDDLElement):
    """The moment, among the elements of an operation, at which listeners are called.

    Parameters
    ----------
    name
        The event, "before_create" for example.
    table
        The table.
    listeners
        The functions.
    made
        Takes the indexes that the listeners make, so that they are not made a second time.
    """

    inherit_cache = False

    def __init__(
        self, name: str, table: sa.Table, listeners: Iterable[Callable[..., Any]], made: set[sa.Index]
    ) -> None:
        self.name = name
        self.table = table
        self.listeners = tuple(listeners)
        self.made = made

    def call(self, connection: Any) -> None:
        """Call the listeners with a connection, or what stands in for one."""
        for listener in self.listeners:
            listener(self.table, connection, checkfirst=False, _ddl_runner=_Runner(connection))

    def sent(self, executable: Any) -> None:
        """Take note of a statement that a listener sends."""
        if isinstance(executable, CreateIndex):
            self.made.add(executable.element)


#: Calls the listeners of an event, and returns what is known to be sent for it and is not sent yet.
Fire = Callable[[TableEvent], Iterable[Statement]]


def event_of(
    name: str, table: sa.Table, dialect: sa.Dialect, made: set[sa.Index] | None = None
) -> Iterator[TableEvent]:
    """Yield the event of a table, where anything listens to it; `made` takes the indexes that the listeners make."""
    listeners = [each for each in getattr(table.dispatch, name) if not _makes_named_type(each, dialect)]
    if listeners:
        yield TableEvent(name, table, listeners, set() if made is None else made)


def table_to_drop(operation: ops.DropTable) -> sa.Table:
    """Return the table that DROP TABLE is about: with columns where they are known."""
    bare = Table(operation.name, schema=operation.schema, options=operation.options)
    return to_table(operation.original or bare)


def has_events(operation: ops.Operation, dialect: sa.Dialect) -> bool:
    """Whether anything listens to what an operation does with a table."""
    match operation:
        case ops.CreateTable():
            table, names = operation.built(), _CREATION
        case ops.DropTable():
            table, names = table_to_drop(operation), _REMOVAL
        case _:
            return False
    return any(True for name in names for _ in event_of(name, table, dialect))


def live(connection: sa.Connection) -> Fire:
    """Return what calls listeners with a connection: they send their statements themselves."""

    def fire(event: TableEvent) -> Iterable[Statement]:
        def hear(_: sa.Connection, executable: Any, *__: Any) -> None:
            event.sent(executable)

        sa.event.listen(connection, "before_execute", hear)
        try:
            event.call(connection)
        finally:
            sa.event.remove(connection, "before_execute", hear)
        return ()

    return fire


def on_paper(dialect: sa.Dialect, text_of: TextOf) -> Fire:
    """Return what calls listeners without a database, and returns the statements that they send.

    A listener that reads rows cannot be followed, which is an OperationError.
    """

    def fire(event: TableEvent) -> Iterable[Statement]:
        paper = _Paper(dialect, text_of)
        try:
            event.call(ScriptBind(paper))
        except OperationError as error:
            raise OperationError(
                f"What is sent for {event.name} of table {event.table.fullname} is known only when it runs: its "
                "listener reads from the database.",
                error.message,
            ) from error
        for statement in paper.statements:
            event.sent(statement.executable)
        return paper.statements

    return fire


class _Paper:
    """Keeps statements instead of sending them."""

    def __init__(self, dialect: sa.Dialect, text_of: TextOf) -> None:
        self.dialect = dialect
        self.statements: list[Statement] = []
        self._text_of = text_of

    def execute(self, executable: Any, parameters: Any = None) -> None:
        """Keep anything that SQLAlchemy executes; once for each row of parameters."""
        for row in parameters if isinstance(parameters, list | tuple) else [parameters]:
            statement = bound(executable, row)
            self.statements.append(Statement(tidy(self._text_of(statement, self.dialect)), statement))

    def statement(self, text: str) -> None:
        """Keep a statement that is text."""
        self.statements.append(Statement(tidy(text), sa.DDL(text.replace("%", "%%"))))  # type: ignore[no-untyped-call]

    def is_made(self, executable: Any) -> bool:
        """Return False: a listener may have been preceded by anything."""
        del executable
        return False


def _makes_named_type(listener: Any, dialect: sa.Dialect) -> bool:
    """Whether a listener is SQLAlchemy's own, of a type that has a name: statements of the operation make it."""
    function = listener.func if isinstance(listener, partial) else listener
    # SQLAlchemy 2.0 has a class of its own in the place of `partial`.
    owner = getattr(function, "__self__", None) or getattr(function, "target", None)
    if not isinstance(owner, SchemaType):
        return False
    types: tuple[Any, ...] = (owner, owner.dialect_impl(dialect))
    hooks = (getattr(type_, "_on_table_create", None) for type_ in types)
    return all(hook is None or hook.__func__.__module__.startswith("sqlalchemy.") for hook in hooks)
