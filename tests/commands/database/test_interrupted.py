"""`doctor`, `resume`, `abandon`, and what the other verbs say of an interrupted revision; on SQLite."""

import sqlite3
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import InterruptedRevisionError, MigrationFailedError, UsageError

INTERRUPTED = """
op.create_table('one', sa.Column('id', sa.Integer))
op.execute('INSERT INTO one VALUES (1)')
with op.get_context().autocommit_block():
    op.execute('INSERT INTO one VALUES (2)')
op.execute('INSERT INTO later VALUES (3)')
"""


def whole(upgrade: str) -> str:
    return f"def upgrade():\n{indent(upgrade, '    ')}\ndef downgrade():\n    pass\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose second revision is interrupted, and fails until there is a table `later`."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db_file.db")
    project = Project.open()
    commands.revision(
        project, "first", rev_id="a1", body="op.create_table('zero', sa.Column('id', sa.Integer))"
    )
    commands.revision(project, "second", rev_id="b2", body=whole(INTERRUPTED))
    with pytest.raises(MigrationFailedError):
        commands.upgrade(project, "head")
    return project


def execute(sql: str) -> list[Any]:
    database = sqlite3.connect("db_file.db")
    with database:
        rows = database.execute(sql).fetchall()
    database.close()
    return rows


def tables() -> list[str]:
    return [name for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]


def test_doctor_tells_what_stands_half_way(project: Project) -> None:
    before = execute("SELECT * FROM alembic_version_journal")

    found = commands.doctor(project)

    assert (found.ok, found.exit_code) == (False, 1)
    (problem,) = found.problems
    assert problem.kind == "Interrupted"
    assert problem.message.startswith("Revision b2 was interrupted during upgrade (begun at 20")
    assert problem.message.endswith(": 3 statements are in effect.")
    assert [word for word in ("`resume`", "`abandon`", "`stamp`") if word not in problem.hint] == []
    assert [(row["statement"], row["state"], row["sql"].split("(")[0]) for row in found.statements] == [
        (1, "in effect", "CREATE TABLE one "),
        (2, "in effect", "INSERT INTO one VALUES "),
        (3, "in effect", "INSERT INTO one VALUES "),
    ]
    assert "3  in effect  INSERT INTO one VALUES (2)" in str(found)
    assert "<code>INSERT INTO one VALUES (2)</code>" in found.to_html()
    assert len(found.to_frame()) == 1
    assert execute("SELECT * FROM alembic_version_journal") == before


def test_current_notes_it(project: Project) -> None:
    (note,) = commands.current(project).notes
    assert note.startswith("Revision b2 was interrupted during upgrade")
    assert "`doctor`" in note


def test_the_same_command_goes_on(project: Project) -> None:
    execute("CREATE TABLE later (id INTEGER)")

    done = commands.upgrade(project, "head")

    assert done.notes == ("Went on with the upgrade of b2: 3 statements were done already.",)
    sent = [statement.text for statement in done.steps[0].statements]
    assert [text for text in sent if "INTO" in text] == ["INSERT INTO later VALUES (3)"]
    assert execute("SELECT id FROM one") == [(1,), (2,)]
    assert tables() == ["alembic_version", "later", "one", "zero"]
    assert commands.doctor(project).ok


def test_resume_finishes_that_revision_alone(project: Project) -> None:
    commands.revision(project, "third", rev_id="c3", body=whole("op.drop_table('zero')"))
    execute("CREATE TABLE later (id INTEGER)")

    done = commands.resume(project)

    assert (done.direction, done.standing) == ("upgrade", "Now at b2.")
    assert execute("SELECT id FROM later") == [(3,)]
    assert tables() == ["alembic_version", "later", "one", "zero"]


def test_resume_fails_as_an_upgrade_does(project: Project) -> None:
    with pytest.raises(MigrationFailedError, match="INSERT INTO later"):
        commands.resume(project)
    assert len(commands.doctor(project).statements) == 3


def test_nobody_is_asked_of_what_was_not_under_way(project: Project) -> None:
    with pytest.raises(UsageError, match="No statement was in flight"):
        commands.resume(project, applied=True)


def test_abandon_leaves_everything_as_it_is(project: Project) -> None:
    given_up = commands.abandon(project)

    assert tables() == ["alembic_version", "one", "zero"]
    assert execute("SELECT version_num FROM alembic_version") == [("a1",)]
    assert [row["sql"] for row in given_up.rows()][1:] == [
        "INSERT INTO one VALUES (1)",
        "INSERT INTO one VALUES (2)",
    ]
    assert str(given_up).startswith(
        "Forgotten: the upgrade of revision b2. The version rows are as they were: a1."
    )
    assert "<code>INSERT INTO one VALUES (2)</code>" in given_up.to_html()
    assert commands.doctor(project).ok


@pytest.mark.parametrize("verb", [commands.resume, commands.abandon])
def test_where_nothing_stands_half_way(project: Project, verb: Any) -> None:
    commands.abandon(project)
    with pytest.raises(UsageError, match="No revision is interrupted"):
        verb(project)


def test_stamp_forgets_it_and_says_so(project: Project) -> None:
    stamped = commands.stamp(project, "b2")

    assert stamped.notes[0] == (
        "The interrupted upgrade of revision b2 was forgotten; 3 of its statements stay in effect."
    )
    assert "alembic_version_journal" not in tables()
    assert commands.current(project).notes == ()


@pytest.mark.parametrize("target", ["base", "a1"])
def test_nothing_else_is_begun(project: Project, target: str) -> None:
    with pytest.raises(InterruptedRevisionError) as caught:
        commands.downgrade(project, target)

    assert caught.value.message == (
        "Revision b2 was interrupted during upgrade: 3 of its statements are in effect. Nothing else was begun."
    )
    assert caught.value.revision == "b2"
    assert execute("SELECT version_num FROM alembic_version") == [("a1",)]
    assert execute("SELECT id FROM one") == [(1,), (2,)]


def test_previews_are_as_ever(project: Project) -> None:
    assert len(commands.preview(project, "upgrade", "head").rows()) == 1


def test_a_preview_notes_what_the_run_does_with_it(project: Project) -> None:
    (note,) = commands.preview(project, "upgrade", "head").notes
    assert note.startswith("Revision b2 was interrupted during upgrade")
    assert note.endswith(": 3 statements are in effect. What is in effect is not done again.")

    note = commands.preview(project, "downgrade", "base").notes[0]
    assert note.endswith(" Nothing else can run before it is resolved: `doctor` shows how.")


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "VALUES (2)",
            "VALUES (20)",
            "Statement 3 is in effect:\n  INSERT INTO one VALUES (2)\nThe file now has:",
        ),
        ("op.execute('INSERT INTO one VALUES (1)')", "pass", "Statement 2 is in effect"),
        ("'id', sa.Integer))\n", "'id', sa.Text))\n", "Statement 1 is in effect:\n  CREATE TABLE one"),
        ("    op.execute('INSERT INTO one VALUES (2)')\nop.execute", "    pass\nop.execute", "Statement 3"),
    ],
)
def test_what_is_in_effect_is_not_edited(project: Project, old: str, new: str, shown: str) -> None:
    execute("CREATE TABLE later (id INTEGER)")
    commands.edit(project, "b2", whole(INTERRUPTED.replace(old, new)))

    with pytest.raises(InterruptedRevisionError) as caught:
        commands.upgrade(project, "head")

    assert shown in caught.value.message
    assert execute("SELECT id FROM one") == [(1,), (2,)]
    assert execute("SELECT id FROM later") == []
    assert len(commands.doctor(project).statements) == 3
    commands.edit(project, "b2", whole(INTERRUPTED))
    assert commands.upgrade(project, "head").standing == "Now at b2 (head)."


def test_what_is_not_done_may_be_edited(project: Project) -> None:
    commands.edit(project, "b2", whole(INTERRUPTED.replace("INTO later", "INTO one")))
    assert commands.upgrade(project, "head").standing == "Now at b2 (head)."
    assert execute("SELECT id FROM one") == [(1,), (2,), (3,)]


def test_a_file_that_is_gone(project: Project) -> None:
    next(Path("practice/versions").glob("b2*")).unlink()

    with pytest.raises(UsageError, match="no revision file has it"):
        commands.resume(project)

    commands.abandon(project)
    assert commands.doctor(project).ok


def test_a_journal_that_was_left_behind(project: Project) -> None:
    execute("DELETE FROM alembic_version_journal")

    (problem,) = commands.doctor(project).problems
    assert problem.message == "The journal alembic_version_journal was left behind empty."
    commands.upgrade(project, "a1")
    assert "alembic_version_journal" not in tables()


def test_rows_that_doctor_finds(project: Project) -> None:
    commands.stamp(project, "b2")
    execute("DROP TABLE alembic_version")
    execute("CREATE TABLE alembic_version (version_num TEXT)")
    execute("INSERT INTO alembic_version VALUES ('a1'), ('b2'), ('b2'), ('gone')")

    found = commands.doctor(project)

    assert [problem.message for problem in found.problems] == [
        "The database stands at 'gone', which no revision file has",
        "alembic_version has b2 more than once.",
        "alembic_version has a1, which another of its rows implies.",
    ]
    assert all("stamp --purge" in problem.hint for problem in found.problems)
    commands.stamp(project, "b2", purge=True)
    assert commands.doctor(project).ok


def test_a_failure_that_the_revision_does_not_mind(project: Project) -> None:
    commands.abandon(project)
    execute("DROP TABLE one")
    body = INTERRUPTED.replace("op.execute('INSERT INTO one VALUES (1)')", CAUGHT)
    commands.edit(project, "b2", whole(body))
    with pytest.raises(MigrationFailedError):
        commands.upgrade(project, "head")
    execute("CREATE TABLE later (id INTEGER)")
    # It would not fail any more.
    execute("CREATE TABLE missing (id INTEGER)")

    commands.upgrade(project, "head")

    assert execute("SELECT id FROM one ORDER BY id") == [(2,), (11,)]


CAUGHT = """try:
    op.get_bind().execute(sa.text('INSERT INTO missing VALUES (1)'))
except sa.exc.OperationalError as error:
    op.execute('INSERT INTO one VALUES (11)' if 'no such table' in str(error) else 'INSERT INTO one VALUES (12)')
"""
