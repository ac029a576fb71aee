"""Where a new revision file goes: which version location, and which path in it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from nbmigrate.errors import ConfigError
from nbmigrate.scripts.reading.files import is_revision_name
from nbmigrate.scripts.reading.headers import shown


def location_named(locations: Sequence[Path], path: Path | str) -> Path:
    """Return the version location that a path, from the current folder, names.

    Raises
    ------
    ConfigError
        It names none.
    """
    wanted = os.path.realpath(path)
    for location in locations:
        if os.path.realpath(location) == wanted:
            return location
    raise ConfigError(
        f"Path {path} is not represented in current version locations",
        f"They are: {', '.join(map(shown, locations))}.",
    )


def location_beside(locations: Sequence[Path], files: Iterable[Path | None]) -> Path:
    """Return the version location of the first of `files` that is in one: those of the parents.

    Raises
    ------
    ConfigError
        There are several locations, and none of the files is in any.
    """
    if len(locations) == 1:
        return locations[0]
    for file in files:
        # One version location may be inside another.
        around = [place for place in locations if file is not None and file.is_relative_to(place.resolve())]
        if around:
            return max(around, key=lambda place: len(place.resolve().parts))
    raise ConfigError(
        "Multiple version locations present, please specify --version-path",
        f"One of: {', '.join(map(shown, locations))}.",
    )


def path_in(folder: Path, name: str, *, recursive: bool) -> Path:
    """Return the path of a new file, which must be one that will be read.

    Raises
    ------
    ConfigError
        `file_template` has made a name that is no revision's, or leads out of the folder.
    """
    folder = Path(os.path.normpath(folder))
    path = Path(os.path.normpath(folder / name))
    if not is_revision_name(path.name) or not path.is_relative_to(folder):
        raise ConfigError(f"{name} would not be read as a revision file.", "Change file_template.")
    if path.parent != folder and not recursive:
        raise ConfigError(
            f"By file_template the file is {name}, and folders in a version location are not looked into.",
            "Set recursive_version_locations = true, or take the folders out of file_template.",
        )
    return path
