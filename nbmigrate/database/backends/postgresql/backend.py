"""PostgreSQL: a server that shows the state of transactions, and whose locks are a transaction's."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, Place, Verdict
from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.lock import Lock
from nbmigrate.database.backends.postgresql.transactions import PostgreSQLTransactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbmigrate.dialects.existing import Known
    from nbmigrate.operations import Operation

_LOCKED = (
    "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgreSQLBackend(Backend):
    """What is there by its drivers: psycopg, psycopg2, asyncpg, pg8000."""

    transactions = PostgreSQLTransactions()
    errors_end_transactions = True
    absent_table = "42P01"
    widens_columns = True
    cut_kinds: ClassVar[Collection[str]] = {"text", "binary", "json", "other"}

    def product(self, dialect: sa.Dialect) -> str:
        """Return its name."""
        del dialect
        return "PostgreSQL"

    def prepare_side_connection(self, connection: sa.Connection) -> None:
        """Prepare no statements, which a pooler's next session would not have."""
        from nbmigrate.database.backends.postgresql.pooler import prepare_nothing

        prepare_nothing(connection)

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
        """Return an advisory lock."""
        from nbmigrate.database.backends.postgresql.lock import run_lock

        return run_lock(connection, table, schema, external, timeout, warn)

    def forbid_changes(self, connection: sa.Connection) -> None:
        """Make the transaction read-only."""
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    def settings(self, connection: sa.Connection, names: Collection[str]) -> Mapping[str, str]:
        """Return settings as they are now."""
        from nbmigrate.database.backends.postgresql.timeouts import settings

        return settings(connection, names)

    def set(self, connection: sa.Connection, settings: Mapping[str, str], *, local: bool) -> None:
        """Change settings."""
        from nbmigrate.database.backends.postgresql.timeouts import change_settings

        change_settings(connection, settings, local=local)

    @contextmanager
    def statement_timeout(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        """Set it for the transaction; the time for a lock ends a little sooner, so that the error shows what it was."""
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(seconds * 900)}")
        yield

    def current_schema(self, connection: sa.Connection) -> str | None:
        """Return the first of the search path, where a tenant may be, which env.py may have given the dialect too."""
        found: str | None = connection.exec_driver_sql("SELECT current_schema()").scalar()
        return found

    def usual_schema(self, connection: sa.Connection) -> str | None:
        """Return the schema of a search path that nobody has set."""
        del connection
        return "public"

    def details(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return the constraints that SQLAlchemy does not find whole."""
        from nbmigrate.database.backends.postgresql.details import table_details

        return table_details(connection, schema, tables)

    def locked_tables(self, connection: sa.Connection) -> Collection[Place]:
        """Return the tables that are locked by ACCESS EXCLUSIVE; those on the search path also without a schema."""
        rows = connection.exec_driver_sql(_LOCKED)
        return {(place, table) for schema, table, visible in rows for place in (schema, *[None] * visible)}

    def estimated_rows(
        self, connection: sa.Connection, table: sa.TableClause, least: int, bytes_per_row: float
    ) -> int | None:
        """Return the planner's number, or that of a sample."""
        from nbmigrate.database.backends.postgresql.estimates import estimated_rows

        del least, bytes_per_row
        return estimated_rows(connection, table)

    def cut_value(self, name: str, kind: str, text_head: int, binary_head: int) -> tuple[str, str]:
        """Return octet_length(), which reads nothing of a value that is stored apart, and the beginning."""
        if kind == "binary":
            head = f"encode(substr({name}, 1, {binary_head}), 'hex')"
            return f"octet_length({name})", f"'b' || octet_length({name}) || ':' || {head}"
        text = f"CAST({name} AS TEXT)"
        return f"octet_length({text})", f"'t' || octet_length({text}) || ':' || left({text}, {text_head})"

    def read_known(self, connection: sa.Connection, operation: "Operation", told: str) -> "Known | None":
        """Return the named types that exist, and the table that is made again."""
        from nbmigrate.database.backends.postgresql.types import read_known

        del told
        return read_known(connection, operation)

    def verdict(
        self, connection: sa.Connection, words: "Sequence[str]", written: "Sequence[str]"
    ) -> Verdict | None:
        """Return whether an index or a database exists that is made alone."""
        from nbmigrate.database.backends.postgresql.verdict import verdict

        return verdict(connection, words, written)
