"""How long it takes to the panel: sixty tables, 100,000 rows, now and at another commit, by turns in one run.

    python tests/benchmarks/panel.py --against 4f572f6 --runs 5 --at-once 8

A cold process loads the extension and makes the explorer. Printed are the medians of the seconds that the processor
worked, which hardly depend on what else runs, and of those that passed. `--at-once 8` is a class on one machine.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parents[2]
PARTS = ("load_ext", "import", "look", "bundle", "all")
PROGRAM = """
import sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def now(): return time.process_time(), time.perf_counter()
times = [now()]
shell.run_line_magic("load_ext", "nbmigrate"); times.append(now())
from nbmigrate import Explorer, Project
times.append(now())
explorer = Explorer(Project.open()); times.append(now())
explorer._repr_mimebundle_(); times.append(now())
for clock in (0, 1):
    steps = [after[clock] - before[clock] for before, after in zip(times, times[1:])]
    print(*steps, sum(steps))
"""


def make_project(folder: Path, tables: int, rows: int) -> None:
    """Write a project at its first revision, with so many tables that refer to each other, and rows in all of them."""
    code = (
        "from nbmigrate import Project, commands; commands.init('practice', url='sqlite:///db_file.db');"
        " project = Project.open(); commands.revision(project, 'first', rev_id='a1'); commands.upgrade(project, 'head')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=_environment(HERE, folder), check=True)
    connection = sqlite3.connect(folder / "db_file.db")
    for number in range(tables):
        key = f", up INTEGER REFERENCES t{number // 2} (id)" if number else ", up INTEGER"
        connection.execute(
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name VARCHAR(80), amount NUMERIC(10, 2), at DATETIME,"
            f" note TEXT{key})"
        )
        values = (
            (n, f"name {n}", n / 7, "2026-01-01 00:00:00", "text " * (n % 5), n)
            for n in range(rows // tables)
        )
        connection.executemany(f"INSERT INTO t{number} VALUES (?, ?, ?, ?, ?, ?)", values)
    connection.commit()
    connection.close()


def measure(source: Path, folder: Path) -> list[list[float]]:
    """Return the seconds of each part in a process of its own: of the processor, and passed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env=_environment(source, folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


def _environment(source: Path, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": str(folder.parent / "cache")}


@contextmanager
def _at(commit: str, folder: Path) -> Iterator[Path]:
    """Check another commit out beside this one."""
    place = folder.parent / "then"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", place, commit], cwd=HERE, check=True)
    try:
        yield place
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", place], cwd=HERE, check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", default="HEAD", help="the commit to compare with")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=1, help="how many processes")
    parser.add_argument("--tables", type=int, default=60)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "project"
        folder.mkdir()
        make_project(folder, asked.tables, asked.rows)
        with _at(asked.against, folder) as then:
            sources = {"then": then, "now": HERE}
            # The first of each writes its compiled modules.
            found = {name: [measure(source, folder)][:0] for name, source in sources.items()}
            with ThreadPoolExecutor(asked.at_once) as at_once:
                for _ in range(asked.runs):
                    for name, source in sources.items():
                        found[name] += at_once.map(
                            measure, [source] * asked.at_once, [folder] * asked.at_once
                        )
    print(" | ".join(("seconds", *PARTS)))
    for clock, what in enumerate(("processor", "passed")):
        for name, runs in found.items():
            medians = [statistics.median(run[clock][part] for run in runs) for part in range(len(PARTS))]
            print(" | ".join((f"{what}, {name}", *(f"{median:.2f}" for median in medians))))


if __name__ == "__main__":
    main()
