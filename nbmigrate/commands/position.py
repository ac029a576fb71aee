"""Where the database stands, for the commands that ask."""

from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.marks import Marks
from nbmigrate.project import Project


def current_heads(project: Project) -> tuple[str, ...]:
    """Return the ids in the version table; empty for a database that nothing was applied to."""
    return project.connect(lambda context: tuple(context.get_current_heads()))


def read_marks(project: Project, graph: RevisionGraph) -> tuple[Marks, tuple[str, ...]]:
    """Return what is applied, and notes; a database that cannot be reached is a note, not an error."""
    try:
        heads = current_heads(project)
    except MigrateError as error:
        return Marks(), (f"The position is not shown: {error}",)
    strangers = [head for head in heads if head not in graph]
    notes = (
        (f"The database stands at {', '.join(map(repr, strangers))}, which no revision file has.",)
        if strangers
        else ()
    )
    return Marks.at(graph, heads), notes
