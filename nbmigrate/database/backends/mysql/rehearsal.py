"""The columns of MariaDB and MySQL while a run is looked at without being run.

A column is written whole to be changed, so what one operation sends depends on what those before it have made of the
table. The database is as it was all the while; they are compiled again, as one batch on the table as it is.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.dialects import Statement, statements
from nbmigrate.dialects.mysql.column_changes import made_columns
from nbmigrate.operations.operation import fullname

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored


class RehearsedColumns:
    """Compiles the operations of a run, in their order.

    Parameters
    ----------
    connection
        The database, which is only read.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        #: By table: its columns, where the run makes it or gives it its name.
        self._made: dict[str | None, Stored | None] = {}
        #: By table: what the run has changed of it.
        self._changes: dict[str | None, tuple[ops.Change, ...]] = {}

    def statements(self, operation: ops.Operation) -> tuple[Statement, ...]:
        """Return the statements of an operation."""
        dialect, name = dialect_for(self.connection), operation.table_name
        if isinstance(operation, ops.CreateTable):
            self._made[name], self._changes[name] = made_columns(operation.table, dialect), ()
        elif isinstance(operation, ops.RenameTable):
            self._rename(operation)
        elif isinstance(operation, ops.AlterTable):
            return self._change(operation, operation.changes, operation)
        elif isinstance(operation, ops.Change) and name is not None:
            schema = getattr(operation, "schema", None)
            table = ops.AlterTable(operation.table, (operation,), schema)  # type: ignore[attr-defined]
            return self._change(operation, (operation,), table)
        return statements(operation, dialect)

    def _rename(self, operation: ops.RenameTable) -> None:
        old, new = operation.table_name, fullname(operation.new_name, operation.schema)
        alteration = ops.AlterColumn(operation.name, "", schema=operation.schema)
        self._made[new] = self._made.pop(old, None) or read_stored(self.connection, alteration)
        self._changes[new] = self._changes.pop(old, ())

    def _change(
        self, operation: ops.Operation, changes: tuple[ops.Change, ...], batch: ops.AlterTable
    ) -> tuple[Statement, ...]:
        dialect, name = dialect_for(self.connection), batch.table_name
        stored = self._made.get(name) or read_stored(self.connection, operation)
        earlier = self._changes.get(name, ())
        self._changes[name] = (*earlier, *changes)
        if stored is None or not earlier:
            return statements(operation, dialect, stored)
        before = statements(ops.AlterTable(batch.table, earlier, batch.schema), dialect, stored)
        return statements(replace(batch, changes=self._changes[name]), dialect, stored)[len(before) :]
