"""What a person types for a revision, and which revisions that is.

The rules are alembic's: whole and partial ids, branch labels, "head", "heads", "base", each also on one branch, as
in "shop@head"; steps from there, as in "shop@head-1"; and the ranges of `history`, as in "ab12:head".
"""

from collections.abc import Sequence

from nbmigrate.errors import AmbiguousRevisionError, MultipleHeadsError, RevisionNotFoundError, TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.position import applied
from nbmigrate.graph.problems import listed
from nbmigrate.graph.relative import Relative, below, parse_relative, path_down, path_up
from nbmigrate.graph.revision import Revision

__all__ = [
    "Relative",
    "branch_owner",
    "climb",
    "parse_relative",
    "resolve",
    "resolve_at_most_one",
    "resolve_one",
    "revision_range",
    "walk",
]


def resolve(graph: RevisionGraph, target: str, *, steps: bool = True) -> tuple[str, ...]:
    """Return the ids that `target` stands for: one, several for "heads", none for "base".

    Parameters
    ----------
    target
        "-2" and "shop@-2" count down from the heads; all other relative forms are the business of `walk` and `climb`.
    steps
        False where counting from the heads would surprise: then "-2" is an error.

    Raises
    ------
    RevisionNotFoundError, AmbiguousRevisionError, MultipleHeadsError
        When it stands for no revision, or for one of several.
    TargetError
        When the revision is not on the branch named, or `target` does not have the form of a target.
    """
    branch, at, symbol = target.partition("@") if "@" in target else ("", "", target)
    if not symbol:
        raise TargetError(
            f"Nothing follows the '@' in '{target}'" if at else "No revision is named",
            f"Write {branch + at}head, {branch + at}base, or an id or branch label.",
            target=target,
        )
    if ":" in symbol:
        raise TargetError(f"Range revision not allowed: '{target}'", "Name one revision.", target=target)
    within = graph.lineage(branch_owner(graph, branch)) if branch else None
    if symbol == "base":
        return ()
    if symbol == "heads" and within is None:
        return graph.real_heads
    if symbol in ("head", "heads"):
        heads = tuple(head for head in graph.heads if within is None or head in within)
        if symbol == "head" and len(heads) > 1:
            raise _multiple_heads(graph, target, heads)
        return heads
    counted = parse_relative(symbol) if steps else None
    if counted and counted.branch is None and counted.symbol is None and counted.offset < 0:
        return _below_heads(graph, target, -counted.offset, within)
    found = _find(graph, symbol, target, within)
    if within is not None and found not in within:
        raise TargetError(
            f"Revision {found} is not a member of branch '{branch}'",
            f"Leave '{branch}@' out, or name a revision that is above or below {branch_owner(graph, branch)}.",
            target=target,
        )
    return (found,)


def resolve_one(graph: RevisionGraph, target: str) -> Revision:
    """Return the one revision that `target` stands for; that "base" stands for none is an error here."""
    found = resolve_at_most_one(graph, target)
    if found is None:
        raise RevisionNotFoundError(
            f"No revision files indicated by symbol '{target}'",
            "Name a revision." if graph.heads else "There are no revisions yet.",
            target=target,
            choices=graph.heads,
        )
    return graph[found]


def resolve_at_most_one(graph: RevisionGraph, target: str) -> str | None:
    """Return the one id that `target` stands for, None for "base"; several are a MultipleHeadsError."""
    found = resolve(graph, target)
    if len(found) > 1:
        raise _multiple_heads(graph, target, found)
    return found[0] if found else None


def _below_heads(
    graph: RevisionGraph, target: str, steps: int, within: frozenset[str] | None
) -> tuple[str, ...]:
    """Return what is `steps` below each head, or each of a branch: "-1" where nothing says from where to count."""
    heads = graph.real_heads
    if within is not None:
        # The end of a branch may be one that another revision depends on.
        heads = tuple(id_ for id_ in heads if id_ in within) or tuple(
            id_ for id_ in graph.heads if id_ in within
        )
    ends = []
    for head in heads:
        path = path_down(graph, head, steps)
        end = below(graph, path[-1])
        if end is None:
            raise TargetError(
                f"Walked too far: '{target}'",
                f"There are {len(path) - 1} steps below {head}, not {steps}.",
                target=target,
            )
        ends.append(end)
    return tuple(dict.fromkeys(ends))


def branch_owner(graph: RevisionGraph, branch: str) -> str:
    """Return the revision that stands for a branch: the label's owner, or the one with that id, whole or partial."""
    try:
        return _find(graph, branch, branch, None)
    except RevisionNotFoundError as error:
        text = f"No such branch: '{branch}'"
        raise RevisionNotFoundError(text, error.hint, target=branch, choices=error.choices) from None


def _find(graph: RevisionGraph, symbol: str, target: str, within: frozenset[str] | None) -> str:
    if symbol in graph:
        return symbol
    owner = graph.label_owner(symbol)
    if owner is not None:
        return owner
    found = graph.starting_with(symbol)
    if len(found) > 1 and within is not None:
        found = tuple(id_ for id_ in found if id_ in within) or found
    if len(found) > 1:
        shown = ", ".join(f"'{id_}'" for id_ in found[:3])
        raise AmbiguousRevisionError(
            f"Multiple revisions start with '{symbol}': {shown}{'...' if len(found) > 3 else ''}",
            "Give more of the id.",
            target=target,
            choices=found,
        )
    if found:
        return found[0]
    if parse_relative(symbol):
        raise RevisionNotFoundError(
            f"Can't locate revision identified by '{target}'",
            "A number of steps is understood by upgrade, by downgrade and in the range of history only.",
            target=target,
        )
    raise graph.not_found(symbol)


def _multiple_heads(graph: RevisionGraph, target: str, heads: Sequence[str]) -> MultipleHeadsError:
    shown = [f"{head} ({', '.join(graph.labels(head))})" if graph.labels(head) else head for head in heads]
    return MultipleHeadsError(
        f"Multiple head revisions are present for given argument '{target}'; please specify a specific target "
        "revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads",
        f"They are {listed(shown)}.",
        target=target,
        choices=heads,
    )


def walk(graph: RevisionGraph, relative: Relative, *, clamp: bool = False) -> str | None:
    """Return where a relative form with a symbol leads, as in "ab12-1"; None is the base.

    With `clamp`, a walk that would leave the graph ends at its edge instead of raising TargetError.
    """
    up = relative.offset > 0
    on_branch = "" if up or relative.branch is None else f"{relative.branch}@"
    start = resolve_at_most_one(graph, f"{on_branch}{relative.symbol}")
    steps = abs(relative.offset)
    if not steps:
        return start
    if up:
        path = path_up(graph, start, steps, _within(graph, relative))
        end = path[-1] if path else start
    else:
        path = path_down(graph, start, steps) if start else []
        end = below(graph, path[-1]) if path else None
    if len(path) < steps and not clamp:
        raise TargetError(
            f"Walked too far: '{relative.text}'",
            f"There are {len(path)} steps {'above' if up else 'below'} {relative.symbol}, not {steps}.",
            target=relative.text,
        )
    return end


def climb(
    graph: RevisionGraph, rows: Sequence[str], relative: Relative, *, clamp: bool = False
) -> str | None:
    """Return where "+N" or "branch@+N" leads from version rows; None if the graph is empty.

    From several rows it is an error, unless all ways lead to one revision: where a merge point was downgraded by
    one step, one step goes up to it again.
    """
    if relative.offset <= 0:
        raise relative.too_far("Up is written +N, from +1; down is what downgrade does.")
    within = _within(graph, relative)
    starts: Sequence[str | None] = graph.tips(applied(graph, rows))
    if within is not None:
        # Where no row is on the branch, what the rows imply may be: a branch point, or a dependency.
        on_branch = tuple(row for row in starts if row in within)
        starts = on_branch or graph.tips(applied(graph, rows) & within)
    ends: set[str | None] = set()
    for start in starts or (None,):
        try:
            path = path_up(graph, start, relative.offset, within)
        except AmbiguousRevisionError:
            if len(starts) > 1:
                raise _several_rows(relative, starts) from None
            raise
        if len(path) < relative.offset and not clamp:
            if len(starts) > 1:
                raise _several_rows(relative, starts)
            raise relative.too_far(f"Above {start or 'base'} there {_are(len(path))}.")
        ends.add(path[-1] if path else start)
    if len(ends) > 1:
        raise _several_rows(relative, starts)
    return ends.pop()


def _are(count: int) -> str:
    return {0: "is no revision", 1: "is one revision"}.get(count, f"are {count} revisions")


def _within(graph: RevisionGraph, relative: Relative) -> frozenset[str] | None:
    return graph.lineage(branch_owner(graph, relative.branch)) if relative.branch else None


def _several_rows(relative: Relative, starts: Sequence[str | None]) -> AmbiguousRevisionError:
    rows = tuple(start for start in starts if start)
    return AmbiguousRevisionError(
        "Ambiguous upgrade from multiple current revisions",
        f"The database stands at {listed(rows)}: write which, as in '{rows[0]}@{relative.text.rpartition('@')[2]}'.",
        target=relative.text,
        choices=rows,
    )


def revision_range(
    graph: RevisionGraph, text: str, current: Sequence[str] | None = None
) -> tuple[Revision, ...]:
    """Return the revisions of a range of `history`, newest first, both ends included.

    Parameters
    ----------
    text
        "a:b", "a:" or ":b"; an end is a target, a relative form or "current". "+N" on the right counts up from the
        left end, "-N" on the left counts down from the right end.
    current
        The version rows, for "current"; None when no database was asked.

    Raises
    ------
    TargetError
        When `text` is no range, or the left end is not below the right one.
    """
    ends = text.strip().split(":")
    if len(ends) != 2:
        raise TargetError(
            "History range requires [start]:[end], [start]:, or :[end]", f"Got '{text}'.", target=text
        )
    branch, at, _ = ends[0].partition("@")
    # A branch whose end another revision depends on has a head of its own, if no real one.
    start, end = ends[0] or "base", ends[1] or (f"{branch}@heads" if at else "heads")
    lowers, uppers = range_ends(graph, start, end, current)
    wanted = graph.ancestors(uppers)
    if not wanted.issuperset(lowers):
        raise TargetError(
            f"Requested range {text.strip()} does not refer to ancestor/descendant revisions along the same branch",
            "The left end is the older one; leave it empty to begin at the base.",
            target=text,
        )
    if lowers:
        newer = (wanted - graph.ancestors(lowers)).union(lowers)
        wanted = newer & graph.descendants(lowers, dependencies=False)
    return graph.newest_first(wanted)


def range_ends(
    graph: RevisionGraph, start: str, end: str, current: Sequence[str] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the ends of a range stand for, the lower first; as for `revision_range`."""
    branch, at, _ = start.partition("@")
    counted = parse_relative(start)
    if counted and counted.symbol is None:
        uppers = _range_end(graph, end, (), current)
        lowers = _counted_down(graph, counted, uppers)
    else:
        lowers = _range_end(graph, start, (), current)
        uppers = _range_end(graph, end, lowers, current)
    if branch and at:
        within = graph.lineage(branch_owner(graph, branch))
        uppers = tuple(upper for upper in uppers if upper in within)
    return lowers, uppers


def _range_end(
    graph: RevisionGraph, target: str, lowers: Sequence[str], current: Sequence[str] | None
) -> tuple[str, ...]:
    """Return what one end of a range stands for; "+N" counts from `lowers`."""
    if target == "current":
        if current is None:
            raise TargetError(
                "'current' is known only when a database is asked", "Name a revision.", target=target
            )
        return graph.tips(applied(graph, current))
    relative = parse_relative(target)
    if relative is None:
        return resolve(graph, target)
    if relative.symbol is None and relative.offset <= 0:
        raise relative.too_far("The right end of a range counts up from the left one, as in +2.")
    end = walk(graph, relative, clamp=True) if relative.symbol else climb(graph, lowers, relative, clamp=True)
    return (end,) if end else ()


def _counted_down(graph: RevisionGraph, relative: Relative, uppers: Sequence[str]) -> tuple[str, ...]:
    """Return what is `relative` steps below each of `uppers`, at most its base."""
    if relative.offset >= 0:
        raise relative.too_far("The left end of a range counts down, as in -2.")
    within = _within(graph, relative)
    found = []
    for upper in uppers:
        if within is None or upper in within:
            path = path_down(graph, upper, -relative.offset)
            found.append(below(graph, path[-1]) or path[-1])
    return tuple(dict.fromkeys(found))
