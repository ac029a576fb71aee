"""Changes to one table of SQLite that wait for those that follow, so that one rebuild makes them all."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import dialect_for, schema_of
from nbmigrate.database.backends.sqlite.existing import (
    read_stored_table,
    stored_table,
    with_checks,
    with_rowids,
)
from nbmigrate.dialects.ddl.compile_errors import compiling
from nbmigrate.dialects.sqlite.batch import as_batch, is_rebuilt, needs_table, table_for
from nbmigrate.dialects.sqlite.draft import Draft
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.rebuild import Rebuild, begun, finished


class Pending:
    """The changes, and the table they are for as it was before the first of them.

    Parameters
    ----------
    connection
        The connection that the migration has.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._operations: tuple[ops.Operation, ...] = ()
        self._batch: ops.AlterTable | None = None
        #: Where the table of that is: a revision may go through tenants, by a map for each.
        self._schema: str | None = None
        #: The table with the changes made in it; nothing is sent before all of them are known.
        self._draft: Draft | None = None

    @property
    def is_begun(self) -> bool:
        """Whether something waits."""
        return self._batch is not None

    def take(self, operation: ops.Operation) -> bool:
        """Keep an operation for later, if it needs a rebuild or joins those that wait for one.

        Raises
        ------
        OperationError
            It cannot be done; the others stay as they were.
        """
        batch = as_batch(operation) if isinstance(operation, ops.AlterTable | ops.Change) else None
        if batch is None:
            return False
        schema = schema_of(self.connection, batch.schema)
        if self._batch is not None and not (_may_join(self._batch, batch) and schema == self._schema):
            return False
        draft = self._begun(batch) if self._draft is None else self._draft.copied()
        if draft is None:
            return False
        with compiling(operation, draft.dialect):
            # Made now, so that what is wrong with it is said where it is asked for.
            draft.lost_indexes = []
            for change in batch.changes:
                draft.apply(change, alone=batch.alone)
            if not _is_plain(batch):
                finished(draft.copied(), batch)
        before = () if self._batch is None else self._batch.changes
        self._batch, self._draft = replace(batch, changes=(*before, *batch.changes)), draft
        self._schema, self._operations = schema, (*self._operations, operation)
        return True

    def _begun(self, batch: ops.AlterTable) -> Draft | None:
        """Return a draft without the changes; None where SQLite has statements of its own for all of them."""
        dialect = dialect_for(self.connection)
        if not needs_table(batch, dialect):
            return None
        stored = stored_table(self.connection, batch.table, batch.schema)
        stored = with_checks(self.connection, stored, batch)
        if not is_rebuilt(batch, dialect, stored):
            return None
        stored = with_rowids(self.connection, stored)
        return begun(table_for(batch, dialect, stored), batch, dialect)

    def release(self) -> tuple[tuple[ops.Operation, ...], Callable[[], Rebuild]] | None:
        """Return what waited, if anything did, and what makes the plan for it; nothing waits any more."""
        if self._batch is None or self._draft is None:
            return None
        released = self._operations, partial(finished, self._draft, self._batch)
        self._operations, self._batch, self._draft = (), None, None
        return released


def read_stored(connection: sa.Connection, operation: ops.Operation, _: str = "") -> StoredTable | None:
    """Return the table that a change is about, where what SQLite is sent depends on it."""
    batch = as_batch(operation)
    if batch is None or not needs_table(batch, connection.dialect):
        return None
    stored = read_stored_table(connection, batch.table, batch.schema)
    if stored is None:
        return None
    stored = with_checks(connection, stored, batch)
    if not is_rebuilt(batch, connection.dialect, stored):
        return stored
    return with_rowids(connection, stored)


def _may_join(first: ops.AlterTable, second: ops.AlterTable) -> bool:
    """Whether two batches are about one table, and say nothing else that only one of them is to have."""
    same = (first.table, first.schema) == (second.table, second.schema)
    return same and _is_plain(first) and _is_plain(second)


def _is_plain(batch: ops.AlterTable) -> bool:
    """Whether a batch has no options."""
    return replace(batch, changes=(), alone=False) == ops.AlterTable(batch.table, (), batch.schema)
