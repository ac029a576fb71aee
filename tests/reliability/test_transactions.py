"""Revisions that end their transactions at random: no message is untrue, and a rerun ends as an undisturbed run does.

`python -m tests.reliability.transactions` goes on for longer. NBMIGRATE_TEST_TRANSACTIONS says how many examples are
tried, and NBMIGRATE_TEST_SEED which; what is counted is printed.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate.errors import MigrationFailedError
from tests.reliability.transaction_claims import State, after, untrue
from tests.reliability.transaction_examples import FAIL, Example, Model, Revision
from tests.reliability.transaction_places import place_for
from tests.reliability.transactions import Course

EXAMPLES = int(os.environ.get("NBMIGRATE_TEST_TRANSACTIONS", "2000"))
SEED = int(os.environ.get("NBMIGRATE_TEST_SEED", "13"))
#: How many of a hundred are on each database: by what one takes.
SHARES = {"sqlite": 70, "postgresql": 18, "mariadb": 12}


@pytest.fixture(scope="module")
def processes(server_url: Callable[[str], sa.URL]) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Processes that try the examples of each database, all at once: those of servers wait much."""
    servers = {
        f"NBMIGRATE_TEST_{name.upper()}": server_url(name).render_as_string(hide_password=False)
        for name in ("postgresql", "mariadb")
    }
    program = [sys.executable, "-m", "tests.reliability.transactions", f"--seed={SEED}"]
    with ExitStack() as stack:
        started = {}
        for name, share in SHARES.items():
            started[name] = stack.enter_context(
                subprocess.Popen(
                    [*program, f"--database={name}", f"--examples={EXAMPLES * share // 100}"],
                    cwd=Path(__file__).parents[2],
                    env={**os.environ, **servers},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            stack.callback(started[name].kill)
        yield started


@pytest.mark.parametrize("database", SHARES)
def test_what_is_said_to_remain_remains(
    database: str, processes: dict[str, subprocess.Popen[str]], counted: Callable[[str], None]
) -> None:
    said, _ = processes[database].communicate()

    counted(said.splitlines()[-1])
    assert processes[database].returncode == 0, said
    # Examples in which nothing happens prove nothing.
    for what in ("done", "killed", "messages that are true", "reruns that end right"):
        assert f" {what}" in said


STAYS = "The revision had committed, so this stays in effect:\n"
LISTED = f"{STAYS}  CREATE TABLE t2 ( ...\n  INSERT INTO log (n) VALUES (3)\n"


@pytest.mark.parametrize(
    ("hint", "found", "wrong"),
    [
        ("It was rolled back: nothing of it remains. The database stands at r1. Go on.", {1}, ""),
        ("It was rolled back: nothing of it remains. The database stands at r1. Go on.", {1, 2}, "is there"),
        (
            "It was rolled back: nothing of it remains. The database stands at base. Go on.",
            {1},
            "it stands at",
        ),
        (f"{LISTED}The database stands at r1, with revision r2 interrupted. Go on.", {1, 2}, ""),
        (f"{LISTED}The database stands at r1, with revision r2 interrupted. Go on.", {1}, "is there"),
        (
            f"{LISTED.replace('stays', 'may be')}The database stands at r1. Go on.",
            {1, 2, 4},
            "more is in effect",
        ),
    ],
)
def test_what_is_untrue_is_found(hint: str, found: set[int], wrong: str) -> None:
    """A judge that finds nothing untrue proves nothing."""
    base = Model({1})
    model = after(base, [f"CREATE TABLE t{number}" for number in found])
    if 2 in found and "INSERT" in hint:
        model.rows[3] += 1
    error = MigrationFailedError("Upgrade of revision r2 failed: x", hint, revision="r2", position=("r1",))
    state = State(model, ("r1",), frozenset())
    verdict = untrue(error, state, state, {("r1",): base})
    assert bool(wrong) == bool(verdict) and wrong in verdict


CAUGHT = ["try:", "    op.execute('INSERT INTO nowhere VALUES (1)')", "except Exception:", "    pass"]
UNDONE = [
    "op.execute('SAVEPOINT s')",
    "op.execute('INSERT INTO log VALUES (1)')",
    "op.execute('ROLLBACK TO SAVEPOINT s')",
]
INSERT, BY_DRIVER = "op.execute('INSERT INTO log VALUES (2)')", "bind.connection.commit()"


CLOSED = [INSERT, BY_DRIVER, "bind.close()"]
BLOCK = ["with op.get_context().autocommit_block():", "    op.execute('INSERT INTO log VALUES (3)')"]


@pytest.mark.parametrize(
    ("mode", "lines", "good"),
    [
        ("each", [*CAUGHT, *UNDONE, INSERT, BY_DRIVER, FAIL], "reruns that end right"),
        ("each", [*UNDONE, "bind.rollback()", INSERT, "bind.commit()", FAIL], "reruns that end right"),
        ("each", CLOSED, "messages that are true"),
        ("whole", CLOSED, "messages that are true"),
        ("whole", [*BLOCK, INSERT, "bind.close()"], "messages that are true"),
        ("each", [INSERT, "bind.commit()", "bind.close()", "bind.begin_nested()"], "messages that are true"),
        ("autocommit", CLOSED, "messages that are true"),
        ("caller", CLOSED, "messages that are true"),
        ("caller", [INSERT, BY_DRIVER, "bind.invalidate()"], "messages that are true"),
        ("caller", ["op.execute('ROLLBACK')", INSERT], "messages that are true"),
    ],
)
def test_what_was_untrue_once(mode: str, lines: list[str], good: str, tmp_path: Path) -> None:
    """Examples that were found."""
    revisions = [Revision("r0", [], Model()), Revision("r1", lines, Model(rows=Counter({2: 1})))]
    example = Example("sqlite", mode, "error", True, revisions, is_certain=FAIL in lines)
    counted: Counter[str] = Counter()
    (tmp_path / "files").mkdir()
    with place_for("sqlite", tmp_path) as place:
        Course(place, tmp_path / "files", example, random.Random(0), counted).run()
    assert counted[good]
