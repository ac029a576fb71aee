"""`current`: where the database stands."""

from dataclasses import dataclass

from nbmigrate.commands import html
from nbmigrate.commands.entries import EntriesResult, entries, notes_of
from nbmigrate.errors import PositionError
from nbmigrate.graph.position import current_heads
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class CurrentResult(EntriesResult):
    """The heads that the database at `url` stands at; none before the first upgrade."""

    url: str

    def to_text(self) -> str:
        """Return the position as Alembic prints it: nothing at base."""
        title = f"Current revision(s) for {self.url}:\n" if self.verbose else ""
        return f"{title}{super().to_text()}" if self.entries else title.rstrip()

    def to_html(self) -> str:
        """Return the position as a table, with the database it is the position of."""
        return html.paragraph(f"<code>{html.lines(self.url)}</code>") + super().to_html()


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
    here = current_heads(graph, heads)
    if check_heads and set(heads) != set(graph.real_heads):
        raise PositionError("Database is not on all head revisions", "`upgrade heads` brings it there.")
    at_base = () if heads else ("At base: no revision is applied.",)
    return CurrentResult(
        entries=entries(graph, here),
        url=url,
        verbose=verbose,
        notes=at_base + notes_of(graph),
    )
