"""`heads`: the revisions that nothing comes after."""

from dataclasses import dataclass

from nbmigrate.commands.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.result import Result, Row
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class HeadsResult(Result):
    """The heads of the graph, one entry each."""

    entries: tuple[Entry, ...]
    verbose: bool = False

    def rows(self) -> list[Row]:
        """Return one record per head."""
        return [entry.row() for entry in self.entries]

    def to_text(self) -> str:
        """Return the heads as Alembic prints them."""
        if self.verbose:
            return "\n".join(entry.block() for entry in self.entries)
        return "\n".join(entry.line(labels=True, tree=False) for entry in self.entries)

    def to_html(self) -> str:
        """Return the heads as a table."""
        return entries_html(self.entries, verbose=self.verbose)


def heads(project: Project, *, verbose: bool = False) -> HeadsResult:
    """Return the heads: the revisions that no other revision names as its parent.

    Parameters
    ----------
    verbose
        Whether the text says everything about each.
    """
    graph = project.graph
    notes = notes_of(graph) or (() if len(graph) else ("There are no revisions yet.",))
    return HeadsResult(entries=entries(graph, graph.heads), verbose=verbose, notes=notes)
