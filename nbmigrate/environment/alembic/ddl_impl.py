"""Alembic's way to say that it knows a dialect: a class in env.py, which has a meaning here for its name alone."""

import sys
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate.dialects.ddl.elements import RenameTable
from nbmigrate.environment.module_files import file_of, is_installed
from nbmigrate.errors import ConfigError

#: What such a class may say: nbmigrate asks its own dialects for all else.
_SUPPORTED = {"__dialect__", "transactional_ddl"}


class DefaultImpl:
    """What env.py derives a class from, with `__dialect__ = "duckdb"` in it."""

    __dialect__: ClassVar[str] = "default"

    def __init_subclass__(cls) -> None:
        """Refuse a class of the project whose methods nobody would call; a plug-in may serve other dialects too.

        Raises
        ------
        ConfigError
            It has some.
        """
        super().__init_subclass__()
        own = sorted(name for name in vars(cls).keys() - _SUPPORTED if not name.startswith("__"))
        if own and not is_installed(file_of(sys.modules.get(cls.__module__))):
            raise ConfigError(
                f"{cls.__name__} in env.py defines {', '.join(own)} for Alembic, which nbmigrate does not call.",
                "Use a subclass of nbmigrate.dialects.DefaultDialect and register_dialect(): see README.",
            )


class SQLiteImpl(DefaultImpl):
    """Alembic's class for SQLite."""

    __dialect__ = "sqlite"


class PostgresqlImpl(DefaultImpl):
    """Alembic's class for PostgreSQL."""

    __dialect__ = "postgresql"


class MySQLImpl(DefaultImpl):
    """Alembic's class for MySQL."""

    __dialect__ = "mysql"


class MariaDBImpl(MySQLImpl):
    """Alembic's class for MariaDB."""

    __dialect__ = "mariadb"


class MSSQLImpl(DefaultImpl):
    """Alembic's class for SQL Server."""

    __dialect__ = "mssql"


class OracleImpl(DefaultImpl):
    """Alembic's class for Oracle."""

    __dialect__ = "oracle"


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
