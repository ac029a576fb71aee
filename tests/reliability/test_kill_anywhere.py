"""Runs that are killed anywhere, and connections that end anywhere: the same command, run again, ends right.

A point that only a question parts from the one before it, or rows on their way, stands for three others like it, unless
NBMIGRATE_TEST_KILLS is "all"; what is counted is printed.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.reliability.kill_anywhere import Outcome, main, sweep
from tests.reliability.runners import OURS

ALIKE = 1 if os.environ.get("NBMIGRATE_TEST_KILLS") == "all" else 4
#: The points where a server ends connections: what becomes of them differs less from one to the next.
CUT_STEP = 1 if ALIKE == 1 else 13

Disturb = Callable[..., Outcome]


@pytest.fixture
def disturb(server_url: Callable[[str], sa.URL], tmp_path: Path, counted: Callable[[str], None]) -> Disturb:
    """Sweep over a kind of database, and print what was counted."""

    def run(name: str, what: str, **options: Any) -> Outcome:
        urls = {} if name == "sqlite" else {name: server_url(name).render_as_string(hide_password=False)}
        seed = random.randrange(10**6)
        outcome = sweep(name, OURS, tmp_path, urls, what=what, seed=seed, **options)
        wrong = len(outcome.failed) + len(outcome.different)
        counted(
            f"{name}, {what}: at {outcome.points} points, in {outcome.twice} reruns again; "
            f"{wrong} not mended by a rerun (seed {seed})"
        )
        return outcome

    return run


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"])
def test_a_killed_run_is_run_again(server: str, disturb: Disturb) -> None:
    outcome = disturb(server, "kill", alike=ALIKE, twice=60, jobs=3)

    assert outcome.failed == []
    assert outcome.different == []
    assert outcome.points >= 150
    assert outcome.twice > 0


@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_a_killed_run_that_is_one_transaction(server: str, disturb: Disturb) -> None:
    outcome = disturb(server, "kill", step=3, alike=ALIKE, settings={"transaction": "whole-run"})

    assert outcome.failed == []
    assert outcome.different == []
    assert outcome.points >= 40


@pytest.mark.parametrize("what", ["cut", "cut others"])
@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_run_whose_connection_ended_is_run_again(server: str, what: str, disturb: Disturb) -> None:
    outcome = disturb(server, what, step=CUT_STEP)

    assert outcome.unclear == []
    assert outcome.failed == []
    assert outcome.different == []
    assert outcome.points >= 200 // CUT_STEP


def test_the_program_prints_what_it_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--step=60", "--seed=7"]) == 0
    assert capsys.readouterr().out == (
        "nbmigrate, sqlite: kill at 4 points, in 0 reruns again (seed 7): "
        "reruns that failed 0, that ended differently 0\n"
    )
