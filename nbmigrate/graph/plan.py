"""Which revisions to run, in which order, to come from where a database stands to a target.

A plan is a value: what is shown as a preview is what runs. Its heads are the rows of the version table, of which
those are not kept that another row implies, be it as an ancestor or as a dependency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nbmigrate.errors import AmbiguousRevisionError, TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.position import applied
from nbmigrate.graph.problems import listed
from nbmigrate.graph.relative import Relative, parse_relative, path_down
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import branch_owner, climb, resolve, resolve_at_most_one, walk
from nbmigrate.graph.trail import Trail

Direction = Literal["upgrade", "downgrade"]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One revision to run; compares by what it runs and by the rows around it.

    Parameters
    ----------
    direction
        Which of the functions in its file.
    revision
        The revision.
    lost, gained
        The rows of the version table that go and that come, sorted.
    """

    direction: Direction
    revision: Revision
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    _trail: Trail = field(repr=False)
    _number: int = field(repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Step):
            return NotImplemented
        return self._value() == other._value() and self.heads_before == other.heads_before

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[object, ...]:
        return self.direction, self.revision, self.lost, self.gained

    @property
    def heads_before(self) -> tuple[str, ...]:
        """All rows of the version table before it, sorted."""
        return self._trail.at(self._number)

    @property
    def heads_after(self) -> tuple[str, ...]:
        """All rows of the version table after it, sorted."""
        return self._trail.at(self._number + 1)

    @property
    def source(self) -> tuple[str, ...]:
        """What "Running upgrade a -> b" has on the left."""
        return self.revision.down_revisions if self.direction == "upgrade" else (self.revision.id,)

    @property
    def destination(self) -> tuple[str, ...]:
        """What "Running upgrade a -> b" has on the right."""
        return (self.revision.id,) if self.direction == "upgrade" else self.revision.down_revisions


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from a position to a target; none when there is nothing to do.

    Parameters
    ----------
    direction
        The direction of every step.
    target
        What was requested, as it was written.
    start, end
        The rows of the version table before and after, sorted.
    steps
        In the order in which they run.
    """

    direction: Direction
    target: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    steps: tuple[Step, ...]


def plan_upgrade(graph: RevisionGraph, current: Sequence[str], target: str) -> Plan:
    """Return what brings a database up to `target`, with all that it depends on.

    Parameters
    ----------
    current
        The version rows. Rows that overlap are put right by the first step (see `position.applied`).
    target
        A target, or a relative form: "+2" and "shop@+2" count from `current`, "ab12+2" from a revision.

    Raises
    ------
    GraphError, ScriptError
        When the graph has problems: the first of them.
    TargetError
        When `target` does not say where to go.
    PositionError
        When a row is unknown to the graph.
    """
    graph.check()
    active = applied(graph, current)
    relative = parse_relative(target)
    if relative is None:
        ends = resolve(graph, target)
    else:
        end = walk(graph, relative) if relative.symbol else climb(graph, current, relative)
        ends = (end,) if end else ()
    revisions = graph.newest_first(graph.ancestors(ends) - active)
    return _plan(graph, "upgrade", target, current, active, revisions[::-1])


def plan_downgrade(graph: RevisionGraph, current: Sequence[str], target: str) -> Plan:
    """Return what brings a database down to `target`, leaving that applied.

    Everything applied above `target` goes, on every branch or on the one that `target` names, and with it what depends
    on it.

    Parameters
    ----------
    current
        The version rows. Rows that overlap are put right by the first step (see `position.applied`).
    target
        A target, or a relative form: "-2" and "shop@-2" count from `current`, "ab12-2" from a revision. "-1" at a merge
        point undoes the merge.

    Raises
    ------
    GraphError, ScriptError
        When the graph has problems: the first of them.
    TargetError
        When `target` does not say where to go, or is not applied.
    PositionError
        When a row is unknown to the graph.
    """
    graph.check()
    active = applied(graph, current)
    relative = parse_relative(target)
    if relative is not None and relative.symbol is None:
        roots = _counted_roots(graph, active, relative)
    else:
        roots = _roots(graph, current, active, target, relative)
    revisions = graph.newest_first(graph.descendants(roots) & active)
    return _plan(graph, "downgrade", target, current, active, revisions)


def plan_step(graph: RevisionGraph, current: Sequence[str], direction: Direction, id_: str) -> Plan:
    """Return the plan for one revision alone, which must be next to where the database stands.

    Raises
    ------
    PositionError
        When a row is unknown to the graph.
    """
    active = applied(graph, current)
    return _plan(graph, direction, id_, current, active, (graph[id_],))


def _roots(
    graph: RevisionGraph,
    current: Sequence[str],
    active: frozenset[str],
    target: str,
    relative: Relative | None,
) -> tuple[str, ...]:
    """Return the oldest revisions to undo, for a target that does not count from `current`."""
    if relative is not None:
        branch, end = relative.branch, walk(graph, relative)
    else:
        branch, end = target.rpartition("@")[0] or None, resolve_at_most_one(graph, target)
    if end is not None and end not in active:
        raise TargetError(
            f"Destination {target} is not a valid downgrade target from current head(s)",
            f"{end} is not applied; the database stands at {listed(sorted(set(current))) or 'base'}.",
            target=target,
            choices=sorted(set(current)),
        )
    roots = graph.children(end) if end else graph.bases
    if branch is None:
        return roots
    within = graph.lineage(branch_owner(graph, branch))
    return tuple(root for root in roots if root in within)


def _counted_roots(graph: RevisionGraph, active: frozenset[str], relative: Relative) -> tuple[str, ...]:
    """Return the oldest revision to undo, for a target that counts down from the position."""
    if relative.offset >= 0:
        raise relative.too_far("Down is written -N, from -1; up is what upgrade does.")
    starts = graph.tips(active)
    if relative.branch:
        within = graph.lineage(branch_owner(graph, relative.branch))
        # A branch without a row of its own may be applied because another one depends on it.
        starts = tuple(id_ for id_ in starts if id_ in within) or tuple(
            id_ for id_ in graph.tips(active, dependencies=False) if id_ in within
        )
    if not starts:
        raise relative.too_far(f"Nothing {f'of {relative.branch} ' if relative.branch else ''}is applied.")
    if len(starts) > 1:
        raise AmbiguousRevisionError(
            f"Ambiguous downgrade from multiple current revisions: '{relative.text}' from {listed(starts)}",
            f"Write which, as in '{starts[0]}@{relative.offset}', or name the revision to go down to.",
            target=relative.text,
            choices=starts,
        )
    path = path_down(graph, starts[0], -relative.offset)
    if len(path) < -relative.offset:
        raise relative.too_far(f"From {starts[0]} down there are {len(path)}.")
    return (path[-1],)


def _plan(
    graph: RevisionGraph,
    direction: Direction,
    target: str,
    current: Iterable[str],
    active: frozenset[str],
    revisions: Sequence[Revision],
) -> Plan:
    trail = Trail(current)
    start = trail.at(0)
    heads = set(graph.tips(active))
    # Rows that another one implies go with the first step.
    lost = set(start) - heads
    above = _applied_above(graph, active)
    steps = []
    for revision in revisions:
        gained: set[str] = set()
        below = set(graph.parents(revision.id)).union(graph.dependencies(revision.id))
        if direction == "upgrade":
            above[revision.id] = 0
            gained.add(revision.id)
            lost |= heads & below
        else:
            lost.add(revision.id)
        for id_ in below:
            above[id_] += 1 if direction == "upgrade" else -1
            if not above[id_]:
                gained.add(id_)
        heads.difference_update(lost)
        heads |= gained
        change = tuple(sorted(lost - gained)), tuple(sorted(gained - lost))
        steps.append(Step(direction, revision, *change, trail, trail.add(*change)))
        lost = set()
    return Plan(direction, target, start, trail.at(len(steps)), tuple(steps))


def _applied_above(graph: RevisionGraph, active: Iterable[str]) -> dict[str, int]:
    """Return how many applied revisions stand directly on each."""
    above = dict.fromkeys(active, 0)
    for id_ in above:
        for other in set(graph.parents(id_)).union(graph.dependencies(id_)):
            above[other] += 1
    return above
