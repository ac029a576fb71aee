"""Rows that do not let a change of a table be, where the database says no more than that there are some.

SQLite's are found by `violations`, from the statements of a rebuild; here they are looked for by what was asked, after
the step was rolled back.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from nbmigrate import operations as ops
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import clause_of, inspect
from nbmigrate.database.backends.sqlite.offending_rows import ROWS, row_text, rows_text, shown
from nbmigrate.database.errors import words
from nbmigrate.operations.operation import enumerated
from nbmigrate.schema import Check, Expression, ForeignKey, Options, PrimaryKey, Unique
from nbmigrate.schema.options import NO_OPTIONS

#: What MariaDB says of a CHECK that rows do not meet, by an error of no kind of its own.
_CHECK = "CONSTRAINT `"


def offending_rows(connection: sa.Connection, done: Sequence[ops.Operation], error: BaseException) -> str:
    """Return how many rows a change could not leave as they are, and the first; see `what_is_known`, which asks."""
    if backend_of(connection).explains_rows or not _is_about_rows(error):
        return ""
    last = done[-1]
    for change in last.changes if isinstance(last, ops.AlterTable) else (last,):
        # What the step itself made before is gone, and cannot be asked.
        with suppress(sa.exc.DBAPIError, sa.exc.NoSuchTableError):
            if said := _Question(connection, change).answer():
                return said
        connection.rollback()
    return ""


def _is_about_rows(error: BaseException) -> bool:
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return True
    return isinstance(error, sa.exc.DBAPIError) and words(error).startswith(_CHECK)


class _Question:
    """Asks for the rows that a change is not for."""

    def __init__(self, connection: sa.Connection, change: ops.Operation) -> None:
        self.connection = connection
        self.change = change
        self.name = str(getattr(change, "table", ""))
        self.schema: str | None = getattr(change, "schema", None)

    def answer(self) -> str:
        """Return what there is to say of the rows, if anything."""
        match self.change:
            case ops.AddColumn(column=column) if not column.nullable and column.server_default is None:
                return self._without_default(column.name)
            case ops.AlterColumn(nullable=False, column=name):
                condition = sa.column(name).is_(None)
                return self._rows(condition, [name], f"NULL in column {name}", "Fill them first.")
            case ops.CreateIndex(index=index) if index.unique:
                return self._not_unique(index.columns, index.options)
            case ops.AddConstraint(constraint=Unique() as key):
                return self._not_unique(key.columns, key.options)
            case ops.AddConstraint(constraint=PrimaryKey() as key):
                nulls = sa.or_(*(sa.column(name).is_(None) for name in key.columns))
                what = f"NULL in {enumerated(key.columns)}"
                return self._not_unique(key.columns) or self._rows(
                    nulls, key.columns, what, "Fill them first."
                )
            case ops.AddConstraint(constraint=Check() as check):
                what = "values that the CHECK refuses"
                return self._rows(sa.not_(_sql(check.condition)), [], what, "Correct them first.")
            case ops.AddConstraint(constraint=ForeignKey() as key):
                return self._without_target(key)
        return ""

    def _table(self, names: Sequence[str]) -> sa.TableClause:
        return clause_of(self.connection, self.name, self.schema, map(sa.column, names))

    def _key(self) -> list[str]:
        found = inspect(self.connection).get_pk_constraint(self.name, schema=self.schema)
        return [str(name) for name in found["constrained_columns"]]

    def _without_default(self, column: str) -> str:
        count = self.connection.scalar(sa.select(sa.func.count()).select_from(self._table([]))) or 0
        if not count:
            return ""
        return (
            f"Table {self.name} has {rows_text(count)}, and the new column {column} says no default for them. Give it "
            "a server_default=; or add it with nullable=True, fill it, and change that afterwards."
        )

    def _rows(
        self,
        condition: sa.ColumnElement[bool],
        columns: Sequence[str],
        what: str,
        hint: str,
        table: sa.TableClause | None = None,
    ) -> str:
        # Without a key the first columns may tell one row from another.
        names = list(dict.fromkeys([*(self._key() or self._columns()[:3]), *columns]))
        listed: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
        asked = sa.select(sa.func.count().over(), *listed).where(condition)
        asked = asked.select_from(self._table([]) if table is None else table)
        found = self.connection.execute(asked.order_by(*listed).limit(ROWS)).all()
        if not found:
            return ""
        rows = [row_text(names, row[1:]) for row in found]
        return (
            f"Table {self.name} has {rows_text(found[0][0])} with {what}. {shown(rows, found[0][0])} {hint}"
        )

    def _columns(self) -> list[str]:
        columns = inspect(self.connection).get_columns(self.name, schema=self.schema)
        return [str(column["name"]) for column in columns]

    def _not_unique(self, parts: Sequence[str | Expression], options: Options = NO_OPTIONS) -> str:
        """Count what is there more than once, as a unique constraint or an index of these options compares it."""
        if any(name.endswith("_length") for name in options):
            # What is compared is the beginning of a value, which the server knows how to count.
            return ""
        dialect = self.connection.dialect.name
        compared = (_compared(part).label(f"part_{number}") for number, part in enumerate(parts))
        asked = sa.select(*compared).select_from(self._table([]))
        if (where := options.get(f"{dialect}_where")) is not None:
            asked = asked.where(_sql(Expression.of(where)))
        values = asked.subquery()
        nulls_differ = not options.get(f"{dialect}_nulls_not_distinct")
        filled = [value.is_not(None) for value in values.c if nulls_differ]
        number = sa.func.count().label("number")
        groups = (
            sa.select(number, *values.c)
            .where(*filled)
            .group_by(*values.c)
            .having(sa.func.count() > 1)
            .subquery()
        )
        columns = [str(part) for part in parts]
        totals = (sa.func.count().over(), sa.func.sum(groups.c.number).over())
        found = self.connection.execute(sa.select(*totals, groups).limit(ROWS)).all()
        if not found:
            return ""
        kinds, count = int(found[0][0]), int(found[0][1])
        twice = [f"{row_text(columns, row[3:])} ({row[2]:,} times)" for row in found]
        return (
            f"Table {self.name} has {rows_text(count)} that are not unique in {', '.join(columns)}: "
            f"{'one value' if kinds == 1 else f'{kinds:,} values'} more than once. {shown(twice, kinds)} Delete or "
            "change those rows first."
        )

    def _without_target(self, key: ForeignKey) -> str:
        own = self._table(key.columns)
        target = clause_of(
            self.connection, key.target_name, key.target_schema, map(sa.column, key.target_columns)
        )
        there = target.alias("there")
        pairs = [here == target for here, target in zip(own.c, there.c, strict=True)]
        filled = [column.is_not(None) for column in own.c]
        lost = sa.not_(sa.exists().where(*pairs).correlate(own))
        what, hint = (
            f"values that table {key.target_name} has not",
            "Correct those rows, or put in what they refer to.",
        )
        return self._rows(sa.and_(*filled, lost), key.columns, what, hint, own)


def _sql(expression: Expression) -> Any:
    return expression.clause if expression.plain_text is None else sa.literal_column(f"({expression})")


def _compared(part: str | Expression) -> sa.ColumnElement[Any]:
    """Return what an index compares, without the order that it may say."""
    if isinstance(part, str):
        return sa.column(part)
    if part.plain_text is not None:
        text = re.sub(r"(?i)(\s+(asc|desc))?(\s+nulls\s+(first|last))?\s*$", "", str(part))
        return sa.literal_column(f"({text})")
    clause: Any = part.clause
    while getattr(clause, "modifier", None) in (desc_op, asc_op, nulls_first_op, nulls_last_op):
        clause = clause.element
    return sa.type_coerce(clause, clause.type)
