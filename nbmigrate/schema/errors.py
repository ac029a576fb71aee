"""Errors of ours that are SQLAlchemy's too."""

from collections.abc import Sequence

import sqlalchemy as sa

from nbmigrate.errors import TableNotFoundError, nearest

#: How many names an error lists.
_SHOWN = 20


class NoSuchTableError(TableNotFoundError, sa.exc.NoSuchTableError):
    """The database has no such table; SQLAlchemy, and so Alembic's batches, raise its NoSuchTableError."""


def no_such_table(name: str, tables: Sequence[str]) -> NoSuchTableError:
    """Return the error for a table that is not among those of the database."""
    guess = nearest(name, tables)
    more = ", ..." if len(tables) > _SHOWN else ""
    listed = f"There are: {', '.join(tables[:_SHOWN])}{more}." if tables else "The database has no tables."
    hint = f"Did you mean {guess}? {listed}" if guess else listed
    return NoSuchTableError(f"There is no table {name!r}.", hint, choices=tables)
