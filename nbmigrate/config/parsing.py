"""Options whose text stands for something else: lists of paths, time zones."""

import contextlib
import os
import re
from typing import TYPE_CHECKING

from nbmigrate.errors import ConfigError

if TYPE_CHECKING:
    from datetime import tzinfo

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
