"""Rows that a change of a table does not permit: how many there are, and the first of them.

The questions and the sentences are the same for every database. SQLite's `RowsAfterRebuild` gives them the rows as they
would be after the change; on a server they are those of the table, after the step was rolled back.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.operators import asc_op, desc_op, nulls_first_op, nulls_last_op

from nbmigrate import operations as ops
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import clause_of, inspect
from nbmigrate.database.errors import words
from nbmigrate.database.value_text import literal
from nbmigrate.dialects.sqlite.parsing.tokens import mentions
from nbmigrate.errors import OffendingRowsError
from nbmigrate.operations.operation import enumerated
from nbmigrate.schema import Check, Expression, ForeignKey, Index, Options, PrimaryKey, Unique
from nbmigrate.schema.options import NO_OPTIONS

#: So many rows are shown, and so much of each value.
ROWS = 3
LONGEST = 60

#: The error of MariaDB for rows that a CHECK refuses is of no class of its own.
_CHECK = "CONSTRAINT `"


class OffendingRows:
    """Finds the rows of a table that do not permit a change.

    Parameters
    ----------
    connection
        The database.
    name, schema
        The table, as a migration names it.
    rows
        Its rows as the change would have them, with all columns.
    key
        The columns that tell one row from another; the first three if empty.
    """

    def __init__(
        self,
        connection: sa.Connection,
        name: str,
        schema: str | None,
        rows: sa.FromClause,
        key: Sequence[str],
    ) -> None:
        self.connection = connection
        self.name = name
        self.schema = schema
        self.rows = rows
        self.key = tuple(key)

    def query(self, query: Any) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        return self.connection.execute(query).all()

    def of_nulls(self, column: str) -> OffendingRowsError | None:
        """Return the error for NULL in a column that becomes NOT NULL."""
        quote = self.connection.dialect.identifier_preparer.quote
        table = ".".join(map(quote, filter(None, (self.schema, self.name))))
        update = f"UPDATE {table} SET {quote(column)} = ... WHERE {quote(column)} IS NULL"  # noqa: S608
        quoted = repr(update) if '"' in update else f'"{update}"'
        return self.of(
            sa.column(column).is_(None),
            [column],
            f"NULL in column {column}, which becomes NOT NULL",
            f"Fill it first: op.execute({quoted}).",
        )

    def of_new_column(self, column: str) -> OffendingRowsError | None:
        """Return the error for a new column that is NOT NULL and has no default."""
        count = self.query(sa.select(sa.func.count()).select_from(self.rows))[0][0]
        return self._error(
            count,
            f", and the new column {column} has no default.",
            "Give it a server_default=; or add it with nullable=True, fill it, and set nullable=False afterwards.",
        )

    def of_repeated(
        self,
        key: Mapping[str, sa.ColumnElement[Any]],
        where: Sequence[sa.ColumnElement[bool]] = (),
        *,
        nulls_differ: bool = True,
        hint: str = "Delete or change those rows first.",
    ) -> OffendingRowsError | None:
        """Return the error for rows that are not unique.

        Parameters
        ----------
        key
            What is compared, by the names that people give it.
        where
            Which rows are compared.
        """
        parts = (part.label(f"part_{number}") for number, part in enumerate(key.values()))
        values = sa.select(*parts).select_from(self.rows).where(*where).subquery()
        number = sa.func.count().label("number")
        filled = [value.is_not(None) for value in values.c if nulls_differ]
        groups = (
            sa.select(number, *values.c).where(*filled).group_by(*values.c).having(sa.func.count() > 1)
        ).subquery()
        totals = (sa.func.count().over(), sa.func.sum(groups.c.number).over())
        found = self.query(sa.select(*totals, groups).limit(ROWS))
        if not found:
            return None
        kinds = int(found[0][0])
        return self._error(
            int(found[0][1]),
            f" that are not unique in {', '.join(key)}: {'one value' if kinds == 1 else f'{kinds:,} values'} more "
            f"than once. {_first([f'{_row(list(key), row[3:])} ({row[2]:,} times)' for row in found], kinds)}",
            hint,
        )

    def of_check(self, condition: str, hint: str = "Correct them first.") -> OffendingRowsError | None:
        """Return the error for rows that a CHECK refuses."""
        columns = [column.name for column in self.rows.c if mentions(condition, column.name)]
        refused: sa.ColumnElement[bool] = sa.not_(sa.literal_column(f"({condition})"))
        return self.of(refused, columns, f"values that CHECK ({condition}) refuses", hint)

    def of_missing_targets(
        self, condition: sa.ColumnElement[bool], columns: Sequence[str], target: str, count: int | None = None
    ) -> OffendingRowsError | None:
        """Return the error for rows that refer to nothing in another table; `count` is how many, if known."""
        found, total = self._found(condition, columns)
        total = total if count is None else count
        return self._error(
            total,
            f" that refer{'s' * (total == 1)} to nothing in table {target}. {_first(found, total)}".rstrip(),
            f"First delete or correct those rows, or insert into {target} what they refer to.",
        )

    def without_target(
        self, pairs: Sequence[tuple[str, str]], target: sa.FromClause
    ) -> sa.ColumnElement[bool]:
        """Return the condition of rows that refer to nothing: by pairs of a column and the one that it refers to."""
        parent = target.alias("parent")
        own = [_column(self.rows, name) for name, _ in pairs]
        equal = [_column(parent, name) == column for (_, name), column in zip(pairs, own, strict=True)]
        filled = [column.is_not(None) for column in own]
        return sa.and_(*filled, sa.not_(sa.exists().where(*equal).correlate(self.rows)))

    def of(
        self, condition: sa.ColumnElement[bool], columns: Sequence[str], what: str, hint: str
    ) -> OffendingRowsError | None:
        """Return the error for the rows that a condition is true for, if there are any."""
        found, count = self._found(condition, columns)
        return self._error(count, f" with {what}. {_first(found, count)}", hint)

    def _found(self, condition: sa.ColumnElement[bool], columns: Sequence[str]) -> tuple[list[str], int]:
        """Return the first rows that a condition is true for, as text, and how many there are."""
        names = list(dict.fromkeys([*(self.key or self.rows.c.keys()[:3]), *columns]))
        # The count and the rows in one scan.
        listed: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
        query = sa.select(sa.func.count().over(), *listed).select_from(self.rows).where(condition)
        found = self.query(query.order_by(*map(sa.column, self.key)).limit(ROWS))
        return [_row(names, row[1:]) for row in found], found[0][0] if found else 0

    def _error(self, count: int, what: str, hint: str) -> OffendingRowsError | None:
        rows = "1 row" if count == 1 else f"{count:,} rows"
        return OffendingRowsError(f"Table {self.name} has {rows}{what}", hint) if count else None


def _column(rows: sa.FromClause, name: str) -> sa.ColumnElement[Any]:
    """Return a column by its name, which SQLite finds in any case."""
    return min(rows.c, key=lambda column: (column.name != name, column.name.lower() != name.lower()))


def _row(columns: Sequence[str], values: Sequence[Any]) -> str:
    """Return the values of a row, none of them long."""
    texts = map(literal, values)
    cut = (text if len(text) <= LONGEST else text[:LONGEST] + "..." for text in texts)
    return ", ".join(f"{column}={text}" for column, text in zip(columns, cut, strict=True))


def _first(rows: Sequence[str], count: int) -> str:
    """Return the first of `count` rows as a sentence."""
    if not rows:
        return ""
    first = "" if len(rows) == count else f"The first {len(rows)}: " if len(rows) > 1 else "The first: "
    return f"{first}{'; '.join(rows)}."


def offending_rows(connection: sa.Connection, done: Sequence[ops.Operation], error: BaseException) -> str:
    """Return how many rows did not permit a change, and the first; empty where the error is about something else.

    Parameters
    ----------
    connection
        A server, after the failed step was rolled back.
    done
        The operations of the step, the failed one last.
    error
        What was raised.
    """
    if backend_of(connection).explains_rows or not _is_about_rows(error):
        return ""
    last = done[-1]
    for change in last.changes if isinstance(last, ops.AlterTable) else (last,):
        # A table that the step itself created is gone.
        with suppress(sa.exc.DBAPIError, sa.exc.NoSuchTableError):
            if (found := _found_for(connection, change)) is not None:
                return f"{found.message} {found.hint}"
        connection.rollback()
    return ""


def _is_about_rows(error: BaseException) -> bool:
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return True
    return isinstance(error, sa.exc.DBAPIError) and words(error).startswith(_CHECK)


def _found_for(connection: sa.Connection, change: ops.Operation) -> OffendingRowsError | None:
    """Return the error for the rows of a server's table that do not permit a change."""
    name, schema = getattr(change, "table", None), getattr(change, "schema", None)
    if not isinstance(name, str):
        return None
    inspector = inspect(connection)
    names = [str(each["name"]) for each in inspector.get_columns(name, schema=schema)]
    key = inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
    stored = clause_of(connection, name, schema, map(sa.column, names))
    rows = OffendingRows(connection, name, schema, stored, key)
    match change:
        case ops.AddColumn(column=column) if not column.nullable and column.server_default is None:
            return rows.of_new_column(column.name)
        case ops.AlterColumn(nullable=False, column=name):
            return rows.of_nulls(name)
        case ops.CreateIndex(index=Index(unique=True, columns=parts, options=options)):
            return _repeated(rows, parts, options)
        case ops.AddConstraint(constraint=Unique(columns=parts, options=options)):
            return _repeated(rows, parts, options)
        case ops.AddConstraint(constraint=PrimaryKey(columns=parts)):
            nulls = sa.or_(*(sa.column(name).is_(None) for name in parts))
            return _repeated(rows, parts) or rows.of(
                nulls, parts, f"NULL in {enumerated(parts)}", "Fill them first."
            )
        case ops.AddConstraint(constraint=Check(condition=condition)):
            return rows.of_check(_text(condition, connection.dialect))
        case ops.AddConstraint(constraint=ForeignKey() as key):
            target = clause_of(
                connection, key.target_name, key.target_schema, map(sa.column, key.target_columns)
            )
            pairs = list(zip(key.columns, key.target_columns, strict=True))
            return rows.of_missing_targets(rows.without_target(pairs, target), key.columns, key.target_name)
    return None


def _repeated(
    rows: OffendingRows, parts: Sequence[str | Expression], options: Options = NO_OPTIONS
) -> OffendingRowsError | None:
    """Find what a unique constraint or an index of these options would find more than once."""
    if any(name.endswith("_length") for name in options):
        # The server compares the beginnings of the values.
        return None
    dialect = rows.connection.dialect.name
    where = options.get(f"{dialect}_where")
    return rows.of_repeated(
        {str(part): _compared(part) for part in parts},
        [] if where is None else [_sql(Expression.of(where))],
        nulls_differ=not options.get(f"{dialect}_nulls_not_distinct"),
    )


def _text(expression: Expression, dialect: sa.Dialect) -> str:
    if expression.plain_text is not None:
        return str(expression)
    compiled = expression.clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return str(compiled).replace("%%", "%")


def _sql(expression: Expression) -> Any:
    return expression.clause if expression.plain_text is None else sa.literal_column(f"({expression})")


def _compared(part: str | Expression) -> sa.ColumnElement[Any]:
    """Return what an index compares, without the order that it may have."""
    if isinstance(part, str):
        return sa.column(part)
    if part.plain_text is not None:
        text = re.sub(r"(?i)(\s+(asc|desc))?(\s+nulls\s+(first|last))?\s*$", "", str(part))
        return sa.literal_column(f"({text})")
    clause: Any = part.clause
    while getattr(clause, "modifier", None) in (desc_op, asc_op, nulls_first_op, nulls_last_op):
        clause = clause.element
    return sa.type_coerce(clause, clause.type)
