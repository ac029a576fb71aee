"""How many rows a table of MariaDB and MySQL has, and of what size, without a look at all of them."""

from collections.abc import Sequence

import sqlalchemy as sa


def estimated_rows(connection: sa.Connection, table: sa.TableClause, *_: float) -> int | None:
    """Return the storage engine's number."""
    return _statistics(connection, [table], "table_rows").get(table.fullname)


def average_row_sizes(connection: sa.Connection, tables: Sequence[sa.TableClause]) -> dict[str, int]:
    """Return the storage engine's numbers."""
    return _statistics(connection, tables, "avg_row_length")


def _statistics(connection: sa.Connection, tables: Sequence[sa.TableClause], what: str) -> dict[str, int]:
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
