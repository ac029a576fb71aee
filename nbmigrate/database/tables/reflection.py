"""The descriptions of many tables, asked for together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Place
from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.inspector import Inspector, inspect, readings, schema_of
from nbmigrate.database.tables.description import TableSchema, description_of

#: What a table is made of, and its columns to ask for.
Described = tuple[TableSchema, tuple[sa.ColumnClause[Any], ...]]

#: What a database has written down of a table, and what that means: it never gets old.
Definition = tuple[Any, ...]
DescriptionCache = dict[Definition, Described]


class _SchemaInspector:
    """What an inspector has said of all tables of a schema, under the inspector's own names for one of them."""

    def __init__(
        self,
        inspector: Inspector,
        schema: str | None,
        tables: Sequence[str],
        details: Mapping[str, TableDetails],
    ) -> None:
        self._results: dict[str, Mapping[Any, Any]] = {}
        self._inspector = inspector
        self._schema = schema
        self._tables = tables
        self._details = details

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("get_"):
            raise AttributeError(name)

        def get(table: str, schema: str | None = None) -> Any:
            if name not in self._results:
                lacking = {table for table, details in self._details.items() if name in details.lacks}
                tables = [table for table in self._tables if table not in lacking]
                self._results[name] = self._inspector.get_many(name, self._schema, tables) if tables else {}
            return self._results[name].get(table, [])

        return get


def places(connection: sa.Connection, names: Iterable[str] | None = None) -> tuple[Place, ...]:
    """Return where tables are: all of the default schema, or those of `names` that there are.

    Parameters
    ----------
    names
        Tables, each "table" or "schema.table".
    """
    inspector = inspect(connection)
    default = set(inspector.get_table_names())
    if names is None:
        return tuple((None, name) for name in sorted(default))
    found: list[Place] = []
    for name in sorted(set(names)):
        if name in default:
            found.append((None, name))
            continue
        places = [(place, table) for place, table in readings(name) if place and inspector.has_schema(place)]
        found += [place for place in places if place[1] in inspector.get_table_names(place[0])][:1]
    return tuple(found)


def locked(connection: sa.Connection, found: Iterable[Place]) -> frozenset[Place]:
    """Return those tables that another session has to itself, so that a question about them waits."""
    names = backend_of(connection).locked_tables(connection)
    return frozenset(place for place in found if (schema_of(connection, place[0]), place[1]) in names)


def describe_all(
    connection: sa.Connection, found: Sequence[Place], cache: DescriptionCache | None = None
) -> dict[Place, Described]:
    """Return what tables are made of, and their columns to ask for.

    A table that somebody drops meanwhile is left out.

    Parameters
    ----------
    cache
        What is known already; afterwards, what is known now.
    """
    backend = backend_of(connection)
    definitions = None if cache is None else backend.stored_definitions(connection, found)
    if cache is None or definitions is None:
        return _described(connection, found)
    described = {place: cache[written] for place, written in definitions.items() if written in cache}
    described |= _described(connection, [place for place in found if place not in described])
    # What somebody has changed meanwhile may be described as it was before, or after.
    kept = definitions.items() & (backend.stored_definitions(connection, found) or {}).items()
    cache.clear()
    cache.update((written, described[place]) for place, written in kept if place in described)
    return {place: described[place] for place in found if place in described}


def _described(connection: sa.Connection, found: Sequence[Place]) -> dict[Place, Described]:
    inspector = inspect(connection)
    described: dict[Place, Described] = {}
    for schema in dict.fromkeys(schema for schema, _ in found):
        tables = [table for place, table in found if place == schema]
        details = backend_of(connection).details(connection, inspector.schema(schema), tables)
        by_schema: Any = _SchemaInspector(inspector, schema, tables, details)
        for table in tables:
            columns = by_schema.get_columns(table, schema)
            if columns:
                clauses = tuple(sa.column(column["name"], column["type"]) for column in columns)
                description = description_of(connection.dialect, by_schema, (schema, table), columns, details)
                described[schema, table] = description, clauses
    return described
