"""The picture: well-formed, escaped, complete, and not by colour alone."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.layout import fit, text_width
from nbmigrate.graph.drawing.marks import Marks, badges
from nbmigrate.graph.drawing.svg import draw_svg
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

SVG = "{http://www.w3.org/2000/svg}"

# A machine that runs other things too must not fail these for their time.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NASTY = [
    "<script>alert('x')</script>",
    "\" onload='alert(1)' &amp; &lt; ]]>",
    "two\nlines\r\n\tand a tab",
    "😀👩‍👩‍👧‍👦 日本語 مرحبا",
    "x" * 10_000,
    "nul \x00 bell \x07 escape \x1b[31m half \ud800 end \uffff",
    "",
]


def drawn(graph: RevisionGraph, marks: Marks | None = None, title: str = "the graph") -> ET.Element:
    return ET.fromstring(draw_svg(graph, lane_layout(graph), marks or Marks(), title=title))


def nodes(svg: ET.Element) -> dict[str, ET.Element]:
    return {group.attrib["data-rev"]: group for group in svg.iter(f"{SVG}g") if "data-rev" in group.attrib}


def words(element: ET.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def title_of(element: ET.Element) -> str:
    return element.findtext(f"{SVG}title") or ""


@pytest.fixture
def branches() -> RevisionGraph:
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
            Revision("c", ("a",), branch_labels=("billing",), doc="invoices"),
            Revision("m", ("b", "c"), doc="merge both"),
            Revision("x", depends_on=("c",), doc="audit"),
        ]
    )


def test_every_revision_has_its_element_its_id_and_its_message(branches: RevisionGraph) -> None:
    found = nodes(drawn(branches))
    assert list(found) == [revision.id for revision in branches]
    assert {id_: (words(node)[0], words(node)[-1]) for id_, node in found.items()} == {
        "a": ("a", "accounts"),
        "b": ("b", "users"),
        "c": ("c", "invoices"),
        "m": ("m", "merge both"),
        "x": ("x", "audit"),
    }


def test_badges(branches: RevisionGraph) -> None:
    found = nodes(drawn(branches, Marks.at(branches, ("b",))))
    assert {id_: words(node)[1:-1] for id_, node in found.items()} == {
        "a": ["branchpoint"],
        "b": ["users", "current"],
        "c": ["billing"],
        "m": ["billing", "users", "head", "mergepoint"],
        "x": ["head"],
    }


def test_a_head_that_another_revision_depends_on_is_an_effective_head() -> None:
    graph = RevisionGraph([Revision("a"), Revision("x", depends_on=("a",))])
    assert [badge.text for badge in badges(graph, "a", Marks())] == ["effective head"]
    assert [badge.text for badge in badges(graph, "x", Marks())] == ["head"]


def test_many_labels_are_counted() -> None:
    graph = RevisionGraph([Revision("a", branch_labels=("one", "two", "three", "four"))])
    node = nodes(drawn(graph))["a"]
    assert words(node) == ["a", "four", "one", "+2 more", "head", ""]
    assert "branch labels: four, one, three, two" in title_of(node)


def test_current_applied_and_not_applied_differ_by_more_than_colour(branches: RevisionGraph) -> None:
    found = nodes(drawn(branches, Marks.at(branches, ("b",))))
    assert {id_: node.attrib["class"] for id_, node in found.items()} == {
        "a": "nbm-node nbm-applied",
        "b": "nbm-node nbm-applied nbm-current",
        "c": "nbm-node nbm-pending",
        "m": "nbm-node nbm-pending",
        "x": "nbm-node nbm-pending",
    }
    assert {id_: node.attrib["aria-label"] for id_, node in found.items()} == {
        "a": "a, branchpoint, applied: accounts",
        "b": "b, users, current position: users",
        "c": "c, billing, not applied: invoices",
        "m": "m, billing, users, head, mergepoint, not applied: merge both",
        "x": "x, head, not applied: audit",
    }
    rings = {id_: [circle.attrib["r"] for circle in node.iter(f"{SVG}circle")] for id_, node in found.items()}
    assert rings == {"a": ["5"], "b": ["8", "4"], "c": ["5"], "m": ["5"], "x": ["5"]}


def test_without_a_database_nothing_is_said_about_what_is_applied(branches: RevisionGraph) -> None:
    svg = drawn(branches)
    assert {node.attrib["class"] for node in nodes(svg).values()} == {"nbm-node nbm-unknown"}
    assert "applied" not in " ".join(words(svg)) + (svg.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize(
    ("current", "legend", "description"),
    [
        (
            ("b",),
            ["current", "applied", "not applied", "depends on"],
            "5 revisions, the newest on top. 2 applied, 3 not applied. Current: b.",
        ),
        (
            (),
            ["current", "applied", "not applied", "depends on", "nothing is applied"],
            "5 revisions, the newest on top. 0 applied, 5 not applied.",
        ),
        (
            ("gone",),
            ["current", "applied", "not applied", "depends on", "the database is at gone, which no file has"],
            "5 revisions, the newest on top. 0 applied, 5 not applied. Current: gone.",
        ),
    ],
)
def test_legend_and_description(
    branches: RevisionGraph, current: tuple[str, ...], legend: list[str], description: str
) -> None:
    svg = drawn(branches, Marks.at(branches, current))
    group = next(group for group in svg.iter(f"{SVG}g") if group.get("class") == "nbm-legend")
    assert words(group) == legend
    assert svg.findtext(f"{SVG}desc") == description


def test_edges(branches: RevisionGraph) -> None:
    layout = lane_layout(branches)
    svg = drawn(branches, Marks.at(branches, ("b",)))
    lines = next(group for group in svg.iter(f"{SVG}g") if group.get("class") == "nbm-edges")
    by_path = {path.attrib["d"]: path for path in lines}
    assert set(by_path) == {edge.path for edge in layout.edges}
    found = {
        (edge.child, edge.parent): (
            by_path[edge.path].attrib["class"],
            by_path[edge.path].get("stroke-dasharray"),
        )
        for edge in layout.edges
    }
    assert found == {
        ("b", "a"): ("nbm-edge nbm-applied", None),
        ("c", "a"): ("nbm-edge", None),
        ("m", "b"): ("nbm-edge", None),
        ("m", "c"): ("nbm-edge", None),
        ("x", "c"): ("nbm-edge nbm-dependency", "2 4"),
    }


def test_nasty_text_is_text() -> None:
    ids = ["<b>&\"'", "sp ace", "日本", "a:20:", "ok", "nul\x00", "very_long_revision_identifier_of_2024"]
    graph = RevisionGraph(
        Revision(id_, doc=message, branch_labels=(f"<i>{number}",))
        for number, (id_, message) in enumerate(zip(ids, NASTY, strict=True))
    )
    svg = drawn(graph, Marks.at(graph, ("ok",)), title="<title> \x00 &")
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {
        "circle", "desc", "g", "path", "rect", "style", "svg", "text", "title",
    }  # fmt: skip
    assert [name for element in svg.iter() for name in element.attrib if name.startswith("on")] == []
    found = nodes(svg)
    assert set(found) == {
        "<b>&\"'",
        "sp ace",
        "日本",
        "a:20:",
        "ok",
        "nul",
        "very_long_revision_identifier_of_2024",
    }
    assert title_of(svg) == "<title> &"
    assert title_of(found["<b>&\"'"]).split("\n")[1] == "<script>alert('x')</script>"
    assert title_of(found["ok"]).split("\n")[1] == "x" * 10_000
    assert words(found["ok"])[-1].endswith("x…")
    assert words(found["日本"])[-1] == "two lines and a tab"
    assert words(found["very_long_revision_identifier_of_2024"])[0] == "very_long_revision_…"
    assert len({element.attrib["id"] for element in svg.iter() if "id" in element.attrib}) == 3 + len(ids)


def test_it_asks_for_nothing_outside_of_itself(branches: RevisionGraph) -> None:
    text = draw_svg(branches, lane_layout(branches), Marks(), title="graph")
    assert text.count("http") == 1
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in text
    for word in ("url(", "@import", "href", "<script", "<image", "foreignObject"):
        assert word not in text


def test_the_same_input_gives_the_same_text_and_other_input_other_names(branches: RevisionGraph) -> None:
    layout = lane_layout(branches)
    first = draw_svg(branches, layout, Marks(("b", "c"), frozenset("cab")), title="graph")
    assert draw_svg(branches, layout, Marks(("b", "c"), frozenset("bca")), title="graph") == first
    name = ET.fromstring(first).attrib["id"]
    others = [
        draw_svg(branches, layout, Marks(("b", "c"), frozenset("cab")), title="another graph"),
        draw_svg(branches, layout, Marks(("b",), frozenset("ab")), title="graph"),
        draw_svg(RevisionGraph([]), lane_layout(RevisionGraph([])), Marks(), title="graph"),
    ]
    assert len({name, *(ET.fromstring(other).attrib["id"] for other in others)}) == 4


def test_its_styles_are_its_own(branches: RevisionGraph) -> None:
    svg = drawn(branches)
    style = svg.findtext(f"{SVG}style") or ""
    rules = style.replace("@media (prefers-color-scheme:dark){", "").replace("}}", "}").split("}")
    selectors = [rule.partition("{")[0].strip() for rule in rules if rule.strip()]
    assert len(selectors) > 20
    assert [selector for selector in selectors if not selector.startswith(f"#{svg.attrib['id']}")] == []


def test_an_empty_graph_says_so() -> None:
    svg = drawn(RevisionGraph([]), Marks((), frozenset()))
    assert words(svg) == ["No revisions yet."]


def test_its_size_is_natural() -> None:
    graph = RevisionGraph([Revision("a", doc="first")])
    layout = lane_layout(graph)
    svg = drawn(graph)
    assert (svg.attrib["width"], svg.attrib["height"]) == (f"{layout.width:.1f}", f"{layout.height:g}")
    assert svg.attrib["viewBox"] == f"0 0 {svg.attrib['width']} {svg.attrib['height']}"
    assert "max-width:100%" in svg.attrib["style"]


@unhurried
@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.text(max_size=300)), max_size=5))
def test_any_text_gives_well_formed_xml(pairs: list[tuple[str, str]]) -> None:
    graph = RevisionGraph(Revision(id_, doc=message) for id_, message in dict(pairs).items())
    assert len(nodes(drawn(graph, title="".join(message for _, message in pairs)))) <= len(graph)


@unhurried
@given(st.text(max_size=200), st.floats(20, 500))
def test_what_is_cut_fits(text: str, width: float) -> None:
    cut = fit(text, width)
    assert text_width(cut) <= width
    assert cut == text if text_width(text) <= width else cut.endswith("…")
