"""The tables of the database as they are, and what the last step changed in them."""

from typing import TYPE_CHECKING

from ipywidgets import HTML, HBox, Select

from nbmigrate.commands.changes_html import changes_html
from nbmigrate.commands.databases import EachDatabase
from nbmigrate.commands.result import Result
from nbmigrate.commands.tables import table
from nbmigrate.database.snapshot import RowCount, TableChange
from nbmigrate.errors import TableNotFoundError
from nbmigrate.graph.marks import one_line
from nbmigrate.notebook.model import Model, own_changes, own_tables

if TYPE_CHECKING:
    import pandas as pd


class TablesPanel:
    """A list of the tables with their numbers of rows, and the rows of the one that is chosen.

    Parameters
    ----------
    model
        The project.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._rows = HTML()
        self.choice = Select(options=(), description="Tables and rows", rows=8)
        self.choice.add_class("nbm-labelled")
        self.choice.observe(lambda _: self._draw_rows(), "value")
        self.widget = HBox([self.choice, self._rows])
        self.widget.add_class("nbm-tables")
        self._version = -1

    def to_frame(self) -> "pd.DataFrame":
        """Return the table that is chosen as a DataFrame, with as many rows as are shown, read now."""
        if self._version != self._model.version:
            # Nobody has opened the panel since the last step.
            self.draw()
        name, snapshot = self.choice.value, self._model.snapshot
        if name is None:
            raise TableNotFoundError(
                "There are no tables.", "Apply a revision that makes one, then try again."
            )
        found = snapshot.get(name) if snapshot is not None else None
        limit, key = (found.rows.limit, found.key) if found is not None else (None, ())
        read: Result = table(self._model.project, name, limit=limit, order_by=key)
        if isinstance(read, EachDatabase):
            read = dict(read.databases).get(self._model.url, read)
        return read.to_frame()

    def draw(self) -> None:
        """Show the tables; after a step, the first one that it changed."""
        model = self._model
        tables = {found.name: found.count for found in own_tables(model)}
        changes = {change.name: change for change in own_changes(model)}
        options = [(_option(name, changes.get(name), count), name) for name, count in tables.items()]
        options += [
            (_option(name, change, None), name) for name, change in changes.items() if change.kind == "gone"
        ]
        options.sort(key=lambda option: option[1])
        wanted = self._wanted([name for _, name in options], changes)
        if tuple(options) != tuple(self.choice.options):
            with self.choice.hold_sync():
                self.choice.options = options
                self.choice.value = wanted
                self.choice.rows = min(max(len(options), 3), 14)
        elif wanted is not None:
            self.choice.value = wanted
        self.choice.layout.display = None if options else "none"
        self._version = model.version
        self._draw_rows()

    def _wanted(self, names: list[str], changes: dict[str, TableChange]) -> str | None:
        """Return which table to show: the one that was chosen, unless a step has just changed others only."""
        chosen = self.choice.value
        changed = [name for name in names if name in changes and changes[name].kind != "same"]
        if self._version != self._model.version and changed and chosen not in changed:
            return changed[0]
        return chosen if chosen in names else next(iter(names), None)

    def _draw_rows(self) -> None:
        chosen = self.choice.value
        if chosen is not None:
            self._model.read_table(chosen)
        content = table_html(self._model, chosen) if chosen is not None else ""
        said = "The database cannot be read." if self._model.snapshot is None else "There are no tables."
        self._rows.value = f'<div class="nbm">{content or said}</div>'


def _option(name: str, change: TableChange | None, count: RowCount | None) -> str:
    """Return a line of the list: "orders: 3 rows, new"."""
    said = "gone" if count is None else f"{count}"
    if change is not None and change.kind == "new":
        said += ", new"
    elif change is not None and change.kind == "changed":
        said += ", changed"
    return f"{one_line(name, 40)}: {said}"


def table_html(model: Model, name: str) -> str:
    """Return a table as it is, with what the last step changed in it marked; empty where there is none."""
    after = model.snapshot.get(name) if model.snapshot is not None else None
    before = model.before.get(name) if model.before is not None else None
    if before is not None and after is not None and not (before.described and after.described):
        # A table that could not be looked at has not lost its columns.
        before = after
    change = next((change for change in own_changes(model) if change.name == name), None)
    if change is None and after is not None:
        change = TableChange(
            name, "same", after.key, before=after.count, after=after.count, complete=after.whole
        )
        before = after
    return changes_html(change, before, after) if change is not None else ""
