"""Changes of a table of SQLite as a plan: statements of its own where it has them, else the rebuilt table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.constraints import with_key_numbered
from nbmigrate.dialects.sqlite.dialect import SQLiteDialect, unkept_comments
from nbmigrate.dialects.sqlite.draft import Draft
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.names import names_constraints, with_names
from nbmigrate.dialects.sqlite.native import are_native
from nbmigrate.dialects.sqlite.parsing.clauses import ColumnText, same_name
from nbmigrate.dialects.sqlite.parsing.create_table import TableText, read_table
from nbmigrate.dialects.sqlite.rebuild_statements import KeyCheck, RebuildWriter, compiled_statement
from nbmigrate.dialects.statement import Statement, remarked
from nbmigrate.errors import OperationError, nearest


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What changes of a table come to.

    Parameters
    ----------
    stored
        The table as it was.
    table
        The table as it becomes, before columns get other names.
    copied
        By the name of a column of the new table: what is copied into it, as SQL about the old one.
    statements
        What is sent; none where nothing is to be done.
    """

    stored: StoredTable
    table: TableText
    copied: Mapping[str, str]
    statements: tuple[Statement, ...] = ()
    dropped: tuple[str, ...] = ()
    #: By the name of a column of the new table: the one that it gets in the end.
    names: Mapping[str, str] = field(default_factory=dict)

    def stored_columns(self) -> tuple[ColumnText, ...]:
        """Return the columns of the table as it was."""
        return read_table(self.stored.sql, self.stored.table_name).columns

    @property
    def checks(self) -> tuple[KeyCheck, ...]:
        """The statements whose rows are violations of foreign keys."""
        return tuple(each for each in self.statements if isinstance(each, KeyCheck))


def rebuild(stored: StoredTable, alteration: ops.AlterTable, dialect: sa.Dialect) -> Rebuild:
    """Return what SQLite is sent for changes of one table: statements of its own where it has them, else one rebuild.

    Parameters
    ----------
    stored
        The table as it is.
    alteration
        The changes, and the options of the batch; `AlterTable(table, (change,))` for one.
    dialect
        A dialect of SQLite.

    Raises
    ------
    TableNotFoundError
        A change names a column that is not there.
    OperationError
        A change cannot be made, or the text of the table cannot be read.
    """
    draft = begun(stored, alteration, dialect)
    for change in alteration.changes:
        draft.apply(change, alone=alteration.alone)
    return finished(draft, alteration)


def begun(stored: StoredTable, alteration: ops.AlterTable, dialect: sa.Dialect) -> Draft:
    """Return a draft of a table before the changes, with the names that naming_convention= gives to its constraints."""
    convention = alteration.naming_convention or None
    if alteration.copy_from is not None:
        # The names of its constraints are its own; a batch finds them by the convention of its MetaData too.
        return Draft(stored, dialect, convention or alteration.copy_from.naming_convention)
    draft = Draft(stored, dialect, convention)
    if convention is not None:
        draft.table = with_names(draft.table, stored.schema, convention, draft.quote)
    return draft


def finished(draft: Draft, alteration: ops.AlterTable) -> Rebuild:
    """Return what SQLite is sent for a draft that the changes of an alteration are made in already.

    Parameters
    ----------
    draft
        The draft; it is of no use afterwards.
    alteration
        The changes, and the options of the batch.

    Raises
    ------
    OperationError
        An option asks for what cannot be.
    """
    stored, dialect = draft.stored, draft.dialect
    draft.add_items(alteration.table_args)
    draft.table = with_keywords(draft.table, alteration.table_kwargs)
    draft.reorder(alteration.partial_reordering)
    names = {column.name: draft.current_name(column) for column in draft.table.columns}
    plan = Rebuild(stored, draft.table, draft.values, dropped=tuple(draft.dropped), names=names)
    is_rebuild = alteration.remakes or names_constraints(alteration, stored)
    remarks = list(SQLiteDialect(dialect, stored).affected(alteration))
    if not is_rebuild and are_native(alteration.changes, stored, dialect):
        return replace(plan, statements=remarked(_native(alteration, draft), remarks))
    if str(draft.table) == stored.sql and not alteration.remakes:
        return replace(plan, statements=tuple(RebuildWriter(draft).around()))
    remarks = [f"Table {stored.name} is rebuilt, and its rows are copied", *draft.remarks, *remarks]
    return replace(plan, statements=remarked(RebuildWriter(draft).write(), remarks))


def _native(alteration: ops.AlterTable, draft: Draft) -> Iterator[Statement]:
    """Yield SQLite's own statements; whether what IF EXISTS asks for is there is known."""
    written = SQLiteDialect(draft.dialect)
    created = iter(draft.created)
    seen = {column.name for column in draft.old.columns}
    for change in alteration.changes:
        match change:
            case ops.AddColumn():
                if change.if_not_exists and any(same_name(change.column.name, name) for name in seen):
                    continue
                elements = written.add_column(replace(change, if_not_exists=None))
            case ops.DropColumn():
                if change.if_exists and not any(same_name(change.column, name) for name in seen):
                    continue
                elements = written.drop_column(replace(change, if_exists=None))
            case ops.AlterColumn():
                elements = written.alter_column(_only_news(change, draft.old))
            case ops.CreateIndex():
                elements = written.create_index(next(created))
            case ops.DropIndex():
                elements = written.drop_index(change)
            case ops.AddConstraint():
                elements = written.add_constraint(change)
            case ops.DropConstraint():
                elements = written.drop_constraint(replace(change, if_exists=None))
            case _:
                elements = unkept_comments(change)
        for element in elements:
            yield compiled_statement(element, draft.dialect)


def _only_news(change: ops.AlterColumn, table: TableText) -> ops.AlterColumn:
    """Return a change of a column without a NOT NULL that it has already, or has not."""
    column = table.column(change.column)
    if change.nullable is None or column is None:
        return change
    is_nullable = column.clause("notnull") is None
    return replace(change, nullable=None) if change.nullable == is_nullable else change


KEYWORDS = ("sqlite_autoincrement", "sqlite_strict", "sqlite_with_rowid")


def with_keywords(table: TableText, keywords: Mapping[str, Any]) -> TableText:
    """Return a table with what keywords of SQLite say; those of other databases say nothing here.

    Parameters
    ----------
    table
        The table.
    keywords
        Keywords of `sa.Table`.

    Raises
    ------
    OperationError
        A keyword begins with sqlite_ and is none.
    """
    for name, value in keywords.items():
        if name == "sqlite_autoincrement":
            table = _numbered(table, numbered=bool(value))
        elif name == "sqlite_strict":
            table = _with(table, "STRICT", table.is_strict, wanted=bool(value))
        elif name == "sqlite_with_rowid":
            table = _with(table, "WITHOUT ROWID", table.is_without_rowid, wanted=not value)
        elif name.startswith("sqlite_"):
            raise OperationError(
                f"table_kwargs= of table {table.name} says {name}, which SQLite does not have.",
                f"Did you mean {nearest(name, KEYWORDS)}? " * (nearest(name, KEYWORDS) is not None)
                + f"There are: {', '.join(KEYWORDS)}.",
            )
    return table


def _with(table: TableText, words: str, present: bool, *, wanted: bool) -> TableText:
    if present == wanted:
        return table
    return table.with_options(words) if wanted else table.without_option(words)


def _numbered(table: TableText, *, numbered: bool) -> TableText:
    key = table.primary_key
    column = None if key is None or not key.columns else table.column(key.columns[0])
    if column is None:
        raise OperationError(
            f"Table {table.name} has no primary key that could be AUTOINCREMENT.",
            "Leave sqlite_autoincrement out, or make an INTEGER PRIMARY KEY first.",
        )
    return with_key_numbered(table, column, numbered=numbered)
