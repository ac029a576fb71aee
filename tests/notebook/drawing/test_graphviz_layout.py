"""Graphviz where there is one, our lanes everywhere else, and never an error because of it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbmigrate.errors import UsageError
from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.layout import Layout, edges
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.drawing.svg import draw_svg
from nbmigrate.graph.drawing.window import GraphWindow
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.notebook.drawing.graphviz_layout import layout, to_dot

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None and os.environ.get("CI") != "true", reason="dot (Graphviz) is not installed"
)


@pytest.fixture
def graph() -> RevisionGraph:
    r"""Three branches that merge, and a base that depends on one of them.

      m
    / | \   x
    b c  d .
    \ | /
      a
    """
    return RevisionGraph(
        [
            Revision("a", doc='the "first" \\ one'),
            Revision("b", ("a",), branch_labels=("users",)),
            Revision("c", ("a",), doc="<b>bold</b>"),
            Revision("d", ("a",), depends_on=("c",)),
            Revision("m", ("b", "c", "d"), doc="merge"),
            Revision("node", depends_on=("d",), doc="a name that DOT keeps for itself"),
        ]
    )


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make the path of programs an empty folder, and return it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def no_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def put_program(folder: Path, text: str) -> None:
    program = folder / "dot"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def check(graph: RevisionGraph, found: Layout) -> None:
    """Assert what holds for every layout."""
    assert [place.id for place in found.nodes] == [revision.id for revision in graph]
    assert [(edge.child, edge.parent, edge.kind) for edge in found.edges] == list(edges(graph))
    places = {place.id: place for place in found.nodes}
    for number, one in enumerate(found.nodes):
        assert one.width / 2 < one.x < found.width - one.width / 2
        assert one.height / 2 < one.y < found.height - one.height / 2
        for other in found.nodes[number + 1 :]:
            apart = abs(one.x - other.x) >= (one.width + other.width) / 2
            assert apart or abs(one.y - other.y) >= (one.height + other.height) / 2
    for edge in found.edges:
        child, parent = places[edge.child], places[edge.parent]
        assert child.y + child.height / 2 < parent.y - parent.height / 2
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", edge.path)]
        assert abs(numbers[1] - (child.y + child.height / 2)) < 2
        assert abs(numbers[-1] - (parent.y - parent.height / 2)) < 2
        assert child.x - child.width / 2 - 1 < numbers[0] < child.x + child.width / 2 + 1
        assert parent.x - parent.width / 2 - 1 < numbers[-2] < parent.x + parent.width / 2 + 1


@needs_dot
@pytest.mark.parametrize("engine", ["auto", "dot"])
def test_dot_is_the_first_choice(graph: RevisionGraph, engine: str) -> None:
    found = layout(graph, engine)
    assert found.engine == "dot"
    check(graph, found)


@needs_dot
@pytest.mark.usefixtures("no_pygraphviz")
def test_dot_needs_no_pygraphviz(graph: RevisionGraph) -> None:
    assert layout(graph).engine == "dot"


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("engine", ["auto", "dot", "pygraphviz"])
def test_without_dot_it_is_pygraphviz(graph: RevisionGraph, engine: str) -> None:
    found = layout(graph, engine)
    assert found.engine == "pygraphviz"
    check(graph, found)


@pytest.mark.usefixtures("no_dot")
def test_pygraphviz_prints_nothing(
    graph: RevisionGraph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "none.conf"))
    assert layout(graph).engine == "pygraphviz"
    os.write(2, b"stderr is back\n")
    assert capfd.readouterr() == ("", "stderr is back\n")


@pytest.mark.usefixtures("no_dot", "no_pygraphviz")
@pytest.mark.parametrize("engine", ["auto", "dot", "pygraphviz", "lanes"])
def test_without_any_graphviz_it_is_lanes(graph: RevisionGraph, engine: str) -> None:
    assert layout(graph, engine) == lane_layout(graph)


BROKEN = {
    "fails": "echo 'dot: libgvc.so.6: cannot open shared object file' >&2; exit 127",
    "says nothing": "exit 0",
    "says something else": "echo 'hello world'; exit 0",
    "stops halfway": "echo 'graph 1 2 3'; echo 'node n0 1 1 1 1'; exit 0",
    "is killed": "kill -9 $$",
    "writes bytes": r"printf '\377\376'",
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_dot_is_passed_over(
    graph: RevisionGraph, no_dot: Path, script: str, capfd: pytest.CaptureFixture[str]
) -> None:
    put_program(no_dot, script)
    assert layout(graph).engine == "pygraphviz"
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_pygraphviz")
def test_a_dot_that_cannot_be_started_is_passed_over(graph: RevisionGraph, no_dot: Path) -> None:
    (no_dot / "dot").write_bytes(b"\x7fELF not a program")
    (no_dot / "dot").chmod(0o755)
    assert layout(graph).engine == "lanes"


def test_lanes_can_be_asked_for(graph: RevisionGraph) -> None:
    assert layout(graph, "lanes") == lane_layout(graph)


def test_a_long_or_wide_history_is_drawn_in_lanes() -> None:
    long = RevisionGraph(Revision(f"r{n:03d}", (f"r{n - 1:03d}",) if n else ()) for n in range(300))
    wide = RevisionGraph([Revision("a"), *(Revision(f"b{n}", ("a",)) for n in range(12))])
    assert layout(long).engine == "lanes"
    assert layout(wide).engine == "lanes"
    assert layout(wide, "pygraphviz").engine == "pygraphviz"


@pytest.mark.parametrize("engine", ["auto", "pygraphviz", "lanes"])
def test_a_window_is_laid_out_as_a_graph_is(engine: str) -> None:
    long = RevisionGraph(Revision(f"r{n:03d}", (f"r{n - 1:03d}",) if n else ()) for n in range(300))
    window = GraphWindow(long, ["r150"], size=20)
    found = layout(window, engine)
    assert [place.id for place in found.nodes] == [node.id for node in window]
    assert [place.id for place in found.nodes if place.id in long] == [
        f"r{n:03d}" for n in range(160, 139, -1)
    ]
    assert len(found.edges) == len(found.nodes) - 1
    source = to_dot(window, Marks.at(long, ("r150",))).source
    assert "… 139 newer revisions" in source
    assert source.count("->") == len(found.edges)


def test_no_revisions() -> None:
    assert layout(RevisionGraph([])) == lane_layout(RevisionGraph([]))


def test_an_unknown_layout_is_refused_and_the_nearest_named(graph: RevisionGraph) -> None:
    with pytest.raises(UsageError) as caught:
        layout(graph, "pygrafviz")
    assert str(caught.value) == "There is no layout 'pygrafviz'.\nDid you mean 'pygraphviz'?"
    with pytest.raises(UsageError) as caught:
        layout(graph, "x")
    assert caught.value.hint == "Layouts are: auto, dot, pygraphviz, lanes."


def test_every_layout_gives_one_look(graph: RevisionGraph) -> None:
    texts = [
        re.findall(
            r"<text[^>]*>([^<]*)</text>", draw_svg(graph, layout(graph, engine), Marks(), title="graph")
        )
        for engine in ("pygraphviz", "lanes")
    ]
    assert texts[0] == texts[1]


def test_to_dot_is_a_digraph(graph: RevisionGraph) -> None:
    dot = to_dot(graph, Marks.at(graph, ("b",)))
    lines = [line.strip() for line in dot.source.splitlines()]
    names = {revision.id: f"r{number}" for number, revision in enumerate(graph)}
    drawn = {line for line in lines if "->" in line}
    assert drawn == {
        f"{names[child]} -> {names[parent]} [style={'dashed' if kind == 'dependency' else 'solid'}]"
        for child, parent, kind in edges(graph)
    }
    of_a = next(line for line in lines if line.startswith(f"{names['a']} [label"))
    assert of_a == (
        f'{names["a"]} [label="a (branchpoint)\\nthe \\"first\\" \\\\ one" fillcolor=lightblue id="rev-a"'
        ' style="rounded,filled" tooltip="the \\"first\\" \\\\ one"]'
    )


@needs_dot
def test_graphviz_draws_to_dot(graph: RevisionGraph) -> None:
    svg = to_dot(graph, Marks.at(graph, ("b",))).pipe(format="svg", encoding="utf-8")
    assert svg.count('class="node"') == len(graph)
    assert "&lt;b&gt;bold&lt;/b&gt;" in svg


def test_graphviz_is_imported_only_when_it_is_used() -> None:
    code = (
        "import sys, nbmigrate.notebook.drawing.graphviz_layout\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('graphviz', 'pygraphviz')])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
