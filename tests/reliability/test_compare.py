"""The comparison still runs, finds what alembic loses, and notebook 4 shows its table."""

import re
from pathlib import Path

import pytest

from tests.benchmarks.graph import ALEMBIC
from tests.conftest import words_of_notebook
from tests.reliability.compare import HEAD, main
from tests.reliability.databases import NAMES


def rows(text: str) -> dict[str, list[str]]:
    """The lines of a table, by their first cells."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| --")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return {first: rest for first, *rest in cells}


def test_a_quick_run(alembic_executable: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = str(alembic_executable.with_name("python"))
    code = main(["--step=24", "--rounds=2", "--databases=sqlite", f"--alembic-python={python}"])
    printed = capsys.readouterr().out
    found = rows(printed)
    theirs, ours = found["alembic, SQLite"], found["nbmigrate, SQLite"]

    assert found[""] == list(HEAD[1:])
    assert ALEMBIC in printed
    assert code == 0
    assert ours[1:3] + ours[4:] == ["0"] * 5
    # It kills and races indeed: what has no journal and no lock does not come through it.
    assert int(theirs[1]) + int(theirs[2]) > 0
    assert int(theirs[4]) > 0


def test_notebook_4_has_the_table() -> None:
    section = words_of_notebook("04-when-something-breaks.ipynb").partition(
        "## What was tried to break it\n"
    )[2]
    found = rows(section)

    assert found.pop("") == list(HEAD[1:])
    assert list(found) == [
        f"{package}, {name}" for name in NAMES.values() for package in ("alembic", "nbmigrate")
    ]
    for name, cells in found.items():
        if name.startswith("nbmigrate"):
            assert cells[1:3] + cells[4:] == ["0"] * 5
    assert re.search(rf"^\d{{4}}-\d\d-\d\d: {re.escape(ALEMBIC)}, Python 3", section, re.MULTILINE)
