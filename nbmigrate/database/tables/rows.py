"""Tables and their rows, read only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import clause_of, inspect, not_found
from nbmigrate.database.tables.description import TableSchema, describe
from nbmigrate.database.tables.lookup import find_table, read_only_session, reading, require_schema
from nbmigrate.database.tables.reader import fetch_rows
from nbmigrate.database.tables.value_types import kind_of, type_text
from nbmigrate.errors import UsageError

__all__ = [
    "RowColumn",
    "TableCount",
    "TableRows",
    "TableSchema",
    "count_tables",
    "describe",
    "read_rows",
    "reading",
    "table_names",
]


@dataclass(frozen=True, slots=True)
class TableCount:
    """A table and how many rows it has."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class RowColumn:
    """A column of rows: its type as the database writes it, and the kind of its values (`values.KINDS`)."""

    name: str
    type: str
    kind: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of a table.

    Parameters
    ----------
    name
        The table, with its schema if one was requested.
    columns
        The columns, in the order of the values.
    rows
        The values: Python's dates for dates, `Decimal` for NUMERIC, None for NULL.
    total
        How many rows fulfil the condition, all of them counted.
    limit
        How many rows were asked for at the most; None for all.
    order_by
        The columns that the rows are ordered by, " desc" after those that descend; empty for no order.
    """

    name: str
    columns: tuple[RowColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int
    limit: int | None
    order_by: tuple[str, ...]


def table_names(connection: sa.Connection, schema: str | None = None) -> tuple[str, ...]:
    """Return the names of the tables of a schema, sorted; the version table is one of them, views are not."""
    with read_only_session(connection):
        return tuple(sorted(inspect(connection).get_table_names(schema=schema)))


def count_tables(connection: sa.Connection, schema: str | None = None) -> tuple[TableCount, ...]:
    """Return the tables of a schema, sorted, with their exact numbers of rows.

    Raises
    ------
    TableNotFoundError
        There is no such schema; the nearest is named.
    """
    with read_only_session(connection):
        require_schema(inspect(connection), schema)
        names = sorted(inspect(connection).get_table_names(schema=schema))
        return tuple(
            TableCount(name, _count(connection, clause_of(connection, name, schema))) for name in names
        )


def read_rows(
    connection: sa.Connection,
    name: str,
    *,
    schema: str | None = None,
    columns: Sequence[str] = (),
    where: str | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
) -> TableRows:
    """Return rows of a table or a view.

    Parameters
    ----------
    name
        The table, or "schema.table".
    schema
        Where it is, if its name does not say that; the default schema if None.
    columns
        The columns, in the order wanted; all of them if none are named.
    where
        A condition in SQL.
    order_by
        Columns, each with " desc" after it or not; the primary key if none are named.
    limit
        How many rows at the most; None for all.

    Raises
    ------
    TableNotFoundError
        There is no such table or column; the nearest is named.
    UsageError
        The condition is not one expression.
    """
    with read_only_session(connection):
        table = find_table(connection, name, schema)
        shown = [column_of(table, column) for column in columns] or list(table.columns)
        order, order_names = _order(connection, table, order_by)
        query = sa.select().select_from(table)
        if where is not None:
            # Always with the LIMIT's bound parameter below: the driver then takes no second statement.
            query = query.where(sa.literal_column(f"({checked_condition(where, connection.dialect.name)})"))
        total = connection.execute(query.with_only_columns(sa.func.count(), sa.literal(1))).scalar_one()
        rows = fetch_rows(connection, query.order_by(*order).limit(limit), shown, whole=True)
    described = row_columns(shown, connection.dialect)
    return TableRows(name, described, rows, total, limit, order_names)


def column_of(table: sa.Table, name: str) -> sa.Column[Any]:
    """Return a column by its name.

    Raises
    ------
    TableNotFoundError
        There is none; the nearest is named.
    """
    if name not in table.columns:
        raise not_found(f"column in {table.name}:", name, table.columns.keys())
    return table.columns[name]


def _order(
    connection: sa.Connection, table: sa.Table, order_by: Sequence[str]
) -> tuple[list[sa.ColumnElement[Any]], tuple[str, ...]]:
    """Return what to order by, and its names: as asked, else what tells the rows apart."""
    if not order_by:
        return default_order(connection, table)
    found: list[sa.ColumnElement[Any]] = []
    for text in order_by:
        name, direction = text, ""
        if text not in table.columns:
            name, _, direction = (
                text.rpartition(" ") if text.lower().endswith((" desc", " asc")) else (text, "", "")
            )
        column = column_of(table, name.strip())
        found.append(column.desc() if direction.lower() == "desc" else column.asc())
    return found, tuple(order_by)


def default_order(
    connection: sa.Connection, table: sa.Table
) -> tuple[list[sa.ColumnElement[Any]], tuple[str, ...]]:
    """Return what to order rows by that tells them apart, and its names: the primary key, or SQLite's row number."""
    keys = list(table.primary_key.columns)
    if keys or not _has_rowid(connection, table):
        return list(keys), tuple(key.name for key in keys)
    return [sa.literal_column(backend_of(connection).row_number)], ()


def _has_rowid(connection: sa.Connection, table: sa.Table) -> bool:
    # A table WITHOUT ROWID has a primary key, so that only views are left.
    number = backend_of(connection).row_number
    if not number or number in table.columns:
        return False
    return table.name in inspect(connection).get_table_names(schema=table.schema)


def _count(connection: sa.Connection, table: sa.FromClause) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def row_columns(columns: Sequence[sa.Column[Any]], dialect: sa.Dialect) -> tuple[RowColumn, ...]:
    """Return what columns are, for those who show their values."""
    return tuple(
        RowColumn(column.name, type_text(column.type, dialect), kind_of(column.type)) for column in columns
    )


#: What ends a quote, by what begins it; a quote inside is written twice.
QUOTES = {"'": "'", '"': '"', "`": "`"}


def checked_condition(text: str, dialect: str) -> str:
    """Return a condition that is one expression, as far as can be told without the database's own parser.

    Stricter than SQL: what the databases read differently (a backslash before a quote, dollar quotes, comments) is
    refused, since a text that ends a string here and not there could hide a second statement.

    Raises
    ------
    UsageError
        It holds a semicolon or a comment, or its quotes or parentheses do not match.
    """
    if "\0" in text or not text.strip():
        raise _refused("it is empty, or holds a zero byte")
    symbols = backend_of(dialect).has_symbol_operators
    depth, position = 0, 0
    while position < len(text):
        character = text[position]
        if character in QUOTES:
            if character == "`" and symbols:
                raise _refused("a backtick is no quote here")
            position = _end_of_quote(text, position)
            continue
        if character == ";":
            raise _refused("it holds a semicolon")
        if text.startswith(("--", "/*", "#"), position) and not (character == "#" and symbols):
            raise _refused("it holds a comment")
        if re.match(r"\$\w*\$", text[position:]):
            raise _refused("it holds a dollar quote")
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        position += 1
    if depth:
        raise _refused("its parentheses do not match")
    return text


def _end_of_quote(text: str, start: int) -> int:
    """Return the position after a quoted text."""
    quote = QUOTES[text[start]]
    position = start + 1
    while True:
        position = text.find(quote, position)
        if position < 0:
            raise _refused(f"a {quote} has no other that ends it")
        if text[position - 1] == "\\":
            raise _refused("it holds a backslash before a quote")
        if not text.startswith(quote, position + 1):
            return position + 1
        position += 2


def _refused(why: str) -> UsageError:
    return UsageError(
        f"The condition cannot be used: {why}.",
        "Write one expression, such as lastname = 'Marsh' and id < 10.",
    )
