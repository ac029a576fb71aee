"""The wheel, installed into an empty environment, does the tutorial."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*words: str | Path, cwd: Path) -> str:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_what_is_needed_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "nbmigrate").rglob("*.py")}
    assert sources <= names
    notebooks = {f"nbmigrate/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    widgets = {str(path.relative_to(ROOT)) for path in (ROOT / "nbmigrate/notebook").rglob("*.[jc]s*")}
    assert {"nbmigrate/py.typed", *notebooks, *widgets} <= names
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "nbmigrate/scripts/templates").rglob("*.*")}
    assert templates and {name for name in templates if "__pycache__" not in name} <= names
    assert {name.split("/")[0] for name in names} == {"nbmigrate", "nbmigrate-0.1.0.dist-info"}


def test_in_an_empty_environment_it_does_the_tutorial(wheel: Path, tmp_path: Path) -> None:
    home, work = tmp_path / "environment", tmp_path / "work"
    work.mkdir()
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel, cwd=work)
    assert "alembic" not in run(scripts / "python", "-m", "pip", "list", cwd=work)

    command = scripts / "nbmigrate"
    assert run(command, "--version", cwd=work) == "nbmigrate 0.1.0\n"
    copied = run(command, "tutorial", "lessons", cwd=work)
    assert copied.startswith("lessons/01-tutorial.ipynb\n")
    assert copied.endswith("\n\nOpen the first with: jupyter lab lessons/01-tutorial.ipynb\n")
    assert (work / "lessons/01-tutorial.ipynb").read_bytes() == (
        ROOT / "notebooks/01-tutorial.ipynb"
    ).read_bytes()

    # The notebook's own cells, in the IPython that came with the wheel; pip brought no Jupyter to run it in.
    program = (
        "import json\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "for cell in json.load(open('lessons/01-tutorial.ipynb', encoding='utf-8'))['cells']:\n"
        "    if cell['cell_type'] == 'code':\n"
        "        done = shell.run_cell(''.join(cell['source']))\n"
        "        assert done.success != ('raises-exception' in cell['metadata'].get('tags', [])), cell['source']\n"
    )
    run(scripts / "python", "-c", program, cwd=work)
    assert run(command, "current", cwd=work) == "f19b3de850a2 (head) (mergepoint)\n"
    assert "customer            3\n" in run(command, "tables", cwd=work)
