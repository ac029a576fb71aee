"""The revision that an earlier run of a cell wrote: such a cell writes no second one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbmigrate.commands.files.placement import dependencies, message_of
from nbmigrate.commands.files.process_directives import RevisionRequest
from nbmigrate.commands.files.revision_file import RevisionResult
from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve
from nbmigrate.project import Project
from nbmigrate.scripts.writing.cell_record import CellRecord, cell_digest, read_record

#: What the template gets where a cell gives no message.
_NO_MESSAGE = "empty message"


def find_earlier(project: Project, graph: RevisionGraph, request: RevisionRequest) -> Revision | None:
    """Return the revision that this cell wrote before, also with another body; None where it wrote none.

    Parameters
    ----------
    request
        What the cell asks for. Its message, parent, labels and dependencies are those of the revision. A cell without
        a message is recognized by its body alone.
    """
    found = [
        (revision, record)
        for revision, record in _written(project, graph, request.message)
        if _has_header(graph, request, revision)
    ]
    same = [revision for revision, record in found if record.cell == request.cell]
    if same or request.message is None:
        return next(iter(same), None)
    # Of several, a cell whose body has changed is the one that could still be updated.
    others = [revision for revision, _ in found]
    return next((revision for revision in others if graph.is_head(revision.id)), next(iter(others), None))


def find_merge(
    project: Project, graph: RevisionGraph, message: str | None, parents: Sequence[str]
) -> Revision | None:
    """Return the merge that this cell wrote before, of these parents or of what has become one since."""
    cell = cell_digest(message, None)
    for revision, record in _written(project, graph, message):
        if record.cell == cell and len(revision.down_revisions) > 1:
            joined = len(parents) == 1 and revision.id in graph.ancestors(parents, dependencies=False)
            if joined or set(parents) == set(revision.down_revisions):
                return revision
    return None


def with_note(result: RevisionResult) -> RevisionResult:
    """Return the result of a cell that has run before, with what to do where a second revision is meant."""
    id_ = result.revision.id
    if result.action == "unchanged":
        note = f"This cell wrote it before, as {id_}. For a second one, give another message, or an id with --rev-id."
    else:
        note = f"A cell with this message wrote {id_} before. For a second revision, give another message."
    return replace(result, notes=(*result.notes, note))


def _written(
    project: Project, graph: RevisionGraph, message: str | None
) -> Iterator[tuple[Revision, CellRecord]]:
    """Yield the revisions with this message that revision cells wrote, newest first."""
    alike = [each.id for each in graph if each.message == message_of(message or _NO_MESSAGE, each)]
    for revision in graph.newest_first(alike):
        try:
            record = read_record(project.scripts.source(revision))
        except MigrateError:
            continue
        if record is not None and record.cell is not None:
            yield revision, record


def _has_header(graph: RevisionGraph, request: RevisionRequest, revision: Revision) -> bool:
    try:
        depends_on = dependencies(graph, request.depends_on)
        parents = resolve(graph, request.head) if request.head not in (None, "head") else None
    except MigrateError:
        # A name that means nothing yet is refused where a revision is written.
        return False
    if set(request.branch_label) != set(revision.branch_labels) or set(depends_on) != set(
        revision.depends_on
    ):
        return False
    if parents is None or set(parents) == set(revision.down_revisions):
        return True
    # `shop@head` was the parent when the cell ran first, and is now what it wrote, or what came after that.
    moves = request.head == "heads" or str(request.head).endswith(("@head", "@heads"))
    return moves and revision.id in graph.ancestors(parents, dependencies=False)
