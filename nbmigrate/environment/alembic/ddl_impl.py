"""Alembic's way to say that it knows a dialect: a class in env.py, which has a meaning here for its name alone."""

import sys
from typing import ClassVar

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
