"""`history`: the revisions, newest first."""

from nbmigrate.commands.history.position import Positions, notes_on, of_all, positions
from nbmigrate.commands.results.entries import EntriesResult, Entry, entries, notes_of
from nbmigrate.commands.results.paging import Page, words_of
from nbmigrate.errors import NothingMigratedError
from nbmigrate.graph.target import revision_range
from nbmigrate.project import Project


class HistoryResult(EntriesResult):
    """Revisions, newest first."""

    def line(self, entry: Entry) -> str:
        """Return a revision with its parents, labels and message."""
        return entry.line(parents=True, labels=True, doc=True)


def history(
    project: Project,
    *,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
    skip: int = 0,
    limit: int | None = None,
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
    skip, limit
        How many are left out at the beginning, and how many returned at the most.

    Raises
    ------
    TargetError
        An end of the range does not say which revision is meant.
    """
    graph = project.graph
    needs_database = indicate_current or (rev_range is not None and "current" in rev_range.split(":"))
    needs_database = needs_database or project.runs_env
    found, unknown = _positions(project) if needs_database else (None, ())
    current = None if found is None else of_all(found)
    ids = [
        revision.id
        for revision in (graph if rev_range is None else revision_range(graph, rev_range, current))
    ]
    notes = notes_of(graph) + notes_on(graph, found or ()) + unknown
    if not ids and not notes:
        notes = ("No revision is in this range." if len(graph) else "There are no revisions yet.",)
    marked = current if indicate_current and current else ()
    words = words_of("history", ("-v", verbose), ("-i", indicate_current), ("--rev-range", rev_range))
    page = Page(len(ids), skip, limit, words)
    shown = entries(graph, page.part(ids), marked)
    partial = bool(graph.problems)
    return HistoryResult(entries=shown, verbose=verbose, page=page, notes=notes, is_partial=partial)


def _positions(project: Project) -> tuple[Positions, tuple[str, ...]]:
    """Return where the databases stand; where env.py does not come to that, a note."""
    try:
        return positions(project), ()
    except NothingMigratedError as nothing:
        return (), (str(nothing),)
