"""What a new revision file is called, and which names an id may have."""

import os
import re
from typing import TYPE_CHECKING

from nbmigrate.errors import ConfigError, GraphError
from nbmigrate.graph.revision import ID_WIDTH

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
