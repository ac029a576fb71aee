"""What the explorer tells beside the graph: a revision in words, as SQL and as source, the tables, and their keys."""

from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from ipywidgets import HTML, Tab, VBox

from nbmigrate.commands.history.describe import RevisionDetail, describe
from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.notebook.explorer.buttons import ButtonRow, button
from nbmigrate.notebook.explorer.revision import heading_html, now_html, sentences_html, sql_html
from nbmigrate.notebook.state.model import Model, own_changes, own_tables

if TYPE_CHECKING:
    from nbmigrate.notebook.drawing.entity_widget import EntityWidget
    from nbmigrate.notebook.explorer.source import SourcePanel
    from nbmigrate.notebook.explorer.tables import TablesPanel

#: A history with more revisions is not read through for a word.
_MOST_SEARCHED = 3000


class _Panel(NamedTuple):
    title: str
    widget: Any
    draw: Callable[[str], None]


class Panels:
    """The details: a heading and a tab each; a tab is made when it is first opened, and only the open one is drawn.

    Parameters
    ----------
    model
        The project.
    read_only
        Whether files are only shown.
    no_run
        Whether what a revision does is read from its source, so that nothing of its file runs.
    failed
        Told of an error, or of None when one that was shown is over.
    """

    def __init__(
        self,
        model: Model,
        *,
        read_only: bool,
        no_run: bool,
        failed: Callable[[BaseException | None], None],
    ) -> None:
        self._model = model
        self._read_only = read_only
        self._no_run = no_run
        self._failed = failed
        self._selected = ""
        #: What each tab was drawn for.
        self._drawn: dict[int, tuple[Any, ...]] = {}
        self._details: tuple[tuple[Any, ...], RevisionDetail | None] = ((), None)
        self._sources: tuple[RevisionGraph | None, dict[str, str]] = (None, {})
        self._heading, self._what, self._sql = HTML(), HTML(), HTML()
        copy = ButtonRow("Copy the SQL", styled=False)
        copy.buttons = [button("copy", "Copy", "Copy the SQL of the upgrade.", copies=".nbm-sql-upgrade pre")]
        sql = VBox([copy, self._sql])
        sql.add_class("nbm-panel")
        #: Over the tables and their drawing, where another revision is selected than the database is at.
        self._now = HTML()
        self._panels: Sequence[_Panel] = (
            _Panel("What it does", self._what, self._draw_what),
            _Panel("SQL", sql, self._draw_sql),
            _Panel("Source", VBox(), lambda selected: self.source.draw(selected)),
            _Panel("Tables", VBox([self._now]), self._draw_tables),
            _Panel("Schema", VBox([self._now]), self._draw_schema),
        )
        self.tabs = Tab(
            children=[panel.widget for panel in self._panels],
            titles=[panel.title for panel in self._panels],
            selected_index=0,
        )
        self.tabs.observe(lambda _: self._draw_open(), "selected_index")
        self.widget = VBox([self._heading, self.tabs])

    @cached_property
    def source(self) -> "SourcePanel":
        """The file of the selected revision."""
        from nbmigrate.notebook.explorer.source import SourcePanel

        return SourcePanel(
            self._model, self._panels[2].widget, read_only=self._read_only, failed=self._failed
        )

    @cached_property
    def tables(self) -> "TablesPanel":
        """The tables and their rows."""
        from nbmigrate.notebook.explorer.tables import TablesPanel

        return TablesPanel(self._model, self._failed)

    @cached_property
    def schema(self) -> "EntityWidget":
        """The drawing of the tables and their keys."""
        from nbmigrate.notebook.drawing.entity_widget import EntityWidget

        return EntityWidget()

    def interrupted(self) -> None:
        """Let a press that has waited do nothing after an interrupt of the kernel."""
        if "source" in vars(self):
            self.source.interrupted(self._model.interrupts)

    def draw(self, selected: str) -> None:
        """Show a revision, "" for none, and the tables as they are."""
        self._selected = selected
        self._heading.value = heading_html(self._model, selected)
        self._now.value = now_html(self._model, selected)
        self._now.layout.display = None if self._now.value else "none"
        self._draw_open()

    def revisions_about(self, text: str) -> tuple[str, ...]:
        """Return the revisions whose file has a text in it, such as the name of a table."""
        graph = self._model.graph
        if len(graph) > _MOST_SEARCHED:
            return ()
        if self._sources[0] is not graph:
            self._sources = graph, {revision.id: self._source(revision) for revision in graph}
        wanted = text.casefold()
        return tuple(id_ for id_, source in self._sources[1].items() if wanted in source)

    def _source(self, revision: Any) -> str:
        try:
            return self._model.project.scripts.source(revision).casefold()
        except MigrateError:
            return ""

    def _draw_open(self) -> None:
        index = self.tabs.selected_index
        key = (self._selected, self._model.version, self._model.busy)
        if index is None or self._drawn.get(index) == key:
            return
        try:
            self._panels[index].draw(self._selected)
            self._drawn[index] = key
        except Exception as error:
            # What the panel showed of another revision, or of a database that is gone, would not be true.
            self._drawn.pop(index, None)
            target = {0: self._what, 1: self._sql}.get(index)
            if target is not None:
                target.value = _page("This cannot be shown.")
            elif index == 4:
                self.schema.fail("This cannot be shown.")
            self._failed(error)

    def _detail(self) -> RevisionDetail | None:
        key = (self._selected, self._model.version)
        if self._details[0] != key:
            model = self._model
            found = describe(model.project, self._selected, no_run=self._no_run, trials=model.trials)
            self._details = key, found
        return self._details[1]

    def _draw_what(self, selected: str) -> None:
        self._what.value = self._about(selected, sentences_html)

    def _draw_sql(self, selected: str) -> None:
        self._sql.value = self._about(selected, sql_html)

    def _about(self, selected: str, content: Callable[[RevisionDetail], str]) -> str:
        if selected not in self._model.graph:
            return _page("Select a revision in the graph." if len(self._model.graph) else "No revisions yet.")
        if self._model.busy:
            # The run has the database; asking it now could mean to wait for its end.
            return _page("A run is going on. This is shown at its end.")
        detail = self._detail()
        return content(detail) if detail is not None else ""

    def _draw_tables(self, _selected: str) -> None:
        self._panels[3].widget.children = (self._now, self.tables.widget)
        self.tables.draw()

    def _draw_schema(self, _selected: str) -> None:
        self._panels[4].widget.children = (self._now, self.schema)
        model = self._model
        if model.snapshot is None:
            self.schema.fail("The database cannot be read.")
        else:
            self.schema.show([table.schema for table in own_tables(model)], own_changes(model))


def _page(text: str) -> str:
    return f'<div class="nbm nbm-soft">{escape(text)}</div>'
