"""The settings of a project, from its ini, its pyproject.toml and the environment.

The ini is read as Alembic reads it, with two differences that let a password stay out of it: `%(NAME)s` also stands for
an environment variable, and a percent sign in the path of the folder does no harm.
"""

import os
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.config.finding import find_sources, named_sources
from nbmigrate.config.hooks import HookSetting, hook_settings
from nbmigrate.config.keys import misspelled
from nbmigrate.config.masking import mask_option
from nbmigrate.config.parsing import SEPARATORS, no_separator, separated, zone_named
from nbmigrate.config.source import NO_FILE, Source, empty_source, parse_ini
from nbmigrate.errors import ConfigError, NoProjectError

if TYPE_CHECKING:
    from datetime import tzinfo

DEFAULTS = {"file_template": "%(rev)s_%(slug)s", "truncate_slug_length": "40", "output_encoding": "utf-8"}


#: What lists are split by where path_separator does not say it.
_LEGACY = {"version_locations": r", *| +", "prepend_sys_path": r", *| +|:"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in force; passwords in `value` are masked, `source` is like "nbmigrate.ini:12" or "default"."""

    key: str
    value: str
    source: str


@dataclass(frozen=True)
class Config:
    """The settings of a project, read once.

    Parameters
    ----------
    path
        The ini; None for a project that has a pyproject.toml alone.
    section
        The section of the ini that is the project's.
    directory
        The folder that relative paths start from.
    toml_path
        The pyproject.toml, where it has a `[tool.nbmigrate]` or `[tool.alembic]`.
    x_arguments
        What env.py reads with `context.get_x_argument()`.
    """

    path: Path | None
    section: str
    directory: Path
    toml_path: Path | None = None
    x_arguments: tuple[str, ...] = field(default=(), repr=False)
    _sources: tuple[Source, ...] = field(default=(), repr=False)

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
    def ini_parser(self) -> ConfigParser:
        """What the standard library has read of the ini; of an empty one where the settings are in pyproject.toml."""
        return self._ini.parser

    def with_options(self, parser: ConfigParser) -> "Config":
        """Return the same configuration with the ini's options as a parser has them now."""
        ini = replace(self._ini, parser=parser)
        return replace(self, _sources=(ini, *(one for one in self._sources if one.path == self.toml_path)))

    def with_text(self, text: str) -> "Config":
        """Return the same configuration with another text of its ini."""
        ini = parse_ini(self._ini.path, text, self.section)
        return replace(self, _sources=(ini, *(one for one in self._sources if one.path == self.toml_path)))

    @property
    def _ini(self) -> Source:
        first = self._sources[0]
        if first.path != self.toml_path:
            return first
        return empty_source(first.path.with_name(NO_FILE), self.section)

    @property
    def file(self) -> Path:
        """The file to name to a person: the ini, or the pyproject.toml where there is none."""
        return self._sources[0].path

    @property
    def options(self) -> dict[str, str]:
        """The options of the project as they are written, before interpolation; the ini wins over pyproject.toml."""
        return {key: source.raw(key) for source in reversed(self._sources) for key in source.options()}

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return an option, `%(NAME)s` replaced by the option, or else the environment variable, of that name.

        Raises
        ------
        ConfigError
            There is no option or variable of that name.
        """
        source = self._source(key)
        return source.get(key) if source else default

    def section_items(self, name: str) -> dict[str, str]:
        """Return the options of any section of the ini, with those of DEFAULT and `here`; nothing if there is none."""
        source = self._sources[0]
        if source.path == self.toml_path or not source.parser.has_section(name):
            return {}
        return {key: source.get(key, name) for key in source.parser.options(name)}

    def settings(self) -> tuple[Setting, ...]:
        """Return the settings in force, passwords masked, each with the file and line it comes from."""
        found: dict[str, Setting] = {}
        for source in self._sources:
            for key in source.options():
                found.setdefault(key, self._setting(source, key))
        for key, value in DEFAULTS.items():
            found.setdefault(key, Setting(key, value, "default"))
        return tuple(found.values())

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

    def is_true(self, key: str) -> bool:
        """Tell whether an option is `true`.

        Raises
        ------
        ConfigError
            It is in a pyproject.toml, and is neither `true` nor `false`.
        """
        value, source = self.get(key), self._source(key)
        is_toml = source is not None and source.path == self.toml_path
        if is_toml and value not in ("true", "false"):
            raise ConfigError(
                f"boolean value expected for TOML parameter {key!r}",
                f"Write {key} = true, or false, in {self.toml_path}.",
            )
        return value == "true"

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

    def place(self, key: str) -> str:
        """Return the file and line of an option, such as "nbmigrate.ini, line 12"; the file where it is not there."""
        source = self._source(key)
        return source.where(key, ", line ") if source else self.file.name

    def place_in(self, section: str, key: str) -> str:
        """Return the file and line of an option of any section of the ini."""
        return replace(self._sources[0], section=section).where(key, ", line ")

    def unset_variables(self, key: str) -> list[str]:
        """Return the environment variables that an option needs, as none of the file, and that are not there."""
        source = self._source(key)
        return [name for name in source.environment_names(key) if name not in os.environ] if source else []

    def misspelled(self, key: str) -> str:
        """Return where an option stands whose name is probably a misspelling of this one, and what to do; or ""."""
        found = misspelled(self.options, key)
        if found is None:
            return ""
        return f"{self.place(found)}: {found} is no setting. Did you mean {key}?"

    def check_separator(self, key: str) -> None:
        """Raise ConfigError if `path_separator`, or the older `version_path_separator`, is none that there is."""
        if (separator := self.get(key)) not in SEPARATORS:
            raise no_separator(self.place(key), key, separator or "")

    def _source(self, key: str) -> Source | None:
        return next((source for source in self._sources if source.has(key)), None)

    def _setting(self, source: Source, key: str) -> Setting:
        places = [source.where(key)]
        places += [f"environment variable {name}" for name in source.environment_names(key)]
        try:
            value = source.get(key)
        except ConfigError:
            value = source.raw(key)
            places[1:] = [f"{place} (not set)" for place in places[1:]]
        return Setting(key, mask_option(key, value), ", ".join(places))

    def items(self, key: str) -> list[str]:
        """Return the items of `version_locations` or `prepend_sys_path`, as they are written."""
        source = self._source(key)
        if source is None:
            return []
        value = source.get(key)
        if source.path == self.toml_path:
            return [item for item in value.split("\n") if item]
        name = self.get("path_separator") or (
            self.get("version_path_separator") if key == "version_locations" else None
        )
        return separated(value, name, _LEGACY[key], self.place("path_separator"))

    def _path(self, value: str) -> Path:
        if Path(value).is_absolute() or ":" not in value:
            return Path(os.path.normpath(self.directory / value))
        from nbmigrate.config.packages import package_path

        package, *folders = value.split(":")
        return package_path(package, folders, [str(path) for path in self.prepend_sys_path])
