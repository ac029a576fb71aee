"""`revision`, `merge` and `edit`: writing revision files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbmigrate.commands import html
from nbmigrate.commands.body import complete_body
from nbmigrate.commands.position import current_heads
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import (
    DuplicateLabelError,
    DuplicateRevisionError,
    MultipleHeadsError,
    RevisionAppliedError,
    ScriptError,
    TargetError,
    UnreadableRevisionError,
    UsageError,
)
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_one
from nbmigrate.project import Project
from nbmigrate.scripts.body import Body, replace_body, same_migration


@dataclass(frozen=True, kw_only=True, repr=False)
class RevisionResult(Result):
    """A revision file.

    Parameters
    ----------
    action
        "created", "updated" or "unchanged".
    """

    revision: Revision
    source: str
    action: str

    def rows(self) -> list[Row]:
        """Return one record."""
        return [
            {
                "revision": self.revision.id,
                "down_revision": ", ".join(self.revision.down_revisions),
                "message": self.revision.message,
                "path": str(self.revision.path),
                "action": self.action,
            }
        ]

    def _headline(self) -> str:
        done = {
            "created": "Generating {} ...  done",
            "updated": "Updating {} ...  done",
            "unchanged": "{} is there already",
        }
        return done[self.action].format(self.revision.path)

    def to_text(self) -> str:
        """Return the line that Alembic prints."""
        return self._headline()

    def to_html(self) -> str:
        """Return the line over the source, highlighted."""
        return html.paragraph(html.lines(self._headline())) + html.code(self.source, "python")


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
) -> RevisionResult:
    """Write a revision file; with a `rev_id` that exists, bring that file to what is said here.

    Parameters
    ----------
    message
        What it does; becomes the docstring and the file's name.
    body
        Python: `def upgrade()` and `def downgrade()`, or just what the upgrade does; empty functions if not given.
    head
        The parent; the head if not given, `base` for none.
    splice
        Whether the parent may be a revision that is not a head, which makes a branch.
    branch_label, depends_on
        Labels to declare; ids or labels of revisions that must be applied before it.
    rev_id
        The id; a new one if not given.

    Raises
    ------
    MultipleHeadsError
        There are several heads and none is named.
    BodyError, IrreversibleError
        The body is not a migration, or its downgrade cannot be derived.
    RevisionAppliedError
        The revision exists, differs, and is applied.
    GraphError
        With this file the graph would not be valid; nothing is written.
    """
    graph = project.graph
    graph.check()
    message = _said(message)
    written = complete_body(body) if body is not None and body.strip() else None
    labels, needs = tuple(branch_label), tuple(_dependency(graph, name) for name in depends_on)
    if rev_id is not None and rev_id in graph:
        parents = None if head is None else _parents(graph, head, splice=True)
        _demand_same(graph[rev_id], parents, labels, needs)
        return _bring_to(project, graph[rev_id], message, written)
    parents = _parents(graph, "head" if head is None else head, splice=splice)
    return _create(project, message, written, parents, labels=labels, depends_on=needs, rev_id=rev_id)


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
    twice = sorted({id_ for id_ in parents if parents.count(id_) > 1})
    if twice:
        raise TargetError(f"Duplicate head revisions specified: {', '.join(twice)}.", "Name each once.")
    if rev_id is not None and rev_id in graph:
        _demand_same(graph[rev_id], parents, tuple(branch_label), ())
        return _bring_to(project, graph[rev_id], message, None)
    if len(parents) < 2:
        found = ", ".join(graph.heads)
        raise TargetError(f"A merge needs two revisions or more; the heads are: {found or 'none'}.")
    if not splice:
        for parent in parents:
            _demand_head(graph, parent)
    return _create(project, message, None, parents, labels=tuple(branch_label), depends_on=(), rev_id=rev_id)


def edit(project: Project, rev: str, body: str) -> RevisionResult:
    """Replace what a revision does; its docstring and header stay.

    Parameters
    ----------
    rev
        The revision: an id, the start of one, a label, `head`.
    body
        Python, as for `revision`.

    Raises
    ------
    RevisionAppliedError
        The revision is applied to the database.
    """
    if not body.strip():
        raise UsageError("The new body is empty.", "For a revision that does nothing, write: pass")
    graph = project.graph
    found = resolve_one(graph, rev)
    source = project.scripts.source(found)
    for problem in graph.problems:
        if isinstance(problem, UnreadableRevisionError) and problem.path == found.path:
            # There is no telling where the functions of a file that does not parse begin and end.
            raise problem
    return _update(project, found, replace_body(source, complete_body(body)))


def path_of(project: Project, rev: str) -> Path:
    """Return the file of a revision, for an editor to open."""
    return _file(resolve_one(project.graph, rev))


def _file(revision: Revision) -> Path:
    if revision.path is None:
        raise ScriptError(f"Revision {revision.id} has no file.")
    return revision.path


def _said(message: str | None) -> str | None:
    """Return a message; None for one of white space, since a docstring's first line must not be its second."""
    return message if message and message.strip() else None


def _create(
    project: Project,
    message: str | None,
    body: Body | None,
    parents: tuple[str, ...],
    *,
    labels: tuple[str, ...],
    depends_on: tuple[str, ...],
    rev_id: str | None,
) -> RevisionResult:
    scripts = project.scripts
    id_ = project.new_id() if rev_id is None else rev_id
    _demand_free(project.graph, (id_, *labels))
    path, text = scripts.plan_file(id_, message, parents, labels, depends_on, _local(project), body)
    scripts.write(path, text)
    return RevisionResult(revision=project.graph[id_], source=text, action="created")


def _demand_free(graph: RevisionGraph, names: Sequence[str]) -> None:
    """Refuse a new id or label that means a revision already."""
    for name in names:
        owner = name if name in graph else graph.label_owner(name)
        if owner is not None:
            what = "the id" if owner == name else "a branch label"
            raise DuplicateLabelError(
                f"{name!r} is already {what} of revision {owner}.", "Choose another name.", revisions=(owner,)
            )


def _local(project: Project) -> datetime:
    """Return the date for a new file: in the configured time zone, else in local time, as Alembic writes it."""
    zone = project.config.timezone
    now = project.clock.now()
    return now.astimezone(zone) if zone is not None else now.replace(tzinfo=None)


def _demand_same(
    existing: Revision, parents: tuple[str, ...] | None, labels: tuple[str, ...], depends_on: tuple[str, ...]
) -> None:
    """Refuse another header for a revision that is there; what is not said is not compared."""
    for what, asked, found in (
        ("parent", parents, existing.down_revisions),
        ("branch label", labels or None, existing.branch_labels),
        ("dependency", depends_on or None, existing.depends_on),
    ):
        if asked is not None and set(asked) != set(found):
            raise DuplicateRevisionError(
                f"Revision {existing.id} is there already ({existing.path}), and its {what} is: "
                f"{', '.join(found) or 'none'}.",
                f"Choose another --rev-id, or leave the {what} out.",
                revisions=(existing.id,),
            )


def _date_of(project: Project, existing: Revision) -> datetime:
    """Return the date that a revision's file says, or today's where a file by hand says none."""
    try:
        return datetime.fromisoformat(project.scripts.create_date(existing))
    except ValueError:
        return _local(project)


def _bring_to(
    project: Project,
    existing: Revision,
    message: str | None,
    body: Body | None,
) -> RevisionResult:
    """Make a cell that is run again safe: the file that is there is kept, or updated where that loses nothing."""
    source = project.scripts.source(existing)
    if body is None:
        other = message is not None and message.strip() != existing.message
        note = (f"Its message stays {existing.message!r}.",) if other else ()
        return RevisionResult(revision=existing, source=source, action="unchanged", notes=note)
    _, text = project.scripts.plan_file(
        existing.id,
        existing.message if message is None else message,
        existing.down_revisions,
        existing.branch_labels,
        existing.depends_on,
        _date_of(project, existing),
        body,
    )
    return _update(project, existing, text)


def _update(project: Project, existing: Revision, text: str) -> RevisionResult:
    scripts = project.scripts
    source = scripts.source(existing)
    if text == source:
        return RevisionResult(revision=existing, source=source, action="unchanged")
    if _is_applied(project, existing.id):
        if same_migration(text, source):
            return RevisionResult(revision=existing, source=source, action="unchanged")
        raise RevisionAppliedError(
            f"Revision {existing.id} is applied to the database, so its file stays as it is.",
            f"`downgrade {', '.join(existing.down_revisions[:1]) or 'base'}` first and run this again, "
            "or write a new revision.",
            path=existing.path,
        )
    path = _file(existing)
    scripts.write(path, text, replaces=path)
    return RevisionResult(revision=project.graph[existing.id], source=text, action="updated")


def _is_applied(project: Project, id_: str) -> bool:
    graph = project.graph
    return id_ in graph.ancestors(head for head in current_heads(project) if head in graph)


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
