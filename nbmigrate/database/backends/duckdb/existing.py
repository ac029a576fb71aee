"""The table of DuckDB that an operation changes."""

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.duckdb.catalog import Catalog
from nbmigrate.database.backends.inspector import schema_of
from nbmigrate.dialects.duckdb.existing import StoredDuckDBTable
from nbmigrate.schema import PrimaryKey, Unique
from nbmigrate.schema.table import no_such_table


def read_stored(connection: sa.Connection, operation: ops.Operation, _: str = "") -> StoredDuckDBTable | None:
    """Return the table; None for an operation that needs none."""
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
    """Whether an operation is done by rebuilding a table of DuckDB alone."""
    is_key = isinstance(operation, ops.AddConstraint) and isinstance(
        operation.constraint, PrimaryKey | Unique
    )
    return isinstance(operation, ops.AddConstraint | ops.DropConstraint) and not is_key
