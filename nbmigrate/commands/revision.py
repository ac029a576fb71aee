"""`revision`, `merge` and `edit`: writing revision files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbmigrate.commands.body import complete_body, convention_for
from nbmigrate.commands.directives import Asked, Process, processed, runs_env, template_arguments
from nbmigrate.commands.position import named
from nbmigrate.commands.revision_file import (
    RevisionResult,
    RevisionsResult,
    bring_to,
    create,
    file_of,
    update,
)
from nbmigrate.errors import (
    AmbiguousRevisionError,
    DuplicateRevisionError,
    MultipleHeadsError,
    TargetError,
    UsageError,
)
from nbmigrate.graph.faults import listed
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_one
from nbmigrate.project import Project
from nbmigrate.scripts.body import replace_body
from nbmigrate.scripts.headers import shown, syntax_problem
from nbmigrate.scripts.locations import location_named


def revision(
    project: Project,
    message: str | None = None,
    *,
    body: str | None = None,
    head: str | None = None,
    splice: bool = False,
    branch_label: Sequence[str] = (),
    depends_on: Sequence[str] = (),
    rev_id: str | None = None,
    version_path: Path | str | None = None,
    sql: bool = False,
    process: "Process | None" = None,
) -> RevisionResult:
    """Write a revision file; with a `rev_id` that exists, bring that file to what is said here.

    Parameters
    ----------
    message
        What it does; becomes the docstring and the file's name.
    body
        Python: `def upgrade()` and `def downgrade()`, or just what the upgrade does; empty functions if not given.
        Where the downgrade is derived and a constraint has no name, env.py is run for its naming convention.
    head
        The parent; the head if not given, `base` for none.
    splice
        Whether the parent may be a revision that is not a head, which makes a branch.
    branch_label, depends_on
        Labels to declare; ids or labels of revisions that must be applied before it.
    rev_id
        The id; a new one if not given.
    version_path
        Which of the version locations the file goes to; the one of the first parent if not given.
    sql
        Whether env.py runs offline, where `revision_environment` lets it run for new revisions; refused elsewhere.
    process
        A `process_revision_directives` of the caller's own, called before env.py's where env.py runs.

    Raises
    ------
    MultipleHeadsError
        There are several heads and none is named.
    BodyError, IrreversibleError
        The body is not a migration, or its downgrade cannot be derived.
    RevisionAppliedError
        The revision exists, differs, and is applied.
    NoRevisionError
        env.py's `process_revision_directives` left none.
    DuplicateRevisionError
        The revision exists, and its parent, labels, dependencies or message are others than those given.
    ConfigError
        `version_path` is no version location, or is needed and not given.
    GraphError
        With this file the graph would not be valid; nothing is written.
    """
    graph = project.graph
    graph.check()
    asked = Asked(
        rev_id=rev_id,
        message=_said(message),
        body=complete_body(body, convention_for(project)) if body is not None and body.strip() else None,
        head=head,
        splice=splice,
        branch_label=tuple(branch_label),
        depends_on=tuple(depends_on),
        version_path=version_path,
    )
    if rev_id is not None and rev_id in graph:
        return _brought(project, graph, asked)
    if not runs_env(project, sql=sql):
        return _created(project, graph, asked, {})
    # What was asked for is refused before env.py runs; of several heads env.py may make a revision for each.
    if asked.head not in (None, "head") or len(graph.heads) < 2:
        _parents(graph, asked.head or "head", splice=asked.splice)
    variables, left = processed(project, asked, process, sql=sql)
    if len(left) == 1:
        return _created(project, graph, left[0], variables)
    return _all_created(project, left, variables)


def _all_created(project: Project, left: Sequence[Asked], variables: Mapping[str, Any]) -> RevisionsResult:
    """Write several revisions, each with those before it in the graph; all of them or none."""
    files: list[RevisionResult] = []
    try:
        for one in left:
            files.append(_created(project, project.graph, one, variables))  # noqa: PERF401 - those before one that fails go again
    except BaseException:
        for written in files:
            file_of(written.revision).unlink(missing_ok=True)
        raise
    last = files[-1]
    return RevisionsResult(
        revision=last.revision,
        source=last.source,
        action=last.action,
        files=tuple(files),
        notes=tuple(note for written in files for note in written.notes),
    )


def _brought(project: Project, graph: RevisionGraph, asked: Asked) -> RevisionResult:
    """Bring a revision that is there to what is said of it."""
    existing = graph[str(asked.rev_id)]
    parents = None if asked.head is None else _parents(graph, asked.head, splice=True)
    labels, needs = _names(graph, asked)
    _demand_same(existing, parents, labels, needs, asked.message if asked.body is None else None)
    return bring_to(project, existing, asked.message, asked.body)


def _created(
    project: Project, graph: RevisionGraph, asked: Asked, variables: Mapping[str, Any]
) -> RevisionResult:
    """Write a revision that is not there yet."""
    folder = asked.version_path
    labels, needs = _names(graph, asked)
    return create(
        project,
        asked.message,
        asked.body,
        _parents(graph, asked.head or "head", splice=asked.splice),
        labels=labels,
        depends_on=needs,
        rev_id=asked.rev_id,
        folder=None if folder is None else location_named(project.scripts.version_locations, folder),
        variables=variables,
    )


def _names(graph: RevisionGraph, asked: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels and the dependencies, each once."""
    needs = (_dependency(graph, name) for name in asked.depends_on)
    return tuple(dict.fromkeys(asked.branch_label)), tuple(dict.fromkeys(needs))


def merge(
    project: Project,
    revisions: Sequence[str],
    message: str | None = None,
    *,
    branch_label: Sequence[str] = (),
    rev_id: str | None = None,
    splice: bool = False,
) -> RevisionResult:
    """Write a revision that joins several heads into one.

    Parameters
    ----------
    revisions
        The heads to join, two or more; or "heads" for all of them.
    message, branch_label, rev_id
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
    message = _said(message)
    parents = tuple(id_ for name in revisions for id_ in resolve(graph, name))
    _demand_once(parents)
    if rev_id is not None and rev_id in graph:
        _demand_same(graph[rev_id], parents, tuple(branch_label), (), message)
        return bring_to(project, graph[rev_id], message, None)
    _demand_several(graph, parents)
    if not splice:
        for parent in parents:
            _demand_head(graph, parent)
    return create(
        project,
        message,
        None,
        parents,
        labels=tuple(dict.fromkeys(branch_label)),
        depends_on=(),
        rev_id=rev_id,
        variables=template_arguments(project),
    )


def _demand_once(parents: tuple[str, ...]) -> None:
    twice = sorted({id_ for id_ in parents if parents.count(id_) > 1})
    if twice:
        raise TargetError("Duplicate head revisions specified.", f"Name {', '.join(twice)} once.")


def _demand_several(graph: RevisionGraph, parents: tuple[str, ...]) -> None:
    if len(parents) < 2:
        needed = [head for head in graph.heads if head not in graph.real_heads]
        because = (
            f" {listed(needed)}: another revision depends on it, so `heads` leaves it out." if needed else ""
        )
        raise TargetError(
            f"A merge needs two revisions or more; the heads are: {listed(graph.heads) or 'none'}.",
            f"Name them.{because}",
        )


def edit(project: Project, rev: str, body: str) -> RevisionResult:
    """Replace what a revision does; its docstring and header stay.

    Parameters
    ----------
    rev
        The revision: an id, the start of one, a label, `head`, or `current`.
    body
        Python, as for `revision`.

    Raises
    ------
    RevisionAppliedError
        The revision is applied to the database.
    """
    revisions = named(project, rev)
    if len(revisions) > 1:
        ids = [revision.id for revision in revisions]
        raise AmbiguousRevisionError(
            f"'{rev}' stands for {len(ids)} revisions, and a body goes into one.",
            f"They are {', '.join(ids)}: name one.",
            target=rev,
            choices=ids,
        )
    if not body.strip():
        raise UsageError("The new body is empty.", "For a revision that does nothing, write: pass")
    found = revisions[0]
    source = project.scripts.source(found)
    problem = syntax_problem(source.encode(), file_of(found))
    if problem is not None:
        # There is no telling where the functions of a file that does not parse begin and end.
        raise problem
    return update(project, found, replace_body(source, complete_body(body, convention_for(project))))


def paths_of(project: Project, rev: str) -> tuple[Path, ...]:
    """Return the files of one or more revisions, for an editor to open."""
    return tuple(file_of(revision) for revision in named(project, rev))


def _said(message: str | None) -> str | None:
    """Return a message; None for one of white space, since a docstring's first line must not be its second."""
    return message if message and message.strip() else None


def _demand_same(
    existing: Revision,
    parents: tuple[str, ...] | None,
    labels: tuple[str, ...],
    depends_on: tuple[str, ...],
    message: str | None,
) -> None:
    """Refuse another header for a revision that is there; what is not said is not compared."""
    said = None if message is None else (replace(existing, doc=message.strip()).message,)
    for what, asked, found in (
        ("parent", parents, existing.down_revisions),
        ("branch label", labels or None, existing.branch_labels),
        ("dependency", depends_on or None, existing.depends_on),
        ("message", said, (existing.message,)),
    ):
        if asked is not None and set(asked) != set(found):
            raise DuplicateRevisionError(
                f"Revision {existing.id} is there already ({shown(file_of(existing))}), and its {what} is: "
                f"{', '.join(found) or 'none'}.",
                f"Choose another --rev-id, or leave the {what} out.",
                revisions=(existing.id,),
            )


def _parents(graph: RevisionGraph, head: str, *, splice: bool) -> tuple[str, ...]:
    if head == "head" and len(graph.heads) > 1:
        raise MultipleHeadsError(
            "Multiple heads are present; please specify the head revision on which the new revision should be "
            "based, or perform a merge.",
            f"The heads are: {', '.join(graph.heads)}. Choose with --head, or `merge heads`.",
            target=head,
            choices=graph.heads,
        )
    parents = resolve(graph, head)
    if not splice:
        for parent in parents:
            _demand_head(graph, parent)
    return parents


def _demand_head(graph: RevisionGraph, id_: str) -> None:
    if not graph.is_head(id_):
        raise TargetError(
            f"Revision {id_} is not a head revision; please specify --splice to create a new branch from this revision",
            f"What comes after it: {', '.join(graph.children(id_))}. The heads are: {', '.join(graph.heads)}.",
            target=id_,
            choices=graph.heads,
        )


def _dependency(graph: RevisionGraph, name: str) -> str:
    """Return a dependency as the file names it: a label stays a label, the start of an id becomes the id."""
    return name if graph.label_owner(name) is not None else resolve_one(graph, name).id
