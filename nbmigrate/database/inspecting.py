"""The inspector of a database."""

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector


def inspect(connection: sa.Connection) -> Inspector:
    """Return what tells of the tables of a database.

    That of duckdb-engine asks for what DuckDB has not; the engine's dialect gets another one, so that `sa.inspect()` in
    a revision and `sa.Table(..., autoload_with=...)` find everything too.
    """
    if connection.dialect.name == "duckdb":
        from nbmigrate.database.duckdb_inspector import DuckDBInspector

        connection.dialect.inspector = DuckDBInspector  # type: ignore[attr-defined]
    return sa.inspect(connection)


def schema_there(connection: sa.Connection, schema: str | None) -> str | None:
    """Return the schema that statements about a table go to: an env.py may have them go to another one."""
    mapped = connection.get_execution_options().get("schema_translate_map") or {}
    found = mapped.get(schema, schema)
    return found if found is None else str(found)
