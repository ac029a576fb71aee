"""One step calls no more of our functions than it did."""

import subprocess
import sys
from pathlib import Path

#: To reach: 600 calls, 22 deep.
MOST, DEEPEST = 1_000, 35


def test_an_upgrade_of_one_revision() -> None:
    program = Path(__file__).with_name("calls.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    calls, depth = map(int, done.stdout.splitlines()[0].split())
    assert calls <= MOST, done.stdout
    assert depth <= DEEPEST, done.stdout
