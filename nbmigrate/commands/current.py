"""`current`: where the database stands."""

from dataclasses import dataclass

from nbmigrate.commands import html
from nbmigrate.commands.entries import Entry, entries, entries_html, notes_of
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import PositionError
from nbmigrate.graph.position import current_heads
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class CurrentResult(Result):
    """The heads that the database stands at; none before the first upgrade."""

    entries: tuple[Entry, ...]
    url: str
    verbose: bool = False

    def rows(self) -> list[Row]:
        """Return one record per head."""
        return [entry.row() for entry in self.entries]

    def to_text(self) -> str:
        """Return the position as Alembic prints it: nothing at base."""
        if self.verbose:
            return "\n".join(
                [f"Current revision(s) for {self.url}:", *(entry.block() for entry in self.entries)]
            )
        return "\n".join(entry.line() for entry in self.entries)

    def to_html(self) -> str:
        """Return the position as a table, with the database it is the position of."""
        return html.paragraph(f"<code>{html.lines(self.url)}</code>") + entries_html(
            self.entries, verbose=self.verbose
        )


def current(project: Project, *, verbose: bool = False, check_heads: bool = False) -> CurrentResult:
    """Return where the database stands; writes nothing.

    Parameters
    ----------
    verbose
        Whether the text says everything about each revision.
    check_heads
        Whether to raise when the database is not at all heads.

    Raises
    ------
    PositionError
        The version table has a revision that no file has, or `check_heads` does not hold.
    """
    graph = project.graph
    heads, url = project.connect(lambda context: (tuple(context.get_current_heads()), context.url))
    if check_heads and set(heads) != set(graph.real_heads):
        raise PositionError("Database is not on all head revisions", "`upgrade heads` brings it there.")
    here = () if heads else ("At base: no revision is applied.",)
    return CurrentResult(
        entries=entries(graph, current_heads(graph, heads)),
        url=url,
        verbose=verbose,
        notes=here + notes_of(graph),
    )
