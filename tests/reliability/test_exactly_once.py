"""Many runs at once on one database, one of them killed: every revision is applied once, by one run after the other.

NBMIGRATE_TEST_ROUNDS says how many rounds each database gets; what is counted is printed.
"""

import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.reliability.databases import Database
from tests.reliability.histories import REVISIONS, ledger
from tests.reliability.races import PROCESSES, Race, races
from tests.reliability.runners import Runners

ROUNDS = int(os.environ.get("NBMIGRATE_TEST_ROUNDS", "20"))


def check(race: Race) -> None:
    assert [ran.output for ran in race.failed] == []
    assert (race.lost, race.twice, race.is_right) == (0, 0, True)
    assert race.runs == (1 if race.killed is None else 2)
    # Never one after the other and back again.
    assert race.turns == race.runs
    assert {f"t{number}" for number in range(1, REVISIONS + 1)} <= race.tables
    workers = {pid for _, pid in race.done}
    idle = [ran for ran in race.ran if ran.pid not in workers]
    assert [ran for ran in idle if "Nothing to upgrade: the database is at 0020" not in ran.output] == []


@pytest.mark.parametrize("kill", [False, True], ids=["all live", "one killed"])
@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"])
def test_every_revision_once(
    server: str,
    kill: bool,
    runners: Runners,
    database: Callable[[str], AbstractContextManager[Database]],
    tmp_path: Path,
    counted: Callable[[str], None],
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed) if kill else None
    scripts = ledger(concurrently=server == "postgresql")
    runs = waits = 0
    with database(server) as made:
        for race in races(runners, tmp_path, made, scripts, ROUNDS, chance):
            check(race)
            runs, waits = runs + race.runs, waits + sum("Waited" in ran.output for ran in race.ran)
    counted(
        f"{server}, {'one killed' if kill else 'all live'}: {ROUNDS} rounds of {PROCESSES} processes and "
        f"{REVISIONS} revisions: {runs} runs did the work, {waits} waited, 0 lost, 0 twice (seed {seed})"
    )
