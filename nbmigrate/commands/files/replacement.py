"""Another text for a revision file: it replaces what nbmigrate wrote there, while the revision is not applied."""

import difflib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from nbmigrate.commands.files.process_directives import RevisionRequest
from nbmigrate.commands.files.revision_file import RevisionResult, file_of, local_date, run_hooks
from nbmigrate.commands.history.position import is_applied
from nbmigrate.errors import MigrateError, RevisionAppliedError, RevisionEditedError
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.writing.body import Body, is_empty, same_migration
from nbmigrate.scripts.writing.cell_record import (
    has_comments_of,
    is_as_written,
    read_record,
    with_record,
    without_record,
)
from nbmigrate.scripts.writing.hooks import plan_hooks

#: How many lines of a difference are shown.
_SHOWN = 60


def bring_to(
    project: Project, existing: Revision, request: RevisionRequest, *, force: bool = False
) -> RevisionResult:
    """Make a cell that is run again safe: the file is kept, or updated where that loses nothing.

    Raises
    ------
    RevisionEditedError, RevisionAppliedError
        As `update`.
    """
    source = project.scripts.source(existing)
    unchanged = RevisionResult(revision=existing, source=source, action="unchanged")
    if request.body is None:
        return unchanged
    record = read_record(source)
    if record is not None and record.cell == request.cell and is_as_written(source):
        note = "`edit` has given it another body since, which stays."
        return replace(unchanged, notes=(note,)) if record.edited else unchanged
    text = planned_text(project, existing, request.message, request.body)
    return update(project, existing, text, cell=request.cell, force=force)


def planned_text(project: Project, existing: Revision, message: str | None, body: Body) -> str:
    """Return what would be in the file of a revision with this message and body; its own message if None."""
    _, text = project.scripts.plan_file(
        existing.id,
        _message_of(existing) if message is None else message,
        existing.down_revisions,
        existing.branch_labels,
        existing.depends_on,
        _date_of(project, existing),
        body,
    )
    return text


def update(
    project: Project,
    existing: Revision,
    text: str,
    *,
    cell: str | None,
    edited: bool = False,
    force: bool = False,
) -> RevisionResult:
    """Replace what is in a file, if it means something else, was not edited, and its revision is not applied.

    Parameters
    ----------
    cell, edited
        What the file is to remember; see `cell_record`.
    force
        Whether it is replaced although it was edited.

    Raises
    ------
    RevisionEditedError
        There is something in it that nbmigrate did not write.
    RevisionAppliedError
        The revision is applied.
    """
    source = project.scripts.source(existing)
    unchanged = RevisionResult(revision=existing, source=source, action="unchanged")
    text = with_record(_like(text, source), cell, edited=edited)
    if text == source:
        return unchanged
    if without_record(text).rstrip() == without_record(source).rstrip():
        return replace(unchanged, source=_remembered(project, existing, source, cell, edited=edited))
    if not _is_replaceable(project, source):
        if same_migration(text, source):
            if has_comments_of(text, source):
                return replace(unchanged, source=_remembered(project, existing, source, cell, edited=edited))
            return unchanged
        if not force:
            raise _edited(existing, source, text)
    if is_applied(project, existing.id):
        if same_migration(text, source):
            return unchanged
        below = ", ".join(existing.down_revisions[:1]) or "base"
        new = "or write a new revision" if edited else "or give a new revision another message or --rev-id"
        raise RevisionAppliedError(
            f"Revision {existing.id} is applied to the database, so its file stays as it is.",
            f"`downgrade {below}` first and run this again, {new}.",
            path=existing.path,
        )
    path = file_of(existing)
    hooks = plan_hooks(project.config.post_write_hooks)
    project.scripts.write(path, text, replaces=path)
    updated = RevisionResult(revision=project.graph[existing.id], source=text, action="updated")
    hooked = run_hooks(project, updated, hooks)
    # A formatter has made of the new text what it had made of it the last time.
    return replace(hooked, action="unchanged") if hooked.source == source else hooked


def _like(text: str, source: str) -> str:
    """Return a text with the ends of lines that a file has."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in source else text


def _is_replaceable(project: Project, source: str) -> bool:
    """Whether nothing that a person wrote is in a file: it is as nbmigrate wrote it, or as the template makes it."""
    if read_record(source) is not None:
        return is_as_written(source)
    try:
        template = project.scripts.template_path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return False
    return is_empty(source.replace("\r\n", "\n"), template)


def _remembered(project: Project, existing: Revision, source: str, cell: str | None, *, edited: bool) -> str:
    """Let a file remember the cell that it is the same as, unless it is applied; return what is in it."""
    with suppress(MigrateError):
        if not is_applied(project, existing.id):
            text = with_record(source, cell, edited=edited)
            project.scripts.write(file_of(existing), text, replaces=file_of(existing))
            return text
    return source


def _edited(existing: Revision, source: str, text: str) -> RevisionEditedError:
    path = file_of(existing)
    before, after = (without_record(each).rstrip().splitlines() for each in (source, text))
    found = [*difflib.unified_diff(before, after, shown(path), "this body", lineterm="")]
    lines = [f"    {line}" for line in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"    ... and {len(found) - _SHOWN} lines more")
    why = (
        "was edited since nbmigrate wrote it"
        if read_record(source)
        else "has a body that nbmigrate did not write"
    )
    return RevisionEditedError(
        "\n".join([f"{shown(path)} {why}, and this would replace it:", *lines]),
        "Nothing was written. Copy what is to stay into the body, or add --force to replace the file.",
        path=path,
        diff="\n".join(found),
    )


def _message_of(existing: Revision) -> str:
    """Return the whole message of a revision, paragraphs and all: its docstring above what the template adds."""
    return existing.doc.partition("\n\nRevision ID:")[0]


def _date_of(project: Project, existing: Revision) -> datetime:
    """Return the date that a revision's file has, or today's where a file by hand has none."""
    try:
        return datetime.fromisoformat(project.scripts.create_date(existing))
    except ValueError:
        return local_date(project)
