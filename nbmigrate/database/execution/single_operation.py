"""Doing one operation on a connection, outside a run: no transaction, no record, no version table."""

import sqlalchemy as sa

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.backends.sqlite.batch import Pending
from nbmigrate.database.backends.sqlite.rebuild import run_rebuild
from nbmigrate.database.statements.sending import send
from nbmigrate.dialects.compiler import each_statement
from nbmigrate.dialects.ddl.table_events import live
from nbmigrate.operations import Operation


def run_operation(connection: sa.Connection, operation: Operation) -> None:
    """Run the statements of an operation.

    Parameters
    ----------
    connection
        The connection; what begins and ends a transaction on it is its owner.
    operation
        The operation.

    Raises
    ------
    OperationError
        The database has no statement for it.
    """
    pending = Pending(connection)
    if pending.take(operation):
        plan = pending.release()
        if plan is not None:
            run_rebuild(connection, plan)
        return
    stored = read_stored(connection, operation)
    for statement in each_statement(operation, dialect_for(connection), stored, live(connection)):
        send(connection, statement)
