"""Where the database stands, for the commands that ask."""

from collections.abc import Sequence

from nbmigrate.errors import AmbiguousRevisionError, MigrateError, RevisionNotFoundError
from nbmigrate.graph import position
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_one
from nbmigrate.project import Project

#: The url of each database that env.py migrates, and the ids in its version table.
Positions = Sequence[tuple[str, tuple[str, ...]]]


def positions(project: Project, *, project_imports: bool = True) -> Positions:
    """Return where each database stands."""
    return project.connect_each(
        lambda context: (context.place, tuple(context.get_current_heads())), project_imports=project_imports
    )


def current_heads(project: Project) -> tuple[str, ...]:
    """Return the ids in the version table, or in those of all databases; none where nothing was applied."""
    return of_all(positions(project))


def of_all(positions: Positions) -> tuple[str, ...]:
    """Return the ids that any of the databases stands at."""
    return tuple(dict.fromkeys(head for _, heads in positions for head in heads))


def is_applied(project: Project, id_: str) -> bool:
    """Tell whether a revision is applied to the database.

    Raises
    ------
    PositionError
        The database stands at a revision that no file has, which may come after this one.
    """
    graph = project.graph
    heads = current_heads(project)
    return id_ in graph.ancestors(head for head in heads if head in graph) or id_ in position.applied(
        graph, heads
    )


def named(project: Project, rev: str) -> tuple[Revision, ...]:
    """Return the revisions that `rev` stands for, one or more; `current` is where the database stands.

    Raises
    ------
    RevisionNotFoundError
        It stands for none: it is unknown, or the base.
    """
    graph = project.graph
    if rev == "current":
        ids = position.current_heads(graph, current_heads(project))
        if not ids:
            raise RevisionNotFoundError(
                "No current revisions: the database is at base.", "Name a revision, or upgrade.", target=rev
            )
        return tuple(graph[id_] for id_ in ids)
    found = resolve(graph, rev)
    return tuple(graph[id_] for id_ in found) if found else (resolve_one(graph, rev),)


def named_one(project: Project, rev: str, why_one: str) -> Revision:
    """Return the one revision that `rev` stands for, as `named` finds it.

    Parameters
    ----------
    why_one
        Why it must be one, as the second half of a sentence.

    Raises
    ------
    AmbiguousRevisionError
        It stands for several.
    RevisionNotFoundError
        It stands for none.
    """
    found = named(project, rev)
    if len(found) == 1:
        return found[0]
    ids = [revision.id for revision in found]
    raise AmbiguousRevisionError(
        f"'{rev}' stands for {len(ids)} revisions, and {why_one}.",
        f"They are {', '.join(ids)}: name one.",
        target=rev,
        choices=ids,
    )


def read_marks(
    project: Project, graph: RevisionGraph, *, project_imports: bool = True
) -> tuple[Marks, tuple[str, ...]]:
    """Return what is applied, and notes; a database that cannot be reached is a note, not an error."""
    try:
        found = positions(project, project_imports=project_imports)
    except MigrateError as error:
        return Marks(), (f"The position is not shown: {error}",)
    return Marks.at(graph, of_all(found)), notes_on(graph, found)


def notes_on(graph: RevisionGraph, positions: Positions) -> tuple[str, ...]:
    """Return notes for a command that shows one position, where that is not all there is to say."""
    strangers = [head for head in of_all(positions) if head not in graph]
    notes = []
    if strangers:
        notes.append(f"The database stands at {', '.join(map(repr, strangers))}, which no revision file has.")
    if len({frozenset(heads) for _, heads in positions}) > 1:
        places = ", ".join(f"{url} at {', '.join(heads) or 'base'}" for url, heads in positions)
        notes.append(f"The databases do not stand at the same place: {places}.")
    return tuple(notes)
