"""The character graph, to the letter, and read back line by line."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.drawing.text import as_ascii, draw_text
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

SYMBOLS = "◉●○•"

# A machine that runs other things too must not fail these for their time.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def graph_of(text: str) -> RevisionGraph:
    """Make a graph from "a; b<-a; m<-a b": each revision with its parents."""
    found = []
    for part in text.split(";"):
        name, _, parents = part.partition("<-")
        found.append(Revision(name.strip(), tuple(parents.split()), doc=f"the {name.strip()}"))
    return RevisionGraph(found)


@st.composite
def graphs(draw: st.DrawFn) -> RevisionGraph:
    """Draw graphs with several bases and merge points of up to four parents."""
    found: list[Revision] = []
    for number in range(draw(st.integers(0, 24))):
        names = [revision.id for revision in found]
        parents = draw(st.lists(st.sampled_from(names), max_size=4, unique=True)) if names else []
        found.append(Revision(f"r{number:02d}", tuple(parents)))
    return RevisionGraph(found)


def drawn(text: str) -> str:
    """Return a drawing as the tests write it: with the indent and the first newline of a literal removed."""
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] for line in lines).rstrip()


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        pytest.param(
            "a; b<-a; c<-b",
            """
            •   c (head), the c
            •   b, the b
            •   a, the a
            """,
            id="line",
        ),
        pytest.param(
            "a; b<-a; c<-a",
            """
            •     b (head), the b
            │ •   c (head), the c
            ├─╯
            •     a (branchpoint), the a
            """,
            id="branch",
        ),
        pytest.param(
            "a; b<-a; c<-a; m<-b c; e<-m",
            """
            •     e (head), the e
            •     m (mergepoint), the m
            ├─╮
            • │   b, the b
            │ •   c, the c
            ├─╯
            •     a (branchpoint), the a
            """,
            id="merge of two",
        ),
        pytest.param(
            "a; b<-a; c<-a; d<-a; m<-b c d",
            """
            •       m (head) (mergepoint), the m
            ├─┬─╮
            • │ │   b, the b
            │ • │   c, the c
            │ │ •   d, the d
            ├─┴─╯
            •       a (branchpoint), the a
            """,
            id="merge of three",
        ),
        pytest.param(
            "a; b<-a; c<-b; m<-c a",
            """
            •     m (head) (mergepoint), the m
            ├─╮
            • │   c, the c
            • │   b, the b
            ├─╯
            •     a (branchpoint), the a
            """,
            id="merge with its own ancestor",
        ),
        pytest.param(
            "a; b<-a; c<-a; m<-b c; n<-b c; z<-m n",
            """
            •         z (head) (mergepoint), the z
            ├─╮
            • │       m (mergepoint), the m
            ├─│─╮
            │ • │     n (mergepoint), the n
            │ ├─│─╮
            ├─╯ │ │
            •   │ │   b (branchpoint), the b
            │   ├─╯
            │   •     c (branchpoint), the c
            ├───╯
            •         a (branchpoint), the a
            """,
            id="crossing",
        ),
        pytest.param(
            "a; x; b<-a; y<-x",
            """
            •   b (head), the b
            •   a, the a

            •   y (head), the y
            •   x, the x
            """,
            id="two bases are apart",
        ),
    ],
)
def test_the_drawing_is(revisions: str, expected: str) -> None:
    assert draw_text(graph_of(revisions)) == drawn(expected)


def test_marks_say_what_is_applied() -> None:
    graph = graph_of("a; b<-a; c<-a; d<-b")
    expected = """
        ○     c (head), the c
        │ ○   d (head), the d
        │ ◉   b (current), the b
        ├─╯
        ●     a (branchpoint), the a
    """
    assert draw_text(graph, Marks.at(graph, ("b",))) == drawn(expected)


def test_a_position_without_a_file_is_not_drawn() -> None:
    graph = graph_of("a; b<-a")
    assert draw_text(graph, Marks.at(graph, ("gone",))) == "○   b (head), the b\n○   a, the a"


def test_ascii_is_ascii() -> None:
    graph = RevisionGraph(
        [
            Revision("a", doc="Grüße, 你好"),
            Revision("b", ("a",), doc="y" * 200),
            Revision("c", ("a",)),
            Revision("d", ("a",)),
            Revision("m", ("b", "c", "d")),
        ]
    )
    expected = f"""
        o       m (head) (mergepoint)
        +-.-.
        @ | |   b (current), {"y" * 99}...
        | o |   c
        | | o   d
        +-'-'
        *       a (branchpoint), Gr\\xfc\\xdfe, \\u4f60\\u597d
    """
    assert as_ascii(draw_text(graph, Marks.at(graph, ("b",)))) == drawn(expected)
    assert as_ascii(draw_text(RevisionGraph([Revision("a")]))) == "-   a (head)"


def test_labels_and_dependencies_are_named() -> None:
    graph = RevisionGraph(
        [
            Revision("a", branch_labels=("users", "accounts"), doc="first"),
            Revision("b", ("a",), doc="second"),
            Revision("c", ("b",), doc="third"),
            Revision("x", depends_on=("c", "users"), doc="other"),
        ]
    )
    expected = """
        •   x (head) (depends on c, users), other

        •   c (accounts, users) (effective head), third
        •   b, second
        •   a (users, accounts), first
    """
    assert draw_text(graph) == drawn(expected)


def test_messages_stay_on_their_line() -> None:
    messages = [
        "two\nlines",
        "bell\x07 \x1b[31mred\x1b[0m",
        "turn \u202eround",
        "half \ud83d",
        "x" * 10_000,
        "é\r\n",
    ]
    graph = RevisionGraph([Revision(f"r{number}", doc=message) for number, message in enumerate(messages)])
    lines = [line for line in draw_text(graph).split("\n") if line]
    assert sorted(line.partition(", ")[2] for line in lines) == sorted(
        ["two lines", "bell [31mred [0m", "turn round", "half", "x" * 99 + "…", "é"]
    )


def test_no_revisions_no_lines() -> None:
    assert draw_text(RevisionGraph([])) == ""


def test_many_branches_of_one_base_stay_narrow() -> None:
    graph = graph_of("a; " + "; ".join(f"b{number:02d}<-a" for number in range(60)))
    lines = draw_text(graph).split("\n")
    assert max(map(len, lines)) < 50
    assert sum("(head)" in line for line in lines) == 60


def test_a_long_history_is_one_line_per_revision() -> None:
    graph = graph_of("r0000; " + "; ".join(f"r{number:04d}<-r{number - 1:04d}" for number in range(1, 3000)))
    lines = draw_text(graph).split("\n")
    assert lines[:2] == ["•   r2999 (head), the r2999", "•   r2998, the r2998"]
    assert len(lines) == 3000


def ends(lines: list[str], at: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Follow the line that goes down from a cell, as an eye does, and yield where it comes to a revision."""
    row, column = at[0] + 1, at[1]
    cell = lines[row][column] if row < len(lines) and column < len(lines[row]) else " "
    if cell in SYMBOLS:
        yield row, column
    elif cell == "│":
        yield from ends(lines, (row, column))
    elif cell in "╯┴":
        hub = lines[row].rindex("├", 0, column)
        yield from ends(lines, (row, hub))
    elif cell == "├":
        yield from ends(lines, (row, column))
        for over in range(column + 1, len(lines[row])):
            if lines[row][over] in "╮┬":
                yield from ends(lines, (row, over))
            if lines[row][over] in "╮╯ ":
                break


@unhurried
@given(graphs())
def test_the_lines_lead_to_the_parents_and_nowhere_else(graph: RevisionGraph) -> None:
    lines = draw_text(graph).split("\n")
    places = {}
    for number, line in enumerate(lines):
        for column, letter in enumerate(line):
            if letter in SYMBOLS:
                places[number, column] = line[column + 1 :].replace("│", " ").split()[0]
    assert list(places.values()) == [revision.id for revision in graph]
    for at, name in places.items():
        assert sorted(places[end] for end in ends(lines, at)) == sorted(graph.parents(name)), "\n".join(lines)


@unhurried
@given(graphs())
def test_the_drawing_does_not_depend_on_the_order_of_the_files(graph: RevisionGraph) -> None:
    again = RevisionGraph(sorted(graph, key=lambda revision: revision.id, reverse=True))
    assert draw_text(again) == draw_text(graph)
