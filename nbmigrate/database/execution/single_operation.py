"""Doing one operation on a connection, outside a run: no transaction, no record, no version table."""

from functools import partial

import sqlalchemy as sa

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.statements.planner import PlannedRebuild, StatementPlanner
from nbmigrate.database.statements.sending import send
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
    planner = StatementPlanner(connection, partial(read_stored, connection), fire=live(connection))
    for planned in planner.plan([operation]):
        if isinstance(planned, PlannedRebuild):
            # Loaded with the first rebuild.
            from nbmigrate.database.backends.sqlite.rebuild import run_rebuild

            run_rebuild(connection, planned.rebuild)
            continue
        for statement in planned.statements:
            send(connection, statement)
