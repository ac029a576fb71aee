"""Drivers of databases, in environments of their own, and a project that is walked up and down on each."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import alembic_environment
from tests.environments import python_with

REPOSITORY = Path(__file__).parents[2]
#: What nbmigrate itself needs; it is run from the repository.
NEEDED = ("mako>=1.3", "pandas>=2.2", "sqlalchemy[asyncio]>=2.0")
SQLITE = (
    "aiosqlite==0.22.1",
    "pysqlite3==0.6.1",
    "pyturso==0.8.3",
    "sqlalchemy-libsql==0.2.0",
    "sqlcipher3==0.6.4",
    "sqlean.py==3.50.4.5",
)

SERVERS = (
    "aiomysql==0.3.2",
    "asyncmy==0.2.18",
    "asyncpg==0.32.0",
    "mysql-connector-python==26.10.0",
    "pg8000==1.31.6",
    "psycopg2-binary==2.9.13",
)

#: Commands, each with its exit code and what it printed.
Walk = list[tuple[str, int, str]]


@pytest.fixture(scope="session")
def sqlite_python(pytestconfig: pytest.Config) -> Path:
    """A Python with the drivers of SQLite."""
    return python_with(pytestconfig, "sqlite-drivers", NEEDED, SQLITE)


@pytest.fixture(scope="session")
def server_python(pytestconfig: pytest.Config) -> Path:
    """A Python with drivers of PostgreSQL and MariaDB."""
    return python_with(pytestconfig, "server-drivers", NEEDED, SERVERS)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment variables for a Python that runs nbmigrate from the repository."""
    cache = str(folder / "cache")
    return {**alembic_environment(), "PYTHONPATH": str(REPOSITORY), "NBMIGRATE_CACHE_DIR": cache}


def walk_on(python: Path, folder: Path, *words: str) -> Walk:
    """Walk a project up and down with a Python: a url, and what else `create_engine()` is given."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [python, "-B", Path(__file__).with_name("walk.py"), folder, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environment(folder),
    )
    assert done.returncode == 0, done.stderr
    return [
        (command, code, text.replace(str(folder), "FOLDER"))
        for command, code, text in json.loads(done.stdout)
    ]


def ends(walk: Walk) -> list[tuple[str, int]]:
    """Return how commands ended."""
    return [(words.partition(" --url")[0], code) for words, code, _ in walk]


def told(walk: Walk, *verbs: str) -> list[str]:
    """Return what commands printed, without the url: those of some verbs, or all."""
    found = [text for words, _, text in walk if not verbs or words.split()[0] in verbs]
    return [re.sub(r"\w+(\+\w+)?://[^ \n]*", "URL", text) for text in found]


@pytest.fixture(scope="session")
def ordinary_walk(sqlite_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """What is printed with Python's own driver."""
    return walk_on(sqlite_python, tmp_path_factory.mktemp("ordinary"), "sqlite:///x.db")


@pytest.fixture
def ours(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run nbmigrate in the test's folder with a Python, and return how that ended."""

    def run(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-B", "-m", "nbmigrate", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=120,
            env=environment(tmp_path),
        )

    return run
