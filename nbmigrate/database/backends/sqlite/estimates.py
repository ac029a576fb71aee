"""How many rows a table of SQLite has, without a look at all of them."""

import sqlalchemy as sa


def estimated_rows(
    connection: sa.Connection, table: sa.TableClause, least: int, bytes_per_row: float
) -> int | None:
    """Return what ANALYZE has found, else what the numbers of the rows and the size of the file allow."""
    prefix = f"{connection.dialect.identifier_preparer.quote(table.schema)}." if table.schema else ""
    pages, page_size = (
        int(connection.exec_driver_sql(f"PRAGMA {prefix}{name}").scalar_one())
        for name in ("page_count", "page_size")
    )
    fitting = int(pages * page_size / bytes_per_row)
    # Numbers of rows may have gaps, so that this is an upper bound: exact where nothing was deleted.
    rowid: sa.ColumnClause[int] = sa.literal_column("_rowid_")
    analyzed = _analyzed(connection, table, prefix, least)
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


def _analyzed(connection: sa.Connection, table: sa.TableClause, prefix: str, least: int) -> int | None:
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
    return most if most > least else None
