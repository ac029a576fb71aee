"""Environments of other packages, Python's and Node's, made once and kept in pytest's cache folder.

They take seconds and the network.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest
from filelock import FileLock


def python_with(config: pytest.Config, name: str, *installs: Sequence[str]) -> Path:
    """Return the Python of an environment; where it cannot be made the test is skipped, and in CI fails.

    Parameters
    ----------
    config
        Knows the cache folder.
    name
        The environment's.
    installs
        The words for each `pip install`.
    """
    assert config.cache is not None
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    home = Path(config.cache.mkdir("environments")) / f"{name}-{version}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready, wanted = home / "ready", repr(installs)
    # Several workers may want it at once.
    with FileLock(f"{home}.lock"):
        if not ready.exists() or ready.read_text() != wanted:
            venv.create(home, with_pip=True, clear=True)
            for words in installs:
                _pip(python, *words)
            ready.write_text(wanted)
    return python


def folder_with(config: pytest.Config, python: Path, name: str, package: str) -> Path:
    """Return a folder with one package and nothing that it needs, for the path of an environment that has that."""
    assert config.cache is not None
    folder = Path(config.cache.mkdir("environments")) / name
    with FileLock(f"{folder}.lock"):
        if not (folder / "ready").exists():
            _pip(python, "--no-deps", "--target", str(folder), package)
            (folder / "ready").touch()
    return folder


def node_packages(config: pytest.Config, name: str, packages: Sequence[str]) -> Path:
    """Return the folder of the commands of npm packages; where they cannot be had the test is skipped, and in CI fails.

    Parameters
    ----------
    config
        Knows the cache folder.
    name
        The folder's.
    packages
        What `npm install` is given.
    """
    assert config.cache is not None
    home = Path(config.cache.mkdir("environments")) / name
    ready, wanted = home / "ready", repr(packages)
    with FileLock(f"{home}.lock"):
        if not ready.exists() or ready.read_text() != wanted:
            home.mkdir(exist_ok=True)
            (home / "package.json").write_text("{}")
            _run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(home), *packages])
            ready.write_text(wanted)
    return home / "node_modules" / ".bin"


def _pip(python: Path, *words: str) -> None:
    _run([str(python), "-m", "pip", "install", "--quiet", *words])


def _run(words: Sequence[str]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        trouble = done.stderr.strip()[-300:] if done.returncode != 0 else None
    except FileNotFoundError as error:
        trouble = str(error)
    if trouble is not None:
        lacking = f"{' '.join(words)} failed: {trouble}"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
