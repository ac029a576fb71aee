"""The picture of a graph: one look for every layout, for light and dark pages, and for a file of its own."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from html import escape

from nbmigrate.graph.drawing.layout import (
    GAP,
    LONGEST_ID,
    MOST_LABELS,
    EdgePath,
    Layout,
    NodePlace,
    badge_width,
    fit,
    id_width,
    text_width,
)
from nbmigrate.graph.drawing.marks import STATE_WORDS, Badge, Marks, State, badges, one_line, states_of
from nbmigrate.graph.drawing.shapes import FONT, Frame, details, fold_shapes, name_of, number, pill, xml_text
from nbmigrate.graph.drawing.style import FOLD_STYLE, STYLE
from nbmigrate.graph.drawing.window import Drawn, Fold, GraphWindow, whole
from nbmigrate.graph.revision import Revision

_LEGEND_HEIGHT = 30.0
#: What is said of a message.
LONGEST_SPOKEN = 200
_LEGEND: tuple[tuple[State, str], ...] = (
    ("current", "current"),
    ("applied", "applied"),
    ("pending", "not applied"),
)
#: Of many heads, so many are named.
_MOST_NAMED = 10


def draw_svg(graph: Drawn, layout: Layout, marks: Marks, *, title: str) -> str:
    """Draw a graph as one SVG element.

    Parameters
    ----------
    graph
        A graph, or the window of one.
    layout
        Where the rows of this graph or window stand.
    marks
        Where the database stands.
    title
        What the drawing is of, for screen readers and the tooltip.

    Returns
    -------
    str
        Well-formed XML, the same for the same input. It has no script and asks for nothing outside of itself; its
        styles apply within it alone; the element of a revision is `[data-rev="<id>"]`.
    """
    name = f"nbm-{_fingerprint(graph, layout, marks, title)}"
    style = STYLE + FOLD_STYLE if isinstance(graph, GraphWindow) and graph.folds else STYLE
    width, height, legend = layout.width, layout.height, ""
    standing = states_of(graph, marks)
    body = "".join([*_edges(layout.edges, standing), *_nodes(graph, layout, marks, standing, name)])
    if not layout.nodes:
        width, height = 260.0, 48.0
        body = '<text class="nbm-empty" x="16" y="29">No revisions yet.</text>'
    elif marks.applied is not None:
        legend, legend_width = _legend(layout, position_note(graph, marks))
        width, height = max(width, legend_width), height + _LEGEND_HEIGHT
        body = f'<g transform="translate(0 {_LEGEND_HEIGHT:g})">{body}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="nbm-graph" role="group"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
        f' width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
        f" {FONT}"
        ' style="max-width:100%;height:auto;color-scheme:light dark">'
        f'<title id="{name}-title">{xml_text(title)}</title>'
        f'<desc id="{name}-desc">{xml_text(describe(graph, marks))}</desc>'
        f"<style>{style.replace('ID', name)}</style>"
        f"{legend}{body}</svg>"
    )


def _fingerprint(graph: Drawn, layout: Layout, marks: Marks, title: str) -> str:
    # Two drawings in one page must not style each other; a random id would make each run differ.
    applied = None if marks.applied is None else sorted(marks.applied)
    nodes = [(node.id, node.message, () if isinstance(node, Fold) else node.branch_labels) for node in graph]
    content = repr((layout, marks.current, applied, title, nodes))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:10]


def describe(graph: Drawn, marks: Marks) -> str:
    """Return how many revisions there are and how they stand to the database, for those who do not see it."""
    revisions = whole(graph)
    count = len(revisions)
    summary = f"{count:,} revision{'' if count == 1 else 's'}, the newest on top."
    if marks.applied is not None:
        done = sum(revision.id in marks.applied for revision in revisions)
        summary += f" {done:,} applied, {count - done:,} not applied."
    if marks.current:
        summary += f" Current: {_named(marks.current)}."
    if isinstance(graph, GraphWindow) and graph.folds:
        summary += f" {len(graph) - len(graph.folds):,} of them are drawn."
    return summary


def position_note(graph: Drawn, marks: Marks) -> str:
    """Return where the database stands when that is at none of the revisions."""
    if marks.applied is None:
        return ""
    unknown = [revision for revision in marks.current if revision not in whole(graph)]
    if unknown:
        return f"the database is at {one_line(', '.join(unknown), 60)}, which no file has"
    return "" if marks.applied else "nothing is applied"


def _named(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more


def _edges(paths: tuple[EdgePath, ...], standing: Mapping[str, State]) -> Iterator[str]:
    if not paths:
        return
    yield '<g class="nbm-edges" fill="none" stroke="#7d8590" stroke-width="1.5" aria-hidden="true">'
    # What is applied is drawn last, so that its lines are whole where they cross others.
    for edge in sorted(paths, key=lambda edge: standing[edge.child] in ("applied", "current")):
        classes, dashes = "nbm-edge", ""
        if edge.kind == "dependency":
            classes, dashes = f"{classes} nbm-dependency", ' stroke-dasharray="2 4"'
        if standing[edge.child] in ("applied", "current"):
            classes += " nbm-applied"
        yield f'<path class="{classes}"{dashes} d="{escape(edge.path)}"/>'
    yield "</g>"


def _nodes(
    graph: Drawn, layout: Layout, marks: Marks, standing: Mapping[str, State], name: str
) -> Iterator[str]:
    if not layout.nodes:
        return
    yield '<g class="nbm-nodes" fill="#ffffff" stroke="#7d8590">'
    for place in layout.nodes:
        node, state = graph[place.id], standing[place.id]
        if isinstance(node, Fold):
            label = xml_text(", ".join(filter(None, (node.message, STATE_WORDS[state]))))
            yield f'<g class="nbm-fold nbm-{state}" data-fold="{xml_text(node.id)}" role="img" aria-label="{label}">'
            yield f"{fold_shapes(node, place)}</g>"
        else:
            yield from _node(graph, node, place, marks, name)
    yield "</g>"


def _node(graph: Drawn, revision: Revision, place: NodePlace, marks: Marks, name: str) -> Iterator[str]:
    state = marks.state(place.id)
    frame = Frame(place)
    shown = badges(graph, place.id, marks, most_labels=MOST_LABELS)
    message = one_line(revision.message)
    words = ", ".join(filter(None, (name_of(place, shown), STATE_WORDS[state])))
    label = f"{words}: {one_line(message, LONGEST_SPOKEN)}" if message else words
    title = "\n".join(filter(None, (one_line(words), details(graph, place.id))))
    classes = "nbm-node nbm-applied nbm-current" if state == "current" else f"nbm-node nbm-{state}"
    yield f'<g id="{name}-rev-{_identifier(place.id)}" class="{classes}" data-rev="{xml_text(place.id)}"'
    yield f' role="img" aria-label="{xml_text(label)}"><title>{xml_text(title)}</title>'
    yield frame.leader() + frame.rect("nbm-box")
    if state in ("applied", "current"):
        yield frame.rect("nbm-tint", ' fill="none"')
    yield _marker(frame.marker, frame.middle, state)
    yield '<g fill="#1f2328" stroke="none">'
    yield from _caption(frame, shown, message)
    yield "</g></g>"


def _caption(frame: Frame, shown: tuple[Badge, ...], message: str) -> Iterator[str]:
    """Yield id and badges, then the message: below them in a card, beside them in a line."""
    revision = one_line(frame.place.id, LONGEST_ID)
    yield f'<text class="nbm-id" x="{number(frame.text)}" y="{number(frame.middle + 4)}">{xml_text(revision)}</text>'
    x = frame.text + id_width(revision)
    for badge in shown:
        yield pill(badge, x + GAP, frame.middle)
        x += GAP + badge_width(badge)
    start, line = (frame.text, frame.place.y + 14) if frame.is_card else (x + GAP, frame.middle + 4)
    cut = fit(message, frame.right - start)
    yield f'<text x="{number(start)}" y="{number(line)}">{xml_text(cut)}</text>'


def _marker(x: float, y: float, state: State) -> str:
    at = f'cx="{number(x)}" cy="{number(y)}"'
    if state == "current":
        core = f'<circle class="nbm-core" {at} r="4" fill="#1f2328"/>'
        return f'<circle class="nbm-dot" {at} r="8" stroke-width="2.5"/>{core}'
    filled = "" if state == "pending" else ' fill="#7d8590"'
    return f'<circle class="nbm-dot" {at} r="5"{filled} stroke-width="1.5"/>'


def _legend(layout: Layout, note: str) -> tuple[str, float]:
    """Return what the markers and lines mean, and how wide that is."""
    parts = ['<g class="nbm-legend" font-size="11" stroke="#7d8590" fill="#ffffff" aria-hidden="true">']
    x = 25.0
    for state, word in _LEGEND:
        classes = "nbm-applied nbm-current" if state == "current" else f"nbm-{state}"
        parts.append(f'<g class="{classes}">{_marker(x, 16, state)}</g>')
        parts.append(_legend_word(x + 14, word))
        x += 34 + text_width(word, 11)
    if any(edge.kind == "dependency" for edge in layout.edges):
        parts.append(
            f'<path class="nbm-edge nbm-dependency" stroke-dasharray="2 4" d="M{number(x - 6)} 16h26"/>'
        )
        parts.append(_legend_word(x + 26, "depends on"))
        x += 46 + text_width("depends on", 11)
    if note:
        parts.append(_legend_word(x, note))
        x += text_width(note, 11) + 20
    return "".join([*parts, "</g>"]), x


def _legend_word(x: float, word: str) -> str:
    return f'<text x="{number(x)}" y="20" fill="#6e7781" stroke="none">{xml_text(word)}</text>'


def _identifier(revision: str) -> str:
    """Return `revision` with all but ASCII letters, digits, `_`, `.` and `-` as :hex:, so that no two are equal."""
    return re.sub(r"[^A-Za-z0-9_.-]", lambda found: f":{ord(found[0]):x}:", revision)
