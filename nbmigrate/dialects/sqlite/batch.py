"""Changes to a table of SQLite, as a plan: statements of its own where it has them, else a rebuild of the table."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.compile_errors import compiling
from nbmigrate.dialects.sqlite.dependents import column_ends
from nbmigrate.dialects.sqlite.existing import StoredTable, stored_as
from nbmigrate.dialects.sqlite.names import names_constraints
from nbmigrate.dialects.sqlite.native import are_native, is_native, names_key
from nbmigrate.dialects.sqlite.parsing.clauses import same_name
from nbmigrate.dialects.sqlite.rebuild import Rebuild, rebuild
from nbmigrate.errors import OperationError, UnsupportedOperationError
from nbmigrate.schema import ForeignKey, PrimaryKey, Unique


def as_batch(operation: ops.Operation) -> ops.AlterTable | None:
    """Return a change of a table as a batch of it alone; None for what is no change of a table that is said."""
    if isinstance(operation, ops.AlterTable):
        if operation.alone:
            return operation
        return replace(
            operation, changes=tuple(_typed(operation, each) for each in _in_order(operation.changes))
        )
    table = getattr(operation, "table", None)
    if not isinstance(operation, ops.Change) or not isinstance(table, str):
        return None
    return ops.AlterTable(table, (operation,), getattr(operation, "schema", None), alone=True)


def _typed(batch: ops.AlterTable, change: ops.Change) -> ops.Change:
    """Return a change of a column with the type that copy_from says it has, whose CHECK goes with it."""
    if batch.copy_from is None or not isinstance(change, ops.AlterColumn) or change.existing_type is not None:
        return change
    found = (column.type for column in batch.copy_from.columns if same_name(column.name, change.column))
    return replace(change, existing_type=next(found, None))


def _in_order(changes: Sequence[ops.Change]) -> list[ops.Change]:
    """Return changes with what is about a column after the one that brings it, in whatever order a batch says them."""
    ordered = list(changes)
    for added in (change for change in changes if isinstance(change, ops.AddColumn)):
        at = ordered.index(added)
        early = [change for change in ordered[:at] if _is_of(change, added.column.name)]
        if early:
            before = [change for change in ordered[:at] if change not in early]
            ordered = [*before, added, *early, *ordered[at + 1 :]]
    return ordered


def _is_of(change: ops.Change, column: str) -> bool:
    """Whether a change makes an index or a constraint of a column."""
    match change:
        case ops.CreateIndex():
            names = [name for name in change.index.columns if isinstance(name, str)]
        case ops.AddConstraint(constraint=PrimaryKey() | Unique() | ForeignKey() as constraint):
            names = list(constraint.columns)
        case _:
            return False
    return any(same_name(name, column) for name in names)


def is_rebuilt(batch: ops.AlterTable, dialect: sa.Dialect, stored: StoredTable | None) -> bool:
    """Whether SQLite has no statements of its own for all of a batch."""
    if batch.recreate == "never":
        return False
    if batch.remakes or not are_native(batch.changes, stored, dialect):
        return True
    return stored is not None and names_constraints(batch, stored)


def needs_table(batch: ops.AlterTable, dialect: sa.Dialect) -> bool:
    """Whether what is sent depends on what the table is."""
    if batch.recreate == "never":
        return False
    # Of several changes none is sent when one of them is wrong.
    several = len(batch.changes) > 1 or bool(batch.naming_convention)
    return is_rebuilt(batch, dialect, None) or several or any(_depends(one, dialect) for one in batch.changes)


def _depends(change: ops.Change, dialect: sa.Dialect) -> bool:
    match change:
        case ops.AddColumn():
            return bool(change.if_not_exists) or names_key(change)
        case ops.CreateIndex():
            # SQLite takes a quoted name that no column has for a string, and indexes that.
            names = [each for each in change.index.columns if isinstance(each, str)]
            expressions = [each.plain_text for each in change.index.columns if not isinstance(each, str)]
            return None in expressions or any(dialect.identifier_preparer.quote(one) != one for one in names)
    # Views and triggers may use the column.
    return any(True for _ in column_ends(change))


def is_planned(batch: ops.AlterTable, dialect: sa.Dialect, stored: StoredTable | None) -> bool:
    """Whether the statements come from a plan: the table is known, or none can be without it."""
    if batch.recreate == "never":
        return False
    return stored is not None or batch.copy_from is not None or is_rebuilt(batch, dialect, None)


def plan_batch(batch: ops.AlterTable, dialect: sa.Dialect, stored: StoredTable | None) -> Rebuild:
    """Return the plan for a batch.

    Raises
    ------
    OperationError
        What the table is, is not known, or it has not what a change is about.
    """
    with compiling(batch.changes[0] if len(batch.changes) == 1 else batch, dialect):
        return rebuild(table_for(batch, dialect, stored), batch, dialect)


def table_for(batch: ops.AlterTable, dialect: sa.Dialect, stored: StoredTable | None) -> StoredTable:
    """Return the table that a batch is about, as copy_from= says it if given.

    Raises
    ------
    OperationError
        What the table is, is not known, or copy_from= leaves out some of it.
    """
    if batch.copy_from is None:
        if stored is None:
            raise _unknown(batch, dialect)
        return stored
    declared = stored_as(batch.copy_from, dialect)
    if stored is None:
        return replace(declared, name=batch.table, schema=batch.schema)
    columns = [column.name for column in batch.copy_from.columns]
    lost = [name for name in stored.columns if not any(same_name(name, column) for column in columns)]
    if lost:
        raise OperationError(
            f"copy_from= of the batch on table {batch.table_name} has no column {', '.join(lost)}, and the table has.",
            "Add it there, and drop it in the batch if it is to go.",
        )
    return replace(stored, declared_sql=declared.sql)


def _unknown(batch: ops.AlterTable, dialect: sa.Dialect) -> UnsupportedOperationError:
    refused = [change.describe() for change in batch.changes if not is_native(change, None, dialect)] or [
        batch.describe()
    ]
    return UnsupportedOperationError(
        f"SQLite rebuilds table {batch.table_name} for this: {' '.join(refused)} The statements depend on "
        "the table, which --sql does not know.",
        "With a connection this works as it is. For --sql, pass copy_from=: "
        f"`with op.batch_alter_table({batch.table!r}, copy_from=sa.Table(...)) as batch_op:`.",
    )
