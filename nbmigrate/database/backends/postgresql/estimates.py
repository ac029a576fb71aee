"""How many rows a table of PostgreSQL has, without a look at all of them."""

import sqlalchemy as sa

#: About so many pages of a table of PostgreSQL are looked at where nobody has analyzed it yet.
_PAGES = 200


def estimated_rows(connection: sa.Connection, table: sa.TableClause, *_: float) -> int | None:
    """Return the planner's number, or that of a sample where nobody has analyzed the table."""
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
