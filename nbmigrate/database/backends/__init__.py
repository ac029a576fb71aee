"""What one database does differently, where a connection is needed for it: one folder for each."""

from importlib import import_module
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate.database.backends.base import Transactions
from nbmigrate.database.backends.duckdb.transactions import DuckDBTransactions
from nbmigrate.database.backends.mysql.transactions import MySQLTransactions
from nbmigrate.database.backends.postgresql.transactions import PostgreSQLTransactions
from nbmigrate.database.backends.sqlite.transactions import SQLiteTransactions

if TYPE_CHECKING:
    from nbmigrate.database.backends.details import Details

_TRANSACTIONS: dict[str, Transactions] = {
    "duckdb": DuckDBTransactions(),
    "mariadb": MySQLTransactions(),
    "mysql": MySQLTransactions(),
    "postgresql": PostgreSQLTransactions(),
    "sqlite": SQLiteTransactions(),
}
_ANY = Transactions()
#: The module, and the class in it, that has the details of tables; loaded when a table is described.
_DETAILS = {
    "duckdb": ("duckdb", "DuckDBDetails"),
    "mariadb": ("mysql", "MySQLDetails"),
    "mysql": ("mysql", "MySQLDetails"),
    "postgresql": ("postgresql", "PostgreSQLDetails"),
    "sqlite": ("sqlite", "SQLiteDetails"),
}


def transactions_of(connection: sa.Connection) -> Transactions:
    """Return what there is to know of the transactions of a connection's database."""
    return _TRANSACTIONS.get(connection.dialect.name, _ANY)


def details_of(connection: sa.Connection) -> "Details":
    """Return what there is to know of tables besides what SQLAlchemy's inspector returns."""
    from nbmigrate.database.backends.details import Details

    if connection.dialect.name not in _DETAILS:
        return Details()
    folder, name = _DETAILS[connection.dialect.name]
    found: Details = getattr(import_module(f"{__name__}.{folder}.details"), name)()
    return found
