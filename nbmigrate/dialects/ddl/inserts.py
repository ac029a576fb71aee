"""Rows of a bulk insert as statements."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from nbmigrate.dialects.ddl.literals import Literals
from nbmigrate.dialects.statement import Statement
from nbmigrate.operations import BulkInsert

#: A statement shows no more rows than this.
ROWS_SHOWN = 20


def insert_statements(operation: BulkInsert, dialect: sa.Dialect, literals: Literals) -> Iterator[Statement]:
    """Yield an executemany for each run of rows that have the same columns."""
    table = operation.insertable()
    for rows in _alike(operation.values(), plain=operation.plain):
        if operation.multiinsert and not _has_clause(rows[0]):
            yield Statement(_text(table, rows, dialect, literals), sa.insert(table).inline(), rows)
            continue
        for row in rows:
            yield Statement(_text(table, [row], dialect, literals), sa.insert(table).values(**row).inline())


def _alike(rows: list[dict[str, Any]], *, plain: bool) -> Iterator[list[dict[str, Any]]]:
    if plain and rows:
        yield rows
        return
    for _, group in groupby(rows, key=_shape):
        yield list(group)


def _shape(row: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    return tuple(row), _has_clause(row)


def _has_clause(row: Mapping[str, Any]) -> bool:
    return any(isinstance(value, sa.ClauseElement) for value in row.values())


def _text(table: sa.TableClause, rows: list[dict[str, Any]], dialect: sa.Dialect, literals: Literals) -> str:
    preparer = dialect.identifier_preparer
    into = f"INSERT INTO {preparer.format_table(table)}"
    columns = [table.columns[key] for key in rows[0]]
    if not columns:
        return f"{into} DEFAULT VALUES"
    names = ", ".join(preparer.quote(column.name) for column in columns)
    lines = [
        "(" + ", ".join(literals.shown(row[column.key], column.type, dialect) for column in columns) + ")"
        for row in rows[:ROWS_SHOWN]
    ]
    if len(rows) == 1:
        return f"{into} ({names}) VALUES {lines[0]}"
    text = f"{into} ({names}) VALUES\n    " + ",\n    ".join(lines)
    more = len(rows) - ROWS_SHOWN
    return text if more <= 0 else f"{text}\n-- and {more:,} more {'row' if more == 1 else 'rows'}"
