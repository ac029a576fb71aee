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
from nbmigrate.scripts.headers import Header
from nbmigrate.scripts.loading import execute_header

if TYPE_CHECKING:
    from nbmigrate.database.clock import Clock
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.environment.offline import Offline

T = TypeVar("T")

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
    """

    def __init__(
        self, config: Config, *, clock: "Clock | None" = None, revision_ids: str | None = None
    ) -> None:
        self.config = config
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
        config = Config.find(directory, file=file, section=section, x=tuple(x_arguments))
        return cls(config, clock=clock, revision_ids=revision_ids)

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
        from nbmigrate.environment.names import importer
        from nbmigrate.environment.search_path import search_path

        with search_path(self.config.prepend_sys_path):
            return execute_header(path, importer())

    @property
    def graph(self) -> RevisionGraph:
        """The revisions as their files are now."""
        return self.scripts.graph()

    @property
    def clock(self) -> "Clock":
        """The clock that dates revisions and times steps."""
        from nbmigrate.database.clock import SystemClock

        return self._clock if self._clock is not None else SystemClock()

    def new_id(self) -> str:
        """Return an id for a new revision, one that no revision has."""
        style = self._revision_ids or self.config.get("revision_ids") or "random"
        if style not in REVISION_IDS:
            raise ConfigError(
                f"revision_ids = {style} in {self.config.path}: not a way to name revisions.",
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
        """
        from nbmigrate.environment.run import run_environment

        return run_environment(self.config, self.scripts, action, target=target, tag=tag, offline=offline)
