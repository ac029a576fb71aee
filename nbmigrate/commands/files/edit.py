"""`edit`: another body for a revision that is not applied."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from nbmigrate.commands.files.cell_body import complete_body, convention_for
from nbmigrate.commands.files.replacement import update
from nbmigrate.commands.files.revision_file import RevisionResult, file_of
from nbmigrate.commands.history.position import named, named_one
from nbmigrate.config import reason
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


#: The variables that name an editor, in Alembic's order, and what is tried where neither does.
VARIABLES = ("EDITOR", "VISUAL")
USUAL = ("sensible-editor", "editor", "nano", "vim", "code")
USUAL_ON_WINDOWS = ("code", "notepad++", "notepad")


def open_editor(paths: Sequence[Path], environ: Mapping[str, str] = os.environ) -> None:
    """Open files one after the other, each until the editor is closed.

    Raises
    ------
    UsageError
        There is no editor, or it failed.
    """
    editor = _editor(environ)
    for path in paths:
        try:
            code = subprocess.run([*editor, str(path)], check=False).returncode  # noqa: S603
        except OSError as error:
            raise UsageError(
                f"Error executing editor ({editor[0]} cannot be started: {reason(error)}).",
                "Set EDITOR to a program.",
            ) from error
        if code:
            raise UsageError(
                f"Error executing editor ({shlex.join(editor)} ended with exit code {code}).",
                f"Check {path}: it is as the editor left it.",
            )


def _editor(environ: Mapping[str, str]) -> list[str]:
    for name in VARIABLES:
        words = environ.get(name, "")
        if words.strip():
            # A path may have spaces in it, a command may have arguments.
            return [words] if Path(words).is_file() else _split(name, words)
    for name in USUAL_ON_WINDOWS if os.name == "nt" else USUAL:
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found:
            return [found]
    raise UsageError("No suitable editor found.", "Set the environment variable EDITOR or VISUAL.")


def _split(name: str, words: str) -> list[str]:
    try:
        return shlex.split(words, posix=os.name == "posix")
    except ValueError as error:
        raise UsageError(
            f"Error executing editor (a quote in {name} is not closed).", f"Set {name} to a program."
        ) from error
