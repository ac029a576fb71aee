"""The explorer: the revision graph to click, buttons to step, and what each step changed."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from ipywidgets import HTML, HBox, VBox

from nbmigrate.commands.results import html, table_diff_html
from nbmigrate.config import reason, replace_file
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.plan import Plan
from nbmigrate.notebook.drawing.graph_widget import GraphWidget
from nbmigrate.notebook.explorer.buttons import INTERRUPTED, OUTDATED, ButtonRow, button
from nbmigrate.notebook.explorer.page import static_html, static_text, whole_page
from nbmigrate.notebook.explorer.panels import Panels
from nbmigrate.notebook.explorer.text import (
    alert_html,
    database_text,
    notice_text,
    position_text,
    progress_state,
    question_of,
)
from nbmigrate.notebook.interrupts import interrupts_of
from nbmigrate.notebook.state.background_run import Outcome, moved
from nbmigrate.notebook.state.model import Model, post_to
from nbmigrate.notebook.state.moves import Move, Name, Offer, arrival, offers
from nbmigrate.notebook.state.session import model_of
from nbmigrate.project import Project

if TYPE_CHECKING:
    import pandas as pd

_BUTTONS: tuple[tuple[Name, str], ...] = (
    ("base", "To base"),
    ("down", "One down"),
    ("up", "One up"),
    ("head", "To head"),
    ("selected", "Go to selected"),
)

Run = Callable[[Move], object]


class Explorer:
    """One panel for a project: its graph, buttons that step the database, and what is in the tables.

    Explorers and cells of one notebook share what they know of a project, so that a step in one is seen in all. A run
    is made in a thread, so that it can be stopped; a step that was drawn for another position is not made.

    Parameters
    ----------
    project
        The project, or the model of one.
    read_only
        Whether the panel only shows, and changes neither the database nor a file.
    no_run
        Whether what a revision does is read from its source, so that nothing of its file runs before its step does;
        None for what the setting `describe` says, or for yes with `read_only` where it is not set.

    Attributes
    ----------
    graph
        The graph alone, as a widget.
    widget
        The panel as a widget.
    last_error
        What went wrong in the panel last, for a look at its traceback.
    """

    def __init__(self, project: Project | Model, read_only: bool = False, no_run: bool | None = None) -> None:
        self.model = project if isinstance(project, Model) else model_of(project)
        self.read_only = read_only
        if no_run is None:
            no_run = self.model.project.config.describes_from_source(default=read_only)
        self.no_run = no_run
        self.last_error: BaseException | None = None
        self._lock = threading.RLock()
        self._offers: dict[Name, Offer] = {}
        self._pending_move: Move | None = None
        self._heads: tuple[str, ...] | None = None
        #: The revision that was selected because the database came there, not because somebody chose it.
        self._followed_to = ""
        self.graph = GraphWidget()
        self.graph.on_activate(self._activated)
        self.row = ButtonRow("Step the database")
        self._interrupts = interrupts_of(get_ipython())
        self._interrupts.add(self.model)
        self.row.on_press(self._pressed)
        self.row.on_stop(lambda now: self.model.stop(now=now))
        self.row.on_view(lambda: self._draw() if self._stale else None)
        #: Whether something has changed while nobody saw this panel.
        self._stale = False
        #: Whether the selection is being set from here, and not by somebody.
        self._drawing = False
        self._alert = HTML()
        self.panels = Panels(self.model, read_only=read_only, no_run=no_run, failed=self._failed)
        self.graph.on_search(self.panels.revisions_about)
        self.widget = self._widget()
        if not self.model.version:
            self.model.refresh()
        self._draw()
        self.model.observe(lambda _: self._draw(), "version")
        self.model.observe(lambda _: self._draw_progress(), ["busy", "progress"])
        self.model.observe(lambda _: self._show_interrupt(), "interrupts")
        self.graph.observe(lambda _: self._select(), "selected")

    def __repr__(self) -> str:
        return f"Explorer({self.model.project!r}{', read_only=True' if self.read_only else ''})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        still = {
            "text/plain": static_text(self.model),
            "text/html": static_html(self.model),
        }
        return {**data, **still}, metadata

    def press(self, name: str) -> None:
        """Press a button and return when all is done: base, down, up, head, selected, refresh, yes or no."""
        self._press(name, self.model.go)

    def select(self, revision: str) -> None:
        """Select a revision, "" for none."""
        self.graph.selected = revision

    def to_frame(self) -> "pd.DataFrame":
        """Return the table that is chosen under Tables as a DataFrame, as it is now.

        It has as many rows as the panel shows, in the same order, and the values of `%migrate table`: long ones whole.

        Raises
        ------
        TableNotFoundError
            There is no table to choose, or the one that is chosen is gone.
        """
        return self.panels.tables.to_frame()

    def save_html(self, path: str | Path) -> None:
        """Write what is shown to a page of its own, which needs no notebook and no network.

        Raises
        ------
        MigrateError
            The file cannot be written.
        """
        try:
            replace_file(Path(path), whole_page(self.model, self.graph.selected).encode())
        except OSError as error:
            raise MigrateError(
                f"{path} cannot be written: {reason(error)}.", "Name a file in a folder that is there."
            ) from error

    def _widget(self) -> VBox:
        left, right = VBox([self.graph]), VBox([self.panels.widget])
        left.add_class("nbm-left")
        right.add_class("nbm-right")
        body = HBox([left, right])
        body.add_class("nbm-body")
        # What commands show looks the same in the panel: their style stands in it once.
        root = VBox([HTML(html.STYLE + table_diff_html.STYLE), self.row, self._alert, body])
        root.add_class("nbm-explorer")
        return root

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Show an error in the panel: in a callback a notebook would only log it."""
        with self._lock:
            try:
                yield
            except Exception as error:
                self._failed(error)

    def _failed(self, error: BaseException | None) -> None:
        self.last_error = error or self.last_error
        self._alert.value = alert_html(self.model, error)

    def _pressed(self, name: str) -> None:
        with self._interruptible():
            self._press(name, self._start)

    def _activated(self, revision: str) -> None:
        with self._interruptible():
            self._activate(revision)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Answer an interrupt of what a message of the page began: there is no cell that would show it."""
        try:
            yield
        except KeyboardInterrupt:
            self.model.note_interrupt()
            self.model.show_interrupt()
            self.row.notice = "Interrupted. Nothing was done."

    def _show_interrupt(self) -> None:
        """Draw all that a press brings along, so that one which is waiting does nothing."""
        self.row.outdated = INTERRUPTED
        self.row.token = self.model.token
        self.graph.version += 1
        self.panels.interrupted()

    def _press(self, name: str, run: Run) -> None:
        with self._guarded():
            if name == "refresh":
                self._set_question(None)
                self.model.refresh(forget=True)
            elif name in ("yes", "no"):
                move = self._pending_move
                self._set_question(None)
                if name == "yes" and move is not None:
                    run(move)
            elif name in self._offers:
                self._consider(self._offers[name], run)

    def _consider(self, offer: Offer, run: Run | None) -> None:
        """Run a move, or ask first where rows would be dropped; without `run` ask in any case."""
        if offer.move is None or self.model.busy:
            return
        question = self._question(offer.move, offer.plan, always=run is None)
        if question or run is None:
            self._set_question(offer.move, question)
        else:
            self._set_question(None)
            run(offer.move)

    def _question(self, move: Move, plan: Plan | None, *, always: bool) -> dict[str, Any]:
        from nbmigrate.commands.database.preview import preview

        try:
            found = preview(
                self.model.project, move.direction, move.target, no_run=self.no_run, trials=self.model.trials
            )
            if set(found.plan.start) != set(move.start):
                raise moved()
        except MigrateError:
            # What is drawn of a database that has moved, or cannot be asked, is not true any more.
            self.model.refresh()
            raise
        return question_of(found, plan, always=always)

    def _set_question(self, move: Move | None, question: dict[str, Any] | None = None) -> None:
        self._pending_move = move
        self.row.question = question or {}

    def _activate(self, revision: str) -> None:
        with self._guarded():
            if self.graph.selected != revision:
                self.graph.selected = revision
            offer = self._offers["selected"]
            if offer.move is None:
                self.row.notice = offer.tooltip
            self._consider(offer, None)

    def _start(self, move: Move) -> None:
        """Make a move in a thread, if there is a loop here that what it tells can be posted to."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.model.go(move)
            return
        self.model.start(move, post_to(loop), self._ended)
        self._interrupts.listen()

    def _ended(self, outcome: Outcome) -> None:
        if outcome == "busy":
            self.row.notice = "Nothing was done: a run is going on."

    def _select(self) -> None:
        if self._drawing:
            return
        with self._guarded():
            self._set_question(None)
            self._draw_buttons(self.graph.selected)
            self.panels.draw(self.graph.selected)

    def _draw(self) -> None:
        """Show the model as it is now; of what is the same nothing is sent, and nothing where nobody sees it."""
        with self._guarded():
            # A cell that is run again leaves its first panel behind, which would cost as much as the one that is seen.
            self._stale = self.row.views == 0
            if self._stale:
                return
            model, selected = self.model, self._followed()
            self._heads = model.heads
            self._set_question(None)
            with self.row.hold_sync():
                self._draw_buttons(selected)
                self._draw_progress()
            self._alert.value = alert_html(model, model.error)
            self.last_error = model.error or self.last_error
            self._drawing = True
            try:
                self.graph.show(model.graph, model.marks, selected)
            finally:
                self._drawing = False
            self.panels.draw(self.graph.selected)

    def _followed(self) -> str:
        """Return the revision to select: the one that was, unless the selection was where the database stood."""
        model, selected = self.model, self.graph.selected
        kept = selected if selected in model.graph else ""
        following = not kept or kept == self._followed_to or kept in (self._heads or ())
        if model.heads is None or (kept and model.heads == self._heads) or not following:
            return kept
        self._followed_to = arrival(model.graph, model.heads, model.last)
        return self._followed_to

    def _draw_buttons(self, selected: str) -> None:
        model = self.model
        self._offers = offers(model.graph, model.heads, selected, read_only=self.read_only)
        steps = [
            button(name, label, self._offers[name].tooltip, enabled=self._offers[name].move is not None)
            for name, label in _BUTTONS
            if not self.read_only
        ]
        refresh = button("refresh", "Refresh", "Read the files and the database again.")
        with self.row.hold_sync():
            self.row.outdated = OUTDATED
            self.row.token, self.row.buttons = model.token, [*steps, refresh]
            self.row.notice, self.row.aside = notice_text(model), database_text(model)
            self._show_position(model.heads)

    def _show_position(self, heads: tuple[str, ...] | None) -> None:
        several = f" · the last of {self.model.databases} databases" if self.model.databases > 1 else ""
        read_only = " · read only" if self.read_only else ""
        self.row.status = position_text(self.model.graph, heads) + several + read_only

    def _draw_progress(self) -> None:
        with self._guarded(), self.row.hold_sync():
            model, progress = self.model, self.model.progress
            self.row.busy = self.graph.busy = model.busy
            self.row.progress = progress_state(progress)
            if progress is not None:
                # Each revision is committed by itself, and the panel says so while the others still run.
                self._show_position(progress.heads)
                self.graph.show(model.graph, Marks.at(model.graph, progress.heads))
