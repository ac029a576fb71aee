"""The `nbmigrate` command: prints what commands return; exit code 0, or 1 with `FAILED:` on stderr."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbmigrate.commands.parser import parse
from nbmigrate.commands.parser.arguments import Call, Words
from nbmigrate.commands.results.result import Result
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import MigrateError, UsageError

if TYPE_CHECKING:
    from nbmigrate.database.events import Event, Listener
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.project import Project


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        The words after the command's name; those of this process if not given.
    """
    if argv is None:
        # A process of its own is short: looking for garbage among thousands of revisions would find none.
        gc.set_threshold(1_000_000)
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        parsed = parse(words)
        if parsed.verb == "edit" and parsed.options.body is None and sys.stdin.isatty():
            return _open_editor(parsed)
        result = parsed(Call(open_project, body=_piped(parsed), listener=_progress_line()))
    except MigrateError as error:
        if isinstance(error.result, Result):
            _print_result(error.result, parsed.options)
        if "--raiseerr" in words:
            from nbmigrate.commands.results.tracebacks import traceback_text

            _print(traceback_text(error).rstrip(), error=True)
        _print_failure(str(error))
        return 1
    except KeyboardInterrupt:
        _print_failure("interrupted")
        return 1
    _print_result(result, parsed.options)
    return result.exit_code


def _print_result(result: Result, options: argparse.Namespace) -> None:
    """Print what a command returned, or had done before it failed."""
    is_quiet = getattr(options, "quiet", False)
    # A script is what the command is for: it is written even if nothing is to be said.
    if getattr(options, "sql", False) and not getattr(options, "output", None):
        _print_exactly(str(result))
    elif not is_quiet or result.exit_code:
        _print(result.to_terminal(Terminal.of(sys.stdout)))
    for note in () if is_quiet and not result.exit_code else result.notes:
        _print(note, error=True)


def _print_failure(text: str) -> None:
    _print(f"{Terminal.of(sys.stderr).paint('FAILED:', 'failed')} {text}", error=True)


def open_project(options: argparse.Namespace) -> "Project":
    """Open the project that the global options of a command name."""
    from nbmigrate.project import Project

    return Project.open(
        options.config,
        section=options.name,
        x_arguments=options.x,
        app=options.app,
        on_forgotten=_warn_of_memory,
    )


def _warn_of_memory(context: "MigrationContext") -> None:
    """Say that nothing will stay, before it is done."""
    _print(
        f"{context.url} is a database in memory: it is empty now, and what is done in it is gone when this command "
        f"ends.\nName a file to keep it: `nbmigrate config sqlalchemy.url {context.dialect.name}:///app.db`. In a "
        "notebook it stays until the kernel ends.",
        error=True,
    )


def _print_exactly(text: str) -> None:
    """Print SQL, in UTF-8 whatever the terminal is in: no character of it may become another."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(f"{text}\n".encode())
        sys.stdout.buffer.flush()
    else:
        _print(text)


def _print(text: str, *, error: bool = False) -> None:
    """Print to a terminal that may not know every character; nothing at all for no text."""
    if not text:
        return
    stream = sys.stderr if error else sys.stdout
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        from nbmigrate.graph.drawing.text import as_ascii

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
    from nbmigrate.commands.files.edit import open_editor, paths_of

    open_editor(paths_of(open_project(parsed.options), parsed.options.rev))
    return 0


def _progress_line() -> "Listener":
    """Return a listener that keeps one line on the terminal; of a file or a pipe, where it says why it waits."""
    if not sys.stderr.isatty():
        return _waiting_lines()

    def show(event: "Event") -> None:
        from nbmigrate.database.events import LockTaken, LockWaiting, RunDone, RunFailed, StepStarted

        if isinstance(event, StepStarted):
            text = f"[{event.number}/{event.total}] {event.step.direction} {event.step.revision.id}"
            sys.stderr.write(f"\r\x1b[K{text}")
        elif isinstance(event, LockWaiting):
            # A line that the terminal breaks is not taken back whole.
            width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
            sys.stderr.write(f"\r\x1b[K{event.text()[: max(width, 1)]}")
        elif isinstance(event, LockTaken | RunDone | RunFailed):
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return show


def _waiting_lines() -> "Listener":
    """Return a listener that says in a log why nothing happens: at once, then every ten seconds."""
    reported = -10.0

    def show(event: "Event") -> None:
        nonlocal reported
        from nbmigrate.database.events import LockWaiting

        if isinstance(event, LockWaiting) and event.seconds >= reported + 10:
            reported = event.seconds
            _print(event.text(), error=True)

    return show
