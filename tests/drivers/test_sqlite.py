"""Every driver of SQLite goes through every verb, and does what Python's own does."""

import subprocess
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drivers.conftest import Walk, ends, environment, told, walk_on

Ours = Callable[..., subprocess.CompletedProcess[str]]

MODULE = "module=__import__('{}', fromlist=['connect']),"
#: A url, and what else `create_engine()` is given.
DRIVERS = {
    "pysqlite3": ("sqlite:///x.db", MODULE.format("pysqlite3.dbapi2")),
    "sqlean": ("sqlite:///x.db", MODULE.format("sqlean")),
    "sqlcipher3": ("sqlite:///x.db", MODULE.format("sqlcipher3.dbapi2")),
    "pysqlcipher": ("sqlite+pysqlcipher://:secret@/x.db", ""),
    "aiosqlite": ("sqlite+aiosqlite:///x.db", "async"),
    "libsql": ("sqlite+libsql:///x.db", "connect_args={'isolation_level': None},"),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_does_what_pythons_own_does(
    name: str, ordinary_walk: Walk, sqlite_python: Path, tmp_path: Path
) -> None:
    walk = walk_on(sqlite_python, tmp_path, *DRIVERS[name])
    # What enforces foreign keys unasked, as libsql does, is sent more statements to rebuild a table.
    if name == "libsql":
        walk, ordinary_walk = (
            [each for each in w if "preview" not in each[0]] for w in (walk, ordinary_walk)
        )
    assert told(walk) == told(ordinary_walk)
    assert ends(walk) == ends(ordinary_walk)
    text = (tmp_path / "x.db").read_bytes()
    assert text.startswith(b"SQLite format 3") == (name != "pysqlcipher")


def test_the_walk_is_what_it_is_meant_to_be(ordinary_walk: Walk) -> None:
    failed = [text for _, code, text in ordinary_walk if code]
    assert [text.partition(" failed: ")[2].partition("\n")[0] for text in failed] == [
        "UNIQUE constraint failed: author.name",
        "",
        "ValueError: planned",
    ]
    assert "It was rolled back: nothing of it remains. The database stands at a3." in failed[0]
    assert failed[1].startswith("FAILED: No revision")
    assert "so this stays in effect:\n  CREATE TABLE kept (id INTEGER)\n  INSERT INTO kept" in failed[2]
    assert told(ordinary_walk, "current") == ["a3 (head)\n"]
    assert "foreign key  fk_author  (author_id) -> author (id) ON DELETE CASCADE" in "".join(
        told(ordinary_walk, "schema")
    )


def test_turso(ordinary_walk: Walk, sqlite_python: Path, tmp_path: Path) -> None:
    walk = walk_on(sqlite_python, tmp_path, "sqlite+turso:///x.db")
    assert ends(walk) == ends(ordinary_walk)
    same = ("init", "revision", "current", "tables", "doctor", "stamp")
    assert told(walk, *same) == told(ordinary_walk, *same)

    # Its PRAGMA table_info leaves the lengths of types out.
    def constraints(walk: Walk) -> list[str]:
        return [text.partition("\n\n")[2] for text in told(walk, "schema")]

    assert constraints(walk) == constraints(ordinary_walk)
    assert "name    VARCHAR  no        'nobody'" in told(walk, "schema")[0]
    # What is shown is what runs.
    [preview] = told(walk, "preview")
    assert "INSERT OR ABORT INTO _nbmigrate_old SELECT * FROM author;" in preview
    assert "RENAME TO _nbmigrate_old" not in preview


TURSO_TABLES = """
import sqlalchemy as sa
from nbmigrate import op
revision, down_revision = "b1", None
def upgrade():
    for text in (
        "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT, CHECK (p.n <> 'z'))",
        "INSERT INTO p (n) VALUES ('a'), ('b'), ('c')",
        "DELETE FROM p WHERE id = 3",
        "CREATE TABLE k (id, p_id REFERENCES p (id) ON DELETE CASCADE)",
        "INSERT INTO k VALUES (1, 1)",
        "CREATE TABLE r (a, b DEFAULT 7)",
        "INSERT INTO r VALUES (1, 1), (2, 2)",
        "DELETE FROM r WHERE a = 1",
        "CREATE TRIGGER tr AFTER INSERT ON k BEGIN UPDATE p SET n = n || '!'; END",
        "CREATE TRIGGER tp AFTER UPDATE ON p BEGIN UPDATE r SET b = b + 1; END",
        "CREATE INDEX px ON p (n) WHERE p.n > ''",
        "CREATE VIEW v AS SELECT n FROM p",
    ):
        op.execute(text)
    op.alter_column("p", "n", type_=sa.String(9))
    op.alter_column("r", "a", type_=sa.String(9))
    op.execute("INSERT INTO k VALUES (2, 1)")
    op.execute("INSERT INTO p (n) VALUES ('new')")
def downgrade(): ...
"""
TURSO_ROWS = """
import turso
connection = turso.connect("x.db")
for query in ("p", "k", "v", "r"):
    print(connection.execute(f"SELECT {'rowid, ' * (query == 'r')}* FROM {query}").fetchall())
objects = "SELECT name FROM sqlite_schema WHERE type <> 'table' AND name NOT LIKE 'sqlite%'"
print(sorted(name for name, in connection.execute(objects).fetchall()))
"""


def test_turso_makes_a_table_anew_that_others_refer_to(
    ours: Ours, sqlite_python: Path, tmp_path: Path
) -> None:
    """It follows a renamed table in foreign keys and triggers, whatever PRAGMA legacy_alter_table is set to."""
    ours(sqlite_python, "init", "p", "--url", "sqlite+turso:///x.db")
    (tmp_path / "p" / "versions" / "b1.py").write_text(TURSO_TABLES)
    done = ours(sqlite_python, "upgrade", "head")
    assert (done.returncode, done.stderr) == (0, "")
    found = subprocess.run(
        [sqlite_python, "-c", TURSO_ROWS], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines() == [
        "[(1, 'a!'), (2, 'b!'), (4, 'new')]",
        "[(1, 1), (2, 1)]",
        "[('a!',), ('b!',), ('new',)]",
        "[(2, '2', 4)]",
        "['px', 'tp', 'tr', 'v']",
    ]


def test_turso_refuses_what_would_delete_rows(ours: Ours, sqlite_python: Path, tmp_path: Path) -> None:
    ours(sqlite_python, "init", "p", "--url", "sqlite+turso:///x.db")
    env = tmp_path / "p" / "env.py"
    switched_on = "connection.exec_driver_sql('PRAGMA foreign_keys = ON')"
    env.write_text(
        env.read_text().replace(
            "    context.configure(connection", f"    {switched_on}\n    context.configure(connection"
        )
    )
    (tmp_path / "p" / "versions" / "b1.py").write_text(TURSO_TABLES)
    done = ours(sqlite_python, "upgrade", "head")
    assert done.returncode == 1
    assert "turso cannot rebuild table p while it enforces foreign keys" in done.stderr
    assert "PRAGMA foreign_keys = OFF" in done.stderr
    assert "The database has no tables." in ours(sqlite_python, "tables").stderr


def test_libsql_names_what_an_autocommit_block_needs(sqlite_python: Path, tmp_path: Path) -> None:
    walk = walk_on(sqlite_python, tmp_path, "sqlite+libsql:///x.db")
    text = [text for words, _, text in walk if words == "upgrade head"][1]
    assert "libsql does not change its isolation_level once it is connected." in text
    assert "connect_args={'isolation_level': None}" in text
    assert "It was rolled back: nothing of it remains. The database stands at a1." in text


WAITS = """
import pathlib, time
import sqlalchemy as sa
from nbmigrate import op
revision, down_revision = "c1", None
def upgrade():
    op.create_table("t", sa.Column("id", sa.Integer))
    pathlib.Path("begun").touch()
    while not pathlib.Path("go on").exists():
        time.sleep(0.02)
def downgrade():
    op.drop_table("t")
"""
HOLDS = """
import pathlib, sys, time
import sqlalchemy as sa
connection = sa.create_engine(sys.argv[1]).connect()
cursor = connection.connection.cursor()
cursor.execute("BEGIN IMMEDIATE")
cursor.execute("INSERT INTO t VALUES (5)")
pathlib.Path("held").touch()
while not pathlib.Path("let go").exists():
    time.sleep(0.02)
cursor.execute("ROLLBACK")
"""
LOCKS = {
    "pysqlcipher": "sqlite+pysqlcipher://:secret@/x.db?timeout=0.2",
    "libsql": "sqlite+libsql:///x.db",
    "turso": "sqlite+turso:///x.db",
}


def wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.02)


@pytest.mark.parametrize("name", LOCKS)
def test_another_process_holds_a_lock(name: str, ours: Ours, sqlite_python: Path, tmp_path: Path) -> None:
    url = LOCKS[name]
    ours(sqlite_python, "init", "p", "--url", url)
    (tmp_path / "p" / "versions" / "c1.py").write_text(textwrap.dedent(WAITS))
    started = {"cwd": tmp_path, "env": environment(tmp_path)}
    first = subprocess.Popen([sqlite_python, "-m", "nbmigrate", "upgrade", "head"], **started)  # type: ignore[call-overload]
    wait_for(tmp_path / "begun", first)
    second = ours(sqlite_python, "upgrade", "head", "--lock-timeout", "0")
    (tmp_path / "go on").touch()
    assert first.wait() == 0
    assert second.returncode == 1
    # Turso lets one process open a file.
    busy = (
        "Another run is at work on this database"
        if name != "turso"
        else "Another program is using the database"
    )
    assert busy in second.stderr

    other = subprocess.Popen([sqlite_python, "-c", HOLDS, url], **started)  # type: ignore[call-overload]
    wait_for(tmp_path / "held", other)
    refused = ours(sqlite_python, "downgrade", "base")
    (tmp_path / "let go").touch()
    assert other.wait() == 0
    assert (refused.returncode, "Another program is using the database" in refused.stderr) == (1, True)
    assert ours(sqlite_python, "downgrade", "base").returncode == 0


@pytest.mark.parametrize("scheme", ["sqlite+libsql", "sqlite+turso", "sqlite+pysqlcipher"])
def test_a_file_that_cannot_be_opened(scheme: str, ours: Ours, sqlite_python: Path, tmp_path: Path) -> None:
    url = (
        f"{scheme}:///missing/x.db" if scheme != "sqlite+pysqlcipher" else f"{scheme}://:secret@/missing/x.db"
    )
    ours(sqlite_python, "init", "p", "--url", url)
    done = ours(sqlite_python, "current")
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED: The database file cannot be opened: ")
    assert "Its folder must exist and be writable." in done.stderr


def test_a_wrong_key(ours: Ours, sqlite_python: Path, tmp_path: Path) -> None:
    ours(sqlite_python, "init", "p", "--url", "sqlite+pysqlcipher://:secret@/x.db")
    assert ours(sqlite_python, "ensure_version").returncode == 0
    ini = tmp_path / "nbmigrate.ini"
    ini.write_text(ini.read_text().replace(":secret@", ":another-one@"))
    done = ours(sqlite_python, "upgrade", "head")
    assert done.returncode == 1
    assert "file is not a database" in done.stderr
    assert "the key if the file is encrypted" in done.stderr
    assert "another-one" not in done.stdout + done.stderr
