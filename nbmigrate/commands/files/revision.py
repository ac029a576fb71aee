"""`revision`: writing a revision file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbmigrate.commands.files.cell_body import complete_body, convention_for
from nbmigrate.commands.files.earlier_run import find_earlier, with_note
from nbmigrate.commands.files.placement import check_same, dependencies, parents_at
from nbmigrate.commands.files.process_directives import Process, RevisionRequest, run_hooks, runs_env
from nbmigrate.commands.files.replacement import bring_to, planned_text
from nbmigrate.commands.files.revision_file import (
    RevisionResult,
    RevisionsResult,
    create,
    file_of,
)
from nbmigrate.errors import DuplicateRevisionError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.writing.body import same_migration
from nbmigrate.scripts.writing.cell_record import cell_digest, read_record
from nbmigrate.scripts.writing.file_names import location_named


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
    once: bool = False,
    force: bool = False,
) -> RevisionResult:
    """Write a revision file; with a `rev_id` that exists, bring that file to what is given here.

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
    once
        Whether a second revision is not written where a call with `once`, such as a cell that is run again, has written
        one with this message, parent and body. Where the body alone is another, that revision is updated.
    force
        Whether a file is replaced that was edited since it was written.

    Raises
    ------
    MultipleHeadsError
        There are several heads and none is named.
    BodyError, IrreversibleError
        The body is not a migration, or no downgrade can be generated.
    RevisionAppliedError
        The revision exists, differs, and is applied.
    RevisionEditedError
        The revision exists, and its file was edited.
    NoRevisionError
        env.py's `process_revision_directives` left none.
    DuplicateRevisionError
        The revision exists, and its parent, labels, dependencies or message are others than those given; or, with
        `once`, its body is another and revisions come after it.
    ConfigError
        `version_path` is no version location, or is needed and not given.
    GraphError
        With this file the graph would not be valid; nothing is written.
    """
    graph = project.graph
    graph.check()
    has_body = body is not None and bool(body.strip())
    request = RevisionRequest(
        rev_id=rev_id,
        message=message if message and message.strip() else None,
        body=complete_body(str(body), convention_for(project)) if has_body else None,
        head=head,
        splice=splice,
        branch_label=tuple(branch_label),
        depends_on=tuple(depends_on),
        version_path=version_path,
        cell=cell_digest(message, body) if has_body or (once and rev_id is None) else None,
    )
    if rev_id is not None and rev_id in graph:
        return _brought(project, graph, request, force=force)
    if once and rev_id is None and (earlier := find_earlier(project, graph, request)) is not None:
        return _again(project, graph, earlier, request, force=force)
    if not runs_env(project, sql=sql):
        return _created(project, graph, request, {})
    return _processed(project, graph, request, process, sql=sql)


def _processed(
    project: Project, graph: RevisionGraph, request: RevisionRequest, process: "Process | None", *, sql: bool
) -> RevisionResult:
    """Write what env.py's `process_revision_directives`, and the caller's own, leave of a request."""
    # What was asked for is refused before env.py runs; of several heads env.py may make a revision for each.
    if request.head not in (None, "head") or len(graph.heads) < 2:
        parents_at(graph, request.head or "head", splice=request.splice)
    variables, left = run_hooks(project, request, process, sql=sql)
    if len(left) == 1:
        return _created(project, graph, left[0], variables)
    return _all_created(project, left, variables)


def _all_created(
    project: Project, left: Sequence[RevisionRequest], variables: Mapping[str, Any]
) -> RevisionsResult:
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


def _brought(
    project: Project, graph: RevisionGraph, request: RevisionRequest, *, force: bool
) -> RevisionResult:
    """Bring a revision that exists to what is asked for."""
    existing = graph[str(request.rev_id)]
    parents = None if request.head is None else parents_at(graph, request.head, splice=True)
    labels, needs = _names(graph, request)
    check_same(existing, parents, labels, needs, request.message if request.body is None else None)
    return bring_to(project, existing, request, force=force)


def _again(
    project: Project, graph: RevisionGraph, earlier: Revision, request: RevisionRequest, *, force: bool
) -> RevisionResult:
    """Bring the revision that a cell wrote before to what the cell is now."""
    source = project.scripts.source(earlier)
    record = read_record(source)
    if (
        request.body is not None
        and (record is None or record.cell != request.cell)
        and not graph.is_head(earlier.id)
        and not same_migration(planned_text(project, earlier, request.message, request.body), source)
    ):
        raise DuplicateRevisionError(
            f"Revision {earlier.id} has this message and another body ({shown(file_of(earlier))}), and "
            f"{', '.join(graph.children(earlier.id))} comes after it.",
            f"For a new revision, give another message. To change that one, add --rev-id {earlier.id}.",
            revisions=(earlier.id,),
        )
    return with_note(bring_to(project, earlier, request, force=force))


def _created(
    project: Project, graph: RevisionGraph, request: RevisionRequest, variables: Mapping[str, Any]
) -> RevisionResult:
    """Write a revision that is not there yet."""
    folder = request.version_path
    labels, needs = _names(graph, request)
    return create(
        project,
        request.message,
        request.body,
        parents_at(graph, request.head or "head", splice=request.splice),
        labels=labels,
        depends_on=needs,
        rev_id=request.rev_id,
        cell=request.cell,
        folder=None if folder is None else location_named(project.scripts.version_locations, folder),
        variables=variables,
    )


def _names(graph: RevisionGraph, request: RevisionRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels and the dependencies, each once."""
    return tuple(dict.fromkeys(request.branch_label)), dependencies(graph, request.depends_on)
