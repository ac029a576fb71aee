"""The settings of a new project: its ini, and its table in a pyproject.toml where it has one."""

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.config import Config, double_percent, mask_url, reason
from nbmigrate.config.source import read_toml
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.new_project.templates import Template

__all__ = ["Settings", "new_settings", "points_to"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project that is to be made.

    Parameters
    ----------
    ini, toml
        The ini; the pyproject.toml, or None if the project has none.
    contents
        What to write, the ini first; a file that is there and kept is not among them.
    kept
        That a file is there already, and what becomes of it.
    to_do
        What the person has to change in a file that is kept.
    """

    ini: Path
    toml: Path | None
    contents: dict[Path, bytes]
    kept: tuple[str, ...]
    to_do: tuple[str, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return (self.ini, self.toml) if self.toml else (self.ini,)

    @property
    def location_file(self) -> Path:
        """The file that has the script_location."""
        return self.toml or self.ini


def new_settings(
    template: Template, directory: Path, ini: Path, url: str | None, toml: Path | None = None
) -> Settings:
    """Return what the settings of a project are to be; nothing is written.

    Parameters
    ----------
    directory
        The project's folder.
    ini
        Its ini.
    url
        The database url.
    toml
        Its pyproject.toml, for the templates that have one; the one beside the ini if not given.

    Raises
    ------
    ConfigError
        A file that is there cannot be read, or cannot take the settings; or a value cannot stand in it.
    """
    toml = (toml or ini.with_name("pyproject.toml")) if template.toml else None
    contents = {ini: _ini_content(template, directory, ini, url)}
    notes = {ini: f"{ini.name} exists already and was kept."}
    if toml is not None:
        table = _table(template, directory, toml)
        if table is not None:
            contents[toml] = table
        notes[toml] = f"{toml.name} is there already " + (
            "and has a [tool.alembic], which was kept." if table is None else "and got a [tool.alembic]."
        )
    kept = tuple(note for path, note in notes.items() if path.exists())
    if ini.exists():
        del contents[ini]
    return Settings(ini, toml, contents, kept, _to_do(directory, ini, toml, contents, url))


def points_to(config: Config, directory: Path) -> bool:
    """Whether a configuration is of the project in a folder."""
    try:
        return os.path.realpath(config.script_location) == os.path.realpath(directory)
    except ConfigError:
        return False


def _ini_content(template: Template, directory: Path, ini: Path, url: str | None) -> bytes:
    # Mako is imported when a project is made, and not with the command line.
    from nbmigrate.scripts.writing.rendering import render

    default = template.url or f"sqlite:///%(here)s/{directory.name.replace('%', '%%')}.db"
    location = _location(directory, ini)
    value = _in_one_line("url", double_percent(url.strip()) if url else default)
    return render(template.ini, {"script_location": location, "url": value}).encode()


def _table(template: Template, directory: Path, toml: Path) -> bytes | None:
    """Return a pyproject.toml with the project's table at its end; None if it has one."""
    from nbmigrate.scripts.writing.rendering import render

    present = read_toml(toml)
    if template.toml is None or (present is not None and present.section == "alembic"):
        return None
    if present is not None:
        raise ConfigError(
            f"{toml.name} has a [tool.nbmigrate] already; with [tool.alembic] beside it no command would know "
            "which is meant.",
            "Make the other project in a folder of its own.",
        )
    # What JSON makes of a text TOML reads back.
    location = json.dumps(_location(directory, toml), ensure_ascii=False)
    added = render(template.toml, {"script_location": location})
    try:
        before = toml.read_bytes().decode() if toml.exists() else ""
        between = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        ending = "\r\n" if "\r\n" in before else "\n"
        text = before + f"{between}{added}".replace("\n", ending)
        tomllib.loads(text)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"[tool.alembic] cannot be added to {toml.name}: {reason(error)}.",
            "Fix that file, or use the template generic, which leaves it alone. Nothing was created.",
        ) from error
    return text.encode()


def _location(directory: Path, file: Path) -> str:
    """Return what script_location says in a file."""
    here = directory.is_relative_to(file.parent)
    folder = os.path.relpath(directory, file.parent) if here else str(directory)
    location = Path(folder).as_posix().replace("%", "%%")
    if here:
        location = f"%(here)s/{location}" if folder != "." else "%(here)s"
    return _in_one_line("script_location", location)


def _in_one_line(name: str, value: str) -> str:
    if value != value.strip() or len(value.splitlines()) > 1:
        raise ConfigError(
            f"The {name} {mask_url(value)!r} cannot stand in an ini.", "Choose a name in one line."
        )
    return value


def _to_do(
    directory: Path, ini: Path, toml: Path | None, contents: dict[Path, bytes], url: str | None
) -> tuple[str, ...]:
    """Return what to change in the files that are kept, for the new project."""
    kept = [path for path in (ini, toml) if path is not None and path not in contents]
    if not kept:
        return ()
    config = Config.find(kept[0].parent, file=kept[0])
    notes = []
    # A table that is still to be added says where the project is, unless the ini does.
    is_configured = toml in contents and "script_location" not in config.options
    if not is_configured and not points_to(config, directory):
        source = next((item.source for item in config.settings() if item.key == "script_location"), "")
        location = directory.as_posix().replace("%", "%%")
        section = f"[{config.section}]"
        if toml is not None and source.partition(":")[0] in ("", toml.name):
            section, location = "[tool.alembic]", json.dumps(location, ensure_ascii=False)
        where = f" ({source})" if source else ""
        notes.append(f"For the new project it must say, under {section}: script_location = {location}{where}")
    if ini in kept and url and config.options.get("sqlalchemy.url") != double_percent(url.strip()):
        notes.append(
            f"{ini.name} keeps its sqlalchemy.url; `config sqlalchemy.url` followed by a url changes it."
        )
    return tuple(notes)
