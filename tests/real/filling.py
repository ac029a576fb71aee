"""Rows for tables that somebody else has designed, so that a data migration has something to do."""

import datetime
import json
import re
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.real.differences import is_random
from tests.real.histories import History

_BEGIN = datetime.datetime(2024, 2, 29, 12, 0, 0)
_VERSIONS = "alembic_version"


@dataclass(frozen=True)
class Filling:
    """Rows of one table, as they are put into any of the databases that have it."""

    table: sa.Table
    row: dict[str, Any]


def fill(url: sa.URL, number: int, history: History) -> list[Filling]:
    """Put rows into every table, as far as its constraints let them be, and return them.

    Parameters
    ----------
    url
        The database.
    number
        What the values are made of: another one each time.
    history
        Which tables get none, and what columns may have.
    """
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    done: list[Filling] = []
    try:
        with engine.connect() as connection:
            for table in _tables(connection):
                if table.name in history.unfilled or table.name == _VERSIONS:
                    continue
                allowed = _allowed(connection, table, history)
                for which in range(2):
                    row = _row(
                        connection, table, number * 2 + which, allowed, sparse=history.sparse and bool(which)
                    )
                    if row is not None and _put(connection, Filling(table, row)):
                        done.append(Filling(table, row))
            connection.commit()
    finally:
        engine.dispose()
    return done


def fill_again(url: sa.URL, fillings: Sequence[Filling]) -> int:
    """Put rows that one database took into another, and return how many it did not take."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            refused = [filling for filling in fillings if not _put(connection, filling)]
            connection.commit()
            return len(refused)
    finally:
        engine.dispose()


def _tables(connection: sa.Connection) -> list[sa.Table]:
    with warnings.catch_warnings():
        # Tables that refer to each other come in any order, and indexes of expressions are of no interest.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        metadata = sa.MetaData()
        metadata.reflect(connection)
        return metadata.sorted_tables


def _put(connection: sa.Connection, filling: Filling) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(filling.table.insert().values(filling.row))
    except (sa.exc.DBAPIError, sa.exc.StatementError):
        return False
    return True


def _allowed(connection: sa.Connection, table: sa.Table, history: History) -> dict[str, Sequence[Any]]:
    """Return the values that columns may have, by CHECK (column IN (...)) or as the history says."""
    said = {column.name: history.values.get(f"{table.name}.{column.name}") for column in table.columns}
    found: dict[str, Sequence[Any]] = {name: values for name, values in said.items() if values is not None}
    for check in sa.inspect(connection).get_check_constraints(table.name):
        values = re.findall(r"'([^']*)'", check["sqltext"])
        for name in re.findall(r"\w+", check["sqltext"]):
            if name in table.c and values:
                found.setdefault(name, values)
    return found


def _row(
    connection: sa.Connection,
    table: sa.Table,
    number: int,
    allowed: dict[str, Sequence[Any]],
    *,
    sparse: bool,
) -> dict[str, Any] | None:
    """Return a row; None where a column that must have a value can have none."""
    row = _references(connection, table, number)
    for column in table.columns:
        if column.name in row or column.computed is not None:
            continue
        if sparse and column.nullable and column.name not in allowed:
            row[column.name] = None
            continue
        value = next(_values(column, number, allowed.get(column.name, [])), None)
        if value is None and not column.nullable:
            return None
        row[column.name] = value
    return (
        None
        if any(row.get(c.name) is None and not c.nullable for c in table.columns if c.computed is None)
        else row
    )


def _references(connection: sa.Connection, table: sa.Table, number: int) -> dict[str, Any]:
    """Return what the foreign keys of a row may be: the key of a row that is there."""
    row: dict[str, Any] = {}
    for key in table.foreign_key_constraints:
        targets = [element.column for element in key.elements]
        rows = connection.execute(sa.select(*targets).order_by(*targets)).all()
        # What a migration or a default made by chance is another one in each database.
        found = [values for values in rows if not any(is_random(str(value)) for value in values)]
        values = found[number % len(found)] if found else [None] * len(targets)
        row |= dict(zip(key.column_keys, values, strict=True))
    return row


def _values(column: sa.Column[Any], number: int, allowed: Sequence[Any]) -> Iterator[Any]:
    """Yield a value that a column may have, if any is known."""
    type_ = column.type
    if isinstance(type_, sa.Enum):
        yield type_.enums[number % len(type_.enums)]
    elif allowed:
        value = allowed[number % len(allowed)]
        yield json.dumps(value) if isinstance(value, dict) and not isinstance(type_, sa.JSON) else value
    elif isinstance(type_, sa.Uuid) or (isinstance(type_, sa.CHAR) and type_.length == 36):
        text = f"{number:08x}-1111-1111-8111-{len(column.table.name):012x}"
        yield uuid.UUID(text) if isinstance(type_, sa.Uuid) else text
    elif isinstance(type_, sa.Boolean) or getattr(type_, "display_width", None) == 1:
        # MariaDB keeps booleans as TINYINT(1).
        yield bool(number % 2)
    elif isinstance(type_, sa.Integer):
        yield number + 1
    elif isinstance(type_, sa.Numeric | sa.Float):
        yield number + 0.5
    elif isinstance(type_, sa.DateTime):
        yield _BEGIN + datetime.timedelta(hours=number)
    elif isinstance(type_, sa.Interval):
        yield datetime.timedelta(seconds=number)
    elif isinstance(type_, sa.JSON):
        yield {"number": number}
    elif isinstance(type_, sa.ARRAY):
        yield []
    elif isinstance(type_, sa.LargeBinary):
        yield bytes([number % 256])
    elif isinstance(type_, sa.String):
        text = f"{column.name} {number}"
        yield text if type_.length is None else text[-type_.length :]
