"""The part of a long history that can be looked at: some revisions, and folds that stand for the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

#: About how many revisions a window shows.
SIZE = 80

#: What is shown of the parents, the children and so on of a revision that is looked at: a base may have 3,000.
_NEIGHBOURS = 4


Place = Literal["above", "between", "below"]


@dataclass(frozen=True, slots=True)
class Fold:
    """A row for revisions that are not drawn.

    Parameters
    ----------
    id
        Its name in the drawing, which no revision has.
    place
        Whether it is the top row, the bottom row, or lies between revisions that are drawn.
    ids
        What is folded, newest first.
    """

    id: str
    place: Place
    ids: tuple[str, ...]

    @property
    def message(self) -> str:
        """How many there are, and on which side."""
        side = {"above": "newer ", "between": "", "below": "older "}[self.place]
        return f"… {len(self.ids):,} {side}revisions"

    @property
    def next(self) -> str:
        """The folded revision to look at by walking into the fold: the one next to what is drawn."""
        return self.ids[-1] if self.place == "above" else self.ids[0]


class GraphWindow:
    """What a drawing needs to know of a graph, of the rows around `focus` alone.

    Runs of revisions that are not shown are one row each, a `Fold`, with the links that lead into and out of them.
    Whether a revision is a head, a branch point and so on is said of it in the whole graph. A graph of no more than
    `size` revisions has no folds, and is drawn as if there were no window.

    Parameters
    ----------
    graph
        The whole graph.
    focus
        The revisions to show, each with what is next to it; the first one with the most around it. Ids that the
        graph does not have are passed over; so are, in a long list, those beyond a fifth of `size`. With none, the
        newest are shown.
    size
        About how many revisions to show.
    """

    def __init__(self, graph: RevisionGraph, focus: Sequence[str] = (), size: int = SIZE) -> None:
        self.graph = graph
        self.size = size
        order = [revision.id for revision in graph]
        self._ids = frozenset(order)
        shown = _shown(order, self._focused(focus), graph, size)
        self._nodes: dict[str, Revision | Fold] = {}
        self._row: dict[str, str] = {}
        for first, last in _runs(order, shown):
            ids = tuple(order[first:last])
            if ids[0] in shown:
                self._nodes.update((id_, graph[id_]) for id_ in ids)
                self._row.update(zip(ids, ids, strict=True))
            else:
                place: Place = "above" if first == 0 else "below" if last == len(order) else "between"
                fold = Fold(self._free_name(), place, ids)
                self._nodes[fold.id] = fold
                self._row.update(dict.fromkeys(ids, fold.id))
        self._order = list(self._nodes)
        self._rank = {id_: number for number, id_ in enumerate(self._order)}
        self.folds: tuple[Fold, ...] = tuple(node for node in self._nodes.values() if isinstance(node, Fold))

    def _focused(self, focus: Iterable[str]) -> tuple[str, ...]:
        members = (id_ for id_ in dict.fromkeys(focus) if id_ in self._ids)
        return tuple(members)[: max(self.size // 5, 1)]

    def _free_name(self) -> str:
        # An "@" is not allowed in an id, but a file may have one all the same.
        name = f"@{len(self._nodes)}"
        while name in self.graph:
            name += "@"
        return name

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Revision | Fold]:
        """Yield the rows, newest first."""
        return iter(self._nodes.values())

    def __contains__(self, id_: object) -> bool:
        return id_ in self._nodes

    def __getitem__(self, id_: str) -> Revision | Fold:
        return self._nodes[id_] if id_ in self._nodes else self.graph[id_]

    def __repr__(self) -> str:
        shown = len(self) - len(self.folds)
        return f"<GraphWindow: {shown:,} of {len(self.graph):,} revisions, {len(self.folds)} folds>"

    @property
    def above(self) -> int:
        """How many revisions are folded above all that is shown."""
        return self._folded("above")

    @property
    def between(self) -> int:
        """How many revisions are folded between those shown."""
        return self._folded("between")

    @property
    def below(self) -> int:
        """How many revisions are folded below all that is shown."""
        return self._folded("below")

    def _folded(self, place: Place) -> int:
        return sum(len(fold.ids) for fold in self.folds if fold.place == place)

    def holds(self, focus: Sequence[str], *, margin: int = 0) -> bool:
        """Tell whether the window shows `focus` and what is next to it, so that it need not be moved.

        Parameters
        ----------
        margin
            How many rows around the first one must be shown too: who walks on should not wait at the edge.
        """
        wanted = self._focused(focus)
        if not self.folds:
            return True
        if not all(id_ in self._nodes and self._shows_around(id_) for id_ in wanted):
            return False
        place = self._rank[wanted[0]] if wanted else 0
        around = self._order[max(place - margin, 0) : place + margin + 1]
        return not any(isinstance(self._nodes[id_], Fold) for id_ in around)

    def _shows_around(self, id_: str) -> bool:
        return all(
            sum(other in self._nodes for other in links) >= min(len(links), _NEIGHBOURS)
            for links in _neighbours(self.graph, id_)
        )

    def parents(self, id_: str) -> tuple[str, ...]:
        """Return the rows that the lines to its parents lead to."""
        return self._below(id_, self.graph.parents)

    def dependencies(self, id_: str) -> tuple[str, ...]:
        """Return the rows that the lines to what it depends on lead to."""
        return self._below(id_, self.graph.dependencies)

    def _below(self, id_: str, links: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
        node = self._nodes[id_]
        if not isinstance(node, Fold):
            return tuple(dict.fromkeys(self._row[other] for other in links(id_) if other in self._row))
        found = {self._row[other] for one in node.ids for other in links(one)} - {id_}
        return tuple(sorted(found, key=self._rank.__getitem__))

    @property
    def real_heads(self) -> tuple[str, ...]:
        """The heads of the whole graph that no revision depends on."""
        return self.graph.real_heads

    def labels(self, id_: str) -> tuple[str, ...]:
        """Return the branch labels that apply to a revision."""
        return self.graph.labels(id_)

    def is_head(self, id_: str) -> bool:
        """Tell whether it is no revision's parent, folded ones included."""
        return self.graph.is_head(id_)

    def is_branch_point(self, id_: str) -> bool:
        """Tell whether several revisions, folded ones included, have it as a parent."""
        return self.graph.is_branch_point(id_)

    def is_merge_point(self, id_: str) -> bool:
        """Tell whether it has several parents, folded ones included."""
        return self.graph.is_merge_point(id_)


#: What can be drawn.
Drawn = RevisionGraph | GraphWindow


def whole(graph: Drawn) -> RevisionGraph:
    """Return the graph that a drawing is of, folded revisions included."""
    return graph.graph if isinstance(graph, GraphWindow) else graph


def _neighbours(graph: RevisionGraph, id_: str) -> tuple[tuple[str, ...], ...]:
    return graph.parents(id_), graph.children(id_), graph.dependencies(id_), graph.dependents(id_)


def _shown(order: Sequence[str], focus: Sequence[str], graph: RevisionGraph, size: int) -> Set[str]:
    """Return what is shown: `focus`, what is next to it in the graph, then what is next to it in `order`."""
    if len(order) <= size:
        return frozenset(order)
    rank = {id_: number for number, id_ in enumerate(order)}
    centres = [rank[id_] for id_ in focus] or [0]
    places = set(centres)
    for centre in centres:
        if len(places) < size // 2:
            near = (links[:_NEIGHBOURS] for links in _neighbours(graph, order[centre]))
            places.update(rank[id_] for links in near for id_ in links)
    for most, around in ((size // 2, centres), (size, centres[:1])):
        radius = 1
        while len(places) < most:
            for centre in around:
                places.update(
                    place for place in (centre - radius, centre + radius) if 0 <= place < len(order)
                )
            radius += 1
    # A fold takes as much room as the revision that it would hide.
    places.update(place + 1 for place in tuple(places) if place + 2 in places)
    places.update(end for end, inner in ((0, 1), (len(order) - 1, len(order) - 2)) if inner in places)
    return {order[place] for place in places}


def _runs(order: Sequence[str], shown: Set[str]) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of each stretch of `order` that is all shown or all folded."""
    start = 0
    for place in range(1, len(order) + 1):
        if place == len(order) or (order[place] in shown) != (order[start] in shown):
            yield start, place
            start = place
