"""Computed columns of DuckDB: what they are computed by is found as if it were a default."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from nbmigrate.database.backends.details import ColumnDetails, TableDetails, computed

_COMPUTED = """
SELECT table_name, column_name, generation_expression FROM information_schema.columns
WHERE is_generated = 'ALWAYS' AND table_catalog = coalesce(:database, current_database())
  AND table_schema = coalesce(:schema, current_schema())
"""


def table_details(
    connection: sa.Connection, schema: str | None, tables: Collection[str]
) -> Mapping[str, TableDetails]:
    """Return the columns that are computed."""
    database, _, name = (schema or "").rpartition(".")
    found: dict[str, TableDetails] = defaultdict(TableDetails)
    place = {"database": database or None, "schema": name or None}
    for table, column, expression in connection.execute(sa.text(_COMPUTED), place):
        if table in tables:
            found[table].columns[column] = ColumnDetails(computed=computed(expression, "VIRTUAL"))
    return found
