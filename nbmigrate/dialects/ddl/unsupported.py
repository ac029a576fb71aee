"""What an operation asks for that a database has no words for, as the errors to refuse it with before it is sent."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.schemas import actual_schema
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Check, Column, ColumnCheck, Exclude, ForeignKey, PrimaryKey, Reference, Unique

#: What may be looked at as late as the end of a transaction, where a database has that for all of them.
CONSTRAINTS = (Check, ColumnCheck, Exclude, ForeignKey, PrimaryKey, Reference, Unique)

Refusals = Iterator[UnsupportedOperationError]


def not_deferrable(operation: ops.Operation, name: str, deferrable: tuple[type, ...]) -> Refusals:
    """Yield an error for a constraint that says when it is looked at, and is of none of the kinds that can."""
    for constraint in _constraints(operation):
        options = constraint.options
        given = options and [word for word in ("deferrable", "initially") if options.get(word) is not None]
        if given and not isinstance(constraint, deferrable):
            but = " but foreign keys" if deferrable else ""
            yield UnsupportedOperationError(
                f"{name} has no deferrable constraints{but}: {operation.describe()}",
                f"Leave {' and '.join(f'{word}=' for word in given)} out, or use it only where "
                "`op.get_bind().dialect.name` is another.",
            )


def not_if_exists(operation: ops.Operation, name: str) -> Refusals:
    """Yield an error for IF EXISTS and IF NOT EXISTS of what is a part of a table."""
    if isinstance(operation, ops.CreateTable | ops.DropTable):
        return
    for word in ("if_exists", "if_not_exists"):
        if getattr(operation, word, None):
            yield UnsupportedOperationError(
                f"{name} knows {word.replace('_', ' ').upper()} of tables alone: {operation.describe()}",
                f"Leave {word}= out, or ask first what there is: sa.inspect(op.get_bind()).",
            )


def not_across_schemas(operation: ops.Operation, dialect: sa.Dialect) -> Refusals:
    """Yield an error for a foreign key from a table that is there to one of another schema."""
    if isinstance(operation, ops.AddColumn | ops.AddConstraint):
        for target, schema in _targets(operation):
            places = {actual_schema(dialect, each) or "main" for each in (schema, operation.schema)}
            if len(places) > 1:
                yield UnsupportedOperationError(
                    f"{dialect.name} has no foreign keys from one schema to another: table {operation.table_name} "
                    f"cannot refer to {target}.",
                    "Keep both tables in one schema.",
                )


def keys_left_out(operation: ops.Operation, name: str) -> Iterator[str]:
    """Yield a sentence for each foreign key that a new table is made without, as SQLAlchemy does it in silence."""
    if isinstance(operation, ops.CreateTable):
        for target, schema in _targets(operation):
            if schema != operation.table.schema:
                yield (
                    f"{name} has no foreign keys from one schema to another: that to {target} is left out of table "
                    f"{operation.table_name}"
                )


def changes_of(operation: ops.Operation) -> tuple[ops.Operation, ...]:
    """Return the changes of a batch; the operation itself, where it is none."""
    return operation.changes if isinstance(operation, ops.AlterTable) else (operation,)


def unused_options(
    operation: ops.Operation, name: str, used: Mapping[type, Collection[str]]
) -> Iterator[str]:
    """Yield a sentence for each option of a database that a change of a column is given and that says nothing."""
    for change in changes_of(operation):
        if isinstance(change, ops.AlterColumn | ops.DropColumn):
            for option in change.options:
                if option.startswith(f"{name}_") and option not in used.get(type(change), ()):
                    directive = "alter_column" if isinstance(change, ops.AlterColumn) else "drop_column"
                    yield f"{directive} of column {change.column} of table {change.table_name}: {option}= has no effect"


def _targets(operation: ops.Operation) -> Iterator[tuple[str, str | None]]:
    """Yield what each foreign key of an operation refers to, and the schema of that."""
    for key in _constraints(operation):
        if isinstance(key, ForeignKey | Reference):
            one = key if isinstance(key, ForeignKey) else ForeignKey((), (key.target,))
            yield one.target_table, one.target_schema


def _constraints(operation: ops.Operation) -> Iterator[Any]:
    match operation:
        case ops.CreateTable():
            yield from operation.table.constraints
            for column in operation.table.columns:
                yield from _of_column(column)
        case ops.AddColumn():
            yield from _of_column(operation.column)
        case ops.AddConstraint():
            yield operation.constraint


def _of_column(column: Column) -> Iterator[Any]:
    yield from column.references
    yield from column.checks
