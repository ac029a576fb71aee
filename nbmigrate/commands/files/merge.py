"""`merge`: a revision that joins heads."""

from collections.abc import Sequence

from nbmigrate.commands.files.earlier_run import find_merge, with_note
from nbmigrate.commands.files.placement import check_heads, check_same
from nbmigrate.commands.files.process_directives import template_arguments
from nbmigrate.commands.files.revision_file import RevisionResult, create
from nbmigrate.errors import TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.problems import listed
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve
from nbmigrate.project import Project
from nbmigrate.scripts.writing.cell_record import cell_digest


def merge(
    project: Project,
    revisions: Sequence[str],
    message: str | None = None,
    *,
    branch_label: Sequence[str] = (),
    rev_id: str | None = None,
    splice: bool = False,
    once: bool = False,
) -> RevisionResult:
    """Write a revision that joins several heads into one.

    Parameters
    ----------
    revisions
        The heads to join, two or more; or "heads" for all of them.
    message, branch_label, rev_id, once
        As for `revision`.
    splice
        Whether revisions that are not heads may be joined.

    Raises
    ------
    TargetError
        One of them is not a head, is named twice, or there is only one.
    """
    graph = project.graph
    graph.check()
    message = message if message and message.strip() else None
    parents = tuple(id_ for name in revisions for id_ in resolve(graph, name))
    _check_once(parents)
    if rev_id is not None and rev_id in graph:
        check_same(graph[rev_id], parents, tuple(branch_label), (), message)
        return _unchanged(project, graph[rev_id])
    if once and rev_id is None and (earlier := find_merge(project, graph, message, parents)) is not None:
        return with_note(_unchanged(project, earlier))
    _check_several(graph, parents)
    if not splice:
        check_heads(graph, parents)
    return create(
        project,
        message,
        None,
        parents,
        labels=tuple(dict.fromkeys(branch_label)),
        depends_on=(),
        rev_id=rev_id,
        cell=cell_digest(message, None) if once and rev_id is None else None,
        variables=template_arguments(project),
    )


def _unchanged(project: Project, existing: Revision) -> RevisionResult:
    return RevisionResult(revision=existing, source=project.scripts.source(existing), action="unchanged")


def _check_once(parents: tuple[str, ...]) -> None:
    twice = sorted({id_ for id_ in parents if parents.count(id_) > 1})
    if twice:
        raise TargetError("Duplicate head revisions specified.", f"Name {', '.join(twice)} once.")


def _check_several(graph: RevisionGraph, parents: tuple[str, ...]) -> None:
    if len(parents) < 2:
        needed = [head for head in graph.heads if head not in graph.real_heads]
        because = (
            f" {listed(needed)}: another revision depends on it, so `heads` leaves it out." if needed else ""
        )
        raise TargetError(
            f"A merge needs two revisions or more; the heads are: {listed(graph.heads) or 'none'}.",
            f"Name them.{because}",
        )
