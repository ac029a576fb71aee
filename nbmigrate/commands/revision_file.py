"""Revision files as commands write them: made, brought up to date, or left as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbmigrate.commands import html
from nbmigrate.commands.position import current_heads
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import DuplicateLabelError, RevisionAppliedError, ScriptError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project
from nbmigrate.scripts.body import Body, same_migration


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


def file_of(revision: Revision) -> Path:
    """Return the file of a revision."""
    if revision.path is None:
        raise ScriptError(f"Revision {revision.id} has no file.")
    return revision.path


def create(
    project: Project,
    message: str | None,
    body: Body | None,
    parents: tuple[str, ...],
    *,
    labels: tuple[str, ...],
    depends_on: tuple[str, ...],
    rev_id: str | None,
) -> RevisionResult:
    """Write a new file; `rev_id` is a new id if None."""
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


def _message_of(existing: Revision) -> str:
    """Return the whole message of a revision, paragraphs and all: its docstring above what the template adds."""
    return existing.doc.partition("\n\nRevision ID:")[0]


def _date_of(project: Project, existing: Revision) -> datetime:
    """Return the date that a revision's file says, or today's where a file by hand says none."""
    try:
        return datetime.fromisoformat(project.scripts.create_date(existing))
    except ValueError:
        return _local(project)


def bring_to(
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
        _message_of(existing) if message is None else message,
        existing.down_revisions,
        existing.branch_labels,
        existing.depends_on,
        _date_of(project, existing),
        body,
    )
    return update(project, existing, text)


def update(project: Project, existing: Revision, text: str) -> RevisionResult:
    """Write a file anew, if it says something else and its revision is not applied.

    Raises
    ------
    RevisionAppliedError
        The revision is applied.
    """
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
    path = file_of(existing)
    scripts.write(path, text, replaces=path)
    return RevisionResult(revision=project.graph[existing.id], source=text, action="updated")


def _is_applied(project: Project, id_: str) -> bool:
    graph = project.graph
    return id_ in graph.ancestors(head for head in current_heads(project) if head in graph)
