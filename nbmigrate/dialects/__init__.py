"""Operations as statements, by database: one class each, with what differs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.dialects.alteration import Alteration
    from nbmigrate.dialects.compilation import statements
    from nbmigrate.dialects.default import DefaultDialect
    from nbmigrate.dialects.duckdb import DuckDBDialect
    from nbmigrate.dialects.mysql import MySQLDialect
    from nbmigrate.dialects.postgresql import PostgreSQLDialect
    from nbmigrate.dialects.registry import register_dialect
    from nbmigrate.dialects.sqlite import SQLiteDialect
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
    "Alteration": "alteration",
    "DefaultDialect": "default",
    "DuckDBDialect": "duckdb",
    "MySQLDialect": "mysql",
    "PostgreSQLDialect": "postgresql",
    "SQLiteDialect": "sqlite",
    "Statement": "statement",
    "register_dialect": "registry",
    "statements": "compilation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
