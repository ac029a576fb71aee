"""The graph widget without a browser: what it sends for what, and what it does with what it is sent."""

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.drawing.text import draw_text
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.notebook.drawing.graph_widget import GraphWidget

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What widgets send, one record of traits per message."""
    found: list[dict[str, Any]] = []

    class Wire(BaseComm):
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            # What cannot be sent as JSON must fail here as it does in a kernel.
            found.append(json.loads(json.dumps((data or {}).get("state", {}))))

    monkeypatch.setattr(comm, "create_comm", Wire)
    return found


@pytest.fixture
def graph() -> RevisionGraph:
    """Two branches, merged: a, b and c above it, m above both."""
    return RevisionGraph(
        [
            Revision("a", doc="accounts"),
            Revision("b", ("a",), branch_labels=("users",), doc="who may enter"),
            Revision("c", ("a",), doc="invoices"),
            Revision("m", ("b", "c"), doc="merge both"),
        ]
    )


def chain(length: int) -> RevisionGraph:
    return RevisionGraph(
        Revision(f"r{number:05d}", (f"r{number - 1:05d}",) if number else (), doc=f"step {number}")
        for number in range(length)
    )


def receive(widget: GraphWidget, **content: Any) -> None:
    """Take a message as it comes from the browser."""
    widget.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def select(widget: GraphWidget, revision: str) -> None:
    """Select a revision as the browser does."""
    data = {"method": "update", "state": {"selected": revision}, "buffer_paths": []}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


def shown(widget: GraphWidget) -> list[str]:
    svg = ET.fromstring(widget.svg)
    return [group.attrib["data-rev"] for group in svg.iter(f"{SVG}g") if "data-rev" in group.attrib]


def test_what_it_shows(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)))
    assert shown(widget) == ["m", "b", "c", "a"]
    assert widget.states == {"m": "pending", "b": "current", "c": "pending", "a": "applied"}
    assert widget.summary == "4 revisions, the newest on top. 2 applied, 2 not applied. Current: b."
    assert repr(widget) == "<GraphWidget: 4 revisions>"


def test_a_step_sends_states_and_words_alone(graph: RevisionGraph, sent: list[dict[str, Any]]) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)))
    sent.clear()
    widget.show(graph, Marks.at(graph, ("a",)))
    assert sent == [
        {
            "states": {"m": "pending", "b": "pending", "c": "pending", "a": "current"},
            "summary": "4 revisions, the newest on top. 1 applied, 3 not applied. Current: a.",
            "version": 1,
        }
    ]


def test_what_is_shown_already_is_not_sent_again(graph: RevisionGraph, sent: list[dict[str, Any]]) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)), selected="c")
    sent.clear()
    widget.show(graph, Marks.at(graph, ("b",)), "c")
    assert sent == []
    # The same files, read again.
    widget.show(RevisionGraph(graph), Marks.at(graph, ("b",)))
    assert sent == [{"version": 1}]


def test_a_new_file_sends_the_drawing(graph: RevisionGraph, sent: list[dict[str, Any]]) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)))
    sent.clear()
    more = RevisionGraph([*graph, Revision("n", ("m",), doc="new")])
    widget.show(more, Marks.at(more, ("b",)))
    (message,) = sent
    assert set(message) == {"ends", "svg", "states", "summary", "version"}
    assert shown(widget) == ["n", "m", "b", "c", "a"]


def test_a_step_in_ten_thousand_revisions_is_a_small_message(sent: list[dict[str, Any]]) -> None:
    graph = chain(10_000)
    widget = GraphWidget(graph, Marks.at(graph, ("r05000",)))
    drawing, sizes = len(widget.svg), []
    for number in range(5001, 5006):
        sent.clear()
        widget.show(graph, Marks.at(graph, (f"r{number:05d}",)))
        (message,) = sent
        assert set(message) == {"states", "summary", "version"}
        sizes.append(len(json.dumps(message)))
    assert max(sizes) < 3000
    assert 20_000 < drawing < 120_000


def test_a_step_among_three_thousand_heads_is_a_small_message(sent: list[dict[str, Any]]) -> None:
    graph = RevisionGraph(
        [Revision("base"), *(Revision(f"h{number:04d}", ("base",)) for number in range(3000))]
    )
    widget = GraphWidget(graph, Marks.at(graph, ("h1500",)))
    sent.clear()
    widget.show(graph, Marks.at(graph, ("base",)))
    (message,) = sent
    assert set(message) == {"states", "summary", "version"}
    widget.show(graph, Marks.at(graph, graph.heads))
    assert all(len(json.dumps(message)) < 150_000 for message in sent)


def test_the_window_follows_position_and_selection(sent: list[dict[str, Any]]) -> None:
    graph = chain(10_000)
    widget = GraphWidget(graph, Marks.at(graph, ("r05000",)), size=20)
    assert {"r05000", "r05001"} <= set(shown(widget)) < {f"r{number:05d}" for number in range(4980, 5020)}
    for number in range(5001, 5030):
        widget.show(graph, Marks.at(graph, (f"r{number:05d}",)))
        assert {f"r{number - 1:05d}", f"r{number:05d}", f"r{number + 1:05d}"} <= set(shown(widget))
    sent.clear()
    select(widget, "r00007")
    assert {"r00006", "r00007", "r00008", "r05029"} <= set(shown(widget))
    (message,) = [message for message in sent if "svg" in message]
    assert set(message) - {"selected"} == {"svg", "states", "summary"}
    assert set(widget.states) >= set(shown(widget))


def test_where_nothing_is_applied_the_oldest_are_shown() -> None:
    graph = chain(1000)
    assert shown(GraphWidget(graph, Marks.at(graph, ()), size=5))[-1] == "r00000"
    assert shown(GraphWidget(graph, size=5))[0] == "r00999"


def test_walking_into_a_fold_moves_the_window_and_nothing_else() -> None:
    graph = chain(1000)
    widget = GraphWidget(graph, Marks.at(graph, ("r00500",)), size=20)
    oldest = shown(widget)[-1]
    receive(widget, event="window", revision=f"r{int(oldest[1:]) - 1:05d}")
    assert int(shown(widget)[-1][1:]) < int(oldest[1:]) - 5
    assert "r00500" in shown(widget)
    assert (widget.selected, widget.problem) == ("", "")
    before = widget.svg
    receive(widget, event="window", revision="gone")
    assert widget.svg == before


@pytest.mark.parametrize(("end", "expected"), [(0, "r00999"), (1, "r00000")])
def test_to_the_ends(end: int, expected: str) -> None:
    graph = chain(1000)
    widget = GraphWidget(graph, Marks.at(graph, ("r00500",)), size=20)
    widget.selected = widget.ends[end]
    assert widget.selected == expected
    assert {expected, "r00500"} <= set(shown(widget))


def test_activation_calls_back(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)))
    got: list[str] = []
    widget.on_activate(got.append)
    receive(widget, event="activate", revision="m", version=widget.version)
    receive(widget, event="activate", revision="gone", version=widget.version)
    assert got == ["m"]


def test_a_click_on_what_has_moved_since_does_nothing(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)))
    got: list[str] = []

    def go(revision: str) -> None:
        got.append(revision)
        widget.show(graph, Marks.at(graph, (revision,)))

    widget.on_activate(go)
    clicked_at = widget.version
    for _ in range(10):
        receive(widget, event="activate", revision="m", version=clicked_at)
    assert got == ["m"]


def test_what_a_callback_raises_is_shown(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph)
    error = ValueError("the <b>disk</b> is full")

    def fail(_revision: str) -> None:
        raise error

    widget.on_activate(fail)
    receive(widget, event="activate", revision="m", version=0)
    assert (widget.problem, widget.last_error) == ("the <b>disk</b> is full", error)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"event": "search", "text": None},
        {"event": "search", "text": "a", "step": 7},
        {"event": "window"},
        {"event": "window", "direction": "sideways"},
        {"event": "activate", "revision": ["a"], "version": 0},
        {"event": "unheard of"},
    ],
)
def test_odd_messages_break_nothing(graph: RevisionGraph, content: dict[str, Any]) -> None:
    widget = GraphWidget(graph)
    receive(widget, **content)
    assert (widget.problem, shown(widget)) == ("", ["m", "b", "c", "a"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("merge", ("m",)),
        ("MERGE both", ("m",)),
        ("users", ("b",)),
        ("b", ("m", "b")),
        ("enter who", ("b",)),
        ("nothing like it", ()),
        ("  ", ()),
    ],
)
def test_find(graph: RevisionGraph, text: str, expected: tuple[str, ...]) -> None:
    assert GraphWidget(graph).find(text) == expected


def test_find_asks_others_too(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph)
    tables = {"customer": ["a", "c"]}
    widget.on_search(lambda text: tables.get(text, []))
    assert widget.find("customer") == ("c", "a")
    assert widget.find("merge") == ("m",)


def test_search_goes_round(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph)
    receive(widget, event="search", text="o")
    assert widget.found == {"text": "o", "total": 4, "at": 0, "ids": ["m", "b", "c", "a"]}
    assert widget.selected == ""
    visited = []
    for step in (1, 1, 1, 1, 1, -1, -1):
        receive(widget, event="search", text="o", step=step)
        visited.append((widget.selected, widget.found["at"]))
    assert visited == [("m", 1), ("b", 2), ("c", 3), ("a", 4), ("m", 1), ("a", 4), ("c", 3)]


def test_search_in_a_long_history_moves_the_window(sent: list[dict[str, Any]]) -> None:
    graph = chain(10_000)
    widget = GraphWidget(graph, Marks.at(graph, ("r05000",)))
    sent.clear()
    receive(widget, event="search", text="r0779")
    assert (widget.found["total"], widget.found["ids"]) == (10, [])
    assert sum(len(json.dumps(message)) for message in sent) < 200
    receive(widget, event="search", text="r0779", step=1)
    assert widget.selected == "r07799"
    assert "r07799" in shown(widget)
    assert widget.found["ids"][0] == "r07799"


def test_a_selection_that_is_gone_is_dropped(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, selected="m")
    widget.show(RevisionGraph(list(graph)[1:]), Marks())
    assert widget.selected == ""
    widget.selected = "gone"
    assert widget.selected == ""


def test_a_position_that_no_file_has_is_said(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("gone",)))
    assert widget.summary.endswith("Current: gone. The database is at gone, which no file has.")
    assert set(widget.states.values()) == {"pending"}


def test_without_a_database_nothing_is_said_about_it(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph)
    assert set(widget.states.values()) == {"unknown"}
    assert widget.summary == "4 revisions, the newest on top."


def test_no_revisions() -> None:
    widget = GraphWidget()
    assert (shown(widget), widget.states) == ([], {})
    receive(widget, event="window", direction="newest")
    receive(widget, event="search", text="a", step=1)
    assert (widget.selected, widget.problem) == ("", "")
    assert widget._repr_mimebundle_()[0]["text/plain"] == "No revisions yet."


def test_what_is_saved_shows_the_graph_as_it_is_now(graph: RevisionGraph) -> None:
    widget = GraphWidget(graph, Marks.at(graph, ("b",)), engine="lanes")
    widget.show(graph, Marks.at(graph, ("a",)))
    data, _ = widget._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert data["text/plain"] == draw_text(graph, Marks.at(graph, ("a",)))
    drawn = re.search(r"<svg.*</svg>", data["text/html"], re.DOTALL)
    assert drawn is not None
    picture = ET.fromstring(drawn[0])
    current = [group for group in picture.iter(f"{SVG}g") if "nbm-current" in group.get("class", "").split()]
    assert [group.get("data-rev") for group in current] == [None, "a"]


def test_ids_that_are_no_ids_are_drawn_and_can_be_selected() -> None:
    graph = RevisionGraph([Revision("two\nlines"), Revision("<b>", ("two\nlines",))])
    widget = GraphWidget(graph, Marks.at(graph, ("two\nlines",)))
    assert widget.states == {"<b>": "pending", "two lines": "current"}
    select(widget, "two lines")
    assert widget.selected == "two\nlines"


def state_of(content: dict[str, Any]) -> dict[str, Any]:
    """The traits in a message."""
    state: dict[str, Any] = content["data"]["state"]
    return state


def test_in_a_kernel(kernel: Any) -> None:
    """The same by the messages of a real kernel, in both directions."""
    first = kernel.run(
        "from nbmigrate.graph import Revision, RevisionGraph\n"
        "from nbmigrate.graph.drawing.marks import Marks\n"
        "from nbmigrate.notebook.drawing.graph_widget import GraphWidget\n"
        "graph = RevisionGraph([Revision('a'), Revision('b', ('a',))])\n"
        "widget = GraphWidget(graph, Marks.at(graph, ('a',)))\n"
        "got = []\n"
        "widget.on_activate(got.append)\n"
        "widget"
    )
    (state,) = [each for each in map(state_of, first.of("comm_open")) if "states" in each]
    assert first.of("comm_msg") == []
    assert state["states"] == {"b": "pending", "a": "current"}
    assert [content["data"]["text/plain"] for content in first.of("execute_result")] == [
        "○   b (head)\n◉   a (current)"
    ]
    model = first.of("execute_result")[0]["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
    message = {"method": "custom", "content": {"event": "activate", "revision": "b", "version": 0}}
    session = kernel.client.session
    kernel.client.shell_channel.send(session.msg("comm_msg", {"comm_id": model, "data": message}))
    assert kernel.run("print(got)").of("stream")[0]["text"] == "['b']\n"
    step = kernel.run("widget.show(graph, Marks.at(graph, ('b',)))")
    assert [set(state_of(content)) for content in step.of("comm_msg")] == [{"states", "summary", "version"}]
