"""`edit`: another body for a revision that is not applied."""

from pathlib import Path

from nbmigrate.commands.files.cell_body import complete_body, convention_for
from nbmigrate.commands.files.replacement import update
from nbmigrate.commands.files.revision_file import RevisionResult, file_of
from nbmigrate.commands.history.position import named, named_one
from nbmigrate.errors import UsageError
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import syntax_problem
from nbmigrate.scripts.writing.body import replace_body
from nbmigrate.scripts.writing.cell_record import read_record, without_record


def edit(project: Project, rev: str, body: str, *, force: bool = False) -> RevisionResult:
    """Replace what a revision does; its docstring and header stay.

    Parameters
    ----------
    rev
        The revision: an id, the start of one, a label, `head`, or `current`.
    body
        Python, as for `revision`.
    force
        Whether a body is replaced that nbmigrate did not write.

    Raises
    ------
    RevisionEditedError
        The file was edited since nbmigrate wrote it, or has a body that nbmigrate did not write.
    RevisionAppliedError
        The revision is applied to the database.
    """
    found = named_one(project, rev, "a body goes into one")
    if not body.strip():
        raise UsageError("The new body is empty.", "For a revision that does nothing, write: pass")
    source = project.scripts.source(found)
    problem = syntax_problem(source.encode(), file_of(found))
    if problem is not None:
        # There is no telling where the functions of a file that does not parse begin and end.
        raise problem
    text = replace_body(without_record(source), complete_body(body, convention_for(project)))
    record = read_record(source)
    return update(project, found, text, cell=record.cell if record else None, edited=True, force=force)


def paths_of(project: Project, rev: str) -> tuple[Path, ...]:
    """Return the files of one or more revisions, for an editor to open."""
    return tuple(file_of(revision) for revision in named(project, rev))
