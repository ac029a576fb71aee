"""Alembic's programmatic API, for code that wants to switch: change the import, and leave the rest.

    from alembic import command                       from nbmigrate.compat import command
    from alembic.config import Config                 from nbmigrate.compat import Config
    from alembic.script import ScriptDirectory        from nbmigrate.compat import ScriptDirectory
    from alembic.runtime.migration import ...         from nbmigrate.compat import MigrationContext

These are the objects that env.py and revision files find under Alembic's names.
"""

from nbmigrate import op
from nbmigrate.compat import command
from nbmigrate.environment import context
from nbmigrate.environment.alembic.config import AlembicConfig as Config
from nbmigrate.environment.alembic.script import Script
from nbmigrate.environment.alembic.script_directory import AlembicScripts as ScriptDirectory
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.environment.programmatic import ProgrammaticEnvironment as EnvironmentContext
from nbmigrate.errors import MigrateError as CommandError
from nbmigrate.operations import BatchOperations, MigrateOperation, Operations

__all__ = [
    "BatchOperations",
    "CommandError",
    "Config",
    "EnvironmentContext",
    "MigrateOperation",
    "MigrationContext",
    "Operations",
    "Script",
    "ScriptDirectory",
    "command",
    "context",
    "op",
]
