"""The options of a project as its files have them: the ini wins over pyproject.toml."""

import contextlib
import os
import re
from collections.abc import Iterable
from configparser import ConfigParser
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nbmigrate.config.masking import mask_option
from nbmigrate.config.source import NO_FILE, Source, empty_source, parse_ini
from nbmigrate.errors import ConfigError, nearest

if TYPE_CHECKING:
    from datetime import tzinfo


ENGINE_PREFIX = "sqlalchemy."

#: What `create_engine()` takes and can be written in an ini; a dialect may have more.
_ENGINE = (
    *("url", "echo", "echo_pool", "hide_parameters", "isolation_level", "label_length", "logging_name"),
    *("max_identifier_length", "max_overflow", "paramstyle", "pool_logging_name", "pool_pre_ping"),
    *("pool_recycle", "pool_reset_on_return", "pool_size", "pool_timeout", "pool_use_lifo"),
    *("query_cache_size", "use_insertmanyvalues", "insertmanyvalues_page_size", "encoding", "future"),
)
_ALEMBIC = (
    *("script_location", "file_template", "prepend_sys_path", "timezone", "truncate_slug_length"),
    *("revision_environment", "sourceless", "version_locations", "path_separator", "version_path_separator"),
    *("recursive_version_locations", "output_encoding", "databases"),
)
_OWN = (
    *("describe", "lock_timeout", "postgresql_lock_retries", "postgresql_lock_timeout"),
    *("postgresql_statement_timeout", "record_runs", "revision_headers", "revision_ids", "transaction"),
)
#: All of them.
KEYS = (*_ALEMBIC, *_OWN, *(f"{ENGINE_PREFIX}{name}" for name in _ENGINE))


def nearest_key(key: str) -> str | None:
    """Return the setting that a name which is none was probably meant to be, or None."""
    if f"{ENGINE_PREFIX}{key}" in KEYS:
        return f"{ENGINE_PREFIX}{key}"
    if key.startswith(ENGINE_PREFIX):
        # What all of them begin with would make any two of them alike.
        near = nearest(key.removeprefix(ENGINE_PREFIX), _ENGINE)
        return f"{ENGINE_PREFIX}{near}" if near else None
    return nearest(key, KEYS)


def misspelled(keys: Iterable[str], meant: str) -> str | None:
    """Return the one of `keys` that is no setting and was probably meant to be `meant`, or None."""
    return next((key for key in keys if key not in KEYS and nearest_key(key) == meant), None)


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
class Options:
    """The options of a project, read once.

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

    @property
    def ini_parser(self) -> ConfigParser:
        """What the standard library has read of the ini; of an empty one where the settings are in pyproject.toml."""
        return self._ini.parser

    def with_options(self, parser: ConfigParser) -> Self:
        """Return the same configuration with the ini's options as a parser has them now."""
        ini = replace(self._ini, parser=parser)
        return replace(self, _sources=(ini, *(one for one in self._sources if one.path == self.toml_path)))

    def with_text(self, text: str) -> Self:
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


#: What `path_separator` may be, and what it stands for.
SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}


def separated(value: str, separator: str | None, legacy: str, place: str) -> list[str]:
    """Return the items of a list.

    Parameters
    ----------
    value
        The list as it is written.
    separator
        What `path_separator` says.
    legacy
        What lists are split by where it says nothing: a regular expression.
    place
        Where it is said, for errors: the file and its line.

    Raises
    ------
    ConfigError
        There is no such separator.
    """
    if separator is None:
        return [item for item in re.split(legacy, value) if item]
    if separator not in SEPARATORS:
        raise no_separator(place, "path_separator", separator)
    return [item.strip() for item in value.split(SEPARATORS[separator]) if item.strip()]


def no_separator(place: str, key: str, separator: str) -> ConfigError:
    """Return the error for a separator that there is not."""
    return ConfigError(f"{place}: {key} = {separator} is not valid.", f"Valid ones: {', '.join(SEPARATORS)}.")


def zone_named(name: str, place: str) -> "tzinfo":
    """Return a time zone by its name, in any case.

    Raises
    ------
    ConfigError
        There is none.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for spelling in (name, name.upper()):
        with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(spelling)
    raise ConfigError(f"{place}: timezone = {name}: no such time zone.", "Write one such as Europe/Berlin.")
