"""Operations as statements, by database: one class each, with what differs."""

from nbmigrate.dialects.compilation import statements
from nbmigrate.dialects.default import DefaultDialect
from nbmigrate.dialects.mysql import MySQLDialect
from nbmigrate.dialects.postgresql import PostgreSQLDialect
from nbmigrate.dialects.sqlite import SQLiteDialect
from nbmigrate.dialects.statement import Statement

__all__ = ["DefaultDialect", "MySQLDialect", "PostgreSQLDialect", "SQLiteDialect", "Statement", "statements"]
