"""What SQLite changes in a table by a statement of its own, without loss (lang_altertable.html)."""

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite_clauses import ColumnText, same_name
from nbmigrate.dialects.sqlite_names import without_named_keys
from nbmigrate.dialects.sqlite_pieces import Pieces
from nbmigrate.dialects.sqlite_text import TableText, read_table
from nbmigrate.dialects.sqlite_tokens import mentions, significant
from nbmigrate.dialects.stored import StoredTable
from nbmigrate.schema import Computed, Identity

#: What ALTER COLUMN of SQLite can do: RENAME COLUMN. A comment is nothing that SQLite keeps.
_RENAMED = {"new_column_name", "comment"}


def is_native(change: ops.Operation, stored: StoredTable | None, dialect: sa.Dialect) -> bool:
    """Tell whether SQLite has a statement for a change.

    Parameters
    ----------
    change
        The change.
    stored
        The table; None where it is not known.
    dialect
        A dialect of SQLite.
    """
    match change:
        case ops.AddColumn():
            return _adds(change, dialect) and (stored is None or not names_key(change))
        case ops.DropColumn():
            return stored is None or _drops(change, stored)
        case ops.AlterColumn():
            moves = change.insert_before is not None or change.insert_after is not None
            return change.changes().keys() <= _RENAMED and not moves
        case ops.CreateIndex() | ops.DropIndex():
            return True
    return not isinstance(change, ops.AddConstraint | ops.DropConstraint)


def names_key(change: ops.AddColumn) -> bool:
    """Tell whether a new column has a foreign key whose name SQLAlchemy could not read inside of the column."""
    return not change.inline_references and bool(without_named_keys(change)[1])


def _adds(change: ops.AddColumn, dialect: sa.Dialect) -> bool:
    column = change.column
    if change.insert_before is not None or change.insert_after is not None:
        return False
    if (column.unique and not column.index) or (column.primary_key and change.inline_primary_key):
        return False
    default = column.server_default
    if isinstance(default, Computed):
        return default.persisted is not True
    # Of an identity column SQLAlchemy writes nothing but the type for SQLite.
    if default is None or isinstance(default, Identity):
        return True
    # The rows that are there get a default that is a constant, and none that refers to something.
    piece = Pieces(dialect, change.table, change.schema).default(default)
    first = significant(piece.text)[1]
    return not column.references and first.text != "(" and not first.keyword.startswith("CURRENT_")


def _drops(change: ops.DropColumn, stored: StoredTable) -> bool:
    table = read_table(stored.sql, stored.table_name)
    column = table.column(change.column)
    return column is None or not (_is_bound(table, column) or _is_indexed(stored, column))


def _is_bound(table: TableText, column: ColumnText) -> bool:
    """Tell whether a key or a condition uses a column; a CHECK of its own goes with it."""
    for owner, clause in table.clauses():
        if clause.kind == "check" or clause.kind == "generated":
            if owner is not column and mentions(clause.body, column.name):
                return True
        elif clause.kind in ("primary", "unique", "foreignkey"):
            names = (*clause.columns, *clause.target_columns)
            if any(same_name(name, column.name) for name in names):
                return True
    return False


def _is_indexed(stored: StoredTable, column: ColumnText) -> bool:
    return any(mentions(index.sql, column.name) for index in stored.indexes)
