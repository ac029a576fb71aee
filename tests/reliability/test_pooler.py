"""Through PgBouncer, which gives every transaction the next free session: locks hold, and a run says where it is."""

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate.database.backends.postgresql import one_session
from nbmigrate.database.backends.postgresql.pooler import ADVICE, is_pooled
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.lock import lock_of
from nbmigrate.errors import ConnectionFailedError
from tests.reliability.databases import PostgreSQL
from tests.reliability.histories import ledger
from tests.reliability.races import PROCESSES, races
from tests.reliability.runners import Runners
from tests.reliability.test_exactly_once import check

ROUNDS = 3
SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
server_fast_close = 1
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def others_may_read() -> Iterator[Path]:
    """A folder; those of pytest are for their owner only."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def pooled(
    request: pytest.FixtureRequest, server_url: Callable[[str], sa.URL], others_may_read: Path
) -> Iterator[PostgreSQL]:
    """A database whose url is that of a PgBouncer before it, which may be given more settings."""
    server = server_url("postgresql")
    if shutil.which("pgbouncer") is None:
        lacking = "pgbouncer, the pooler, is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    own = free_port()
    # It refuses to be run by root, and reads its file as whom it is run by.
    settings = others_may_read / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(host=server.host, port=server.port or 5432, user=server.username, own=own)
        + getattr(request, "param", "")
    )
    whom = ["-u", "nobody"] if os.geteuid() == 0 else []
    pooler = subprocess.Popen(["pgbouncer", "-q", *whom, str(settings)], stderr=subprocess.PIPE)
    database = PostgreSQL(server.render_as_string(hide_password=False))
    database.url = sa.make_url(database.url).set(host="127.0.0.1", port=own).render_as_string(False)
    try:
        _wait_for(own, pooler)
        yield database
    finally:
        pooler.kill()
        pooler.communicate()
        database.drop()


def _wait_for(port: int, pooler: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and pooler.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pooler.kill()
    pytest.fail(f"pgbouncer does not listen: {pooler.communicate()[1].decode()}")


@pytest.mark.parametrize("kill", [False, True], ids=["all live", "one killed"])
def test_every_revision_once(kill: bool, pooled: PostgreSQL, runners: Runners, tmp_path: Path) -> None:
    chance = random.Random(random.randrange(10**6)) if kill else None

    for race in races(runners, tmp_path / "project", pooled, ledger(concurrently=True), ROUNDS, chance):
        check(race)
        assert [ran.output for ran in race.ran if ran.pid != race.killed and ADVICE not in ran.output] == []
        assert len(race.ran) == PROCESSES


def test_a_pooler_is_told_from_a_server(pooled: PostgreSQL, server_url: Callable[[str], sa.URL]) -> None:
    found = []
    for url in (pooled.url, server_url("postgresql")):
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            found.append(is_pooled(connection))

    assert found == [True, False]


@pytest.mark.parametrize("pooled", ["default_pool_size = 1\n"], indirect=True)
def test_a_pooler_with_one_connection(pooled: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its session would keep the lock for whoever is given it next; and a lock beside it would stop the run itself."""
    monkeypatch.setattr(one_session, "_ANSWER", 0.5)
    with sa.create_engine(pooled.url, poolclass=sa.NullPool).connect() as connection:
        with pytest.raises(ConnectionFailedError, match="The pooler has one connection to the server"):
            lock_of(connection, VersionTable(connection))
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
