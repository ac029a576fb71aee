"""`delete`: a revision that is taken back before it is applied: its file is removed."""

from nbmigrate.commands.database.interrupted import standing
from nbmigrate.commands.files.revision_file import RevisionResult, file_of
from nbmigrate.commands.history.position import named_one
from nbmigrate.errors import (
    InterruptedRevisionError,
    MigrateError,
    NothingMigratedError,
    PositionError,
    RevisionAppliedError,
    TargetError,
)
from nbmigrate.graph import position
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.problems import listed
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project


def delete(project: Project, rev: str) -> RevisionResult:
    """Remove the file of a head that is not applied; the result has its source, in case it was the wrong one.

    Parameters
    ----------
    rev
        The revision: an id, the start of one, a label, `head`.

    Raises
    ------
    TargetError
        Other revisions come after it, or depend on it.
    RevisionAppliedError
        It is applied to the database, or to one of several.
    InterruptedRevisionError
        It was interrupted, so that something of it is in the database.
    DatabaseError
        Whether it is applied is not known, since the database cannot be read or stands at an unknown revision.
    ScriptError
        The file cannot be removed.
    """
    graph = project.graph
    graph.check()
    revision = named_one(project, rev, "one is deleted at a time")
    _check_nothing_follows(graph, revision)
    _check_not_applied(project, graph, revision)
    source = "" if project.scripts.is_compiled(revision) else project.scripts.source(revision)
    project.scripts.remove(file_of(revision))
    heads = project.graph.heads
    note = (
        f"The head{' is' if len(heads) == 1 else 's are'} {listed(heads)}."
        if heads
        else "No revision is left."
    )
    return RevisionResult(revision=revision, source=source, action="deleted", notes=(note,))


def _check_nothing_follows(graph: RevisionGraph, revision: Revision) -> None:
    id_ = revision.id
    if children := graph.children(id_):
        raise TargetError(
            f"Revision {id_} is not a head: {listed(children)} {_verb(children, 'come')} after it.",
            f"Delete {listed(children)} first, or give {_pronoun(children)} another parent: "
            f"`rebase {children[0]} --onto {', '.join(revision.down_revisions[:1]) or 'base'}`.",
            target=id_,
            choices=graph.heads,
        )
    if dependents := graph.dependents(id_):
        raise TargetError(
            f"Revision {id_} is needed: {listed(dependents)} {_verb(dependents, 'depend')} on it.",
            f"Delete {listed(dependents)} first, or remove it from depends_on there.",
            target=id_,
            choices=dependents,
        )


def _verb(names: tuple[str, ...], verb: str) -> str:
    return f"{verb}s" if len(names) == 1 else verb


def _pronoun(names: tuple[str, ...]) -> str:
    return "it" if len(names) == 1 else "them"


def _check_not_applied(project: Project, graph: RevisionGraph, revision: Revision) -> None:
    id_ = revision.id
    unknown = f"It is unknown whether revision {id_} is applied, so its file stays."
    try:
        found = project.connect_each(
            lambda context: (context.place, tuple(context.get_current_heads()), context.open_step())
        )
        applied = [place for place, heads, _ in found if id_ in position.applied(graph, heads)]
    except NothingMigratedError as error:
        raise PositionError(error.message, "\n".join(filter(None, (error.hint, unknown)))) from error
    except MigrateError as error:
        error.hint = "\n".join(filter(None, (error.hint, unknown)))
        raise
    if not found:
        raise PositionError("env.py migrates no database.", unknown)
    if applied:
        where = f" to {', '.join(applied)}" if len(found) > 1 else " to the database"
        raise RevisionAppliedError(
            f"Revision {id_} is applied{where}, so its file stays.",
            f"`downgrade {', '.join(revision.down_revisions[:1]) or 'base'}` undoes it; then it can be deleted.",
            path=revision.path,
        )
    for place, _, step in found:
        if step is not None and step.revision == id_:
            raise InterruptedRevisionError(
                standing(step, place if len(found) > 1 else ""),
                "Its file stays. `resume` finishes it, `doctor` says what else can be done.",
            )
