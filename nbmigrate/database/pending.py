"""Changes to one table of SQLite that wait for those that follow, so that one rebuild makes them all."""

from dataclasses import replace

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.stored_table import read_stored_table, stored_table
from nbmigrate.dialects.rebuild import Rebuild
from nbmigrate.dialects.sqlite_batch import as_batch, asks_for_table, is_rebuilt, plan_batch
from nbmigrate.dialects.stored import StoredTable


class Pending:
    """The changes, and the table they are for as it was before the first of them.

    Parameters
    ----------
    connection
        The connection that the migration has.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._batch: ops.AlterTable | None = None
        self._stored: StoredTable | None = None
        self._plan: Rebuild | None = None

    def take(self, operation: ops.Operation) -> bool:
        """Keep an operation for later, if it needs a rebuild or joins those that wait for one.

        Raises
        ------
        OperationError
            It cannot be done; the others stay as they were.
        """
        batch = as_batch(operation) if self.connection.dialect.name == "sqlite" else None
        if batch is None:
            return False
        stored = self._stored
        if self._batch is not None:
            if not _may_join(self._batch, batch):
                return False
            batch = replace(self._batch, changes=(*self._batch.changes, *batch.changes))
        else:
            if not asks_for_table(batch, self.connection.dialect):
                return False
            stored = stored_table(self.connection, batch.table, batch.schema)
            if not is_rebuilt(batch, self.connection.dialect, stored):
                return False
        # Planned now, so that what is wrong with it is said where it is asked for.
        self._plan = plan_batch(batch, self.connection.dialect, stored)
        self._batch, self._stored = batch, stored
        return True

    def release(self) -> Rebuild | None:
        """Return the plan for what waited, if anything did; nothing waits any more."""
        released, self._batch, self._stored, self._plan = self._plan, None, None, None
        return released


def read_table_for(connection: sa.Connection, operation: ops.Operation) -> StoredTable | None:
    """Return the table that a change is about, where what SQLite is sent depends on it."""
    batch = as_batch(operation)
    if batch is None or not asks_for_table(batch, connection.dialect):
        return None
    return read_stored_table(connection, batch.table, batch.schema)


def _may_join(first: ops.AlterTable, second: ops.AlterTable) -> bool:
    """Whether two batches are about one table, and say nothing else that only one of them is to have."""
    bare = ops.AlterTable(first.table, (), first.schema)
    return replace(first, changes=()) == bare and replace(second, changes=()) == bare
