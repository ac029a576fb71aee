"""The lane layout: one revision per row, newest on top, one column per branch, as `git log --graph` does.

A lane is one line on its way down from a child to a parent. Every parent of a merge point gets a lane of its own,
the first one the merge point's column; lanes that lead to one parent meet right above it. So no stretch of a line
belongs to two pairs of revisions, and a drawing of it can only be read in one way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from nbmigrate.graph.drawing.layout import (
    LINE_HEIGHT,
    EdgeKind,
    EdgePath,
    Layout,
    NodePlace,
    edges,
    line_width,
)
from nbmigrate.graph.drawing.window import Drawn

#: With more lanes than this, those that lead to one parent meet at once: fifty branches of one base stay narrow.
WIDE = 10

_ROW = 36.0
_LANE = 22.0
_MARGIN = 14.0


@dataclass(frozen=True, slots=True)
class Row:
    """A revision, its column, and the columns of the lines that pass it by."""

    id: str
    column: int
    through: frozenset[int]
    is_end: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """Between `row` and the next: lines from `hub` open `columns` to its right, or `columns` close into it."""

    row: int
    hub: int
    columns: tuple[int, ...]
    opens: bool
    through: frozenset[int]


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one edge: from row `top` to row `bottom`; each turn (row, column) is made below that row."""

    child: str
    parent: str
    kind: EdgeKind
    top: int
    bottom: int
    turns: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """The rows, what joins them, and the number of columns."""

    rows: tuple[Row, ...]
    joints: tuple[Joint, ...]
    routes: tuple[Route, ...]
    columns: int


@dataclass(slots=True)
class _Line:
    """An edge whose lower end is not reached yet."""

    child: str
    parent: str
    kind: EdgeKind
    top: int
    turns: list[tuple[int, int]] = field(default_factory=list)


def find_lanes(graph: Drawn, *, dependencies: bool) -> Lanes:
    """Give every revision a row and a column, and every edge its way between them.

    Dependencies, when wanted, are lanes too, but never decide where a revision stands.
    """
    below: dict[str, list[tuple[str, EdgeKind]]] = {revision.id: [] for revision in graph}
    for child, parent, kind in edges(graph):
        if dependencies or kind == "parent":
            below[child].append((parent, kind))
    sweep = _Sweep()
    for revision, ends in below.items():
        sweep.add(revision, ends)
    return Lanes(tuple(sweep.rows), tuple(sweep.joints), tuple(sweep.routes), len(sweep.lanes))


class _Sweep:
    """One walk from the newest revision to the oldest; `lanes` holds, per column, the lines that run there."""

    def __init__(self) -> None:
        self.lanes: list[list[_Line]] = []
        self.rows: list[Row] = []
        self.joints: list[Joint] = []
        self.routes: list[Route] = []

    def add(self, revision: str, ends: list[tuple[str, EdgeKind]]) -> None:
        row = len(self.rows)
        column = self._arrive(revision, row)
        self.rows.append(Row(revision, column, self._taken() - {column}, not ends))
        self._leave(revision, row, column, ends)
        if len(self._taken()) > WIDE:
            self._narrow(row)

    def _arrive(self, revision: str, row: int) -> int:
        """End the lines that lead to `revision`, and return its column: that of the leftmost."""
        mine = [column for column, lines in enumerate(self.lanes) if lines and lines[0].parent == revision]
        solid = [column for column in mine if self.lanes[column][0].kind == "parent"]
        column = solid[0] if solid else mine[0] if mine else self._free(0)
        closing = tuple(other for other in mine if other != column)
        if closing:
            through = self._taken() - set(closing)
            self.joints.append(Joint(row - 1, column, closing, opens=False, through=through))
        for line in [line for other in mine for line in self.lanes[other]]:
            turns = tuple(line.turns)
            self.routes.append(Route(line.child, line.parent, line.kind, line.top, row, turns))
        for other in mine:
            self.lanes[other] = []
        return column

    def _leave(self, revision: str, row: int, column: int, ends: list[tuple[str, EdgeKind]]) -> None:
        """Start a line to each of `ends`, the first one in the revision's own column."""
        opening = []
        for parent, kind in ends:
            own = column if not self.lanes[column] else self._free(column + 1)
            self.lanes[own] = [_Line(revision, parent, kind, row, [(row, own)])]
            if own != column:
                opening.append(own)
        if opening:
            through = self._taken() - set(opening)
            self.joints.append(Joint(row, column, tuple(sorted(opening)), opens=True, through=through))

    def _narrow(self, row: int) -> None:
        """Let lanes that lead to one parent meet here."""
        groups: dict[tuple[str, EdgeKind], list[int]] = {}
        for column, lines in enumerate(self.lanes):
            if lines:
                groups.setdefault((lines[0].parent, lines[0].kind), []).append(column)
        for hub, *closing in groups.values():
            if not closing:
                continue
            through = self._taken() - set(closing)
            self.joints.append(Joint(row, hub, tuple(closing), opens=False, through=through))
            for column in closing:
                for line in self.lanes[column]:
                    line.turns.append((row, hub))
                self.lanes[hub] += self.lanes[column]
                self.lanes[column] = []

    def _taken(self) -> frozenset[int]:
        return frozenset(column for column, lines in enumerate(self.lanes) if lines)

    def _free(self, start: int) -> int:
        """Return the first column from `start` on without a line; a new one on the right if need be."""
        for column in range(start, len(self.lanes)):
            if not self.lanes[column]:
                return column
        self.lanes.append([])
        return len(self.lanes) - 1


def lane_layout(graph: Drawn) -> Layout:
    """Lay a graph out in lanes: markers in their columns, boxes of one size in one column beside them."""
    lanes = find_lanes(graph, dependencies=True)
    box_width = max((line_width(graph, row.id) for row in lanes.rows), default=0.0)
    left = _MARGIN + lanes.columns * _LANE + _MARGIN / 2
    nodes = tuple(
        NodePlace(row.id, left + box_width / 2, _row_y(number), box_width, LINE_HEIGHT, _lane_x(row.column))
        for number, row in enumerate(lanes.rows)
    )
    paths = tuple(
        EdgePath(route.child, route.parent, route.kind, _path(route, lanes.rows)) for route in lanes.routes
    )
    height = 2 * _MARGIN + _ROW * len(nodes)
    return Layout(nodes, paths, left + box_width + _MARGIN, height, "lanes")


def _path(route: Route, rows: tuple[Row, ...]) -> str:
    return " ".join(_segments(route, rows[route.top].column, rows[route.bottom].column))


def _segments(route: Route, start: int, end: int) -> Iterator[str]:
    """Yield the pieces of a line: down its column, and over to another one between two rows."""
    # Where the parent is in the next row there is no room for a lane in between.
    turns = dict(route.turns) | {route.bottom - 1: end}
    column = start
    yield f"M {_lane_x(start):g} {_row_y(route.top):g}"
    for row, target in sorted(turns.items()):
        if target != column:
            x, y, over, under = _lane_x(column), _row_y(row), _lane_x(target), _row_y(row + 1)
            yield f"L {x:g} {y:g} C {x:g} {(y + under) / 2:g} {over:g} {(y + under) / 2:g} {over:g} {under:g}"
            column = target
    yield f"L {_lane_x(end):g} {_row_y(route.bottom):g}"


def _lane_x(column: int) -> float:
    return _MARGIN + _LANE / 2 + column * _LANE


def _row_y(row: int) -> float:
    return _MARGIN + _ROW * (row + 0.5)
