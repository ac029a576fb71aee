"""Plans: which revisions run, in which order, and the version rows after each."""

from collections.abc import Callable

import pytest

from nbmigrate.errors import (
    AmbiguousRevisionError,
    MigrateError,
    MissingRevisionError,
    MultipleHeadsError,
    PositionError,
    RevisionNotFoundError,
    TargetError,
)
from nbmigrate.graph import (
    Plan,
    Revision,
    RevisionGraph,
    Step,
    applied,
    current_heads,
    plan_downgrade,
    plan_upgrade,
    version_rows,
)

History = Callable[[str], RevisionGraph]

# a -- b -- c       label "blog" at b
#  `-- d -- e -- m  label "shop" at d, m merges e and g
# f -- g ------'
# x -- y            y depends on c
SITE = "a b<-a[blog] c<-b d<-a[shop] e<-d f g<-f m<-e,g x y<-x&c"


@pytest.fixture
def site(history: History) -> RevisionGraph:
    return history(SITE)


def rows(plan: Plan) -> list[str]:
    """The plan as "revision: rows after", which is all of it that the graph does not say."""
    at = plan.start
    for step in plan.steps:
        assert step.heads_before == at
        assert step.direction == plan.direction
        at = step.heads_after
    assert at == plan.end
    return [f"{step.revision.id}: {','.join(step.heads_after)}" for step in plan.steps]


def test_an_upgrade_in_full(history: History) -> None:
    graph = history("a b<-a")
    plan = plan_upgrade(graph, [], "head")
    assert (plan.direction, plan.target, plan.start, plan.end) == ("upgrade", "head", (), ("b",))
    assert [whole(step) for step in plan.steps] == [
        ("upgrade", Revision("a"), (), ("a",), (), ("a",)),
        ("upgrade", Revision("b", ("a",)), ("a",), ("b",), ("a",), ("b",)),
    ]


def whole(step: Step) -> tuple[object, ...]:
    return step.direction, step.revision, step.lost, step.gained, step.heads_before, step.heads_after


def test_plans_are_values(site: RevisionGraph) -> None:
    first, second = (plan_upgrade(site, ["c", "g"], "e") for _ in range(2))
    other = plan_upgrade(site, ["c"], "e")
    assert first == second
    assert hash(first) == hash(second)
    assert first != other
    # The same steps with the same changes, but other rows around them.
    assert [step.lost + step.gained for step in first.steps] == [
        step.lost + step.gained for step in other.steps
    ]
    assert first.steps[0] != other.steps[0]
    assert first.steps[0] != "d"


def test_the_rows_of_a_wide_fan(history: History) -> None:
    """
    root -- b00, b01, ..., b39, a head each; m merges the last two.
    """
    wide = [f"b{number:02}" for number in range(40)]
    graph = history(" ".join(["root", *(f"{id_}<-root" for id_ in wide), "m<-b38,b39"]))
    for plan in (plan_upgrade(graph, [], "heads"), plan_downgrade(graph, [*wide[:38], "m"], "base")):
        assert len(plan.steps) == 42
        now = applied(graph, plan.start)
        for step in plan.steps:
            assert step.heads_before == version_rows(graph, now)
            now ^= {step.revision.id}
            assert step.heads_after == version_rows(graph, now)
            assert len(step.lost) + len(step.gained) <= 3
        assert plan.end == version_rows(graph, now)


def test_source_and_destination_are_what_alembic_logs(history: History) -> None:
    """
    a -- m      m depends on z, which is not part of "Running upgrade a, b -> m"
    b --'
    """
    graph = history("a b m<-b,a&z z")
    up = plan_upgrade(graph, ["a", "b", "z"], "m").steps[0]
    down = plan_downgrade(graph, ["m"], "-1").steps[0]
    assert (up.source, up.destination) == (("b", "a"), ("m",))
    assert (down.source, down.destination) == (("m",), ("b", "a"))


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        ("", "c", ["a: a", "b: b", "c: c"]),
        ("a", "c", ["b: b", "c: c"]),
        # Branching off adds a row, merging takes them together.
        ("c", "e", ["d: c,d", "e: c,e"]),
        ("e g", "m", ["m: m"]),
        ("e", "m", ["f: e,f", "g: e,g", "m: m"]),
        # What is depended on comes first, and its row is implied by the one that depends on it.
        ("", "y", ["a: a", "b: b", "c: c", "x: c,x", "y: y"]),
        ("c x", "y", ["y: y"]),
        # A branch that starts at an implied revision: only its own row is added.
        ("y", "d", ["d: d,y"]),
        ("", "shop@head", ["f: f", "g: g", "a: a,g", "d: d,g", "e: e,g", "m: m"]),
        ("y m", "heads", []),
        ("m", "a", []),
        ("m", "base", []),
        ("c", "shop", ["d: c,d"]),
        # Steps
        ("a", "blog@+1", ["b: b"]),
        ("b", "+1", ["c: c"]),
        ("c", "shop@+2", ["d: c,d", "e: c,e"]),
        ("y", "shop@+1", ["d: d,y"]),
        ("", "f@+2", ["f: f", "g: g"]),
        ("f", "+2", ["g: g", "a: a,g", "d: d,g", "e: e,g", "m: m"]),
        ("", "f+1", ["f: f", "g: g"]),
        ("", "c-1", ["a: a", "b: b"]),
        ("", "base+0", []),
        ("", "a-1", []),
        ("a", "shop@a+1", ["d: d"]),
        # Both rows lead to the same revision.
        ("e g", "+1", ["m: m"]),
    ],
)
def test_upgrade(site: RevisionGraph, current: str, target: str, expected: list[str]) -> None:
    assert rows(plan_upgrade(site, current.split(), target)) == expected


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        ("c", "base", ["c: b", "b: a", "a: "]),
        ("c", "a", ["c: b", "b: a"]),
        ("c", "c", []),
        ("c", "-1", ["c: b"]),
        ("c", "-3", ["c: b", "b: a", "a: "]),
        ("c", "c-1", ["c: b"]),
        ("b", "base+1", "AmbiguousRevisionError"),
        # All branches above, or the one that is named.
        ("c e", "a", ["c: b,e", "b: e", "e: d", "d: a"]),
        ("c e", "shop@a", ["e: c,d", "d: c"]),
        ("c e", "shop@-1", ["e: c,d"]),
        ("c e", "blog@-2", ["c: b,e", "b: e"]),
        ("c g", "f@base", ["g: c,f", "f: c"]),
        # A label above a branch point stands on the same base as the other branch.
        ("c e", "blog@base", ["c: b,e", "b: e", "e: d", "d: a", "a: "]),
        # Undoing a merge brings back its rows.
        ("m", "-1", ["m: e,g"]),
        ("c m", "shop@-1", ["m: c,e,g"]),
        ("m", "g", ["m: e,g"]),
        # What depends on it goes as well, and rows come back when nothing implies them any more.
        ("y", "-1", ["y: c,x"]),
        ("y", "b", ["y: c,x", "c: b,x"]),
        ("y", "blog@-1", ["y: c,x", "c: b,x"]),
        ("e y", "y@-1", ["y: c,e,x"]),
        (
            "m y",
            "base",
            [
                "m: e,g,y",
                "e: d,g,y",
                "d: g,y",
                "y: c,g,x",
                "x: c,g",
                "c: b,g",
                "b: a,g",
                "g: a,f",
                "f: a",
                "a: ",
            ],
        ),
        # Applied, though only as a dependency: that is where it was to go.
        ("y", "c", []),
        ("c", "shop@base", ["c: b", "b: a", "a: "]),
        ("y", "f@base", []),
        ("", "base", []),
    ],
)
def test_downgrade(site: RevisionGraph, current: str, target: str, expected: list[str] | str) -> None:
    if isinstance(expected, str):
        with pytest.raises(AmbiguousRevisionError):
            plan_downgrade(site, current.split(), target)
    else:
        assert rows(plan_downgrade(site, current.split(), target)) == expected


@pytest.mark.parametrize(
    ("current", "target", "error", "message", "hint"),
    [
        (
            "",
            "+1",
            AmbiguousRevisionError,
            "Ambiguous walk: from base there is more than one way up",
            "Name one of them instead: a, f, x.",
        ),
        (
            "a",
            "+1",
            AmbiguousRevisionError,
            "Ambiguous walk: from a there is more than one way up",
            "Name one of them instead: b, d.",
        ),
        (
            "c e",
            "+1",
            AmbiguousRevisionError,
            "Ambiguous upgrade from multiple current revisions",
            "The database stands at c, e: write which, as in 'c@+1'.",
        ),
        (
            "b e",
            "+1",
            AmbiguousRevisionError,
            "Ambiguous upgrade from multiple current revisions",
            "The database stands at b, e: write which, as in 'b@+1'.",
        ),
        (
            "c",
            "+9",
            TargetError,
            "Relative revision +9 didn't produce 9 migrations",
            "Above c there is no revision.",
        ),
        (
            "c",
            "-1",
            TargetError,
            "Relative revision -1 didn't produce 1 migrations",
            "Up is written +N, from +1; down is what downgrade does.",
        ),
        (
            "c",
            "+0",
            TargetError,
            "Relative revision +0 didn't produce 0 migrations",
            "Up is written +N, from +1; down is what downgrade does.",
        ),
        (
            "",
            "c+1",
            TargetError,
            "Walked too far: 'c+1'",
            "There are 0 steps above c, not 1.",
        ),
        ("", "base-1", TargetError, "Walked too far: 'base-1'", "There are 0 steps below base, not 1."),
        (
            "",
            "c-1xyz",
            RevisionNotFoundError,
            "Can't locate revision identified by 'c-1xyz'",
            "The heads are c, m, y.",
        ),
        ("", "shop@", TargetError, "Nothing follows the '@' in 'shop@'", None),
        ("", "a:c", TargetError, "Range revision not allowed: 'a:c'", "Name one revision."),
        ("", "blog@e", TargetError, "Revision e is not a member of branch 'blog'", None),
    ],
)
def test_upgrade_errors(
    site: RevisionGraph, current: str, target: str, error: type[MigrateError], message: str, hint: str | None
) -> None:
    with pytest.raises(error) as caught:
        plan_upgrade(site, current.split(), target)
    assert type(caught.value) is error
    assert caught.value.message == message
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize(
    ("current", "target", "error", "message", "hint"),
    [
        # alembic takes the first row, whichever that is, and warns.
        (
            "c e",
            "-1",
            AmbiguousRevisionError,
            "Ambiguous downgrade from multiple current revisions: '-1' from c, e",
            "Write which, as in 'c@-1', or name the revision to go down to.",
        ),
        (
            "c e",
            "a@-1",
            AmbiguousRevisionError,
            "Ambiguous downgrade from multiple current revisions: 'a@-1' from c, e",
            "Write which, as in 'c@-1', or name the revision to go down to.",
        ),
        (
            "m",
            "-2",
            AmbiguousRevisionError,
            "Ambiguous walk: m merges several revisions",
            "Name one of them instead: e, g.",
        ),
        (
            "c",
            "-4",
            TargetError,
            "Relative revision -4 didn't produce 4 migrations",
            "From c down there are 3.",
        ),
        ("", "-1", TargetError, "Relative revision -1 didn't produce 1 migrations", "Nothing is applied."),
        (
            "c",
            "f@-1",
            TargetError,
            "Relative revision f@-1 didn't produce 1 migrations",
            "Nothing of f is applied.",
        ),
        (
            "c",
            "+1",
            TargetError,
            "Relative revision +1 didn't produce 1 migrations",
            "Down is written -N, from -1; up is what upgrade does.",
        ),
        (
            "b",
            "c",
            TargetError,
            "Destination c is not a valid downgrade target from current head(s)",
            "c is not applied; the database stands at b.",
        ),
        (
            "",
            "a",
            TargetError,
            "Destination a is not a valid downgrade target from current head(s)",
            "a is not applied; the database stands at base.",
        ),
        ("m y", "heads", MultipleHeadsError, None, "They are m (shop), y."),
        ("c", "c-9", TargetError, "Walked too far: 'c-9'", "There are 3 steps below c, not 9."),
        ("c e", "blog@d", TargetError, "Revision d is not a member of branch 'blog'", None),
    ],
)
def test_downgrade_errors(
    site: RevisionGraph,
    current: str,
    target: str,
    error: type[MigrateError],
    message: str | None,
    hint: str | None,
) -> None:
    with pytest.raises(error) as caught:
        plan_downgrade(site, current.split(), target)
    assert type(caught.value) is error
    assert message is None or caught.value.message == message
    assert hint is None or caught.value.hint == hint


def test_choices_of_an_ambiguous_downgrade_are_data(site: RevisionGraph) -> None:
    with pytest.raises(AmbiguousRevisionError) as caught:
        plan_downgrade(site, ["e", "c"], "-1")
    assert (caught.value.target, caught.value.choices) == ("-1", ("c", "e"))


@pytest.mark.parametrize("plan", [plan_upgrade, plan_downgrade])
def test_a_row_that_no_file_has(
    history: History, plan: Callable[[RevisionGraph, list[str], str], Plan]
) -> None:
    with pytest.raises(PositionError) as caught:
        plan(history("abcd1"), ["abcd2"], "abcd1")
    assert str(caught.value) == (
        "The database stands at 'abcd2', which no revision file has\n"
        "Restore its file, for example from another git branch or version location; the nearest id is 'abcd1'. "
        "Or `stamp --purge` rewrites the rows: name every head that the database stands at."
    )


@pytest.mark.parametrize("plan", [plan_upgrade, plan_downgrade])
def test_a_faulty_graph_is_not_planned(
    history: History, plan: Callable[[RevisionGraph, list[str], str], Plan]
) -> None:
    with pytest.raises(MissingRevisionError):
        plan(history("a b<-gone"), ["a"], "a")


def test_overlapping_rows_are_put_right_by_the_first_step(site: RevisionGraph) -> None:
    """Rows a and c, where a is below c: the plan starts from the rows as they are, and keeps c alone."""
    up = plan_upgrade(site, ["c", "a", "a"], "shop")
    assert (up.start, rows(up)) == (("a", "c"), ["d: c,d"])
    down = plan_downgrade(site, ["a", "c"], "-1")
    assert (down.start, rows(down)) == (("a", "c"), ["c: b"])
    # A row that was implied and now is not stays.
    assert (down.steps[0].lost, down.steps[0].gained) == (("a", "c"), ("b",))
    again = plan_downgrade(site, ["b", "c"], "-1").steps[0]
    assert (again.lost, again.gained) == (("c",), ())
    # A row that another one depends on.
    assert rows(plan_upgrade(site, ["c", "y"], "shop")) == ["d: d,y"]


@pytest.mark.parametrize(
    ("text", "current", "direction", "target", "expected"),
    [
        # alembic: a KeyError, since m names both b and what b stands on.
        ("a b<-a c<-a m<-b,c,a", "", "up", "head", ["a: a", "c: c", "b: b,c", "m: m"]),
        # alembic writes a row for a as well, and refuses the next upgrade because of it.
        ("a b<-a c<-b&a,b z", "c z", "down", "b", ["c: b,z"]),
        # alembic: "Requested revision c overlaps with other requested revisions b".
        ("a[shop] b<-a c<-a&b", "", "up", "shop@heads", ["a: a", "b: b", "c: c"]),
        ("a[shop] b<-a c<-a&b", "c", "down", "b", []),
        # alembic takes "downgrade shop@head" for "downgrade head", and does not look at the branch of an id.
        ("a[shop] b", "a b", "down", "shop@head", []),
        ("a[shop] b", "b", "down", "shop@b", "Revision b is not a member of branch 'shop'"),
        # alembic looks for a way on below the revision with the label only.
        ("a[shop] b<-a c<-a", "b", "down", "shop@-1", ["b: a"]),
        # alembic counts "base-1" down from the heads.
        ("a b<-a", "", "up", "base-1", "Walked too far: 'base-1'"),
        ("a b<-a", "b", "down", "base-1", "Walked too far: 'base-1'"),
        # alembic: a bare AssertionError.
        ("a b<-a", "", "up", "a-2", "Walked too far: 'a-2'"),
        ("a b<-a", "", "up", "a-1", []),
        (
            "a b<-a c<-a",
            "b c",
            "down",
            "a@-1",
            "Ambiguous downgrade from multiple current revisions: 'a@-1' from b, c",
        ),
        ("a[shop] b", "b", "down", "shop@-1", "Relative revision shop@-1 didn't produce 1 migrations"),
        # alembic takes it for "b-1".
        ("a b<-a", "b", "down", "b-1xyz", "Can't locate revision identified by 'b-1xyz'"),
    ],
)
def test_where_alembic_falls_over(
    history: History, text: str, current: str, direction: str, target: str, expected: list[str] | str
) -> None:
    plan = plan_upgrade if direction == "up" else plan_downgrade
    if isinstance(expected, str):
        with pytest.raises(TargetError) as caught:
            plan(history(text), current.split(), target)
        assert caught.value.message == expected
        assert caught.value.hint
    else:
        assert rows(plan(history(text), current.split(), target)) == expected


def test_position(site: RevisionGraph) -> None:
    assert applied(site, ["y"]) == {"a", "b", "c", "x", "y"}
    assert version_rows(site, applied(site, ["y", "c"])) == ("y",)
    # `current` shows c, too: the end of a branch that is applied because y depends on it.
    assert current_heads(site, ["y"]) == ("c", "y")
    assert (applied(site, []), version_rows(site, []), current_heads(site, [])) == (frozenset(), (), ())
