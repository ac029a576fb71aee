"""A list of tables to filter, and the rows of the chosen one to sort, to search, to turn over and to follow."""

from collections.abc import Callable
from typing import Any

import anywidget
from traitlets import Dict, List, Unicode

from nbmigrate.notebook.assets import asset, script


class TableBrowser(anywidget.AnyWidget):
    """What a page shows of the tables; what is done there comes as events, and nothing is read here.

    Attributes
    ----------
    tables
        Each with name and note: how many rows it has, and what became of it.
    chosen
        The name of the table that is shown; may be set.
    page
        Its rows as html, in which everything is escaped.
    view
        How they are shown: search, match (what a row must be, in words), place ("51 to 100 of 1,666 rows"), and
        whether there is something before, after, and back.
    """

    _esm = script("explorer/table_browser.js")
    _css = asset("explorer/table_browser.css")

    tables = List(Dict()).tag(sync=True)
    chosen = Unicode().tag(sync=True)
    page = Unicode().tag(sync=True)
    view = Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._events: list[Callable[[dict[str, Any]], None]] = []
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        return f"<TableBrowser: {len(self.tables):,} tables, {self.chosen!r} chosen>"

    def on_event(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Call a function with what is done on the page.

        It has `event`: sort (with column), search (with text), turn (with step), follow (with row and column), all,
        back.
        """
        self._events.append(callback)

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict):
            for callback in self._events:
                callback(content)
