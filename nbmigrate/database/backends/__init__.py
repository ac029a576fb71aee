"""What one database does differently, where a connection is needed for it: one folder for each."""

from functools import cache
from importlib import import_module

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend

#: The folder, and the class in its `backend.py`, by the name that SQLAlchemy has for the dialect.
_HOMES = {
    "duckdb": ("duckdb", "DuckDBBackend"),
    "firebird": ("firebird", "FirebirdBackend"),
    "mariadb": ("mysql", "MySQLBackend"),
    "mysql": ("mysql", "MySQLBackend"),
    "postgresql": ("postgresql", "PostgreSQLBackend"),
    "sqlite": ("sqlite", "SQLiteBackend"),
}


def backend_of(database: sa.Connection | sa.Dialect | str) -> Backend:
    """Return what a database does differently, by a connection to it, a dialect, or the name of one."""
    if isinstance(database, sa.Connection):
        database = database.dialect
    return _backend(database if isinstance(database, str) else database.name)


@cache
def _backend(name: str) -> Backend:
    # A package may add its driver after a point.
    name = name.partition(".")[0]
    if name not in _HOMES:
        return Backend()
    folder, class_ = _HOMES[name]
    found: Backend = getattr(import_module(f"{__name__}.{folder}.backend"), class_)()
    return found
