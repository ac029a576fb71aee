"""A disk that is full, or cannot be written: files and database are as before, and the message says what is wrong.

The project, its database and the cache of headers are on a disk of 1 MB in memory, which takes root to make.
"""

import os
import re
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import MigrateError, MigrationFailedError
from nbmigrate.notebook.explorer.explorer import Explorer

SIZE = 1_000_000
#: Far more than is free in any case below, if the rows are kept.
BODY = """
def upgrade():
    op.create_table('big', sa.Column('id', sa.Integer, primary_key=True), sa.Column('text', sa.Text))
    op.execute("INSERT INTO small VALUES (2)")
    op.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
               "INSERT INTO big SELECT i, hex(randomblob(500)) FROM n")

def downgrade():
    op.drop_table('big')
    op.execute("DELETE FROM small WHERE id = 2")
"""
FIRST = """
def upgrade():
    op.create_table('small', sa.Column('id', sa.Integer, primary_key=True))

def downgrade():
    op.drop_table('small')
"""

LONG = FIRST.replace("():\n", "():\n" + "    op.execute('SELECT 1')\n" * 1500, 1)

Verb = Callable[[Project], object]
#: What writes, each to files or to the database.
WRITING: Mapping[str, Verb] = {
    "upgrade": lambda project: commands.upgrade(project, "b2"),
    "revision": lambda project: commands.revision(project, "x" * 60, body=LONG, head="b2", rev_id="c3"),
    "merge": lambda project: commands.merge(project, ["b2", "d4"], "both " + "x" * 9000, rev_id="c3"),
    "edit": lambda project: commands.edit(project, "b2", LONG),
    "init": lambda project: commands.init("other", ini=Path("other.ini")),
    "config": lambda project: commands.config(project, "note", "x" * 70_000, force=True),
    "tutorial": lambda project: commands.tutorial("lessons"),
    "page": lambda project: Explorer(project, read_only=True).save_html("page.html"),
    "save": lambda project: commands.graph(project).save(Path("drawn.svg")),
}
READING: Mapping[str, Verb] = {
    "heads": commands.heads,
    "history": lambda project: commands.history(project, indicate_current=True),
    "current": commands.current,
    "graph": commands.graph,
    "tables": commands.tables,
    "table": lambda project: commands.table(project, "small"),
    "preview": lambda project: commands.preview(project, "upgrade", "b2"),
    "sql": lambda project: commands.upgrade_sql(project, "b2"),
}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small disk with a project on it, at its first revision of two."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lacking = f"a disk of its own cannot be mounted: {done.stderr.strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    try:
        monkeypatch.chdir(place)
        monkeypatch.setenv("NBMIGRATE_CACHE_DIR", str(place / "cache"))
        commands.init("practice", url="sqlite:///test.db")
        project = Project.open()
        commands.revision(project, "first", body=FIRST, rev_id="a1")
        commands.upgrade(project, "head")
        commands.revision(project, "second", body=BODY, rev_id="b2")
        commands.revision(project, "third", body=FIRST, head="a1", splice=True, rev_id="d4")
        yield place
    finally:
        os.chdir(tmp_path)
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def filled(disk: Path, free: int) -> Iterator[None]:
    """Leave so many bytes of the disk free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    os.truncate(ballast, max(ballast.stat().st_size - free, 0))
    try:
        yield
    finally:
        ballast.unlink()


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but those of the cache, which may be there or not."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "cache" not in path.parts and path.name != "ballast"
    }


@pytest.mark.parametrize("free", [0, 4096, 12288, 40960])
def test_a_full_disk(disk: Path, free: int) -> None:
    before = contents(disk)
    refused = []
    for name, verb in WRITING.items():
        project = Project.open()
        with filled(disk, free):
            try:
                verb(project)
            except MigrateError as error:
                refused.append(name)
                assert (name, said_of(error)) == (name, "full")
                after = contents(disk)
                assert (name, sorted(after), after == before) == (name, sorted(before), True)
        if name not in refused:
            # There was room for it: the next ones are to find what was there.
            put_back(disk, before)
    assert "upgrade" in refused
    assert free or refused == list(WRITING)
    with filled(disk, 0):
        for verb in READING.values():
            assert str(verb(Project.open()))
    commands.upgrade(Project.open(), "b2")
    assert rows(disk) == ([(2,)], [(300,)], [("b2",)])


def said_of(error: MigrateError) -> str:
    """Return what an error says of the disk, in a word."""
    text = str(error)
    assert "Traceback" not in text and "Correct the file" not in text
    for word, said in (
        ("full", "No space left|disk is full|disk full"),
        ("read-only", "[Rr]ead-only|readonly"),
    ):
        if re.search(said, text):
            return word
    return text


def put_back(disk: Path, before: dict[str, bytes]) -> None:
    for name in contents(disk):
        if name not in before:
            (disk / name).unlink()
    for name, content in before.items():
        (disk / name).write_bytes(content)
    for folder in ("other", "lessons"):
        shutil.rmtree(disk / folder, ignore_errors=True)


def rows(disk: Path) -> tuple[list[object], ...]:
    with sqlite3.connect(disk / "test.db") as connection:
        found = tuple(
            connection.execute(query).fetchall()
            for query in ("SELECT * FROM small", "SELECT count(*) FROM big", "SELECT * FROM alembic_version")
        )
    connection.close()
    return found


def test_a_disk_that_is_mounted_read_only(disk: Path) -> None:
    before = contents(disk)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        for name, verb in WRITING.items():
            with pytest.raises(MigrateError) as refused:
                verb(Project.open())
            assert (name, said_of(refused.value)) == (name, "read-only")
            assert (name, contents(disk)) == (name, before)
        for name, verb in READING.items():
            assert str(verb(Project.open())), name
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    commands.upgrade(Project.open(), "b2")
    assert rows(disk) == ([(2,)], [(300,)], [("b2",)])


def test_a_database_that_is_read_only(disk: Path) -> None:
    """By its url, where root may write every file."""
    commands.config(Project.open(), "sqlalchemy.url", "sqlite:///file:test.db?mode=ro&uri=true")
    before = contents(disk)
    moves: list[Verb] = [
        lambda project: commands.upgrade(project, "b2"),
        lambda project: commands.stamp(project, "b2"),
        lambda project: commands.downgrade(project, "base"),
    ]
    for verb in moves:
        with pytest.raises(MigrateError) as refused:
            verb(Project.open())
        assert said_of(refused.value) == "read-only"
        assert contents(disk) == before
    for name, verb in READING.items():
        assert str(verb(Project.open())), name


def test_a_database_that_may_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk, and needing no root: SQLite has a limit of its own."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///test.db")
    env = tmp_path / "practice" / "env.py"
    opened = "    with connectable.connect() as connection:\n"
    limit = "        connection.connection.driver_connection.execute('PRAGMA max_page_count = 20')\n"
    env.write_text(env.read_text().replace(opened, opened + limit))
    project = Project.open()
    commands.revision(project, "first", body=FIRST, rev_id="a1")
    commands.revision(project, "second", body=BODY, rev_id="b2")
    with pytest.raises(MigrationFailedError) as failed:
        commands.upgrade(project, "head")
    assert (failed.value.revision, failed.value.position) == ("b2", ("a1",))
    assert said_of(failed.value) == "full"
    with sqlite3.connect(tmp_path / "test.db") as connection:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        assert connection.execute("SELECT * FROM small").fetchall() == []
    connection.close()
    assert names == {"small", "alembic_version"}


def test_files_that_may_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota of the system on the size of files, which a write comes up against half-way."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///test.db")
    project = Project.open()
    commands.revision(project, "first", body=FIRST, rev_id="a1")
    commands.upgrade(project, "head")
    commands.revision(project, "second", body=BODY, rev_id="b2")
    before = contents(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for name in ("upgrade", "revision", "edit", "config"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(MigrateError) as refused:
                WRITING[name](Project.open())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert re.search("too large|disk I/O error", str(refused.value)), (name, str(refused.value))
        assert "Correct the file" not in str(refused.value)
        assert (name, contents(tmp_path)) == (name, before)
    commands.upgrade(Project.open(), "b2")
    assert rows(tmp_path) == ([(2,)], [(300,)], [("b2",)])


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`graph -o` into a pipe, or into /dev/null."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///test.db")
    drawn = commands.graph(Project.open())
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        drawn.save(Path("pipe"))
        assert os.read(reader, 1 << 16).decode() == drawn.to_svg()
    finally:
        os.close(reader)
    assert Path("pipe").is_fifo()
