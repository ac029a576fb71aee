"""Targets: what a person types, and the revisions it stands for."""

from collections.abc import Callable, Sequence

import pytest

from nbmigrate.errors import (
    AmbiguousRevisionError,
    MigrateError,
    MultipleHeadsError,
    PositionError,
    RevisionNotFoundError,
    TargetError,
)
from nbmigrate.graph import Relative, RevisionGraph, parse_relative, resolve, resolve_one, revision_range

History = Callable[[str], RevisionGraph]

# aaaa -- bbb1 -- bbb2        label "blog" at bbb1
#     `-- ccc1 -- ccc2        label "shop" at ccc1
# zzzz ........'              ccc2 depends on zzzz
SITE = "aaaa bbb1<-aaaa[blog] bbb2<-bbb1 ccc1<-aaaa[shop] ccc2<-ccc1&zzzz zzzz"


@pytest.fixture
def site(history: History) -> RevisionGraph:
    return history(SITE)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("aaaa", "aaaa"),
        ("aa", "aaaa"),
        ("bbb2", "bbb2"),
        ("shop", "ccc1"),
        ("sh", "ccc1"),
        ("heads", "bbb2 ccc2"),
        ("base", ""),
        ("@heads", "bbb2 ccc2"),
        ("shop@head", "ccc2"),
        ("shop@heads", "ccc2"),
        ("bbb1@head", "bbb2"),
        ("bb@aa", "MultipleRevisions"),
        ("aaaa@heads", "bbb2 ccc2"),
        ("shop@base", ""),
        ("shop@aa", "aaaa"),
        ("shop@c", "MultipleRevisions"),
        ("blog@bbb2", "bbb2"),
        ("zzzz@head", "zzzz"),
        # Counted down from the heads, of all or of a branch.
        ("-1", "bbb1 ccc1"),
        ("-2", "aaaa"),
        ("shop@-1", "ccc1"),
        ("ccc1@-2", "aaaa"),
    ],
)
def test_resolve(site: RevisionGraph, target: str, expected: str) -> None:
    if expected == "MultipleRevisions":
        with pytest.raises(AmbiguousRevisionError):
            resolve(site, target)
    else:
        assert resolve(site, target) == tuple(expected.split())


HEADS = "please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or"


@pytest.mark.parametrize(
    ("target", "error", "message", "hint"),
    [
        (
            "head",
            MultipleHeadsError,
            f"Multiple head revisions are present for given argument 'head'; {HEADS} 'heads' for all heads",
            "They are bbb2 (blog), ccc2 (shop), zzzz.",
        ),
        (
            "HEAD",
            RevisionNotFoundError,
            "Can't locate revision identified by 'HEAD'",
            "The nearest is 'head'.",
        ),
        (
            "bbb3",
            RevisionNotFoundError,
            "Can't locate revision identified by 'bbb3'",
            "The nearest is 'bbb2'.",
        ),
        (
            "q",
            RevisionNotFoundError,
            "Can't locate revision identified by 'q'",
            "The heads are bbb2, ccc2, zzzz.",
        ),
        (
            "bb",
            AmbiguousRevisionError,
            "Multiple revisions start with 'bb': 'bbb1', 'bbb2'",
            "Give more of the id.",
        ),
        ("shup@head", RevisionNotFoundError, "No such branch: 'shup'", "The nearest is 'shop'."),
        ("shup@base", RevisionNotFoundError, "No such branch: 'shup'", "The nearest is 'shop'."),
        (
            "shop@bbb2",
            TargetError,
            "Revision bbb2 is not a member of branch 'shop'",
            "Leave 'shop@' out, or name a revision that is above or below ccc1.",
        ),
        (
            "shop@",
            TargetError,
            "Nothing follows the '@' in 'shop@'",
            "Write shop@head, shop@base, or an id or branch label.",
        ),
        ("", TargetError, "No revision is named", "Write head, base, or an id or branch label."),
        ("aaaa:head", TargetError, "Range revision not allowed: 'aaaa:head'", "Name one revision."),
        (
            "aaaa+1",
            RevisionNotFoundError,
            "Can't locate revision identified by 'aaaa+1'",
            "A number of steps is understood by upgrade, by downgrade and in the range of history only.",
        ),
        ("-3", TargetError, "Walked too far: '-3'", "There are 2 steps below bbb2, not 3."),
        ("zzzz@-1", TargetError, "Walked too far: 'zzzz@-1'", "There are 0 steps below zzzz, not 1."),
        ("-0", RevisionNotFoundError, "Can't locate revision identified by '-0'", None),
        ("aaaa@bbb1@bbb2", RevisionNotFoundError, "Can't locate revision identified by 'bbb1@bbb2'", None),
        ("aaaa2-1xyz", RevisionNotFoundError, "Can't locate revision identified by 'aaaa2-1xyz'", None),
    ],
)
def test_resolve_errors(
    site: RevisionGraph, target: str, error: type[TargetError], message: str, hint: str | None
) -> None:
    with pytest.raises(error) as caught:
        resolve(site, target)
    assert type(caught.value) is error
    assert caught.value.message == message
    if hint is not None:
        assert caught.value.hint == hint


def test_a_long_list_is_cut_in_the_message_and_whole_in_the_data(history: History) -> None:
    graph = history(" ".join(f"id{number:02}" for number in range(13)))
    with pytest.raises(MultipleHeadsError) as caught:
        resolve(graph, "head")
    first = ", ".join(f"id{number:02}" for number in range(10))
    assert caught.value.hint == f"They are {first} and 3 more."
    assert caught.value.choices == graph.heads


def test_choices_are_data(site: RevisionGraph) -> None:
    with pytest.raises(MultipleHeadsError) as caught:
        resolve(site, "head")
    assert (caught.value.target, caught.value.choices) == ("head", ("bbb2", "ccc2", "zzzz"))


def test_many_that_begin_alike_are_cut_short(history: History) -> None:
    graph = history("abc1 abc2 abc3 abc4")
    with pytest.raises(AmbiguousRevisionError) as caught:
        resolve(graph, "abc")
    assert caught.value.message == "Multiple revisions start with 'abc': 'abc1', 'abc2', 'abc3'..."
    assert caught.value.choices == ("abc1", "abc2", "abc3", "abc4")


def test_steps_that_are_not_to_be_counted(site: RevisionGraph) -> None:
    with pytest.raises(RevisionNotFoundError, match="A number of steps is understood by upgrade"):
        resolve(site, "-1", steps=False)


def test_two_names_of_one_revision_are_not_ambiguous(history: History) -> None:
    graph = history("abcd[abel] efgh[abba]")
    with pytest.raises(AmbiguousRevisionError):
        resolve(graph, "ab")
    assert resolve(graph, "abe") == resolve(history("abcd[abel]"), "ab") == ("abcd",)


def test_a_branch_narrows_what_begins_alike(history: History) -> None:
    graph = history("root abc1<-root[shop] abc2<-root")
    assert resolve(graph, "shop@abc") == ("abc1",)


def test_whole_ids_win_over_beginnings(history: History) -> None:
    assert resolve(history("abcd abcdef<-abcd"), "abcd") == ("abcd",)


def test_short_ids_are_found_only_whole(history: History) -> None:
    graph = history("abc")
    assert resolve(graph, "abc") == ("abc",)
    with pytest.raises(RevisionNotFoundError, match="Can't locate revision identified by 'ab'"):
        resolve(graph, "ab")


@pytest.mark.parametrize("target", ["head", "heads", "base"])
def test_an_empty_history_has_no_heads(history: History, target: str) -> None:
    assert resolve(history(""), target) == ()


def test_resolve_one(site: RevisionGraph, history: History) -> None:
    assert resolve_one(site, "shop@head") is site["ccc2"]
    cases: list[tuple[RevisionGraph, str, type[MigrateError], str]] = [
        (site, "heads", MultipleHeadsError, "They are bbb2 (blog), ccc2 (shop)."),
        (site, "base", RevisionNotFoundError, "Name a revision."),
        (history(""), "head", RevisionNotFoundError, "There are no revisions yet."),
        (history(""), "abcd", RevisionNotFoundError, "There are no revisions yet."),
    ]
    for graph, target, error, hint in cases:
        with pytest.raises(error) as caught:
            resolve_one(graph, target)
        assert (type(caught.value), caught.value.hint) == (error, hint)


@pytest.mark.parametrize(
    ("text", "branch", "symbol", "offset"),
    [
        ("+2", None, None, 2),
        ("-1", None, None, -1),
        ("@+1", None, None, 1),
        ("shop@+2", "shop", None, 2),
        ("my-branch@-1", "my-branch", None, -1),
        ("aaaa+1", None, "aaaa", 1),
        ("head-3", None, "head", -3),
        ("a.b c-3", None, "a.b c", -3),
        ("shop@aaaa-10", "shop", "aaaa", -10),
        ("aaaa+0", None, "aaaa", 0),
    ],
)
def test_relative_forms(text: str, branch: str | None, symbol: str | None, offset: int) -> None:
    assert parse_relative(text) == Relative(text, branch, symbol, offset)


@pytest.mark.parametrize(
    "text", ["", "aaaa", "head", "shop@head", "shop@", "aaaa2-1xyz", "+", "+1+1", "a:+1", "+1.5"]
)
def test_forms_that_are_not_relative(text: str) -> None:
    assert parse_relative(text) is None


# Ranges of history


@pytest.mark.parametrize(
    ("text", "current", "expected"),
    [
        (":", None, "bbb2 bbb1 ccc2 ccc1 aaaa zzzz"),
        ("aaaa:", None, "bbb2 bbb1 ccc2 ccc1 aaaa"),
        ("aaaa:bbb2", None, "bbb2 bbb1 aaaa"),
        (":bbb1", None, "bbb1 aaaa"),
        (" base:bbb1 ", None, "bbb1 aaaa"),
        ("shop:", None, "ccc2 ccc1"),
        # An end without a start brings what it depends on.
        (":shop@head", None, "ccc2 ccc1 aaaa zzzz"),
        ("shop@base:", None, "ccc2 ccc1 aaaa zzzz"),
        ("shop@aaaa:", None, "ccc2 ccc1 aaaa"),
        # Its head is no real one: ccc2 depends on it.
        ("zzzz@base:", None, "zzzz"),
        ("@aaaa:", None, "bbb2 bbb1 ccc2 ccc1 aaaa"),
        ("aaaa:+1", None, "AmbiguousRevisionError"),
        ("bbb1:+1", None, "bbb2 bbb1"),
        ("bbb1:+9", None, "bbb2 bbb1"),
        ("aaaa:shop@+1", None, "ccc1 aaaa"),
        ("-1:bbb2", None, "bbb2 bbb1"),
        ("-9:bbb2", None, "bbb2 bbb1 aaaa"),
        ("-1:", None, "bbb2 bbb1 ccc2 ccc1"),
        ("shop@-1:", None, "ccc2 ccc1"),
        ("bbb2-1:bbb2", None, "bbb2 bbb1"),
        ("aaaa:bbb2-1", None, "bbb1 aaaa"),
        (":aaaa-1", None, ""),
        (":current", ("bbb1",), "bbb1 aaaa"),
        ("-1:current", ("bbb1",), "bbb1 aaaa"),
        ("current:", ("bbb1",), "bbb2 bbb1"),
        ("current:current", ("bbb1",), "bbb1"),
        ("current:+1", ("bbb1",), "bbb2 bbb1"),
        # alembic lists everything here, as if nothing applied meant everything.
        (":current", (), ""),
        ("current:bbb1", (), "bbb1 aaaa"),
    ],
)
def test_range(site: RevisionGraph, text: str, current: Sequence[str] | None, expected: str) -> None:
    if expected.endswith("Error"):
        with pytest.raises(AmbiguousRevisionError):
            revision_range(site, text, current)
    else:
        assert " ".join(revision.id for revision in revision_range(site, text, current)) == expected


@pytest.mark.parametrize(
    ("text", "current", "error", "message"),
    [
        ("aaaa", None, TargetError, "History range requires [start]:[end], [start]:, or :[end]"),
        ("a:b:c", None, TargetError, "History range requires [start]:[end], [start]:, or :[end]"),
        (
            "bbb2:aaaa",
            None,
            TargetError,
            "Requested range bbb2:aaaa does not refer to ancestor/descendant revisions along the same branch",
        ),
        (
            "bbb1:ccc2",
            None,
            TargetError,
            "Requested range bbb1:ccc2 does not refer to ancestor/descendant revisions along the same branch",
        ),
        (":current", None, TargetError, "'current' is known only when a database is asked"),
        (":current", ("gone",), PositionError, "The database stands at 'gone', which no revision file has"),
        ("aaaa:-1", None, TargetError, "Relative revision -1 didn't produce 1 migrations"),
        ("+1:bbb2", None, TargetError, "Relative revision +1 didn't produce 1 migrations"),
        ("nope:", None, RevisionNotFoundError, "Can't locate revision identified by 'nope'"),
        ("shup@base:", None, RevisionNotFoundError, "No such branch: 'shup'"),
    ],
)
def test_range_errors(
    site: RevisionGraph, text: str, current: Sequence[str] | None, error: type[MigrateError], message: str
) -> None:
    with pytest.raises(error) as caught:
        revision_range(site, text, current)
    assert type(caught.value) is error
    assert caught.value.message == message


def test_a_range_down_from_a_merge_point_is_ambiguous(history: History) -> None:
    """
    a -- b -- m
     `-- c --'
    """
    with pytest.raises(AmbiguousRevisionError) as caught:
        revision_range(history("a b<-a c<-a m<-b,c"), "-1:")
    assert str(caught.value) == "Ambiguous walk: m merges several revisions\nName one of them instead: b, c."


def test_a_range_whose_ends_are_joined_by_a_dependency_stays_in_order(history: History) -> None:
    """
    a -- u -- y -- t        x depends on u, and is not above a by parents
         x ......--'
    """
    graph = history("a u<-a y<-u t<-y,x x&u")
    assert [revision.id for revision in revision_range(graph, "a:t")] == ["t", "y", "u", "a"]
