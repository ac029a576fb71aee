"""A MigrationContext that no env.py has configured."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import ConfigError

if TYPE_CHECKING:
    from nbmigrate.environment.environment_context import EnvironmentContext


def unattached(
    connection: sa.Connection | None,
    opts: Mapping[str, Any],
    environment: "EnvironmentContext | None",
) -> MigrationContext:
    """Return a context for a connection, or for writing SQL where there is none.

    Parameters
    ----------
    connection
        The connection; what `opts` say of a url or dialect counts where it is None.
    opts
        As for `context.configure()`; with `as_sql` SQL is written although there is a connection.
    environment
        Where the configuration and the revision files come from, if anywhere.

    Raises
    ------
    ConfigError
        There is neither a connection nor a url nor the name of a dialect.
    """
    config = environment.config if environment is not None else AlembicConfig()
    scripts: Any = environment.scripts if environment is not None else None
    if connection is not None and not opts.get("as_sql"):
        return MigrationContext(connection, opts, config, scripts)
    from nbmigrate.environment.offline_context import Offline, OfflineContext

    name = opts.get("dialect_name") or (connection.dialect.name if connection is not None else None)
    if name is None and opts.get("url") is None:
        raise ConfigError(
            "MigrationContext.configure() has no database.", "Give it a connection, a url or a dialect_name."
        )
    if opts.get("output_buffer") is None:
        opts = {**opts, "output_buffer": sys.stdout}
    return OfflineContext({**opts, "dialect_name": name}, config, scripts, Offline(), connection)
