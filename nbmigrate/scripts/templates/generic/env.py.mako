"""How the revisions reach the database: run by every command that needs one."""

from logging.config import fileConfig

from sqlalchemy import Connection, engine_from_config, pool

from alembic import context

# The settings of the ini.
config = context.config

# The logging that the ini asks for.
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

# The MetaData of the models, for comparing them with the database: myapp.models.Base.metadata
target_metadata = None


def run_migrations_offline() -> None:
    """Write the SQL without connecting."""
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )

    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run the revisions on the connection that a notebook or a program hands over, or else connect."""
    handed_over = config.attributes.get("connection")
    if handed_over is not None:
        run_on(handed_over)
        return

    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )

    with connectable.connect() as connection:
        run_on(connection)


def run_on(connection: Connection) -> None:
    """Run the revisions on a connection."""
    context.configure(connection=connection, target_metadata=target_metadata)

    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
