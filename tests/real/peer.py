"""One of the two commands, run by the Python of a project's own environment: JSON lines in, JSON lines out.

    python peer.py alembic|nbmigrate [--in-worker-thread]

A request is a list of words, as of a command line, and the answer {"code", "out", "err", "seconds", "processor"}. The
modules of the project are imported once, as in a server or a notebook.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

WORDS = sys.argv[1:]
# Before alembic is imported: it keeps the stdout that it finds then.
ANSWERS, OUT, ERR = sys.stdout, io.StringIO(), io.StringIO()
sys.stdout, sys.stderr = OUT, ERR


def main_of(side: str) -> Callable[[Sequence[str]], int | None]:
    """Return what runs a command line."""
    if side == "alembic":
        from alembic.config import main

        return main  # type: ignore[no-any-return]
    from nbmigrate import cli

    return cli.main


def run(main: Callable[[Sequence[str]], int | None], words: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    try:
        return main(words) or 0
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def in_worker_thread(main: Callable[[Sequence[str]], int | None], words: Sequence[str]) -> int:
    """Run a command line in a thread beside an event loop, for an env.py that asks the loop."""
    import anyio

    return anyio.run(anyio.to_thread.run_sync, run, main, words)


def answer(call: Callable[..., int], main: Any, words: Sequence[str]) -> dict[str, Any]:
    """Run a command line, and return all that it gave."""
    for stream in (OUT, ERR):
        stream.seek(0)
        stream.truncate()
    started, processor = time.perf_counter(), time.process_time()
    code = call(main, words)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    return {
        "code": code,
        "out": OUT.getvalue(),
        "err": ERR.getvalue(),
        "seconds": seconds,
        "processor": processor,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        wanted = in_worker_thread if "--in-worker-thread" in WORDS else run
        print(json.dumps(answer(wanted, main_of(WORDS[0]), json.loads(line))), file=ANSWERS, flush=True)
