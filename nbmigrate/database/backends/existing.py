"""What the statements of an operation need to know of the database."""

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import dialect_for, inspect, quoted_name, schema_of
from nbmigrate.schema import PrimaryKey, Unique
from nbmigrate.schema.errors import no_such_table

if TYPE_CHECKING:
    from nbmigrate.dialects.duckdb.existing import StoredDuckDBTable
    from nbmigrate.dialects.existing import Known
    from nbmigrate.dialects.mysql.existing import StoredColumns
    from nbmigrate.dialects.postgresql.existing import StoredTypes

_TYPES = """\
SELECT n.nspname, t.typname, pg_type_is_visible(t.oid),
       array(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typname = ANY(:names)"""


def read_known(connection: sa.Connection, operation: ops.Operation, told: str = "") -> "Known | None":
    """Ask the database for what `dialects.statements` wants to know for an operation; None where that is nothing.

    Parameters
    ----------
    told
        What SHOW CREATE TABLE says of the operation's table, where that is known already.
    """
    if connection.dialect.name == "postgresql":
        return _types(connection, operation)
    if connection.dialect.name in {"mysql", "mariadb"}:
        return _columns(connection, operation, told)
    if connection.dialect.name == "sqlite" and isinstance(operation, ops.AlterTable | ops.Change):
        from nbmigrate.database.backends.sqlite.batch import read_table_for

        return read_table_for(connection, operation)
    if connection.dialect.name == "duckdb":
        return _duckdb_table(connection, operation)
    return None


def _types(connection: sa.Connection, operation: ops.Operation) -> "StoredTypes | None":
    from nbmigrate.database.backends.postgresql.existing import read_stored_table
    from nbmigrate.dialects.postgresql.existing import StoredTypes, named_types
    from nbmigrate.dialects.postgresql.rebuild import is_remade

    needed = named_types(operation, dialect_for(connection))
    types = read_types(connection, [name for _, name in needed]) if needed else None
    if not isinstance(operation, ops.AlterTable) or not is_remade(operation):
        return types
    return replace(types or StoredTypes(), table=read_stored_table(connection, operation))


def read_types(connection: sa.Connection, names: list[str]) -> "StoredTypes":
    """Return the types of these names that a database of PostgreSQL has."""
    from nbmigrate.dialects.postgresql.existing import StoredTypes

    rows = connection.execute(sa.text(_TYPES), {"names": names})
    found: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for schema, name, visible, labels in rows:
        found[schema, name] = tuple(labels)
        if visible:
            found[None, name] = tuple(labels)
    return StoredTypes(found)


def _columns(connection: sa.Connection, operation: ops.Operation, told: str) -> "StoredColumns | None":
    from nbmigrate.dialects.mysql.existing import StoredColumns, read_columns

    if not _changes_columns(operation):
        return None
    name, schema = operation.table, operation.schema  # type: ignore[attr-defined]
    if told:
        return read_columns(name, told)
    try:
        text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted_name(connection, name, schema)}").one()[
            1
        ]
    except sa.exc.ProgrammingError:
        # The statement itself, where there can be one, is told so by the server.
        return StoredColumns(name, (), tuple(inspect(connection).get_table_names(schema=schema)))
    return read_columns(name, text)


def _changes_columns(operation: ops.Operation) -> bool:
    """Whether an operation writes a column whole, or puts one before another."""
    if isinstance(operation, ops.AlterTable):
        return bool(operation.partial_reordering) or any(map(_changes_columns, operation.changes))
    if isinstance(operation, ops.AddColumn):
        return operation.insert_before is not None
    return isinstance(operation, ops.AlterColumn)


def _duckdb_table(connection: sa.Connection, operation: ops.Operation) -> "StoredDuckDBTable | None":
    from nbmigrate.database.backends.duckdb.catalog import Catalog

    match operation:
        case ops.RenameTable() | ops.DropTable():
            name = operation.name
        case ops.AlterTable() | ops.AddColumn() | ops.AlterColumn() | ops.DropColumn():
            name = operation.table
        case ops.AddConstraint() | ops.DropConstraint():
            name = operation.table
        case _:
            return None
    catalog = Catalog(connection, schema_of(connection, operation.schema))
    found = catalog.stored(name, operation.schema)
    if found is None and _is_edit(operation):
        # Nothing is sent that DuckDB could refuse for it.
        raise no_such_table(name, sorted(catalog.tables()))
    return found


def _is_edit(operation: ops.Operation) -> bool:
    """Whether an operation is done by making a table of DuckDB anew alone."""
    is_key = isinstance(operation, ops.AddConstraint) and isinstance(
        operation.constraint, PrimaryKey | Unique
    )
    return isinstance(operation, ops.AddConstraint | ops.DropConstraint) and not is_key
