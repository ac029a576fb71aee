"""The packages that talk to databases: how each is installed, which dialects SQLAlchemy has, urls of no driver."""

import re
import traceback
from importlib.util import find_spec

import sqlalchemy as sa

from nbmigrate.errors import ConfigError, DriverMissingError, MigrateError, nearest

#: The url that Alembic's template writes, for people to replace.
PLACEHOLDER = "driver"
#: How a url is set; where there are several databases, each has a section of its own for it.
SET_URL = "config sqlalchemy.url sqlite:///db_file.db"

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
    "firebird": "firebird-driver",
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
    "firebird": "sqlalchemy-firebird",
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


def _async_error(error: BaseException) -> MigrateError | None:
    """Return the error of an asynchronous driver that is not used as it must be, or None."""
    if isinstance(error, ImportError | ValueError) and _NO_GREENLET.search(str(error)):
        return DriverMissingError(
            "The Python package 'greenlet', which SQLAlchemy needs for asynchronous drivers, is not installed.",
            "Install it: %pip install greenlet",
        )
    if isinstance(error, sa.exc.MissingGreenlet):
        return ConfigError(
            "The URL has an asynchronous driver, but env.py connects without asyncio.",
            "Name a driver that is not asynchronous, as in sqlite:// or postgresql+psycopg://, or take the env.py "
            "that `init --template async` makes.",
        )
    if isinstance(error, sa.exc.InvalidRequestError) and "requires an async driver" in str(error):
        return ConfigError(
            "env.py connects with asyncio, but the driver in the URL is not asynchronous.",
            "Name one that is, as in sqlite+aiosqlite:// or postgresql+asyncpg://, or use the env.py that "
            "`init --template generic` makes.",
        )
    return None


def url_error(error: BaseException) -> MigrateError | None:
    """Return the error of a url that names nothing, or no driver that is installed."""
    if isinstance(error, sa.exc.NoSuchModuleError):
        return _unknown_dialect(str(error).rpartition(":")[2])
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in PACKAGES:
        return _missing_driver((error.name or "").partition(".")[0])
    hint = "It is written like sqlite:///file.db or postgresql+psycopg://user:password@host/database."
    if isinstance(error, sa.exc.ArgumentError) and "parse SQLAlchemy URL" in str(error):
        return ConfigError("The database URL is empty or malformed.", hint)
    if isinstance(error, ValueError) and raised_in(error, "sqlalchemy/engine/url.py"):
        # The words of the ValueError are a piece of the url, often of the password: they are not shown.
        return ConfigError(
            "The database URL cannot be read: its port is not a number.",
            "Write `@ : / %` in a password as %40 %3A %2F %25 (each % twice in an ini file).",
        )
    if (
        isinstance(error, KeyError)
        and error.args == ("url",)
        and raised_in(error, "sqlalchemy/engine/create.py")
    ):
        return ConfigError("No database URL is configured.", f"Set one: {SET_URL}")
    return _async_error(error)


def raised_in(error: BaseException, file: str) -> bool:
    """Whether a file of this name raised an error."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.replace("\\", "/").endswith(file)


def _unknown_dialect(name: str) -> MigrateError:
    dialect, _, driver = name.partition(".")
    if dialect == PLACEHOLDER:
        return ConfigError(
            "sqlalchemy.url is still the placeholder of the template, driver://...",
            f"Set yours: {SET_URL}",
        )
    if dialect in OTHER_DIALECTS:
        return DriverMissingError(
            f"SQLAlchemy needs a package of its own for {dialect}.",
            f"Install it: %pip install {OTHER_DIALECTS[dialect]}",
        )
    if name in OTHER_DRIVERS:
        return DriverMissingError(
            f"SQLAlchemy needs a package of its own for {dialect}+{driver}.",
            f"Install it: %pip install {OTHER_DRIVERS[name]}",
        )
    if dialect in DIALECTS:
        names = DIALECTS[dialect]
        meant = nearest(driver, names) or names[0]
        package = PACKAGES.get(meant)
        install = f", after %pip install {package}" if package else ""
        return DriverMissingError(
            f"Unknown driver {driver!r} for {dialect}.", f"Try {dialect}+{meant}://{install}."
        )
    meant = SYNONYMS.get(dialect) or nearest(dialect, [*DIALECTS, *OTHER_DIALECTS]) or ""
    supported = f"SQLAlchemy knows {', '.join(DIALECTS)}; others come with a package to %pip install."
    return DriverMissingError(
        f"Unknown database {dialect!r} in the URL.",
        f"Did you mean {meant}://? {supported}" if meant else supported,
    )


def _missing_driver(module: str) -> DriverMissingError:
    other = installed_url(module)
    hint = f"Install it: %pip install {PACKAGES[module]}"
    return DriverMissingError(
        f"The Python package {module!r}, which connects to this database, is not installed.",
        f"{hint}\nOr begin the URL with {other}, whose driver is installed." if other else hint,
    )
