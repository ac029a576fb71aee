"""A PostgreSQL of one session: PGlite behind its socket server, which takes one connection, or several in turn."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from tests.drivers.conftest import environment, walk_on
from tests.environments import node_packages

PACKAGES = ("@electric-sql/pglite-socket@0.2.17", "@electric-sql/pglite@0.5.14")
NOTES = {
    "one": "The server gives this run no second connection for its lock: its own connection holds the lock.\n",
    "five": "The server gives all connections one session, so that no lock keeps them from each other: "
    "let no two runs overlap.\n",
}
OPTIONS = {"one": (), "five": ("-m", "5")}
OURS = Path(sys.executable)
URL = "postgresql+{}://postgres@127.0.0.1:{}/postgres"

Ours = Callable[..., subprocess.CompletedProcess[str]]
Server = Callable[..., int]


@pytest.fixture(scope="session")
def commands(pytestconfig: pytest.Config) -> Path:
    """The folder with the server's command."""
    return node_packages(pytestconfig, "pglite", PACKAGES)


@pytest.fixture
def server(commands: Path) -> Iterator[Server]:
    """Start a server, given the words after its command; its port."""

    def start(*words: str) -> int:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = int(listening.getsockname()[1])
        command = [str(commands / "pglite-server"), f"--port={port}", *words]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ending.callback(process.wait)
        ending.callback(process.kill)
        while True:
            assert process.poll() is None
            try:
                with closing(psycopg.connect(f"host=127.0.0.1 port={port} user=postgres sslmode=disable")):
                    return port
            except psycopg.OperationalError:
                time.sleep(0.1)

    with ExitStack() as ending:
        yield start


@pytest.mark.parametrize("connections", OPTIONS)
def test_every_verb(connections: str, server: Server, tmp_path: Path) -> None:
    port = server(*OPTIONS[connections])
    walk = walk_on(OURS, tmp_path, f"{URL.format('psycopg', port)}?sslmode=disable")
    assert [words for words, code, _ in walk if code] == ["upgrade head", "abandon", "upgrade head"]
    failed = [text for _, code, text in walk if code]
    assert "It was rolled back: nothing of it remains. The database stands at a3." in failed[0]
    assert "The revision had committed, so this stays in effect:\n  CREATE TABLE kept" in failed[2]
    ran = [text for words, code, text in walk if words.split()[0] in ("upgrade", "downgrade") and not code]
    assert len(ran) == 6
    assert all(text.endswith(NOTES[connections]) for text in ran)
    assert [text for words, _, text in walk if words == "current"] == ["a3 (head)\n"]
    tables = [text for words, _, text in walk if words == "tables"]
    assert "author              2" in tables[1]
    assert "author" not in tables[-1]


WAITS = """
import pathlib, time
from nbmigrate import op
revision, down_revision = "c1", None
def upgrade():
    op.execute("CREATE TABLE t (id int)")
    pathlib.Path("begun").touch()
    while not pathlib.Path("go on").exists():
        time.sleep(0.02)
def downgrade():
    op.drop_table("t")
"""


@pytest.mark.parametrize("connections", OPTIONS)
def test_a_second_run_does_not_wait_longer_than_it_may(
    connections: str, server: Server, ours: Ours, tmp_path: Path
) -> None:
    port = server(*OPTIONS[connections])
    ours(OURS, "init", "p", "--url", f"{URL.format('psycopg', port)}?sslmode=disable")
    (tmp_path / "p" / "versions" / "c1.py").write_text(WAITS)
    command = [sys.executable, "-m", "nbmigrate", "upgrade", "head"]
    first = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path))
    while not (tmp_path / "begun").exists():
        assert first.poll() is None
        time.sleep(0.02)
    # The server lets it wait until the first has ended, which it does not before this has.
    second = ours(OURS, "upgrade", "head", "--lock-timeout", "1")
    (tmp_path / "go on").touch()
    assert first.wait() == 0
    assert second.returncode == 1
    assert "another program has the only connection that the server takes" in second.stderr
    assert ours(OURS, "current").stdout == "c1 (head)\n"


def test_a_driver_that_names_no_process(
    server: Server, ours: Ours, server_python: Path, tmp_path: Path
) -> None:
    """Whether there is one session is found out by an open transaction, which the other connection waits for."""
    port = server("-m", "5")
    ours(server_python, "init", "p", "--url", URL.format("pg8000", port))
    (tmp_path / "p" / "versions" / "c1.py").write_text(WAITS)
    (tmp_path / "go on").touch()
    done = ours(server_python, "upgrade", "head")
    assert (done.returncode, done.stderr) == (0, NOTES["five"])
    assert done.stdout.endswith("Now at c1 (head).\n")
