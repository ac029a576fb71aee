"""What notebook 2 leaves behind is a project that the alembic command goes on with."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import Alembic

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02-existing-alembic-project.ipynb"
ADDED = "c58e20d4f7a3"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The folder that the notebook has worked in."""
    shutil.copy(NOTEBOOK, tmp_path)
    notebook = nbformat.read(tmp_path / NOTEBOOK.name, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    return tmp_path / "shop"


def columns(shop: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_alembic_goes_on(shop: Path, alembic: Alembic) -> None:
    def run(*words: str) -> str:
        return alembic(*words, cwd=shop).strip()

    assert run("heads") == run("current") == f"{ADDED} (head)"
    assert len(run("history").splitlines()) == 7
    assert "city" in columns(shop, "customer")
    run("downgrade", "-1")
    assert "city" not in columns(shop, "customer")
    assert run("current") == "93d4c7f0b18e"
    run("downgrade", "base")
    assert columns(shop, "purchase") == []
    run("upgrade", "head")
    assert "city" in columns(shop, "customer")
    assert "total_cents" in columns(shop, "purchase")
    assert run("current") == f"{ADDED} (head)"


def test_the_new_revision_is_of_the_projects_template(shop: Path) -> None:
    (path,) = (shop / "migrations" / "versions").glob(f"{ADDED}_*.py")
    assert path.read_text(encoding="utf-8").startswith(
        '# The shop\'s database. Review: two people; no DROP without a backup.\n"""customers have a city\n'
    )
    assert "from nbmigrate" not in path.read_text(encoding="utf-8")
