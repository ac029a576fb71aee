"""What a database has to do with the failure of a step, asked once the step is rolled back."""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from nbmigrate.database.diagnosis.missing import nearest_there
from nbmigrate.database.diagnosis.offending_rows import offending_rows
from nbmigrate.database.errors import words
from nbmigrate.dialects.ddl.compile_errors import unbound_hint
from nbmigrate.operations import Operation

_BLOCK = (
    "Put it into a block that is no part of the transaction: with op.get_context().autocommit_block(): ..."
)
#: What SQLAlchemy says of a statement that a revision sends itself.
_UNBOUND = re.compile(r"A value is required for bind parameter '(.*?)'")
#: What PostgreSQL says, and what does what it asks for.
_ADVICE = (
    (r"cannot run inside a transaction block", _BLOCK),
    (r"unsafe use of new value .* of enum type", f"{_BLOCK} The value may be used after the block."),
    (
        r"default for column .* cannot be cast automatically",
        "Say the default as well: server_default=None takes it away; another one needs postgresql_using=.",
    ),
    (
        r"column .* cannot be cast automatically to type",
        'Say how its values are converted: postgresql_using="...::the_type".',
    ),
)


def _words(error: BaseException) -> str:
    return words(error) if isinstance(error, sa.exc.DBAPIError) else ""


def what_is_known(connection: sa.Connection, done: Sequence[Operation], error: BaseException) -> str:
    """Return a hint: how to ask for it, the name that was meant, or the rows that are in the way; else nothing.

    Parameters
    ----------
    connection
        The database, after the failed step was rolled back; left outside a transaction.
    done
        The operations of the step, the failed one last.
    error
        What was raised.
    """
    unbound = _UNBOUND.search(str(error)) if isinstance(error, sa.exc.StatementError) else None
    if unbound is not None:
        return unbound_hint(unbound[1])
    if (said := next((hint for text, hint in _ADVICE if re.search(text, _words(error))), "")) or not done:
        return said
    try:
        return nearest_there(connection, done, error) or offending_rows(connection, done, error)
    except (sa.exc.SQLAlchemyError, NotImplementedError):
        # The connection is of no use any more, or there is no such table.
        return ""
    finally:
        if connection.in_transaction() and not connection.in_nested_transaction():
            connection.rollback()
