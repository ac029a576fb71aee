"""Starting a project: its settings, and a folder with env.py, script.py.mako and room for revisions."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.config import INI_NAMES, Config, reason, replace_file, set_urls
from nbmigrate.errors import ConfigError, UsageError, nearest
from nbmigrate.scripts.new_project.settings import Settings, new_settings, points_to
from nbmigrate.scripts.new_project.templates import TEMPLATES, Template
from nbmigrate.scripts.reading.headers import shown

__all__ = ["TEMPLATES", "Created", "create_project"]

VERSIONS = "versions"
FILES = ("README", "env.py", "script.py.mako", VERSIONS)
#: The databases of the template multidb.
ENGINES = ("engine1", "engine2")
#: What makes the folder a package, with `package`.
PACKAGE_FILES = ("__init__.py", f"{VERSIONS}/__init__.py")


@dataclass(frozen=True, slots=True)
class Created:
    """A project that is there now.

    Parameters
    ----------
    ini_path
        Its ini.
    paths
        The ini, the pyproject.toml if it is part of it, the folder, and what is in it.
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
    toml: Path | None = None,
    templates: Mapping[str, Template] = TEMPLATES,
) -> Created:
    """Make a project; all of it or, where something stands in the way, nothing.

    Parameters
    ----------
    directory
        The folder to make; an empty one is filled.
    ini_path
        The ini to write, or the pyproject.toml that it is to stand beside; in the current folder if not given. An ini
        that is there is kept, and so is a `[tool.alembic]`.
    template
        One of `TEMPLATES`.
    url
        The database url; percent signs are doubled, `%(NAME)s` is left. Not for a template with several databases.
    package
        Whether the folder, and `versions` in it, get an `__init__.py`.
    toml
        The pyproject.toml, for the templates that have one; the one beside the ini if not given.
    templates
        What `template` names one of.

    Raises
    ------
    ConfigError
        The folder holds something else, or cannot be written; or a pyproject.toml cannot take the settings.
    UsageError
        There is no such template, or it does not go with the other arguments.
    """
    source = _template_named(template, templates)
    if url and not source.takes_url:
        raise UsageError(
            f"The template {template} has a URL for each of its databases, and one was given.",
            f"Leave it out. {set_urls(ENGINES)}",
        )
    directory = Path(os.path.normpath(Path.cwd() / directory))
    ini = _ini_of(source, ini_path)
    toml = None if toml is None else Path(os.path.normpath(Path.cwd() / toml))
    settings = new_settings(source, directory, ini, url, toml)
    names = (*FILES, *(PACKAGE_FILES if package else ()))
    paths = (*settings.paths, directory, *(directory / name for name in names))
    try:
        if _is_filled(directory):
            if not _is_this_project(directory, settings):
                raise _occupied(directory, settings.location_file)
            existing = tuple(path for path in paths if path.exists())
            return Created(ini, existing, changed=False, notes=settings.to_do)
        with _placed(directory, source, package=package):
            _write(settings.contents)
    except OSError as error:
        raise ConfigError(
            f"{shown(directory)} cannot be made: {reason(error)}.",
            "Choose a folder that can be written. Nothing was made.",
        ) from error
    urls = () if source.takes_url or ini not in settings.contents else (set_urls(ENGINES),)
    return Created(ini, paths, changed=True, notes=settings.kept + settings.to_do + urls)


def _template_named(name: str, templates: Mapping[str, Template]) -> Template:
    if name not in templates:
        near = nearest(name, templates)
        hint = f"Did you mean {near}?" if near else f"There are: {', '.join(templates)}."
        raise UsageError(f"There is no template {name!r}.", hint)
    return templates[name]


def _ini_of(template: Template, path: Path | None) -> Path:
    """Return the ini to write: the one that is named, or beside the pyproject.toml that is, or in this folder."""
    if path is not None and path.name == "pyproject.toml":
        if template.toml is None:
            raise UsageError(
                f"The settings of this template are in an ini, and {path} is none.",
                "Take the template pyproject, or name an ini.",
            )
        path = path.with_name(template.ini_name)
    ini = Path(os.path.normpath(Path.cwd() / (path or template.ini_name)))
    if path is None:
        _refuse_second_ini(ini)
    return ini


def _refuse_second_ini(ini: Path) -> None:
    for name in INI_NAMES:
        other = ini.with_name(name)
        if other != ini and other.exists():
            raise ConfigError(
                f"{other.name} is here already; with {ini.name} beside it no command would know which is meant.",
                "Make the other project in a folder of its own.",
            )


def _is_filled(directory: Path) -> bool:
    if not os.path.lexists(directory):
        return False
    with os.scandir(directory) as entries:
        return any(True for _ in entries)


def _is_this_project(directory: Path, settings: Settings) -> bool:
    needed = (*settings.paths, *(directory / name for name in FILES if name != "README"))
    return all(path.exists() for path in needed) and points_to(
        Config.find(settings.ini.parent, file=settings.ini), directory
    )


def _occupied(directory: Path, file: Path) -> ConfigError:
    hint = "Choose another name, or an empty folder."
    if (directory / "env.py").exists():
        hint = f"If it is a project, {file.name} must say script_location = {directory.as_posix()}; {hint}"
    return ConfigError(f"Directory {shown(directory)} already exists and is not empty.", hint)


@contextlib.contextmanager
def _placed(directory: Path, template: Template, *, package: bool) -> Iterator[None]:
    """Make the folder, under another name until it is complete; it is gone again if the block fails."""
    parents = [path for path in directory.parents if not path.exists()]
    exists = directory.is_dir()
    stage = (directory if exists else directory.parent) / f".nbmigrate-{secrets.token_hex(6)}"
    placed: list[Path] = []
    try:
        _fill(stage, template, package=package)
        if exists:
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


def _fill(folder: Path, template: Template, *, package: bool) -> None:
    (folder / VERSIONS).mkdir(parents=True)
    template.copy_to(folder)
    for name in PACKAGE_FILES if package else ():
        (folder / name).touch()


def _write(contents: Mapping[Path, bytes]) -> None:
    """Write all the files or none; only the last may be one that is there."""
    made: list[Path] = []
    try:
        for path, content in contents.items():
            is_new = not path.exists()
            replace_file(path, content)
            if is_new:
                made.append(path)
    except BaseException:
        for path in made:
            _remove(path)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
