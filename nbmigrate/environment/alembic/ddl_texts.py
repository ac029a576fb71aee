"""The functions of `alembic.ddl.base` that plug-ins build statements with."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate.dialects.ddl.elements import RenameTable


def format_table_name(compiler: DDLCompiler, name: str, schema: str | None) -> str:
    """Return the name of a table, quoted where it must be, with its schema before it."""
    return compiler.preparer.format_table(sa.table(name, schema=schema))


def format_column_name(compiler: DDLCompiler, name: str) -> str:
    """Return the name of a column, quoted where it must be."""
    return compiler.preparer.quote(name)


def format_type(compiler: DDLCompiler, type_: Any) -> str:
    """Return a type as SQL."""
    return str(type_.compile(dialect=compiler.dialect))


def format_server_default(compiler: DDLCompiler, default: Any) -> str:
    """Return a server default as SQL."""
    return str(compiler.get_column_default_string(sa.Column("x", sa.Integer, server_default=default)))


def alter_table(compiler: DDLCompiler, name: str, schema: str | None) -> str:
    """Return `ALTER TABLE name`."""
    return f"ALTER TABLE {format_table_name(compiler, name, schema)}"


def alter_column(compiler: DDLCompiler, name: str) -> str:
    """Return `ALTER COLUMN name`."""
    return f"ALTER COLUMN {format_column_name(compiler, name)}"


def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **_: Any) -> str:
    """Return the statement that renames a table, as the database wants it."""
    return element.write(compiler)
