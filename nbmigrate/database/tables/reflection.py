"""The descriptions of many tables, asked for together."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import details_of
from nbmigrate.database.backends.details import TableDetails
from nbmigrate.database.backends.inspector import Inspector, inspect, readings, schema_of
from nbmigrate.database.tables.description import TableSchema, description_of

#: A schema, None for the default one, and a table in it.
Place = tuple[str | None, str]


#: What a table is made of, and its columns to ask for.
Described = tuple[TableSchema, tuple[sa.ColumnClause[Any], ...]]

#: What a database has written down of a table, and what that means: it never gets old.
Definition = tuple[Any, ...]
Known = dict[Definition, Described]

#: A reference to whatever the primary key of another table is, and a table whose columns are known to a module.
_DEPENDS = re.compile(
    r"""\breferences\b(?!\s*("[^"]*"|`[^`]*`|\[[^]]*\]|\w+)\s*\()|^\s*create\s+virtual\b""", re.IGNORECASE
)


class _Asked:
    """What an inspector has said of all tables of a schema, under the inspector's own names for one of them."""

    def __init__(
        self,
        inspector: Inspector,
        schema: str | None,
        tables: Sequence[str],
        details: Mapping[str, TableDetails],
    ) -> None:
        self._asked: dict[str, Mapping[Any, Any]] = {}
        self._inspector = inspector
        self._schema = schema
        self._tables = tables
        self._details = details

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("get_"):
            raise AttributeError(name)

        def get(table: str, schema: str | None = None) -> Any:
            if name not in self._asked:
                lacking = {table for table, details in self._details.items() if name in details.lacks}
                asked = [table for table in self._tables if table not in lacking]
                self._asked[name] = self._inspector.get_many(name, self._schema, asked) if asked else {}
            return self._asked[name].get(table, [])

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
    """Return those tables that somebody else has to himself, so that asking for anything of them waits."""
    if connection.dialect.name != "postgresql":
        return frozenset()
    rows = connection.exec_driver_sql(
        "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    names = {(place, table) for schema, table, visible in rows for place in (schema, *[None] * visible)}
    return frozenset(place for place in found if (schema_of(connection, place[0]), place[1]) in names)


def describe_all(
    connection: sa.Connection, found: Sequence[Place], known: Known | None = None
) -> dict[Place, Described]:
    """Return what tables are made of, and their columns to ask for.

    A table that somebody drops meanwhile is left out.

    Parameters
    ----------
    known
        What is known already; afterwards, what is known now.
    """
    if known is None or connection.dialect.name != "sqlite":
        return _described(connection, found)
    definitions = _definitions(connection, found)
    described = {place: known[written] for place, written in definitions.items() if written in known}
    described |= _described(connection, [place for place in found if place not in described])
    # What somebody has changed meanwhile may be described as it was before, or after.
    kept = definitions.items() & _definitions(connection, found).items()
    known.clear()
    known.update((written, described[place]) for place, written in kept if place in described)
    return {place: described[place] for place in found if place in described}


def _definitions(connection: sa.Connection, found: Iterable[Place]) -> dict[Place, Definition]:
    """Return all that SQLite has written down of each table whose description follows from that alone."""
    written: dict[Place, list[tuple[str, str, str]]] = {place: [] for place in found if place[0] is None}
    database = connection.dialect.identifier_preparer.quote(schema_of(connection, None) or "main")
    for table, *item in connection.exec_driver_sql(
        f"SELECT tbl_name, type, name, sql FROM {database}.sqlite_master"  # noqa: S608 - quoted
    ):
        if (None, table) in written:
            written[None, table].append((item[0], item[1], item[2] or ""))
    return {
        place: (place, *sorted(items))
        for place, items in written.items()
        if not any(_DEPENDS.search(sql) for _, _, sql in items)
    }


def _described(connection: sa.Connection, found: Sequence[Place]) -> dict[Place, Described]:
    inspector = inspect(connection)
    described: dict[Place, Described] = {}
    for schema in dict.fromkeys(schema for schema, _ in found):
        tables = [table for place, table in found if place == schema]
        details = details_of(connection).of_tables(connection, inspector.schema(schema), tables)
        known: Any = _Asked(inspector, schema, tables, details)
        for table in tables:
            columns = known.get_columns(table, schema)
            if columns:
                clauses = tuple(sa.column(column["name"], column["type"]) for column in columns)
                description = description_of(connection.dialect, known, (schema, table), columns, details)
                described[schema, table] = description, clauses
    return described
