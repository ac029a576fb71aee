"""Changing one line of an ini."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbmigrate.config.config import Config
from nbmigrate.config.files import reason, replace_file
from nbmigrate.config.source import Source, double_percent, encoding_of, read_ini
from nbmigrate.errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class Change:
    """One option of an ini, before (None where it was not there) and after (None where it is not there any more).

    The lines are as they stand in the file, so they may hold a password: `mask_url` before showing them.
    """

    key: str
    source: str
    old_line: str | None = field(repr=False)
    new_line: str | None = field(repr=False)
    line_number: int


def set_urls(databases: Sequence[str]) -> str:
    """Return what to do for the urls of several databases, each of which has a section of its own."""
    calls = [f"`-n {name} config sqlalchemy.url sqlite:///{name}.db`" for name in databases]
    return f"Set the URL of each database: {', '.join(calls)}."


def set_option(
    config: Config, key: str, value: str, check: Callable[[Config], object] | None = None
) -> Change:
    """Write one line of the project's ini; every other line and all comments stay.

    Parameters
    ----------
    key
        The option; added at the end of the section if it is not there.
    value
        What it is to be, percent signs as they are: they are doubled in the file, `%(NAME)s` is left.
    check
        Raises where the configuration, as it is to be, cannot be; nothing is written then.

    Raises
    ------
    ConfigError
        There is no ini, the option or value cannot stand in one, or the file cannot be written.
    """
    path, value = _ini_of(config), double_percent(value.strip())
    if not re.fullmatch(r"[^\s=:\[#;][^=:\n\r]*", key) or key != key.strip():
        raise ConfigError(
            f"{key!r} cannot be the name of an option.", "A name has no `=`, `:` or line break."
        )
    if len(value.splitlines()) > 1:
        raise ConfigError(
            f"The value of {key} has more than one line.", "Only one line of the ini is edited."
        )
    source = read_ini(path, config.section)
    if not source.parser.has_section(config.section):
        raise ConfigError(
            f"{path.name} has no section [{config.section}].", f"Add a line [{config.section}] to it."
        )
    lines = io.StringIO(source.text).readlines()
    place = source.places.get((config.section, source.parser.optionxform(key)))
    if place is not None:
        change = _changed_line(source, lines, place, key, value)
        lines[place[0] - 1] = f"{change.new_line}{_ending(lines[place[0] - 1])}"
    else:
        change = _added_line(source, lines, key, value)
    if change.old_line != change.new_line:
        if check is not None:
            check(config.with_text("".join(lines)))
        _write(path, lines)
    return change


def unset_option(config: Config, key: str) -> Change:
    """Remove an option from the project's ini, all its lines; everything else stays.

    Raises
    ------
    ConfigError
        There is no ini, it has no such option in its section, or the file cannot be written.
    """
    path = _ini_of(config)
    source = read_ini(path, config.section)
    name = source.parser.optionxform(key)
    place = source.places.get((config.section, name))
    if place is None:
        if ("DEFAULT", name) in source.places:
            raise ConfigError(
                f"{source.where(name, ', line ')}: {key} stands in [DEFAULT], for all sections.",
                "Remove it there: only options of one section are removed here.",
            )
        near = nearest(name, source.options())
        raise ConfigError(
            f"{path.name} has no {key!r} in [{config.section}], so there is nothing to remove.",
            f"Did you mean {near!r}?" if near else "`config` lists those in force.",
        )
    lines = io.StringIO(source.text).readlines()
    first, last = place
    old = "".join(lines[first - 1 : last]).rstrip("\r\n")
    del lines[first - 1 : last]
    _write(path, lines)
    return Change(key, f"{path.name}:{first}", old, None, first)


def _ini_of(config: Config) -> Path:
    if config.path is None:
        raise ConfigError(f"The settings are in {config.file}.", "Change them there: only an ini is edited.")
    return config.path


def _write(path: Path, lines: Sequence[str]) -> None:
    try:
        replace_file(path, "".join(lines).encode(encoding_of(path)))
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be written: {reason(error)}.", "It was left as it is.") from error


def _changed_line(source: Source, lines: list[str], place: tuple[int, int], key: str, value: str) -> Change:
    first, last = place
    if last > first:
        raise ConfigError(
            f"{source.path.name}, lines {first} to {last}: the value of {key} has several lines.",
            "Change it in the file: only one line is edited here.",
        )
    old = lines[first - 1].rstrip("\r\n")
    found = re.match(r"\s*[^=:]*?\s*[=:][ \t]*", old)
    before = found[0] if found else f"{key} = "
    if before.endswith((" =", " :")):
        before += " "
    return Change(key, f"{source.path.name}:{first}", old, (before + value).rstrip(), first)


def _added_line(source: Source, lines: list[str], key: str, value: str) -> Change:
    """Add the option under the last one of its section."""
    ends = [last for (section, _), (_, last) in source.places.items() if section == source.section]
    number = max(ends)
    if not lines[number - 1].endswith(("\n", "\r")):
        lines[number - 1] += _ending(lines[0]) or "\n"
    line = f"{key} = {value}".rstrip()
    lines.insert(number, line + (_ending(lines[number - 1])))
    return Change(key, f"{source.path.name}:{number + 1}", None, line, number + 1)


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
