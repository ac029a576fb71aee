"""What one database does differently, where a connection is needed for it: one folder for each."""

import sqlalchemy as sa

from nbmigrate.database.backends.base import Transactions
from nbmigrate.database.backends.duckdb.transactions import DuckDBTransactions
from nbmigrate.database.backends.mysql.transactions import MySQLTransactions
from nbmigrate.database.backends.postgresql.transactions import PostgreSQLTransactions
from nbmigrate.database.backends.sqlite.transactions import SQLiteTransactions

_TRANSACTIONS: dict[str, Transactions] = {
    "duckdb": DuckDBTransactions(),
    "mariadb": MySQLTransactions(),
    "mysql": MySQLTransactions(),
    "postgresql": PostgreSQLTransactions(),
    "sqlite": SQLiteTransactions(),
}
_ANY = Transactions()


def transactions_of(connection: sa.Connection) -> Transactions:
    """Return what there is to know of the transactions of a connection's database."""
    return _TRANSACTIONS.get(connection.dialect.name, _ANY)
