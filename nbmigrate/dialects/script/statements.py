"""Operations as the text of a script: statements that a database's own shell runs, every value in its place."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.compile_errors import is_unbound, unbound_hint
from nbmigrate.dialects.ddl.literals import NoLiteralError
from nbmigrate.dialects.postgresql.existing import StoredTypes, TypeName, named_types
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.script.literals import value_text
from nbmigrate.dialects.statement import Statement, tidy
from nbmigrate.errors import MigrateError, OperationError

_DROPS_TYPE = re.compile(r"\bDROP\s+(TYPE|DOMAIN|SCHEMA)\b", re.IGNORECASE)


def script_dialect(
    url: sa.URL | None = None, name: str | None = None, options: Mapping[str, Any] | None = None
) -> sa.Dialect:
    """Return a dialect that compiles for a script; its driver need not be installed.

    Parameters
    ----------
    url, name
        Which: a database's url, or the name of a dialect.
    options
        What the dialect is made with.
    """
    kind: Any = (url or sa.make_url(f"{name}://")).get_dialect()
    # Named parameters, whatever was asked for: others make SQLAlchemy double each percent sign for a driver.
    dialect = kind(**{**(options or {}), "paramstyle": "named"})
    dialect_of(dialect.name).prepare_offline(dialect)
    return _for_script(dialect)


def script_dialect_like(dialect: sa.Dialect) -> sa.Dialect:
    """Return a dialect that compiles for a script, and knows of its server what that of a connection has learnt."""
    found: Any = copy.copy(dialect)
    found.paramstyle, found.positional = "named", False
    found.identifier_preparer = found.preparer(found)
    found.type_compiler_instance = found.type_compiler = type(found.type_compiler_instance)(found)
    # What types were found to be with the other's driver.
    found.__dict__.pop("_type_memos", None)
    return _for_script(found)


def _for_script(dialect: Any) -> sa.Dialect:
    # A driver may turn JSON into text itself, from Python's objects.
    dialect.supports_native_json_serialization = False
    dialect.statement_compiler = _literal_compiler(dialect.statement_compiler)
    kind: Any = type(dialect)
    for base in kind.__mro__:
        if re.fullmatch(r"sqlalchemy\.dialects\.\w+\.base", base.__module__):
            # The types of the database, without what a driver makes of their values.
            dialect.colspecs = base.colspecs
            break
    made: sa.Dialect = dialect
    return made


class UnboundError(NoLiteralError):
    """A parameter of a statement has no value; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the parameter :{name} has no value")
        self.name = name


def _literal_compiler(kind: Any) -> Any:
    """Return a compiler of SQLAlchemy that writes all kinds of values."""

    class LiteralCompiler(kind):  # type: ignore[misc]
        def render_literal_value(self, value: Any, type_: Any) -> str:
            return value_text(value, type_, self.dialect, super().render_literal_value)

        def render_literal_bindparam(self, bindparam: Any, **options: Any) -> str:
            if is_unbound(bindparam):
                raise UnboundError(bindparam.key)
            is_none = bindparam.value is None and bindparam.callable is None
            # None is a value of its own to JSON, which SQLAlchemy forgets here.
            if is_none and bindparam.type.should_evaluate_none:
                return self.render_literal_value(None, bindparam.type)
            text: str = super().render_literal_bindparam(bindparam, **options)
            return text

    return LiteralCompiler


def script_texts(
    operation: ops.Operation, statements: Iterable[Statement], dialect: sa.Dialect
) -> Iterator[str]:
    """Yield what a script has for an operation, without what ends a statement.

    Parameters
    ----------
    statements
        What a database is sent for it.
    dialect
        One made by `script_dialect`.

    Raises
    ------
    OperationError
        The operation has no statement for this database, or a value in it has no literal form.
    """
    try:
        if isinstance(operation, ops.ExecuteSQL):
            yield executable_text(operation.statement.clause, dialect)
        elif isinstance(operation, ops.BulkInsert):
            yield from _rows(operation, dialect)
        else:
            yield from (statement.text for statement in statements)
    except (NoLiteralError, sa.exc.SQLAlchemyError) as error:
        raise no_text(operation.describe(), error) from error


def drops_type(sql: str) -> bool:
    """Whether SQL drops a type of PostgreSQL, or a schema with all of its types."""
    return _DROPS_TYPE.search(sql) is not None


def types_made(operation: ops.Operation, dialect: sa.Dialect, made: set[TypeName]) -> StoredTypes | None:
    """Return the types that an operation finds made; None where that is not known.

    Parameters
    ----------
    made
        The types of PostgreSQL that the script has made so far; those that the operation makes are added.
    """
    needed = set(named_types(operation, dialect)) if dialect_of(dialect.name).makes_types else set()
    existing = needed & made
    made |= needed
    # A table brings its types with it; a column's may have been made before the script begins.
    is_complete = isinstance(operation, ops.CreateTable) or existing == needed
    return StoredTypes(dict.fromkeys(existing, ())) if existing and is_complete else None


#: How the error of one statement begins, where nothing has given the revision yet.
NO_TEXT = "This cannot be written as SQL: "


def no_text(what: str, error: Exception) -> MigrateError:
    """Return the error for something that cannot be written as SQL."""
    message = str(error).partition("(Background")[0].strip()
    hint = "Write the SQL with op.execute('...') as the database should get it."
    if isinstance(error, UnboundError):
        hint = unbound_hint(error.name)
    return OperationError(f"{NO_TEXT}{what.rstrip('.')}: {message}.", hint)


def executable_text(statement: Any, dialect: sa.Dialect) -> str:
    """Return anything that SQLAlchemy executes as SQL, its values in it."""
    if isinstance(statement, ExecutableDDLElement):
        return tidy(str(statement.compile(dialect=dialect)))
    if isinstance(statement, sa.Insert):
        # A database may be asked to return the new keys, which nobody waits for here.
        statement = statement.inline()
    text = _compiled(_with_defaults(statement, dialect), dialect)
    # What a person wrote stays to the letter: the body of a function is stored as it is.
    return text.strip() if isinstance(statement, sa.TextClause) else tidy(text)


def _compiled(statement: Any, dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _with_defaults(statement: Any, dialect: sa.Dialect) -> Any:
    """Return an INSERT or UPDATE with the defaults that Python code gives at each execution."""
    if not isinstance(statement, sa.Insert | sa.Update):
        return statement
    compiled = statement.compile(dialect=dialect)
    columns = [*compiled.insert_prefetch, *compiled.update_prefetch]
    which = "default" if isinstance(statement, sa.Insert) else "onupdate"
    values = {column: _default(column, getattr(column, which)) for column in columns}
    return statement.values(values) if values else statement


def _default(column: sa.Column[Any], default: Any) -> Any:
    if default is None or not (default.is_scalar or default.is_callable):
        return sa.null()
    if default.is_scalar:
        return default.arg
    try:
        return default.arg(None)
    except Exception as error:
        # A function of the other values of its row, which SQLAlchemy knows only while it executes.
        raise NoLiteralError(f"the default of column {column.name} is computed when it runs") from error


def _rows(operation: ops.BulkInsert, dialect: sa.Dialect) -> Iterator[str]:
    """Yield an INSERT per row."""
    table = operation.insertable()
    rows = operation.values()
    written = dialect_of(dialect.name)(dialect)
    yield from written.rows_begin(table, rows)
    texts: dict[tuple[str, ...], _Row] = {}
    for row in rows:
        keys = tuple(row)
        if keys not in texts:
            texts[keys] = _Row(table, keys, dialect)
        yield texts[keys].text(row)
    yield from written.rows_end(table, rows)


class _Row:
    """Rows of the same columns as INSERTs; each is written without compiling a statement, where that is possible."""

    def __init__(self, table: sa.TableClause, keys: tuple[str, ...], dialect: sa.Dialect) -> None:
        self._table = table
        self._dialect = dialect
        preparer = dialect.identifier_preparer
        self._columns = [table.columns[key] for key in keys]
        names = ", ".join(preparer.quote(column.name) for column in self._columns)
        self._start = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ("  # noqa: S608 - all of it quoted
        self._compiler = dialect.statement_compiler(dialect, None)
        defaults = [column for column in table.columns if getattr(column, "default", None) is not None]
        self._is_plain = bool(keys) and not any(
            column.type.dialect_impl(dialect)._has_bind_expression or column in defaults
            for column in table.columns
        )

    def text(self, row: Mapping[str, Any]) -> str:
        if not self._is_plain or any(isinstance(value, sa.ClauseElement) for value in row.values()):
            return executable_text(sa.insert(self._table).values(**row), self._dialect)
        write = self._compiler.render_literal_value
        values = (write(row[column.key], column.type) for column in self._columns)
        return f"{self._start}{', '.join(values)})"


def ended(text: str, dialect: sa.Dialect) -> str:
    """Return a statement with what ends it in the shell of its database."""
    return dialect_of(dialect.name).ended(text)
