"""Operations as statements, by database: one class each, with what differs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.dialects.base import DefaultDialect
    from nbmigrate.dialects.compiler import statements
    from nbmigrate.dialects.ddl.elements import Alteration
    from nbmigrate.dialects.duckdb.dialect import DuckDBDialect
    from nbmigrate.dialects.mysql.dialect import MySQLDialect
    from nbmigrate.dialects.postgresql.dialect import PostgreSQLDialect
    from nbmigrate.dialects.registry import register_dialect
    from nbmigrate.dialects.sqlite.dialect import SQLiteDialect
    from nbmigrate.dialects.statement import Statement

__all__ = [
    "Alteration",
    "DefaultDialect",
    "DuckDBDialect",
    "MySQLDialect",
    "PostgreSQLDialect",
    "SQLiteDialect",
    "Statement",
    "register_dialect",
    "statements",
]

# Loaded when first asked for: to read what a table of SQLite is made of, no statement is written.
_HOMES = {
    "Alteration": "ddl.elements",
    "DefaultDialect": "base",
    "DuckDBDialect": "duckdb.dialect",
    "MySQLDialect": "mysql.dialect",
    "PostgreSQLDialect": "postgresql.dialect",
    "SQLiteDialect": "sqlite.dialect",
    "Statement": "statement",
    "register_dialect": "registry",
    "statements": "compiler",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
