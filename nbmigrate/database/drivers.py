"""The packages that talk to databases: how each is installed, and which dialects SQLAlchemy knows."""

from importlib.util import find_spec

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
