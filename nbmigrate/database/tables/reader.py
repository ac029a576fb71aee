"""Reads rows: whole or with long values cut, all of them or the first in the order of a key."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from nbmigrate.database.backends import backend_of
from nbmigrate.database.tables.long_values import LONG, is_long, parse_long, short_and_long, shortened
from nbmigrate.database.tables.value_types import kind_of

#: A window has no more cells than this, unless the table is so wide that these rows have more.
CELLS = 20_000
FEWEST_ROWS = 10

#: The types of values that are never long.
_FIXED = frozenset({int, float, bool, Decimal, date, datetime, time, type(None)})

#: About as many bytes are read for a window, at the most.
BYTES = 8_000_000

#: The types of SQL whose values SQLite returns as they are to be.
_AS_STORED = frozenset({sa.BIGINT, sa.CHAR, sa.INTEGER, sa.REAL, sa.SMALLINT, sa.TEXT, sa.VARCHAR})

#: The rows of a result, each with its values.
Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of a table; `more` is whether there are others after them."""

    rows: tuple[tuple[Any, ...], ...]
    limit: int
    more: bool


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
        rows, stopped = fetch_rows(connection, query, columns), False
    return Window(rows[:limit], limit, stopped or len(rows) > limit)


def fetch_rows(
    connection: sa.Connection,
    query: sa.Select[Any],
    columns: Sequence[sa.ColumnClause[Any]],
    *,
    whole: bool = False,
) -> Rows:
    """Return the rows of a query, with these columns.

    Parameters
    ----------
    whole
        Whether long values are not cut; where they are, SQLite returns only the first `BYTES` of them.
    """
    if backend_of(connection).types_values:
        # As they are stored: a column of dates may hold another word.
        stored = [sa.type_coerce(column, sa.types.NullType()) for column in columns]
        with connection.execute(query.with_only_columns(*stored)) as result:
            return _stored(result, columns, connection.dialect, whole=whole)[0]
    try:
        return _typed(connection, query, columns, whole=whole)
    except (sa.exc.DataError, ValueError, OverflowError):
        # A date that Python has no value for, such as PostgreSQL's infinity.
        return _typed(connection, query, [_as_text(column) for column in columns], whole=whole)


def _as_text(column: sa.ColumnClause[Any]) -> Any:
    temporal = kind_of(column.type) in {"datetime", "date", "time", "interval"}
    return sa.cast(column, sa.Text) if temporal else column


def _typed(connection: sa.Connection, query: sa.Select[Any], columns: Sequence[Any], *, whole: bool) -> Rows:
    if whole:
        return tuple(map(tuple, connection.execute(query.with_only_columns(*columns))))
    pairs = [_pair(column, connection.dialect) for column in columns]
    # Numbered, since a column may have the name of another with a number; the order is by names of columns.
    parts = [part.label(f"nbmigrate_{number}") for number, part in enumerate(chain.from_iterable(pairs))]
    rows = connection.execute(query.with_only_columns(*parts)).all()
    return tuple(zip(*_values(zip(*rows, strict=True), pairs), strict=True)) if rows else ()


def _pair(column: Any, dialect: sa.Dialect) -> tuple[sa.ColumnElement[Any], ...]:
    """Return what to select for a value: it alone, or it and what it is if it is long."""
    if isinstance(column, sa.ColumnClause) and is_long(column.type, dialect):
        return short_and_long(column, dialect)
    return (column,)


def _values(selected: Iterator[Sequence[Any]], pairs: Sequence[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield the values of each column, the long ones cut, from those that were selected for them."""
    for pair in pairs:
        values = _short(next(selected))
        if len(pair) > 1:
            long = next(selected)
            values = [
                value if cut is None else parse_long(cut) for value, cut in zip(values, long, strict=True)
            ]
        yield values


def _lazily(
    connection: sa.Connection,
    table: sa.TableClause,
    columns: Sequence[sa.ColumnClause[Any]],
    key: Sequence[str],
    limit: int,
) -> tuple[Rows, bool]:
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
        return _stored(result, columns, connection.dialect)


def _stored(
    result: sa.CursorResult[*tuple[Any, ...]],
    columns: Sequence[sa.ColumnClause[Any]],
    dialect: sa.Dialect,
    *,
    whole: bool = False,
) -> tuple[Rows, bool]:
    """Return the rows of a result of SQLite, and whether there were too many bytes for all."""
    rows, is_full = (result.all(), False) if whole else _until_full(result)
    # Column by column: to look at each value by itself would take longer than to read them.
    values: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, column in enumerate(columns if values else ()):
        # Of most columns the values are right as they come.
        if (convert := _converter(column.type, dialect)) is not None:
            values[place] = tuple(map(convert, values[place]))
    return tuple(zip(*(values if whole else map(_short, values)), strict=True)), is_full


def _until_full(result: sa.CursorResult[*tuple[Any, ...]]) -> tuple[Sequence[Sequence[Any]], bool]:
    """Return the first rows of a result, of not much more than `BYTES`, and whether that was not all."""
    rows: list[Sequence[Any]] = []
    size = 0
    for row in result:
        rows.append(row)
        for value in row:
            if type(value) is str or type(value) is bytes:
                size += len(value)
        if size > BYTES:
            return rows, True
    return rows, False


def _short(values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a column, the long ones cut."""
    types = set(map(type, values))
    if types <= _FIXED or (types == {str} and max(map(len, values)) <= LONG // 4):
        return values
    return tuple(map(shortened, values))


def _converter(type_: TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a typed value of one that SQLite returned; None where they are typed already.

    It leaves alone what is of another type: SQLite has types for values, not for columns, so that a DATETIME column
    holds "yesterday" if somebody wrote it.
    """
    if type(type_) in _AS_STORED:
        return None
    if isinstance(type_, sa.Boolean):
        return _boolean
    process = type_.dialect_impl(dialect).result_processor(dialect, None)
    if process is None or isinstance(type_, sa.Float):
        return None

    def convert(value: Any) -> Any:
        if value is None:
            return None
        try:
            return process(value)
        except (ValueError, TypeError, ArithmeticError):
            return value

    return convert


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) and isinstance(value, int) else value
