"""The verbs `heads` and `branches`: the revisions that nothing comes after, and those that several come after."""

from collections.abc import Mapping
from dataclasses import dataclass

from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import EntriesResult, Entry, entries, entries_html, notes_of
from nbmigrate.commands.results.paging import Page, words_of
from nbmigrate.commands.results.result import Row
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


@dataclass(frozen=True, kw_only=True, repr=False)
class BranchesResult(EntriesResult):
    """The branch points, newest first.

    Parameters
    ----------
    children
        By the id of each branch point, the revisions that come right after it.
    """

    columns = (*EntriesResult.columns, "branches_into")

    children: Mapping[str, tuple[Entry, ...]]

    def rows(self) -> list[Row]:
        """Return one record per branch point."""
        return [
            {**entry.row(), "branches_into": ", ".join(child.revision.id for child in self._after(entry))}
            for entry in self.entries
        ]

    def _after(self, entry: Entry) -> tuple[Entry, ...]:
        return self.children[entry.revision.id]

    def to_text(self) -> str:
        """Return the branch points as Alembic prints them, each with what comes after it."""
        return "\n".join(map(self._block, self.entries))

    def _block(self, entry: Entry) -> str:
        indent = " " * len(entry.revision.id)
        lines = [entry.block() if self.verbose else entry.line(labels=True)]
        lines += [f"{indent} -> {child.line(labels=True, doc=self.verbose)}" for child in self._after(entry)]
        return "\n".join(lines) + "\n"

    def to_html(self) -> str:
        """Return each branch point in a line, over a table of what comes after it."""
        return "".join(
            html.paragraph(html.lines(entry.line(labels=True, doc=True))) + entries_html(self._after(entry))
            for entry in self.entries
        )


def branches(
    project: Project, *, verbose: bool = False, skip: int = 0, limit: int | None = None
) -> BranchesResult:
    """Return the branch points: the revisions that several others name as their parent.

    Parameters
    ----------
    verbose
        Whether the text says everything about each.
    skip, limit
        How many are left out at the beginning, and how many returned at the most.
    """
    graph = project.graph
    points = [revision.id for revision in graph if graph.is_branch_point(revision.id)]
    page = Page(len(points), skip, limit, words_of("branches", ("-v", verbose)))
    found = entries(graph, page.part(points))
    # The real heads are looked up once for all of them.
    after = {
        entry.revision.id: entry for entry in entries(graph, (id_ for one in found for id_ in one.children))
    }
    return BranchesResult(
        entries=found,
        children={entry.revision.id: tuple(after[id_] for id_ in entry.children) for entry in found},
        verbose=verbose,
        page=page,
        notes=notes_of(graph) or (() if points else ("There are no branchpoints.",)),
        is_partial=bool(graph.problems),
    )
