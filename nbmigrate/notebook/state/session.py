"""The project that the cells of one notebook work on."""

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from nbmigrate.config import Config
from nbmigrate.errors import ConfigError
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.clock import Clock
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.notebook.state.model import Model


class Session:
    """Opens the project of the current folder for each cell, and keeps it while nothing about it has changed.

    Keeping the project keeps its revision graph in memory, so a cell looks at the directory and reads only the files
    that changed. It holds no connection, so that nothing is locked between two cells; but it keeps a database in
    memory, which would be gone with its connection, and the engine that `open --engine` has given it.

    Parameters
    ----------
    clock
        Returns the date and time at which the clock stands still, or "" for the machine's clock.
    revision_ids
        Returns how new revisions are named: "random", "sequential", or "" for what the configuration says.
    on_forgotten
        Called before a database in memory is used that the session cannot keep.
    """

    def __init__(
        self,
        clock: Callable[[], str],
        revision_ids: Callable[[], str],
        on_forgotten: "Callable[[MigrationContext], None] | None" = None,
    ) -> None:
        self._clock = clock
        self._on_forgotten = on_forgotten
        self._revision_ids = revision_ids
        self._project: Project | None = None
        #: What `open` was given last: the path, absolute, and the application.
        self._opened: tuple[str | None, str | None] = (None, None)
        self._key: tuple[Any, ...] = ()
        #: What projects work on instead of the database of their settings, by the file and section of these.
        self._engines: dict[tuple[Path, str], Connectable] = {}
        #: The databases in memory, each by its project's file, section and url.
        self._kept: dict[tuple[Path, str, str], Connectable | None] = {}
        # A project that no widget shows any more is not looked at any more.
        self._models: WeakValueDictionary[Any, Model] = WeakValueDictionary()

    def open(self, options: argparse.Namespace | None = None) -> Project:
        """Return the project of the current folder, or the one that the global options name.

        Raises
        ------
        NoProjectError
            There is no configuration, or more than one.
        ConfigError
            It cannot be read, or the clock is set to what is no date.
        """
        clock, revision_ids = self._clock(), self._revision_ids()
        path, app = getattr(options, "config", None), getattr(options, "app", None)
        if path is None:
            path, app = self._opened[0], app or self._opened[1]
        project = Project.open(
            path,
            section=getattr(options, "name", None),
            x_arguments=tuple(getattr(options, "x", ())),
            clock=_frozen(clock),
            revision_ids=revision_ids or None,
            app=app,
            find_connectable=self._find_connectable,
            on_forgotten=self._on_forgotten,
        )
        # A setting may come from the environment, so `%env` between two cells counts as a change too.
        config = project.config
        files = tuple(map(_stamp, (config.path, config.toml_path)))
        settings = (config.directory, config.section, config.x_arguments, files, app)
        key = (settings, dict(os.environ), clock, revision_ids)
        if self._project is None or key != self._key:
            self._project, self._key = project, key
        return self._project

    def remember(self, path: Path, app: str | None) -> None:
        """Work on this project from now on, where a command does not name another."""
        self._opened = (str(path), app)

    def use(self, config: Config, engine: "Connectable | None") -> None:
        """Let a project work on this engine or connection from now on, or on the database of its settings."""
        self._engines.pop((config.file, config.section), None)
        if engine is not None:
            self._engines[config.file, config.section] = engine

    @property
    def project(self) -> Project | None:
        """The project of the last command."""
        return self._project

    def _find_connectable(self, config: Config) -> "Connectable | None":
        if (config.file, config.section) in self._engines:
            return self._engines[config.file, config.section]
        try:
            url = config.get("sqlalchemy.url") or ""
        except ConfigError:
            # What it lacks is for env.py to find out, which may do without.
            return None
        if not url.startswith(("sqlite", "duckdb")):
            return None
        key = config.file, config.section, url
        if key not in self._kept:
            from nbmigrate.environment.connectable import kept_in_memory

            self._kept[key] = kept_in_memory(config)
        return self._kept[key]

    def model(self, project: Project) -> "Model":
        """Return the model of a project, which all widgets of this session share."""
        from nbmigrate.notebook.state.model import Model

        key = _identity(project)
        model = self._models.get(key)
        if model is None:
            model = self._models[key] = Model(project)
        return model

    def notify(self) -> None:
        """Let the widgets show what a command has changed."""
        for model in list(self._models.values()):
            model.refresh()


def _identity(project: Project) -> tuple[Any, ...]:
    return project.config.path, project.config.section, project.config.x_arguments


def _stamp(path: Path | None) -> tuple[Path, int, int] | None:
    if path is None:
        return None
    status = path.stat()
    return path, status.st_mtime_ns, status.st_size


def _frozen(text: str) -> "Clock | None":
    if not text:
        return None
    from nbmigrate.clock import FrozenClock

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"MigrateMagics.clock = {text!r} is not a date and time.",
            'Write it like "2021-06-20 03:58:06", or "" for the machine\'s clock.',
        ) from error
    # Without a zone it would mean another moment on every machine.
    return FrozenClock(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def model_of(project: Project) -> "Model":
    """Return the model that the cells of this notebook use for a project; one of its own outside of a notebook."""
    from IPython.core.getipython import get_ipython

    from nbmigrate.notebook.state.model import Model

    for found in getattr(get_ipython(), "configurables", ()):
        session = getattr(found, "session", None)
        if isinstance(session, Session):
            return session.model(project)
    return Model(project)
