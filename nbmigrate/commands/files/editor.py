"""Opening files in the person's editor, from a terminal."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from nbmigrate.config import reason
from nbmigrate.errors import UsageError

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
