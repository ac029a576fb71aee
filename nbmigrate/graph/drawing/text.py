"""The character graph: one line per revision, and lines that join them; the same on every machine."""

from collections.abc import Iterator

from nbmigrate.graph.drawing.lanes import Joint, Lanes, find_lanes
from nbmigrate.graph.drawing.marks import STATE_WORDS, Marks, State, badges, one_line, states_of
from nbmigrate.graph.drawing.window import Drawn, Fold
from nbmigrate.graph.revision import Revision

_SYMBOLS: dict[State, str] = {"current": "◉", "applied": "●", "pending": "○", "unknown": "•"}
_FOLD = "⋮"
_TO_ASCII = str.maketrans(dict(zip("◉●○•⋮│├└─╮┬╯┴", "@*o-:|+`-..''", strict=True)) | {"…": "..."})
_LONGEST_MESSAGE = 100


def as_ascii(text: str) -> str:
    """Return a drawing for a terminal that has none of its characters: @ * o - for the symbols."""
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def draw_text(graph: Drawn, marks: Marks | None = None) -> str:
    """Draw a graph in box-drawing characters, newest revision on top.

    Parameters
    ----------
    graph
        A graph, or the window of one; ⋮ is a fold.
    marks
        Where the database stands: ◉ current, ● applied, ○ not applied; • when that is not known.
    """
    marks = marks or Marks()
    return "\n".join(line.rstrip() for line in _lines(graph, marks))


def _lines(graph: Drawn, marks: Marks) -> Iterator[str]:
    lanes = find_lanes(graph, dependencies=False)
    width = 2 * lanes.columns + 1
    joints: dict[int, list[Joint]] = {}
    for joint in lanes.joints:
        joints.setdefault(joint.row, []).append(joint)
    standing = states_of(graph, marks)
    for number, row in enumerate(lanes.rows):
        node = graph[row.id]
        if isinstance(node, Fold):
            symbol = _FOLD
            caption = " " + ", ".join(filter(None, (node.message, STATE_WORDS[standing[row.id]])))
        else:
            symbol = _SYMBOLS[standing[row.id]]
            caption = _caption(graph, node, marks)
        yield _columns(row.through | {row.column}, row.column, symbol).ljust(width) + caption
        yield from map(_joint, joints.get(number, ()))
        if _seems_joined(lanes, number):
            yield _columns(row.through)


def _seems_joined(lanes: Lanes, number: int) -> bool:
    """Tell whether the next revision stands right below one that has no parents."""
    row, after = lanes.rows[number], lanes.rows[number + 1 : number + 2]
    return row.is_end and any(other.column == row.column for other in after)


def _columns(taken: frozenset[int], column: int = -1, symbol: str = "") -> str:
    last = max(taken, default=-1)
    return " ".join(symbol if at == column else "│" if at in taken else " " for at in range(last + 1))


def _joint(joint: Joint) -> str:
    """Return the line that joins lanes; a lane it crosses stays whole and the line is broken there."""
    inner, corner = ("┬", "╮") if joint.opens else ("┴", "╯")
    end = max(joint.columns)
    text = ""
    for at in range(max(end, *joint.through, 0) + 1):
        if at == joint.hub:
            text += "├"
        elif at in joint.columns:
            text += corner if at == end else inner
        elif at in joint.through:
            text += "│"
        else:
            text += "─" if joint.hub < at < end else " "
        text += "─" if joint.hub <= at < end else " "
    return text


def _caption(graph: Drawn, revision: Revision, marks: Marks) -> str:
    """Return id, words and message in the form of Alembic's `history`."""
    shown = badges(graph, revision.id, marks)
    labels = ", ".join(badge.text for badge in shown if badge.kind == "label")
    words = [labels] if labels else []
    for badge in shown:
        if badge.kind in ("head", "current"):
            words.append(badge.text)
        elif badge.kind in ("branchpoint", "mergepoint"):
            words.append(badge.kind)
    needed = ", ".join(one_line(name) for name in revision.depends_on)
    if needed:
        words.append(f"depends on {needed}")
    name = "".join([one_line(revision.id), *(f" ({word})" for word in words)])
    message = one_line(revision.message, _LONGEST_MESSAGE)
    return f" {name}, {message}" if message else f" {name}"
