"""The drawing for a widget: it holds what every state of a revision needs, and classes choose what is seen.

So a step of the database changes classes and words, and the drawing is sent again only when other rows are to be seen.
"""

from collections.abc import Iterator
from html import escape

from nbmigrate.graph.drawing.layout import (
    GAP,
    LONGEST_ID,
    MOST_LABELS,
    Layout,
    NodePlace,
    badge_width,
    fit,
    id_width,
)
from nbmigrate.graph.drawing.marks import Badge, Marks, badges, one_line
from nbmigrate.graph.drawing.shapes import FONT, Frame, details, fold_shapes, name_of, number, pill, xml_text
from nbmigrate.graph.drawing.style import FOLD_STYLE, STYLE
from nbmigrate.graph.drawing.window import Drawn, Fold
from nbmigrate.graph.revision import Revision

_NOW = Badge("current", "current")
_SHIFT = badge_width(_NOW) + GAP
_LONGEST_MESSAGE = 200
_LONGEST_DETAILS = 600

#: What `draw_live` needs around it. The badge "current" is there in every row; where it is seen, the rest moves over.
LIVE_STYLE = (
    (STYLE + FOLD_STYLE).replace("#ID", ".nbm-live")
    + f"""
.nbm-live .nbm-core{{r:4px}}
.nbm-live .nbm-dot{{r:5px;stroke-width:1.5}}
.nbm-live .nbm-current .nbm-dot{{r:8px}}
.nbm-live .nbm-node:not(.nbm-current) .nbm-now{{display:none}}
.nbm-live .nbm-current .nbm-rest{{transform:translateX({_SHIFT:g}px)}}
.nbm-live .nbm-node:not(.nbm-applied) .nbm-tint{{fill:none}}
.nbm-live .nbm-edges path{{fill:none}}
"""
)


def draw_live(graph: Drawn, layout: Layout) -> str:
    """Draw a graph as one SVG element without any mark, for a script that sets the marks.

    Returns
    -------
    str
        Well-formed XML without ids or styles of its own, so that it may be in a page twice. A revision is
        `.nbm-node[data-rev]`, a fold `.nbm-fold[data-fold]`; the script gives them one of the classes nbm-applied,
        nbm-pending, nbm-partly and nbm-unknown, the current ones nbm-current besides, and a label of `data-name`, the
        state and `data-message`. A line is `.nbm-edge`, with the rows that it joins in `data-child` and `data-parent`.
    """
    width, height = layout.width, layout.height
    body = "".join([*_edges(layout), *_rows(graph, layout)])
    if not layout.nodes:
        width, height = 260.0, 48.0
        body = '<text class="nbm-empty" x="16" y="29">No revisions yet.</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nbm-live" width="{number(width)}" height="{number(height)}"'
        f' viewBox="0 0 {number(width)} {number(height)}" {FONT}>{body}</svg>'
    )


def _edges(layout: Layout) -> Iterator[str]:
    yield '<g class="nbm-edges" aria-hidden="true">'
    for edge in layout.edges:
        classes = "nbm-edge nbm-dependency" if edge.kind == "dependency" else "nbm-edge"
        ends = f'data-child="{xml_text(edge.child)}" data-parent="{xml_text(edge.parent)}"'
        yield f'<path class="{classes}" {ends} d="{escape(edge.path)}"/>'
    yield "</g>"


def _rows(graph: Drawn, layout: Layout) -> Iterator[str]:
    yield '<g class="nbm-nodes">'
    for place in layout.nodes:
        node = graph[place.id]
        if isinstance(node, Fold):
            yield (
                f'<g class="nbm-fold" data-fold="{xml_text(node.id)}" data-next="{xml_text(node.next)}"'
                f' data-name="{xml_text(node.message)}">{fold_shapes(node, place)}'
                f"{Frame(place).rect('nbm-ring', grow=3)}</g>"
            )
        else:
            yield from _node(graph, node, place)
    yield "</g>"


def _node(graph: Drawn, revision: Revision, place: NodePlace) -> Iterator[str]:
    frame = Frame(place)
    shown = badges(graph, place.id, Marks(), most_labels=MOST_LABELS)
    message = one_line(revision.message, _LONGEST_MESSAGE)
    yield f'<g class="nbm-node" data-rev="{xml_text(place.id)}" data-name="{xml_text(name_of(place, shown))}"'
    yield f' data-message="{xml_text(message)}">'
    yield f"<title>{xml_text(details(graph, place.id)[:_LONGEST_DETAILS])}</title>"
    yield frame.leader() + frame.rect("nbm-box") + frame.rect("nbm-tint")
    yield f'<path class="nbm-chosen" d="M{number(frame.left + 3)} {number(place.y - place.height / 2 + 5)}'
    yield f'v{number(place.height - 10)}"/>'
    at = f'cx="{number(frame.marker)}" cy="{number(frame.middle)}"'
    yield f'<circle class="nbm-dot" {at} r="5"/><circle class="nbm-core" {at} r="4"/>'
    yield from _caption(frame, shown, message)
    yield f"{frame.rect('nbm-ring', grow=3)}</g>"


def _caption(frame: Frame, shown: tuple[Badge, ...], message: str) -> Iterator[str]:
    """Yield the id and the badges, `nbm-rest` being those that make room for "current"."""
    revision = one_line(frame.place.id, LONGEST_ID)
    yield f'<text class="nbm-id" x="{number(frame.text)}" y="{number(frame.middle + 4)}">{xml_text(revision)}</text>'
    x = frame.text + id_width(revision)
    after = [badge for badge in shown if badge.kind in ("branchpoint", "mergepoint")]
    for badge in shown:
        if badge not in after:
            yield pill(badge, x + GAP, frame.middle)
            x += GAP + badge_width(badge)
    yield f'<g class="nbm-now">{pill(_NOW, x + GAP, frame.middle)}</g><g class="nbm-rest">'
    for badge in after:
        yield pill(badge, x + GAP, frame.middle)
        x += GAP + badge_width(badge)
    if frame.is_card:
        yield "</g>"
        cut = fit(message, frame.right - frame.text)
        yield f'<text x="{number(frame.text)}" y="{number(frame.place.y + 14)}">{xml_text(cut)}</text>'
    else:
        cut = fit(message, frame.right - x - GAP - _SHIFT)
        yield f'<text x="{number(x + GAP)}" y="{number(frame.middle + 4)}">{xml_text(cut)}</text></g>'
