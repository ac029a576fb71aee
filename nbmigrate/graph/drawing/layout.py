"""Where things stand in a drawing, in pixels, and how much room a revision's text needs."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from nbmigrate.graph.drawing.marks import Badge, Marks, badges, one_line
from nbmigrate.graph.drawing.window import Drawn, Fold

EdgeKind = Literal["parent", "dependency"]

#: The heights of a box with one line of text, and of one with two.
LINE_HEIGHT = 28.0
CARD_HEIGHT = 46.0

TEXT_SIZE = 12.0
BADGE_SIZE = 10.0
PADDING = 10.0
GAP = 6.0
#: What a marker inside of a box takes before the text.
MARKER_WIDTH = 20.0
LONGEST_ID = 20
LONGEST_LABEL = 24
MOST_LABELS = 2

_LINE_MESSAGE = 480.0
_WIDEST_LINE = 860.0
_CARD_MESSAGE = 230.0
_NARROWEST_CARD = 160.0
# Layouts round; without this a message that just fits would be cut.
_SLACK = 2.0


@dataclass(frozen=True, slots=True)
class NodePlace:
    """The box of one revision, or of a fold: its centre and size.

    `marker` is the x of its marker where that stands outside of the box, None where it is inside.
    """

    id: str
    x: float
    y: float
    width: float
    height: float
    marker: float | None = None


@dataclass(frozen=True, slots=True)
class EdgePath:
    """A line from a child down to its parent, or to a revision that it depends on, as SVG path data."""

    child: str
    parent: str
    kind: EdgeKind
    path: str


@dataclass(frozen=True, slots=True)
class Layout:
    """All of a drawing but its look; `engine` says what made it."""

    nodes: tuple[NodePlace, ...]
    edges: tuple[EdgePath, ...]
    width: float
    height: float
    engine: str


def edges(graph: Drawn) -> tuple[tuple[str, str, EdgeKind], ...]:
    """Return every (child, parent, kind) of which both ends are drawn, newest child first.

    A parent that is also a dependency is one edge.
    """
    order = [revision.id for revision in graph]
    drawn = frozenset(order)
    found: list[tuple[str, str, EdgeKind]] = []
    for child in order:
        parents = [parent for parent in graph.parents(child) if parent in drawn]
        found += [(child, parent, "parent") for parent in parents]
        found += [
            (child, needed, "dependency")
            for needed in graph.dependencies(child)
            if needed in drawn and needed not in parents
        ]
    return tuple(found)


def line_width(graph: Drawn, revision: str) -> float:
    """Return how wide a box must be to hold id, badges and message in one line."""
    message = min(text_width(one_line(graph[revision].message, 200)), _LINE_MESSAGE)
    return min(2 * PADDING + _heading_width(graph, revision) + GAP + message + _SLACK, _WIDEST_LINE)


def card_width(graph: Drawn, revision: str) -> float:
    """Return how wide a box must be to hold marker, id and badges above the message."""
    message = min(text_width(one_line(graph[revision].message, 200)), _CARD_MESSAGE)
    text = max(_heading_width(graph, revision), message, _NARROWEST_CARD)
    return 2 * PADDING + MARKER_WIDTH + text + _SLACK


def id_width(revision: str) -> float:
    """Return the width of an id, in monospace."""
    return 0.62 * TEXT_SIZE * sum(2 if _is_wide(letter) else 1 for letter in revision)


def badge_width(badge: Badge) -> float:
    """Return the width of a badge with its border."""
    return text_width(one_line(badge.text, LONGEST_LABEL), BADGE_SIZE) + 12


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return about how wide `text` is in any sans-serif font; rather too much than too little."""
    return size * sum(map(_advance, text))


def fit(text: str, width: float) -> str:
    """Return `text`, cut with an ellipsis where it would be wider than `width`."""
    room = width / TEXT_SIZE
    used, cut = 0.0, 0
    for position, letter in enumerate(text):
        used += _advance(letter)
        if used > room:
            return text[:cut].rstrip(" \u200d") + "…"
        if used + _advance("…") <= room:
            cut = position + 1
    return text


def _heading_width(graph: Drawn, revision: str) -> float:
    # The position moves without a new layout, so every box has room for the word "current".
    if isinstance(graph[revision], Fold):
        return 0.0
    shown = badges(graph, revision, Marks(current=(revision,)), most_labels=MOST_LABELS)
    name = one_line(revision, LONGEST_ID)
    return id_width(name) + sum(GAP + badge_width(badge) for badge in shown)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _advance(letter: str) -> float:
    """Return the width of a letter in em, after DejaVu Sans, the widest of the usual fonts."""
    if letter in " iljtfrI.,:;'|!()[]{}-/":
        return 0.42
    if letter in "mwMWQO@%&…—":
        return 1.0
    if "a" <= letter <= "z":
        return 0.63
    if letter <= "\u036f":
        return 0.72
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    return 1.3 if _is_wide(letter) else 0.85
