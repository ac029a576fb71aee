"""The server ends a connection in the middle of a run: what is said of it, and what the next run makes of it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.reliability.databases import Database
from tests.reliability.histories import REVISIONS, ledger, total, write
from tests.reliability.runners import Ran, Runners

UPGRADE = ("upgrade", "head")
#: What each driver says.
SAID = {
    "postgresql": "terminating connection due to administrator command",
    "mariadb": "Lost connection to MySQL server during query",
}


@dataclass(frozen=True)
class Scene:
    """A project on a server, and where its first run sends what."""

    server: str
    runners: Runners
    folder: Path
    database: Database
    points: tuple[str, ...]

    def run(self, label: str | None = None, what: str = "cut") -> Ran:
        """Upgrade; let it happen at the point that a label begins."""
        at = None if label is None else [point.startswith(label) for point in self.points].index(True) + 1
        return self.runners.run(self.folder, UPGRADE, at, what)

    @property
    def is_right(self) -> bool:
        """Whether every revision has run once, in order."""
        found = self.database.everything()
        return (found["rows of total"], len(found["rows of ledger"])) == ([f"({total()},)"], REVISIONS)


@pytest.fixture(params=["postgresql", "mariadb"])
def scene(
    request: pytest.FixtureRequest,
    runners: Runners,
    database: Callable[[str], AbstractContextManager[Database]],
    tmp_path: Path,
) -> Iterator[Scene]:
    with database(request.param) as made:
        write(tmp_path, made.url, ledger(ddl=False))
        points = runners.run(tmp_path, UPGRADE).points
        made.empty()
        yield Scene(request.param, runners, tmp_path, made, points)


def test_the_connection_of_the_run(scene: Scene) -> None:
    """The revision is undone, the person is not sent to correct a file that is right, and the next run goes on."""
    statement = "UPDATE total SET value = (value * 31 + 7)"
    ran = scene.run(f"before {statement}")

    assert ran.code == 1
    assert ran.output[ran.output.index("FAILED") :] == (
        f"FAILED: Upgrade of revision 0007 failed: the connection to the database was lost: {SAID[scene.server]}\n"
        f"  in scripts/versions/0007.py, line 17\n"
        f"  {statement} % 1000003\n"
        "It was rolled back: nothing of it remains. The database stands at 0006. "
        "Wait until the database can be reached, then run the same command again.\n"
    )
    assert scene.run().code == 0
    assert scene.is_right


def test_the_connection_of_the_lock(scene: Scene) -> None:
    """The run is told before its next revision, takes the lock again, and ends."""
    ran = scene.run("before INSERT INTO ledger VALUES (7", "cut others")

    assert ran.code == 0
    assert "The connection that held the lock was lost; the lock was taken again." in ran.output
    assert scene.is_right


class Line:
    """A line to a server that goes dead, for good, behind the COMMIT of a statement.

    Parameters
    ----------
    server
        Where the server is.
    statement
        What it begins with.
    """

    def __init__(self, server: tuple[str, int], statement: bytes) -> None:
        self._server = server
        self._statement = statement
        self._is_dead = threading.Event()
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._ends += [near, far]
            for from_, to in ((near, far), (far, near)):
                threading.Thread(target=self._bring, args=(from_, to, from_ is near), daemon=True).start()

    def _bring(self, from_: socket.socket, to: socket.socket, there: bool) -> None:
        was_brought = False
        with suppress(OSError):
            while data := from_.recv(65536):
                was_brought = was_brought or self._statement in data
                if there and was_brought and b"COMMIT" in data:
                    self._is_dead.set()
                # The server has done it, and its answer finds nobody.
                if self._is_dead.is_set() and not there:
                    break
                to.sendall(data)
        if self._is_dead.is_set():
            self.close()
        to.close()

    def close(self) -> None:
        """Let nobody through any more."""
        for end in (self._door, *self._ends):
            # A thread that waits at one is woken by this alone.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_the_answer_to_a_commit_is_lost(scene: Scene) -> None:
    """Nobody can tell whether it took effect, and nobody says so."""
    url = sa.make_url(scene.database.url)
    assert url.host
    port = url.port or {"postgresql": 5432, "mariadb": 3306}[scene.server]
    with closing(Line((url.host, port), b"INSERT INTO ledger VALUES (7,")) as line:
        near = url.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        write(scene.folder, near, ledger(ddl=False))
        ran = scene.run()
    write(scene.folder, scene.database.url, ledger(ddl=False))

    assert ran.code == 1
    assert (
        "COMMIT\nWhether that took effect is unknown: the database does not answer. It stood at 0006 "
        in ran.output
    )
    assert ran.output.endswith(
        " before. Wait until the database can be reached, then run the same command again.\n"
    )
    assert scene.run().code == 0
    assert scene.is_right
