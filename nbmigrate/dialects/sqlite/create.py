"""CREATE TABLE for SQLite, written as SQLAlchemy writes it and without its table, for a history has thousands."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler
from sqlalchemy.schema import CreateColumn, CreateTable
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import TextClause

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.elements import Written
from nbmigrate.dialects.ddl.schemas import actual_schema
from nbmigrate.dialects.statement import tidy
from nbmigrate.schema import (
    Check,
    Column,
    ColumnCheck,
    Expression,
    ForeignKey,
    PrimaryKey,
    Table,
    Unique,
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
