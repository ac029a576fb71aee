"""The descriptions of many tables, asked for together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector

from nbmigrate.database.description import ColumnDescription, TableSchema, constraints_of
from nbmigrate.database.values import type_text

#: A schema, None for the default one, and a table in it.
Place = tuple[str | None, str]


class _Known:
    """What an inspector has said of all tables of a schema, under the inspector's own names for one of them."""

    def __init__(self, inspector: Inspector, schema: str | None, tables: Sequence[str]) -> None:
        self._asked: dict[str, Mapping[Any, Any]] = {}
        self._inspector = inspector
        self._schema = schema
        self._tables = tables

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("get_"):
            raise AttributeError(name)

        def get(table: str, schema: str | None = None) -> Any:
            if name not in self._asked:
                ask = getattr(self._inspector, f"get_multi_{name.removeprefix('get_')}")
                self._asked[name] = ask(schema=self._schema, filter_names=self._tables)
            return self._asked[name].get((schema, table), [])

        return get


def places(connection: sa.Connection, names: Iterable[str] | None = None) -> tuple[Place, ...]:
    """Return where tables are: all of the default schema, or those of `names` that there are.

    Parameters
    ----------
    names
        Tables, each "table" or "schema.table".
    """
    inspector = sa.inspect(connection)
    default = set(inspector.get_table_names())
    if names is None:
        return tuple((None, name) for name in sorted(default))
    found: list[Place] = []
    for name in sorted(set(names)):
        schema, dot, table = name.partition(".")
        if name in default:
            found.append((None, name))
        elif dot and schema in inspector.get_schema_names() and table in inspector.get_table_names(schema):
            found.append((schema, table))
    return tuple(found)


def describe_all(
    connection: sa.Connection, found: Sequence[Place]
) -> dict[Place, tuple[TableSchema, tuple[sa.ColumnClause[Any], ...]]]:
    """Return what tables are made of, and their columns to ask for.

    A table that somebody drops meanwhile is left out.
    """
    inspector = sa.inspect(connection)
    described: dict[Place, tuple[TableSchema, tuple[sa.ColumnClause[Any], ...]]] = {}
    for schema in dict.fromkeys(schema for schema, _ in found):
        tables = [table for place, table in found if place == schema]
        known: Any = _Known(inspector, schema, tables)
        for table in tables:
            columns = known.get_columns(table, schema)
            if columns:
                name = table if schema is None else f"{schema}.{table}"
                clauses = tuple(sa.column(column["name"], column["type"]) for column in columns)
                described[schema, table] = (_schema(known, name, table, schema, columns, connection), clauses)
    return described


def _schema(
    known: Any, name: str, table: str, schema: str | None, columns: Sequence[Any], connection: sa.Connection
) -> TableSchema:
    constraints = constraints_of(known, table, schema)
    return TableSchema(
        name,
        tuple(
            ColumnDescription(
                column["name"],
                type_text(column["type"], connection.dialect),
                column["nullable"],
                column["default"],
                column.get("comment"),
            )
            for column in columns
        ),
        next((item.columns for item in constraints if item.kind == "primary key"), ()),
        constraints,
    )
