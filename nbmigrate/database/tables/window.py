"""The first rows of a table, in the order of its key, without looking at the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.tables.description import TableSchema
from nbmigrate.database.tables.long_values import LONG, is_long, parse_long, short_and_long, shortened
from nbmigrate.database.tables.value_types import converter, kind_of, unchanged

#: A window has no more cells than this, unless the table is so wide that these rows have more.
CELLS = 20_000
FEWEST_ROWS = 10

#: The types of values that are never long.
_FIXED = frozenset({int, float, bool, Decimal, date, datetime, time, type(None)})

#: About as many bytes are read for a window, at the most.
BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of a table; `more` is whether there are others after them."""

    rows: tuple[tuple[Any, ...], ...]
    limit: int
    more: bool


def key_of(schema: TableSchema) -> tuple[str, ...]:
    """Return the columns that tell one row from another: the primary key, or a unique one without NULL."""
    nullable = {column.name for column in schema.columns if column.nullable}
    unique = (
        item.columns
        for item in schema.constraints
        if item.kind == "unique" and not nullable.intersection(item.columns)
    )
    return schema.primary_key or next(unique, ())


def read_window(
    connection: sa.Connection,
    table: sa.TableClause,
    columns: Sequence[sa.ColumnClause[Any]],
    key: Sequence[str],
    limit: int,
    row_size: int = 0,
) -> Window:
    """Return the first rows of a table: at most `limit`, fewer where they have very many or very long cells.

    Parameters
    ----------
    row_size
        About how many bytes the database must read for a row, where that is known.
    """
    limit = min(limit, max(CELLS // max(len(columns), 1), FEWEST_ROWS), max(BYTES // max(row_size, 1), 1))
    if backend_of(connection).types_values:
        rows, stopped = _lazily(connection, table, columns, key, limit + 1)
    else:
        query = sa.select().select_from(table).order_by(*map(sa.column, key)).limit(limit + 1)
        rows, stopped = fetch_short(connection, query, columns), False
    return Window(rows[:limit], limit, stopped or len(rows) > limit)


def fetch_short(
    connection: sa.Connection, query: sa.Select[Any], columns: Sequence[sa.ColumnClause[Any]]
) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of a query, with these columns, long values cut; of SQLite only the first `BYTES` of them."""
    if backend_of(connection).types_values:
        # As they are stored: a column of dates may hold another word.
        stored = [sa.type_coerce(column, sa.types.NullType()) for column in columns]
        with connection.execute(query.with_only_columns(*stored)) as result:
            return _until_full(result, columns, connection.dialect)[0]
    try:
        return _converted(connection, query, columns)
    except (sa.exc.DataError, ValueError, OverflowError):
        # A date that Python has no value for, such as PostgreSQL's infinity.
        return _converted(connection, query, [_as_text(column) for column in columns])


def _as_text(column: sa.ColumnClause[Any]) -> Any:
    temporal = kind_of(column.type) in {"datetime", "date", "time", "interval"}
    return sa.cast(column, sa.Text) if temporal else column


def _converted(
    connection: sa.Connection, query: sa.Select[Any], columns: Sequence[Any]
) -> tuple[tuple[Any, ...], ...]:
    pairs = [_asked(column, connection.dialect) for column in columns]
    # Numbered, since a column may have the name of another with a number.
    asked = [part.label(f"c{number}") for number, part in enumerate(chain.from_iterable(pairs))]
    rows = connection.execute(query.with_only_columns(*asked))
    return tuple(tuple(_cells(row, pairs)) for row in rows)


def _asked(column: Any, dialect: sa.Dialect) -> tuple[sa.ColumnElement[Any], ...]:
    """Return what to ask for a value: it alone, or it and what it is if it is long."""
    if isinstance(column, sa.ColumnClause) and is_long(column.type, dialect):
        return short_and_long(column, dialect)
    return (column,)


def _cells(row: Sequence[Any], pairs: Sequence[Sequence[Any]]) -> Iterator[Any]:
    values = iter(row)
    for pair in pairs:
        value = next(values)
        long = next(values) if len(pair) > 1 else None
        yield shortened(value) if long is None else parse_long(long)


def _lazily(
    connection: sa.Connection,
    table: sa.TableClause,
    columns: Sequence[sa.ColumnClause[Any]],
    key: Sequence[str],
    limit: int,
) -> tuple[tuple[tuple[Any, ...], ...], bool]:
    """Return rows of SQLite, which reads each when it is asked for, and whether there were too many bytes for all."""
    # As text: to compile it takes ten times as long as to run it, and each of hundreds of tables has its own.
    preparer = connection.dialect.identifier_preparer
    order = [preparer.quote(name) for name in key]
    number = backend_of(connection).row_number
    if not key and all(column.name.lower() != number for column in columns):
        # Only a table with a primary key has no row number.
        order = [number]
    query = f"SELECT {', '.join(preparer.quote(column.name) for column in columns)} FROM "  # noqa: S608
    query += (
        preparer.format_table(table) + (f" ORDER BY {', '.join(order)}" if order else "") + f" LIMIT {limit}"
    )
    with connection.exec_driver_sql(query) as result:
        return _until_full(result, columns, connection.dialect)


def _until_full(
    result: sa.CursorResult[*tuple[Any, ...]], columns: Sequence[sa.ColumnClause[Any]], dialect: sa.Dialect
) -> tuple[tuple[tuple[Any, ...], ...], bool]:
    """Return the rows of a result, and whether there were too many bytes for all."""
    # Of most columns the values are right as they come.
    converters = [
        (place, convert)
        for place, column in enumerate(columns)
        if (convert := converter(column.type, dialect)) is not unchanged
    ]
    rows: list[Sequence[Any]] = []
    size = 0
    for row in result:
        rows.append(row)
        for value in row:
            if type(value) is str or type(value) is bytes:
                size += len(value)
        if size > BYTES:
            break
    # Column by column: to look at each value by itself would take longer than to read them.
    values: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, convert in converters if values else ():
        values[place] = tuple(map(convert, values[place]))
    return tuple(zip(*map(_short, values), strict=True)), size > BYTES


def _short(values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a column, the long ones cut."""
    types = set(map(type, values))
    if types <= _FIXED or (types == {str} and max(map(len, values)) <= LONG // 4):
        return values
    return tuple(map(shortened, values))
