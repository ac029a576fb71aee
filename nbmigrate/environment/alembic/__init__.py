"""What stands behind the names of Alembic."""
