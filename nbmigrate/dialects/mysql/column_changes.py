"""What a revision asks of a column of MySQL and MariaDB: what of it changes, and what it is afterwards."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.literals import readable
from nbmigrate.dialects.mysql.existing import StoredColumns, column_text
from nbmigrate.errors import ColumnNotFoundError, UnsupportedOperationError, nearest
from nbmigrate.schema import Expression, ServerDefault, Table, to_table

#: A default that SET DEFAULT takes: a number or a string.
_CONSTANT = re.compile(r"\s*(?:[-+]?\d+(?:\.\d+)?|'(?:[^']|'')*'|NULL)\s*", re.IGNORECASE)
ON_UPDATE = re.compile(r"\bON\s+UPDATE\b", re.IGNORECASE)


def made_columns(table: Table, dialect: sa.Dialect) -> StoredColumns:
    """Return the columns of a table that is to be made."""
    ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    columns = to_table(table).columns
    texts = (readable(ddl.process(CreateColumn(column)), dialect) for column in columns)
    return StoredColumns(table.name, tuple(map(column_text, (column.name for column in columns), texts)))


def unknown_place(
    operation: "ops.AddColumn | ops.AlterColumn", order: list[str]
) -> ColumnNotFoundError | UnsupportedOperationError:
    """Return the error for a column that is to be put before one that is not in `order`."""
    wanted = operation.insert_before
    if not order:
        return UnsupportedOperationError(
            f"MySQL and MariaDB put a column after another one, and what comes before {wanted} in table "
            f"{operation.table_name} is unknown without the database.",
            "Use insert_after= instead, or give the batch copy_from=.",
        )
    guess = nearest(str(wanted), order)
    return ColumnNotFoundError(
        f"Table {operation.table_name} has no column {wanted} to put another one before.",
        f"Did you mean {guess}?" if guess else f"It has {', '.join(order)}.",
    )


def is_only_default(operation: ops.AlterColumn, moved: bool) -> bool:
    """Whether ALTER COLUMN ... DEFAULT does all of it."""
    only = not moved and operation.changes().keys() == {"server_default"}
    return only and is_constant(operation.server_default)


def is_only_function(operation: ops.AlterColumn, moved: bool) -> bool:
    """Whether ALTER COLUMN ... DEFAULT does all of it, and keeps what the revision does not say, as NOT NULL.

    What a date with time has, CURRENT_TIMESTAMP and ON UPDATE, is written with the column.
    """
    default, type_ = operation.server_default, operation.existing_type
    if moved or operation.changes().keys() != {"server_default"} or not isinstance(default, Expression):
        return False
    return not (type_ is not None and isinstance(type_.type_, sa.DateTime)) and not names_on_update(default)


def names_on_update(default: ServerDefault | bool) -> bool:
    """Whether a default has ON UPDATE in its text."""
    return isinstance(default, Expression) and ON_UPDATE.search(str(default)) is not None


def is_constant(default: ServerDefault | bool) -> bool:
    """Whether SET DEFAULT takes a default."""
    text = default.plain_text if isinstance(default, Expression) else None
    return default is None or isinstance(default, str) or bool(text and _CONSTANT.fullmatch(text))


def after(new: Any, existing: Any) -> Any:
    """Return what a column has afterwards: what is new, else what was."""
    value = existing if new is False else new
    return None if value is False else value


def nullable(operation: ops.AlterColumn) -> bool:
    """Whether a column may be NULL afterwards."""
    if operation.nullable is not None:
        return operation.nullable
    return operation.existing_nullable is not False
