"""What SQLite changes in a table by a statement of its own, without loss (lang_altertable.html)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.compiled_parts import Pieces
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.names import without_named_keys
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText, same_name
from nbmigrate.dialects.sqlite.parsing.create_table import TableText, read_table
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, significant
from nbmigrate.schema import Check, Computed, Identity

#: What ALTER COLUMN of SQLite can do: RENAME COLUMN. A comment is nothing that SQLite keeps.
_RENAMED = {"new_column_name", "comment"}
#: The first SQLite that adds and drops CHECK and NOT NULL in a table, and the first that drops a foreign key.
_CHECKS = (3, 53)
_KEYS = (3, 54)


def changes_checks(dialect: sa.Dialect) -> bool:
    """Tell whether a library of SQLite adds and drops CHECK and NOT NULL; one that is not known does not."""
    return _version(dialect) >= _CHECKS


def refuses_null_in_checks(dialect: sa.Dialect) -> bool:
    """Tell whether ADD CONSTRAINT refuses a CHECK that is NULL of a row; in a CREATE TABLE it passes."""
    return _CHECKS <= _version(dialect) < _KEYS


def _version(dialect: sa.Dialect) -> tuple[Any, ...]:
    """Return the version of the library of a connection; offline the SQL may be for any."""
    return dialect.server_version_info or ()


def are_native(changes: Sequence[ops.Operation], stored: StoredTable | None, dialect: sa.Dialect) -> bool:
    """Tell whether SQLite has statements for changes of one table, one after another; see `is_native`."""
    if not all(is_native(change, stored, dialect) for change in changes):
        return False
    names = [_of_newer_sqlite(change, stored) for change in changes]
    newer = [name for name in names if name is not None]
    # They are looked at one by one, in the table as it was: none may be about what another one changes.
    renames = any(isinstance(change, ops.AlterColumn) and change.new_name is not None for change in changes)
    return not newer or len(changes) == 1 or (len({*newer}) == len(newer) and not renames)


def _of_newer_sqlite(change: ops.Operation, stored: StoredTable | None) -> tuple[str, str] | None:
    """Return what a change is about that older libraries have no statement for."""
    match change:
        case ops.AlterColumn() if change.nullable is not None:
            return "column", folded(change.column)
        case ops.AddConstraint():
            return "constraint", folded(change.constraint.name or str(id(change)))
        case ops.DropConstraint():
            for owner, clause in _called(str(change.name), stored) if stored is not None else ():
                if owner is not None and clause.kind == "notnull":
                    # Whether the column takes NULL may be changed under no name as well.
                    return "column", folded(owner.name)
            return "constraint", folded(str(change.name))
    return None


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
            if moves or not change.changes().keys() <= _RENAMED | {"nullable"}:
                return False
            return change.nullable is None or (stored is not None and _sets_null(change, stored, dialect))
        case ops.AddConstraint():
            return stored is not None and _adds_constraint(change, stored, dialect)
        case ops.DropConstraint():
            return stored is not None and _drops_constraint(change, stored, dialect)
    return True


def _sets_null(change: ops.AlterColumn, stored: StoredTable, dialect: sa.Dialect) -> bool:
    column = read_table(stored.sql, stored.table_name).column(change.column)
    if column is None or not changes_checks(dialect):
        return False
    # SQLite takes one NOT NULL away, and puts one beside the word NULL.
    kinds = [clause.kind for clause in column.clauses if clause.kind in ("notnull", "null")]
    return kinds in ([], ["notnull"])


def _adds_constraint(change: ops.AddConstraint, stored: StoredTable, dialect: sa.Dialect) -> bool:
    if not isinstance(change.constraint, Check) or not changes_checks(dialect) or stored.has_null_checks:
        return False
    # In a batch it takes the place of the one that has its name, which SQLite's statement does not.
    return change.constraint.name is None or not _called(change.constraint.name, stored)


def _drops_constraint(change: ops.DropConstraint, stored: StoredTable, dialect: sa.Dialect) -> bool:
    if change.name is None or not changes_checks(dialect):
        return False
    called = _called(change.name, stored)
    if len(called) != 1:
        return False
    owner, clause = called[0]
    if clause.kind == "foreignkey":
        # Where DEFERRABLE stands apart from it, SQLite leaves that behind.
        apart = owner is not None and owner.clause("deferral") is not None
        return _version(dialect) >= _KEYS and not apart
    return clause.kind in ("check", "notnull")


def _called(name: str, stored: StoredTable) -> list[tuple[ColumnText | None, Clause]]:
    found = read_table(stored.sql, stored.table_name).clauses()
    return [each for each in found if each[1].name is not None and same_name(each[1].name, name)]


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
