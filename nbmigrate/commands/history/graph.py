"""`graph`: the revisions as a drawing."""

from dataclasses import dataclass
from pathlib import Path

from nbmigrate.commands.history.position import read_marks
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import Entry, entries, notes_of
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.config import reason, replace_file
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.layout import Layout
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.drawing.svg import draw_svg
from nbmigrate.graph.drawing.text import draw_text
from nbmigrate.graph.drawing.window import Drawn, GraphWindow
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.project import Project

#: Revisions that are drawn from end to end: more of them nobody takes in at a look.
LONGEST_DRAWN = 300
NOT_MARKED = (
    "Where the database stands is not marked: the project's env.py would be run for it. `graph -i` runs it."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class GraphResult(Result):
    """The revision graph, with what is applied.

    Parameters
    ----------
    entries
        The revisions, newest first.
    marks
        What is applied, and where the database stands.
    graph
        The graph itself.
    whole
        Whether a long history is drawn from end to end.
    """

    entries: tuple[Entry, ...]
    marks: Marks
    graph: RevisionGraph
    whole: bool = False

    @property
    def drawn(self) -> Drawn:
        """What is drawn: of a long history what is around the position, the rest folded and counted."""
        if self.whole or len(self.graph) <= LONGEST_DRAWN:
            return self.graph
        return GraphWindow(self.graph, self.marks.current)

    def __eq__(self, other: object) -> bool:
        # Two graphs that were read at different times are the same when their revisions are.
        if not isinstance(other, GraphResult):
            return NotImplemented
        return (self.entries, self.marks, self.notes) == (other.entries, other.marks, other.notes)

    def __hash__(self) -> int:
        return hash((self.entries, self.marks))

    def rows(self) -> list[Row]:
        """Return one record per revision."""
        applied = self.marks.applied
        return [
            {**entry.row(), "applied": None if applied is None else entry.revision.id in applied}
            for entry in self.entries
        ]

    def to_text(self) -> str:
        """Return the graph drawn with characters."""
        return draw_text(self.drawn, self.marks) if self.entries else ""

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same drawing, heads and the position in colours."""
        return terminal.marked(self.to_text(), self.marks.current)

    def to_svg(self, layout: Layout | None = None) -> str:
        """Return the drawing as SVG; one column per branch where no other layout is given."""
        drawn = self.drawn
        return draw_svg(drawn, layout or lane_layout(drawn), self.marks, title="Revision graph")

    def to_html(self) -> str:
        """Return the drawing."""
        return html.drawing(self.to_svg(), self.to_text()) if self.entries else ""

    def save(self, path: Path) -> None:
        """Write the SVG to a file.

        Raises
        ------
        MigrateError
            The file cannot be written.
        """
        try:
            replace_file(path, self.to_svg().encode())
        except OSError as error:
            raise MigrateError(
                f"{path} cannot be written: {reason(error)}.", "Name a file in a folder that is there."
            ) from error


def graph(project: Project, *, whole: bool = False, current: bool | None = None) -> GraphResult:
    """Return the revision graph and where the database stands in it, as far as nothing of the project is run for it.

    An env.py that is as `init` wrote it is no code of the project. A database that cannot be reached is a note.

    Parameters
    ----------
    whole
        Whether a history of more than 300 revisions is drawn from end to end, not just around the position.
    current
        Whether the database is asked for its position, whatever env.py is; False for not at all. If not given, it is
        asked where no code of the project has to be run for that.
    """
    found = project.graph
    marks = Marks()
    notes: tuple[str, ...] = () if len(found) else ("There are no revisions yet.",)
    if current is None and len(found) and project.runs_own_code:
        current, notes = False, (NOT_MARKED,)
    if current is not False and len(found):
        marks, notes = read_marks(project, found, project_imports=bool(current))
    shown = entries(found, [revision.id for revision in found], marks.current)
    return GraphResult(
        entries=shown,
        marks=marks,
        graph=found,
        whole=whole,
        notes=notes + notes_of(found),
        is_partial=bool(found.problems),
    )
