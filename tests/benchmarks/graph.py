"""How long questions about long histories take, beside alembic in the same run.

    python tests/benchmarks/graph.py --peer alembic

Both read the same folders. Each figure is the least of several, in processor time of the process concerned, so that
what else the machine does counts for little.
"""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.histories import ROOT, SHAPES, History

ALEMBIC = "alembic==1.20.1"
OURSELVES = (sys.executable, "-m", "nbmigrate")

#: What is measured inside a process, in both packages; `seconds` gives the least of some rounds.
TIMER = """
import io, json, os, sys, time
def seconds(rounds, call, prepare=lambda: ()):
    best = 1e9
    for _ in range(rounds):
        arguments = prepare()
        started = time.process_time()
        call(*arguments)
        best = min(best, time.process_time() - started)
    return best
def add():
    added = os.path.join("scripts", "versions", f"added{time.time_ns()}.py")
    with open(added, "w") as file:
        file.write(open("added.txt").read().replace("ADDED", str(time.time_ns())[-12:]))
    return ()
def remove_added():
    for name in os.listdir(os.path.join("scripts", "versions")):
        if name.startswith("added"):
            os.unlink(os.path.join("scripts", "versions", name))
"""
OURS = (
    TIMER
    + """
from pathlib import Path
from nbmigrate import Project, commands
from nbmigrate.graph.plan import plan_upgrade
from nbmigrate.scripts.directory import ScriptDirectory
rounds = int(sys.argv[1])
project = Project.open()
found = {}
found["heads"] = seconds(1, lambda: str(commands.heads(project)))
found["heads again"] = seconds(rounds, lambda: str(commands.heads(project)))
found["history"] = seconds(rounds, lambda: str(commands.history(project)))
str(commands.current(project))
found["current again"] = seconds(rounds, lambda: str(commands.current(project)))
found["heads after one more"] = seconds(rounds, lambda: str(commands.heads(project)), add)
remove_added()
fresh = lambda: (ScriptDirectory(Path("scripts")).graph(),)
found["plan"] = seconds(rounds, lambda graph: plan_upgrade(graph, (), "heads"), fresh)
print(json.dumps(found))
"""
)
THEIRS = (
    TIMER
    + """
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
rounds = int(sys.argv[1])
config = Config("alembic.ini", stdout=io.StringIO())
found = {}
command.heads(config)
found["heads again"] = seconds(rounds, lambda: command.heads(config))
found["heads after one more"] = seconds(rounds, lambda: command.heads(config), add)
remove_added()
if len(sys.argv) > 2:
    print(json.dumps(found))
    raise SystemExit
found["current again"] = seconds(rounds, lambda: command.current(config))
def fresh():
    script = ScriptDirectory.from_config(config)
    script.get_heads()
    return (script,)
found["plan"] = seconds(rounds, lambda script: script._upgrade_revs("heads", "base"), fresh)
print(json.dumps(found))
"""
)


#: What is measured in one process, and what alembic's time is to be divided by.
INSIDE = {"heads again": 100, "current again": 300, "heads after one more": 40}


class Line(NamedTuple):
    """A line of the comparison; `goal` is what alembic's time is to be divided by."""

    what: str
    theirs: float
    ours: float
    goal: int | None

    def cells(self) -> tuple[str, ...]:
        """Return it as text."""
        ratio = self.theirs / self.ours
        goal, met = (
            ("", "") if self.goal is None else (f"1/{self.goal}", "met" if ratio >= self.goal else "not met")
        )
        return self.what, _time(self.theirs), _time(self.ours), f"1/{ratio:.0f}", goal, met


def compare(history: History, shape: str, peer: str, rounds: int) -> Iterator[Line]:
    """Measure a history in both packages."""
    theirs = (peer, "-m", "alembic")

    def line(what: str, verb: str, goal: int | None, *, cache: bool = True) -> Line:
        both = history.cold(rounds, (*theirs, verb), (*OURSELVES, verb), cache=cache)
        return Line(f"{what}, {shape}", both[0], both[1], goal)

    yield line("heads, cold process, cache there", "heads", 12)
    yield line("heads, cold process, no cache yet", "heads", 3, cache=False)
    if shape == "diamonds":
        yield line("history, cold process", "history", 40)
    yield line("current, cold process", "current", 25)
    other, mine = history.inside(peer, THEIRS, rounds), history.inside(sys.executable, OURS, 5 * rounds)
    for what, goal in INSIDE.items():
        yield Line(f"in one process, {what}, {shape}", other[what], mine[what], goal)
    if shape == "diamonds":
        yield Line(f"planning `upgrade heads` from base, {shape}", other["plan"], mine["plan"], 50)
    # Beyond the lines: alembic at its best.
    history.compile(peer)
    yield line("heads, cold process, cache there, alembic's .pyc too", "heads", None)
    other = history.inside(peer, THEIRS, rounds, "heads")
    for what in ("heads again", "heads after one more"):
        yield Line(f"in one process, {what}, alembic's .pyc there, {shape}", other[what], mine[what], None)


def growth(home: Path, sizes: Sequence[int], rounds: int) -> Iterator[tuple[str, ...]]:
    """Measure histories that grow: a line per question, with the time that each more revision takes in microseconds."""
    times: dict[str, list[float]] = {}
    for size in sizes:
        history = History.make(home, "diamonds", size)
        for verb in ("heads", "history", "current"):
            times.setdefault(f"{verb}, cold process", []).extend(history.cold(rounds, (*OURSELVES, verb)))
        uncached = history.cold(rounds, (*OURSELVES, "heads"), cache=False)
        times.setdefault("heads, cold process, no cache yet", []).extend(uncached)
        for name, taken in history.inside(sys.executable, OURS, rounds).items():
            times.setdefault(f"in one process, {name}", []).append(taken)
        shutil.rmtree(history.folder)
    yield ("what", *(f"{size:,}" for size in sizes), *(f"to {size:,}" for size in sizes[1:]))
    for what, taken_ in times.items():
        steps = zip(sizes, sizes[1:], taken_, taken_[1:], strict=False)
        slopes = [f"{(more - less) / (large - small) * 1e6:.1f} µs" for small, large, less, more in steps]
        yield (what, *map(_time, taken_), *slopes)


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def show(lines: Sequence[Sequence[str]]) -> None:
    """Print lines as a table, the first as its head."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, cells in enumerate(lines):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print(f"| {' | '.join(padded)} |", flush=True)
        if not number:
            print(f"| {' | '.join('-' * width for width in widths)} |", flush=True)


def alembic_python(home: Path) -> str:
    """Make an environment with alembic and return its Python."""
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", ALEMBIC], check=True)
    return str(python)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", choices=["alembic"], help="compare with it; without, only how ours grows")
    parser.add_argument("--alembic-python", help=f"a Python with {ALEMBIC}; one is made if not given")
    parser.add_argument("--quick", action="store_true", help="small histories, to see that it works")
    parser.add_argument("--rounds", type=int, default=3, help="how often the slowest is measured")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="which histories to compare on")
    options = parser.parse_args()
    size, rounds = (60, 1) if options.quick else (5000, options.rounds)
    # As it is where it is installed.
    compileall.compile_dir(ROOT / "nbmigrate", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if options.peer:
            peer = options.alembic_python or alembic_python(home / "venv")
            lines: list[tuple[str, ...]] = [("what", "alembic here", "ours here", "ratio", "to reach", "")]
            for shape in options.shapes.split(","):
                history = History.make(home, shape, size)
                lines += [line.cells() for line in compare(history, shape, peer, rounds)]
                shutil.rmtree(history.folder)
            print(f"{size:,} revisions; {ALEMBIC}; Python {sys.version.split()[0]}\n")
            show(lines)
            print()
        sizes = (20, 40, 80) if options.quick else (1000, 2000, 4000, 8000)
        print("How it grows, on diamonds; then what each more revision takes:\n")
        show(list(growth(home, sizes, 2 * rounds)))


if __name__ == "__main__":
    main()
