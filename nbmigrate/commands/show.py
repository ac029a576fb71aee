"""`show`: one revision and its source."""

from dataclasses import dataclass

from nbmigrate.commands import html
from nbmigrate.commands.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.position import current_heads, named
from nbmigrate.commands.result import Result, Row
from nbmigrate.graph import position
from nbmigrate.graph.revision import Revision
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

    def to_text(self) -> str:
        """Return what Alembic's `show` prints."""
        return "\n".join(entry.block() for entry in self.entries)

    def to_html(self) -> str:
        """Return each revision as a row, over its source."""
        return "".join(
            entries_html([entry])
            + html.paragraph(f"<code>{html.lines(str(entry.revision.path))}</code>")
            + html.code(source, "python")
            for entry, source in zip(self.entries, self.sources, strict=True)
        )


def show(project: Project, rev: str) -> ShowResult:
    """Return a revision and the source of its file, which is read and not run.

    Parameters
    ----------
    rev
        An id, the start of one, a label, `head`, `heads`, or `current` for where the database stands.
    """
    graph = project.graph
    notes: tuple[str, ...] = ()
    if rev == "current":
        found = position.current_heads(graph, current_heads(project))
        revisions = tuple(graph[id_] for id_ in found)
        notes = () if found else ("At base: no revision is applied.",)
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
