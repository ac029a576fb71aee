"""The `nbmigrate` command: prints what commands return; exit code 0, or 1 with `FAILED:` on stderr."""

import argparse
import os
import shlex
import subprocess
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbmigrate.commands.parser import parse
from nbmigrate.commands.result import Result
from nbmigrate.commands.revision import path_of
from nbmigrate.commands.words import Call, Words
from nbmigrate.errors import MigrateError, UsageError
from nbmigrate.graph.text import as_ascii
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Event, Listener


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        The words after the command's name; those of this process if not given.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        parsed = parse(words)
        if parsed.verb == "edit" and parsed.options.body is None and sys.stdin.isatty():
            return _open_editor(parsed)
        result = parsed(Call(open_project, body=_piped(parsed), listener=_progress_line()))
    except MigrateError as error:
        if "--raiseerr" in words:
            traceback.print_exc()
        _print(f"FAILED: {error}", error=True)
        return 1
    except KeyboardInterrupt:
        _print("FAILED: interrupted", error=True)
        return 1
    if not getattr(parsed.options, "quiet", False):
        _show(result)
    return 0


def open_project(options: argparse.Namespace) -> Project:
    """Open the project that the global options of a command name."""
    return Project.open(options.config, section=options.name, x_arguments=options.x)


def _show(result: Result) -> None:
    text = str(result)
    if text:
        _print(text)
    for note in result.notes:
        _print(note, error=True)


def _print(text: str, *, error: bool = False) -> None:
    """Print to a terminal that may not know every character."""
    stream = sys.stderr if error else sys.stdout
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = as_ascii(text)
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        # `nbmigrate history | head` has read enough; the descriptor is closed so that Python does not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _piped(parsed: Words) -> str | None:
    """Return the body that was piped into `edit`: `nbmigrate edit ab12 < body.py`."""
    if parsed.verb != "edit" or parsed.options.body is not None:
        return None
    try:
        return sys.stdin.read()
    except UnicodeError as error:
        raise UsageError("What was piped in is not text in UTF-8.", "Save the body as UTF-8.") from error


def _open_editor(parsed: Words) -> int:
    path = path_of(open_project(parsed.options), parsed.options.rev)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError("There is no editor to open.", f"Set EDITOR, or edit {path} yourself.")
    try:
        return subprocess.run([*shlex.split(editor), str(path)], check=False).returncode  # noqa: S603
    except OSError as error:
        raise UsageError(
            f"{editor} cannot be started: {error.strerror}.", "Set EDITOR to a program."
        ) from error


def _progress_line() -> "Listener | None":
    """Return a listener that keeps one line on the terminal; None where stderr is a file or a pipe."""
    if not sys.stderr.isatty():
        return None

    def show(event: "Event") -> None:
        from nbmigrate.database.events import RunDone, StepStarted

        if isinstance(event, StepStarted):
            text = f"[{event.number}/{event.total}] {event.step.direction} {event.step.revision.id}"
            sys.stderr.write(f"\r\x1b[K{text}")
        elif isinstance(event, RunDone):
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return show
