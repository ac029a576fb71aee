"""Pages of a table's rows, sorted and searched by the database itself, which only reads."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.tables.lookup import find_table, read_only_session
from nbmigrate.database.tables.reader import fetch_rows
from nbmigrate.database.tables.row_counts import BOUND, RowCount
from nbmigrate.database.tables.rows import TableRows, column_of, default_order, row_columns
from nbmigrate.database.tables.value_types import kind_of
from nbmigrate.errors import DatabaseError

#: How many rows a page has.
PAGE_ROWS = 50

#: Sorting or searching a large table ends after so many seconds.
SECONDS = 5.0

_COMPARED = re.compile(r"\s*(?P<column>.+?)\s*(?P<sign>!=|<=|>=|=|<|>)\s*(?P<value>.*?)\s*\Z")
_NUMBERS = {"integer", "float", "decimal"}
#: No number of a database has more.
_DIGITS = 400


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What to show of a table.

    Parameters
    ----------
    table
        The table, or "schema.table".
    sort
        The column to sort by; the primary key if empty.
    descending
        Whether the largest value comes first.
    search
        Words that a row must have in any of its columns, or a comparison such as "total > 100".
    match
        Columns and the values that they must have.
    skip
        How many rows come before the page.
    limit
        How many rows it has at the most.
    key
        The columns that tell one row from another; the primary key if empty.
    """

    table: str
    sort: str = ""
    descending: bool = False
    search: str = ""
    match: tuple[tuple[str, Any], ...] = ()
    skip: int = 0
    limit: int = PAGE_ROWS
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page: its rows, how many there are on all pages, and whether others come after it."""

    rows: TableRows
    count: RowCount
    more: bool


def read_page(connection: sa.Connection, request: PageRequest, *, whole: bool = False) -> RowPage:
    """Return a page of rows.

    Parameters
    ----------
    whole
        Whether long values are not cut, and all rows counted.

    Raises
    ------
    TableNotFoundError
        There is no such table or column; the nearest is named.
    DatabaseError
        The database could not be asked, or took too long.
    """
    started = time.monotonic()
    try:
        with read_only_session(connection), backend_of(connection).time_limit(connection, SECONDS):
            return _page(connection, request, whole=whole)
    except DatabaseError as error:
        if time.monotonic() - started < SECONDS:
            raise
        raise DatabaseError(
            f"Table {request.table} was not read: sorting or searching it took longer than {SECONDS:g} seconds.",
            "Sort by the column of an index, or read it in a cell: %migrate table has no such limit.",
        ) from error


def _page(connection: sa.Connection, request: PageRequest, *, whole: bool) -> RowPage:
    table = find_table(connection, request.table)
    query = sa.select().select_from(table)
    for condition in _conditions(table, request, connection.dialect):
        query = query.where(condition)
    ones: sa.Select[Any] = query.with_only_columns(sa.literal_column("1").label("one"))
    counted = (ones if whole else ones.limit(BOUND + 1)).subquery()
    found = int(connection.execute(sa.select(sa.func.count()).select_from(counted)).scalar_one())
    order, names = _order(connection, table, request)
    columns = list(table.columns)
    part = query.order_by(*order).limit(request.limit + 1).offset(request.skip)
    rows = fetch_rows(connection, part, columns, whole=whole)
    count = RowCount(found) if whole or found <= BOUND else RowCount(BOUND, exact=False, least=True)
    described = row_columns(columns, connection.dialect)
    shown = TableRows(request.table, described, rows[: request.limit], count.rows, request.limit, names)
    # Of very long rows fewer are read.
    return RowPage(shown, count, len(rows) > request.limit or found > request.skip + len(shown.rows))


def _order(
    connection: sa.Connection, table: sa.Table, request: PageRequest
) -> tuple[list[Any], tuple[str, ...]]:
    """Return what to order by: the column asked for, and what tells rows with the same value apart."""
    order, names = default_order(connection, table)
    if request.key:
        order, names = [column_of(table, name) for name in request.key], request.key
    if not request.sort:
        return order, names
    column = column_of(table, request.sort)
    first = column.desc() if request.descending else column.asc()
    return [first, *order], (request.sort + (" desc" if request.descending else ""),)


def _conditions(
    table: sa.Table, request: PageRequest, dialect: sa.Dialect
) -> Iterator[sa.ColumnElement[bool]]:
    for name, value in request.match:
        column: sa.ColumnElement[Any] = column_of(table, name)
        if backend_of(dialect).types_values and isinstance(value, str | int | float | bytes):
            # What was read is compared as it is stored.
            column = sa.type_coerce(column, sa.types.NullType())
        yield column == value
    compared = _COMPARED.match(request.search)
    if compared is not None and compared["column"] in table.columns:
        yield _comparison(table.columns[compared["column"]], compared["sign"], compared["value"])
        return
    for word in request.search.split():
        yield sa.or_(sa.false(), *(_has(column, word) for column in table.columns if _is_searched(column)))


def _is_searched(column: sa.Column[Any]) -> bool:
    return kind_of(column.type) != "binary"


def _has(column: sa.Column[Any], word: str) -> sa.ColumnElement[bool]:
    return sa.cast(column, sa.Text).icontains(word, autoescape=True)


def _comparison(column: sa.Column[Any], sign: str, text: str) -> sa.ColumnElement[bool]:
    """Return a comparison: of numbers where both are, else of texts, in which dates are in order as well."""
    if text.upper() == "NULL" and sign in ("=", "!="):
        return column.is_(None) if sign == "=" else column.is_not(None)
    number = _number(text) if kind_of(column.type) in _NUMBERS else None
    if number is None:
        return sa.cast(column, sa.Text).op(sign, is_comparison=True)(text.strip("'\""))
    # Written out, since a driver may take no Decimal.
    return sa.type_coerce(column, sa.types.NullType()).op(sign, is_comparison=True)(
        sa.literal_column(f"{number:f}")
    )


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < _DIGITS else None
