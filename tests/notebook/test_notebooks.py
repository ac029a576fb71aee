"""The notebooks that are shipped: stored as they run, running as they are stored, on any machine, again and again."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SETTINGS = Path(__file__).parent / "nbval.cfg"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))

#: Cells that show nothing, by how they begin.
SILENT = ("%load_ext nbmigrate",)


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """A copy of the folder, in one that has another name."""
    folder = tmp_path / "a copy"
    shutil.copytree(NOTEBOOKS, folder)
    return folder


@pytest.fixture
def without(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Environments in which `dot`, or all of Graphviz, is not there."""
    programs, packages = tmp_path / "programs", tmp_path / "packages"
    programs.mkdir()
    packages.mkdir()
    (packages / "pygraphviz.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    no_dot = {"PATH": str(programs)}
    return {
        "nothing": {},
        "dot": no_dot,
        "Graphviz": {**no_dot, "PYTHONPATH": str(packages)},
    }


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def run_twice(path: Path) -> tuple[Any, Any]:
    """Run a notebook from the top two times in its folder; an error that is not expected comes through."""
    done = []
    for _ in range(2):
        notebook = read(path)
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
        done.append(notebook)
    return done[0], done[1]


def test_there_is_a_tutorial() -> None:
    assert "01-tutorial.ipynb" in NAMES
    left = [path.name for path in NOTEBOOKS.iterdir() if path.is_dir() or path.suffix in (".ini", ".db")]
    assert left == []


# --- as they are stored


@pytest.mark.parametrize("name", NAMES)
def test_stored_executed_and_clean(name: str) -> None:
    notebook = read(NOTEBOOKS / name)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        # papermill goes on after no error, whatever the cell's tags are: those that are meant are caught and printed.
        caught = cell.source.startswith("try:")
        kinds = [output.output_type for output in cell.outputs]
        if cell.source.startswith(SILENT):
            assert kinds == []
        else:
            # What a run had applied before it failed stands above the error.
            shown = [kind for kind in kinds if kind != "display_data"] if caught else kinds
            assert shown == (["stream"] if caught else ["execute_result"]), cell.source
        assert set(cell.metadata) <= {"tags", "slideshow"}


@pytest.mark.parametrize("name", NAMES)
def test_stored_without_a_place_a_password_or_an_address(name: str) -> None:
    text = (NOTEBOOKS / name).read_text(encoding="utf-8")
    assert (
        re.findall(r"(?:/tmp|/home|/root|/Users|/work|/private|/var|[A-Z]:\\\\)[/\\][\w./\\-]*", text) == []
    )
    assert re.findall(r"\w+://[^\s\"\\:/]+:(?!%\()[^\s\"\\@]+@", text) == []
    assert re.findall(r"0x[0-9a-f]{6,}", text) == []


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_are_marked_up_and_closed(name: str) -> None:
    for cell in read(NOTEBOOKS / name).cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            assert "<script" not in page
            for tag in ("div", "table", "tr", "td", "pre", "span", "details", "svg", "code"):
                assert len(re.findall(rf"<{tag}\b", page)) == page.count(f"</{tag}>"), (cell.source, tag)


# --- as they run


@pytest.mark.parametrize("lacking", ["nothing", "dot", "Graphviz"])
def test_what_is_stored_is_what_runs(
    notebooks: Path, without: dict[str, dict[str, str]], lacking: str
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env"),
            *(f"--nbval-sanitize-with={SETTINGS}", "--nbval-cell-timeout=60"),
            *(
                "-p",
                "no:randomly",
                "-p",
                "no:cacheprovider",
                "-W",
                "error",
                "-q",
                f"--rootdir={notebooks}",
                str(notebooks),
            ),
        ],
        cwd=notebooks,
        env={**os.environ, **without[lacking]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    cells = sum(cell.cell_type == "code" for name in NAMES for cell in read(notebooks / name).cells)
    assert re.search(rf"^{cells} passed\b", done.stdout, re.MULTILINE), done.stdout[-500:]


def test_a_difference_would_be_seen(notebooks: Path) -> None:
    """The comparison itself: one letter of one output is changed, and the run fails at that cell."""
    path = notebooks / "01-tutorial.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Now at 29cf196546aa.", "Now at 30cf196546aa."),
        encoding="utf-8",
    )
    notebook = read(path)
    last = next(n for n, cell in enumerate(notebook.cells) if cell.source == "%migrate downgrade 29cf")
    del notebook.cells[last + 1 :]
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env"),
            *(f"--nbval-sanitize-with={SETTINGS}", "-p", "no:randomly", "-p", "no:cacheprovider"),
            *("-q", f"--rootdir={notebooks}", str(path)),
        ],
        cwd=notebooks,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"^1 failed, \d+ passed\b", done.stdout, re.MULTILINE), done.stdout[-3000:]


@pytest.mark.parametrize("name", NAMES)
def test_run_twice_from_the_top(notebooks: Path, name: str) -> None:
    """An error in either run would be raised; the second leaves no more files than a first one does."""
    run_twice(notebooks / name)
    versions = [path.name for path in notebooks.rglob("versions/*.py")]
    assert versions
    assert len(versions) == len({version.split("_")[0] for version in versions})


def test_the_tutorial_twice(notebooks: Path) -> None:
    before = {path.name for path in notebooks.iterdir()}
    first, second = run_twice(notebooks / "01-tutorial.ipynb")
    made = sorted(path.name for path in notebooks.iterdir() if path.name not in before)
    assert made == ["db_file.db", "nbmigrate.ini", "practice"]
    versions = sorted(path.name for path in (notebooks / "practice" / "versions").glob("*.py"))
    assert len(versions) == len({version.split("_")[0] for version in versions}) == 7
    # From where the branches are joined, everything is said as it was said before: the same history, the same position.
    joined = next(n for n, cell in enumerate(first.cells) if cell.source.startswith("%migrate merge"))
    for one, other in zip(first.cells[joined + 1 :], second.cells[joined + 1 :], strict=True):
        assert texts(one) == texts(other), one.source
    with closing(sqlite3.connect(notebooks / "db_file.db")) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
        }
    assert counts == {"alembic_version": 1, "customer": 3, "orders": 3, "invoice": 1}
    for cell in second.cells:
        if cell.source.startswith("%migrate init"):
            assert "exists already" in texts(cell)[0]


def texts(cell: Any) -> list[str]:
    return [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
