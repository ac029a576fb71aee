"""What the tables hold, looked at without reading all of it, and what a step has changed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Place
from nbmigrate.database.backends.inspector import clause_of
from nbmigrate.database.errors import translate
from nbmigrate.database.snapshots.diff import Changes, TableChange, compare
from nbmigrate.database.snapshots.snapshot import Snapshot, TableSnapshot
from nbmigrate.database.tables.description import TableSchema
from nbmigrate.database.tables.long_values import LongValue
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.database.tables.reader import Window, read_window
from nbmigrate.database.tables.reflection import DescriptionCache, describe_all, locked, places
from nbmigrate.database.tables.row_counts import FEWEST_BYTES, UNKNOWN, RowCount, count_tables
from nbmigrate.database.tables.rows import RowColumn, TableRows
from nbmigrate.database.tables.value_types import kind_of
from nbmigrate.errors import DatabaseError
from nbmigrate.operations.operation import fullname

__all__ = [
    "Changes",
    "Snapshot",
    "TableChange",
    "TableSnapshot",
    "compare",
    "take",
]

T = TypeVar("T")

#: A table whose turn comes later than this, in seconds, is described and not read; twice as late, it is not counted.
SECONDS = 1.0

#: One statement may take as long as this, in seconds, where the server can be told.
SECONDS_EACH = 0.5


def take(
    connection: sa.Connection,
    *,
    limit: int = 200,
    tables: Sequence[str] | None = None,
    cache: DescriptionCache | None = None,
) -> Snapshot:
    """Return what tables hold: everything of small ones, the first rows and an estimate of large ones.

    No table is gone through: what is counted is counted up to a bound, and rows are found by an index. Reads only.

    Parameters
    ----------
    limit
        How many rows of a table at the most; fewer are there where it has very many or very long cells.
    tables
        Which tables, each "table" or "schema.table", those that are not there left out; all of the default schema, the
        version table too, if not given.
    cache
        What an earlier look has learnt of what tables are made of; this one adds to it. A dictionary, empty at first.

    Raises
    ------
    DatabaseError
        The database could not be asked.
    """
    try:
        return _Capture(connection, limit, cache, careful=False).take(tables)
    except DatabaseError:
        # A table that may not be read, or not in time, must not hide the others; looking table by table takes longer.
        return _Capture(connection, limit, cache, careful=True).take(tables)


class _Capture:
    """One look at a database; `careful` is one that failures of single tables do not end."""

    def __init__(
        self, connection: sa.Connection, limit: int, cache: DescriptionCache | None, *, careful: bool
    ) -> None:
        self.connection = connection
        self.limit = limit
        self.cache = cache
        self.careful = careful
        self.started = time.monotonic()
        self.sizes: Mapping[Place, int] = {}

    def take(self, names: Iterable[str] | None) -> Snapshot:
        """Return the snapshot."""
        with (
            read_only_session(self.connection),
            backend_of(self.connection).statement_timeout(self.connection, SECONDS_EACH),
        ):
            found = places(self.connection, names)
            # PostgreSQL waits for a lock even to say what a table is made of.
            hidden = locked(self.connection, found) if self.careful else frozenset()
            described = describe_all(
                self.connection, [place for place in found if place not in hidden], self.cache
            )
            clauses = {place: self._clause(place) for place in described}
            sizes = backend_of(self.connection).average_row_sizes(self.connection, list(clauses.values()))
            self.sizes = {place: sizes.get(clause.fullname, 0) for place, clause in clauses.items()}
            read = {place: self._read(place, *about) for place, about in described.items()}
            counts = self._counts({place: window for place, (window, _) in read.items()})
        snapshots = [self._snapshot(*described[place], *read[place], counts[place]) for place in described]
        snapshots += map(_hidden, hidden)
        return Snapshot(tuple(sorted(snapshots, key=lambda snapshot: snapshot.name)))

    def _clause(self, place: Place) -> sa.TableClause:
        return clause_of(self.connection, place[1], place[0])

    def _late(self, limit: float) -> bool:
        return time.monotonic() - self.started > limit

    def _read(
        self, place: Place, schema: TableSchema, columns: Sequence[sa.ColumnClause[Any]]
    ) -> tuple[Window | None, str]:
        """Return the rows of a table, or why they are not there."""
        if self._late(SECONDS):
            return None, "The rows were not read: reading the other tables took long."
        size = self.sizes[place]
        clause, key = self._clause(place), schema.row_key
        return self._attempt(lambda: read_window(self.connection, clause, columns, key, self.limit, size))

    def _counts(self, windows: Mapping[Place, Window | None]) -> dict[Place, RowCount]:
        """Return how many rows the tables have; only those whose rows are not all there are asked."""
        counts = {
            place: RowCount(len(window.rows))
            for place, window in windows.items()
            if window is not None and not window.more
        }
        rest = [place for place in windows if place not in counts]
        for batch in [[place] for place in rest] if self.careful else [rest]:
            counts |= self._count(batch, windows)
        return counts

    def _count(self, batch: Sequence[Place], windows: Mapping[Place, Window | None]) -> dict[Place, RowCount]:
        tables = [self._clause(place) for place in batch]

        def size(number: int) -> float:
            return _bytes_per_row(windows[batch[number]])

        found: Sequence[RowCount] | None = None
        if not self._late(2 * SECONDS):
            found, _ = self._attempt(lambda: count_tables(self.connection, tables, size))
        return dict(zip(batch, found or [UNKNOWN] * len(batch), strict=True))

    def _attempt(self, read: Callable[[], T]) -> tuple[T | None, str]:
        """Return what was asked for, or why it was not to be had."""
        if not self.careful:
            return read(), ""
        try:
            with backend_of(self.connection).surviving_errors(self.connection):
                return read(), ""
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            return None, translate(
                error, self.connection.engine.url.render_as_string(hide_password=False)
            ).message

    def _snapshot(
        self,
        schema: TableSchema,
        columns: Sequence[sa.ColumnClause[Any]],
        window: Window | None,
        problem: str,
        count: RowCount,
    ) -> TableSnapshot:
        window = window or Window((), 0, more=True)
        # As the description has them: to write a type takes longer than to look it up.
        types = {column.name: column.type for column in schema.columns}
        described = tuple(
            RowColumn(column.name, types[column.name], kind_of(column.type)) for column in columns
        )
        key = schema.row_key
        # An estimate may be lower than what is in sight.
        total = max(count.rows, len(window.rows))
        rows = TableRows(schema.name, described, window.rows, total, window.limit, key)
        return TableSnapshot(schema, count, rows, key, problem)


def _hidden(place: Place) -> TableSnapshot:
    """Return what is known of a table that somebody has locked: that it is there."""
    name = fullname(place[1], place[0])
    rows = TableRows(name, (), (), 0, 0, ())
    return TableSnapshot(
        TableSchema(name, (), (), ()),
        UNKNOWN,
        rows,
        problem="Another connection has locked the table: its rows can be read when that ends.",
    )


def _bytes_per_row(window: Window | None) -> float:
    """Return how many bytes a row takes at least, so far as was seen."""
    if window is None or not window.rows:
        return FEWEST_BYTES
    size = sum(_size(value) for row in window.rows for value in row)
    # Each value has a byte that says what it is, and each row its length, its number and its place in the page.
    return size / len(window.rows) + len(window.rows[0]) + FEWEST_BYTES - 1


def _size(value: Any) -> int:
    if isinstance(value, LongValue):
        return value.size
    return len(value) if isinstance(value, str | bytes) else 0
