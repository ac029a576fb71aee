"""Where a database stands in a graph: from the rows of its version table to what is applied, and back."""

from collections.abc import Iterable, Sequence

from nbmigrate.errors import PositionError, UnreadableRevisionError, nearest
from nbmigrate.graph.graph import RevisionGraph

#: The way out where the version table is wrong, and the files are not.
REWRITE = "`stamp --purge` rewrites the rows: name every head that the database stands at."


def applied(graph: RevisionGraph, rows: Iterable[str]) -> frozenset[str]:
    """Return every revision that version rows say is applied: they, and all below them.

    Rows may overlap, one being below another: that is what two runs at the same time leave behind. It says no more
    and no less than the upper row alone, and a plan from there puts the rows right with its first step.

    Raises
    ------
    PositionError
        For a row that no revision file has.
    """
    return graph.ancestors(check_rows(graph, rows))


def check_rows(graph: RevisionGraph, rows: Iterable[str]) -> tuple[str, ...]:
    """Return `rows` if the graph has them all.

    Raises
    ------
    PositionError
        For a row that no revision file has.
    """
    rows = tuple(rows)
    for row in rows:
        if row not in graph:
            near = nearest(row, graph.names)
            nearby = f"; the nearest id is '{near}'" if near else ""
            hint = f"Restore its file, for example from another git branch or version location{nearby}. Or {REWRITE}"
            raise PositionError(
                f"The database stands at '{row}', which no revision file has",
                _unreadable_hint(graph, row) or hint,
            )
    return rows


def _unreadable_hint(graph: RevisionGraph, row: str) -> str:
    """Return what to mend where a row's file is probably there and cannot be read; empty if all can be."""
    unread = [problem for problem in graph.problems if isinstance(problem, UnreadableRevisionError)]
    likely = [
        problem for problem in unread if problem.path is not None and row in problem.path.name
    ] or unread
    if not likely:
        return ""
    more = f" (and {len(likely) - 1} more)" if len(likely) > 1 else ""
    return f"It may be in a file that cannot be read{more}; {likely[0]}"


def version_rows(graph: RevisionGraph, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the rows of the version table that say `ids` are applied: those nothing in `ids` stands on."""
    return graph.tips(ids)


def current_heads(graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    """Return the applied revisions with no applied child, as `current` shows them.

    Besides the rows, these are the ends of branches that are applied because a row depends on them.
    """
    return graph.tips(applied(graph, rows), dependencies=False)
