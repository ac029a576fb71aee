"""The drawing of the tables and their keys as a widget: to zoom, to move, to search, or cut down to a few tables."""

from collections.abc import Sequence
from html import escape

import anywidget
from traitlets import List, Unicode, observe

from nbmigrate.commands.results.html import paragraph
from nbmigrate.database.snapshots.capture import TableChange
from nbmigrate.database.tables.description import TableSchema
from nbmigrate.graph.drawing.marks import one_line
from nbmigrate.notebook.assets import asset, script
from nbmigrate.notebook.drawing.entity_diagram import EntityDrawing, draw_entities, neighbours, references


class EntityWidget(anywidget.AnyWidget):
    """A drawing of tables that opens on what the last step changed.

    Attributes
    ----------
    around
        The table that is drawn with its neighbours alone, "" for all tables; may be set.
    svg, listing, label, focus, note
        What the page shows: the drawing, or where there is no Graphviz a list as html; what it is of; the tables to
        open on; what is left out. Set by `show`.
    """

    _esm = script("drawing/drawing_tools.js", "drawing/entity_widget.js")
    _css = asset("drawing/entity_widget.css")

    svg = Unicode().tag(sync=True)
    listing = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    focus = List(Unicode()).tag(sync=True)
    note = Unicode().tag(sync=True)
    around = Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._tables: tuple[TableSchema, ...] = ()
        self._changes: tuple[TableChange, ...] = ()
        self._drawn: tuple[object, ...] | None = None

    def __repr__(self) -> str:
        return f"<EntityWidget: {len(self._tables):,} tables>"

    def show(self, tables: Sequence[TableSchema], changes: Sequence[TableChange] = ()) -> None:
        """Show tables, and mark what the last step changed in them; what is drawn already is not drawn again."""
        self._tables, self._changes = tuple(tables), tuple(changes)
        with self.hold_sync():
            if self.around not in {one_line(table.name) for table in tables}:
                self.around = ""
            self._draw()

    def fail(self, why: str) -> None:
        """Show why there is nothing to draw."""
        with self.hold_sync():
            self._drawn, self.svg, self.note, self.listing = None, "", "", paragraph(escape(why))

    @observe("around")
    def _follow(self, _change: object) -> None:
        if self.around and self.around not in {one_line(table.name) for table in self._tables}:
            self.around = ""
        with self.hold_sync():
            self._draw()

    def _draw(self) -> None:
        key = self._tables, self._changes, self.around
        if key == self._drawn:
            return
        self._drawn = key
        tables, changes = self._tables, self._changes
        if self.around:
            # The page knows a name as it is drawn, on one line.
            near = neighbours(tables, next(t.name for t in tables if one_line(t.name) == self.around))
            tables = tuple(table for table in tables if table.name in near)
            changes = tuple(change for change in changes if change.name in near)
        found = draw_entities(tables, changes)
        self.svg, self.listing, self.label, self.note = found.svg, found.listing, found.label, found.note
        self.focus = [self.around] if self.around else list(map(one_line, _focus(found, tables)))


def _focus(found: EntityDrawing, tables: Sequence[TableSchema]) -> list[str]:
    """Return the tables to open on: those that changed, else the one with the most links."""
    if found.changed:
        return list(found.changed)
    counts = {table.name: 0 for table in tables}
    for link in references(tables):
        for name in {link.table, link.to_table}:
            counts[name] += 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:1]
