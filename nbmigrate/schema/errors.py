"""Errors of ours that are SQLAlchemy's too."""

import sqlalchemy as sa

from nbmigrate.errors import TableNotFoundError


class NoSuchTableError(TableNotFoundError, sa.exc.NoSuchTableError):
    """The database has no such table; SQLAlchemy, and so Alembic's batches, raise its NoSuchTableError."""
