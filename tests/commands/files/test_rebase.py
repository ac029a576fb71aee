"""`rebase`: another parent for a revision that is not applied."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import (
    MigrateError,
    MissingRevisionError,
    PositionError,
    RevisionAppliedError,
    RevisionNotFoundError,
    ScriptError,
    TargetError,
    UnreadableRevisionError,
)

Refused = Callable[..., MigrateError]


@pytest.fixture
def forked(empty: Project) -> Project:
    """root - b1 - b2, root - c1 - c2, and m1, which merges b2 and c2."""
    commands.revision(empty, "root", rev_id="root")
    commands.revision(empty, "b one", rev_id="b1")
    commands.revision(empty, "b two", rev_id="b2")
    commands.revision(empty, "c one", rev_id="c1", head="root", splice=True)
    commands.revision(empty, "c two", rev_id="c2", head="c1")
    commands.merge(empty, ["b2", "c2"], "join", rev_id="m1")
    return empty


def stand_at(*rows: str) -> None:
    """Make the database's version table say so."""
    with sqlite3.connect("db_file.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.executemany("INSERT INTO alembic_version VALUES (?)", [(row,) for row in rows])
    connection.close()


def parents(project: Project, id_: str) -> tuple[str, ...]:
    return project.graph[id_].down_revisions


def test_two_branches_become_a_line(forked: Project) -> None:
    path = forked.graph["c1"].path
    assert path is not None
    before = path.read_bytes()
    result = commands.rebase(forked, "c1", "b2")
    assert str(result) == (f"Updating {path} ...  done\nRevision c1 comes after b2 now, and not after root.")
    assert path.read_bytes() == before.replace(b"Revises: root", b"Revises: b2").replace(b"'root'", b"'b2'")
    assert result.diff.splitlines() == ["-Revises: root", "+Revises: b2", *result.diff.splitlines()[2:]]
    assert (result.was, parents(forked, "c1"), forked.graph.heads) == (("root",), ("b2",), ("m1",))
    assert result.rows()[0]["was"] == "root"
    assert list(result.to_frame()["down_revision"]) == ["b2"]
    assert "Revises: b2" in result.to_html()
    again = commands.rebase(forked, "c1", "b2")
    assert (again.action, str(again)) == ("unchanged", "Revision c1 comes after b2 already.")


@pytest.mark.parametrize(
    ("rev", "onto", "from_", "expected"),
    [
        ("c1", "base", None, ()),
        ("root", "base", None, ()),
        ("m1", "b1", "b2", ("b1", "c2")),
        ("m1", "c2", "b2", ("c2",)),
        ("m1", "base", "c2", ("b2",)),
        ("c1", "b1", "root", ("b1",)),
        ("c", "b2", None, None),
        ("c2", "b", None, None),
    ],
)
def test_what_the_parents_become(
    forked: Project, rev: str, onto: str, from_: str | None, expected: tuple[str, ...] | None
) -> None:
    if expected is None:
        with pytest.raises(TargetError):
            commands.rebase(forked, rev, onto, from_=from_)
        return
    commands.rebase(forked, rev, onto, from_=from_)
    assert parents(forked, rev) == expected
    assert f"Revises: {', '.join(expected)}\n" in forked.scripts.source(forked.graph[rev])
    forked.graph.check()


def test_heads_that_remain_are_said(forked: Project) -> None:
    commands.rebase(forked, "m1", "b2", from_="c2")
    assert commands.rebase(forked, "c2", "root").notes == ("There are 3 heads: c1, c2, m1.",)


@pytest.mark.parametrize(
    ("kind", "rev", "onto", "from_", "message"),
    [
        (TargetError, "b1", "b2", None, "Revision b2 comes after b1, so b1 cannot come after it."),
        (TargetError, "b1", "b1", None, "Revision b1 cannot come after itself."),
        (TargetError, "m1", "root", None, "Revision m1 has 2 parents: b2, c2."),
        (TargetError, "m1", "root", "b1", "Revision b1 is no parent of m1."),
        (RevisionNotFoundError, "b9", "root", None, "Can't locate revision identified by 'b9'"),
        (RevisionNotFoundError, "b1", "c9", None, "Can't locate revision identified by 'c9'"),
    ],
)
def test_what_is_refused(
    forked: Project,
    refused: Refused,
    kind: type[MigrateError],
    rev: str,
    onto: str,
    from_: str | None,
    message: str,
) -> None:
    assert refused(kind, commands.rebase, forked, rev, onto, from_=from_).message == message


def test_where_the_database_stands_at_an_unknown_revision(forked: Project, refused: Refused) -> None:
    """It may come after any other, which would then be applied."""
    stand_at("gone")
    message = "The database stands at 'gone', which no revision file has"
    assert refused(PositionError, commands.rebase, forked, "b1", "base").message == message
    assert refused(PositionError, commands.edit, forked, "b1", "x = 1").message == message
    assert refused(PositionError, commands.current, forked, check_heads=True).message == message
    assert commands.history(forked, indicate_current=True).notes == (f"{message}.",)


def test_an_applied_revision_stays(forked: Project, refused: Refused) -> None:
    stand_at("c2")
    for rev in ("c1", "c2", "root"):
        onto = "base" if rev == "c1" else "b1"
        if rev == "root":
            onto = "base"
            assert commands.rebase(forked, rev, onto).action == "unchanged"
            continue
        assert refused(RevisionAppliedError, commands.rebase, forked, rev, onto).message == (
            f"Revision {rev} is applied to the database, so its place in the history stays."
        )
    commands.rebase(forked, "b1", "c2")
    assert parents(forked, "b1") == ("c2",)


def test_a_broken_graph_is_not_rebased(forked: Project, refused: Refused) -> None:
    path = forked.graph["b1"].path
    assert path is not None
    path.unlink()
    refused(MissingRevisionError, commands.rebase, forked, "c1", "b2")


HEADER = "revision = 'x1'\n{}\nbranch_labels = None\ndepends_on = None\n"
BODY = "def upgrade():\n    pass\n\n\ndef downgrade():\n    down_revision = 'root'  # Revises: root\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("down_revision = 'root'", "down_revision = 'b2'"),
        ('down_revision: str = "root"  # why', 'down_revision: str = "b2"  # why'),
        ("down_revision = ('root',)", "down_revision = 'b2'"),
        ("down_revision = (\n    'root'\n)", "down_revision = (\n    'b2'\n)"),
        ("ö = 'é'; down_revision = 'root'; ü = 1", "ö = 'é'; down_revision = 'b2'; ü = 1"),
        ("down_revision = 'c1'\ndown_revision = 'root'", "down_revision = 'c1'\ndown_revision = 'b2'"),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("top", "encoding"),
    [("", "utf-8"), ("", "utf-8-sig"), ("# -*- coding: latin-1 -*-\n", "latin-1")],
)
def test_the_rest_of_the_file_stays_to_the_byte(
    forked: Project, written: str, expected: str, ending: str, top: str, encoding: str
) -> None:
    path = forked.scripts.version_locations[0] / "x.py"
    text = f'{top}"""größer\n\n  Revises: root\nRevises: root\n"""\n{HEADER}\n{BODY}'

    def content(line: str, named: str) -> bytes:
        said = text.replace("Revises: root", f"Revises: {named}", 1).replace("{}", line)
        return said.replace("\n", ending).encode(encoding)

    path.write_bytes(content(written, "root"))
    commands.rebase(forked, "x1", "b2")
    assert path.read_bytes() == content(expected, "b2")


def test_no_docstring_is_needed(forked: Project) -> None:
    path = forked.scripts.version_locations[0] / "x.py"
    path.write_text(HEADER.format("down_revision = None") + BODY, encoding="utf-8")
    commands.rebase(forked, "x1", "b2")
    assert path.read_text(encoding="utf-8") == HEADER.format("down_revision = 'b2'") + BODY


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("revision, down_revision = 'x1', 'root'\n", ScriptError),
        ("down_revision = revision = 'x1'\nrevision, down_revision = 'x1', 'root'\n", ScriptError),
        ("revision = 'x1'\ndown_revision = 'root'\ndef upgrade(:\n", UnreadableRevisionError),
    ],
)
def test_what_cannot_be_rewritten(
    forked: Project, refused: Refused, header: str, kind: type[MigrateError]
) -> None:
    Path(forked.scripts.version_locations[0] / "x.py").write_text(header, encoding="utf-8")
    refused(kind, commands.rebase, forked, "x1", "b2")
