"""Starting a project: an ini, and a folder with env.py, script.py.mako and room for revisions."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.config import INI_NAMES, Config, double_percent, mask_url, reason, replace_file
from nbmigrate.errors import ConfigError, UsageError, nearest
from nbmigrate.scripts.headers import shown

__all__ = ["TEMPLATES", "Created", "create_project"]

#: What a project made from each is; each is a folder beside this file, the stem of an ini's name, and its section.
TEMPLATES = {
    "nbmigrate": "One database, revisions that import op from nbmigrate, settings in nbmigrate.ini.",
    "alembic": "One database, a project that the alembic command runs too, settings in alembic.ini.",
}
FILES = ("README", "env.py", "script.py.mako")
VERSIONS = "versions"
#: What makes the folder a package, with `package`.
PACKAGE_FILES = ("__init__.py", f"{VERSIONS}/__init__.py")
DEFAULT_URLS = {"alembic": "driver://user:pass@localhost/dbname"}

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Created:
    """A project that is there now.

    Parameters
    ----------
    ini_path
        Its ini.
    paths
        The ini, the folder, and what is in it.
    changed
        False when the project was there already, and nothing was written.
    notes
        What the person should know: an ini that was kept, and which line of it to change.
    """

    ini_path: Path
    paths: tuple[Path, ...]
    changed: bool
    notes: tuple[str, ...] = ()


def create_project(
    directory: Path,
    ini_path: Path | None = None,
    template: str = "nbmigrate",
    url: str | None = None,
    *,
    package: bool = False,
) -> Created:
    """Make a project; all of it or, where something stands in the way, nothing.

    Parameters
    ----------
    directory
        The folder to make; an empty one is filled.
    ini_path
        The ini to write; one named after the template, in the current folder, if not given. One that is there is kept.
    template
        One of `TEMPLATES`.
    url
        The database url; percent signs are doubled, `%(NAME)s` is left.
    package
        Whether the folder, and `versions` in it, get an `__init__.py`.

    Raises
    ------
    ConfigError
        The folder holds something else, or cannot be written.
    """
    if template not in TEMPLATES:
        near = nearest(template, TEMPLATES)
        hint = f"Did you mean {near}?" if near else f"There are: {', '.join(TEMPLATES)}."
        raise UsageError(f"There is no template {template!r}.", hint)
    directory = Path(os.path.normpath(Path.cwd() / directory))
    ini = Path(os.path.normpath(Path.cwd() / (ini_path or f"{template}.ini")))
    if ini_path is None:
        _refuse_second_ini(ini)
    content = _ini_content(directory, ini, template, url)
    notes = _kept_notes(directory, ini, url) if ini.exists() else ()
    names = (*FILES, VERSIONS, *(PACKAGE_FILES if package else ()))
    paths = (ini, directory, *(directory / name for name in names))
    try:
        if _is_filled(directory):
            if not _is_this_project(directory, ini):
                raise _occupied(directory, ini)
            return Created(
                ini, tuple(path for path in paths if path.exists()), changed=False, notes=notes[1:]
            )
        with _placed(directory, template, package=package):
            if not ini.exists():
                replace_file(ini, content)
    except OSError as error:
        raise ConfigError(
            f"{shown(directory)} cannot be made: {reason(error)}.",
            "Choose a folder that can be written. Nothing was made.",
        ) from error
    return Created(ini, paths, changed=True, notes=notes)


def _refuse_second_ini(ini: Path) -> None:
    for name in INI_NAMES:
        other = ini.with_name(name)
        if other != ini and other.exists():
            raise ConfigError(
                f"{other.name} is here already; with {ini.name} beside it no command would know which is meant.",
                "Make the other project in a folder of its own.",
            )


def _ini_content(directory: Path, ini: Path, template: str, url: str | None) -> bytes:
    # Mako is imported when a project is made, and not with the command line.
    from nbmigrate.scripts.rendering import render

    here = directory.is_relative_to(ini.parent)
    folder = os.path.relpath(directory, ini.parent) if here else str(directory)
    location = Path(folder).as_posix().replace("%", "%%")
    if here:
        location = f"%(here)s/{location}" if folder != "." else "%(here)s"
    default = DEFAULT_URLS.get(template, f"sqlite:///%(here)s/{directory.name.replace('%', '%%')}.db")
    variables = {"script_location": location, "url": double_percent(url.strip()) if url else default}
    for name, value in variables.items():
        if value != value.strip() or len(value.splitlines()) > 1:
            raise ConfigError(
                f"The {name} {mask_url(value)!r} cannot stand in an ini.", "Choose a name in one line."
            )
    return render(_TEMPLATES / template / f"{template}.ini.mako", variables).encode()


def _kept_notes(directory: Path, ini: Path, url: str | None) -> tuple[str, ...]:
    """Return that an ini was kept, and what to change in it for the new project."""
    config = Config.find(ini.parent, file=ini)
    notes = [f"{ini.name} is there already and was kept."]
    if not _points_to(config, directory):
        where = next((f" ({item.source})" for item in config.settings() if item.key == "script_location"), "")
        line = f"script_location = {directory.as_posix().replace('%', '%%')}"
        notes.append(f"For the new project it must say, under [{config.section}]: {line}{where}")
    if url and config.options.get("sqlalchemy.url") != double_percent(url.strip()):
        notes.append(
            f"{ini.name} keeps its sqlalchemy.url; `config sqlalchemy.url` followed by a url changes it."
        )
    return tuple(notes)


def _points_to(config: Config, directory: Path) -> bool:
    try:
        return os.path.realpath(config.script_location) == os.path.realpath(directory)
    except ConfigError:
        return False


def _is_filled(directory: Path) -> bool:
    if not os.path.lexists(directory):
        return False
    with os.scandir(directory) as entries:
        return any(True for _ in entries)


def _is_this_project(directory: Path, ini: Path) -> bool:
    needed = ("env.py", "script.py.mako", VERSIONS)
    return (
        ini.exists()
        and all((directory / name).exists() for name in needed)
        and _points_to(Config.find(ini.parent, file=ini), directory)
    )


def _occupied(directory: Path, ini: Path) -> ConfigError:
    hint = "Choose another name, or an empty folder."
    if (directory / "env.py").exists():
        hint = f"If it is a project, {ini.name} must say script_location = {directory.as_posix()}; {hint}"
    return ConfigError(f"Directory {shown(directory)} already exists and is not empty.", hint)


@contextlib.contextmanager
def _placed(directory: Path, template: str, *, package: bool) -> Iterator[None]:
    """Make the folder, under another name until it is complete; it is gone again if the block fails."""
    parents = [path for path in directory.parents if not path.exists()]
    is_there = directory.is_dir()
    stage = (directory if is_there else directory.parent) / f".nbmigrate-{secrets.token_hex(6)}"
    placed: list[Path] = []
    try:
        _fill(stage, template, package=package)
        if is_there:
            for made in sorted(stage.iterdir()):
                placed.append(made.rename(directory / made.name))  # noqa: PERF401 - what is moved must be known when one fails
            stage.rmdir()
        else:
            placed.append(stage.rename(directory))
        yield
    except BaseException:
        for path in (stage, *placed):
            _remove(path)
        for path in parents:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def _fill(folder: Path, template: str, *, package: bool) -> None:
    (folder / VERSIONS).mkdir(parents=True)
    source = _TEMPLATES / template
    shutil.copyfile(source / "README", folder / "README")
    # Under another name here, so that no tool takes it for a module of ours.
    shutil.copyfile(source / "env.py.mako", folder / "env.py")
    shutil.copyfile(source / "script.py.mako", folder / "script.py.mako")
    for name in PACKAGE_FILES if package else ():
        (folder / name).touch()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
