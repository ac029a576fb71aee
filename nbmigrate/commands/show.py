"""`show`: one revision and its source."""

from dataclasses import dataclass

from nbmigrate.commands import html
from nbmigrate.commands.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.position import current_heads
from nbmigrate.commands.result import Result, Row
from nbmigrate.graph import position
from nbmigrate.graph.target import resolve_one
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
        An id, the start of one, a label, `head`, or `current` for where the database stands.
    """
    graph = project.graph
    revisions = (
        [graph[head] for head in position.current_heads(graph, current_heads(project))]
        if rev == "current"
        else [resolve_one(graph, rev)]
    )
    notes = () if revisions else ("At base: no revision is applied.",)
    return ShowResult(
        entries=entries(graph, [revision.id for revision in revisions]),
        sources=tuple(project.scripts.source(revision) for revision in revisions),
        notes=notes + notes_of(graph),
    )
