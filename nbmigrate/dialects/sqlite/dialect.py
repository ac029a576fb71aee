"""What SQLite does by a statement of its own, and what it does not."""

from collections.abc import Iterable
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler
from sqlalchemy.schema import CreateColumn, CreateTable
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import TextClause

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.elements import Alteration, Written
from nbmigrate.dialects.ddl.schemas import actual_schema
from nbmigrate.dialects.ddl.unsupported import keys_left_out
from nbmigrate.dialects.sqlite.dependents import column_ends, in_sqlite
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.native import changes_checks
from nbmigrate.dialects.statement import tidy
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import (
    Check,
    Column,
    ColumnCheck,
    Expression,
    ForeignKey,
    PrimaryKey,
    Reference,
    Table,
    Unique,
)


class SQLiteDialect(DefaultDialect):
    """SQLite adds, renames and drops columns, and CHECKs since 3.53; else the table is made anew: see `rebuild`."""

    # SQLite knows constraints only as a part of a CREATE TABLE or ADD COLUMN.
    inline_constraints = True
    rename_words = "RENAME COLUMN"
    deferrable = (ForeignKey, Reference)
    keys_across_schemas = False
    batch_in_savepoint = True
    new_name_has_schema = False

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield which foreign keys a new table is made without."""
        yield from super().remarks(operation)
        yield from keys_left_out(operation, "SQLite")

    def affected(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what becomes of the views and triggers that use a column which goes or gets another name."""
        table = self.stored
        if isinstance(table, StoredTable):
            for end in column_ends(operation):
                yield from in_sqlite(end, table.dependents, (*table.triggers, *table.temporary_triggers))

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TABLE, then its indexes."""
        written = written_table(operation, self.dialect)
        return super().create_table(operation) if written is None else iter((written,))

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN with the constraints of the column inside, then its index."""
        column, table = operation.column, operation.table_name
        if operation.if_not_exists:
            _refuse_condition("ADD COLUMN IF NOT EXISTS", operation.table, column.name)
        if column.unique and not column.index:
            raise UnsupportedOperationError(
                f"SQLite cannot add column {column.name} to table {table} as unique.",
                "Leave recreate='never' out of the batch, or add it without unique=True and make a unique index.",
            )
        if column.primary_key and operation.inline_primary_key:
            _refuse(f"add column {column.name} to table {table} as a primary key")
        return super().add_column(operation)

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN."""
        if operation.if_exists:
            _refuse_condition("DROP COLUMN IF EXISTS", operation.table, operation.column)
        return super().drop_column(operation)

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield RENAME COLUMN, before SQLite 3.53 the one change of a column there is."""
        what = {"nullable": "NOT NULL", "type_": "the type", "server_default": "the default"}
        if changes_checks(self.dialect):
            del what["nullable"]
        changed = [what[name] for name in operation.changes() if name in what]
        if changed:
            _refuse(
                f"change {' and '.join(changed)} of column {operation.column} of table {operation.table_name}"
            )
        yield from self._nullable(operation)
        yield from self._name(operation)
        yield from unkept_comments(operation)

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield the word that there are none."""
        return unkept_comments(operation)

    def drop_table_comment(self, operation: ops.DropTableComment) -> Elements:
        """Yield nothing: there are none."""
        return unkept_comments(operation)

    def add_constraint(self, operation: ops.AddConstraint) -> Elements:
        """Yield ADD CONSTRAINT for a CHECK; raise UnsupportedOperationError for others, which come with the table."""
        if changes_checks(self.dialect) and isinstance(operation.constraint, Check):
            return super().add_constraint(operation)
        return _refuse(operation.describe().rstrip("."))

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield DROP CONSTRAINT; before SQLite 3.53 raise UnsupportedOperationError, for they go with the table."""
        if changes_checks(self.dialect) and operation.name is not None:
            return super().drop_constraint(operation)
        return _refuse(operation.describe().rstrip("."))


def unkept_comments(change: ops.Operation) -> Elements:
    """Yield a comment of SQL that says that SQLite keeps none of tables and columns.

    It is no error: a revision is written for other databases as well, and a new table or column leaves its comment out.
    """
    match change:
        case ops.AlterColumn(comment=str()):
            what = f"column {change.column} of table {change.table_name}"
        case ops.CreateTableComment(comment=str()):
            what = f"table {change.table_name}"
        case _:
            return
    text = f"-- SQLite keeps no comments: not the one on {' '.join(what.split())}"
    yield Alteration(lambda _: text)


def _refuse(what: str) -> NoReturn:
    raise UnsupportedOperationError(
        f"SQLite has no statement to {what[0].lower()}{what[1:]}.",
        "Leave recreate='never' out of the batch: the table is made anew then, with all that is in it.",
    )


def _refuse_condition(what: str, table: str, column: str) -> NoReturn:
    raise UnsupportedOperationError(
        f"SQLite has no {what} (column {column} of table {table}).",
        "Leave the condition out, or look first: sa.inspect(op.get_bind()).get_columns(...).",
    )


#: What SQLAlchemy compiles for an ordinary table; a project may have put a compiler of its own in the place of its.
_COMPILED = (
    CreateTable,
    CreateColumn,
    sa.PrimaryKeyConstraint,
    sa.UniqueConstraint,
    sa.ForeignKeyConstraint,
    sa.CheckConstraint,
    TextClause,
)


def written_table(operation: ops.CreateTable, dialect: sa.Dialect) -> Written | None:
    """Return the CREATE TABLE of an ordinary table, byte for byte as SQLAlchemy writes it; None for any other."""
    table = operation.table
    if (
        dialect.ddl_compiler is not SQLiteDDLCompiler
        or dialect.paramstyle in ("format", "pyformat")
        or _is_compiled_otherwise()
        or not operation.is_ordinary
        or actual_schema(dialect, None) is not None
    ):
        return None
    words = "CREATE TABLE IF NOT EXISTS" if operation.if_not_exists else "CREATE TABLE"
    head = f"{words} {dialect.identifier_preparer.quote(table.name)} ("
    parts = _Parts(dialect).of(table)
    compiled = "\n{}\n\t{}\n)\n\n".format(head, ", \n\t".join(parts))
    plain = "\n" not in head and not any("\n" in part for part in parts)
    text = "{}\n    {}\n)".format(head, ",\n    ".join(parts)) if plain else tidy(compiled)

    def write(ddl: DDLCompiler) -> str:
        element = CreateTable(operation.built(), if_not_exists=bool(operation.if_not_exists))
        return ddl.process(element)

    return Written(write, compiled, text)


def _is_compiled_otherwise() -> bool:
    """Whether a project has a compiler of its own for something in a table."""
    for element in _COMPILED:  # noqa: SIM110 - a generator takes longer than this
        if hasattr(element, "_compiler_dispatcher"):
            return True
    return False


class _Parts:
    """The lines of a CREATE TABLE, in the order in which SQLAlchemy has them."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._quote = dialect.identifier_preparer.quote
        self._dialect = dialect

    def of(self, table: Table) -> list[str]:
        """Return the columns, the primary key, then the other constraints: first those that were said as such."""
        keys = [each for each in table.constraints if isinstance(each, PrimaryKey)]
        inline = tuple(column.name for column in table.columns if column.primary_key)
        if inline:
            keys.append(PrimaryKey(inline))
        in_key = {name for key in keys for name in key.columns}
        parts = [self._column(column, column.name in in_key) for column in table.columns]
        parts += [f"{self._named(key.name)}PRIMARY KEY ({self._list(key.columns)})" for key in keys]
        parts += [self._constraint(each) for each in table.constraints if not isinstance(each, PrimaryKey)]
        for column in table.columns:
            if column.unique:
                parts.append(f"UNIQUE ({self._quote(column.name)})")
            for each in column.references:
                parts.append(
                    self._foreign_key(ForeignKey((column.name,), (each.target,), each.name, each.options))
                )
        return parts

    def _column(self, column: Column, is_key: bool) -> str:
        type_ = self._dialect.type_compiler_instance.process(column.type.type_)
        part = f"{self._quote(column.name)} {type_}"
        if column.server_default is not None:
            part += f" DEFAULT {_default(column.server_default)}"
        # A constraint makes its columns NOT NULL whatever they say themselves.
        if not column.nullable or (is_key and not column.primary_key):
            part += " NOT NULL"
        for check in column.checks:
            part += f" {self._check(check)}"
        return part

    def _constraint(self, constraint: Any) -> str:
        if isinstance(constraint, Check):
            return self._check(constraint)
        if isinstance(constraint, Unique):
            return f"{self._named(constraint.name)}UNIQUE ({self._list(constraint.columns)})"
        return self._foreign_key(constraint)

    def _foreign_key(self, key: ForeignKey) -> str:
        part = (
            f"{self._named(key.name)}FOREIGN KEY({self._list(key.columns)}) "
            f"REFERENCES {self._quote(key.target_table)} ({self._list(key.target_columns)})"
        )
        for words, option in (("ON DELETE", "ondelete"), ("ON UPDATE", "onupdate")):
            if option in key.options:
                part += f" {words} {key.options[option]}"
        return part

    def _check(self, check: Check | ColumnCheck) -> str:
        return f"{self._named(check.name)}CHECK ({_text(check.condition)})"

    def _named(self, name: str | None) -> str:
        if name is None:
            return ""
        self._dialect.validate_identifier(name)
        return f"CONSTRAINT {self._quote(name)} "

    def _list(self, names: Iterable[str]) -> str:
        return ", ".join(map(self._quote, names))


def _default(default: Any) -> str:
    return _text(default) if isinstance(default, Expression) else "'{}'".format(default.replace("'", "''"))


def _text(expression: Expression) -> str:
    clause: Any = expression.clause
    return str(clause.text)
