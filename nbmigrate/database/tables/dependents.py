"""Views and triggers that the changes of a run make something else of."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.sqlite.dependents import column_ends
from nbmigrate.errors import MigrateError

_DROPPED = re.compile(
    r"\bDROP\s+(?:VIEW|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:\w+\.)?[\"`\[]?(\w+)", re.IGNORECASE
)


def affected_by_steps(
    connection: sa.Connection, steps: Sequence[Sequence[ops.Operation]]
) -> tuple[tuple[str, ...], ...]:
    """Return what becomes of views and triggers of a database as it is now, by step, as sentences; reads only.

    Each is said once. Those that the run itself drops are left out.

    Raises
    ------
    DatabaseError
        The database could not be asked.
    """
    if not any(True for step in steps for operation in step for _ in column_ends(operation)):
        return ((),) * len(steps)
    with read_only_session(connection):
        return _sentences(connection, steps)


def _sentences(
    connection: sa.Connection, steps: Sequence[Sequence[ops.Operation]]
) -> tuple[tuple[str, ...], ...]:
    #: What tables are called in the database, by their names at that point.
    tables: dict[str, str] = {}
    #: By what is said: the step that it is first said of.
    found: dict[str, int] = {}
    dropped = set[str]()
    for number, step in enumerate(steps):
        for operation in step:
            if isinstance(operation, ops.RenameTable):
                tables[operation.new_name] = tables.pop(operation.name, operation.name)
            elif isinstance(operation, ops.ExecuteSQL):
                dropped |= set(_DROPPED.findall(str(operation.statement.clause)))
            elif any(True for _ in column_ends(operation)):
                change: Any = operation
                now = replace(change, table=tables.get(change.table, change.table))
                for text in _of_one(connection, now):
                    found.setdefault(text, number)
    kept = {text: number for text, number in found.items() if text.split()[1] not in dropped}
    return tuple(
        tuple(text for text, place in kept.items() if place == number) for number in range(len(steps))
    )


def _of_one(connection: sa.Connection, operation: ops.Operation) -> list[str]:
    try:
        stored = read_stored(connection, operation)
    except MigrateError:
        # A table that cannot be changed like this is told where it is changed.
        return []
    return list(dialect_of(connection.dialect.name)(dialect_for(connection), stored).affected(operation))
