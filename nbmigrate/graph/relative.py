"""Targets that count steps ("+2", "shop@-1", "ab12+1"), and the walks that they mean."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from nbmigrate.errors import AmbiguousRevisionError, TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.problems import listed

_RELATIVE = re.compile(r"(?:([^@]*)@)?([^@:+-]*)([+-][0-9]+)")


@dataclass(frozen=True, slots=True)
class Relative:
    """A number of steps from somewhere.

    Parameters
    ----------
    text
        The target as it was given.
    branch
        The label or id before the "@"; None without one.
    symbol
        Where to count from; None for the current position.
    offset
        How many steps: up when positive, down when negative.
    """

    text: str
    branch: str | None
    symbol: str | None
    offset: int

    def too_far(self, hint: str) -> TargetError:
        """Return the error for a walk that the graph is too small for."""
        return TargetError(
            f"Relative revision {self.text} didn't produce {abs(self.offset)} migrations",
            hint,
            target=self.text,
        )


def parse_relative(target: str) -> Relative | None:
    """Return what `target` means if all of it is a relative form, else None."""
    match = _RELATIVE.fullmatch(target)
    if match is None:
        return None
    branch, symbol, offset = match.groups()
    return Relative(target, branch or None, symbol or None, int(offset))


def path_up(graph: RevisionGraph, start: str | None, steps: int, within: Collection[str] | None) -> list[str]:
    """Return the revisions passed by walking `steps` up from `start`, the last one being where that leads.

    Parameters
    ----------
    start
        None to begin below the bases.
    within
        The lineage to keep to, where the walk branches; None for any.

    Returns
    -------
    list of str
        Fewer than `steps` when the graph ends before.

    Raises
    ------
    AmbiguousRevisionError
        At a branch point; `choices` are the ways on.
    """
    path: list[str] = []
    while len(path) < steps:
        at = path[-1] if path else start
        choices = graph.bases if at is None else graph.children(at)
        if within is not None:
            choices = tuple(choice for choice in choices if choice in within)
        if len(choices) > 1:
            raise _ambiguous(f"from {at or 'base'} there is more than one way up", choices)
        if not choices:
            break
        path.append(choices[0])
    return path


def path_down(graph: RevisionGraph, start: str, steps: int) -> list[str]:
    """Return the revisions left behind by walking `steps` down from `start`, which is the first of them.

    Where the last step leads is not looked at, so it may go down from a merge point; fewer than `steps` when
    the graph ends before.
    """
    path = [start]
    while len(path) < steps:
        choices = graph.parents(path[-1])
        if len(choices) > 1:
            raise _ambiguous(f"{path[-1]} merges several revisions", choices)
        if not choices:
            break
        path.append(choices[0])
    return path


def below(graph: RevisionGraph, id_: str) -> str | None:
    """Return the only parent of `id_`, None for a base; several are an AmbiguousRevisionError."""
    choices = graph.parents(id_)
    if len(choices) > 1:
        raise _ambiguous(f"{id_} merges several revisions", choices)
    return choices[0] if choices else None


def _ambiguous(where: str, choices: tuple[str, ...]) -> AmbiguousRevisionError:
    return AmbiguousRevisionError(
        f"Ambiguous walk: {where}", f"Name one of them instead: {listed(choices)}.", choices=choices
    )
