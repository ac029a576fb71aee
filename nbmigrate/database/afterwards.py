"""What a database has to do with the failure of a step, asked once the step is rolled back."""

from collections.abc import Sequence

import sqlalchemy as sa

from nbmigrate.database.missing import nearest_there
from nbmigrate.database.offending import offending_rows
from nbmigrate.operations import Operation


def what_is_known(connection: sa.Connection, done: Sequence[Operation], error: BaseException) -> str:
    """Return a hint: the name that was meant, or the rows that are in the way; nothing where it is something else.

    Parameters
    ----------
    connection
        The database, after the failed step was rolled back; left outside a transaction.
    done
        The operations of the step, the failed one last.
    error
        What was raised.
    """
    if not done:
        return ""
    try:
        return nearest_there(connection, done, error) or offending_rows(connection, done, error)
    except (sa.exc.SQLAlchemyError, NotImplementedError):
        # The connection is of no use any more, or there is no such table.
        return ""
    finally:
        if connection.in_transaction() and not connection.in_nested_transaction():
            connection.rollback()
