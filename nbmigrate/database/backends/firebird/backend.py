"""Firebird: a server whose DDL can be used only after a COMMIT, so that each statement of it is committed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.base import Backend, Verdict
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.firebird.transactions import FirebirdTransactions, prepare
from nbmigrate.database.backends.lock import Lock

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored
    from nbmigrate.operations import Operation


class FirebirdBackend(Backend):
    """What is there by sqlalchemy-firebird and firebird-driver."""

    transactions = FirebirdTransactions()
    widens_columns = True
    has_definitions = True

    def product(self, dialect: sa.Dialect) -> str:
        """Return its name."""
        del dialect
        return "Firebird"

    def prepare(self, connection: sa.Connection) -> None:
        """Let COMMIT be sent as text, and isolation levels be set."""
        prepare(connection)

    def prepare_side_connection(self, connection: sa.Connection) -> None:
        """Prepare it as that of the run."""
        prepare(connection)

    def publish(self, connection: sa.Connection) -> None:
        """Commit: what was made cannot be used before."""
        self.transactions.end(connection)

    def canceller(self, connection: sa.Connection) -> Callable[[], object]:
        """Return what cancels the statement by the client library."""
        module: Any = connection.dialect.loaded_dbapi
        attachment = driver_connection(connection)._att
        return lambda: attachment.cancel_operation(module.CancelType.RAISE)

    def lock(
        self,
        connection: sa.Connection,
        table: str,
        schema: str | None,
        *,
        caller_owns_transaction: bool,
        timeout: float,
        warn: Callable[[str], None],
    ) -> Lock | None:
        """Return a lock that a connection of its own holds."""
        from nbmigrate.database.backends.firebird.lock import FirebirdLock, lock_name

        del schema, caller_owns_transaction, warn
        return FirebirdLock(connection, lock_name(table), timeout)

    @contextmanager
    def read_only(self, connection: sa.Connection) -> Iterator[None]:
        """Read in a transaction that is read-only; in one of the caller's a change is undone."""
        if connection.in_transaction():
            with super().read_only(connection):
                yield
            return
        with connection.begin() as transaction:
            self.transactions.end(connection)
            module: Any = connection.dialect.loaded_dbapi
            mode = module.tpb(module.Isolation.SNAPSHOT, access_mode=module.TraAccessMode.READ)
            driver_connection(connection).begin(mode)
            try:
                yield
            finally:
                transaction.rollback()

    def read_stored(
        self, connection: sa.Connection, operation: "Operation", table_sql: str
    ) -> "Stored | None":
        """Return the table that gets another name, or whose columns move."""
        from nbmigrate.database.backends.firebird.existing import read_stored_table

        return read_stored_table(connection, operation, table_sql)

    def definition(self, connection: sa.Connection, kind: str, name: str) -> str | None:
        """Return a table as text."""
        from nbmigrate.database.backends.firebird.existing import definition

        return definition(connection, kind, name)

    def verdict(
        self, connection: sa.Connection, words: Sequence[str], written: Sequence[str]
    ) -> Verdict | None:
        """Return that it is not: a statement and its entry in the journal are committed together."""
        del connection, words, written
        return "not applied"
