"""One project, worked on by the alembic command and by ours in turn: each finds what the other left."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands

Alembic = Callable[..., str]

CREATE = """
op.create_table('customer',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('firstname', sa.String(150), nullable=False))
"""
ADD = "op.add_column('customer', sa.Column('birthday', sa.Date))\n"
INDEX = "op.create_index('ix_firstname', 'customer', ['firstname'])\n"


def schema(path: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in found]


def position(alembic: Alembic) -> set[str]:
    return set(alembic("current").splitlines())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project made with `init --template alembic`: three in a line, then two heads and their merge."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", template="alembic", url="sqlite:///db_file.db")
    project = Project.open()
    commands.revision(project, "first example", body=CREATE, rev_id="aaaa00000001")
    commands.revision(project, "second", body=ADD, rev_id="aaaa00000002")
    commands.revision(project, "left", body=INDEX, rev_id="bbbb00000001", branch_label=["left"])
    commands.revision(
        project,
        "right",
        body="op.create_table('other', sa.Column('id', sa.Integer))\n",
        rev_id="cccc00000001",
        head="aaaa00000002",
        splice=True,
    )
    commands.merge(project, ["heads"], "join", rev_id="dddd00000001")
    return project


def test_migrated_here_then_there(project: Project, alembic: Alembic, tmp_path: Path) -> None:
    for target in ("+1", "aaaa00000002", "head"):
        result = commands.upgrade(project, target)
        assert position(alembic) == {entry.line() for entry in result.position}
    ours = schema(tmp_path / "db_file.db")
    alembic("downgrade", "base")
    assert commands.current(project).rows() == []
    alembic("upgrade", "head")
    assert schema(tmp_path / "db_file.db") == ours
    assert str(commands.current(project)) == "dddd00000001 (head) (mergepoint)"


def test_migrated_there_then_here(project: Project, alembic: Alembic, tmp_path: Path) -> None:
    for target in ("+1", "aaaa00000002", "left@head", "heads"):
        alembic("upgrade", target)
        assert {entry.line() for entry in commands.current(project).entries} == position(alembic)
    commands.downgrade(project, "base")
    assert position(alembic) == set()
    assert [name for kind, name, _ in schema(tmp_path / "db_file.db") if kind == "table"] == [
        "alembic_version"
    ]


def test_revisions_written_there_are_read_here(project: Project, alembic: Alembic) -> None:
    alembic("revision", "-m", "from the other side", "--rev-id", "eeee00000001")
    assert str(commands.heads(project)) == "eeee00000001 (left) (head)"
    commands.revision(project, "ours again", rev_id="eeee00000002")
    assert alembic("heads").strip() == "eeee00000002 (left) (head)"


@pytest.mark.parametrize("target", ["aaaa00000001", "head", "left@head"])
def test_texts_are_alembics(project: Project, alembic: Alembic, target: str) -> None:
    commands.upgrade(project, target)
    same = {
        "current": str(commands.current(project)),
        "heads": str(commands.heads(project)),
        "history -i": str(commands.history(project, indicate_current=True)),
        "current --verbose": str(commands.current(project, verbose=True)),
        "heads --verbose": str(commands.heads(project, verbose=True)),
        "show aaaa00000001": commands.show(project, "aaaa00000001").headings,
        "history --verbose": str(commands.history(project, verbose=True)),
    }
    for words, ours in same.items():
        theirs = alembic(*words.split())
        assert _unordered(theirs) == _unordered(ours), words


def _unordered(text: str) -> list[str]:
    """The lines, sorted: Alembic's order of siblings is that of a set, another one in each run."""
    lines = []
    for line in text.rstrip().splitlines():
        name, comma, rest = line.partition(": ")
        listed = name in ("Branches into", "Branch names")
        lines.append(f"{name}{comma}{', '.join(sorted(rest.split(', ')))}" if listed else line)
    return sorted(lines)
