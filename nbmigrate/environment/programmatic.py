"""Alembic's EnvironmentContext for programs: `with EnvironmentContext(config, script, fn=...): script.run_env()`."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from nbmigrate.environment.active import use
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.alembic.script_directory import AlembicScripts
from nbmigrate.environment.alembic.steps import run_wanted
from nbmigrate.environment.environment_context import EnvironmentContext
from nbmigrate.environment.isolation.modules import ProjectModules
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.environment.offline_context import Offline
from nbmigrate.environment.run import run_env
from nbmigrate.errors import ConfigError


class ProgrammaticEnvironment(EnvironmentContext):
    """What `context` stands for inside a `with` block of a program.

    Parameters
    ----------
    config
        The configuration.
    script
        Its revision files.
    fn
        Called with the version rows and the MigrationContext when env.py runs its migrations. What is to be run it
        returns as `script._upgrade_revs(...)` makes it, all of it or steps that follow one another; nothing is run
        for an empty list. `configure()` takes it as well.
    as_sql, starting_rev
        That a script is written, and where it starts.
    destination_rev
        What env.py gets from `context.get_revision_argument()`.
    tag
        What it gets from `context.get_tag_argument()`.
    options
        Are given to `context.configure()`, which may say otherwise.
    """

    def __init__(
        self,
        config: AlembicConfig,
        script: AlembicScripts,
        fn: Callable[[tuple[str, ...], MigrationContext], Iterable[Any]] | None = None,
        as_sql: bool = False,
        starting_rev: str | None = None,
        destination_rev: str | None = None,
        tag: str | None = None,
        **options: Any,
    ) -> None:
        offline = Offline(starting_rev) if as_sql else None
        super().__init__(config, script.scripts, self._act, destination_rev, tag, offline)
        self.script = script
        self._fn = fn
        self._options = options
        self._used: AbstractContextManager[None] | None = None

    def __enter__(self) -> "ProgrammaticEnvironment":
        """Let `context` stand for this."""
        self._used = use(self)
        self._used.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        """Let `context` stand for what it did before."""
        self.release()
        if self._used is not None:
            self._used.__exit__(*raised)

    def configure(self, *args: Any, **options: Any) -> None:
        """Say which database is migrated, and how."""
        super().configure(*args, **{**self._options, **options})

    def run_env(self) -> None:
        """Run env.py: what `script.run_env()` calls."""
        run_env(self, ProjectModules())

    def _act(self, configured: MigrationContext) -> Any:
        fn = configured.opts.get("fn") or self._fn
        if fn is None:
            raise ConfigError(
                "EnvironmentContext() was given no fn, which says what run_migrations() does.",
                "Give it one, or run a command, such as command.upgrade(config, 'head').",
            )
        return run_wanted(configured, fn(configured.get_current_heads(), configured))
