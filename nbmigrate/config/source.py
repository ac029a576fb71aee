"""One file of settings: an ini, or the table of a pyproject.toml."""

import configparser
import io
import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from nbmigrate.config.files import reason
from nbmigrate.errors import ConfigError

SECTIONS = ("nbmigrate", "alembic")
#: How the sections begin that the tables of `post_write_hooks` in a pyproject.toml become.
HOOK_TABLES = "post_write_hooks "

_REFERENCE = re.compile(r"%%|%\(([^)]+)\)s|%")


def double_percent(value: str) -> str:
    """Return `value` as an ini must hold it: percent signs doubled, except in `%(NAME)s` and where they are already."""
    return _REFERENCE.sub(lambda match: "%%" if match[0] == "%" else match[0], value)


class _Interpolation(configparser.BasicInterpolation):
    """Interpolation that finds, after the section and DEFAULT, the variables of the environment."""

    def __init__(self) -> None:
        # Options are found in any case, so variables are too; of `name` and `NAME` the second, which sorts first.
        self.environment = {
            name.lower(): value.replace("%", "%%") for name, value in sorted(os.environ.items(), reverse=True)
        }

    def before_get(
        self,
        parser: MutableMapping[str, Mapping[str, str]],
        section: str,
        option: str,
        value: str,
        defaults: Mapping[str, str],
    ) -> str:
        return super().before_get(parser, section, option, value, {**self.environment, **defaults})


@dataclass(frozen=True)
class Source:
    """The settings of one section of one file."""

    path: Path
    section: str
    text: str = field(repr=False)
    parser: configparser.ConfigParser = field(repr=False, compare=False)
    places: Mapping[tuple[str, str], tuple[int, int]] = field(repr=False, compare=False)

    def has(self, key: str) -> bool:
        """Whether the section, or DEFAULT, has the option."""
        return self.parser.has_option(self.section, key)

    def options(self) -> list[str]:
        """Return the options in force, those of DEFAULT too."""
        if not self.parser.has_section(self.section):
            return []
        return [key for key in self.parser.options(self.section) if key != "here"]

    def raw(self, key: str) -> str:
        """Return an option as it is written."""
        return self.parser.get(self.section, key, raw=True)

    def where(self, key: str, separator: str = ":") -> str:
        """Return the file and line of an option."""
        for section in (self.section, "DEFAULT"):
            if place := self.places.get((section, key)):
                return f"{self.path.name}{separator}{place[0]}"
        return self.path.name

    def get(self, key: str, section: str | None = None) -> str:
        """Return an option, interpolated."""
        section = section or self.section
        try:
            return self.parser.get(section, key)
        except configparser.InterpolationMissingOptionError as error:
            name = self._spelled(str(error.reference))
            raise ConfigError(
                f"{self.where(key, ', line ')}: {key} uses %({name})s, which is no option and no environment variable.",
                f"Set the environment variable {name}, or write {name} = ... into [{section}].",
            ) from None
        except configparser.InterpolationError:
            # Its own text shows the value, and with it a password.
            raise ConfigError(
                f"{self.where(key, ', line ')}: a percent sign in {key} is not part of a %(NAME)s.",
                "Write it twice: %%.",
            ) from None

    def environment_names(self, key: str) -> list[str]:
        """Return the names in a value that the file does not define."""
        names = [match[1] for match in _REFERENCE.finditer(self.raw(key)) if match[1]]
        return [name for name in names if not self.has(name)]

    def _spelled(self, reference: str) -> str:
        found = re.search(rf"%\(({re.escape(reference)})\)s", self.text, re.IGNORECASE)
        return found[1] if found else reference.upper()


#: What stands for the name of an ini where a program says everything itself.
NO_FILE = "(no ini)"


def empty_source(path: Path, section: str, variables: Mapping[str, str] | None = None) -> Source:
    """Return the settings of an ini that says nothing."""
    parser = _parser_of(path, variables)
    parser.add_section(section)
    return Source(path, section, "", parser, {})


def read_ini(path: Path, section: str | None, variables: Mapping[str, str] | None = None) -> Source:
    """Read an ini; the section is `nbmigrate` or `alembic`, whichever it has, if not given, and need not be there."""
    try:
        text = path.read_bytes().decode(encoding_of(path))
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be read: {reason(error)}.", "Save it as UTF-8.") from error
    return parse_ini(path, text, section, variables)


def parse_ini(
    path: Path, text: str, section: str | None, variables: Mapping[str, str] | None = None
) -> Source:
    """Return the settings of an ini that has, or is to have, this text; see `read_ini`."""
    parser = _parser_of(path, variables)
    try:
        parser.read_string(text, path.name)
    except configparser.Error as error:
        raise _not_an_ini(path, error) from None
    if section is None:
        usual = path.stem if path.stem in SECTIONS else SECTIONS[0]
        section = next((name for name in SECTIONS if parser.has_section(name)), usual)
    return Source(path, section, text, parser, _places(text, parser))


def read_toml(path: Path, variables: Mapping[str, str] | None = None) -> Source | None:
    """Return the project's table of a pyproject.toml, or None if it has none."""
    if not path.is_file():
        return None
    # Hardly a project keeps its settings there.
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        tools = tomllib.loads(text).get("tool")
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {reason(error)}.", "Fix it, or name an ini with -c."
        ) from error
    tables = tools if isinstance(tools, dict) else {}
    section = next((name for name in SECTIONS if isinstance(tables.get(name), dict)), None)
    if section is None:
        return None
    parser = _parser_of(path, variables)
    parser.read_dict({section: dict(_toml_options(tables[section]))})
    hooks = tables[section].get("post_write_hooks", [])
    for number, hook in enumerate(hooks if isinstance(hooks, list) else [hooks]):
        if isinstance(hook, dict):
            parser.read_dict({f"{HOOK_TABLES}{number}": dict(_toml_options(hook))})
    # tomllib gives no lines. Tables and keys are on lines of their own, as in an ini.
    places = {
        (section, key.strip("\"'")): place
        for (table, key), place in _places(text, parser).items()
        if table == f"tool.{section}"
    }
    return Source(path, section, repr(tables[section]), parser, places)


def _toml_options(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, bool):
            yield key, str(value).lower()
        elif isinstance(value, str | int):
            yield key, str(value)
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield key, "\n".join(value)


def _parser_of(path: Path, variables: Mapping[str, str] | None = None) -> configparser.ConfigParser:
    here = path.absolute().parent.as_posix().replace("%", "%%")
    return configparser.ConfigParser({**(variables or {}), "here": here}, interpolation=_Interpolation())


def _places(text: str, parser: configparser.ConfigParser) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the first and last line of each option; a section's own line is its option ""."""
    places: dict[tuple[str, str], tuple[int, int]] = {}
    current, section, indent = None, "", 0
    for number, line in enumerate(io.StringIO(text), 1):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        level = len(line) - len(line.lstrip())
        if current is not None and level > indent:
            places[current] = (places[current][0], number)
            continue
        indent = level
        if header := re.match(r"\[(.+)\]", content):
            section, current = header[1], None
            places[section, ""] = (number, number)
        else:
            current = (section, parser.optionxform(re.split(r"\s*[=:]", content, maxsplit=1)[0]))
            places[current] = (number, number)
    return places


def _not_an_ini(path: Path, error: configparser.Error) -> ConfigError:
    """Say where and what; the parser's own text shows the line, and with it a password."""
    if isinstance(error, configparser.DuplicateOptionError):
        return ConfigError(
            f"{path.name}, line {error.lineno}: {error.option} is in [{error.section}] twice.",
            "Take one out.",
        )
    if isinstance(error, configparser.DuplicateSectionError):
        return ConfigError(
            f"{path.name}, line {error.lineno}: [{error.section}] is there twice.", "Join the two."
        )
    if isinstance(error, configparser.MissingSectionHeaderError):
        return ConfigError(
            f"{path.name}, line {error.lineno}: not under any [section].", "Write [nbmigrate] above it."
        )
    line = error.errors[0][0] if isinstance(error, configparser.ParsingError) and error.errors else 1
    return ConfigError(f"{path.name}, line {line}: neither a [section] nor key = value.", "Fix the line.")


def encoding_of(path: Path) -> str:
    """Return how a file is encoded: UTF-8, with the mark that Notepad puts in front or without."""
    return "utf-8-sig" if path.read_bytes().startswith(b"\xef\xbb\xbf") else "utf-8"
