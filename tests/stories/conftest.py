"""Other programs, in an environment of their own: alembic, and Flask-Migrate."""

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import alembic_environment
from tests.environments import python_with

REPOSITORY = Path(__file__).parents[2]
PACKAGES = (
    "alembic==1.20.1",
    "alembic_postgresql_enum==1.11.0",
    "alembic_utils==0.8.8",
    "Flask-Migrate==4.1.0",
    "SQLAlchemy[asyncio]>=2.0",
    "aiosqlite>=0.20",
    "psycopg[binary]>=3.1",
)


@pytest.fixture(scope="session")
def peer_python(pytestconfig: pytest.Config) -> Path:
    """A Python that has alembic, what people use with it, and drivers."""
    return python_with(pytestconfig, "peers", PACKAGES)


def run_in(folder: Path, python: Path, *words: str, fails: bool = False) -> str:
    """Run a Python with words in a folder, with nbmigrate where it finds it; return what it prints."""
    done = subprocess.run(
        [python, "-B", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**alembic_environment(), "PYTHONPATH": str(REPOSITORY)},
    )
    assert (done.returncode != 0) == fails, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + (done.stderr if fails else "")


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., str]:
    """Run a Python in the test's folder; see `run_in`."""
    return functools.partial(run_in, tmp_path)
