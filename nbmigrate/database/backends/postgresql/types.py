"""The named types of PostgreSQL, and the table to make again, that an operation needs."""

from dataclasses import replace

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.dialects.postgresql.existing import StoredTypes, named_types
from nbmigrate.dialects.postgresql.rebuild import is_remade

_TYPES = """\
SELECT n.nspname, t.typname, pg_type_is_visible(t.oid),
       array(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typname = ANY(:names)"""


def read_stored(connection: sa.Connection, operation: ops.Operation, _: str = "") -> StoredTypes | None:
    """Return what an operation needs; None where that is nothing."""
    needed = named_types(operation, dialect_for(connection))
    types = read_types(connection, [name for _, name in needed]) if needed else None
    if not isinstance(operation, ops.AlterTable) or not is_remade(operation):
        return types
    from nbmigrate.database.backends.postgresql.existing import read_stored_table

    return replace(types or StoredTypes(), table=read_stored_table(connection, operation))


def read_types(connection: sa.Connection, names: list[str]) -> StoredTypes:
    """Return the types of these names that a database of PostgreSQL has."""
    rows = connection.execute(sa.text(_TYPES), {"names": names})
    found: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for schema, name, visible, labels in rows:
        found[schema, name] = tuple(labels)
        if visible:
            found[None, name] = tuple(labels)
    return StoredTypes(found)
