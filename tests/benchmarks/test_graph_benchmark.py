"""The benchmark of the graph still runs, and prints the lines it is read for; its times are not looked at."""

import re
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.histories import SHAPES

PROGRAM = Path(__file__).with_name("graph.py")


def test_a_quick_run(alembic_executable: Path) -> None:
    python = alembic_executable.with_name("python")
    done = subprocess.run(
        [sys.executable, PROGRAM, "--quick", "--peer=alembic", f"--alembic-python={python}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in done.stdout.splitlines()
        if "|" in line
    ]
    compared = [row for row in rows if row[-1] in ("met", "not met")]
    asked = {re.sub(r", \w+$", "", row[0]): row[4] for row in compared}
    assert asked == {
        "heads, cold process, cache there": "1/12",
        "heads, cold process, no cache yet": "1/3",
        "history, cold process": "1/40",
        "current, cold process": "1/25",
        "in one process, heads again": "1/100",
        "in one process, current again": "1/300",
        "in one process, heads after one more": "1/40",
        "planning `upgrade heads` from base": "1/50",
    }
    assert len(compared) == 20
    assert {row[0].split(", ")[-1] for row in compared} == set(SHAPES)
    growing = rows[rows.index(next(row for row in rows if row[1] == "20")) + 2 :]
    assert {"heads, cold process", "current, cold process", "in one process, plan"} <= {
        row[0] for row in growing
    }
    assert {len(row) for row in growing} == {6}


def test_the_histories() -> None:
    for shape, make in SHAPES.items():
        for size in (1, 2, 3, 59, 60, 61):
            nodes = list(make(size))
            known: set[str] = set()
            for node in nodes:
                assert {*node.parents, *filter(None, [node.depends_on])} <= known, shape
                known.add(node.id)
            assert len(known) == size
    merges = [node for node in SHAPES["diamonds"](60) if len(node.parents) == 2]
    assert len(merges) == 20
    assert sum(node.depends_on is not None for node in SHAPES["dependencies"](60)) == 6
