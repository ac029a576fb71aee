"""MariaDB and MySQL: servers that commit DDL, and go on with the statement of a client that is gone."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend
from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.lock import Lock
from nbmigrate.database.backends.mysql.transactions import MySQLTransactions

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Known
    from nbmigrate.operations import Operation


class MySQLBackend(Backend):
    """What is there by their drivers: PyMySQL and those made after it, mysqlclient, and the makers' own."""

    transactions = MySQLTransactions()
    widens_columns = True
    # A geometry is cut when it is here.
    cut_kinds: ClassVar[Collection[str]] = {"text", "binary", "json"}
    has_definitions = True

    def product(self, dialect: sa.Dialect) -> str:
        """Return the name of the one that it is."""
        return "MariaDB" if _is_mariadb(dialect) else "MySQL"

    def session_id(self, connection: sa.Connection) -> int | None:
        """Return the number of the connection."""
        from nbmigrate.database.backends.mysql.kill import session_id

        return session_id(connection)

    def end_session(self, connection: sa.Connection, session_id: int | None) -> None:
        """Send KILL by another connection."""
        from nbmigrate.database.backends.mysql.kill import end_session

        end_session(connection, session_id)

    def canceller(self, connection: sa.Connection) -> Callable[[], object]:
        """Return what sends KILL QUERY by another connection."""
        from nbmigrate.database.backends.mysql.kill import canceller

        return canceller(connection)

    def lock(
        self,
        connection: sa.Connection,
        table: str,
        schema: str | None,
        *,
        external: bool,
        timeout: float,
        warn: Callable[[str], None],
    ) -> Lock | None:
        """Return a lock of GET_LOCK."""
        from nbmigrate.database.backends.mysql.lock import MySQLLock, lock_name

        del timeout, warn
        return MySQLLock(connection, lock_name(connection, table, schema), in_users=external)

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

    def details(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return columns as the database writes them."""
        from nbmigrate.database.backends.mysql.details import table_details

        return table_details(connection, schema, tables)

    def estimated_rows(
        self, connection: sa.Connection, table: sa.TableClause, least: int, bytes_per_row: float
    ) -> int | None:
        """Return the storage engine's number."""
        from nbmigrate.database.backends.mysql.estimates import estimated_rows

        del least, bytes_per_row
        return estimated_rows(connection, table)

    def average_row_sizes(
        self, connection: sa.Connection, tables: Sequence[sa.TableClause]
    ) -> Mapping[str, int]:
        """Return the storage engine's numbers."""
        from nbmigrate.database.backends.mysql.estimates import table_statistics

        return table_statistics(connection, tables, "avg_row_length")

    def cut_value(self, name: str, kind: str, text_head: int, binary_head: int) -> tuple[str, str]:
        """Return OCTET_LENGTH() and the beginning."""
        if kind == "binary":
            head = f"LOWER(HEX(LEFT({name}, {binary_head})))"
            return f"OCTET_LENGTH({name})", f"CONCAT('b', OCTET_LENGTH({name}), ':', {head})"
        text = f"CAST({name} AS CHAR)" if kind == "json" else name
        return f"OCTET_LENGTH({text})", f"CONCAT('t', OCTET_LENGTH({text}), ':', LEFT({text}, {text_head}))"

    def read_known(self, connection: sa.Connection, operation: "Operation", told: str) -> "Known | None":
        """Return the columns, which are written whole to be changed."""
        from nbmigrate.database.backends.mysql.existing import read_stored_columns

        return read_stored_columns(connection, operation, told)

    def definition(self, connection: sa.Connection, kind: str, name: str) -> str | None:
        """Return the answer of SHOW CREATE."""
        from nbmigrate.database.backends.mysql.verdict import definition

        return definition(connection, kind, name)


def _is_mariadb(dialect: sa.Dialect) -> bool:
    return bool(getattr(dialect, "is_mariadb", False))
