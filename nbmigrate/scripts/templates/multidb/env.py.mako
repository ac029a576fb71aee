"""How the revisions reach the databases, one after the other: run by every command that needs one."""

import logging
import re
from logging.config import fileConfig

from sqlalchemy import engine_from_config, pool

from alembic import context

# Whether all databases are prepared before the first is committed; not every kind can do that.
USE_TWOPHASE = False

# The settings of the ini.
config = context.config

# The logging that the ini asks for.
if config.config_file_name is not None:
    fileConfig(config.config_file_name)
logger = logging.getLogger("alembic.env")

# The databases: sections of the ini, each with its sqlalchemy.url.
db_names = re.split(r",\s*", config.get_main_option("databases", ""))

# The MetaData of the models in each database, for comparing: {"engine1": myapp.models.First.metadata}
target_metadata = {}


def run_migrations_offline() -> None:
    """Write the SQL for each database into a file named after it, without connecting."""
    for name in db_names:
        logger.info("Writing the SQL for database %s to %s.sql", name, name)
        with open(f"{name}.sql", "w") as buffer:
            context.configure(
                url=config.get_section_option(name, "sqlalchemy.url"),
                output_buffer=buffer,
                target_metadata=target_metadata.get(name),
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
            )
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def run_migrations_online() -> None:
    """Begin a transaction on every database, run the revisions on each, then commit them all."""
    engines = {
        name: engine_from_config(
            config.get_section(name, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
        )
        for name in db_names
    }
    connections = {}
    transactions = []
    try:
        for name, engine in engines.items():
            connections[name] = connection = engine.connect()
            begin = connection.begin_twophase if USE_TWOPHASE else connection.begin
            transactions.append(begin())

        for name, connection in connections.items():
            logger.info("Migrating database %s", name)
            context.configure(
                connection=connection,
                upgrade_token=f"{name}_upgrades",
                downgrade_token=f"{name}_downgrades",
                target_metadata=target_metadata.get(name),
            )
            context.run_migrations(engine_name=name)

        if USE_TWOPHASE:
            for transaction in transactions:
                transaction.prepare()

        for transaction in transactions:
            transaction.commit()
    except BaseException:
        for transaction in transactions:
            transaction.rollback()
        raise
    finally:
        for connection in connections.values():
            connection.close()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
