"""Environments of their own for packages whose migrations are run."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

from tests.conftest import ALEMBIC
from tests.real.histories import History

#: Where the environments are, instead of a folder in the user's cache.
VARIABLE = "NBMIGRATE_TEST_CACHE"


class NotInstalledError(Exception):
    """The package index did not give what is needed; the text says what pip said."""


def cache_folder() -> Path:
    """Return where environments are kept from one run to the next; it is safe to delete."""
    base = os.environ.get(VARIABLE) or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nbmigrate-real"


def install(history: History, cache: Path) -> Path:
    """Return the Python of an environment with a package, what its migrations import, and alembic.

    It is made once and kept. The package itself is downloaded as a wheel and installed without what it requires; of
    that only what the migrations import follows.

    Raises
    ------
    NotInstalledError
        pip failed.
    """
    home = cache / f"{history.requirement}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = home / "installed"
    if done.exists():
        return python
    venv.create(home, with_pip=True, clear=True)
    _pip(python, "download", "--no-deps", "--dest", str(home), history.requirement)
    (wheel,) = home.glob("*.whl")
    needed = [line for line in _requirements(wheel) if _name(line) not in history.without]
    _pip(python, "install", "--no-deps", str(wheel))
    _pip(python, "install", ALEMBIC, *history.requirements, *needed)
    wheel.unlink()
    done.touch()
    return python


def site_packages(python: Path) -> Path:
    """Return where an environment has its packages."""
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())


def _requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        metadata = Parser().parsestr(archive.read(name).decode())
    return [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()


def _pip(python: Path, *words: str) -> None:
    asked = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotInstalledError(f"pip {' '.join(words[:3])} ...: {done.stderr.strip()[-400:]}")
