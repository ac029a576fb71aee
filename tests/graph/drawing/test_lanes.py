"""The lane layout: where revisions stand, and which way the lines between them take."""

import re
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbmigrate.graph.drawing.lanes import find_lanes, lane_layout
from nbmigrate.graph.drawing.layout import Layout
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

# A machine that runs other things too must not fail these for their time.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def graphs(draw: st.DrawFn) -> RevisionGraph:
    """Draw graphs with several bases, merge points of up to three parents, dependencies, labels and messages."""
    found: list[Revision] = []
    for number in range(draw(st.integers(0, 30))):
        names = [revision.id for revision in found]
        some = st.lists(st.sampled_from(names), max_size=3, unique=True) if names else st.just([])
        parents, needed = draw(some), draw(some)
        found.append(
            Revision(
                f"r{number:02d}",
                tuple(parents),
                depends_on=tuple(needed[:1]),
                branch_labels=(f"label{number}",) if draw(st.booleans()) else (),
                doc=draw(st.text("aW .é日😀\n", max_size=80)),
            )
        )
    return RevisionGraph(found)


def chain(length: int) -> RevisionGraph:
    return RevisionGraph(
        Revision(f"r{number:05d}", (f"r{number - 1:05d}",) if number else (), doc=f"step {number}")
        for number in range(length)
    )


def points(path: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def overlapping(layout: Layout) -> list[tuple[str, str]]:
    return [
        (one.id, other.id)
        for number, one in enumerate(layout.nodes)
        for other in layout.nodes[number + 1 :]
        if abs(one.x - other.x) < (one.width + other.width) / 2
        and abs(one.y - other.y) < (one.height + other.height) / 2
    ]


@unhurried
@given(graphs())
def test_no_two_boxes_overlap_and_all_are_inside(graph: RevisionGraph) -> None:
    layout = lane_layout(graph)
    assert [place.id for place in layout.nodes] == [revision.id for revision in graph]
    assert overlapping(layout) == []
    for place in layout.nodes:
        assert place.marker is not None
        assert 8 <= place.marker <= place.x - place.width / 2 - 8
        assert place.x + place.width / 2 < layout.width
        assert place.y - place.height / 2 > 0
        assert place.y + place.height / 2 < layout.height


@unhurried
@given(graphs())
def test_every_edge_goes_from_the_child_down_to_its_parent(graph: RevisionGraph) -> None:
    layout = lane_layout(graph)
    expected = set()
    for revision in graph:
        parents = set(graph.parents(revision.id))
        expected |= {(revision.id, parent, "parent") for parent in parents}
        expected |= {(revision.id, it, "dependency") for it in set(graph.dependencies(revision.id)) - parents}
    assert {(edge.child, edge.parent, edge.kind) for edge in layout.edges} == expected
    assert len(layout.edges) == len(expected)
    places = {place.id: (place.marker, place.y) for place in layout.nodes}
    for edge in layout.edges:
        way = points(edge.path)
        assert way[0] == places[edge.child]
        assert way[-1] == places[edge.parent]
        assert all(before[1] <= after[1] for before, after in pairwise(way))
        assert way[0][1] < way[-1][1]


@unhurried
@given(graphs())
def test_no_line_runs_through_a_revision_that_it_does_not_join(graph: RevisionGraph) -> None:
    lanes = find_lanes(graph, dependencies=True)
    columns = [row.column for row in lanes.rows]
    for route in lanes.routes:
        turns = dict(route.turns)
        column = columns[route.top]
        for row in range(route.top, route.bottom - 1):
            column = turns.get(row, column)
            assert columns[row + 1] != column


@unhurried
@given(graphs())
def test_a_lane_is_never_shared_by_lines_to_different_revisions(graph: RevisionGraph) -> None:
    lanes = find_lanes(graph, dependencies=True)
    leads_to: dict[tuple[int, int], tuple[str, str]] = {}
    for route in lanes.routes:
        turns = dict(route.turns)
        column = lanes.rows[route.top].column
        for row in range(route.top, route.bottom):
            column = turns.get(row, column)
            assert leads_to.setdefault((row, column), (route.parent, route.kind)) == (
                route.parent,
                route.kind,
            )
            assert 0 <= column < lanes.columns


def test_a_line_of_revisions_is_one_column() -> None:
    lanes = find_lanes(chain(300), dependencies=True)
    assert (lanes.columns, lanes.joints, {row.column for row in lanes.rows}) == (1, (), {0})


def test_a_branch_keeps_its_column() -> None:
    r"""Draw two branches of two revisions, and what merges them.

        m
        |\
        b |
        a |
        | d
        | c
        |/
        base
    """
    graph = RevisionGraph(
        [
            Revision("base"),
            Revision("a", ("base",)),
            Revision("b", ("a",)),
            Revision("c", ("base",)),
            Revision("d", ("c",)),
            Revision("m", ("b", "d")),
        ]
    )
    rows = find_lanes(graph, dependencies=False).rows
    assert [(row.id, row.column) for row in rows] == [
        ("m", 0),
        ("b", 0),
        ("a", 0),
        ("d", 1),
        ("c", 1),
        ("base", 0),
    ]


def test_a_dependency_does_not_move_a_revision_out_of_its_column() -> None:
    graph = RevisionGraph(
        [Revision("a"), Revision("b", ("a",)), Revision("c", ("b",)), Revision("x", depends_on=("b",))]
    )
    lanes = find_lanes(graph, dependencies=True)
    where = {row.id: row.column for row in lanes.rows}
    assert where["c"] == where["b"] == where["a"]
    assert [(route.child, route.parent) for route in lanes.routes if route.kind == "dependency"] == [
        ("x", "b")
    ]


def test_three_revisions_are_small_and_three_hundred_are_tall() -> None:
    small, tall = lane_layout(chain(3)), lane_layout(chain(300))
    assert small.engine == "lanes"
    assert small.width < 400
    assert small.height < 150
    assert tall.width < 400
    assert 34 * 300 < tall.height < 44 * 300


def test_what_is_in_a_cycle_or_missing_is_left_out() -> None:
    graph = RevisionGraph(
        [Revision("a", ("b",)), Revision("b", ("a",)), Revision("c", ("gone",)), Revision("d", ("c", "a"))]
    )
    layout = lane_layout(graph)
    drawn = {place.id for place in layout.nodes}
    assert drawn == {"c", "d"}
    assert {(edge.child, edge.parent) for edge in layout.edges} == {("d", "c")}


def test_no_revisions() -> None:
    layout = lane_layout(RevisionGraph([]))
    assert (layout.nodes, layout.edges, layout.engine) == ((), (), "lanes")
