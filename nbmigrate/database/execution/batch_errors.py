"""A batch that a database refuses because it names what is not there: undone alone, and of Alembic's kinds.

Alembic raises these kinds where it rebuilds a table. The database's own error comes for the same mistake elsewhere;
it stays what it is, and becomes of that kind too, so that a revision catches one exception on every database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver_sql import send_text
from nbmigrate.database.errors import code_of, words
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.errors import (
    ColumnNotFoundError,
    ConstraintNotFoundError,
    MigrateError,
    UnsupportedOperationError,
)
from nbmigrate.schema.table import NoSuchTableError

#: SQLSTATEs of PostgreSQL, numbers of MariaDB and MySQL. What cannot be dropped is a column or a constraint of theirs.
_KINDS: dict[object, type[MigrateError]] = {
    "42P01": NoSuchTableError,
    1146: NoSuchTableError,
    "42703": ColumnNotFoundError,
    1054: ColumnNotFoundError,
    1072: ColumnNotFoundError,
    "42704": ConstraintNotFoundError,
    1091: ConstraintNotFoundError,
}
_CANNOT_DROP = 1091
#: SQLite has one code for all of them, and DuckDB none.
_TEXTS: dict[str, type[MigrateError]] = {
    r"no such table: |Catalog Error: Table with name .* does not exist": NoSuchTableError,
    r"no such column: |table .* has no column named |\w+ Error: table .* does not have a column ": ColumnNotFoundError,
    r"no such (index|constraint): |Catalog Error: Index with name .* does not exist": ConstraintNotFoundError,
}
_SAVEPOINT = "nbmigrate_batch"


@contextmanager
def batch(connection: sa.Connection, operation: ops.Operation) -> Iterator[None]:
    """Send a batch in the block; where it fails nothing of it stays, if the database can undo it.

    Raises
    ------
    UnsupportedOperationError
        The batch rebuilds a table by several statements, and each of them would commit.
    sqlalchemy.exc.DBAPIError
        The database refuses it. Where it lacks a constraint, a column or the table, the error is also a
        ConstraintNotFoundError, a ColumnNotFoundError or a NoSuchTableError.
    """
    if not isinstance(operation, ops.AlterTable):
        yield
        return
    rebuilt = operation.recreate == "always" and dialect_of(connection.dialect.name).rebuilds_tables
    if rebuilt and not _is_atomic(connection):
        raise UnsupportedOperationError(
            f"Table {operation.table_name} can be rebuilt only in a transaction, and here every statement commits.",
            "Move the batch out of autocommit_block(), or leave recreate='always' out.",
        )
    try:
        with _savepoint(connection):
            yield
    except sa.exc.DBAPIError as error:
        kind = _kind(error, operation)
        if kind is None:
            raise
        raise _both(error, kind) from error.orig


@contextmanager
def _savepoint(connection: sa.Connection) -> Iterator[None]:
    """Undo what is sent in the block if it fails, and nothing else of the transaction."""
    if not dialect_of(connection.dialect.name).batch_in_savepoint or not _is_atomic(connection):
        yield
        return
    send_text(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        yield
    except sa.exc.DBAPIError as error:
        # The whole transaction is over where the connection broke off, or the disk is full.
        if not error.connection_invalidated and _is_atomic(connection):
            send_text(connection, f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            send_text(connection, f"RELEASE SAVEPOINT {_SAVEPOINT}")
        raise
    send_text(connection, f"RELEASE SAVEPOINT {_SAVEPOINT}")


def _is_atomic(connection: sa.Connection) -> bool:
    return backend_of(connection).transactions.is_atomic(connection)


def _kind(error: sa.exc.DBAPIError, operation: ops.AlterTable) -> type[MigrateError] | None:
    code = None if error.orig is None else code_of(error.orig)
    if code == _CANNOT_DROP:
        columns = [change.column for change in operation.changes if isinstance(change, ops.DropColumn)]
        if any(f"`{name}`" in words(error) or f"'{name}'" in words(error) for name in columns):
            return ColumnNotFoundError
    of_text = (kind for text, kind in _TEXTS.items() if re.match(text, words(error), re.IGNORECASE))
    return _KINDS.get(code) or next(of_text, None)


def _both(error: sa.exc.DBAPIError, kind: type[MigrateError]) -> sa.exc.DBAPIError:
    """Return the same error, which is of a kind of ours too."""
    members: dict[str, Any] = {"__str__": type(error).__str__, "__doc__": kind.__doc__}
    cls: Any = type(kind.__name__, (kind, type(error)), members)
    found: sa.exc.DBAPIError = cls.__new__(cls)
    vars(found).update({**vars(error), "message": words(error), "hint": "", "choices": ()})
    found.args = error.args
    return found
