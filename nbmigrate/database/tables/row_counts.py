"""How many rows tables have: counted where that is cheap, else as the database estimates it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

#: Counting ends here; a table with more rows has an estimate.
BOUND = 10_000

#: No row of SQLite takes fewer bytes of a page.
FEWEST_BYTES = 6.0

#: About so many pages of a table of PostgreSQL are looked at where nobody has analyzed it yet.
_PAGES = 200

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
    if connection.dialect.name == "sqlite":
        found = _sqlite(connection, table, bytes_per_row)
    elif connection.dialect.name == "postgresql":
        found = _postgresql(connection, table)
    elif connection.dialect.name in ("mysql", "mariadb"):
        found = _mysql(connection, table)
    else:
        found = None
    if found is None or found <= BOUND:
        return RowCount(BOUND, exact=False, least=True)
    return RowCount(found, exact=False)


def _sqlite(connection: sa.Connection, table: sa.TableClause, bytes_per_row: float) -> int | None:
    prefix = f"{connection.dialect.identifier_preparer.quote(table.schema)}." if table.schema else ""
    pages, page_size = (
        int(connection.exec_driver_sql(f"PRAGMA {prefix}{name}").scalar_one())
        for name in ("page_count", "page_size")
    )
    fitting = int(pages * page_size / bytes_per_row)
    # Numbers of rows may have gaps, so that this is an upper bound: exact where nothing was deleted.
    rowid: sa.ColumnClause[int] = sa.literal_column("_rowid_")
    analyzed = _analyzed(connection, table, prefix)
    if analyzed is not None:
        return analyzed
    try:
        # One by one: asked together, SQLite would go through the table for them.
        last, first = (
            connection.execute(sa.select(edge(rowid)).select_from(table)).scalar_one()
            for edge in (sa.func.max, sa.func.min)
        )
    except sa.exc.OperationalError:
        # A table WITHOUT ROWID.
        return None
    return min(int(last) - int(first) + 1, fitting)


def _analyzed(connection: sa.Connection, table: sa.TableClause, prefix: str) -> int | None:
    """Return what ANALYZE found in SQLite, the last time that somebody ran it; None where nobody did."""
    stat = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("stat"), schema=table.schema)
    if not connection.exec_driver_sql(
        f"SELECT 1 FROM {prefix}sqlite_master WHERE name = 'sqlite_stat1'"  # noqa: S608 - quoted
    ).first():
        return None
    found = connection.execute(sa.select(stat.c.stat).where(stat.c.tbl == table.name)).scalars()
    # "10000 5 1": the rows of the table, then how many of them each part of an index has.
    numbers = [int(first) for first, *_ in (str(text).split() for text in found if text) if first.isdecimal()]
    # A partial index has fewer.
    most = max(numbers, default=0)
    return most if most > BOUND else None


def _postgresql(connection: sa.Connection, table: sa.TableClause) -> int | None:
    name = connection.dialect.identifier_preparer.format_table(table).replace("%%", "%")
    analyzed, pages = connection.execute(
        sa.text(
            "SELECT reltuples > 0, pg_relation_size(oid) / CAST(current_setting('block_size') AS integer)"
            " FROM pg_class WHERE oid = CAST(:name AS regclass)"
        ),
        {"name": name},
    ).one()
    if not analyzed and pages > 0:
        # The planner would guess from the types of the columns, and be wrong by a factor.
        percent = min(100.0, 100.0 * _PAGES / int(pages))
        some = sa.tablesample(table, sa.func.system(percent), seed=sa.literal(0))
        seen = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        return round(int(seen) * 100.0 / percent)
    # The planner's own number: that of the last ANALYZE, corrected by how large the table's file is now.
    query = sa.select(sa.literal_column("1")).select_from(table).compile(dialect=connection.dialect)
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {query}").scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def _mysql(connection: sa.Connection, table: sa.TableClause) -> int | None:
    return _told(connection, [table], "table_rows").get(table.fullname)


def average_sizes(connection: sa.Connection, tables: Sequence[sa.TableClause]) -> dict[str, int]:
    """Return about how many bytes a row of each table has, by its full name; only MariaDB and MySQL are asked.

    They read all of a long value to tell its size, so that a window has to be smaller from the start.
    """
    if connection.dialect.name not in ("mysql", "mariadb"):
        return {}
    return _told(connection, tables, "avg_row_length")


def _told(connection: sa.Connection, tables: Sequence[sa.TableClause], what: str) -> dict[str, int]:
    """Return a number that MariaDB or MySQL has for each table."""
    found: dict[str, int] = {}
    for schema in dict.fromkeys(table.schema for table in tables):
        names = {table.name: table.fullname for table in tables if table.schema == schema}
        catalog = sa.table(
            "tables", *map(sa.column, ("table_schema", "table_name", what)), schema="information_schema"
        )
        here = sa.func.database() if schema is None else sa.literal(schema)
        query = sa.select(catalog.c.table_name, catalog.c[what]).where(
            catalog.c.table_schema == here, catalog.c.table_name.in_(list(names))
        )
        for row in connection.execute(query):
            if row[0] in names and row[1] is not None:
                found[names[row[0]]] = int(row[1])
    return found
