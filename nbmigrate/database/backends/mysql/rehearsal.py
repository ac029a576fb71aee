"""The columns of MariaDB and MySQL as the operations of a run leave them.

A column is written whole to be changed, so what one operation sends depends on what those before it have made of the
table, while the database is as it was.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.backends.rehearsal import RehearsedTables
from nbmigrate.dialects.compiler import elements_of
from nbmigrate.dialects.mysql.column_changes import made_columns
from nbmigrate.dialects.mysql.dialect import MySQLDialect
from nbmigrate.dialects.mysql.existing import ColumnText, StoredColumns
from nbmigrate.operations.operation import fullname

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored


def rehearsed(connection: sa.Connection) -> AbstractContextManager[RehearsedTables]:
    """Give the tables, with columns as the operations leave them."""
    return nullcontext(RehearsedColumns(connection))


class RehearsedColumns(RehearsedTables):
    """A database whose columns are those that the operations have made.

    Parameters
    ----------
    connection
        The database, which is only read.
    """

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        #: By table: its columns, where the run makes it or gives it its name.
        self._made: dict[str | None, Stored | None] = {}
        #: By table: what the run has changed of it.
        self._changes: dict[str | None, tuple[ops.AlterTable, ...]] = {}

    def read(self, operation: ops.Operation) -> "Stored | None":
        """Return the columns of the operation's table, where its statements depend on them."""
        name = operation.table_name
        if isinstance(operation, ops.CreateTable):
            self._made[name] = made_columns(operation.table, dialect_for(self.connection))
            self._changes[name] = ()
        elif isinstance(operation, ops.RenameTable):
            self._rename(operation)
        elif isinstance(operation, ops.AlterTable):
            return self._read(operation, operation)
        elif isinstance(operation, ops.Change) and name is not None:
            schema = getattr(operation, "schema", None)
            table = ops.AlterTable(operation.table, (operation,), schema)  # type: ignore[attr-defined]
            return self._read(operation, table)
        return None

    def _rename(self, operation: ops.RenameTable) -> None:
        old, new = operation.table_name, fullname(operation.new_name, operation.schema)
        whole = ops.AlterColumn(operation.name, "", schema=operation.schema)
        self._made[new] = self._made.pop(old, None) or read_stored(self.connection, whole)
        self._changes[new] = self._changes.pop(old, ())

    def _read(self, operation: ops.Operation, batch: ops.AlterTable) -> "Stored | None":
        name = batch.table_name
        stored = self._made.get(name) or read_stored(self.connection, operation)
        earlier = self._changes.get(name, ())
        self._changes[name] = (*earlier, batch)
        if isinstance(stored, StoredColumns):
            for change in earlier:
                stored = _columns_after(change, dialect_for(self.connection), stored)
        return stored


def _columns_after(change: ops.AlterTable, dialect: sa.Dialect, stored: StoredColumns) -> StoredColumns:
    written = MySQLDialect(dialect, stored)
    for element in elements_of(written, change):
        # A column becomes what it is written as.
        element.compile(dialect=dialect)
    return replace(stored, columns=tuple(_as_answered(column) for column in written.columns))


def _as_answered(column: ColumnText) -> ColumnText:
    """Return a column without the NULL that the server leaves out of its answers, but for TIMESTAMP."""
    type_ = column.clause("type") or ""
    is_usual = column.clause("nullable") == "NULL" and not type_.casefold().startswith("timestamp")
    return column.without("nullable") if is_usual else column
