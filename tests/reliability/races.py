"""Eight processes that migrate one database at once: who did what, and what was lost or done twice."""

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.reliability.databases import Database
from tests.reliability.histories import REVISIONS, Script, total, write
from tests.reliability.runners import KILLED, Ran, Runners

PROCESSES = 8


@dataclass(frozen=True)
class Race:
    """What came of one round.

    Parameters
    ----------
    ran
        The processes.
    killed
        The id of the one that was killed.
    done
        Which process did each revision, in the order in which they were done.
    versions
        The rows of the version table.
    total
        What the data steps came to; None if there is nothing.
    tables
        The names of the tables.
    """

    ran: tuple[Ran, ...]
    killed: int | None
    done: tuple[tuple[int, int], ...]
    versions: tuple[str, ...]
    total: int | None
    tables: frozenset[str]

    @property
    def failed(self) -> list[Ran]:
        """The processes that did not end well, but for the one that was killed."""
        return [ran for ran in self.ran if ran.code != (KILLED if ran.pid == self.killed else 0)]

    @property
    def lost(self) -> int:
        """How many revisions nobody did."""
        return REVISIONS - len({number for number, _ in self.done})

    @property
    def twice(self) -> int:
        """How often a revision was done once more."""
        return len(self.done) - len({number for number, _ in self.done})

    @property
    def is_right(self) -> bool:
        """Whether the database holds what a single run makes of it."""
        return (self.versions, self.total) == ((f"{REVISIONS:04d}",), total())

    @property
    def runs(self) -> int:
        """How many runs had a part in it."""
        return len({pid for _, pid in self.done})

    @property
    def turns(self) -> int:
        """How many there would be if nobody had come back after another."""
        pids = [pid for _, pid in self.done]
        return 1 + sum(before != after for before, after in pairwise(pids))


def races(
    runners: Runners,
    folder: Path,
    database: Database,
    scripts: list[Script],
    rounds: int,
    chance: random.Random | None = None,
) -> Iterator[Race]:
    """Race on an empty database, again and again; with a chance, one process is killed each time."""
    write(folder, database.url, scripts)
    for number in range(rounds):
        if number:
            database.empty()
        # Late enough for the others to take over, and early enough that there is something left for them.
        yield _race(runners, folder, database, chance.randint(1, REVISIONS - 8) if chance else None)


def _race(runners: Runners, folder: Path, database: Database, kill_after: int | None) -> Race:
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(runners.run_all, folder, ("upgrade", "head"), PROCESSES)
        killed = None if kill_after is None else _kill_who_runs(engine, kill_after)
        ran = tuple(running.result())
    with engine.connect() as connection:
        tables = frozenset(sa.inspect(connection).get_table_names())

        def rows(table: str, query: str) -> list[sa.Row[Any]]:
            return list(connection.exec_driver_sql(query)) if table in tables else []

        return Race(
            ran,
            killed,
            tuple((number, pid) for number, pid in _ledger(connection)) if "ledger" in tables else (),
            tuple(str(row[0]) for row in rows("alembic_version", "SELECT version_num FROM alembic_version")),
            next((int(row[0]) for row in rows("total", "SELECT value FROM total")), None),
            tables,
        )


def _ledger(connection: sa.Connection) -> list[tuple[int, int]]:
    rows = connection.exec_driver_sql("SELECT step, pid FROM ledger ORDER BY step")
    return [(step, pid) for step, pid in rows]


def _kill_who_runs(engine: sa.Engine, steps: int) -> int:
    """Kill the process that did the last step, when so many are done; return its id."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done: list[tuple[int, int]] = []
        with suppress(sa.exc.DBAPIError), engine.connect() as connection:
            done = _ledger(connection)
        if len(done) >= steps:
            os.kill(done[-1][1], signal.SIGKILL)
            return done[-1][1]
        time.sleep(0.002)
    raise TimeoutError("Nobody runs.")
