"""How many rows tables have: counted where that is cheap, else as the database estimates it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of

#: Counting ends here; a table with more rows has an estimate.
BOUND = 10_000

#: No row of SQLite takes fewer bytes of a page.
FEWEST_BYTES = 6.0

#: SQLite takes no more than 500 SELECTs in one statement.
_AT_ONCE = 100

#: What stands for a number and for a table in a statement that is compiled once.
_NUMBER, _NAME = "counted_number", "counted_table"


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows there are, or about how many.

    Parameters
    ----------
    rows
        The number.
    exact
        Whether they were counted; if not, the number is the database's estimate.
    least
        Whether it is only known that there are more than `rows`; with no rows, nothing is known.
    """

    rows: int
    exact: bool = True
    least: bool = False

    def __str__(self) -> str:
        if self.exact:
            return f"{self.rows:,}"
        if self.least:
            return f"over {self.rows:,}" if self.rows else "unknown"
        return f"~{self.rows:,}"


#: The count of a table that cannot be counted.
UNKNOWN = RowCount(0, exact=False, least=True)


def _up_to_bound(connection: sa.Connection, tables: Sequence[sa.TableClause]) -> list[int]:
    """Return how many rows each table has, `BOUND + 1` for those that have more: no table is followed further."""
    # Compiled for one table: for each of hundreds it would take ten times as long as to count.
    ones: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).select_from(sa.table(_NAME))
    bounded = ones.limit(sa.literal_column(str(BOUND + 1))).subquery()
    select: Any = sa.select(sa.literal_column(_NUMBER), sa.func.count()).select_from(bounded)
    compiled = str(select.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    before, between, after = re.split(f"{_NUMBER}|{_NAME}", compiled)
    named = connection.dialect.identifier_preparer.format_table
    counts: dict[int, int] = {}
    for start in range(0, len(tables), _AT_ONCE):
        parts = [
            f"{before}{number}{between}{named(table)}{after}"
            for number, table in enumerate(tables[start : start + _AT_ONCE], start)
        ]
        counts |= {int(row[0]): int(row[1]) for row in connection.exec_driver_sql(" UNION ALL ".join(parts))}
    return [counts[number] for number in range(len(tables))]


def count_tables(
    connection: sa.Connection,
    tables: Sequence[sa.TableClause],
    bytes_per_row: Callable[[int], float] = lambda _: FEWEST_BYTES,
) -> tuple[RowCount, ...]:
    """Return how many rows each table has; exact up to `BOUND`.

    Parameters
    ----------
    bytes_per_row
        Returns how many bytes the rows of a table, by its place in the row, take at least: no table of SQLite has more
        rows than fit into its file.
    """
    return tuple(
        RowCount(count) if count <= BOUND else estimate(connection, tables[place], bytes_per_row(place))
        for place, count in enumerate(_up_to_bound(connection, tables))
    )


def estimate(connection: sa.Connection, table: sa.TableClause, bytes_per_row: float) -> RowCount:
    """Return about how many rows a table has that is known to have more than `BOUND`."""
    found = backend_of(connection).estimated_rows(connection, table, BOUND, bytes_per_row)
    if found is None or found <= BOUND:
        return RowCount(BOUND, exact=False, least=True)
    return RowCount(found, exact=False)
