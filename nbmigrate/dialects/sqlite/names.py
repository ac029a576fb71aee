"""Names that a batch's naming_convention= gives to the constraints of a table that have none."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText
from nbmigrate.dialects.sqlite.parsing.create_table import TableText, read_table
from nbmigrate.dialects.sqlite.parsing.parser import read_constraint
from nbmigrate.dialects.sqlite.parsing.tokens import folded, significant
from nbmigrate.schema import (
    Check,
    Column,
    Constraint,
    Expression,
    ForeignKey,
    PrimaryKey,
    Reference,
    Unique,
    named,
)

#: What alembic changes without rebuilding the table, so that it gives no names.
_WITHOUT_REBUILD = (ops.AddColumn, ops.CreateIndex, ops.DropIndex)


def name_by(
    clause: Clause, table: str, schema: str | None, convention: Mapping[str, Any] | None
) -> str | None:
    """Return the name that a convention gives to a constraint; None if it gives none."""
    value = _value(clause)
    if value is None or not convention:
        return None
    try:
        return named(value, table, schema, convention).name
    except sa.exc.InvalidRequestError:
        # The convention makes a name of the constraint's own, which it does not have.
        return None


def _value(clause: Clause) -> Constraint | None:
    if clause.kind == "primary":
        return PrimaryKey(clause.columns)
    if clause.kind == "unique":
        return Unique(clause.columns)
    if clause.kind == "check":
        return Check(Expression(sa.text(clause.body.replace(":", "\\:"))))
    if clause.kind == "foreignkey":
        # What it refers to without saying a column is the other table's primary key; its name does not matter here.
        columns = clause.target_columns or clause.columns
        return ForeignKey.to(clause.columns, str(clause.target), columns)
    return None


def without_named_keys(change: ops.AddColumn) -> tuple[Column, tuple[Constraint, ...]]:
    """Return a new column without its foreign keys and its UNIQUE that have a name, by a convention too, and these."""
    column, where = change.column, (change.table, change.schema, change.naming_convention)
    kept: list[Reference] = []
    keys: list[Constraint] = []
    for each in column.references:
        key = named(ForeignKey((column.name,), (each.target,), each.name, each.options), *where)
        if key.name is None:
            kept.append(each)
        else:
            keys.append(key)
    column = replace(column, references=tuple(kept))
    # With index=True, unique=True is about the index.
    unique = named(Unique((column.name,)), *where) if column.unique and not column.index else None
    if unique is None or unique.name is None:
        return column, tuple(keys)
    return replace(column, unique=False), (*keys, unique)


def names_constraints(alteration: ops.AlterTable, stored: StoredTable) -> bool:
    """Tell whether constraints get names by a batch: then its table is rebuilt where alembic rebuilds it."""
    if not alteration.naming_convention or alteration.copy_from is not None:
        return False
    if all(isinstance(change, _WITHOUT_REBUILD) for change in alteration.changes):
        return False
    table = read_table(stored.sql, stored.table_name)
    return any(_to_name(table, stored.schema, alteration.naming_convention))


def with_names(
    table: TableText, schema: str | None, convention: Mapping[str, Any], quote: Callable[[str], str]
) -> TableText:
    """Return a table whose constraints have the names that a convention gives to those without one.

    A name that two would have is given to none of them: neither could be told from the other by it. What is written in
    a column becomes a constraint of the table, where SQLAlchemy reads its name; a primary key and a CHECK stay.

    Parameters
    ----------
    table
        The table.
    schema
        Its schema, if one is said.
    convention
        A naming convention, as `sa.MetaData` takes it.
    quote
        Writes a name for SQL.
    """
    for owner, clause, name in list(_to_name(table, schema, convention)):
        words = f"CONSTRAINT {quote(name)} "
        column = None if owner is None else table.column(owner.name)
        if column is None:
            table = table.replaced(clause, replace(clause, text=words + clause.text, name=name))
        elif (moved := _of_table(column, clause)) is not None:
            text, gone = moved
            table = table.replaced(column, column.without(*gone)).with_constraint(
                read_constraint(words + text)
            )
        else:
            new = replace(clause, text=words + clause.text, name=name)
            clauses = tuple(new if each is clause else each for each in column.clauses)
            table = table.replaced(column, replace(column, clauses=clauses))
    return table


def _to_name(
    table: TableText, schema: str | None, convention: Mapping[str, Any]
) -> Iterator[tuple[ColumnText | None, Clause, str]]:
    clauses = list(table.clauses())
    called: list[tuple[ColumnText | None, Clause, str]] = []
    for owner, clause in clauses:
        name = None if clause.name is not None else name_by(clause, table.name, schema, convention)
        if name is not None:
            called.append((owner, clause, name))
    taken = Counter(folded(clause.name) for _, clause in clauses if clause.name is not None)
    taken += Counter(folded(name) for *_, name in called)
    for owner, clause, name in called:
        if taken[folded(name)] == 1:
            yield owner, clause, name


def _of_table(column: ColumnText, clause: Clause) -> tuple[str, tuple[Clause, ...]] | None:
    """Return a key of a column as the table would have it, and what goes from the column; None for what stays."""
    if clause.kind == "unique":
        rest = clause.text[significant(clause.text)[0].end :]
        return f"UNIQUE ({column.name_text}){rest}", (clause,)
    if clause.kind != "foreignkey":
        return None
    deferrals = [each for each in column.clauses if each.kind == "deferral"]
    if deferrals and sum(each.kind == "foreignkey" for each in column.clauses) > 1:
        # Which of them is meant is SQLite's to tell.
        return None
    text = " ".join([f"FOREIGN KEY ({column.name_text})", clause.text, *(each.text for each in deferrals)])
    return text, (clause, *deferrals)
