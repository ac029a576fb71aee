"""MariaDB and MySQL: servers that commit DDL, and go on with the statement of a client that is gone."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import ClassVar

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, function_in
from nbmigrate.database.backends.mysql.transactions import MySQLTransactions


class MySQLBackend(Backend):
    """What is there by their drivers: PyMySQL and those made after it, mysqlclient, and the makers' own."""

    transactions = MySQLTransactions()
    widens_columns = True
    # A geometry is cut when it is here.
    cut_kinds: ClassVar[Collection[str]] = {"text", "binary", "json"}
    has_definitions = True

    session_id = function_in("kill", "session_id")
    end_session = function_in("kill", "end_session")
    canceller = function_in("kill", "canceller")
    lock = function_in("lock", "run_lock")
    details = function_in("details", "table_details")
    estimated_rows = function_in("estimates", "estimated_rows")
    average_row_sizes = function_in("estimates", "average_row_sizes")
    read_stored = function_in("existing", "read_stored")
    rehearsed = function_in("rehearsal", "rehearsed")
    definition = function_in("verdict", "definition")

    def product(self, dialect: sa.Dialect) -> str:
        """Return the name of the one that it is."""
        return "MariaDB" if _is_mariadb(dialect) else "MySQL"

    @contextmanager
    def read_only(self, connection: sa.Connection) -> Iterator[None]:
        """Make the session read-only as well as the transaction, which MariaDB would end by itself for DDL.

        In a transaction of the caller's a change is not refused, but undone.
        """
        if connection.in_transaction():
            with super().read_only(connection):
                yield
            return
        name = "tx_read_only" if _is_mariadb(connection.dialect) else "transaction_read_only"
        with connection.begin() as transaction:
            before = connection.exec_driver_sql(f"SELECT @@session.{name}").scalar()
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            connection.exec_driver_sql("START TRANSACTION READ ONLY")
            try:
                yield
            finally:
                connection.exec_driver_sql("ROLLBACK")
                if not before:
                    connection.exec_driver_sql("SET SESSION TRANSACTION READ WRITE")
                transaction.rollback()

    @contextmanager
    def statement_timeout(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        """Set it for the session, and afterwards to what it was."""
        name, limit = (
            ("max_statement_time", seconds)
            if _is_mariadb(connection.dialect)
            else ("max_execution_time", int(seconds * 1000))
        )
        before = connection.exec_driver_sql(f"SELECT @@session.{name}").scalar_one()
        connection.exec_driver_sql(f"SET SESSION {name} = {limit}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SET SESSION {name} = {before}")

    def cut_value(self, name: str, kind: str, text_head: int, binary_head: int) -> tuple[str, str]:
        """Return OCTET_LENGTH() and the beginning."""
        if kind == "binary":
            head = f"LOWER(HEX(LEFT({name}, {binary_head})))"
            return f"OCTET_LENGTH({name})", f"CONCAT('b', OCTET_LENGTH({name}), ':', {head})"
        text = f"CAST({name} AS CHAR)" if kind == "json" else name
        return f"OCTET_LENGTH({text})", f"CONCAT('t', OCTET_LENGTH({text}), ':', LEFT({text}, {text_head}))"


def _is_mariadb(dialect: sa.Dialect) -> bool:
    return bool(getattr(dialect, "is_mariadb", False))
