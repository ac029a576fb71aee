"""`heads`: the revisions that nothing comes after."""

from nbmigrate.commands.entries import EntriesResult, Entry, entries, notes_of
from nbmigrate.project import Project


class HeadsResult(EntriesResult):
    """The heads of the graph."""

    def line(self, entry: Entry) -> str:
        """Return a head with its labels."""
        return entry.line(labels=True, tree=False)


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
