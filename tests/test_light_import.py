"""What must not be loaded before it is used, looked at in a fresh interpreter."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HEAVY_FOR_LOADING = {"pandas", "numpy", "graphviz", "pygraphviz", "ipywidgets", "anywidget", "sqlalchemy"}
HEAVY_FOR_READING = HEAVY_FOR_LOADING | {"mako", "IPython", "pygments"}


def loaded(program: str, folder: Path) -> set[str]:
    """The top-level modules that a program has loaded when it ends."""
    report = "\nimport sys\nprint('\\n' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program + report],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one revision."""
    folder = tmp_path_factory.mktemp("project")
    program = (
        "from nbmigrate.cli import main\n"
        "assert main(['init', 'practice']) == 0\n"
        "assert main(['revision', '-m', 'first', '--rev-id', 'aaaa']) == 0\n"
    )
    loaded(program, folder)
    return folder


@pytest.mark.parametrize(
    "words",
    [["heads"], ["history"], ["history", "-v"], ["show", "aaaa"], ["--help"], ["--version"]],
    ids=" ".join,
)
def test_reading_revisions_loads_no_database(folder: Path, words: list[str]) -> None:
    program = f"from nbmigrate.cli import main\nassert main({words!r}) == 0"
    assert loaded(program, folder) & HEAVY_FOR_READING == set()


#: What costs a cold `heads` of thousands of revisions more than reading them; most is the standard library's.
SLOW = {
    *(
        "asyncio",
        "difflib",
        "dis",
        "email",
        "logging",
        "platform",
        "secrets",
        "shutil",
        "subprocess",
        "tempfile",
    ),
    *("tomllib", "traceback", "uuid", "zoneinfo"),
    *("nbmigrate.database", "nbmigrate.environment", "nbmigrate.graph.plan", "nbmigrate.graph.target"),
    *(
        "nbmigrate.commands.history.graph",
        "nbmigrate.commands.database.tables",
        "nbmigrate.commands.database.upgrade",
        "nbmigrate.schema",
    ),
}


def all_loaded(words: list[str], folder: Path) -> set[str]:
    """Every module that a command has loaded when it ends, by its whole name."""
    program = f"import sys\nfrom nbmigrate.cli import main\nassert main({words!r}) == 0\nprint()\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_heads_loads_what_it_needs(folder: Path) -> None:
    always = subprocess.run(
        [sys.executable, "-c", "import dataclasses, argparse, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all_loaded(["heads"], folder) & (SLOW - set(always.stdout.split())) == set()


def test_one_database_does_not_load_another(folder: Path) -> None:
    names = all_loaded(["current"], folder)
    assert "sqlalchemy.dialects.sqlite" in names
    assert names & {"sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql", "pandas", "mako"} == set()


def test_asking_where_a_database_stands_loads_no_operations(folder: Path) -> None:
    names = all_loaded(["current"], folder)
    assert (
        names & {"nbmigrate.operations", "nbmigrate.dialects", "nbmigrate.database.execution.executor"}
        == set()
    )


def test_the_package_itself_loads_nothing(folder: Path) -> None:
    names = loaded("import nbmigrate", folder)
    assert names & (HEAVY_FOR_READING | {"argparse", "configparser"}) == set()


def test_load_ext_loads_no_pandas_no_graphviz_no_widgets(folder: Path) -> None:
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import sys\n"
        "before = {name.split('.')[0] for name in sys.modules}\n"
        f"assert not before & {HEAVY_FOR_LOADING!r}, before\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'nbmigrate')"
    )
    assert loaded(program, folder) & HEAVY_FOR_LOADING == set()


#: What a panel needs when something is done in it, or on another database.
LATER = {
    *("pandas", "graphviz", "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql"),
    *(f"nbmigrate.dialects.{name}.dialect" for name in ("duckdb", "mysql", "postgresql")),
    *(f"nbmigrate.dialects.{name}" for name in ("mssql", "oracle", "warehouses")),
    *(f"nbmigrate.commands.database.{name}" for name in ("log", "preview", "tables")),
    *("nbmigrate.commands.project.init", "nbmigrate.commands.results.frames"),
    *("nbmigrate.database.events", "nbmigrate.database.execution.executor"),
    *("nbmigrate.database.journal.table", "nbmigrate.database.bookkeeping.run_log"),
    *(
        f"nbmigrate.notebook.{name}"
        for name in ("drawing.entity_widget", "explorer.source", "explorer.tables")
    ),
}


def test_the_explorer_is_shown_with_what_it_shows(folder: Path, tmp_path: Path) -> None:
    project = shutil.copytree(folder, tmp_path / "project")
    upgrade = [sys.executable, "-m", "nbmigrate", "upgrade", "head"]
    subprocess.run(upgrade, cwd=project, check=True)
    code = (
        "import sys; from nbmigrate import Project; from nbmigrate.notebook.explorer.explorer import Explorer;"
        " Explorer(Project.open())._repr_mimebundle_(); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    names = set(done.stdout.split())
    assert "nbmigrate.operations" in names
    assert names & LATER == set()
    assert [name for name in LATER if find_spec(name) is None] == []
