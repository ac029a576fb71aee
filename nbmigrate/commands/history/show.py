"""`show`: revisions and their source."""

from dataclasses import dataclass

from nbmigrate.commands.history.position import current_heads, named
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.graph import position
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import revision_range
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class ShowResult(Result):
    """One or more revisions and the source of their files."""

    entries: tuple[Entry, ...]
    sources: tuple[str, ...]

    def rows(self) -> list[Row]:
        """Return one record per revision, with its source."""
        return [
            {**entry.row(), "source": source}
            for entry, source in zip(self.entries, self.sources, strict=True)
        ]

    @property
    def headings(self) -> str:
        """What Alembic's `show` prints: everything about each revision but its source."""
        return "\n".join(entry.block() for entry in self.entries)

    def to_text(self) -> str:
        """Return each revision as Alembic's `show` prints it, over its source."""
        pairs = zip(self.entries, self.sources, strict=True)
        return "\n\n".join(f"{entry.block()}\n{source.strip()}" for entry, source in pairs)

    def to_html(self) -> str:
        """Return each revision as a row, over its source."""
        return "".join(
            entries_html([entry])
            + html.paragraph(f"<code>{html.lines(str(entry.revision.path))}</code>")
            + html.code(source, "python")
            for entry, source in zip(self.entries, self.sources, strict=True)
        )


def show(project: Project, rev: str) -> ShowResult:
    """Return a revision and the source of its file, which is read and not run; or those of a range.

    Parameters
    ----------
    rev
        An id, the start of one, a label, `head`, `heads`, or `current` for where the database stands. "a:b" is all
        from a to b, newest first, both ends in it; either may be left out.

    Raises
    ------
    TargetError
        It does not say which revisions are meant.
    """
    graph = project.graph
    notes: tuple[str, ...] = ()
    if rev == "current":
        found = position.current_heads(graph, current_heads(project))
        revisions = tuple(graph[id_] for id_ in found)
        notes = () if found else ("At base: no revision is applied.",)
    elif ":" in rev and rev not in graph:
        current = current_heads(project) if "current" in rev.split(":") else None
        revisions = revision_range(graph, rev, current)
        notes = () if revisions else ("No revision is in this range.",)
    else:
        revisions = named(project, rev)
    return ShowResult(
        entries=entries(graph, [revision.id for revision in revisions]),
        sources=tuple(_source(project, revision) for revision in revisions),
        notes=notes + notes_of(graph),
        is_partial=bool(graph.problems),
    )


def _source(project: Project, revision: Revision) -> str:
    if project.scripts.is_compiled(revision):
        return "# Compiled: the source is not there.\n"
    return project.scripts.source(revision)
