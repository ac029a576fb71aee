"""Orders of a graph of revisions, each found without recursion.

`links` everywhere maps an id to the ids directly below it, `above` to those directly above it; both have a key for
every id.
"""

import sys
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heapreplace

Links = Mapping[str, Sequence[str]]

#: Comes after every line.
_NO_LINE = sys.maxsize


def reversed_links(links: Links) -> dict[str, list[str]]:
    """Return what is directly above each id, in the order in which `links` has them."""
    above: dict[str, list[str]] = {id_: [] for id_ in links}
    for id_, below in links.items():
        for other in below:
            above[other].append(id_)
    return above


def reachable(starts: Iterable[str], links: Links, within: Iterable[str] | None = None) -> set[str]:
    """Return `starts` and everything that `links` leads to from them, not leaving `within`."""
    allowed = None if within is None else frozenset(within)
    seen = set(starts)
    todo = list(seen)
    while todo:
        for other in links[todo.pop()]:
            if other not in seen and (allowed is None or other in allowed):
                seen.add(other)
                todo.append(other)
    return seen


def oldest_first(links: Links, above: Links) -> list[str]:
    """Return the ids so that each comes after all below it; those in or above a cycle are left out."""
    waiting = {id_: len(below) for id_, below in links.items()}
    order = [id_ for id_, count in waiting.items() if not count]
    for id_ in order:  # grows while it is walked
        for other in above[id_]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def cycles(links: Links) -> list[tuple[str, ...]]:
    """Return the cycles, each as the sorted ids that lead to one another (Kosaraju's algorithm)."""
    finished: list[str] = []
    seen: set[str] = set()
    for root in links:
        path = [] if root in seen else [(root, iter(links[root]))]
        seen.add(root)
        while path:
            id_, rest = path[-1]
            for other in rest:
                if other not in seen:
                    seen.add(other)
                    path.append((other, iter(links[other])))
                    break
            else:
                finished.append(id_)
                path.pop()
    above = reversed_links(links)
    left = set(links)
    found = []
    for id_ in reversed(finished):
        if id_ not in left:
            continue
        group = [id_]
        left.discard(id_)
        for member in group:  # grows while it is walked
            for other in above[member]:
                if other in left:
                    left.discard(other)
                    group.append(other)
        if len(group) > 1 or id_ in links[id_]:
            found.append(tuple(sorted(group)))
    return sorted(found)


def lasting_links(oldest: Sequence[str], parents: Links, dependencies: Links) -> Links:
    """Return the parents and the dependencies of each id, without what one of its ancestors already depends on.

    These are the links that `history` follows; they reach exactly what all links reach. Besides O(V + E) time this
    takes a bit for each revision and each one that several others depend on.
    """
    times = Counter(other for below in dependencies.values() for other in below)
    # What one revision alone depends on, no ancestor of it depends on.
    flags = {other: 1 << number for number, other in enumerate(id_ for id_ in times if times[id_] > 1)}
    if not times:
        return parents
    inherited: dict[str, int] = {}
    links: dict[str, Sequence[str]] = {}
    for id_ in oldest:
        seen = 0
        for parent in parents[id_]:
            seen = seen | inherited[parent] if seen else inherited[parent]
        links[id_] = parents[id_]
        if dependencies[id_]:
            lasting = [other for other in dependencies[id_] if not seen & flags.get(other, 0)]
            links[id_] = tuple(dict.fromkeys((*parents[id_], *lasting)))
            for other in dependencies[id_]:
                seen |= flags.get(other, 0)
        inherited[id_] = seen
    return links


def newest_first(oldest: Sequence[str], links: Links, rank: Mapping[str, int]) -> list[str]:
    """Return the ids in the order of `history`: newest first, one line of descent followed as far as it goes.

    The order is alembic's. A list of lines is kept, each standing at one id. The line at hand goes down; at an id that
    something unlisted still stands above, the first line above it takes over; a line that meets another ends,
    and the one before it in the list goes on.

    This takes O(V + E) time, and O(log V) for each link of an id above which another line becomes the first one. In
    the shapes of tests/graph/test_scale.py that happens once or twice for a link, whatever their size; in a square
    grid, where each revision merges two, about sqrt(V) times; at worst, as often as there are lines.

    Parameters
    ----------
    oldest
        The ids, oldest first; those that only `links` has are passed over.
    rank
        The place of an id among those with nothing above them.
    """
    waiting = dict.fromkeys(oldest, 0)
    below = links
    if len(oldest) < len(links):
        below = {id_: [other for other in links[id_] if other in waiting] for id_ in oldest}
    for id_ in oldest:
        for other in below[id_]:
            waiting[other] += 1
    lines = _Lines(sorted((id_ for id_ in oldest if not waiting[id_]), key=rank.__getitem__))
    first: _FirstLines | None = None
    order: list[str] = []
    while len(order) < len(oldest):
        id_ = lines.at[lines.here]
        if waiting[id_]:
            # Only an id with two others above it can be reached before one of them is listed.
            first = first or _FirstLines(oldest, below, lines.standing, set(order))
            lines.here = first.above(id_)
            continue
        order.append(id_)
        for other in below[id_]:
            waiting[other] -= 1
        lines.advance([other for other in below[id_] if other not in lines.standing])
        if first:
            first.leave(id_)
    return order


class _Lines:
    """The lines of descent that `newest_first` follows, by number, in the order in which they began."""

    def __init__(self, starts: Sequence[str]) -> None:
        self.at = list(starts)
        self.standing = {id_: number for number, id_ in enumerate(starts)}
        self.here = 0
        self._before = list(range(-1, len(starts) - 1))
        self._after = list(range(1, len(starts) + 1))
        self._last = len(starts) - 1

    def advance(self, following: Sequence[str]) -> None:
        """Leave the id at hand for the first of `following`; the others begin lines of their own."""
        del self.standing[self.at[self.here]]
        if not following:
            self._end()
            return
        self.at[self.here] = following[0]
        self.standing[following[0]] = self.here
        for other in following[1:]:
            self._begin(other)

    def _begin(self, id_: str) -> None:
        number = len(self.at)
        self.at.append(id_)
        self.standing[id_] = number
        self._before.append(self._last)
        self._after.append(number + 1)
        self._last = number

    def _end(self) -> None:
        before, after = self._before[self.here], self._after[self.here]
        if before >= 0:
            self._after[before] = after
        if self.here == self._last:
            self._last = before
        else:
            self._before[after] = before
        self.here = before if before >= 0 else after


class _FirstLines:
    """For each id that is not listed yet, the first of the lines that stand at it or above it."""

    def __init__(
        self, oldest: Sequence[str], below: Links, standing: Mapping[str, int], listed: Container[str]
    ) -> None:
        self._below = below
        self._standing = standing
        self._first: dict[str, int] = {}
        #: What stands directly above each id, in a heap by the first line; what it says may be older than `_first`.
        self._above: dict[str, list[tuple[int, str]]] = {id_: [] for id_ in oldest}
        for id_ in reversed(oldest):
            if id_ not in listed:
                heapify(self._above[id_])
                self._first[id_] = line = self._found(id_)
                for other in below[id_]:
                    self._above[other].append((line, id_))

    def above(self, id_: str) -> int:
        """Return the first line above `id_`, the one at it aside."""
        heap = self._above[id_]
        while heap:
            line, other = heap[0]
            now = self._first.get(other)
            if now == line:
                return line
            if now is None:
                heappop(heap)
            else:
                heapreplace(heap, (now, other))
        return _NO_LINE

    def _found(self, id_: str) -> int:
        return min(self._standing.get(id_, _NO_LINE), self.above(id_))

    def leave(self, id_: str) -> None:
        """Take note that `id_` is listed, and that its line stands elsewhere."""
        before = self._first.pop(id_)
        todo = [(before, other) for other in self._below[id_]]
        while todo:
            before, other = todo.pop()
            if self._first[other] == before:
                line = self._found(other)
                if line != before:
                    self._first[other] = line
                    todo += [(before, under) for under in self._below[other]]
