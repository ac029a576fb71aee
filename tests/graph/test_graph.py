"""The graph: links, heads, order, labels, and the faults it reports."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from nbmigrate.errors import (
    CycleError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    MigrateError,
    MissingRevisionError,
    RevisionNotFoundError,
    UnreadableRevisionError,
)
from nbmigrate.graph import Revision, RevisionGraph

History = Callable[[str], RevisionGraph]
ReadRevisions = Callable[[str], list[Revision]]


def ids(revisions: Iterable[Revision]) -> str:
    return " ".join(revision.id for revision in revisions)


def messages(graph: RevisionGraph) -> list[tuple[type[MigrateError], str, str]]:
    return [(type(problem), problem.message, problem.hint) for problem in graph.problems]


def test_empty() -> None:
    graph = RevisionGraph([])
    assert (len(graph), list(graph), graph.heads, graph.bases, graph.problems) == (0, [], (), (), ())
    graph.check()


def test_links(history: History) -> None:
    """
    a -- b -- d -- e
     `-- c --'     :
    x -- y ........'   y depends on e
    """
    graph = history("x y<-x&e e<-d d<-b,c c<-a b<-a a")
    assert graph.heads == ("e", "y")
    assert graph.real_heads == ("y",)
    assert graph.effective_heads == ("e",)
    assert graph.bases == graph.real_bases == ("a", "x")
    assert graph.parents("d") == ("b", "c")
    assert graph.children("a") == ("b", "c")
    assert (graph.dependencies("y"), graph.dependents("e"), graph.dependents("y")) == (("e",), ("y",), ())
    assert graph.ancestors(["y"]) == {"a", "b", "c", "d", "e", "x", "y"}
    assert graph.ancestors(["y"], dependencies=False) == {"x", "y"}
    assert graph.descendants(["d"]) == {"d", "e", "y"}
    assert graph.descendants(["d"], dependencies=False) == {"d", "e"}
    assert [id_ for id_ in "abcdexy" if graph.is_branch_point(id_)] == ["a"]
    assert [id_ for id_ in "abcdexy" if graph.is_merge_point(id_)] == ["d"]
    assert [id_ for id_ in "abcdexy" if graph.is_head(id_)] == ["e", "y"]


def test_a_base_with_a_dependency_is_not_a_real_base(history: History) -> None:
    graph = history("a x&a")
    assert (graph.bases, graph.real_bases) == (("a", "x"), ("a",))


def test_dependencies_by_label(history: History) -> None:
    graph = history("a[shop] b<-a x&shop")
    assert graph.dependencies("x") == ("a",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b<-a c<-b", "c b a"),
        # One branch is followed to the branch point, then the other.
        ("a b<-a c<-b d<-a e<-d", "c b e d a"),
        ("a b<-a c<-a m<-b,c n<-m", "n m b c a"),
        # The parents of a merge point in the order in which it names them.
        ("a b<-a c<-a m<-c,b", "m c b a"),
        # Lines that do not meet: one whole line, then the next.
        ("a b<-a x y<-x", "b a y x"),
        # A dependent comes before what it depends on.
        ("a b<-a x y<-x&b", "y x b a"),
        ("a b<-a x&a y<-x", "b y x a"),
        # A line stops where another one still stands above, which then takes over.
        ("a b<-a c<-b d<-b e<-d", "c e d b a"),
    ],
)
def test_order_is_that_of_alembic_history(history: History, text: str, expected: str) -> None:
    assert ids(history(text)) == expected


def test_order_of_heads_follows_file_names() -> None:
    def revision(id_: str, name: str) -> Revision:
        return Revision(id_, path=Path("/p/versions") / name)

    graph = RevisionGraph([revision("aa", "2024_aa.py"), revision("zz", "2023_zz.py")])
    assert graph.heads == ("zz", "aa")


def test_newest_first_of_some_keeps_the_order_of_what_lies_between(history: History) -> None:
    """
    a -- b -- c      c comes before a, though b, which says so, is not asked for
    """
    assert ids(history("c<-b b<-a a").newest_first(["a", "c"])) == "c a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Down the whole line and up to the end.
        ("a b<-a[x] c<-b", {"a": ("x",), "b": ("x",), "c": ("x",)}),
        # Not into the branch point below, nor into its other branch.
        ("a b<-a c<-b[x] d<-a", {"c": ("x",), "b": ("x",)}),
        # Not into a merge point below.
        ("a b m<-a,b c<-m[x]", {"c": ("x",)}),
        # A merge point does not hand its own label down to what it merges.
        ("a b m<-a,b[x]", {"m": ("x",)}),
        # One that others depend on stops it as well.
        ("a b<-a[x] y&a", {"b": ("x",)}),
        # Both labels above a merge; dependents get none.
        ("a[x] b[y] m<-b,a n&m", {"a": ("x",), "b": ("y",), "m": ("x", "y")}),
        # alembic loses the label of a here: its walk down starts at the merge point, not at the label.
        ("a b<-a[x] z m<-b,z", {"a": ("x",), "b": ("x",), "m": ("x",)}),
    ],
)
def test_labels(history: History, text: str, expected: dict[str, tuple[str, ...]]) -> None:
    graph = history(text)
    assert {
        revision.id: graph.labels(revision.id) for revision in graph if graph.labels(revision.id)
    } == expected


def test_label_owner(history: History) -> None:
    graph = history("a[shop] b<-a")
    assert (graph.label_owner("shop"), graph.label_owner("a"), graph.label_owner("no")) == ("a", None, None)


def test_starting_with_leaves_out_short_names_and_counts_a_revision_once(history: History) -> None:
    graph = history("abc abcd<-abc[abcdlabel] abcx<-abcd xyz[abel]")
    assert graph.starting_with("abc") == ("abcd", "abcx")
    assert graph.starting_with("abcd") == ("abcd",)
    assert graph.starting_with("abe") == ("xyz",)
    assert graph.starting_with("q") == ()


def test_tips(history: History) -> None:
    graph = history("a b<-a c<-a x&c")
    assert graph.tips("abcx") == ("b", "x")
    assert graph.tips("abcx", dependencies=False) == ("b", "c", "x")
    assert graph.tips("a") == ("a",)


def test_an_unknown_id_is_an_error_with_the_nearest(history: History) -> None:
    graph = history("abcd12")
    for ask in (graph.__getitem__, graph.parents, graph.labels, lambda id_: graph.ancestors([id_])):
        with pytest.raises(RevisionNotFoundError) as caught:
            ask("abcd13")
        assert str(caught.value) == "Can't locate revision identified by 'abcd13'\nThe nearest is 'abcd12'."
    assert ("abcd12" in graph, "abcd13" in graph) == (True, False)


# Faults


def test_given_problems_come_first_and_check_raises_the_first() -> None:
    unreadable = UnreadableRevisionError("cannot read", path=Path("a.py"))
    graph = RevisionGraph([Revision("b", ("a",))], [unreadable])
    assert [type(problem) for problem in graph.problems] == [UnreadableRevisionError, MissingRevisionError]
    with pytest.raises(UnreadableRevisionError) as caught:
        graph.check()
    assert caught.value is unreadable


def test_a_missing_parent_is_named_with_file_and_nearest_and_the_rest_is_served() -> None:
    graph = RevisionGraph(
        [
            Revision("aaaa1111", path=Path("v/aaaa1111_first.py")),
            Revision("bbbb2222", ("aaaa1112",), path=Path("v/bbbb2222_second.py")),
            Revision("cccc3333", ("bbbb2222",), ("shop",), path=Path("v/cccc3333_third.py")),
        ]
    )
    assert messages(graph) == [
        (
            MissingRevisionError,
            "Revision aaaa1112 referenced from bbbb2222 (down_revision in bbbb2222_second.py) is not present",
            "Restore its file, or correct down_revision in bbbb2222_second.py; the nearest is 'aaaa1111'.",
        ),
        (
            MissingRevisionError,
            "Revision shop referenced from cccc3333 (depends_on in cccc3333_third.py) is not present",
            "Restore its file, or correct depends_on in cccc3333_third.py.",
        ),
    ]
    assert ids(graph) == "aaaa1111 cccc3333 bbbb2222"
    assert graph.bases == ("aaaa1111", "bbbb2222")


@pytest.mark.parametrize(
    ("text", "message", "to_correct", "rest"),
    [
        ("a<-a", "Self-loop is detected in revisions (a)", "down_revision in a.py", ""),
        ("a&a", "Dependency self-loop is detected in revisions (a)", "depends_on in a.py", ""),
        (
            "a<-c b<-a c<-b",
            "Cycle is detected in revisions (a, b, c)",
            "down_revision in one of: a.py, b.py, c.py",
            "",
        ),
        (
            "a b<-a&d c<-b d<-c",
            "Dependency cycle is detected in revisions (b, c, d)",
            "depends_on in one of: b.py, c.py, d.py",
            "a",
        ),
        ("a&x[x]", "Dependency self-loop is detected in revisions (a)", "depends_on in a.py", ""),
        # What is above and what is below a cycle is not in it.
        (
            "a b<-a,c c<-b d<-c x",
            "Cycle is detected in revisions (b, c)",
            "down_revision in one of: b.py, c.py",
            "a d x",
        ),
    ],
)
def test_cycles(revisions: ReadRevisions, text: str, message: str, to_correct: str, rest: str) -> None:
    graph = RevisionGraph(replace(each, path=Path(f"v/{each.id}.py")) for each in revisions(text))
    (problem,) = graph.problems
    assert isinstance(problem, CycleError)
    assert problem.message == message
    assert problem.hint == f"Correct {to_correct}."
    assert sorted(revision.id for revision in graph) == rest.split()
    assert len(graph) == len(rest.split())
    assert not set(problem.revisions).intersection((*graph.heads, *graph.bases))
    assert [graph[id_].id for id_ in problem.revisions] == list(problem.revisions)


def test_two_cycles_are_two_problems(history: History) -> None:
    assert [type(problem) for problem in history("a<-b b<-a c<-d d<-c e<-b,c").problems] == [
        CycleError,
        CycleError,
    ]


def test_a_cycle_of_thousands_is_told_in_short() -> None:
    size = 3_000
    ring = [Revision(f"{number:04}", (f"{(number + 1) % size:04}",)) for number in range(size)]
    (problem,) = RevisionGraph(ring).problems
    assert isinstance(problem, CycleError)
    assert problem.message.endswith("0008, 0009 and 2990 more)")
    assert len(problem.revisions) == size


def test_files_of_one_name_in_two_folders_are_told_apart() -> None:
    copies = [Revision("a", path=Path("one/a.py")), Revision("a", path=Path("two/a.py"))]
    (problem,) = RevisionGraph(copies).problems
    assert problem.message == (
        f"Revision a is present more than once: in {copies[0].path} and in {copies[1].path}"
    )
    assert problem.hint.startswith(f"Give {copies[1].path} an id of its own")


def test_the_first_file_of_a_doubled_id_counts() -> None:
    copies = [
        Revision("a", ("x",), path=Path("v/a_copy.py")),
        Revision("a", path=Path("v/a.py")),
    ]
    for order in (copies, copies[::-1]):
        graph = RevisionGraph(order)
        assert messages(graph) == [
            (
                DuplicateRevisionError,
                "Revision a is present more than once: in a.py and in a_copy.py",
                "Give a_copy.py an id of its own, or delete it if it is a copy.",
            )
        ]
        assert graph.parents("a") == ()


@pytest.mark.parametrize(
    ("text", "owner"),
    [("a[x] b<-a[x]", "a"), ("x a[x]", "x"), ("a[x,x]", "a")],
    ids=["twice", "id", "same file"],
)
def test_labels_that_are_taken(history: History, text: str, owner: str) -> None:
    graph = history(text)
    (problem,) = graph.problems
    user = text.split()[-1][0]
    assert isinstance(problem, DuplicateLabelError)
    assert problem.message == f"Branch name 'x' in revision {user} already used by revision {owner}"
    assert problem.revisions == (user, owner)


def test_ids_a_target_could_not_name() -> None:
    graph = RevisionGraph([Revision("a@b:c", path=Path("v/odd.py")), Revision("ünï côde")])
    assert messages(graph) == [
        (
            GraphError,
            "Character(s) ':, @' not allowed in revision identifier 'a@b:c'",
            "Change the id in odd.py, and wherever a down_revision or depends_on names it.",
        )
    ]
