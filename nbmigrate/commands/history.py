"""`history`: the revisions, newest first."""

from dataclasses import dataclass

from nbmigrate.commands.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.position import current_heads
from nbmigrate.commands.result import Result, Row
from nbmigrate.graph.target import revision_range
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class HistoryResult(Result):
    """Revisions, newest first."""

    entries: tuple[Entry, ...]
    verbose: bool = False

    def rows(self) -> list[Row]:
        """Return one record per revision."""
        return [entry.row() for entry in self.entries]

    def to_text(self) -> str:
        """Return the history as Alembic prints it."""
        if self.verbose:
            return "\n".join(entry.block() for entry in self.entries)
        return "\n".join(entry.line(parents=True, labels=True, doc=True) for entry in self.entries)

    def to_html(self) -> str:
        """Return the history as a table."""
        return entries_html(self.entries, verbose=self.verbose)


def history(
    project: Project, *, rev_range: str | None = None, verbose: bool = False, indicate_current: bool = False
) -> HistoryResult:
    """Return the revisions, newest first.

    Parameters
    ----------
    rev_range
        "a:b", "a:" or ":b"; both ends are in it, `current` may stand for either.
    verbose
        Whether the text says everything about each.
    indicate_current
        Whether the revisions the database stands at are marked, which reads the database.

    Raises
    ------
    TargetError
        An end of the range does not say which revision is meant.
    """
    graph = project.graph
    needs_database = indicate_current or (rev_range is not None and "current" in rev_range.split(":"))
    current = current_heads(project) if needs_database else None
    ids = [
        revision.id
        for revision in (graph if rev_range is None else revision_range(graph, rev_range, current))
    ]
    notes = notes_of(graph) or (() if len(graph) else ("There are no revisions yet.",))
    marked = current if indicate_current and current else ()
    return HistoryResult(entries=entries(graph, ids, marked), verbose=verbose, notes=notes)
