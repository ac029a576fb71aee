"""The alembic package, in an environment of its own: nbmigrate never shares one with it."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ALEMBIC = "alembic==1.20.1"
Alembic = Callable[..., str]


@pytest.fixture(scope="session")
def alembic_executable(request: pytest.FixtureRequest) -> Path:
    """The alembic command; made once and kept in pytest's cache folder, since it takes seconds and the network."""
    cache = request.config.cache
    assert cache is not None
    home = Path(cache.mkdir("alembic")) / f"{ALEMBIC}-py{sys.version_info.major}.{sys.version_info.minor}"
    executable = home / ("Scripts" if os.name == "nt" else "bin") / "alembic"
    if not executable.exists():
        venv.create(home, with_pip=True)
        python = executable.with_name("python")
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", ALEMBIC], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            lacking = (
                f"{ALEMBIC} cannot be installed into an environment of its own: {done.stderr.strip()[-300:]}"
            )
            if os.environ.get("CI") == "true":
                pytest.fail(lacking)
            pytest.skip(lacking)
    return executable


@pytest.fixture
def alembic(alembic_executable: Path, tmp_path: Path) -> Alembic:
    """Run the alembic command in the test's folder and return what it prints."""

    def run(*words: str) -> str:
        done = subprocess.run(
            [alembic_executable, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        )
        assert done.returncode == 0, f"alembic {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
