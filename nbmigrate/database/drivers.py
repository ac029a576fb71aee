"""The packages that talk to databases: how each is installed, and which dialects SQLAlchemy knows."""

import re
from importlib.util import find_spec

import sqlalchemy as sa

from nbmigrate.errors import ConfigError, DriverMissingError, MigrateError

#: The module that an import of the driver looks for, and what `pip install` calls it.
PACKAGES = {
    "MySQLdb": "mysqlclient",
    "aiomysql": "aiomysql",
    "aiosqlite": "aiosqlite",
    "asyncmy": "asyncmy",
    "asyncpg": "asyncpg",
    "cx_Oracle": "cx_Oracle",
    "apsw": "apsw",
    "duckdb": "duckdb",
    "duckdb_engine": "duckdb-engine",
    "libsql_experimental": "sqlalchemy-libsql",
    "mariadb": "mariadb",
    "mysql": "mysql-connector-python",
    "oracledb": "oracledb",
    "pg8000": "pg8000",
    "psycopg": '"psycopg[binary]"',
    "psycopg2": "psycopg2-binary",
    "pymssql": "pymssql",
    "pymysql": "pymysql",
    "pyodbc": "pyodbc",
    # SQLAlchemy looks for it last, and it is no longer made.
    "pysqlcipher3": "sqlcipher3",
    "pysqlite3": "pysqlite3",
    "sqlcipher3": "sqlcipher3",
    "sqlean": "sqlean.py",
    "turso": "pyturso",
}

#: What stands before "://": the dialects of SQLAlchemy, each with its synchronous drivers, the usual one first.
DIALECTS = {
    "sqlite": ("pysqlite", "pysqlcipher"),
    "postgresql": ("psycopg", "psycopg2", "asyncpg", "pg8000"),
    "mysql": ("pymysql", "mysqldb", "mysqlconnector", "asyncmy", "aiomysql"),
    "mariadb": ("pymysql", "mariadbconnector", "mysqldb", "asyncmy", "aiomysql"),
    "oracle": ("oracledb", "cx_oracle"),
    "mssql": ("pyodbc", "pymssql"),
}

#: Drivers of these that are packages with a dialect of their own.
OTHER_DRIVERS = {
    "sqlite.aiolibsql": "sqlalchemy-libsql",
    "sqlite.aioturso": "pyturso",
    "sqlite.libsql": "sqlalchemy-libsql",
    "sqlite.turso": "pyturso",
    "sqlite.turso_sync": "pyturso",
}

#: Databases whose dialect is a package of its own.
OTHER_DIALECTS = {
    "bigquery": "sqlalchemy-bigquery",
    "clickhouse": "clickhouse-sqlalchemy",
    "cockroachdb": "sqlalchemy-cockroachdb",
    "databricks": "databricks-sqlalchemy",
    "duckdb": "duckdb-engine",
    "redshift": "sqlalchemy-redshift",
    "snowflake": "snowflake-sqlalchemy",
    "trino": "trino",
}

#: Names that people write for a dialect, or that SQLAlchemy once took.
SYNONYMS = {
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "sqlite3": "sqlite",
    "sqlserver": "mssql",
}


def installed_url(module: str) -> str | None:
    """Return the start of a url that needs no package but those installed, for the database of a missing module."""
    dialect = {
        "psycopg": "postgresql",
        "psycopg2": "postgresql",
        "asyncpg": "postgresql",
        "pg8000": "postgresql",
    }.get(module, "mysql" if module in {"MySQLdb", "mysql", "mariadb", "pymysql"} else "")
    candidates = {"postgresql": ("psycopg", "psycopg2"), "mysql": ("pymysql",)}.get(dialect, ())
    for candidate in candidates:
        if candidate != module and find_spec(candidate) is not None:
            return f"{dialect}+{candidate}://"
    return None


#: SQLAlchemy 2.0 raises a ValueError when it is used, 2.1 an ImportError when it is imported.
_NO_GREENLET = re.compile(r"greenlet'? library is (?:required|installed)")


def async_error(error: BaseException) -> MigrateError | None:
    """Return the error of an asynchronous driver that is not used as it must be, or None."""
    if isinstance(error, ImportError | ValueError) and _NO_GREENLET.search(str(error)):
        return DriverMissingError(
            "The Python package 'greenlet', which SQLAlchemy needs for asynchronous drivers, is not installed.",
            "Install it: %pip install greenlet",
        )
    if isinstance(error, sa.exc.MissingGreenlet):
        return ConfigError(
            "The url names an asynchronous driver, and env.py connects without asyncio.",
            "Name a driver that is not asynchronous, as in sqlite:// or postgresql+psycopg://, or take the env.py "
            "that `init --template async` makes.",
        )
    if isinstance(error, sa.exc.InvalidRequestError) and "requires an async driver" in str(error):
        return ConfigError(
            "env.py connects with asyncio, and the url names a driver that is not asynchronous.",
            "Name one that is, as in sqlite+aiosqlite:// or postgresql+asyncpg://, or take the env.py that "
            "`init --template generic` makes.",
        )
    return None
