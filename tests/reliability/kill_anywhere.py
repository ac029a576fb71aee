"""Kill a run at every point of it, run the command again, and compare with a run that nobody disturbed.

    python tests/reliability/kill_anywhere.py --database sqlite

A point is before and after every statement and commit, and, on a server, when one was sent and is not answered yet. The
servers are those of NBMIGRATE_TEST_POSTGRESQL and NBMIGRATE_TEST_MARIADB.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.reliability.databases import Database, Found, made
from tests.reliability.histories import story, write
from tests.reliability.points import is_alike
from tests.reliability.runners import KILLED, OURS, Package, Ran, Runners

#: One after the other they come to where they began. The first downgrade leaves the table that would show a double run.
COMMANDS = (("upgrade", "head"), ("downgrade", "0001"), ("downgrade", "base"))


class Phase(NamedTuple):
    """A command as it goes when nobody disturbs it: its points, and what the database holds after it."""

    words: tuple[str, ...]
    points: tuple[str, ...]
    end: Found


@dataclass
class Outcome:
    """What came of it: how often it happened, in how many reruns again, and what was wrong after the last one."""

    points: int = 0
    twice: int = 0
    unclear: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


class UnlikeError(Exception):
    """A run is not the one whose points were counted, or does not work where it did before."""


class Sweep:
    """The commands on one database, over and over again, each time with something happening at another point.

    Parameters
    ----------
    runners
        Run the commands.
    folder
        The folder of the project.
    database
        The database, which nobody else uses.
    what
        What happens, see `Points`.
    """

    def __init__(self, runners: Runners, folder: Path, database: Database, what: str = "kill") -> None:
        self._runners = runners
        self._folder = folder
        self._database = database
        self._what = what
        self.phases = [self._undisturbed(words) for words in COMMANDS]
        self._outcome = Outcome()
        #: How many commands the database is past; None if it is anywhere else.
        self._past: int | None = None

    def _undisturbed(self, words: tuple[str, ...]) -> Phase:
        ran = self._runners.run(self._folder, words)
        if ran.code:
            raise UnlikeError(f"{' '.join(words)} does not work at all:\n{ran.output}")
        return Phase(words, ran.points, self._database.everything())

    def run(self, first: int, step: int, alike: int, twice: int, chance: random.Random) -> Outcome:
        """Let it happen at the points; see `sweep`."""
        most = max(len(phase.points) for phase in self.phases)
        again = {(chance.randrange(len(COMMANDS)), chance.randint(1, most)) for _ in range(twice)}
        for number in range(first, most + 1, step):
            for index, phase in enumerate(self.phases):
                if number > len(phase.points) or (is_alike(phase.points, number) and chance.randrange(alike)):
                    continue
                self._bring_to(index)
                second = chance.randint(1, number) if (index, number) in again else None
                self._disturb(index, number, second)
        return self._outcome

    def _bring_to(self, index: int) -> None:
        """Make the database stand as it does before a command."""
        if self._past == len(COMMANDS):
            self._forget()
            self._past = 0
        elif self._past is None or self._past > index:
            self._database.empty()
            self._past = 0
        for phase in self.phases[self._past : index]:
            ran = self._runners.run(self._folder, phase.words)
            if ran.code:
                raise UnlikeError(f"What worked does not work any more:\n{ran.output}")
        self._past = index

    def _forget(self) -> None:
        """Take away what stays at base."""
        engine = sa.create_engine(self._database.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")

    def _disturb(self, index: int, number: int, second: int | None) -> None:
        phase = self.phases[index]
        where = f"{' '.join(phase.words)}, point {number}: {phase.points[number - 1]}"
        if not self._happens(phase, number, where):
            return
        self._outcome.points += 1
        if second is not None and self._happens(phase, second, where):
            self._outcome.twice += 1
            where += f"; the rerun at point {second}"
        ran = self._runners.run(self._folder, phase.words)
        if ran.code:
            self._outcome.failed.append(f"{where}\n{ran.output.strip()}")
            return
        found = self._database.everything()
        if found != phase.end:
            self._outcome.different.append(f"{where}\n{_difference(phase.end, found)}")
        else:
            self._past = index + 1

    def _happens(self, phase: Phase, number: int, where: str) -> bool:
        """Run with something happening at a point, and return whether the run came to the point."""
        self._past = None
        ran = self._runners.run(self._folder, phase.words, number, self._what)
        if self._what == "kill":
            if ran.code not in (0, KILLED):
                self._outcome.failed.append(f"{where}\n{ran.output.strip()}")
            # An answer that comes in two pieces makes one point more, which another run has not.
            return ran.code == KILLED
        if not _is_clear(ran):
            self._outcome.unclear.append(f"{where}\n{ran.output.strip()}")
        return len(ran.points) >= number


def _is_clear(ran: Ran) -> bool:
    """Whether a run could do without a connection that ended, or says so in a message and no traceback."""
    _, failed, message = ran.output.partition("FAILED: ")
    return ran.code == 0 or (ran.code == 1 and bool(failed) and "Traceback" not in message)


def _difference(expected: Found, found: Found) -> str:
    keys = sorted(key for key in {*expected, *found} if expected.get(key) != found.get(key))
    return "\n".join(f"{key}: {found.get(key)}\n  instead of {expected.get(key)}" for key in keys)


def sweep(
    name: str,
    package: Package,
    home: Path,
    servers: Mapping[str, str],
    *,
    what: str = "kill",
    step: int = 1,
    alike: int = 1,
    twice: int = 0,
    seed: int = 0,
    jobs: int = 2,
    settings: Mapping[str, str] | None = None,
) -> Outcome:
    """Disturb the runs of a package on one kind of database, and return what came of it.

    Parameters
    ----------
    name
        The database: "sqlite", "postgresql" or "mariadb".
    package
        Whose runs.
    home
        A folder for projects, files of databases and caches.
    servers
        The urls of servers.
    what
        What happens to the runs, see `Points`.
    step
        At which points: every so manieth.
    alike
        Of the points that nothing which lasts parts from the one before: one in so many.
    twice
        How many reruns are disturbed too, at the most.
    seed
        Decides which of them.
    jobs
        How many do it at a time, each on a database of its own.
    settings
        More settings for the project's ini.
    """

    def share(job: int) -> Outcome:
        folder = home / f"{name}-{job}"
        (folder / "project").mkdir(parents=True)
        with made(name, folder, servers) as database, Runners(package, folder / "cache") as runners:
            write(folder / "project", database.url, story(), **settings or {})
            whole = Sweep(runners, folder / "project", database, what)
            return whole.run(
                step * (job + 1), step * jobs, alike, twice // jobs, random.Random(f"{seed} {job}")
            )

    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(share, range(jobs)), Outcome())


def servers() -> dict[str, str]:
    """Return the urls of the servers, by the environment."""
    return {
        name: os.environ[f"NBMIGRATE_TEST_{name.upper()}"]
        for name in ("postgresql", "mariadb")
        if f"NBMIGRATE_TEST_{name.upper()}" in os.environ
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it, and say whether all is well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--database", default="sqlite", choices=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("--alembic-python", help="run alembic instead: the Python of its environment")
    parser.add_argument(
        "--what", default="kill", choices=["kill", "cut", "cut others"], help="cut: end connections instead"
    )
    parser.add_argument("--step", type=int, default=1, help="only at every so manieth point")
    parser.add_argument("--alike", type=int, default=1, help="of points like the one before, one in so many")
    parser.add_argument("--twice", type=int, default=0, help="how many reruns to disturb too, at most")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args(arguments)
    package = Package("alembic", options.alembic_python) if options.alembic_python else OURS
    with tempfile.TemporaryDirectory() as home:
        given = {name: getattr(options, name) for name in ("what", "step", "alike", "twice", "seed", "jobs")}
        found = sweep(options.database, package, Path(home), servers(), **given)
    for title in ("unclear", "failed", "different"):
        for each in getattr(found, title):
            print(f"{title}: {each}\n")
    print(
        f"{package.name}, {options.database}: {options.what} at {found.points} points, in {found.twice} reruns again "
        f"(seed {options.seed}): reruns that failed {len(found.failed)}, that ended differently {len(found.different)}"
    )
    return int(bool(found.unclear or found.failed or found.different))


if __name__ == "__main__":
    sys.exit(main())
