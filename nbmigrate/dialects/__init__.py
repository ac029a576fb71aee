"""Operations as statements, by database: one class each, with what differs."""

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
