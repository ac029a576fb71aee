"""A revision that is tried out is stopped before it writes a file, starts a process or opens a connection."""

import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbmigrate.config import Config
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.effects.recording import record_step
from nbmigrate.environment.isolation.trial_guard import TrialGuard
from nbmigrate.errors import TrialStoppedError
from nbmigrate.scripts.directory import ScriptDirectory

HEADER = """
from alembic import context, op
import contextlib, ftplib, http.client, os, pathlib, shutil, socket, sqlite3, subprocess, sys, threading, urllib.request
import sqlalchemy as sa

revision = "aaaa"
down_revision = None
"""
BODY = """
def upgrade():
    op.drop_table('before')
    {line}
    op.drop_table('after')
def downgrade():
    op.drop_table('down')
"""
END = "in line 11: it was not tried out further."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on SQLite, with a file, a folder and a small database that could be taken away."""
    (tmp_path / "practice" / "versions").mkdir(parents=True)
    (tmp_path / "nbmigrate.ini").write_text(
        "[nbmigrate]\nscript_location = practice\nsqlalchemy.url = sqlite:///test.db\n"
    )
    env = "from nbmigrate import context\ncontext.run_env()\n"
    (tmp_path / "practice" / "env.py").write_text(env)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("is there")
    (tmp_path / "empty").mkdir()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (id INTEGER)")
    other.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine at which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def write(folder: Path, text: str) -> None:
    (folder / "practice" / "versions" / "aaaa_.py").write_text(HEADER + text)


def record(folder: Path, text: str) -> list[str | None]:
    write(folder, text)
    config = Config.find(folder)
    scripts = ScriptDirectory.from_config(config)
    found = record_step(scripts, AlembicConfig.of(config), scripts.graph()["aaaa"], "upgrade")
    return [operation.table_name for operation in found]


def state(folder: Path) -> dict[str, object]:
    """Return what is in a folder: of each file its content, its permissions and its time."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if "practice" not in path.parts:
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            found[str(path.relative_to(folder))] = content, about.st_mode, about.st_mtime_ns
    return found


FILES = [
    ("open('new', 'w')", "opens the file 'new' for writing"),
    ("open('full/file', 'a')", "opens the file 'full/file' for writing"),
    ("open('full/file', 'r+')", "opens the file 'full/file' for writing"),
    ("os.open('new', os.O_CREAT | os.O_WRONLY)", "opens the file 'new' for writing"),
    ("pathlib.Path('new').touch()", "changes the times of 'new'"),
    ("pathlib.Path('new').write_text('x')", "opens the file 'new' for writing"),
    ("os.remove('full/file')", "removes the file 'full/file'"),
    ("pathlib.Path('full/file').rename('full/name')", "renames 'full/file' to 'full/name'"),
    ("os.replace('full/file', 'full/name')", "renames 'full/file' to 'full/name'"),
    ("os.makedirs('a/b')", "makes the folder 'a'"),
    ("os.rmdir('empty')", "removes the folder 'empty'"),
    ("os.link('full/file', 'link')", "makes the link 'link'"),
    ("os.symlink('full/file', 'link')", "makes the link 'link'"),
    ("os.chmod('full/file', 0)", "changes the permissions of 'full/file'"),
    ("os.utime('full/file')", "changes the times of 'full/file'"),
    ("os.truncate('full/file', 0)", "cuts the file 'full/file'"),
    ("shutil.rmtree('full')", "removes the folder 'full'"),
    ("shutil.copy('full/file', 'new')", "copies 'full/file' to 'new'"),
    ("shutil.move('full', 'new')", "moves 'full' to 'new'"),
    ("sqlite3.connect('new.db')", "opens the SQLite database 'new.db'"),
    ("sqlite3.connect('other.db').execute('DROP TABLE t')", "opens the SQLite database 'other.db'"),
    ("sa.create_engine('sqlite:///new.db').connect()", "connects to another database (sqlite)"),
]
PROGRAMS = [
    (
        "subprocess.run([sys.executable, '-c', 'open(\"new\", \"w\")'])",
        f"starts the program '{sys.executable}'",
    ),
    ("os.system('touch new')", "runs the command 'touch new'"),
    ("os.fork() or os._exit(0)", "starts a process"),
    ("os.spawnlp(os.P_WAIT, 'touch', 'touch', 'new')", "starts a process"),
]
if sys.version_info >= (3, 12):
    PROGRAMS.append(("threading.Thread(target=open, args=('new', 'w')).start()", "starts a thread"))


@pytest.mark.parametrize(("line", "what"), [*FILES, *PROGRAMS])
def test_what_is_stopped(folder: Path, line: str, what: str) -> None:
    before = state(folder)
    with pytest.raises(TrialStoppedError) as raised:
        record(folder, BODY.format(line=line))
    assert raised.value.message == f"upgrade() {what} {END}"
    assert [operation.table_name for operation in raised.value.operations] == ["before"]
    assert state(folder) == before


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("socket.create_connection(('127.0.0.1', {port}))", "looks for the address of '127.0.0.1'"),
        ("with socket.socket() as x: x.connect(('127.0.0.1', {port}))", "connects to 127.0.0.1:{port}"),
        ("with socket.socket() as x: x.bind(('127.0.0.1', 0))", "opens a socket at 127.0.0.1:0"),
        (
            "with socket.socket(type=socket.SOCK_DGRAM) as x: x.sendto(b'', ('127.0.0.1', {port}))",
            "sends something to 127.0.0.1:{port}",
        ),
        (
            "urllib.request.urlopen('http://me:secret@127.0.0.1:{port}/')",
            "asks for 'http://me:***@127.0.0.1:{port}/'",
        ),
        ("http.client.HTTPConnection('127.0.0.1', {port}).connect()", "connects to '127.0.0.1', port {port}"),
        ("ftplib.FTP('127.0.0.1')", "looks for the address of '127.0.0.1'"),
        (
            "sa.create_engine('postgresql+psycopg://me:secret@127.0.0.1:{port}/x').connect()",
            "connects to another database (postgresql)",
        ),
        (
            "sa.create_engine('mysql+pymysql://me:secret@127.0.0.1:{port}/x').connect()",
            "connects to another database (mysql)",
        ),
    ],
)
def test_no_socket_is_opened(folder: Path, port: int, line: str, what: str) -> None:
    with pytest.raises(TrialStoppedError) as raised:
        record(folder, BODY.format(line=line.format(port=port)))
    assert raised.value.message == f"upgrade() {what.format(port=port)} {END}"


@pytest.mark.parametrize(
    "line",
    [
        "assert pathlib.Path('full/file').read_text() == 'is there'",
        "assert os.listdir('full') == ['file'] and os.stat('full/file').st_size",
        "open(os.devnull, 'w').close()",
        "with contextlib.closing(sqlite3.connect(':memory:')) as x: assert x.execute('SELECT 1').fetchone() == (1,)",
        "with contextlib.closing(sqlite3.connect('file:other.db?mode=ro', uri=True)) as x: x.execute('SELECT 1')",
        "with sa.create_engine('sqlite://').connect() as x: assert x.scalar(sa.text('SELECT 1')) == 1",
        "print(socket.gethostname(), os.getpid(), file=sys.stderr)",
        "import uuid, decimal, logging; logging.getLogger('x').warning('y')",
    ],
)
def test_reading_goes_on(folder: Path, line: str) -> None:
    assert record(folder, BODY.format(line=line)) == ["before", "after"]


@pytest.mark.parametrize("caught", ["Exception", "OSError", "BaseException"])
def test_who_catches_everything_is_stopped_too(folder: Path, caught: str) -> None:
    line = f"""try:
        open('new', 'w')
    except {caught}:
        open('second', 'w')
    finally:
        print('still')"""
    with pytest.raises(TrialStoppedError) as raised:
        record(folder, BODY.format(line=line))
    assert raised.value.message == f"upgrade() opens the file 'new' for writing {END.replace('11', '12')}"
    assert [operation.table_name for operation in raised.value.operations] == ["before"]
    assert not (folder / "new").exists() and not (folder / "second").exists()


def test_what_another_module_does_is_of_the_line_that_calls_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python keeps what it compiles of it, and its own lines are stopped."""
    (folder / "lib").mkdir()
    (folder / "lib" / "beside_it.py").write_text("def note():\n    open('new', 'w')\n")
    (folder / "lib" / "marking.py").write_text("open('new', 'w')\n")
    monkeypatch.syspath_prepend(folder / "lib")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for line in ("import beside_it; beside_it.note()", "import marking"):
        with pytest.raises(
            TrialStoppedError, match=r"upgrade\(\) opens the file 'new' for writing in line 11:"
        ):
            record(folder, BODY.format(line=line))
    kept = {path.name.partition(".")[0] for path in (folder / "lib" / "__pycache__").iterdir()}
    assert kept == {"beside_it", "marking"}
    assert not (folder / "new").exists()


def test_a_file_that_writes_when_it_is_loaded(folder: Path) -> None:
    with pytest.raises(TrialStoppedError) as raised:
        record(folder, "open('new', 'w')\n" + BODY.format(line="pass"))
    assert raised.value.message == "Line 8 opens the file 'new' for writing: it was not tried out further."
    assert raised.value.statement is None and not (folder / "new").exists()


def test_only_the_code_in_the_block_is_stopped(folder: Path) -> None:
    """Another thread meanwhile, and the same code before and after, are not."""
    errors: list[BaseException] = []
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        begun.wait(60)
        try:
            Path("other").write_text("x")
        except BaseException as error:
            errors.append(error)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    Path("earlier").write_text("x")
    with pytest.raises(TrialStoppedError), TrialGuard(__file__):
        begun.set()
        assert done.wait(60)
        Path("new").write_text("x")
    thread.join()
    Path("later").write_text("x")
    assert errors == [] and not Path("new").exists()
    assert Path("earlier").exists() and Path("later").exists() and Path("other").exists()


def test_a_task_that_goes_on_is_not_stopped_later(folder: Path) -> None:
    import contextvars

    with TrialGuard(__file__):
        context = contextvars.copy_context()
    context.run(Path("later").write_text, "x")
    assert Path("later").read_text() == "x"
