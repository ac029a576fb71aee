"""A table of the database as html, with what the last step changed in it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from nbmigrate.commands.results.table_diff_html import Live, changes_html
from nbmigrate.database.snapshots.diff import TableChange
from nbmigrate.notebook.state.model import Model, own_changes

if TYPE_CHECKING:
    from nbmigrate.database.tables.pages import RowPage


def table_html(model: Model, name: str, page: "RowPage | None" = None, live: Live | None = None) -> str:
    """Return a table as it is, with what the last step changed in it marked; empty where there is none.

    Parameters
    ----------
    page
        The rows to show; the first ones if None.
    live
        What a script makes of it.
    """
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
    if change is None:
        return ""
    if page is not None and after is not None:
        # What is gone stands among the first rows alone; of the others, what is new or changed is marked as well.
        after = replace(after, rows=page.rows, problem="")
        change = replace(change, rows_gone=(), complete=True)
    return changes_html(change, before, after, live)
