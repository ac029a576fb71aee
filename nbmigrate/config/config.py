"""The settings of a project, from its ini, its pyproject.toml and the environment.

The ini is read as Alembic reads it, with two differences that let a password stay out of it: `%(NAME)s` also stands for
an environment variable, and a percent sign in the path of the folder does no harm.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.config.finding import find_sources, named_sources
from nbmigrate.config.options import DEFAULTS, SEPARATORS, Options, no_separator, zone_named
from nbmigrate.config.source import HOOK_TABLES, NO_FILE, Source
from nbmigrate.errors import ConfigError, NoProjectError

if TYPE_CHECKING:
    from datetime import tzinfo


SECTION = "post_write_hooks"

#: A hook: its name, and its options as they are written: type, entrypoint, options ...
HookSetting = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Config(Options):
    """The settings of a project: what its options mean."""

    @classmethod
    def find(
        cls,
        directory: str | os.PathLike[str],
        file: str | os.PathLike[str] | None = None,
        section: str | None = None,
        x: Sequence[str] = (),
        *,
        environment: bool = True,
    ) -> "Config":
        """Read the configuration of the project in `directory`.

        Parameters
        ----------
        directory
            Where to look, and nowhere above it: nbmigrate.ini, alembic.ini, pyproject.toml.
        file
            The ini or pyproject.toml to read; if not given, what NBMIGRATE_CONFIG or ALEMBIC_CONFIG names.
        section
            The section of the ini; `nbmigrate` if it has that, else `alembic`, if not given.
        x
            The `-x` arguments.
        environment
            Whether NBMIGRATE_CONFIG and ALEMBIC_CONFIG count.

        Raises
        ------
        NoProjectError
            There is no configuration, or there are two inis.
        ConfigError
            The file cannot be read, or has no such section.
        """
        directory = Path(directory).absolute()
        return cls._of(directory, *find_sources(directory, file, section, environment=environment), x)

    @classmethod
    def named(
        cls,
        file: str | os.PathLike[str] | None,
        toml_file: str | os.PathLike[str] | None,
        section: str,
        *,
        variables: Mapping[str, str] | None = None,
        x: Sequence[str] = (),
    ) -> "Config":
        """Read these files and no others; without any, the configuration is empty and to be filled by a program.

        Parameters
        ----------
        file, toml_file
            The ini and the pyproject.toml.
        section
            The section of the ini that is the project's.
        variables
            What `%(name)s` stands for besides options, `here`, and environment variables.
        x
            The `-x` arguments.

        Raises
        ------
        ConfigError
            A file cannot be read.
        """
        directory = Path.cwd()
        return cls._of(directory, *named_sources(directory, file, toml_file, section, variables or {}), x)

    @classmethod
    def _of(cls, directory: Path, ini: Source | None, toml: Source | None, x: Sequence[str]) -> "Config":
        sources = tuple(filter(None, (ini, toml)))
        return cls(
            path=ini.path if ini and ini.path.name != NO_FILE else None,
            section=sources[0].section,
            directory=directory,
            toml_path=toml.path if toml else None,
            x_arguments=tuple(x),
            _sources=sources,
        )

    @property
    def post_write_hooks(self) -> tuple[HookSetting, ...]:
        """The programs to run on a new revision file, each with its options, in order."""
        return hook_settings(self._sources)

    @property
    def script_location(self) -> Path:
        """The folder with env.py and script.py.mako.

        Raises
        ------
        ConfigError
            The option is missing (NoProjectError: so is its file), or names a package that is not installed.
        """
        value = self.get("script_location")
        if not value and (self.file.parent / "env.py").is_file():
            # Flask-Migrate's ini is in that folder, and does not say so.
            return self.file.parent
        if not value:
            self.check_found()
            raise ConfigError(
                f"{self.file}: no script_location in [{self.section}].",
                self.misspelled("script_location")
                or f"Add a line: script_location = %(here)s/<folder>, under [{self.section}].",
            )
        return self._path(value)

    def check_found(self) -> None:
        """Raise NoProjectError if the ini that a program names is not there."""
        if self.file.name != NO_FILE and not self.file.exists():
            raise NoProjectError(f"There is no file {self.file}.", "Check the name given to Config().")

    @property
    def version_locations(self) -> tuple[Path, ...]:
        """The folders with the revision files; `versions` in the script location unless the option says otherwise."""
        values = self.items("version_locations")
        return tuple(map(self._path, values)) or (self.script_location / "versions",)

    @property
    def prepend_sys_path(self) -> tuple[Path, ...]:
        """The folders that env.py and the revision files import from first."""
        return tuple(self.directory / value for value in self.items("prepend_sys_path"))

    @property
    def databases(self) -> tuple[str, ...]:
        """The sections with a url each, where env.py migrates several databases as the template multidb does."""
        return tuple(filter(None, map(str.strip, (self.get("databases") or "").split(","))))

    @property
    def recursive_version_locations(self) -> bool:
        """Whether the folders below the version locations hold revision files too."""
        return self.is_true("recursive_version_locations")

    @property
    def sourceless(self) -> bool:
        """Whether a compiled file is a revision where its source is not there."""
        return self.is_true("sourceless")

    @property
    def executes_headers(self) -> bool:
        """Whether a revision file with a computed header is run to read it.

        Raises
        ------
        ConfigError
            The option `revision_headers` is neither `read` nor `execute`.
        """
        value = self.get("revision_headers") or "read"
        if value not in ("read", "execute"):
            raise ConfigError(
                f"{self.place('revision_headers')}: revision_headers = {value} is not valid.",
                "Valid ones: read, execute.",
            )
        return value == "execute"

    def describes_from_source(self, *, default: bool = False) -> bool:
        """Whether what a revision does is read from its source, so that nothing of its file runs.

        Parameters
        ----------
        default
            What holds where the option `describe` is not set.

        Raises
        ------
        ConfigError
            The option is neither `run` nor `static`.
        """
        value = self.get("describe") or ("static" if default else "run")
        if value not in ("run", "static"):
            raise ConfigError(
                f"{self.place('describe')}: describe = {value} is not valid.", "Valid ones: run, static."
            )
        return value == "static"

    @property
    def file_template(self) -> str:
        """How a revision file is named."""
        return self.get("file_template") or DEFAULTS["file_template"]

    @property
    def output_encoding(self) -> str:
        """The encoding that revision files are written in."""
        return self.get("output_encoding") or DEFAULTS["output_encoding"]

    @property
    def truncate_slug_length(self) -> int:
        """How many characters of the message a file name has at most."""
        value = self.get("truncate_slug_length") or DEFAULTS["truncate_slug_length"]
        if not value.isdecimal():
            raise ConfigError(
                f"{self.place('truncate_slug_length')}: truncate_slug_length = {value} is not a number.",
                "Write one, such as 40.",
            )
        return int(value) or int(DEFAULTS["truncate_slug_length"])

    @property
    def timezone(self) -> "tzinfo | None":
        """The time zone of the dates in revision files; None for the machine's own.

        Raises
        ------
        ConfigError
            No time zone has this name.
        """
        name = self.get("timezone")
        return zone_named(name, self.place("timezone")) if name else None

    def check_separator(self, key: str) -> None:
        """Raise ConfigError if `path_separator`, or the older `version_path_separator`, is none that there is."""
        if (separator := self.get(key)) not in SEPARATORS:
            raise no_separator(self.place(key), key, separator or "")

    def _path(self, value: str) -> Path:
        if Path(value).is_absolute() or ":" not in value:
            return Path(os.path.normpath(self.directory / value))
        from nbmigrate.config.packages import package_path

        package, *folders = value.split(":")
        return package_path(package, folders, [str(path) for path in self.prepend_sys_path])


def hook_settings(sources: Sequence[Source]) -> tuple[HookSetting, ...]:
    """Return the hooks in the order they run; where the ini has a section for them, pyproject.toml is not looked at."""
    for source in sources:
        if source.parser.has_section(SECTION):
            return tuple(_from_section(source))
    return tuple(hook for source in sources for hook in _from_tables(source))


def _from_section(source: Source) -> Iterator[HookSetting]:
    options = source.parser.options(SECTION)
    names = source.get("hooks", SECTION) if "hooks" in options else ""
    for name in filter(None, re.split(r"[,\s]+", names)):
        # The parser writes options in small letters, whatever the name is written in.
        prefix = source.parser.optionxform(f"{name}.")
        found = {key.removeprefix(prefix): key for key in options if key.startswith(prefix)}
        yield name, {key: source.get(full, SECTION) for key, full in found.items()}


def _from_tables(source: Source) -> Iterator[HookSetting]:
    for section in source.parser.sections():
        if section.startswith(HOOK_TABLES):
            keys = [key for key in source.parser.options(section) if key not in source.parser.defaults()]
            options = {key: source.get(key, section) for key in keys}
            name = options.pop("name", "")
            if not name:
                raise ConfigError(
                    f"{source.path.name}: a post write hook has no name.", 'Add a line: name = "..."'
                )
            yield name, options
