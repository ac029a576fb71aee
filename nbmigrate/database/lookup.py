"""Finding a table by the name that a person wrote."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from nbmigrate.database.errors import translating
from nbmigrate.database.inspecting import inspect
from nbmigrate.database.read_only import reading
from nbmigrate.errors import TableNotFoundError, nearest


@contextmanager
def looking(connection: sa.Connection) -> Iterator[None]:
    """Read only, and raise our errors."""
    with translating(connection.engine.url.render_as_string(hide_password=False)), reading(connection):
        yield


def find_table(connection: sa.Connection, name: str) -> sa.Table:
    """Reflect a table or a view by its name, or by "schema.table".

    Raises
    ------
    TableNotFoundError
        There is none; the nearest is named.
    """
    inspector = inspect(connection)
    schema: str | None = None
    names = _tables_and_views(inspector, None)
    table_name = name
    if name not in names and "." in name:
        schema, table_name = name.split(".", 1)
        if schema not in inspector.get_schema_names():
            raise not_found("table", name, names, "The database has no tables.")
        names = _tables_and_views(inspector, schema)
    if table_name not in names:
        raise not_found("table", table_name, names, "The database has no tables.")
    return sa.Table(table_name, sa.MetaData(), schema=schema, autoload_with=connection, resolve_fks=False)


def _tables_and_views(inspector: sa.Inspector, schema: str | None) -> list[str]:
    return [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]


def not_found(what: str, name: str, names: Iterable[str], none: str = "") -> TableNotFoundError:
    """Return the error for a name that is none of `names`; `none` is said where there are no names at all."""
    choices = sorted(names)
    meant = nearest(name, choices)
    hint = f"Did you mean {meant}? " if meant else ""
    shown = ", ".join(choices[:20]) + (", ..." if len(choices) > 20 else "")
    return TableNotFoundError(
        f"There is no {what} {name!r}.", hint + (f"There are: {shown}." if choices else none), choices=choices
    )
