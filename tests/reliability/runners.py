"""Runs of a command, many and quick: by a warm process of a package, nbmigrate or alembic."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

PROGRAM = Path(__file__).with_name("warm.py")
KILLED = -9


@dataclass(frozen=True)
class Ran:
    """A run that is over: killed, if `code` is KILLED; `points` are empty then."""

    pid: int
    code: int
    output: str
    points: tuple[str, ...]


class Package(NamedTuple):
    """A package with such a command, and the Python of its environment."""

    name: str
    python: str


OURS = Package("nbmigrate", sys.executable)


class Runners:
    """Runs commands of one package, each in a fork of a process that is warm.

    Parameters
    ----------
    package
        Whose.
    cache
        Where nbmigrate keeps the headers of revision files.
    """

    def __init__(self, package: Package = OURS, cache: Path | None = None) -> None:
        words = [package.python, str(PROGRAM), package.name]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        if package != OURS:
            # Its environment may have no drivers: they are those installed here.
            words.append(sysconfig.get_path("purelib"))
        if cache is not None:
            environment["NBMIGRATE_CACHE_DIR"] = str(cache)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # Whoever waits for it has given up.
            self._process.kill()
        self._process.communicate()

    def run(self, folder: Path, words: Sequence[str], at: int | None = None, what: str = "kill") -> Ran:
        """Run a command in a folder, and wait for its end; let something happen to it at a point, see `Points`."""
        (ran,) = self._ask(folder, [{"words": words, "at": at, "what": what}])
        return ran

    def run_all(self, folder: Path, words: Sequence[str], number: int) -> list[Ran]:
        """Run a command that many times at once, and wait for all."""
        return self._ask(folder, [{"words": words}] * number)

    def _ask(self, folder: Path, runs: Sequence[object]) -> list[Ran]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), "runs": runs}) + "\n")
        self._process.stdin.flush()
        answers = json.loads(self._process.stdout.readline())
        return [Ran(each["pid"], each["code"], each["output"], tuple(each["points"])) for each in answers]
