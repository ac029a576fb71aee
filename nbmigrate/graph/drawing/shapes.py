"""The pieces of a drawing that the picture and the live graph have in common."""

from dataclasses import dataclass
from html import escape

from nbmigrate.graph.drawing.layout import (
    BADGE_SIZE,
    CARD_HEIGHT,
    LONGEST_LABEL,
    MARKER_WIDTH,
    PADDING,
    TEXT_SIZE,
    NodePlace,
    badge_width,
)
from nbmigrate.graph.drawing.marks import Badge, one_line
from nbmigrate.graph.drawing.window import Drawn, Fold


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the pieces of one row go: its box, its marker, and its text."""

    place: NodePlace

    @property
    def is_card(self) -> bool:
        """Whether the message stands below the id, not beside it."""
        return self.place.height >= CARD_HEIGHT

    @property
    def left(self) -> float:
        """The left edge of the box."""
        return self.place.x - self.place.width / 2

    @property
    def right(self) -> float:
        """Where the text must end."""
        return self.place.x + self.place.width / 2 - PADDING

    @property
    def middle(self) -> float:
        """The middle of the line with the id."""
        return self.place.y - 9 if self.is_card else self.place.y

    @property
    def marker(self) -> float:
        """The x of the marker."""
        return self.left + PADDING + 6 if self.place.marker is None else self.place.marker

    @property
    def text(self) -> float:
        """Where the text begins."""
        return self.left + PADDING + (MARKER_WIDTH if self.place.marker is None else 0)

    def leader(self) -> str:
        """Return the line from a marker outside of the box to the box."""
        if self.place.marker is None:
            return ""
        return f'<path class="nbm-leader" d="M{number(self.marker + 9)} {number(self.place.y)}H{number(self.left)}"/>'

    def rect(self, css: str, attributes: str = "", grow: float = 0) -> str:
        """Return a rectangle as large as the box, or larger by `grow` on each side."""
        left, top = self.left - grow, self.place.y - self.place.height / 2 - grow
        width, height = self.place.width + 2 * grow, self.place.height + 2 * grow
        return (
            f'<rect class="{css}" x="{number(left)}" y="{number(top)}" width="{number(width)}"'
            f' height="{number(height)}" rx="{7 + grow:g}"{attributes}/>'
        )


def pill(badge: Badge, x: float, middle: float) -> str:
    """Return a badge, its left edge at `x`."""
    width = badge_width(badge)
    strong = f' class="nbm-word-{badge.kind}"' if badge.kind in ("head", "current") else ""
    return (
        f'<rect class="nbm-pill nbm-pill-{badge.kind}" x="{number(x)}" y="{number(middle - 8)}"'
        f' width="{number(width)}" height="16" rx="8" fill="none" stroke="#7d8590"/>'
        f'<text{strong} x="{number(x + width / 2)}" y="{number(middle + 3.5)}" font-size="{BADGE_SIZE:g}"'
        f' text-anchor="middle">{xml_text(one_line(badge.text, LONGEST_LABEL))}</text>'
    )


def fold_shapes(fold: Fold, place: NodePlace) -> str:
    """Return box, marker and text of a fold."""
    frame = Frame(place)
    dots = "".join(
        f'<circle cx="{number(frame.marker)}" cy="{number(place.y + offset)}" r="1.6"/>'
        for offset in (-6, 0, 6)
    )
    box = frame.rect("nbm-box", ' stroke-dasharray="1 3"')
    return (
        f"{frame.leader()}{box}"
        f'<g fill="#7d8590" stroke="none">{dots}'
        f'<text x="{number(frame.text)}" y="{number(place.y + 4)}">{xml_text(fold.message)}</text></g>'
    )


def details(graph: Drawn, revision: str) -> str:
    """Return what a tooltip says below the name: the message, branch labels, dependencies."""
    node = graph[revision]
    needed = "" if isinstance(node, Fold) else ", ".join(node.depends_on)
    carried = ", ".join(graph.labels(revision))
    lines = [
        node.message,
        carried and f"branch labels: {carried}",
        needed and f"depends on: {needed}",
    ]
    return "\n".join(filter(None, map(one_line, lines)))


def name_of(place: NodePlace, shown: tuple[Badge, ...]) -> str:
    """Return a revision and its badges as one speaks them, without what changes with every step."""
    return ", ".join([place.id, *(badge.text for badge in shown if badge.kind != "current")])


def xml_text(text: str) -> str:
    """Return `text` for XML, in an element or in an attribute."""
    lines = (one_line(line) for line in text.split("\n"))
    return escape("\n".join(lines))


def number(value: float) -> str:
    """Return a coordinate."""
    return f"{value:.1f}".removesuffix(".0")


#: The font of a drawing, for viewers without styles.
FONT = f'font-family="sans-serif" font-size="{TEXT_SIZE:g}"'
