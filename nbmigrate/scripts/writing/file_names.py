"""The names of new revision files, and the folders that they go to."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.errors import ConfigError, GraphError
from nbmigrate.graph.revision import ID_WIDTH
from nbmigrate.scripts.reading.files import is_revision_name
from nbmigrate.scripts.reading.headers import shown

if TYPE_CHECKING:
    from datetime import datetime


LONGEST_FILE_NAME = 255

#: What means something else wherever a revision is named.
TARGETS = ("base", "head", "heads", "current")

# Those that mean something in a target, then those that cannot stand in a file name on every system.
_NOT_IN_ID = re.compile(r"[@\-+:\s/\\<>\"|?*\x00-\x1f\x7f]")


def check_id(id_: str) -> None:
    """Raise GraphError for an id that a target, a file name or the version table could not hold."""
    if not id_ or id_.startswith((".", "__init__")) or id_.isspace() or id_ in TARGETS:
        raise GraphError(f"{id_!r} cannot be a revision id.", "Use letters and digits.", revisions=(id_,))
    _check_characters(id_, "revision identifier")
    if len(id_) > ID_WIDTH:
        raise GraphError(
            f"The revision id {id_!r} has {len(id_)} characters, and the version table holds {ID_WIDTH}.",
            "Choose a shorter one.",
            revisions=(id_,),
        )


def check_label(label: str) -> None:
    """Raise GraphError for a branch label that a target could not name."""
    if not label:
        raise GraphError("A branch label cannot be empty.", "Use letters and digits.")
    if label in TARGETS:
        raise GraphError(
            f"{label!r} cannot be a branch label: it means something else.", "Choose another name."
        )
    _check_characters(label, "branch label")


def _check_characters(name: str, kind: str) -> None:
    found = "".join(dict.fromkeys(_NOT_IN_ID.findall(name)))
    if found:
        raise GraphError(
            f"Character(s) {found!r} not allowed in {kind} {name!r}.",
            "Use letters, digits and underscores.",
            revisions=(name,),
        )


def slug(message: str | None, length: int) -> str:
    """Return the words of a message joined by underscores, cut at a word to `length` characters.

    The rule is Alembic's, with its quirk: what was cut ends in an underscore.
    """
    text = "_".join(re.findall(r"\w+", message or "")).lower()
    return text if len(text) <= length else text[:length].rsplit("_", 1)[0] + "_"


def file_name(template: str, id_: str, slug_: str, date: "datetime") -> str:
    """Return the name of a new revision file; it may have folders in it.

    Raises
    ------
    ConfigError
        The template has a token that is not one, or the name is longer than file systems take.
    """
    tokens = {
        "rev": id_,
        "slug": slug_,
        "epoch": int(date.timestamp()),
        "year": date.year,
        "month": date.month,
        "day": date.day,
        "hour": date.hour,
        "minute": date.minute,
        "second": date.second,
    }
    try:
        name = f"{template % tokens}.py"
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigError(
            f"file_template = {template} cannot be filled in: {error}.",
            f"Its tokens are: {', '.join(tokens)}.",
        ) from error
    if max(len(os.fsencode(part)) for part in name.split("/")) > LONGEST_FILE_NAME:
        raise ConfigError(f"The file name {name[:40]}... is too long.", "Make truncate_slug_length smaller.")
    return name


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
