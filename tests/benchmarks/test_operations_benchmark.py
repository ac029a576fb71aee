"""The benchmark of operations still runs, and prints the lines it is read for; its times are not looked at."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("operations.py")


def test_a_quick_run(alembic_executable: Path) -> None:
    python = alembic_executable.with_name("python")
    done = subprocess.run(
        [sys.executable, PROGRAM, "--quick", "--peer=alembic", f"--alembic-python={python}"],
        # On SQLite alone: what servers do to a table of everybody's is not for two tests at once.
        env={name: value for name, value in os.environ.items() if not name.startswith("NBMIGRATE_TEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in done.stdout.splitlines()
        if line.startswith("| ")
    ]
    asked = {row[0]: row[4] for row in rows if row[-1] in ("met", "not met")}
    assert asked == {
        "rebuild of 2,000 rows, INTEGER PRIMARY KEY: bare, columns named": "1.10",
        "rebuild of 2,000 rows, INTEGER PRIMARY KEY: bare, SELECT *": "1.10",
        "rebuild of 2,000 rows, INTEGER PRIMARY KEY: alembic's batch": "1.00",
        "rebuild of 2,000 rows, no key: bare, columns named": "1.10",
        "rebuild of 2,000 rows, no key: bare, with rowid": "1.10",
        "rebuild of 2,000 rows, no key: alembic's batch": "1.00",
        "resident memory, rebuild of 2,000 rows: of 200 rows": "1.10",
        "bulk_insert of 1,000 rows, SQLite: executemany of the same rows": "1.20",
        "bulk_insert of 1,000 rows, SQLite: alembic's": "1.00",
        "60 revisions, warm, wall: alembic's": "0.90",
    }
