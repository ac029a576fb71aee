"""Reading a table of PostgreSQL that is to be rebuilt, with all that is on it."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import inspect, quoted_name
from nbmigrate.database.backends.postgresql import table_queries as queries
from nbmigrate.dialects.postgresql.rebuild import OLD, StoredColumn, StoredPostgreSQLTable
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema.table import no_such_table

_KINDS = {
    "p": "a partitioned table",
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
}


def read_stored_table(connection: sa.Connection, operation: ops.AlterTable) -> StoredPostgreSQLTable:
    """Return the table of a batch, with the statements that make all of it again; reads only.

    Raises
    ------
    NoSuchTableError
        There is no such table.
    UnsupportedOperationError
        It is no plain table.
    """
    return _Reader(connection, operation).read()


class _Reader:
    def __init__(self, connection: sa.Connection, operation: ops.AlterTable) -> None:
        self.connection = connection
        self.operation = operation
        self.names: dict[str, str] = {"old_name": OLD}
        name = quoted_name(connection, operation.table, operation.schema)
        found = sa.text("SELECT CAST(to_regclass(CAST(:name AS text)) AS oid)")
        oid = connection.execute(found, {"name": name}).scalar()
        if oid is None:
            raise no_such_table(operation.table, inspect(connection).get_table_names(operation.schema))
        self.oid = int(oid)

    def read(self) -> StoredPostgreSQLTable:
        """Return the table."""
        kind, persistence, is_partition, name, prefix, options, taken = self._rows(queries.TABLE)[0]
        self._require_plain(kind, persistence, is_partition=is_partition)
        old_name = next(free for free in _names(OLD) if not any(each.startswith(free) for each in taken))
        self.names = {"name": name, "old_name": old_name}
        return StoredPostgreSQLTable(
            name,
            prefix + old_name,
            tuple(StoredColumn(*row) for row in self._rows(queries.COLUMNS)),
            self._texts(queries.FIRST),
            create="CREATE UNLOGGED TABLE" if persistence == "u" else "CREATE TABLE",
            clauses=self._texts([queries.CLAUSES]),
            options=options,
            before_rows=self._texts(queries.BEFORE_ROWS),
            after_rows=self._texts(queries.AFTER_ROWS),
            at_end=self._texts(queries.AT_END),
            obstacles=self._texts(queries.OBSTACLES),
        )

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        statement = sa.text(query.replace("{oid}", str(self.oid)))
        return [tuple(row) for row in self.connection.execute(statement, self.names)]

    def _texts(self, found: Iterable[str]) -> tuple[str, ...]:
        return tuple(row[0] for query in found for row in self._rows(query))

    def _require_plain(self, kind: str, persistence: str, *, is_partition: bool) -> None:
        what = _KINDS.get(kind) or ("a partition" if is_partition else "")
        what = what or ("a temporary table" if persistence == "t" else "")
        if what:
            raise UnsupportedOperationError(
                f"Table {self.operation.table_name} is {what}, which cannot be rebuilt.",
                "Leave recreate='always' out with all that needs it: it is altered then. For another order of its "
                "columns, create a new one and copy the rows by op.execute().",
            )


def _names(name: str) -> Iterable[str]:
    """Yield names that the old table may have."""
    yield name
    for number in range(2, 100):
        yield f"{name}{number}"
