"""The server ends a connection in the middle of a run: what is said of it, and what the next run makes of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

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
