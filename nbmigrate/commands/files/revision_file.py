"""A revision file as a command has written it, and a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.errors import DuplicateLabelError, MigrateError, ScriptError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import syntax_problem
from nbmigrate.scripts.writing.body import Body
from nbmigrate.scripts.writing.cell_record import is_as_written, read_record, with_record
from nbmigrate.scripts.writing.hooks import Hook, HookRun, plan_hooks, run_hook


@dataclass(frozen=True, kw_only=True, repr=False)
class RevisionResult(Result):
    """A revision file.

    Parameters
    ----------
    action
        "created", "updated", "unchanged" or "deleted".
    hooks
        What the post-write hooks printed.
    """

    revision: Revision
    source: str
    action: str
    hooks: tuple[HookRun, ...] = ()

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
            "deleted": "Deleting {} ...  done",
        }
        return done[self.action].format(self.revision.path)

    def to_text(self) -> str:
        """Return what Alembic prints, the output of the hooks included."""
        lines = [self._headline()]
        for run in self.hooks:
            lines += [f"Running post write hook {run.name!r} ...", *run.output.splitlines()]
            lines.append("  FAILED" if run.failure else "  done")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the lines over the source, highlighted."""
        return html.paragraph(html.lines(self.to_text())) + html.code(self.source, "python")


@dataclass(frozen=True, kw_only=True, repr=False)
class RevisionsResult(RevisionResult):
    """Several revision files, of which env.py has made one; what else it has is that of the last.

    Parameters
    ----------
    files
        All of them.
    """

    files: tuple[RevisionResult, ...]

    def rows(self) -> list[Row]:
        """Return one record for each."""
        return [row for written in self.files for row in written.rows()]

    def to_text(self) -> str:
        """Return what Alembic prints of each."""
        return "\n".join(written.to_text() for written in self.files)

    def to_html(self) -> str:
        """Return each over its source."""
        return "".join(written.to_html() for written in self.files)


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
    cell: str | None = None,
    folder: Path | None = None,
    variables: Mapping[str, Any] | None = None,
) -> RevisionResult:
    """Write a new file.

    Parameters
    ----------
    rev_id
        The id; a new one if None.
    cell
        What the file remembers of the message and body; nothing if None.
    folder
        Where it goes; the parent's version location if None.
    """
    scripts = project.scripts
    id_ = project.new_id() if rev_id is None else rev_id
    _demand_free(project.graph, (id_, *labels))
    path, text = scripts.plan_file(
        id_,
        message,
        parents,
        labels,
        depends_on,
        local_date(project),
        body,
        folder=folder,
        variables=variables,
    )
    if cell is not None:
        text = with_record(text, cell)
    hooks = plan_hooks(project.config.post_write_hooks)
    scripts.write(path, text)
    return run_hooks(
        project, RevisionResult(revision=project.graph[id_], source=text, action="created"), hooks
    )


def run_hooks(project: Project, written: RevisionResult, hooks: Sequence[Hook]) -> RevisionResult:
    """Run the hooks on a file that is written, and return the result with the file as they leave it."""
    if not hooks:
        return written
    path = file_of(written.revision)
    runs = tuple(run_hook(hook, path) for hook in hooks)
    notes = [run.errors.rstrip() for run in runs if run.errors.strip()]
    notes += [
        f"Post write hook {run.name!r} failed: {run.failure}. {path} stays." for run in runs if run.failure
    ]
    revision, source = written.revision, written.source
    try:
        revision = project.graph[revision.id]
        source = _remembered(project, revision)
    except MigrateError as error:
        notes.append(f"After the post write hooks the file cannot be read: {error}")
    problem = syntax_problem(source.encode("utf-8", "surrogatepass"), path)
    notes += [str(problem)] if problem else []
    return replace(written, revision=revision, source=source, hooks=runs, notes=(*written.notes, *notes))


def _remembered(project: Project, revision: Revision) -> str:
    """Return a file as hooks leave it, and let it remember that."""
    source = project.scripts.source(revision)
    record = read_record(source)
    if record is None or is_as_written(source):
        return source
    text = with_record(source, record.cell, edited=record.edited)
    project.scripts.write(file_of(revision), text, replaces=file_of(revision))
    return text


def _demand_free(graph: RevisionGraph, names: Sequence[str]) -> None:
    """Refuse a new id or label that means a revision already."""
    for name in names:
        owner = name if name in graph else graph.label_owner(name)
        if owner is not None:
            what = "the id" if owner == name else "a branch label"
            raise DuplicateLabelError(
                f"{name!r} is already {what} of revision {owner}.", "Choose another name.", revisions=(owner,)
            )


def local_date(project: Project) -> datetime:
    """Return the date for a new file: in the configured time zone, else in local time, as Alembic writes it."""
    zone = project.config.timezone
    now = project.clock.now()
    return now.astimezone(zone) if zone is not None else now.replace(tzinfo=None)
