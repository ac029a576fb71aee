"""Layouts that need Graphviz: the `dot` program, or pygraphviz, which has Graphviz in its wheel; else our lanes."""

import contextlib
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from nbmigrate.errors import UsageError, nearest
from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.layout import CARD_HEIGHT, EdgePath, Layout, NodePlace, card_width, edges
from nbmigrate.graph.drawing.marks import Marks, badges, one_line, states_of
from nbmigrate.graph.drawing.window import Drawn

if TYPE_CHECKING:
    import graphviz

ENGINES = ("auto", "dot", "pygraphviz", "lanes")

# Beyond these a drawing of cards is scaled down until it cannot be read, or must be scrolled for ever; lanes are not.
_MOST_CARDS = 60
_WIDEST = 1200.0

_MARGIN = 14.0
_INCH = 72.0


def layout(graph: Drawn, engine: str = "auto") -> Layout:
    """Lay a graph out; what cannot be had here or fails is replaced by the next: dot, pygraphviz, lanes.

    Parameters
    ----------
    engine
        Where to begin in that row. "auto" begins with dot, and takes lanes for a graph of which dot would make
        more than one can read.

    Returns
    -------
    Layout
        Its `engine` is the one that made it.

    Raises
    ------
    UsageError
        There is no such engine.
    """
    if engine not in ENGINES:
        near = nearest(engine, ENGINES)
        hint = f"Did you mean '{near}'?" if near else f"Layouts are: {', '.join(ENGINES)}."
        raise UsageError(f"There is no layout '{engine}'.", hint)
    if engine == "lanes" or len(graph) == 0 or (engine == "auto" and len(graph) > _MOST_CARDS):
        return lane_layout(graph)
    source = _sized_source(graph)
    attempts: dict[str, Callable[[str], str]] = {"dot": _plain_by_dot, "pygraphviz": _plain_by_pygraphviz}
    if engine == "pygraphviz":
        del attempts["dot"]
    for name, plain_of in attempts.items():
        # Graphviz is a program or a C library of some version on some machine; whatever goes wrong in it, or in what
        # it wrote, the next one draws the same graph.
        with contextlib.suppress(Exception):
            found = _from_plain(graph, plain_of(source), name)
            return lane_layout(graph) if engine == "auto" and found.width > _WIDEST else found
    return lane_layout(graph)


def to_dot(graph: Drawn, marks: Marks | None = None) -> "graphviz.Digraph":
    """Return the graph as a `graphviz.Digraph`, to change and to render with the graphviz package.

    Its `.source` needs no `dot` program; drawing it does.
    """
    import graphviz

    marks = marks or Marks()
    dot = graphviz.Digraph("revisions", graph_attr={"rankdir": "TB", "bgcolor": "transparent"})
    dot.attr("node", shape="box", style="rounded", fontname="sans-serif", fontsize="11", color="gray50")
    dot.attr("edge", dir="none", color="gray50")
    standing = states_of(graph, marks)
    styles = {"current": "rounded,filled,bold", "applied": "rounded,filled", "pending": "rounded,dashed"}
    # Names are numbers: Graphviz gives ":" in a name a meaning, and a revision may be called "node".
    names = {revision.id: f"r{number}" for number, revision in enumerate(graph)}
    for revision in graph:
        words = "".join(f" ({badge.text})" for badge in badges(graph, revision.id, marks))
        label = f"{one_line(revision.id)}{words}\n{one_line(revision.message, 60)}"
        style = styles.get(standing[revision.id], "rounded")
        dot.node(
            names[revision.id],
            label=graphviz.escape(label).replace("\n", r"\n"),
            id=graphviz.escape(f"rev-{one_line(revision.id)}"),
            tooltip=graphviz.escape(one_line(revision.message, 500)) or " ",
            style=style,
            fillcolor="lightblue" if "filled" in style else "white",
        )
    for child, parent, kind in edges(graph):
        dot.edge(names[child], names[parent], style="dashed" if kind == "dependency" else "solid")
    return dot


def _sized_source(graph: Drawn) -> str:
    """Return DOT with the size of each box and nothing to read in it; nodes and edges are named by number."""
    names = {revision.id: f"n{number}" for number, revision in enumerate(graph)}
    lines = [
        "digraph {",
        "graph [rankdir=TB, nodesep=0.3, ranksep=0.36, margin=0, dpi=72]",
        f'node [shape=box, fixedsize=true, label="", height={CARD_HEIGHT / _INCH:.4f}]',
        'edge [dir=none, label=""]',
    ]
    lines += [f"{name} [width={card_width(graph, id_) / _INCH:.4f}]" for id_, name in names.items()]
    for child, parent, kind in edges(graph):
        lines.append(
            f"{names[child]} -> {names[parent]} [style={'dashed' if kind == 'dependency' else 'solid'}]"
        )
    return "\n".join([*lines, "}"])


def _plain_by_dot(source: str) -> str:
    # Not by the graphviz package, which takes longer to load than dot to lay out.
    done = subprocess.run(
        ["dot", "-Kdot", "-Tplain"],  # noqa: S607 - what is found on PATH
        input=source.encode(),
        capture_output=True,
        check=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    return done.stdout.decode()


def _plain_by_pygraphviz(source: str) -> str:
    import pygraphviz

    with quiet_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = pygraphviz.AGraph(string=source).draw(format="plain", prog="dot")
    return cast(bytes, drawn).decode("utf-8")


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what C code writes to stderr nowhere: fontconfig's warnings would stand in the cell as an error."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _from_plain(graph: Drawn, plain: str, engine: str) -> Layout:
    """Read Graphviz's `plain` format: inches, the origin at the lower left.

    Raises
    ------
    ValueError, IndexError, KeyError
        It is not that format, or not this graph.
    """
    lines = [line.split() for line in re.sub(r"\\\r?\n", "", plain).splitlines()]
    width, height = (float(word) * _INCH for word in lines[0][2:4])
    ids = [revision.id for revision in graph]
    places = {}
    paths = {}
    for what, *words in lines:
        if what == "node":
            id_ = ids[int(words[0].removeprefix("n"))]
            x, y, box_width, box_height = (float(word) * _INCH for word in words[1:5])
            places[id_] = NodePlace(id_, x + _MARGIN, height - y + _MARGIN, box_width, box_height)
        elif what == "edge":
            child, parent = (ids[int(word.removeprefix("n"))] for word in words[:2])
            numbers = [float(word) * _INCH for word in words[3 : 3 + 2 * int(words[2])]]
            points = [
                f"{x + _MARGIN:.1f} {height - y + _MARGIN:.1f}"
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
            ]
            paths[child, parent] = f"M {points[0]} C {' '.join(points[1:])}"
    return Layout(
        tuple(places[id_] for id_ in ids),
        tuple(EdgePath(child, parent, kind, paths[child, parent]) for child, parent, kind in edges(graph)),
        width + 2 * _MARGIN,
        height + 2 * _MARGIN,
        engine,
    )
