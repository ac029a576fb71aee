"""A project: a configuration, a directory of revisions, and the way to the database."""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nbmigrate.config import Config
from nbmigrate.errors import ConfigError, NoProjectError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading.headers import Header
from nbmigrate.scripts.reading.loading import execute_header

if TYPE_CHECKING:
    from nbmigrate.clock import Clock
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.environment.isolation.flask_app import Application
    from nbmigrate.environment.isolation.modules import ProjectModules
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.environment.offline_context import Offline

T = TypeVar("T")
#: Returns what env.py is to take instead of connecting, by the settings in force; None for nothing.
FindConnectable = Callable[[Config], "Connectable | None"]

RANDOM_LENGTH = 12


def random_id(graph: RevisionGraph) -> str:
    """Return twelve hexadecimal digits, as Alembic makes them."""
    import uuid

    return uuid.uuid4().hex[-RANDOM_LENGTH:]


def sequential_id(graph: RevisionGraph) -> str:
    """Return the next of 0001, 0002, ... that no revision has."""
    # Of random ids, which have twelve digits, some have no letter among them.
    taken = [
        int(name) for name in graph.names if name in graph and name.isdecimal() and len(name) != RANDOM_LENGTH
    ]
    return f"{max(taken, default=0) + 1:04d}"


REVISION_IDS: dict[str, Callable[[RevisionGraph], str]] = {"random": random_id, "sequential": sequential_id}


class Project:
    """What every command works on; holds no connection and nothing global.

    Parameters
    ----------
    config
        The settings, read once.
    clock
        Where dates and durations come from; the machine's clock if not given.
    revision_ids
        How a new revision is named, "random" or "sequential"; the option `revision_ids` of the configuration, or
        "random", if not given.
    alembic_config
        What env.py is to see as `context.config`; made of `config` for each run if not given.
    app
        The Flask application that is current while env.py runs, "package.module:name"; none if not given.
    find_connectable
        Looked up at each run: an engine or connection that there is already, or the database in memory that a
        notebook keeps.
    on_forgotten
        Called before something is done with a database in memory that is gone at the end of it.
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: "Clock | None" = None,
        revision_ids: str | None = None,
        alembic_config: "AlembicConfig | None" = None,
        app: str | None = None,
        find_connectable: FindConnectable = lambda config: None,
        on_forgotten: "Callable[[MigrationContext], None] | None" = None,
    ) -> None:
        self.config = config
        self.app = app
        self._find_connectable = find_connectable
        self._on_forgotten = on_forgotten
        self._alembic_config = alembic_config
        self._clock = clock
        self._revision_ids = revision_ids

    def __repr__(self) -> str:
        return f"Project({str(self.config.path)!r})"

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        section: str | None = None,
        x_arguments: Sequence[str] = (),
        clock: "Clock | None" = None,
        revision_ids: str | None = None,
        app: str | None = None,
        find_connectable: FindConnectable = lambda config: None,
        on_forgotten: "Callable[[MigrationContext], None] | None" = None,
    ) -> "Project":
        """Open the project of a folder or of an ini file.

        Parameters
        ----------
        path
            An ini file, or a folder that has one; the current folder if not given.
        section
            The section of the ini; `nbmigrate` or `alembic`, whichever it has, if not given.
        x_arguments
            What env.py reads with `context.get_x_argument()`, each "key=value".
        app
            The Flask application that env.py belongs to, "package.module:name".
        find_connectable, on_forgotten
            As for the class.

        Raises
        ------
        NoProjectError
            There is no configuration, or more than one.
        """
        try:
            here = Path.cwd()
        except OSError as error:
            raise NoProjectError(
                "The current folder is not there any more.", "Change to another one."
            ) from error
        place = here if path is None else here / path
        directory, file = (place, None) if place.is_dir() else (here, place)
        # What is named here is meant, whatever a variable of the environment names.
        config = Config.find(
            directory, file=file, section=section, x=tuple(x_arguments), environment=path is None
        )
        return cls(
            config,
            clock=clock,
            revision_ids=revision_ids,
            app=app,
            find_connectable=find_connectable,
            on_forgotten=on_forgotten,
        )

    def reload(self) -> None:
        """Read the configuration again, after it was changed."""
        config = self.config
        self.config = Config.find(
            config.directory, file=config.path, section=config.section, x=config.x_arguments
        )
        self.__dict__.pop("scripts", None)

    @cached_property
    def scripts(self) -> ScriptDirectory:
        """The directory of revisions."""
        return ScriptDirectory.from_config(self.config, self._execute_header)

    def _execute_header(self, path: Path) -> Header:
        """Run a revision file as its step would be run, for the header alone."""
        from nbmigrate.environment.alembic.names import builtins_with, importer
        from nbmigrate.environment.isolation.search_path import project_code

        with project_code(self.config, self.modules):
            return execute_header(path, builtins_with(importer()))

    @cached_property
    def modules(self) -> "ProjectModules":
        """The project's modules that are its runs' own."""
        from nbmigrate.environment.isolation.modules import ProjectModules

        return ProjectModules((self.config.directory, self.scripts.location, *self.config.prepend_sys_path))

    @property
    def graph(self) -> RevisionGraph:
        """The revisions as their files are now.

        Where there are none, and `revision_environment` lets env.py run for what is not a run, an env.py that sets
        `context.script.version_locations` is asked for the folders.
        """
        graph = self.scripts.graph()
        if not len(graph) and self._environment_locates():
            self.connect(lambda context: None)
            graph = self.scripts.graph()
        return graph

    def _environment_locates(self) -> bool:
        path = self.scripts.location / "env.py"
        return (
            self.runs_env
            and self.scripts.version_locations == self.config.version_locations
            and path.is_file()
            and b"script.version_locations" in path.read_bytes()
        )

    @property
    def runs_env(self) -> bool:
        """Whether env.py runs for new revisions too, as `revision_environment` says."""
        setting = (self.config.get("revision_environment") or "").strip().lower()
        return setting in ("true", "yes", "on", "y", "t", "1")

    @property
    def clock(self) -> "Clock":
        """The clock that dates revisions and times steps."""
        from nbmigrate.clock import SystemClock

        return self._clock if self._clock is not None else SystemClock()

    def new_id(self) -> str:
        """Return an id for a new revision, one that no revision has."""
        style = self._revision_ids or self.config.get("revision_ids") or "random"
        if style not in REVISION_IDS:
            raise ConfigError(
                f"{self.config.place('revision_ids')}: revision_ids = {style} is not valid.",
                f"Valid ones: {', '.join(REVISION_IDS)}.",
            )
        return REVISION_IDS[style](self.graph)

    def connect(
        self,
        action: "Callable[[MigrationContext], T]",
        *,
        target: str | None = None,
        tag: str | None = None,
        offline: "Offline | None" = None,
        project_imports: bool = True,
    ) -> T:
        """Run env.py and, where it calls `context.run_migrations()`, the action; nothing stays connected.

        Parameters
        ----------
        action
            Called with the database that env.py has configured.
        target
            What env.py gets from `context.get_revision_argument()`.
        tag
            What it gets from `context.get_tag_argument()`.
        offline
            Lets env.py run offline: the action writes a script, and nothing is connected to.
        project_imports
            Whether env.py, and what it needs, may be imported from the folders that `prepend_sys_path` names.
        """
        return self.connect_each(
            action, target=target, tag=tag, offline=offline, project_imports=project_imports
        )[-1]

    def connect_each(
        self,
        action: "Callable[[MigrationContext], T]",
        *,
        target: str | None = None,
        tag: str | None = None,
        offline: "Offline | None" = None,
        project_imports: bool = True,
    ) -> list[T]:
        """Run env.py, and do the action with each of the databases that it migrates, one after the other.

        Parameters
        ----------
        action, target, tag, offline, project_imports
            As for `connect`, which tells only of the last database.
        """
        from nbmigrate.environment.run import run_databases

        return run_databases(
            self.alembic_config,
            self.scripts,
            self._warned(action),
            target=target,
            tag=tag,
            offline=offline,
            modules=self.modules,
            project_imports=project_imports,
            application=self._application,
            connectable=self.connectable,
        )

    @property
    def connectable(self) -> "Connectable | None":
        """What env.py is to take instead of connecting; None where it connects by itself."""
        return self._find_connectable(self.config)

    def _warned(self, action: "Callable[[MigrationContext], T]") -> "Callable[[MigrationContext], T]":
        """Return an action that is preceded by a warning where what it does will not stay."""
        if self._on_forgotten is None:
            return action
        warn = self._on_forgotten

        def act(context: "MigrationContext") -> "T":
            if context.is_forgotten:
                warn(context)
            return action(context)

        return act

    @property
    def runs_own_code(self) -> bool:
        """Whether connecting runs code of the project: its env.py is not as `init` wrote it."""
        from nbmigrate.scripts.new_project.templates import is_from_template

        return self.app is not None or not is_from_template(self.scripts.location / "env.py")

    @property
    def _application(self) -> "Application | None":
        from nbmigrate.environment.isolation.flask_app import Application

        if self.app is None:
            return None
        # As `flask --app` does; and a notebook may have been opened in a folder beside the application's.
        return Application(self.app, (self.config.directory, Path.cwd(), self.scripts.location.parent))

    @property
    def alembic_config(self) -> "AlembicConfig":
        """What env.py sees as `context.config`: a new one for each run, or the one that a program gave."""
        from nbmigrate.environment.alembic.config import AlembicConfig

        return self._alembic_config or AlembicConfig.of(self.config)
