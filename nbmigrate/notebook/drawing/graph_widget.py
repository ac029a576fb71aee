"""The revision graph as a widget: to click, to walk with the keyboard, to search; usable on its own."""

from collections.abc import Callable, Iterable
from typing import Any

import anywidget
from traitlets import Bool, Dict, Int, List, Unicode, observe

from nbmigrate.commands.results import html
from nbmigrate.graph.drawing.layout import Layout
from nbmigrate.graph.drawing.marks import Marks, one_line, states_of
from nbmigrate.graph.drawing.svg import describe, draw_svg, position_note
from nbmigrate.graph.drawing.text import draw_text
from nbmigrate.graph.drawing.widget import LIVE_STYLE, draw_live
from nbmigrate.graph.drawing.window import SIZE, GraphWindow
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.notebook.assets import asset, script
from nbmigrate.notebook.drawing.graphviz_layout import layout


class GraphWidget(anywidget.AnyWidget):
    """A live drawing of a revision graph.

    Of a long history only the rows around the position and the selection are drawn; the others are folds to walk into.
    A step of the database sends the states of the rows that are drawn, not the drawing.

    Parameters
    ----------
    graph
        What to draw; none yet if left out.
    marks
        Where the database stands; by default that is not known.
    engine
        What lays the graph out, as for `nbmigrate.notebook.drawing.graphviz_layout.layout`.
    size
        About how many revisions are drawn at once.
    **traits
        `selected`, `label`, and what every widget has, such as `layout`.

    Attributes
    ----------
    selected
        The id of the selected revision, "" for none; may be set.
    label
        What the drawing is of, for screen readers.
    busy
        True while the database is at work: nothing can be activated then.
    problem
        What is shown as an error, "" for none.
    svg, states, summary, found
        What the browser shows: the drawing, how each row stands to the database, a sentence about all of it, and what
        was searched. Set by `show`.
    version
        Counts the graphs and positions shown; what was activated in a drawing of an earlier one is passed over.
    last_error
        What a callback raised last.
    """

    _esm = script("drawing/drawing_tools.js", "drawing/graph_widget.js")
    _css = LIVE_STYLE + asset("drawing/graph_widget.css")

    svg = Unicode().tag(sync=True)
    states = Dict().tag(sync=True)
    summary = Unicode().tag(sync=True)
    selected = Unicode().tag(sync=True)
    label = Unicode("Revision graph").tag(sync=True)
    busy = Bool(False).tag(sync=True)
    found = Dict().tag(sync=True)
    version = Int(0).tag(sync=True)
    #: The newest and the oldest revision, which the window may not hold.
    ends = List(Unicode()).tag(sync=True)
    problem = Unicode().tag(sync=True)

    def __init__(
        self,
        graph: RevisionGraph | None = None,
        marks: Marks | None = None,
        *,
        engine: str = "auto",
        size: int = SIZE,
        **traits: Any,
    ) -> None:
        self._graph = RevisionGraph([]) if graph is None else graph
        self._marks = marks or Marks()
        self._engine = engine
        self._size = size
        self._focused = ""
        self._drawing: tuple[GraphWindow, Layout] | None = None
        self._activated: list[Callable[[str], object]] = []
        self._finders: list[Callable[[str], Iterable[str]]] = []
        self._matches: tuple[RevisionGraph, str, tuple[str, ...]] = (self._graph, "", ())
        self.last_error: Exception | None = None
        # First, so that the message that makes the widget has all of it.
        self.ends = _ends(self._graph)
        self._refresh()
        super().__init__(**traits)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        chosen = f", {self.selected!r} selected" if self.selected else ""
        return f"<GraphWidget: {len(self._graph):,} revisions{chosen}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        window, places = self._drawn()
        # What has no scripts shows the drawing as it is now; a terminal, the one in characters.
        still = draw_svg(window, places, self._marks, title=self.label)
        text = draw_text(window, self._marks) or "No revisions yet."
        return {**data, "text/plain": text, "text/html": html.page(html.drawing(still, text))}, metadata

    def show(self, graph: RevisionGraph, marks: Marks | None = None, selected: str | None = None) -> None:
        """Show a graph and where the database stands; what is shown already is not sent again.

        Parameters
        ----------
        selected
            The revision to select, "" for none; None leaves the selection as it is.
        """
        marks = marks or Marks()
        with self.hold_sync():
            if graph is not self._graph or marks.current != self._marks.current:
                self.version += 1
            if graph is not self._graph:
                self._graph, self._drawing, self.ends = graph, None, _ends(graph)
            self._marks = marks
            if selected is not None:
                self.selected = selected
            self._refresh()

    def focus_on(self, revision: str) -> None:
        """Draw the rows around a revision, without selecting it."""
        if revision in self._graph:
            self._focused, self._drawing = revision, None
            with self.hold_sync():
                self._refresh()

    def find(self, text: str) -> tuple[str, ...]:
        """Return the revisions with every word of `text` in id, message or labels, newest first.

        Those that a callback of `on_search` returns are among them.
        """
        words = text.casefold().split()
        if not words:
            return ()
        also = {id_ for finder in self._finders for id_ in finder(text)}
        return tuple(
            revision.id
            for revision in self._graph
            if revision.id in also or _has(words, revision.id, revision.message, *revision.branch_labels)
        )

    def on_activate(self, callback: Callable[[str], object]) -> None:
        """Call `callback` with the revision on which someone pressed Enter or clicked twice."""
        self._activated.append(callback)

    def on_search(self, callback: Callable[[str], Iterable[str]]) -> None:
        """Let a search find what `callback` returns for its text too: ids of revisions."""
        self._finders.append(callback)

    @observe("selected")
    def _follow(self, _change: object) -> None:
        self._focused = ""
        with self.hold_sync():
            self._refresh()

    def _refresh(self) -> None:
        """Bring all traits up to date; those that come out the same are not sent."""
        if self.selected and self.selected not in self._graph:
            # The browser knows an id as it is drawn, on one line.
            self.selected = next((node.id for node in self._graph if one_line(node.id) == self.selected), "")
        window, _ = self._drawn()
        self.states = {one_line(id_): state for id_, state in states_of(window, self._marks).items()}
        note = position_note(window, self._marks)
        self.summary = f"{describe(window, self._marks)}{f' {note[0].upper()}{note[1:]}.' if note else ''}"
        if self.found:
            self._search(self.found["text"])

    def _drawn(self) -> tuple[GraphWindow, Layout]:
        """Return what is drawn, moved first where it does not show what it should."""
        focus = self._focus()
        margin = self._size // 6 if self.selected else 0
        if self._drawing is None or not self._drawing[0].holds(focus, margin=margin):
            window = GraphWindow(self._graph, focus, self._size)
            self._drawing = window, layout(window, self._engine)
            self.svg = draw_live(*self._drawing)
        return self._drawing

    def _focus(self) -> list[str]:
        focus = [*filter(None, (self._focused, self.selected)), *self._marks.current]
        if not self._marks.current and self._marks.applied is not None:
            # Nothing is applied: what comes next is at the bottom.
            focus += self._graph.real_bases[:1]
        return focus

    def _search(self, text: str, step: int = 0) -> None:
        """Say what `text` finds; with a step of 1 or -1, select the one after or before the selection."""
        # A step of the database shows the same revisions as found, and asks nobody again.
        graph, query, ids = self._matches
        if graph is not self._graph or query != text:
            ids = self.find(text)
            self._matches = self._graph, text, ids
        if step and ids:
            order = {revision.id: number for number, revision in enumerate(self._graph)}
            here = order.get(self.selected, -1)
            if step > 0:
                target = next((id_ for id_ in ids if order[id_] > here), ids[0])
            else:
                target = next((id_ for id_ in reversed(ids) if order[id_] < here), ids[-1])
            self.selected = target
        window, _ = self._drawn()
        self.found = {
            "text": text,
            "total": len(ids),
            "at": ids.index(self.selected) + 1 if self.selected in ids else 0,
            "ids": [one_line(id_) for id_ in ids if id_ in window],
        }

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        """Do what the browser asks for; an error is shown there, since a kernel would only log it."""
        try:
            self._take(content)
        except Exception as error:
            self.last_error = error
            self.problem = str(error) or type(error).__name__

    def _take(self, content: dict[str, Any]) -> None:
        revision = str(content.get("revision", ""))
        match content.get("event"):
            case "activate" if revision in self._graph:
                # Clicks wait while the kernel works: this one may have been meant for another position.
                if content.get("version") != self.version:
                    return
                self.problem = ""
                for callback in self._activated:
                    callback(revision)
            case "search":
                with self.hold_sync():
                    self._search(str(content.get("text", "")), int(content.get("step", 0)))
            case "window":
                self.focus_on(revision)


def _ends(graph: RevisionGraph) -> list[str]:
    order = [one_line(revision.id) for revision in graph]
    return [order[0], order[-1]] if order else []


def _has(words: list[str], *texts: str) -> bool:
    searched = "\n".join(texts).casefold()
    return all(word in searched for word in words)
