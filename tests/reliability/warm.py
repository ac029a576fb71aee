"""A process that has everything imported, and forks one that runs a command: no Python has to start for each.

    python warm.py nbmigrate
    python warm.py alembic FOLDER

It is run by the Python of the package's own environment; alembic's finds the drivers of the servers in FOLDER.
Requests and answers are lines of JSON: {"folder": ..., "runs": [{"words": [...], "at": 3, "what": "kill"}, ...]}. All
runs of a request begin at once, each in a process of its own; the answer is a list of {"pid", "code", "output",
"points"}, where code is negative for one that was killed.
"""

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.reliability.points import Points

Command = Callable[[list[str]], int]
#: Seconds until a run is ended that does not come to an end.
PATIENCE = 90
DRIVERS = (
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
)
OURS = (
    "nbmigrate.cli",
    "nbmigrate.commands.database.upgrade",
    "nbmigrate.database.execution.executor",
    "nbmigrate.database.execution.failure",
    "nbmigrate.database.lock",
    "nbmigrate.dialects",
    "nbmigrate.environment.run",
    "nbmigrate.operations",
    "nbmigrate.project",
)


def imported(package: str, folder: str | None) -> Command:
    """Import a package with all it needs for a run, and return its command."""
    if folder is not None:
        sys.path.append(folder)
    for name in (*DRIVERS, *(OURS if package == "nbmigrate" else ())):
        importlib.import_module(name)
    command: Command = importlib.import_module(
        "nbmigrate.cli" if package == "nbmigrate" else "alembic.config"
    ).main
    return command


def run(command: Command, words: list[str], points: Points) -> int:
    """Run a command in this process and return its exit code."""
    points.install()
    try:
        code = command(words) or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    points.end()
    return code


def child(command: Command, folder: str, given: dict[str, Any], gate: int, output: int, found: int) -> None:
    """Wait for the others at the gate, run, and never return."""
    signal.alarm(PATIENCE)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.chdir(folder)
    os.read(gate, 1)
    points = Points(given.get("at"), given.get("what", "kill"))
    code = run(command, given["words"], points)
    os.write(found, json.dumps(points.labels).encode())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def answer(command: Command, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Fork a process for each run, let them begin, and wait for them all."""
    reading, writing = os.pipe()
    with ExitStack() as files:
        started = []
        for given in request["runs"]:
            output, found = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            pid = os.fork()
            if not pid:
                os.close(writing)
                child(command, request["folder"], given, reading, output.fileno(), found.fileno())
            started.append((pid, output, found))
        os.close(reading)
        # The gate opens: what they wait for ends.
        os.close(writing)
        return [outcome(*each) for each in started]


def outcome(pid: int, output: BinaryIO, found: BinaryIO) -> dict[str, Any]:
    """Wait for a process to end, and return what it left."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    output.seek(0)
    found.seek(0)
    said = output.read().decode(errors="replace")
    return {"pid": pid, "code": code, "output": said, "points": json.loads(found.read() or b"[]")}


def main() -> None:
    """Answer requests until there are no more."""
    command = imported(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    # What a child does not look at is not copied for it.
    gc.collect()
    gc.freeze()
    # Nobody else writes between the lines of JSON.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(answer(command, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
