"""A project on a database of its own, migrated by alembic or by us."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import alembic_environment
from tests.real.histories import History
from tests.real.installing import site_packages

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command gave."""

    code: int
    out: str
    err: str
    seconds: float
    processor: float


class Side:
    """A command that stays up, on one database.

    Parameters
    ----------
    which
        "alembic" or "nbmigrate".
    process
        Its process.
    ini
        The configuration that it is given.
    """

    def __init__(self, which: str, process: "subprocess.Popen[str]", ini: Path) -> None:
        self.which = which
        self._process = process
        self._ini = ini
        self.seconds = 0.0
        self.processor = 0.0

    def run(self, *words: str) -> Answer:
        """Run a command line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(["-c", str(self._ini), *words]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.which} {' '.join(words)}: the process ended")
        answer = Answer(**json.loads(line))
        self.seconds += answer.seconds
        self.processor += answer.processor
        return answer


@contextmanager
def side(which: str, history: History, python: Path, url: sa.URL, folder: Path) -> Iterator[Side]:
    """Start a command for a history on a database, and end it.

    Parameters
    ----------
    which
        "alembic" or "nbmigrate".
    history
        The history.
    python
        The Python of its environment.
    url
        The database, with the driver that the history wants.
    folder
        A folder for the files that the command needs.
    """
    packages = site_packages(python)
    text = url.render_as_string(hide_password=False)
    environment = alembic_environment() | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PREFECT_HOME": str(folder),
        "NBMIGRATE_CACHE_DIR": str(folder),
    }
    if history.url_variable is not None:
        environment[history.url_variable] = text
    ini = packages / history.ini if history.ini else _own_ini(packages / history.location, text, folder)
    asked = [str(python), str(ROOT / "tests" / "real" / "peer.py"), which]
    asked += ["--in-worker-thread"] if history.in_worker_thread else []
    with subprocess.Popen(
        asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        yield Side(which, process, ini)
        assert process.stdin is not None
        process.stdin.close()


def _own_ini(location: Path, url: str, folder: Path) -> Path:
    """Write what its program says in Python: where the scripts are, and the url."""
    path = folder / f"{abs(hash(url)):x}.ini"
    lines = ["[alembic]", f"script_location = {location}", f"sqlalchemy.url = {url.replace('%', '%%')}", ""]
    # An env.py may give the file to logging.config.fileConfig, which wants these.
    lines += [
        "[loggers]",
        "keys = root",
        "[handlers]",
        "keys =",
        "[formatters]",
        "keys =",
        "[logger_root]",
        "handlers =",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def begin(history: History, python: Path, url: sa.URL) -> None:
    """Make the tables that a history's first revision finds."""
    if history.begin:
        text = url.render_as_string(hide_password=False)
        code = f"import sqlalchemy as sa\nengine = sa.create_engine({text!r})\n{history.begin}"
        environment = {**alembic_environment(), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"]}
        subprocess.run([python, "-c", code], check=True, env=environment, capture_output=True)
