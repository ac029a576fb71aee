"""What must not be loaded before it is used, looked at in a fresh interpreter."""

import subprocess
import sys
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
