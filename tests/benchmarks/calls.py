"""How many functions of ours one `upgrade +1` calls, of a revision that makes a table on SQLite, and how deep.

    python tests/benchmarks/calls.py

It prints two numbers, the calls and the longest chain, then the functions that are called most. Comprehensions are not
counted. What is kept between runs is there: the revisions before it were upgraded in the same process.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nbmigrate import Project, commands
from tests.benchmarks.histories import ROOT, History
from tests.benchmarks.operations import CREATES

OURS = str(ROOT / "nbmigrate") + os.sep


class Calls:
    """Counts the calls of our functions, as a profile function of Python."""

    def __init__(self) -> None:
        self.by_function: Counter[str] = Counter()
        self.deepest = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Count a call."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        if not code.co_name.startswith("<"):
            self.by_function[f"{code.co_filename.removeprefix(OURS)}: {code.co_name}"] += 1
        depth = 0
        caller: FrameType | None = frame
        while caller is not None:
            depth += caller.f_code.co_filename.startswith(OURS)
            caller = caller.f_back
        self.deepest = max(self.deepest, depth)


def main() -> None:
    """Print what is counted."""
    calls = Calls()
    with tempfile.TemporaryDirectory() as home:
        history = History.make(Path(home), "linear", 3, CREATES)
        (history.folder / "database.db").unlink()
        os.environ["NBMIGRATE_CACHE_DIR"] = str(history.caches)
        os.chdir(history.folder)
        for _ in range(2):
            commands.upgrade(Project.open(), "+1")
        project = Project.open()
        sys.setprofile(calls)
        commands.upgrade(project, "+1")
        sys.setprofile(None)
        os.chdir(ROOT)
    print(calls.by_function.total(), calls.deepest)
    for function, count in calls.by_function.most_common(20):
        print(f"{count:6} {function}")


if __name__ == "__main__":
    main()
