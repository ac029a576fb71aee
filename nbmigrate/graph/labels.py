"""Which branch labels apply to which revisions."""

from collections.abc import Iterator, Mapping, Sequence

from nbmigrate.graph.order import Links


class BranchLabels:
    """The labels that apply to each revision.

    A set of labels is the bits of a number, which the revisions of a line share: thousands of labels on a long line
    cost a bit for each revision and label, and most often much less.

    Parameters
    ----------
    owners
        The revision that declares each label.
    oldest
        The ids, oldest first.
    parents, above
        The parents of each id, and what has it as a parent or dependency.
    """

    def __init__(
        self, owners: Mapping[str, str], oldest: Sequence[str], parents: Links, above: Links
    ) -> None:
        self._names = sorted(owners)
        self._found: dict[int, tuple[str, ...]] = {0: ()}
        own: dict[str, int] = {}
        for number, name in enumerate(self._names):
            own[owners[name]] = own.get(owners[name], 0) | 1 << number
        self._downward = _to_ancestors(own, oldest, parents, above) if own else {}
        self._upward = _to_descendants(own, oldest, parents) if own else {}

    def of(self, id_: str) -> tuple[str, ...]:
        """Return the labels of a revision, sorted."""
        flags = _united(self._upward.get(id_, 0), self._downward.get(id_, 0))
        if flags not in self._found:
            self._found[flags] = tuple(self._names[number] for number in _numbers(flags))
        return self._found[flags]


def _united(some: int, others: int) -> int:
    """Return the bits of both; where one has none it is the other number itself, not a copy."""
    return some | others if some and others and some is not others else some or others


def _to_descendants(own: Mapping[str, int], oldest: Sequence[str], parents: Links) -> dict[str, int]:
    found: dict[str, int] = {}
    for id_ in oldest:
        flags = own.get(id_, 0)
        for parent in parents[id_]:
            flags = _united(flags, found.get(parent, 0))
        if flags:
            found[id_] = flags
    return found


def _to_ancestors(
    own: Mapping[str, int], oldest: Sequence[str], parents: Links, above: Links
) -> dict[str, int]:
    """Return what each id has from the only revision above it; a merge point has nothing from there."""
    found: dict[str, int] = {}
    for id_ in reversed(oldest):
        flags = _united(own.get(id_, 0), found.get(id_, 0))
        below = parents[id_]
        if flags and len(below) == 1 and len(parents[below[0]]) < 2 and len(above[below[0]]) < 2:
            found[below[0]] = flags
    return found


def _numbers(flags: int) -> Iterator[int]:
    """Yield the places of the bits that are set, the lowest first."""
    digits = f"{flags:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
