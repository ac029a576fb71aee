"""Running a project's env.py: the `context` facade, and the name `alembic`."""
