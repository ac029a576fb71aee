"""Views and triggers that the changes of a run make something else of."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.inspecting import dialect_for
from nbmigrate.database.known import read_known
from nbmigrate.database.lookup import looking
from nbmigrate.dialects.dependents import column_ends
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.errors import MigrateError

_DROPPED = re.compile(
    r"\bDROP\s+(?:VIEW|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:\w+\.)?[\"`\[]?(\w+)", re.IGNORECASE
)


def affected(connection: sa.Connection, operations: Sequence[ops.Operation]) -> tuple[str, ...]:
    """Return what becomes of views and triggers of a database as it is now, as sentences; reads only.

    Those that the run itself drops before are left out.

    Raises
    ------
    DatabaseError
        The database could not be asked.
    """
    if not any(True for operation in operations for _ in column_ends(operation)):
        return ()
    with looking(connection):
        return tuple(dict.fromkeys(_sentences(connection, operations)))


def _sentences(connection: sa.Connection, operations: Sequence[ops.Operation]) -> list[str]:
    #: What tables are called in the database, by their names at that point.
    tables: dict[str, str] = {}
    found, dropped = list[str](), set[str]()
    for operation in operations:
        if isinstance(operation, ops.RenameTable):
            tables[operation.new_name] = tables.pop(operation.name, operation.name)
        elif isinstance(operation, ops.ExecuteSQL):
            dropped |= set(_DROPPED.findall(str(operation.statement.clause)))
        elif any(True for _ in column_ends(operation)):
            change: Any = operation
            found += _of_one(connection, replace(change, table=tables.get(change.table, change.table)))
    return [text for text in found if text.split()[1] not in dropped]


def _of_one(connection: sa.Connection, operation: ops.Operation) -> list[str]:
    try:
        stored = read_known(connection, operation)
    except MigrateError:
        # A table that cannot be changed like this is told where it is changed.
        return []
    return list(dialect_of(connection.dialect.name)(dialect_for(connection), stored).affected(operation))
