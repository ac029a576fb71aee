"""Other programs, in an environment of their own: alembic, and Flask-Migrate."""

import functools
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import alembic_environment

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
def peer_python(request: pytest.FixtureRequest) -> Path:
    """A Python that has alembic, what people use with it, and drivers; made once and kept in pytest's cache folder."""
    cache = request.config.cache
    assert cache is not None
    home = Path(cache.mkdir("peers")) / f"py{sys.version_info.major}.{sys.version_info.minor}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = home / "ready"
    if not ready.exists() or ready.read_text() != str(PACKAGES):
        venv.create(home, with_pip=True, clear=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *PACKAGES],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            lacking = f"{PACKAGES} cannot be installed: {done.stderr.strip()[-300:]}"
            if os.environ.get("CI") == "true":
                pytest.fail(lacking)
            pytest.skip(lacking)
        ready.write_text(str(PACKAGES))
    return python


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
