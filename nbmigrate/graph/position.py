"""Where a database stands in a graph: from the rows of its version table to what is applied, and back."""

from collections.abc import Iterable, Sequence

from nbmigrate.errors import PositionError, nearest
from nbmigrate.graph.graph import RevisionGraph


def applied(graph: RevisionGraph, rows: Iterable[str]) -> frozenset[str]:
    """Return every revision that version rows say is applied: they, and all below them.

    Rows may overlap, one being below another: that is what two runs at the same time leave behind. It says no more
    and no less than the upper row alone, and a plan from there puts the rows right with its first step.

    Raises
    ------
    PositionError
        For a row that no revision file has.
    """
    rows = tuple(rows)
    for row in rows:
        if row not in graph:
            near = nearest(row, graph.names)
            hint = "Put its file back, for example from another git branch or version location"
            raise PositionError(
                f"The database stands at '{row}', which no revision file has",
                f"{hint}; the nearest id is '{near}'." if near else f"{hint}.",
            )
    return graph.ancestors(rows)


def version_rows(graph: RevisionGraph, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the rows of the version table that say `ids` are applied: those nothing in `ids` stands on."""
    return graph.tips(ids)


def current_heads(graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    """Return the applied revisions with no applied child, as `current` shows them.

    Besides the rows, these are the ends of branches that are applied because a row depends on them.
    """
    return graph.tips(applied(graph, rows), dependencies=False)
