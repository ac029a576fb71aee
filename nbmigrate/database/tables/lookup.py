"""Reads a database without being able to change it, and finds a table by the name that a person wrote."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import Inspector, inspect, not_found, readings
from nbmigrate.database.errors import translating


@contextmanager
def reading(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Let the database refuse every change made through a connection.

    SQLite does so by `PRAGMA query_only`, PostgreSQL, DuckDB, MariaDB and MySQL in a read-only transaction; on other
    databases the transaction is rolled back. What could be changed all the same, where the connection is in a
    transaction of its user on MariaDB or MySQL, is undone.
    """
    with backend_of(connection).read_only(connection):
        yield connection


@contextmanager
def read_only_session(connection: sa.Connection) -> Iterator[None]:
    """Read only, and raise our errors."""
    with translating(connection.engine.url.render_as_string(hide_password=False)), reading(connection):
        yield


def find_table(connection: sa.Connection, name: str, schema: str | None = None) -> sa.Table:
    """Reflect a table or a view by its name, or by "schema.table".

    Parameters
    ----------
    schema
        Where it is, if its name does not say that; the default schema if None.

    Raises
    ------
    TableNotFoundError
        There is none; the nearest is named.
    """
    inspector = inspect(connection)
    require_schema(inspector, schema)
    names = _tables_and_views(inspector, schema)
    table = name
    if name not in names:
        # Of "a.b.c" either part may have the dot: what there is decides.
        places = [(place, table) for place, table in readings(name) if place and inspector.has_schema(place)]
        for place, table in places:
            schema, names = place, _tables_and_views(inspector, place)
            if table in names:
                break
        else:
            raise not_found("table", table, names, "The database has no tables.")
    return sa.Table(table, sa.MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)


def require_schema(inspector: Inspector, schema: str | None) -> None:
    """Make sure that there is a schema of a name.

    Raises
    ------
    TableNotFoundError
        There is none; the nearest is named.
    """
    if schema is not None and not inspector.has_schema(schema):
        raise not_found("schema", schema, inspector.get_schema_names())


def _tables_and_views(inspector: Inspector, schema: str | None) -> list[str]:
    return [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
