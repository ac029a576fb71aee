"""What a drawing says about each revision beside its message: where the database stands, and its badges."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Self

from nbmigrate.graph.drawing.window import Drawn, Fold
from nbmigrate.graph.graph import RevisionGraph

#: "partly" is said of a fold alone.
State = Literal["current", "applied", "partly", "pending", "unknown"]

#: How a state is said; nothing is said of what is not known.
STATE_WORDS: Mapping[State, str] = MappingProxyType(
    {
        "current": "current position",
        "applied": "applied",
        "partly": "partly applied",
        "pending": "not applied",
        "unknown": "",
    }
)

# What XML forbids, what moves a terminal's cursor, and what turns the direction of the text after it.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the database stands.

    Parameters
    ----------
    current
        The rows of the version table; ids that the graph does not have are not drawn.
    applied
        The ids of all revisions that are applied; None when no database was asked.
    """

    current: tuple[str, ...] = ()
    applied: frozenset[str] | None = None

    @classmethod
    def at(cls, graph: RevisionGraph, current: Sequence[str]) -> Self:
        """Return the marks of a database whose version table holds `current`."""
        existing = tuple(revision for revision in current if revision in graph)
        return cls(tuple(current), graph.ancestors(existing))

    def state(self, revision: str) -> State:
        """Return how the revision with this id stands to the database."""
        if revision in self.current:
            return "current"
        if self.applied is None:
            return "unknown"
        return "applied" if revision in self.applied else "pending"


def states_of(graph: Drawn, marks: Marks) -> dict[str, State]:
    """Return how each row of a drawing stands to the database, newest first."""
    return {
        node.id: _fold_state(node, marks) if isinstance(node, Fold) else marks.state(node.id)
        for node in graph
    }


def _fold_state(fold: Fold, marks: Marks) -> State:
    if marks.applied is None:
        return "unknown"
    done = sum(id_ in marks.applied for id_ in fold.ids)
    return "pending" if not done else "applied" if done == len(fold.ids) else "partly"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word about one revision: `kind` is the one that Alembic prints, `text` what is shown, which may be a label."""

    kind: Literal["label", "head", "current", "branchpoint", "mergepoint"]
    text: str


def badges(graph: Drawn, revision: str, marks: Marks, *, most_labels: int | None = None) -> tuple[Badge, ...]:
    """Return what is to be said about a revision, in the order of Alembic's `history`; nothing about a fold.

    A label is shown where it is declared and at the heads that it leads to, not all along its branch; those beyond
    `most_labels` are counted.
    """
    node = graph[revision]
    if isinstance(node, Fold):
        return ()
    is_head = graph.is_head(revision)
    labels = graph.labels(revision) if is_head else node.branch_labels
    found = [Badge("label", one_line(label)) for label in labels[:most_labels]]
    if len(found) < len(labels):
        found.append(Badge("label", f"+{len(labels) - len(found)} more"))
    if is_head:
        found.append(Badge("head", "head" if revision in graph.real_heads else "effective head"))
    if marks.state(revision) == "current":
        found.append(Badge("current", "current"))
    if graph.is_branch_point(revision):
        found.append(Badge("branchpoint", "branchpoint"))
    if graph.is_merge_point(revision):
        found.append(Badge("mergepoint", "mergepoint"))
    return tuple(found)


def one_line(text: str, limit: int | None = None) -> str:
    """Return `text` on one line, without control characters, cut to `limit` characters."""
    # A message may be a megabyte; what is far beyond the limit need not be looked at.
    start = text if limit is None else text[: 4 * limit]
    line = " ".join(_UNPRINTABLE.sub(" ", start).split())
    if limit is None or len(line) <= limit:
        return line
    return line[: limit - 1].rstrip() + "…"


def shortened(text: str, limit: int) -> str:
    """Return `text` on one line, cut in its middle to `limit` characters: long names often begin alike."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:]}"
