"""The tables of the database as they are, and what the last step changed in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbmigrate.commands.results.html import paragraph, value_text
from nbmigrate.commands.results.table_diff_html import Live
from nbmigrate.database.snapshots.capture import TableChange
from nbmigrate.database.tables.long_values import LongValue
from nbmigrate.database.tables.pages import PAGE_ROWS, PageRequest, RowPage, read_page
from nbmigrate.database.tables.row_counts import RowCount
from nbmigrate.errors import MigrateError, TableNotFoundError
from nbmigrate.graph.drawing.marks import one_line
from nbmigrate.notebook.explorer.table_browser import TableBrowser
from nbmigrate.notebook.explorer.table_page import table_html
from nbmigrate.notebook.state.model import Model, own_changes, own_tables

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.database.tables.rows import TableRows

#: So many views are kept to go back to.
_MOST_BACK = 50


@dataclass(frozen=True, slots=True)
class _Key:
    """A foreign key: columns of a table that mean a row of another one."""

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


class TablesPanel:
    """A list of the tables with their numbers of rows, and the rows of the one that is chosen.

    The first rows are those that the model has read already, with what the last step changed marked; what is sorted,
    searched or on another page is asked of the database when somebody wants to see it.

    Parameters
    ----------
    model
        The project.
    failed
        Told of an error, or of None when one that was shown is over.
    """

    def __init__(self, model: Model, failed: Callable[[BaseException | None], None]) -> None:
        self._model = model
        self._failed = failed
        self.widget = TableBrowser()
        self.widget.on_event(self._act)
        self.widget.observe(lambda _: self._choose(), "chosen")
        self._request = PageRequest("")
        self._back: list[PageRequest] = []
        #: The rows that are shown.
        self._shown: TableRows | None = None
        self._version = -1

    def to_frame(self) -> "pd.DataFrame":
        """Return the table that is chosen as a DataFrame, sorted and filtered as it is shown, read now."""
        if self._version != self._model.version:
            # Nobody has opened the panel since the last step.
            self.draw()
        # With pandas, which takes as long to import as all of the panel.
        from nbmigrate.commands.results.frames import typed_frame

        name, snapshot = self._request.table, self._model.snapshot
        if not name:
            raise TableNotFoundError(
                "There are no tables.", "Apply a revision that makes one, then try again."
            )
        found = snapshot.get(name) if snapshot is not None else None
        limit = max((found.rows.limit if found is not None else None) or 0, PAGE_ROWS)
        request = replace(self._request, skip=0, limit=limit)
        return typed_frame(self._read(request, whole=True).rows)

    def draw(self) -> None:
        """Show the tables; after a step, the first one that it changed."""
        model = self._model
        counts = {found.name: found.count for found in own_tables(model)}
        changes = {change.name: change for change in own_changes(model)}
        gone = [name for name, change in changes.items() if change.kind == "gone"]
        names = sorted({*counts, *gone})
        wanted = self._wanted(names, changes)
        if wanted != self._request.table:
            self._request, self._back = PageRequest(wanted), []
        with self.widget.hold_sync():
            self.widget.tables = [
                {"name": name, "note": _note(changes.get(name), counts.get(name))} for name in names
            ]
            self.widget.chosen = wanted
            self._version = model.version
            try:
                self._draw_rows()
            except MigrateError:
                # The column that it was sorted by may be gone with the step.
                self._request = PageRequest(wanted)
                self._draw_rows()

    def _wanted(self, names: list[str], changes: Mapping[str, TableChange]) -> str:
        """Return which table to show: the one that was chosen, unless a step has just changed others only."""
        chosen = self._request.table
        changed = [name for name in names if name in changes and changes[name].kind != "same"]
        if self._version != self._model.version and changed and chosen not in changed:
            return changed[0]
        return chosen if chosen in names else next(iter(names), "")

    def _choose(self) -> None:
        if self.widget.chosen != self._request.table:
            self._go(PageRequest(self.widget.chosen), back=[])

    def _act(self, content: Mapping[str, Any]) -> None:
        """Do what somebody did on the page."""
        now = self._request
        match content.get("event"):
            case "sort":
                column = str(content.get("column"))
                down = now.sort == column and not now.descending
                self._go(replace(now, sort=column, descending=down, skip=0))
            case "search":
                self._go(replace(now, search=str(content.get("text", "")), skip=0))
            case "turn":
                step = PAGE_ROWS if content.get("step") == 1 else -PAGE_ROWS
                self._go(replace(now, skip=max(now.skip + step, 0)))
            case "follow":
                self._follow(content.get("row"), str(content.get("column")))
            case "all":
                self._go(PageRequest(now.table))
            case "back" if self._back:
                self._go(self._back[-1], back=self._back[:-1])

    def _follow(self, row: Any, column: str) -> None:
        """Show the row that a value means."""
        key = next((key for key in self._keys() if column in key.columns), None)
        if key is None or self._shown is None or not isinstance(row, int) or row >= len(self._shown.rows):
            return
        names = [shown.name for shown in self._shown.columns]
        values = [self._shown.rows[row][names.index(name)] for name in key.columns]
        if any(isinstance(value, LongValue) or value is None for value in values):
            return
        match = tuple(zip(key.to_columns, values, strict=True))
        back = [*self._back, self._request][-_MOST_BACK:]
        self._go(PageRequest(key.to_table, match=match), back=back)

    def _go(self, request: PageRequest, *, back: list[PageRequest] | None = None) -> None:
        """Show other rows, or what is wrong with that; what was shown stays then."""
        before = self._request, self._back
        self._request = request
        self._back = self._back if back is None else back
        try:
            with self.widget.hold_sync():
                self._draw_rows()
                self.widget.chosen = request.table
            self._failed(None)
        except Exception as error:
            self._request, self._back = before
            self.widget.chosen = self._request.table
            self._failed(error)

    def _keys(self) -> list[_Key]:
        """Return the foreign keys of the table that is shown, of which the other table is shown, too."""
        snapshot = self._model.snapshot
        found = snapshot.get(self._request.table) if snapshot is not None else None
        if snapshot is None or found is None:
            return []
        return [
            _Key(item.columns, item.to_table, item.to_columns)
            for item in found.schema.constraints
            if item.kind == "foreign key" and item.to_columns and snapshot.get(item.to_table) is not None
        ]

    def _read(self, request: PageRequest, *, whole: bool = False) -> RowPage:
        found = self._model.snapshot.get(request.table) if self._model.snapshot is not None else None
        request = replace(request, key=found.key if found is not None else ())
        return self._model.project.connect(
            lambda context: read_page(context.connection, request, whole=whole)
        )

    def _draw_rows(self) -> None:
        request = self._request
        if not request.table:
            sentence = (
                "The database cannot be read." if self._model.snapshot is None else "There are no tables."
            )
            self._shown, self.widget.page, self.widget.view = None, paragraph(sentence), {}
            return
        self._model.read_table(request.table)
        links = {column: key.to_table for key in reversed(self._keys()) for column in key.columns}
        live = Live(request.sort, request.descending, links)
        found = None if self._model.snapshot is None else self._model.snapshot.get(request.table)
        if self._model.busy:
            # What would be read now were the middle of a run.
            request = PageRequest(request.table)
        if found is None or request == PageRequest(request.table):
            self._shown = found.rows if found is not None else None
            count = found.count if found is not None else RowCount(0)
            page = table_html(self._model, request.table, live=live)
            more = found is not None and not found.problem and (found.count.rows > PAGE_ROWS)
        else:
            part = self._read(request)
            self._shown, count, more = part.rows, part.count, part.more
            page = table_html(self._model, request.table, part, live)
        self.widget.page = page
        self.widget.view = self._view(request, count, more=more)

    def _view(self, request: PageRequest, count: RowCount, *, more: bool) -> dict[str, Any]:
        """Return what the page says of the rows that it shows."""
        shown = min(len(self._shown.rows), request.limit) if self._shown is not None else 0
        first, last = request.skip + 1, request.skip + shown
        # An estimate may be lower than what is in sight.
        total = str(count) if count.rows > last or not count.exact else f"{last:,}"
        place = f"{first:,} to {last:,} of {total} rows" if shown else "No rows"
        if not more and not request.skip:
            place = f"{shown:,} {'row' if shown == 1 else 'rows'}" if shown else "No rows"
        match = " and ".join(f"{name} = {one_line(value_text(value), 40)}" for name, value in request.match)
        return {
            "search": request.search,
            "match": match,
            "place": place,
            "before": request.skip > 0,
            "after": more,
            "back": bool(self._back),
        }


def _note(change: TableChange | None, count: RowCount | None) -> str:
    """Return what the list says of a table: "3, new"."""
    label = "gone" if count is None else f"{count}"
    if change is not None and change.kind in ("new", "changed"):
        label += f", {change.kind}"
    return label
