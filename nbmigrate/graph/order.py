"""Orders of a graph of revisions, each found without recursion.

`links` everywhere maps an id to the ids directly below it, `above` to those directly above it; both have a key for
every id.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

Links = Mapping[str, Sequence[str]]


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

    These are the links that `history` follows; they reach exactly what all links reach.
    """
    wanted = sorted({other for below in dependencies.values() for other in below})
    if not wanted:
        return parents
    flags = {id_: 1 << number for number, id_ in enumerate(wanted)}
    inherited: dict[str, int] = {}
    links: dict[str, tuple[str, ...]] = {}
    for id_ in oldest:
        known = 0
        for parent in parents[id_]:
            known |= inherited[parent]
        below = dict.fromkeys(parents[id_])
        for other in dependencies[id_]:
            if not known & flags[other]:
                below[other] = None
        for other in dependencies[id_]:
            known |= flags[other]
        inherited[id_] = known
        links[id_] = tuple(below)
    return links


def newest_first(oldest: Sequence[str], links: Links, rank: Mapping[str, int]) -> list[str]:
    """Return the ids in the order of `history`: newest first, one line of descent followed as far as it goes.

    The order is alembic's. A list of lines is kept, each standing at one id. The line at hand goes down; at an id that
    something unlisted still stands above, the first line above it takes over; a line that meets another ends,
    and the one before it in the list goes on.

    Parameters
    ----------
    oldest
        The ids, oldest first; those that only `links` has are passed over.
    rank
        The place of an id among those with nothing above them.
    """
    members = frozenset(oldest)
    waiting = dict.fromkeys(oldest, 0)
    for id_ in oldest:
        for other in links[id_]:
            if other in members:
                waiting[other] += 1
    lines = _Lines(sorted((id_ for id_ in oldest if not waiting[id_]), key=rank.__getitem__))
    forks = {id_: number for number, id_ in enumerate(id_ for id_ in oldest if waiting[id_] > 1)}
    below: Mapping[str, int] = {}
    order = []
    while lines.alive:
        id_ = lines.here
        if waiting[id_]:
            # Only an id with two others above it can be reached before one of them is listed.
            below = below or _forks_below(oldest, links, forks)
            lines.switch(1 << forks[id_], below)
            continue
        order.append(id_)
        following = []
        for other in links[id_]:
            if other in members:
                waiting[other] -= 1
                if other not in lines.standing:
                    following.append(other)
        lines.advance(following)
    return order


def _forks_below(oldest: Sequence[str], links: Links, forks: Mapping[str, int]) -> Mapping[str, int]:
    """Return, for each id, the `forks` strictly below it, as the bits of a number."""
    below: dict[str, int] = {}
    for id_ in oldest:
        bits = 0
        for other in links[id_]:
            if other in below:
                # `or`, so that a line without forks shares one number instead of copying it for each revision.
                bits = bits | below[other] if bits else below[other]
                if other in forks:
                    bits |= 1 << forks[other]
        below[id_] = bits
    return below


class _Lines:
    """The lines of descent that `newest_first` follows, in the order in which they began."""

    def __init__(self, starts: Sequence[str]) -> None:
        self.alive = list(range(len(starts)))
        self.standing = set(starts)
        self._at = list(starts)
        self._index = 0
        self._sought: dict[str, int] = {}

    @property
    def here(self) -> str:
        return self._at[self.alive[self._index]]

    def switch(self, flag: int, below: Mapping[str, int]) -> None:
        """Go on with the first line that stands above the id at hand, whose bit in `below` is `flag`."""
        id_ = self.here
        # A line only moves down and new ones come last, so the search never has to look back.
        index = bisect_left(self.alive, self._sought.get(id_, 0))
        while not below[self._at[self.alive[index]]] & flag:
            index += 1
        self._sought[id_] = self.alive[index]
        self._index = index

    def advance(self, following: Sequence[str]) -> None:
        """Leave the id at hand for the first of `following`; the others begin lines of their own."""
        self.standing.discard(self.here)
        if not following:
            del self.alive[self._index]
            self._index = max(self._index - 1, 0)
            return
        self._at[self.alive[self._index]] = following[0]
        for other in following[1:]:
            self.alive.append(len(self._at))
            self._at.append(other)
        self.standing.update(following)
