"""A statement as a person reads it: the values in their places, the white space tidy."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from nbmigrate.database.value_text import literal

#: Longer statements are cut in reports.
LONGEST = 10_000

PLACEHOLDERS = {
    "qmark": r"(?P<next>\?)",
    "format": r"(?P<next>%s)|(?P<percent>%%)",
    "pyformat": r"%\((?P<name>[^)]*)\)s(?:::VARCHAR)?|(?P<next>%s)|(?P<percent>%%)",
    "named": r"(?<!:):(?P<name>\w+)",
    "numeric": r"(?<!:):(?P<number>\d+)",
    "numeric_dollar": r"\$(?P<number>\d+)(?:::VARCHAR)?",
}


def capped(statement: str) -> str:
    """Return a statement without the white space around it, cut where it is very long."""
    text = statement.strip().rstrip(";")
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n-- and {len(text) - LONGEST:,} more characters"


def inlined(statement: str, parameters: Any, paramstyle: str) -> str:
    """Return a statement with each placeholder replaced by its value.

    Parameters
    ----------
    statement
        As it is given to the driver.
    parameters
        As they are given to the driver: a mapping or a sequence; empty where there are none.
    paramstyle
        The driver's, of PEP 249, or SQLAlchemy's "numeric_dollar".
    """
    from nbmigrate.dialects.tokens import outside

    try:
        return outside(PLACEHOLDERS[paramstyle]).sub(_replacement(parameters), statement)
    except (IndexError, KeyError, StopIteration):
        # Not this driver's placeholders after all.
        return statement


def _replacement(parameters: Any) -> Callable[[re.Match[str]], str]:
    in_order = iter(() if isinstance(parameters, Mapping) else parameters)

    def replace(match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups["quoted"] is not None or groups["comment"] is not None:
            # A driver that has %s for a placeholder reads %% as one percent sign in quotes too.
            return match[0].replace("%%", "%") if "percent" in groups else match[0]
        if groups.get("percent"):
            return "%"
        if not parameters:
            return match.group()
        if groups.get("next"):
            return literal(next(in_order))
        if groups.get("name") is not None:
            return literal(parameters[groups["name"]])
        return literal(parameters[int(groups["number"]) - 1])

    return replace
