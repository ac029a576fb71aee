"""The benchmark of the panel still runs, and prints the lines it is read for; its times are not looked at."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("panel.py")


def test_a_quick_run() -> None:
    if shutil.which("git") is None or not (PROGRAM.parents[2] / ".git").exists():
        pytest.skip("this is no checkout of git, which has the other commit")
    command: list[str | Path] = [sys.executable, PROGRAM, "--runs=1", "--tables=3", "--rows=30"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in done.stdout.splitlines()]
    assert head == ["seconds", "load_ext", "import", "look", "bundle", "all"]
    assert [row[0] for row in rows] == ["processor, then", "processor, now", "passed, then", "passed, now"]
    assert all(float(cell) >= 0 for row in rows for cell in row[1:])
