"""Many runs at once on one database, one of them killed: every revision is applied once, by one run after the other.

NBMIGRATE_TEST_ROUNDS says how many rounds each database gets; what is counted is printed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands

ROUNDS = int(os.environ.get("NBMIGRATE_TEST_ROUNDS", "1"))
RUNNERS, REVISIONS = 8, 20
#: A process that is ready to run, and begins when the others do.
RUNNER = """
import sys
from nbmigrate import cli
from nbmigrate.database import executor, lock
from nbmigrate.environment import run
print("ready", flush=True)
sys.stdin.readline()
sys.exit(cli.main(["upgrade", "head"]))
"""
FIRST = """
    op.create_table('ledger', sa.Column('step', sa.Integer), sa.Column('pid', sa.Integer))
    op.create_table('total', sa.Column('value', sa.BigInteger))
    op.execute('INSERT INTO total VALUES (1)')
"""
#: Done twice, or in another order, this gives another value; and a row too many.
STEP = """
    op.execute('UPDATE total SET value = (value * 31 + {number}) % 1000003')
    time.sleep(0.02)
    op.execute(f'INSERT INTO ledger VALUES ({number}, {{os.getpid()}})')
"""
TABLE = "    op.create_table('t{number}', sa.Column('id', sa.Integer, primary_key=True))\n"
INDEX = """
    with op.get_context().autocommit_block():
        op.execute('DROP INDEX CONCURRENTLY IF EXISTS i{number}')
        op.execute('CREATE INDEX CONCURRENTLY i{number} ON ledger (step)')
"""


def total() -> int:
    value = 1
    for number in range(1, REVISIONS + 1):
        value = (value * 31 + number) % 1000003
    return value


def write(folder: Path, url: str, *, ddl: bool, concurrently: bool) -> None:
    commands.init("practice", url=url)
    project = Project.open()
    parent = None
    for number in range(1, REVISIONS + 1):
        body = FIRST if number == 1 else ""
        if concurrently and number % 4 == 0:
            body += INDEX.format(number=number)
        body += TABLE.format(number=number) if ddl else ""
        body += STEP.format(number=number)
        (project.scripts.location / "versions" / f"{number:04d}_step.py").write_text(
            "import os, time\nimport sqlalchemy as sa\nfrom nbmigrate import op\n"
            f"revision = '{number:04d}'\ndown_revision = {parent!r}\n\n"
            f"def upgrade():\n{body}\ndef downgrade():\n    pass\n"
        )
        parent = f"{number:04d}"
    assert len(project.graph) == REVISIONS


@contextmanager
def runners(folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Eight processes that wait for their first line."""
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RUNNER], cwd=folder, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(RUNNERS)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def ledger(engine: sa.Engine) -> list[tuple[int, int]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT step, pid FROM ledger ORDER BY step"))
        return [(step, pid) for step, pid in rows]


def kill_who_runs(engine: sa.Engine, steps: int) -> int:
    """Kill the process that did the last step, when so many are done; return its id."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done: list[tuple[int, int]] = []
        with suppress(sa.exc.DBAPIError):
            done = ledger(engine)
        if len(done) >= steps:
            os.kill(done[-1][1], signal.SIGKILL)
            return done[-1][1]
        time.sleep(0.002)
    raise AssertionError("nobody runs")


def race(folder: Path, engine: sa.Engine, kill_after: int | None) -> tuple[int, int]:
    """Let all run at once; return how many runs had a part in it, and how many waited."""
    with runners(folder) as started:
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        killed = None if kill_after is None else kill_who_runs(engine, kill_after)
        said = {process.pid: process.communicate(timeout=120) for process in started}
        failed = {p.pid: said[p.pid] for p in started if p.returncode != (-9 if p.pid == killed else 0)}
        assert failed == {}
    done = ledger(engine)
    assert [step for step, _ in done] == list(range(1, REVISIONS + 1))
    pids = [pid for _, pid in done]
    # Never one after the other and back again.
    assert len(set(pids)) == 1 + sum(a != b for a, b in pairwise(pids))
    out = [text for pid, (text, _) in said.items() if pid not in pids and pid != killed]
    assert [text for text in out if "Nothing to upgrade: the database is at 0020" not in text] == []
    return len(set(pids)), sum("Waited" in error for _, error in said.values())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kill", [False, True], ids=["all live", "one killed"])
@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"])
def test_every_revision_once(
    server: str,
    kill: bool,
    folder: Path,
    new_database: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    # MariaDB commits DDL by itself: a run that is killed there leaves half a revision, whoever comes next.
    ddl = not (kill and server == "mariadb")
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    runs = waits = 0
    for number in range(ROUNDS):
        place = folder / str(number)
        place.mkdir()
        os.chdir(place)
        url = f"sqlite:///{place / 'test.db'}" if server == "sqlite" else new_database(server)
        write(place, url, ddl=ddl, concurrently=server == "postgresql")
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        kill_after = chance.randint(1, REVISIONS - 8) if kill else None
        found, waited = race(place, engine, kill_after)
        assert found == (2 if kill else 1), (seed, number)
        with engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
            value = connection.execute(sa.text("SELECT value FROM total")).scalar_one()
            names = set(sa.inspect(connection).get_table_names())
        assert (rows, value) == ([f"{REVISIONS:04d}"], total()), (seed, number)
        assert {f"t{n}" for n in range(1, REVISIONS + 1)} <= names or not ddl
        assert list(place.glob("*.lock")) == []
        runs, waits = runs + found, waits + waited
    with capsys.disabled():
        print(
            f"\n{server}, {'one killed' if kill else 'all live'}: {ROUNDS} rounds of {RUNNERS} processes and "
            f"{REVISIONS} revisions: {runs} runs did the work, {waits} waited, 0 lost, 0 twice (seed {seed})"
        )
