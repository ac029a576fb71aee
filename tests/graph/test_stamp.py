"""Stamping: which version rows say that a database stands at a target.

What is marked "alembic:" is where alembic 1.20.1 was run and does something else.
"""

from collections.abc import Callable

import pytest

from nbmigrate.errors import (
    GraphError,
    MigrateError,
    MultipleHeadsError,
    PositionError,
    RevisionNotFoundError,
    TargetError,
)
from nbmigrate.graph import (
    RevisionGraph,
    StampPlan,
    applied,
    plan_stamp,
    version_rows,
)

History = Callable[[str], RevisionGraph]

# a -- b -- c            label "blog" at b
#  `-- d -- e -- m       label "shop" at d, m merges e and g
# f -- g --------'
# x -- y                 y depends on c
SITE = "a b<-a[blog] c<-b d<-a[shop] e<-d f g<-f m<-e,g x y<-x&c"


@pytest.fixture
def site(history: History) -> RevisionGraph:
    return history(SITE)


def shown(plan: StampPlan) -> list[str]:
    """The steps as alembic logs them; what is left of them is checked here."""
    at = plan.start
    for step in plan.steps:
        assert step.heads_before == at
        assert set(step.lost) <= set(at)
        assert not set(step.gained).intersection(at)
        assert {*step.gained, *at}.difference(step.lost) == set(step.heads_after)
        at = step.heads_after
    assert at == plan.end
    return [f"{','.join(step.source)} -> {','.join(step.destination)}" for step in plan.steps]


def test_a_plan_in_full(history: History) -> None:
    plan = plan_stamp(history("a b<-a z"), ["z", "a"], ["b"])
    assert (plan.targets, plan.start, plan.end) == (("b",), ("a", "z"), ("b", "z"))
    (step,) = plan.steps
    assert (step.source, step.destination) == (("a",), ("b",))
    assert (step.lost, step.gained) == (("a",), ("b",))
    assert (step.heads_before, step.heads_after) == (("a", "z"), ("b", "z"))


@pytest.mark.parametrize(
    ("rows", "targets", "steps", "end"),
    [
        # Nothing is there yet
        ("", "a", [" -> a"], "a"),
        ("", "m", [" -> m"], "m"),
        ("", "base", [], ""),
        # Above the row, below it, there already
        ("a", "c", ["a -> c"], "c"),
        ("c", "a", ["c -> a"], "a"),
        ("c", "c", [], "c"),
        # Unrelated: a row more
        ("c", "g", [" -> g"], "c g"),
        ("c", "e", [" -> e"], "c e"),
        ("c g", "e", [" -> e"], "c e g"),
        # Several rows above or below become one; the others stay
        ("e g", "m", ["e,g -> m"], "m"),
        ("g e c", "m", ["g,e -> m"], "c m"),
        ("c e g", "a", ["c,e -> a"], "a g"),
        # Half of a merge: what the other half needs is not known any more
        ("m", "e", ["m -> e"], "e"),
        ("m", "f", ["m -> f"], "f"),
        # Base: everything, or what is above and below a label or an id
        ("c g", "base", ["c -> ", "g -> "], ""),
        ("c g", "@base", ["c -> ", "g -> "], ""),
        ("c g", "blog@base", ["c -> "], "g"),
        ("a g", "blog@base", ["a -> "], "g"),
        ("c e", "shop@base", ["e -> "], "c"),
        ("c m", "shop@base", ["m -> "], "c"),
        ("c m", "f@base", ["m -> "], "c"),
        ("e g", "blog@base", [], "e g"),
        # Identifiers: label, partial, branch heads, a member of a branch
        ("b", "blog", [], "b"),
        ("a", "shop", ["a -> d"], "d"),
        ("b", "blog@head", ["b -> c"], "c"),
        ("b g", "shop@head", ["g -> m"], "b m"),
        ("b", "shop@e", [" -> e"], "b e"),
        ("", "heads", [" -> m", " -> y"], "m y"),
        ("b d", "heads", ["d -> m", "b -> y"], "m y"),
        ("", "a@heads", [" -> c", " -> m"], "c m"),
        # Dependencies count like parents: a row that y implies is not kept, and y gives way to what it needs
        ("c x", "y", ["c,x -> y"], "y"),
        ("c", "y", ["c -> y"], "y"),
        ("y", "c", ["y -> c"], "c"),
        ("y", "b", ["y -> b"], "b"),
        ("y", "x", ["y -> x"], "x"),
        ("y", "d", [" -> d"], "d y"),
        ("y g", "blog@base", ["y -> "], "g"),
        # Several targets
        ("", "c g", [" -> c", " -> g"], "c g"),
        ("", "g c", [" -> g", " -> c"], "c g"),
        ("c g", "c f", ["g -> f"], "c f"),
        ("a", "e c", ["a -> e", " -> c"], "c e"),
        ("m", "e g", ["m -> e", " -> g"], "e g"),
        # ... alembic: both rows go into the first target, and the second finds none
        ("c g", "b f", ["c -> b", "g -> f"], "b f"),
        # ... alembic: the row of the other branch goes with it
        ("c d f", "heads", ["d,f -> m", "c -> y"], "m y"),
        ("c d", "a@heads", ["d -> m"], "c m"),
        # ... twice the same, under two names; alembic: inserts it twice and fails
        ("", "b b blog", [" -> b"], "b"),
        # ... that overlap: alembic leaves a row that the other implies
        ("", "a c", [" -> c"], "c"),
        ("", "c a", [" -> c"], "c"),
        ("", "y c", [" -> y"], "y"),
        ("m", "e m", [], "m"),
        ("e", "a d", ["e -> d"], "d"),
        # ... and base, which alembic forgets when others are named
        ("c g", "base b", ["g -> ", "c -> b"], "b"),
        ("c g", "b f@base", ["g -> ", "c -> b"], "b"),
        ("c g", "base c", ["g -> "], "c"),
        ("c g", "blog@base f@base", ["c -> ", "g -> "], ""),
        # Rows that overlap are put right, also when the target is one of them; alembic: leaves them
        ("a b", "b", ["a -> b"], "b"),
        ("a b", "a", ["b -> a"], "a"),
        ("a b", "c", ["a,b -> c"], "c"),
        ("a b", "g", ["a -> ", " -> g"], "b g"),
        ("c y", "y", ["c -> y"], "y"),
        ("b b", "b", [], "b"),
    ],
)
def test_stamp(site: RevisionGraph, rows: str, targets: str, steps: list[str], end: str) -> None:
    plan = plan_stamp(site, rows.split(), targets.split())
    assert shown(plan) == steps
    assert plan.end == tuple(end.split()) == version_rows(site, applied(site, plan.end))
    assert plan.start == tuple(sorted(set(rows.split())))


@pytest.mark.parametrize(
    ("rows", "targets", "steps", "end"),
    [
        ("c g", "b", [" -> b"], "b"),
        ("gone away", "b", [" -> b"], "b"),
        ("gone away", "heads", [" -> m", " -> y"], "m y"),
        ("b", "b", [" -> b"], "b"),
        ("", "b", [" -> b"], "b"),
        ("gone b", "base", ["b,gone -> "], ""),
        ("gone b", "shop@base", ["b,gone -> "], ""),
        ("", "base", [], ""),
    ],
)
def test_purge_forgets_the_rows_with_the_first_step(
    site: RevisionGraph, rows: str, targets: str, steps: list[str], end: str
) -> None:
    plan = plan_stamp(site, rows.split(), targets.split(), purge=True)
    assert shown(plan) == steps
    assert plan.start == tuple(sorted(rows.split()))
    assert plan.end == tuple(end.split())


@pytest.mark.parametrize(
    ("history_text", "rows", "targets", "error", "said"),
    [
        (
            SITE,
            "",
            "head",
            MultipleHeadsError,
            "Multiple head revisions are present for given argument 'head'",
        ),
        (SITE, "", "a@head", MultipleHeadsError, "given argument 'a@head'"),
        (SITE, "", "zzzz", RevisionNotFoundError, "Can't locate revision identified by 'zzzz'"),
        (SITE, "", "b zzzz", RevisionNotFoundError, "Can't locate revision identified by 'zzzz'"),
        (SITE, "", "+1", RevisionNotFoundError, "A number of steps is understood by upgrade"),
        (SITE, "", "b+1", RevisionNotFoundError, "A number of steps is understood by upgrade"),
        (SITE, "", "a:b", TargetError, "Range revision not allowed: 'a:b'"),
        (SITE, "", "shop@g", TargetError, "Revision g is not a member of branch 'shop'"),
        (SITE, "", "zzzz@base", RevisionNotFoundError, "No such branch: 'zzzz'"),
        (SITE, "", "", TargetError, "No revision is named"),
        (SITE, "c gone", "b", PositionError, "stands at 'gone', which no revision file has"),
        (SITE, "c gone", "base", PositionError, "Or `stamp --purge` rewrites the rows"),
        ("a b<-a,gone", "", "b", GraphError, "Revision gone referenced from b"),
    ],
)
def test_what_cannot_be_stamped(
    history: History, history_text: str, rows: str, targets: str, error: type[MigrateError], said: str
) -> None:
    with pytest.raises(error) as caught:
        plan_stamp(history(history_text), rows.split(), targets.split())
    assert said in str(caught.value)
    assert caught.value.hint


def test_purge_does_not_help_an_unknown_target(site: RevisionGraph) -> None:
    with pytest.raises(RevisionNotFoundError):
        plan_stamp(site, ["gone"], ["gone"], purge=True)


@pytest.mark.parametrize("target", ["base", "head", "heads"])
def test_no_revisions_at_all(history: History, target: str) -> None:
    assert shown(plan_stamp(history(""), [], [target])) == []
