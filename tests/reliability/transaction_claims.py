"""What a message says of a database, held against the database."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbmigrate.errors import MigrateError, MigrationFailedError
from tests.reliability.transaction_examples import Model

Heads = tuple[str, ...]

#: Where nothing answers any more, the position is the last that is known.
_NOT_KNOWN = "Whether that took effect is unknown"
_STAYS = re.compile(r"so this (stays|may be) in effect:\n((?:  .*(?:\n|$))+)")
_POSITION = re.compile(r"The database stands at (.*?)(?:, with revision|\. |\.$|$)", re.MULTILINE)
_CREATE, _DROP = re.compile(r"\bCREATE TABLE t(\d+)"), re.compile(r"\bDROP TABLE t(\d+)")
_INSERT = re.compile(r"\bINSERT INTO log\b.*\bVALUES \((\d+)\)")
_DELETE = re.compile(r"\bDELETE FROM log WHERE (?:log\.)?n = (\d+)")


class UnjudgedError(Exception):
    """No run has come to where the database stands, at the end of a revision."""


@dataclass
class State:
    """What is in a database, read without nbmigrate."""

    model: Model
    heads: Heads
    #: The other tables that there are.
    others: frozenset[str]


def after(base: Model, texts: Iterable[str]) -> Model:
    """Return what there is after statements."""
    model = base.copy()
    for text in (part for each in texts for part in each.split(";")):
        if found := _CREATE.search(text):
            model.tables.add(int(found[1]))
        elif found := _DROP.search(text):
            model.tables.discard(int(found[1]))
        elif found := _INSERT.search(text):
            model.rows[int(found[1])] += 1
        elif found := _DELETE.search(text):
            model.rows.pop(int(found[1]), None)
    return model


def holds(model: Model, text: str) -> bool:
    """Whether a statement is in effect, as far as can be seen."""
    return after(model, [text]).tables == model.tables and bool(
        (found := _INSERT.search(text)) is None or model.rows[int(found[1])]
    )


def untrue(error: MigrateError, state: State, before: State, bases: Mapping[Heads, Model]) -> str:
    """Return what is not as the error says; empty if all is.

    Parameters
    ----------
    error
        What a run raised.
    state, before
        The database after that run, and before it.
    bases
        What there is at each position when nothing is interrupted.
    """
    if not isinstance(error, MigrationFailedError):
        # It was refused before anything was done.
        return "" if (state.model, state.heads) == (before.model, before.heads) else "something was done"
    position = _POSITION.search(error.hint)
    said = tuple(position[1].split(", ")) if position and position[1] != "base" else ()
    if position is not None and said != state.heads:
        return f"it stands at {state.heads}"
    if tuple(error.position) != state.heads and _NOT_KNOWN not in error.hint:
        return f"position {error.position}, and it stands at {state.heads}"
    stays = _STAYS.search(error.hint)
    texts = [] if stays is None else [line.strip() for line in stays[2].splitlines()]
    base = bases.get(state.heads)
    if base is None:
        raise UnjudgedError
    if stays is not None and (stays[1] == "may be" or any(";" in text.rstrip("; ") for text in texts)):
        # Of several statements in one text some may be in effect.
        most = after(base, (text for text in texts if not _DROP.search(text) and not _DELETE.search(text)))
        more = state.model.tables - most.tables or state.model.rows - most.rows
        return f"more is in effect: {more}" if more else ""
    listed = after(base, texts)
    return "" if listed == state.model else f"{listed} is said, {state.model} is there"
