"""The picture of a graph: one look for every layout, for light and dark pages, and for a file of its own."""

import hashlib
import re
from collections.abc import Iterator
from html import escape

from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.layout import (
    BADGE_SIZE,
    CARD_HEIGHT,
    GAP,
    LONGEST_ID,
    LONGEST_LABEL,
    MARKER_WIDTH,
    MOST_LABELS,
    PADDING,
    TEXT_SIZE,
    EdgePath,
    Layout,
    NodePlace,
    badge_width,
    fit,
    id_width,
    text_width,
)
from nbmigrate.graph.marks import Badge, Marks, State, badges, one_line

_LEGEND_HEIGHT = 30.0
_LONGEST_SPOKEN = 200
_LEGEND: tuple[tuple[State, str], ...] = (
    ("current", "current"),
    ("applied", "applied"),
    ("pending", "not applied"),
)
_WORDS: dict[State, str] = {
    "current": "current position",
    "applied": "applied",
    "pending": "not applied",
    "unknown": "",
}

# Boxes have a ground of their own: JupyterLab shows an svg as an image, which cannot know the page's theme, so the
# text must be legible on any. Attributes say again what the style says, for viewers without styles or variables.
_STYLE = """
#ID{--nbm-ink0:#1f2328;--nbm-soft0:#59636e;--nbm-ground0:#ffffff;--nbm-accent0:#0969da;
--nbm-ink:var(--jp-ui-font-color1,var(--vscode-editor-foreground,var(--nbm-ink0)));
--nbm-soft:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,var(--nbm-soft0)));
--nbm-ground:var(--jp-layout-color1,var(--vscode-editor-background,var(--nbm-ground0)));
--nbm-accent:var(--jp-brand-color1,var(--vscode-textLink-foreground,var(--nbm-accent0)));
font-family:var(--jp-ui-font-family,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif)}
@media (prefers-color-scheme:dark){
#ID{--nbm-ink0:#e6edf3;--nbm-soft0:#9ea7b3;--nbm-ground0:#161b22;--nbm-accent0:#58a6ff}}
#ID text{white-space:pre}
#ID .nbm-id{font-family:var(--jp-code-font-family,
ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace)}
#ID .nbm-edge{stroke:#7d8590;stroke-width:1.5}
#ID .nbm-edge.nbm-applied{stroke:var(--nbm-accent);stroke-width:2}
#ID .nbm-edge.nbm-dependency{stroke-dasharray:2 4;stroke-width:1.8;stroke-linecap:round}
#ID .nbm-leader{stroke:#7d8590;stroke-opacity:.45;stroke-dasharray:1 4}
#ID .nbm-box{fill:var(--nbm-ground);stroke:#7d8590}
#ID .nbm-tint{fill:var(--nbm-accent);fill-opacity:.1;stroke:none}
#ID .nbm-dot{fill:var(--nbm-ground);stroke:var(--nbm-ink)}
#ID .nbm-core{fill:none;stroke:none}
#ID .nbm-node text{fill:var(--nbm-ink);stroke:none}
#ID .nbm-id{font-weight:600}
#ID .nbm-pill{fill:none;stroke:var(--nbm-soft)}
#ID .nbm-pill-label{fill:var(--nbm-soft);fill-opacity:.18;stroke:none}
#ID .nbm-pill-head{stroke:var(--nbm-ink);stroke-width:1.5}
#ID .nbm-applied .nbm-box{stroke:var(--nbm-accent)}
#ID .nbm-applied .nbm-dot{fill:var(--nbm-accent);stroke:var(--nbm-accent)}
#ID .nbm-current .nbm-box{stroke:var(--nbm-accent);stroke-width:3}
#ID .nbm-current .nbm-tint{fill-opacity:.2}
#ID .nbm-current .nbm-dot{fill:var(--nbm-ground);stroke-width:2.5}
#ID .nbm-current .nbm-core{fill:var(--nbm-accent)}
#ID .nbm-pill-current{fill:var(--nbm-accent);stroke:none}
#ID .nbm-pending .nbm-box{stroke-dasharray:4 3}
#ID .nbm-pending .nbm-dot{stroke:#7d8590}
#ID .nbm-pending text{fill:var(--nbm-soft)}
#ID .nbm-node .nbm-word-head{fill:var(--nbm-ink);font-weight:600}
#ID .nbm-node .nbm-word-current{fill:var(--nbm-ground);font-weight:700}
#ID .nbm-pending .nbm-id{font-weight:400}
#ID .nbm-unknown .nbm-dot{fill:#7d8590;stroke:#7d8590}
#ID .nbm-legend text{fill:#6e7781}
#ID .nbm-empty{fill:#6e7781;font-size:13px}
"""


def draw_svg(graph: RevisionGraph, layout: Layout, marks: Marks, *, title: str) -> str:
    """Draw a graph as one SVG element.

    Parameters
    ----------
    layout
        Where the revisions of this graph stand.
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
    width, height, legend = layout.width, layout.height, ""
    body = "".join([*_edges(layout.edges, marks), *_nodes(graph, layout, marks, name)])
    if not layout.nodes:
        width, height = 260.0, 48.0
        body = '<text class="nbm-empty" x="16" y="29">No revisions yet.</text>'
    elif marks.applied is not None:
        legend, legend_width = _legend(layout, _position_note(graph, marks))
        width, height = max(width, legend_width), height + _LEGEND_HEIGHT
        body = f'<g transform="translate(0 {_LEGEND_HEIGHT:g})">{body}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" class="nbm-graph" role="group"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
        f' width="{_number(width)}" height="{_number(height)}" viewBox="0 0 {_number(width)} {_number(height)}"'
        f' font-family="sans-serif" font-size="{TEXT_SIZE:g}"'
        ' style="max-width:100%;height:auto;color-scheme:light dark">'
        f'<title id="{name}-title">{_text(title)}</title>'
        f'<desc id="{name}-desc">{_text(_description(graph, marks))}</desc>'
        f"<style>{_STYLE.replace('ID', name)}</style>"
        f"{legend}{body}</svg>"
    )


def _fingerprint(graph: RevisionGraph, layout: Layout, marks: Marks, title: str) -> str:
    # Two drawings in one page must not style each other; a random id would make each run differ.
    applied = None if marks.applied is None else sorted(marks.applied)
    said = [(revision.id, revision.message, revision.branch_labels) for revision in graph]
    content = repr((layout, marks.current, applied, title, said))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:10]


def _description(graph: RevisionGraph, marks: Marks) -> str:
    count = len(graph)
    said = f"{count} revision{'' if count == 1 else 's'}, the newest on top."
    if marks.applied is not None:
        done = sum(revision.id in marks.applied for revision in graph)
        said += f" {done} applied, {count - done} not applied."
    if marks.current:
        said += f" Current: {', '.join(marks.current)}."
    return said


def _position_note(graph: RevisionGraph, marks: Marks) -> str:
    """Return where the database stands when that is at none of the revisions drawn."""
    unknown = [revision for revision in marks.current if revision not in graph]
    if unknown:
        return f"the database is at {one_line(', '.join(unknown), 60)}, which no file has"
    return "" if marks.applied else "nothing is applied"


def _edges(paths: tuple[EdgePath, ...], marks: Marks) -> Iterator[str]:
    if not paths:
        return
    yield '<g class="nbm-edges" fill="none" stroke="#7d8590" stroke-width="1.5" aria-hidden="true">'
    # What is applied is drawn last, so that its lines are whole where they cross others.
    for edge in sorted(paths, key=lambda edge: marks.state(edge.child) in ("applied", "current")):
        classes, dashes = "nbm-edge", ""
        if edge.kind == "dependency":
            classes, dashes = f"{classes} nbm-dependency", ' stroke-dasharray="2 4"'
        if marks.state(edge.child) in ("applied", "current"):
            classes += " nbm-applied"
        yield f'<path class="{classes}"{dashes} d="{escape(edge.path)}"/>'
    yield "</g>"


def _nodes(graph: RevisionGraph, layout: Layout, marks: Marks, name: str) -> Iterator[str]:
    if not layout.nodes:
        return
    yield '<g class="nbm-nodes" fill="#ffffff" stroke="#7d8590">'
    for place in layout.nodes:
        yield from _node(graph, place, marks, name)
    yield "</g>"


def _node(graph: RevisionGraph, place: NodePlace, marks: Marks, name: str) -> Iterator[str]:
    state = marks.state(place.id)
    shown = badges(graph, place.id, marks, most_labels=MOST_LABELS)
    message = one_line(graph[place.id].message)
    spoken = [place.id, *(badge.text for badge in shown if badge.kind != "current"), _WORDS[state]]
    name_and_words = ", ".join(filter(None, spoken))
    label = f"{name_and_words}: {one_line(message, _LONGEST_SPOKEN)}" if message else name_and_words
    classes = "nbm-node nbm-applied nbm-current" if state == "current" else f"nbm-node nbm-{state}"
    left, top = place.x - place.width / 2, place.y - place.height / 2
    inside = place.marker is None
    marker = left + PADDING + 6 if place.marker is None else place.marker
    yield f'<g id="{name}-rev-{_identifier(place.id)}" class="{classes}" data-rev="{_text(place.id)}"'
    yield f' role="img" aria-label="{_text(label)}"><title>{_text(_tooltip(graph, place.id, name_and_words))}</title>'
    if not inside:
        yield f'<path class="nbm-leader" d="M{_number(marker + 9)} {_number(place.y)}H{_number(left)}"/>'
    shape = f'x="{_number(left)}" y="{_number(top)}" width="{_number(place.width)}" height="{_number(place.height)}"'
    yield f'<rect class="nbm-box" {shape} rx="7"/>'
    if state in ("applied", "current"):
        yield f'<rect class="nbm-tint" {shape} rx="7" fill="none"/>'
    start = PADDING + (MARKER_WIDTH if inside else 0)
    yield _marker(marker, place.y - 9 if place.height >= CARD_HEIGHT else place.y, state)
    yield '<g fill="#1f2328" stroke="none">'
    yield from _caption(place, shown, message, left + start)
    yield "</g></g>"


def _caption(place: NodePlace, shown: tuple[Badge, ...], message: str, start: float) -> Iterator[str]:
    """Yield id and badges, then the message: below them in a card, beside them in a line."""
    is_card = place.height >= CARD_HEIGHT
    right = place.x + place.width / 2 - PADDING
    middle = place.y - 9 if is_card else place.y
    revision = one_line(place.id, LONGEST_ID)
    yield f'<text class="nbm-id" x="{_number(start)}" y="{_number(middle + 4)}">{_text(revision)}</text>'
    x = start + id_width(revision)
    for badge in shown:
        yield _pill(badge, x + GAP, middle)
        x += GAP + badge_width(badge)
    if is_card:
        cut = fit(message, right - start)
        yield f'<text x="{_number(start)}" y="{_number(place.y + 14)}">{_text(cut)}</text>'
    else:
        cut = fit(message, right - x - GAP)
        yield f'<text x="{_number(x + GAP)}" y="{_number(middle + 4)}">{_text(cut)}</text>'


def _pill(badge: Badge, x: float, middle: float) -> str:
    width = badge_width(badge)
    strong = f' class="nbm-word-{badge.kind}"' if badge.kind in ("head", "current") else ""
    return (
        f'<rect class="nbm-pill nbm-pill-{badge.kind}" x="{_number(x)}" y="{_number(middle - 8)}"'
        f' width="{_number(width)}" height="16" rx="8" fill="none" stroke="#7d8590"/>'
        f'<text{strong} x="{_number(x + width / 2)}" y="{_number(middle + 3.5)}" font-size="{BADGE_SIZE:g}"'
        f' text-anchor="middle">{_text(one_line(badge.text, LONGEST_LABEL))}</text>'
    )


def _marker(x: float, y: float, state: State) -> str:
    at = f'cx="{_number(x)}" cy="{_number(y)}"'
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
            f'<path class="nbm-edge nbm-dependency" stroke-dasharray="2 4" d="M{_number(x - 6)} 16h26"/>'
        )
        parts.append(_legend_word(x + 26, "depends on"))
        x += 46 + text_width("depends on", 11)
    if note:
        parts.append(_legend_word(x, note))
        x += text_width(note, 11) + 20
    return "".join([*parts, "</g>"]), x


def _legend_word(x: float, word: str) -> str:
    return f'<text x="{_number(x)}" y="20" fill="#6e7781" stroke="none">{_text(word)}</text>'


def _tooltip(graph: RevisionGraph, revision: str, words: str) -> str:
    needed = ", ".join(graph[revision].depends_on)
    carried = ", ".join(graph.labels(revision))
    lines = [
        words,
        graph[revision].message,
        carried and f"branch labels: {carried}",
        needed and f"depends on: {needed}",
    ]
    return "\n".join(filter(None, map(one_line, lines)))


def _text(text: str) -> str:
    """Return `text` for XML, in an element or in an attribute."""
    lines = (one_line(line) for line in text.split("\n"))
    return escape("\n".join(lines))


def _identifier(revision: str) -> str:
    """Return `revision` with all but ASCII letters, digits, `_`, `.` and `-` as :hex:, so that no two are equal."""
    return re.sub(r"[^A-Za-z0-9_.-]", lambda found: f":{ord(found[0]):x}:", revision)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
