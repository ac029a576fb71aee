"""The folder of Alembic's ScriptDirectory: where it is, and how its files are named and read."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.errors import ConfigError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.scripts.directory import ScriptDirectory


class ScriptFolder:
    """The revision files of a project, and their settings under Alembic's names.

    Parameters
    ----------
    dir
        The folder with env.py.
    file_template, truncate_slug_length
        How a new revision file is named.
    version_locations, recursive_version_locations
        The folders with the revision files, `versions` in `dir` if None, and whether those below count too.
    sourceless
        Whether compiled files are revisions where their source is not there.
    output_encoding
        How a new revision file is encoded.

    Raises
    ------
    ConfigError
        There is no such folder.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str],  # noqa: A002
        file_template: str = "%(rev)s_%(slug)s",
        truncate_slug_length: int | None = 40,
        version_locations: Sequence[str | os.PathLike[str]] | None = None,
        sourceless: bool = False,
        output_encoding: str = "utf-8",
        *,
        recursive_version_locations: bool = False,
    ) -> None:
        self._config: AlembicConfig | None = None
        self._scripts = ScriptDirectory(
            Path(dir),
            tuple(map(Path, version_locations or ())),
            file_template,
            truncate_slug_length or 40,
            output_encoding,
            recursive=recursive_version_locations,
            sourceless=sourceless,
        )
        if not Path(dir).is_dir():
            raise ConfigError(
                f"Path doesn't exist: {os.fspath(dir)}.", "Make a project with the command init."
            )

    @classmethod
    def of(cls, scripts: ScriptDirectory, config: AlembicConfig | None = None) -> Self:
        """Return the revision files of a project under Alembic's names.

        Parameters
        ----------
        scripts
            The folder of the revisions.
        config
            The configuration that the files are found by.
        """
        made = cls.__new__(cls)
        made._scripts, made._config = scripts, config
        return made

    @classmethod
    def from_config(cls, config: AlembicConfig) -> Self:
        """Return the script directory of a configuration.

        Raises
        ------
        ConfigError
            The configuration does not say where it is, or it is not there.
        """
        return cls.of(ScriptDirectory.from_config(config.settings), config)

    def __repr__(self) -> str:
        return f"ScriptDirectory({self.dir!r})"

    @property
    def scripts(self) -> ScriptDirectory:
        """The same under our own names."""
        return self._scripts

    @property
    def graph(self) -> RevisionGraph:
        """The revisions as a graph.

        Raises
        ------
        GraphError, ScriptError
            It is not sound: the first of its problems.
        """
        graph = self._scripts.graph()
        graph.check()
        return graph

    @property
    def location(self) -> Path:
        """The folder with env.py."""
        return self._scripts.location

    @property
    def dir(self) -> str:
        """The folder with env.py."""
        return str(self._scripts.location)

    @property
    def env_py_location(self) -> str:
        """The path of env.py."""
        return str(self._scripts.location / "env.py")

    @property
    def versions(self) -> str:
        """The first folder with revision files."""
        return str(self._scripts.version_locations[0])

    @property
    def version_locations(self) -> list[str]:
        """The folders with revision files."""
        return [str(folder) for folder in self._scripts.version_locations]

    @version_locations.setter
    def version_locations(self, folders: Sequence[str]) -> None:
        # An env.py of several kinds of databases has a folder for each, and says here which.
        self._scripts.version_locations = tuple(map(Path, folders))

    @property
    def file_template(self) -> str:
        """How a revision file is named."""
        return self._scripts.file_template

    @property
    def truncate_slug_length(self) -> int:
        """How long the part of a file's name may be that is made of the message."""
        return self._scripts.truncate_slug_length

    @truncate_slug_length.setter
    def truncate_slug_length(self, length: int) -> None:
        self._scripts.truncate_slug_length = length

    @property
    def sourceless(self) -> bool:
        """Whether compiled files are revisions where their source is not there."""
        return self._scripts.sourceless

    @property
    def recursive_version_locations(self) -> bool:
        """Whether the folders below those with the revision files count too."""
        return self._scripts.recursive

    @property
    def output_encoding(self) -> str:
        """How a revision file is encoded."""
        return self._scripts.output_encoding
