"""The window of a long history: what it shows, what it folds, and that it says nothing wrong about either."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmigrate.graph.drawing.lanes import find_lanes, lane_layout
from nbmigrate.graph.drawing.layout import edges
from nbmigrate.graph.drawing.marks import Marks, states_of
from nbmigrate.graph.drawing.svg import describe, draw_svg, position_note
from nbmigrate.graph.drawing.text import as_ascii, draw_text
from nbmigrate.graph.drawing.widget import draw_live
from nbmigrate.graph.drawing.window import Fold, GraphWindow
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

SVG = "{http://www.w3.org/2000/svg}"

# A machine that runs other things too must not fail these for their time.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def chain(length: int) -> RevisionGraph:
    return RevisionGraph(
        Revision(f"r{number:05d}", (f"r{number - 1:05d}",) if number else (), doc=f"step {number}")
        for number in range(length)
    )


def heads(count: int) -> RevisionGraph:
    return RevisionGraph(
        [Revision("base"), *(Revision(f"h{number:05d}", ("base",)) for number in range(count))]
    )


def rows(window: GraphWindow) -> list[str]:
    return [node.message if isinstance(node, Fold) else node.id for node in window]


def drawn(text: str) -> str:
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] for line in lines).rstrip()


@st.composite
def graphs(draw: st.DrawFn) -> RevisionGraph:
    found: list[Revision] = []
    for number in range(draw(st.integers(0, 40))):
        names = [revision.id for revision in found]
        some = st.lists(st.sampled_from(names), max_size=3, unique=True) if names else st.just([])
        parents, needed = draw(some), draw(some)
        found.append(Revision(f"r{number:02d}", tuple(parents), depends_on=tuple(needed[:1])))
    return RevisionGraph(found)


def test_a_small_graph_is_drawn_as_if_there_were_no_window() -> None:
    graph = chain(80)
    window = GraphWindow(graph, ["r00003"])
    marks = Marks.at(graph, ("r00003",))
    assert (window.folds, len(window), window.holds(["r00070"])) == ((), 80, True)
    assert lane_layout(window) == lane_layout(graph)
    assert draw_text(window, marks) == draw_text(graph, marks)
    layout = lane_layout(graph)
    assert draw_svg(window, layout, marks, title="t") == draw_svg(graph, layout, marks, title="t")


def test_around_the_focus_the_rows_are_shown_and_the_others_folded() -> None:
    window = GraphWindow(chain(10_000), ["r05000"], size=8)
    assert rows(window) == [
        "… 4,995 newer revisions",
        *(f"r{number:05d}" for number in range(5004, 4995, -1)),
        "… 4,996 older revisions",
    ]
    assert (window.above, window.between, window.below) == (4995, 0, 4996)
    assert repr(window) == "<GraphWindow: 9 of 10,000 revisions, 2 folds>"


def test_the_first_focus_has_the_most_around_it() -> None:
    window = GraphWindow(chain(1000), ["r00900", "r00100"], size=20)
    assert rows(window) == [
        "… 92 newer revisions",
        *(f"r{number:05d}" for number in range(907, 892, -1)),
        "… 790 revisions",
        *(f"r{number:05d}" for number in range(102, 97, -1)),
        "… 98 older revisions",
    ]
    assert (window.above, window.between, window.below) == (92, 790, 98)
    assert [fold.place for fold in window.folds] == ["above", "between", "below"]
    assert [fold.next for fold in window.folds] == ["r00908", "r00892", "r00097"]


def test_without_a_focus_the_newest_are_shown() -> None:
    assert rows(GraphWindow(chain(100), size=3)) == ["r00099", "r00098", "r00097", "… 97 older revisions"]
    assert rows(GraphWindow(chain(100), ["gone"], size=3))[0] == "r00099"


def test_one_revision_is_never_folded() -> None:
    assert rows(GraphWindow(chain(12), ["r00006"], size=9)) == [
        f"r{number:05d}" for number in range(11, 1, -1)
    ] + ["… 2 older revisions"]


def test_parents_and_children_of_the_focus_are_shown_wherever_they_stand() -> None:
    """Two branches of 50 revisions: the first one's lowest revision is far from its parent in the list."""
    graph = RevisionGraph(
        [
            Revision("base"),
            *(
                Revision(f"{branch}{number:02d}", (f"{branch}{number - 1:02d}" if number else "base",))
                for branch in "ab"
                for number in range(50)
            ),
        ]
    )
    expected = """
        ⋮     … 47 newer revisions, not applied
        ○     a02
        ○     a01
        ◉     a00 (current)
        │ ○   b49 (head)
        │ ○   b48
        │ ⋮   … 48 revisions, not applied
        ├─╯
        ●     base (branchpoint)
    """
    window = GraphWindow(graph, ["a00"], size=6)
    assert draw_text(window, Marks.at(graph, ("a00",))) == drawn(expected)


def test_the_character_graph_has_folds_in_ascii_too() -> None:
    graph = chain(50)
    text = as_ascii(draw_text(GraphWindow(graph, ["r00020"], size=3), Marks.at(graph, ("r00010",))))
    assert text.split("\n") == [
        ":   ... 28 newer revisions, not applied",
        "o   r00021, step 21",
        "o   r00020, step 20",
        "o   r00019, step 19",
        ":   ... 19 older revisions, partly applied",
    ]


def test_what_is_said_of_a_revision_is_said_of_it_in_the_whole_graph() -> None:
    graph = heads(3000)
    window = GraphWindow(graph, ["base"], size=10)
    assert window.is_branch_point("base")
    assert not window.is_head("base")
    assert window.parents("h02999") == ("base",)
    assert all(window.is_head(node.id) for node in window if isinstance(node, Revision) and node.id != "base")
    assert describe(window, Marks.at(graph, ("h00000",))) == (
        "3,001 revisions, the newest on top. 2 applied, 2,999 not applied. Current: h00000. 10 of them are drawn."
    )
    assert position_note(window, Marks.at(graph, ("h00000",))) == ""
    assert position_note(window, Marks.at(graph, ("gone",))) == "the database is at gone, which no file has"


def test_many_positions_are_named_in_part() -> None:
    graph = heads(3000)
    said = describe(graph, Marks.at(graph, graph.heads))
    assert said.endswith("h00008, h00009 and 2,990 more.")
    assert len(said) < 250


@pytest.mark.parametrize("current", [(), ("base",), ("h01500",), None], ids=["none", "base", "one", "all"])
def test_three_thousand_heads_stay_small(current: tuple[str, ...] | None) -> None:
    graph = heads(3000)
    window = GraphWindow(graph, graph.heads if current is None else current)
    assert len(window) < 100
    assert find_lanes(window, dependencies=True).columns < 20
    assert len(draw_live(window, lane_layout(window))) < 120_000


def test_states_of_folds() -> None:
    graph = chain(100)
    window = GraphWindow(graph, ["r00090", "r00050"], size=12)
    names = [fold.id for fold in window.folds]
    for current, expected in {
        "r00099": ["applied", "applied", "applied"],
        "r00090": ["pending", "applied", "applied"],
        "r00070": ["pending", "partly", "applied"],
    }.items():
        states = states_of(window, Marks.at(graph, (current,)))
        assert [states[name] for name in names] == expected
    assert {states_of(window, Marks())[name] for name in names} == {"unknown"}


def test_a_picture_with_folds() -> None:
    graph = chain(100)
    window = GraphWindow(graph, ["r00050"], size=5)
    marks = Marks.at(graph, ("r00050",))
    text = draw_svg(window, lane_layout(window), marks, title="graph")
    folds = [group for group in ET.fromstring(text).iter(f"{SVG}g") if "data-fold" in group.attrib]
    assert [group.attrib["aria-label"] for group in folds] == [
        "… 47 newer revisions, not applied",
        "… 48 older revisions, applied",
    ]
    assert [group.attrib["class"] for group in folds] == ["nbm-fold nbm-pending", "nbm-fold nbm-applied"]
    assert [group.findtext(f".//{SVG}text") for group in folds] == [fold.message for fold in window.folds]
    assert draw_svg(window, lane_layout(window), marks, title="graph") == text


def test_the_name_of_a_fold_is_no_revision() -> None:
    graph = RevisionGraph([Revision("@4"), *(Revision(f"b{number:02d}", ("@4",)) for number in range(30))])
    window = GraphWindow(graph, ["@4"], size=4)
    assert [fold.id for fold in window.folds] == ["@4@"]


def test_what_is_in_a_cycle_is_no_focus() -> None:
    graph = RevisionGraph([*chain(100), Revision("x", ("y",)), Revision("y", ("x",))])
    window = GraphWindow(graph, ["x", "r00050"], size=5)
    assert "r00050" in window
    assert "x" not in window
    assert window.holds(["x", "r00050"])


@unhurried
@given(graphs(), st.data())
def test_nothing_is_lost_and_every_line_leads_down(graph: RevisionGraph, data: st.DataObject) -> None:
    names = [revision.id for revision in graph]
    focus = data.draw(st.lists(st.sampled_from(names), max_size=3)) if names else []
    window = GraphWindow(graph, focus, size=data.draw(st.integers(1, 25)))
    said: list[str] = []
    row_of = {}
    for node in window:
        ids = node.ids if isinstance(node, Fold) else (node.id,)
        said += ids
        row_of.update(dict.fromkeys(ids, node.id))
    assert said == names
    assert all(len(fold.ids) > 1 for fold in window.folds)
    assert window.above + window.between + window.below + len(window) - len(window.folds) == len(graph)
    order = {node.id: number for number, node in enumerate(window)}
    lines = {(child, parent) for child, parent, _ in edges(window)}
    assert all(order[child] < order[parent] for child, parent in lines)
    expected = {(row_of[child], row_of[parent]) for child, parent, _ in edges(graph)}
    assert lines == {(child, parent) for child, parent in expected if child != parent}
    assert [place.id for place in lane_layout(window).nodes] == list(order)


@unhurried
@given(graphs(), st.data())
def test_a_new_window_holds_what_it_was_made_for(graph: RevisionGraph, data: st.DataObject) -> None:
    names = [revision.id for revision in graph]
    focus = data.draw(st.lists(st.sampled_from(names), max_size=2)) if names else []
    assert GraphWindow(graph, focus, size=30).holds(focus)


def test_it_is_moved_only_where_it_no_longer_shows_enough() -> None:
    window = GraphWindow(chain(1000), ["r00500"], size=20)
    shown = [node.id for node in window if isinstance(node, Revision)]
    assert (shown[0], shown[-1]) == ("r00510", "r00490")
    assert window.holds(["r00491"])
    assert not window.holds(["r00490"])
    assert not window.holds(["r00500", "r00700"])
    assert window.holds(["r00495"], margin=5)
    assert not window.holds(["r00494"], margin=5)
    assert GraphWindow(chain(1000), ["r00002"], size=20).holds(["r00000"], margin=10)
    # Of 3,000 children it is enough to see some.
    assert GraphWindow(heads(3000), ["h01500"]).holds(["base"])
