"""Revisions as the commands return them: their lines or verbose blocks, and the rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nbmigrate.commands.results import html
from nbmigrate.commands.results.paging import Page
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.graph.entry import Entry, entries
from nbmigrate.graph.graph import RevisionGraph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EntriesResult", "Entry", "entries", "entries_html", "notes_of"]


@dataclass(frozen=True, kw_only=True, repr=False)
class EntriesResult(Result):
    """Revisions, one entry each.

    Parameters
    ----------
    verbose
        Whether everything is said about each.
    page
        Which of all they are, where a notebook shows long lists page by page.
    """

    #: What each record of `rows` has.
    columns: ClassVar[tuple[str, ...]] = (
        "revision",
        "down_revision",
        "message",
        "labels",
        "depends_on",
        "is",
    )

    entries: tuple[Entry, ...]
    verbose: bool = False
    page: Page | None = None

    def rows(self) -> list[Row]:
        """Return one record per revision."""
        return [entry.row() for entry in self.entries]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a pandas DataFrame, which has its columns even where there are none."""
        import pandas as pd

        return pd.DataFrame.from_records(self.rows(), columns=list(self.columns))

    def line(self, entry: Entry) -> str:
        """Return a revision in one line, as Alembic prints it here."""
        return entry.line()

    def to_text(self) -> str:
        """Return the revisions as Alembic prints them."""
        show = Entry.block if self.verbose else self.line
        return "\n".join(show(entry) for entry in self.entries)

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same text, heads and the position in colours."""
        return terminal.marked(self.to_text())

    def to_html(self) -> str:
        """Return the revisions as a table, or a table each."""
        return entries_html(self.entries, verbose=self.verbose)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self.page is None:
            return super()._repr_mimebundle_(include, exclude)
        shown = self.entries[: self.page.size]
        note = self.page.note(len(shown))
        notes = (*self.notes, note) if note else self.notes
        return replace(self, entries=shown, page=None, notes=notes)._repr_mimebundle_(include, exclude)


def entries_html(found: Iterable[Entry], *, verbose: bool = False) -> str:
    """Return entries as a table worth looking at, empty columns left out; `verbose`: as one table for each."""
    if verbose:
        return "".join(_facts_html(entry) for entry in found)
    records = []
    for entry in found:
        row = entry.row()
        row["is"] = html.badges(entry.marks)
        records.append(row)
    kept = [key for key in (records[0] if records else ()) if any(record[key] for record in records)]
    return html.table(
        [{key: record[key] for key in kept} for record in records],
        code=("revision", "down_revision", "depends_on"),
        raw=("is",),
    )


def _facts_html(entry: Entry) -> str:
    branches = entry.children if "branchpoint" in entry.marks else ()
    return html.facts(
        {
            **entry.row(),
            "is": html.badges(entry.marks),
            "branches into": branches,
            "path": entry.revision.path,
            "message": entry.revision.doc.strip(),
        },
        code=("revision", "down_revision", "depends_on", "branches into", "path"),
        raw=("is",),
    )


def notes_of(graph: RevisionGraph) -> tuple[str, ...]:
    """Return what is wrong with the directory, for a command that reads on all the same."""
    return tuple(str(problem) for problem in (*graph.problems, *graph.notes))
