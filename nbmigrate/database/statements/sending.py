"""Sending a statement of an operation to the database, with no more work than its driver needs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.dialects.statement import Statement

#: Drivers that take many rows with a text as they are; what SQLAlchemy does beside that can be left out.
PLAIN_DRIVERS = frozenset({"pysqlite", "psycopg", "pymysql"})

#: How many rows are made ready at a time, so that they need not all be in memory twice.
CHUNK = 1_000

Row = Mapping[str, Any]
#: Makes what a driver's `executemany` takes of rows.
MakeReady = Callable[[Sequence[Row]], list[Any]]


def send(connection: sa.Connection, statement: Statement) -> "tuple[sa.CursorResult[Any], int]":
    """Run a statement, and return its result and how many rows it changed; -1 where the driver does not say."""
    if statement.parameters is not None:
        return _send_rows(connection, statement.executable, statement.parameters)
    if statement.compiled and backend_of(connection).ddl_as_text:
        # What it was compiled to, to be read, is not compiled a second time.
        result = connection.exec_driver_sql(statement.compiled)
    else:
        result = connection.execute(statement.executable)
    return result, result.rowcount


def _send_rows(
    connection: sa.Connection, insert: sa.Insert, rows: Sequence[Row]
) -> "tuple[sa.CursorResult[Any], int]":
    found = _plainly(connection, insert, rows[0])
    if found is None:
        result = connection.execute(insert, list(rows))
        return result, _counted(result, rows)
    text, make_ready = found
    counted = 0
    # Rows that the driver takes as they are need not be cut.
    size = len(rows) if make_ready is list else CHUNK
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        try:
            ready = make_ready(chunk)
        except Exception:
            # A value is none of its column's type: SQLAlchemy stumbles over it too, and says which statement it was.
            result = connection.execute(insert, list(chunk))
        else:
            result = connection.exec_driver_sql(text, ready)
        counted += _counted(result, chunk)
    return result, counted


def _counted(result: "sa.CursorResult[Any]", rows: Sequence[Row]) -> int:
    return result.rowcount if result.rowcount >= 0 else len(rows)


def _plainly(connection: sa.Connection, insert: sa.Insert, row: Row) -> tuple[str, MakeReady] | None:
    """Return the text of an INSERT and what makes its rows ready; None where SQLAlchemy does more with them."""
    dialect, keys = dialect_for(connection), list(row)
    if dialect.driver not in PLAIN_DRIVERS or not keys:
        return None
    compiled: Any = insert.compile(dialect=dialect, column_keys=keys, for_executemany=True)
    if set(compiled.binds) != set(keys) or compiled.insert_prefetch or compiled.escaped_bind_names:
        # Defaults of Python's, and names that are no names of parameters.
        return None
    names = list(compiled.positiontup or ()) if compiled.positional else keys
    types = (compiled.binds[name].type for name in names)
    processors = [type_.dialect_impl(dialect).bind_processor(dialect) for type_ in types]
    return str(compiled), _ready(names, processors, named=not compiled.positional)


def _ready(names: list[str], processors: list[Any], *, named: bool) -> MakeReady:
    if named and not any(processors):
        return list
    if len(names) > 1 and not any(processors):
        values = itemgetter(*names)
        return lambda rows: list(map(values, rows))

    def columns(rows: Sequence[Row]) -> Iterator[Iterable[Any]]:
        for name, process in zip(names, processors, strict=True):
            column = map(itemgetter(name), rows)
            yield column if process is None else map(process, column)

    if named:
        return lambda rows: [
            dict(zip(names, values, strict=True)) for values in zip(*columns(rows), strict=True)
        ]
    return lambda rows: list(zip(*columns(rows), strict=True))
