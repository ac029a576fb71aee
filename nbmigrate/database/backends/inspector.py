"""Where the tables of a migration are: the one place that knows of `schema_translate_map`.

A revision names a table by (schema, name), and env.py may let SQLAlchemy put another schema in its place. Whoever asks
a database for such a table does so by what is here, so that statements and questions are about the same one.
"""

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.errors import TableNotFoundError, nearest

#: The modules that let SQLAlchemy read what a database has.
_READERS = r"nbmigrate\.database\.(backends\.inspector|tables\.lookup)\Z"


def schema_names(connection: sa.Connection) -> Mapping[str | None, str | None]:
    """Return the schema that each name stands for: the `schema_translate_map`, if any."""
    return connection.get_execution_options().get("schema_translate_map") or {}


def translated_as(connection: sa.Connection, other: sa.Connection) -> sa.Connection:
    """Return a connection on which schemas stand for the same as on another one."""
    return connection.execution_options(
        schema_translate_map=other.get_execution_options().get("schema_translate_map")
    )


def dialect_for(connection: sa.Connection) -> sa.Dialect:
    """Return the dialect of a connection, which writes schemas as the connection's `schema_translate_map` has them."""
    names = schema_names(connection)
    if not names:
        return connection.dialect
    # To look at a database that has no tenants, no dialect of ours is needed.
    from nbmigrate.dialects.ddl.schemas import translated_dialect

    return translated_dialect(connection.dialect, names)


def is_translated(connection: sa.Connection) -> bool:
    """Whether names of schemas stand for others."""
    return dialect_for(connection) is not connection.dialect


def schema_of(connection: sa.Connection, schema: str | None) -> str | None:
    """Return the schema that a table is in for which a migration names `schema`; None is the default one."""
    dialect = dialect_for(connection)
    if dialect is connection.dialect:
        return schema
    from nbmigrate.dialects.ddl.schemas import actual_schema

    return actual_schema(dialect, schema)


def clause_of(
    connection: sa.Connection, name: str, schema: str | None = None, columns: Iterable[Any] = ()
) -> sa.TableClause:
    """Return a table to select from, in the schema that it is in: SQLAlchemy does not translate it again.

    Parameters
    ----------
    name, schema
        The table, as a migration names it.
    columns
        Its columns, as `sa.column` makes them.
    """
    return sa.table(name, *columns, schema=schema_of(connection, schema))


def quoted_name(connection: sa.Connection, name: str, schema: str | None = None) -> str:
    """Return the name of a table as SQL has it, in the schema that it is in."""
    return connection.dialect.identifier_preparer.format_table(clause_of(connection, name, schema))


def particulars(connection: sa.Connection, version_table: str, schema: str | None) -> list[str]:
    """Return what tells one tenant of a database from another: schemas, and the version table, where they are unusual.

    Parameters
    ----------
    version_table, schema
        The version table, as env.py names it.
    """
    names = schema_names(connection)
    backend = backend_of(connection)
    usual, tenant = backend.usual_schema(connection), names.get(None)
    if tenant is None:
        tenant = backend.current_schema(connection)
    tenant, place = (None if each == usual else each for each in (tenant, schema_of(connection, schema)))
    # SQLAlchemy adds "_none" for None itself.
    named = {name: stands_for for name, stands_for in names.items() if name not in (None, "_none")}
    own = tenant or (None if place in named.values() else place)
    found = [f"schema {own}"] if own else []
    found += [f"{name} = {stands_for}" for name, stands_for in named.items()]
    is_apart = bool(tenant and place and tenant != place)
    if version_table != "alembic_version" or is_apart:
        found.append(
            f"version table {place}.{version_table}" if is_apart else f"version table {version_table}"
        )
    return found


def inspect(connection: sa.Connection, *, own: bool = False) -> "Inspector":
    """Return what describes the tables of a database, each by the schema that a migration names.

    Parameters
    ----------
    own
        Whether it is for tables of ours, which are known by the schema that they are in.
    """
    return Inspector(connection, own=own)


def pinned(table: sa.Table) -> sa.Table:
    """Return a table of ours, which is in the schema that it says, whatever that stands for in a migration.

    A revision may go through tenants, with a `schema_translate_map` for each; the version table stays where it is.
    """
    table._use_schema_map = False
    return table


class Inspector:
    """SQLAlchemy's inspector, for schemas as migrations name them.

    Parameters
    ----------
    connection
        The connection.
    own
        Whether schemas are the database's own.
    """

    def __init__(self, connection: sa.Connection, *, own: bool = False) -> None:
        backend_of(connection).prepare_inspection(connection)
        # What SQLAlchemy leaves out it warns of, with a line of ours; `schema` finds it by other ways.
        warnings.filterwarnings("ignore", category=sa.exc.SAWarning, module=_READERS)
        self._inspector = sa.inspect(connection)
        self._connection = connection
        self._own = own

    def schema(self, schema: str | None) -> str | None:
        """Return the schema that a name stands for."""
        return schema if self._own else schema_of(self._connection, schema)

    def has_schema(self, schema: str) -> bool:
        """Whether the database has the schema that a name stands for."""
        return self.schema(schema) in self._inspector.get_schema_names()

    def get_schema_names(self) -> list[str]:
        """Return the schemas of the database, by their own names."""
        return self._inspector.get_schema_names()

    def has_table(self, table: str, schema: str | None = None) -> bool:
        """Whether there is a table or a view."""
        return self._inspector.has_table(table, schema=self.schema(schema))

    def get_table_names(self, schema: str | None = None) -> list[str]:
        """Return the tables of a schema."""
        return self._inspector.get_table_names(schema=self.schema(schema))

    def get_view_names(self, schema: str | None = None) -> list[str]:
        """Return the views of a schema."""
        return self._inspector.get_view_names(schema=self.schema(schema))

    def get_columns(self, table: str, schema: str | None = None) -> list[Any]:
        """Return the columns of a table, as SQLAlchemy describes them; the other methods likewise."""
        return self._inspector.get_columns(table, schema=self.schema(schema))

    def get_pk_constraint(self, table: str, schema: str | None = None) -> Any:
        """Return the primary key."""
        return self._inspector.get_pk_constraint(table, schema=self.schema(schema))

    def get_foreign_keys(self, table: str, schema: str | None = None) -> list[Any]:
        """Return the foreign keys."""
        return self._inspector.get_foreign_keys(table, schema=self.schema(schema))

    def get_unique_constraints(self, table: str, schema: str | None = None) -> list[Any]:
        """Return the unique constraints."""
        return self._inspector.get_unique_constraints(table, schema=self.schema(schema))

    def get_check_constraints(self, table: str, schema: str | None = None) -> list[Any]:
        """Return the CHECKs."""
        return self._inspector.get_check_constraints(table, schema=self.schema(schema))

    def get_indexes(self, table: str, schema: str | None = None) -> list[Any]:
        """Return the indexes."""
        return self._inspector.get_indexes(table, schema=self.schema(schema))

    def get_many(self, what: str, schema: str | None, tables: Collection[str]) -> dict[str, Any]:
        """Return, by table, what the method `get_...` of that name returns for one: in as few queries as there are."""
        get_multi = getattr(self._inspector, f"get_multi_{what.removeprefix('get_')}")
        found = get_multi(schema=self.schema(schema), filter_names=tables)
        return {table: described for (_, table), described in found.items()}


def readings(name: str) -> Iterator[tuple[str | None, str]]:
    """Yield what a name that a person wrote may mean, as (schema, table): either may have a dot in it."""
    yield None, name
    for place, character in enumerate(name):
        if character == "." and 0 < place < len(name) - 1:
            yield name[:place], name[place + 1 :]


def not_found(what: str, name: str, names: Iterable[str], none: str = "") -> TableNotFoundError:
    """Return the error for a name that is none of `names`; `none` is said where there are no names at all."""
    choices = sorted(names)
    meant = nearest(name, choices)
    hint = f"Did you mean {meant}? " if meant else ""
    shown = ", ".join(choices[:20]) + (", ..." if len(choices) > 20 else "")
    return TableNotFoundError(
        f"There is no {what} {name!r}.", hint + (f"There are: {shown}." if choices else none), choices=choices
    )
