"""The drawing for a widget: what every state needs is in it, and nothing that may not be in a page twice."""

import xml.etree.ElementTree as ET

import pytest

from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.layout import edges
from nbmigrate.graph.drawing.widget import LIVE_STYLE, draw_live
from nbmigrate.graph.drawing.window import GraphWindow
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def graph() -> RevisionGraph:
    r"""Two labelled branches, merged; a base of its own that depends on one of them.

    m       x
    |\     .
    b c . .
    |/
    a
    """
    return RevisionGraph(
        [
            Revision("a", doc="accounts"),
            Revision("b", ("a",), branch_labels=("users",), doc="users"),
            Revision("c", ("a",), branch_labels=("billing",), doc="<script>alert('1')</script> & more"),
            Revision("m", ("b", "c"), doc="merge both\n\nin two paragraphs"),
            Revision("x", depends_on=("c",), doc="w" * 5000),
        ]
    )


def parse(graph: RevisionGraph | GraphWindow) -> ET.Element:
    return ET.fromstring(draw_live(graph, lane_layout(graph)))


def nodes(svg: ET.Element) -> dict[str, ET.Element]:
    return {group.attrib["data-rev"]: group for group in svg.iter(f"{SVG}g") if "data-rev" in group.attrib}


def words(element: ET.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def test_every_revision_has_what_the_script_needs(graph: RevisionGraph) -> None:
    found = nodes(parse(graph))
    assert {id_: node.attrib["data-name"] for id_, node in found.items()} == {
        "a": "a, branchpoint",
        "b": "b, users",
        "c": "c, billing",
        "m": "m, billing, users, head, mergepoint",
        "x": "x, head",
    }
    assert found["c"].attrib["data-message"] == "<script>alert('1')</script> & more"
    assert found["m"].findtext(f"{SVG}title") == "merge both\nbranch labels: billing, users"
    assert found["x"].attrib["data-message"] == "w" * 199 + "…"
    assert (found["x"].findtext(f"{SVG}title") or "") == "w" * 600
    assert words(found["b"])[0:4] == ["b", "users", "current", "users"]
    assert {node.attrib["class"] for node in found.values()} == {"nbm-node"}


def test_the_word_current_is_in_every_row_and_what_follows_it_can_move(graph: RevisionGraph) -> None:
    for node in nodes(parse(graph)).values():
        groups = {group.attrib["class"]: words(group) for group in node.iter(f"{SVG}g")}
        assert groups["nbm-now"] == ["current"]
        assert groups["nbm-rest"][-1] == words(node)[-1]
    m = nodes(parse(graph))["m"]
    assert words(m) == ["m", "billing", "users", "head", "current", "mergepoint", "merge both"]
    assert ".nbm-live .nbm-current .nbm-rest{transform:translateX(" in LIVE_STYLE


def test_lines_name_their_ends(graph: RevisionGraph) -> None:
    lines = [path for path in parse(graph).iter(f"{SVG}path") if "data-child" in path.attrib]
    found = {
        (line.attrib["data-child"], line.attrib["data-parent"], line.attrib["class"].endswith("dependency"))
        for line in lines
    }
    assert found == {(child, parent, kind == "dependency") for child, parent, kind in edges(graph)}


def test_it_may_be_in_a_page_twice(graph: RevisionGraph) -> None:
    svg = parse(graph)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {
        "circle", "g", "path", "rect", "svg", "text", "title",
    }  # fmt: skip
    names = {name for element in svg.iter() for name in element.attrib}
    assert names & {"id", "href", "aria-labelledby"} == set()
    assert [name for name in names if name.startswith("on")] == []
    rules = [
        rule.strip() for rule in LIVE_STYLE.replace("@media (prefers-color-scheme:dark){", "").split("}")
    ]
    assert [rule for rule in rules if rule and not rule.startswith(".nbm-live")] == []


def test_it_does_not_depend_on_where_the_database_stands(graph: RevisionGraph) -> None:
    again = RevisionGraph(list(graph)[::-1])
    assert draw_live(again, lane_layout(again)) == draw_live(graph, lane_layout(graph))


def test_folds_say_where_they_lead() -> None:
    chain = RevisionGraph(
        Revision(f"r{number:03d}", (f"r{number - 1:03d}",) if number else ()) for number in range(500)
    )
    svg = parse(GraphWindow(chain, ["r200"], size=5))
    folds = [group.attrib for group in svg.iter(f"{SVG}g") if "data-fold" in group.attrib]
    assert [(fold["data-next"], fold["data-name"]) for fold in folds] == [
        ("r203", "… 297 newer revisions"),
        ("r197", "… 198 older revisions"),
    ]
    assert list(nodes(svg)) == ["r202", "r201", "r200", "r199", "r198"]


def test_no_revisions() -> None:
    assert words(parse(RevisionGraph([]))) == ["No revisions yet."]
