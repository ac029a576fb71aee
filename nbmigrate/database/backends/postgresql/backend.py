"""PostgreSQL: a server that shows the state of transactions, and whose locks are a transaction's."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import ClassVar

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, Place, function_in
from nbmigrate.database.backends.postgresql.transactions import PostgreSQLTransactions

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
    has_symbol_operators = True
    cut_kinds: ClassVar[Collection[str]] = {"text", "binary", "json", "other"}

    prepare_side_connection = function_in("pooler", "prepare_nothing")
    lock = function_in("lock", "run_lock")
    settings = function_in("timeouts", "settings")
    change_settings = function_in("timeouts", "change_settings")
    details = function_in("details", "table_details")
    estimated_rows = function_in("estimates", "estimated_rows")
    read_stored = function_in("types", "read_stored")
    rehearsed = function_in("rehearsal", "rehearsed")
    verdict = function_in("verdict", "verdict")

    def product(self, dialect: sa.Dialect) -> str:
        """Return its name."""
        del dialect
        return "PostgreSQL"

    def forbid_changes(self, connection: sa.Connection) -> None:
        """Make the transaction read-only."""
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

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

    def locked_tables(self, connection: sa.Connection) -> Collection[Place]:
        """Return the tables that are locked by ACCESS EXCLUSIVE; those on the search path also without a schema."""
        rows = connection.exec_driver_sql(_LOCKED)
        return {(place, table) for schema, table, visible in rows for place in (schema, *[None] * visible)}

    def cut_value(self, name: str, kind: str, text_head: int, binary_head: int) -> tuple[str, str]:
        """Return octet_length(), which reads nothing of a value that is stored apart, and the beginning."""
        if kind == "binary":
            head = f"encode(substr({name}, 1, {binary_head}), 'hex')"
            return f"octet_length({name})", f"'b' || octet_length({name}) || ':' || {head}"
        text = f"CAST({name} AS TEXT)"
        return f"octet_length({text})", f"'t' || octet_length({text}) || ':' || left({text}, {text_head})"
