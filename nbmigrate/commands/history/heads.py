"""`heads`: the revisions that nothing comes after."""

from nbmigrate.commands.results.entries import EntriesResult, Entry, entries, notes_of
from nbmigrate.commands.results.paging import Page, words_of
from nbmigrate.project import Project


class HeadsResult(EntriesResult):
    """The heads of the graph."""

    def line(self, entry: Entry) -> str:
        """Return a head with its labels."""
        return entry.line(labels=True, tree=False)


def heads(
    project: Project,
    *,
    verbose: bool = False,
    resolve_dependencies: bool = False,
    skip: int = 0,
    limit: int | None = None,
) -> HeadsResult:
    """Return the heads: the revisions that no other revision names as its parent.

    Parameters
    ----------
    verbose
        Whether the text says everything about each.
    resolve_dependencies
        Whether a revision that another depends on is left out, as if it were that one's parent.
    skip, limit
        How many are left out at the beginning, and how many returned at the most.
    """
    graph = project.graph
    notes = notes_of(graph) or (() if len(graph) else ("There are no revisions yet.",))
    found = graph.real_heads if resolve_dependencies else graph.heads
    words = words_of("heads", ("-v", verbose), ("--resolve-dependencies", resolve_dependencies))
    page = Page(len(found), skip, limit, words)
    return HeadsResult(
        entries=entries(graph, page.part(found)),
        verbose=verbose,
        page=page,
        notes=notes,
        is_partial=bool(graph.problems),
    )
