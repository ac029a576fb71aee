"""Which version rows say that a database stands at a target, without running a revision.

The rules are alembic's: the rows above or below a target give way to it, the others stay; "base" takes the rows of a
branch away. Given several targets, alembic stumbles, drops rows of other branches or leaves rows that say one thing
twice; here each target takes the rows of its own lineage, and a row that another one implies, as an ancestor or as a
dependency, is not kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nbmigrate.errors import TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.position import check_rows
from nbmigrate.graph.target import branch_owner, resolve
from nbmigrate.graph.trail import Trail

#: The rows that give way, and what they give way to.
Change = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StampStep:
    """One change of the version rows.

    Parameters
    ----------
    source
        What "Running stamp_revision a -> b" has on the left: the rows that give way, in the order they were given.
    destination
        What it has on the right: a revision, or nothing.
    lost, gained
        The rows of the version table that go and that come, sorted. With the first step goes what a purge deletes.
    """

    source: tuple[str, ...]
    destination: tuple[str, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    _trail: Trail = field(repr=False, compare=False)
    _number: int = field(repr=False, compare=False)

    @property
    def heads_before(self) -> tuple[str, ...]:
        """All rows of the version table before it, sorted."""
        return self._trail.at(self._number)

    @property
    def heads_after(self) -> tuple[str, ...]:
        """All rows of the version table after it, sorted."""
        return self._trail.at(self._number + 1)


@dataclass(frozen=True, slots=True)
class StampPlan:
    """The steps from the rows that are there to those that say what was asked for; none when they say it already.

    Parameters
    ----------
    targets
        What was requested, as it was written.
    start, end
        The rows of the version table before and after, sorted.
    steps
        In the order in which they are written, all in one transaction.
    """

    targets: tuple[str, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]
    steps: tuple[StampStep, ...]


def plan_stamp(
    graph: RevisionGraph, rows: Sequence[str], targets: Sequence[str], *, purge: bool = False
) -> StampPlan:
    """Return what makes the version table say that a database stands at `targets`.

    The rows above or below a target, by parents or by dependencies, give way to it; the others stay.

    Parameters
    ----------
    rows
        The version rows. Rows that overlap are put right (see `position.applied`).
    targets
        Any identifiers but those that count steps; of those that overlap only the upper ones get a row.
    purge
        Forget `rows` first, whatever they are.

    Raises
    ------
    GraphError, ScriptError
        When the graph has problems: the first of them.
    TargetError
        When a target does not say which revision.
    PositionError
        When a row is unknown to the graph, unless with `purge`.
    """
    graph.check()
    if not targets:
        raise TargetError("No revision is named", "Write heads, base, or an id or branch label.")
    current = () if purge else check_rows(graph, dict.fromkeys(rows))
    wanted: dict[str, None] = {}
    cleared: set[str] = set()
    for target in targets:
        ends = resolve(graph, target, steps=False)
        wanted.update(dict.fromkeys(ends))
        if not ends:
            cleared |= _of_branch(graph, target, current)
    needed = graph.ancestors(wanted)
    cleared |= graph.descendants(wanted) - needed
    kept = [row for row in current if row not in cleared]
    end = graph.tips(graph.ancestors(kept) | needed)
    changes = _changes(graph, current, wanted, end)
    start = tuple(sorted(set(rows)))
    if not changes and start != end:
        changes = [(start, ())]
    return StampPlan(tuple(targets), start, end, tuple(_steps(start, current, changes)))


def _of_branch(graph: RevisionGraph, target: str, rows: Iterable[str]) -> frozenset[str]:
    """Return the rows that "base" or "branch@base" takes away: all, or those above or below what it names."""
    branch = target.rpartition("@")[0]
    if not branch:
        return frozenset(rows)
    owner = [branch_owner(graph, branch)]
    return (graph.ancestors(owner) | graph.descendants(owner)).intersection(rows)


def _changes(
    graph: RevisionGraph, rows: Sequence[str], wanted: Iterable[str], end: Iterable[str]
) -> list[Change]:
    """Return which rows give way to what: first those that go without a target, then target by target."""
    staying = frozenset(end)
    removed = [row for row in rows if row not in staying]
    sources = _sources(graph, [id_ for id_ in wanted if id_ in staying], removed)
    moved = {row for group in sources.values() for row in group}
    present = staying.intersection(rows)
    return [
        *(((row,), ()) for row in removed if row not in moved),
        *((source, (id_,)) for id_, source in sources.items() if source or id_ not in present),
    ]


def _steps(start: Sequence[str], rows: Iterable[str], changes: Iterable[Change]) -> Iterator[StampStep]:
    position, stale = set(start), set(start).difference(rows)
    trail = Trail(start)
    for source, destination in changes:
        lost = stale.union(source).difference(destination)
        gained = set(destination) - position
        position -= lost
        position |= gained
        stale = set()
        change = tuple(sorted(lost)), tuple(sorted(gained))
        yield StampStep(source, destination, *change, trail, trail.add(*change))


def _sources(graph: RevisionGraph, tops: Iterable[str], removed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return which of the rows `removed` give way to which of `tops`; to the first one, where they could to several."""
    place = {row: number for number, row in enumerate(removed)}
    left = set(removed)
    under: set[str] = set()
    over: set[str] = set()
    found = {}
    for top in tops:
        met: set[str] = set()
        if left:
            met |= _walk(top, lambda id_: (*graph.parents(id_), *graph.dependencies(id_)), under)
            met |= _walk(top, lambda id_: (*graph.children(id_), *graph.dependents(id_)), over)
        found[top] = tuple(sorted(met & left, key=place.__getitem__))
        left -= met
    return found


def _walk(start: str, links: Callable[[str], Iterable[str]], seen: set[str]) -> set[str]:
    """Return what `links` leads to from `start`, without what is `seen`, which it adds to."""
    met = {start}
    todo = [start]
    while todo:
        for other in links(todo.pop()):
            if other not in seen:
                seen.add(other)
                met.add(other)
                todo.append(other)
    return met
