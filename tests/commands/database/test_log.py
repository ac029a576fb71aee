"""The history of runs: what is recorded of them, how it is shown, and revisions that changed after they ran."""

import getpass
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.commands.database.log import LogResult
from nbmigrate.errors import (
    ConfigError,
    InterruptedRunError,
    MigrationFailedError,
    RevisionNotFoundError,
    UsageError,
)
from tests.conftest import words_of_notebook

FIRST, SECOND, THIRD = "29cf196546aa", "5f0c6e2a91b7", "a3d94c07be12"
NO_TABLE = (
    "No runs are recorded: there is no table alembic_version_log. "
    "`config record_runs true` lets every upgrade, downgrade and stamp be recorded from then on."
)

ME = f"{getpass.getuser()}@{socket.gethostname()}"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "duckdb"])
def recorded(request: pytest.FixtureRequest, project: Project) -> Project:
    """The tutorial's three revisions on each database, whose runs are recorded."""
    if request.param in ("postgresql", "mariadb"):
        url = request.getfixturevalue("new_database")(request.param)
        commands.config(project, "sqlalchemy.url", url.replace("%", "%%"))
    elif request.param == "duckdb":
        commands.config(project, "sqlalchemy.url", "duckdb:///db_file.duckdb")
    commands.config(project, "record_runs", "true")
    return Project.open()


@pytest.fixture
def recording(project: Project) -> Project:
    """The same on SQLite alone."""
    commands.config(project, "record_runs", "true")
    return Project.open()


def file_of(revision: str) -> Path:
    (path,) = Path("practice/versions").glob(f"{revision}_*.py")
    return path


def edit(revision: str, before: str, after: str) -> None:
    text = file_of(revision).read_text()
    assert before in text
    file_of(revision).write_text(text.replace(before, after))


def add(project: Project, body: str, id_: str = "d4") -> None:
    commands.revision(
        project, "the fourth", body=f"def upgrade():\n    {body}\n\ndef downgrade(): pass\n", rev_id=id_
    )


def told(result: LogResult) -> list[tuple[str, ...]]:
    keys = ("direction", "revision", "from", "to", "result")
    return [tuple(row[key] for key in keys) for row in result.rows()]


# --- what is recorded


def test_every_step_has_a_row(recorded: Project) -> None:
    before = datetime.now(UTC)
    commands.upgrade(recorded, "+2")
    commands.upgrade(recorded, "head")
    commands.downgrade(recorded, "-1")
    commands.stamp(recorded, "base")

    result = commands.log(recorded)

    assert told(result) == [
        ("stamp", SECOND, SECOND, "", "done"),
        ("downgrade", THIRD, THIRD, SECOND, "done"),
        ("upgrade", THIRD, SECOND, THIRD, "done"),
        ("upgrade", SECOND, FIRST, SECOND, "done"),
        ("upgrade", FIRST, "", FIRST, "done"),
    ]
    rows = result.rows()
    assert {(row["who"], row["pid"]) for row in rows} == {(ME, os.getpid())}
    assert [rows[number]["run"] == rows[number + 1]["run"] for number in range(4)] == [
        False,
        False,
        False,
        True,
    ]
    moments = [row["when"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert all(before - timedelta(seconds=1) < moment < datetime.now(UTC) for moment in moments)
    assert all(0 <= row["seconds"] < 60 for row in rows)
    assert [len(row["code"]) for row in rows] == [0, 32, 32, 32, 32]
    assert rows[1]["code"] == rows[2]["code"] != rows[3]["code"]


def test_a_failed_step_has_one_too(recorded: Project) -> None:
    commands.upgrade(recorded, "head")
    add(recorded, "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError) as caught:
        commands.upgrade(recorded, "head")

    (row, *others) = commands.log(recorded).rows()

    assert (row["revision"], row["from"], row["to"], row["result"]) == ("d4", THIRD, "d4", "failed")
    assert row["error"] == caught.value.message.splitlines()[0] != ""
    assert len(others) == 3
    assert commands.current(recorded).entries[0].revision.id == THIRD


def test_the_first_step_of_all_fails(recorded: Project) -> None:
    """There is no table yet: what was made of it was rolled back."""
    edit(FIRST, "op.create_table(\n", "op.execute('INSERT INTO nowhere VALUES (1)')\n    op.create_table(\n")
    with pytest.raises(MigrationFailedError):
        commands.upgrade(recorded, "head")
    assert told(commands.log(recorded)) == [("upgrade", FIRST, "", FIRST, "failed")]


def test_an_interrupted_step(recorded: Project) -> None:
    commands.upgrade(recorded, "head")
    add(recorded, "raise KeyboardInterrupt")
    with pytest.raises(InterruptedRunError):
        commands.upgrade(recorded, "head")
    assert told(commands.log(recorded))[0] == ("upgrade", "d4", THIRD, "d4", "interrupted")


def test_of_a_run_that_is_undone_whole_only_the_failure_stays(recording: Project) -> None:
    commands.config(recording, "transaction", "whole-run")
    add(recording, "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError):
        commands.upgrade(Project.open(), "head")
    assert told(commands.log(recording)) == [("upgrade", "d4", THIRD, "d4", "failed")]


def test_the_table_is_beside_the_version_table(
    recording: Project, new_database: Callable[[str], str]
) -> None:
    url = new_database("postgresql")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA meta")
    commands.config(recording, "sqlalchemy.url", url)
    env = Path("practice/env.py")
    env.write_text(
        env.read_text().replace(
            "connection=connection", "connection=connection, version_table='v', version_table_schema='meta'"
        )
    )
    commands.upgrade(Project.open(), "+1")
    assert sorted(sa.inspect(engine).get_table_names("meta")) == ["v", "v_log"]
    assert len(commands.log(Project.open()).rows()) == 1


def test_a_failure_that_cannot_be_recorded_is_told_all_the_same(recording: Project) -> None:
    commands.upgrade(recording, "head")
    engine = sa.create_engine("sqlite:///db_file.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no_rows BEFORE INSERT ON alembic_version_log BEGIN SELECT RAISE(ABORT, 'no rows'); END"
        )
    add(recording, "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError, match="nowhere"):
        commands.upgrade(recording, "head")
    assert len(commands.log(recording).rows()) == 3

    # What cannot be recorded as done is done all the same, and the result says so.
    edit("d4", "INSERT INTO nowhere VALUES (1)", "CREATE TABLE there (id INTEGER)")
    done = commands.upgrade(recording, "head")
    assert done.notes == (
        "From the upgrade of d4 on, this run is not recorded in alembic_version_log: no rows.",
    )
    assert sa.inspect(engine).has_table("there")
    assert commands.current(recording).entries[0].revision.id == "d4"
    assert len(commands.log(recording).rows()) == 3


def test_no_password_is_recorded(recording: Project, new_database: Callable[[str], str]) -> None:
    url = sa.make_url(new_database("postgresql")).set(password="tiger-and-lion")
    commands.config(recording, "sqlalchemy.url", url.render_as_string(hide_password=False))
    add(recording, "raise ValueError('postgresql://me:tiger-and-lion@host/db is not there')")
    with pytest.raises(MigrationFailedError):
        commands.upgrade(Project.open(), "head")
    (row, *_) = commands.log(Project.open()).rows()
    assert "ValueError: postgresql://me:***@host/db is not there" in row["error"]


def test_nothing_is_recorded_unless_asked_for(project: Project) -> None:
    for value in (None, "false"):
        if value:
            commands.config(project, "record_runs", value)
        commands.upgrade(Project.open(), "+1")
        result = commands.log(Project.open())
        assert (result.rows(), str(result)) == ([], "")
        assert list(result.to_frame().columns) == list(LogResult.columns)
        assert list(result.notes) == [NO_TABLE]
    assert [row["table"] for row in commands.tables(project).rows()] == ["alembic_version", "customer"]


def test_a_value_that_cannot_be(project: Project) -> None:
    commands.config(project, "record_runs", "on", force=True)
    for command in (commands.current, lambda project: commands.upgrade(project, "head")):
        with pytest.raises(ConfigError, match="record_runs = on is not valid"):
            command(Project.open())
    assert commands.tables(project).rows() == []


def test_a_script_records_nothing(recording: Project) -> None:
    assert "_log" not in commands.upgrade_sql(recording, "head").sql


def test_in_a_transaction_of_the_user_the_rows_are_theirs_too(recording: Project) -> None:
    env = Path("practice/env.py")
    text = env.read_text()
    env.write_text(text.replace("with connectable.connect() as", "with connectable.begin() as"))
    assert env.read_text() != text
    commands.upgrade(recording, "head")
    assert len(commands.log(recording).rows()) == 3
    add(recording, "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError):
        commands.upgrade(recording, "head")
    assert len(commands.log(recording).rows()) == 3


def test_code_in_any_script_fits(recording: Project, new_database: Callable[[str], str]) -> None:
    url = sa.make_url(new_database("mariadb"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} CHARACTER SET latin1")
    commands.config(recording, "sqlalchemy.url", url.render_as_string(hide_password=False))
    project = Project.open()
    add(project, "op.execute(\"SELECT '\u0416\U0001f600' \" * 1)\n    " + "x = '" + "y" * 100_000 + "'")
    commands.upgrade(project, "head")
    edit("d4", "\u0416", "\u0417")
    assert "\u0416\U0001f600" in commands.current(project).notes[0]


# --- how it is shown


def test_the_newest_are_shown(recording: Project) -> None:
    commands.upgrade(recording, "head")
    result = commands.log(recording, limit=2)
    assert [row["revision"] for row in result.rows()] == [THIRD, SECOND]
    assert result.notes == ("2 of 3 are shown; all: log -n 3",)
    assert commands.log(recording, limit=3).notes == ()
    assert commands.log(recording, limit=0).rows() == []
    with pytest.raises(UsageError):
        commands.log(recording, limit=-1)


def test_as_text_and_as_a_page(recording: Project) -> None:
    commands.upgrade(recording, "+1")
    result = commands.log(recording)
    names, _, line = str(result).splitlines()
    assert names.split() == [
        "when",
        "(UTC)",
        "who",
        "direction",
        "revision",
        "from",
        "to",
        "seconds",
        "result",
    ]
    assert line.split()[2:5] == [ME, "upgrade", FIRST]
    page = result._repr_mimebundle_()["text/html"]
    assert f"<td><code>{FIRST}</code></td>" in page
    frame = result.to_frame()
    assert frame["when"].dt.tz is not None
    assert list(frame["result"]) == ["done"]


def test_those_of_one_revision(recording: Project) -> None:
    commands.upgrade(recording, "head")
    commands.downgrade(recording, "base")
    for name in (SECOND, "5f0c"):
        assert [row["direction"] for row in commands.log(recording, name).rows()] == ["downgrade", "upgrade"]
    assert commands.log(recording, SECOND, limit=1).notes == (f"1 of 2 are shown; all: log {SECOND} -n 2",)


def test_a_revision_whose_file_is_gone(recording: Project) -> None:
    commands.upgrade(recording, "head")
    commands.downgrade(recording, "-1")
    file_of(THIRD).unlink()
    assert len(commands.log(Project.open(), THIRD).rows()) == 2
    with pytest.raises(RevisionNotFoundError):
        commands.log(Project.open(), "a3d94c07be13")


def test_a_revision_that_has_not_run(recording: Project) -> None:
    commands.upgrade(recording, "+1")
    assert commands.log(recording, "head").notes == (
        f"Nothing of {THIRD} is recorded in alembic_version_log yet.",
    )


# --- revisions that changed after they ran


def test_a_changed_revision_is_reported(recorded: Project) -> None:
    commands.upgrade(recorded, "head")
    assert commands.current(recorded).notes == ()
    edit(SECOND, "sa.Date", "sa.DateTime")

    result = commands.current(recorded)

    (note,) = result.notes
    title, *diff = note.splitlines()
    assert title.startswith(f"Revision {SECOND} was changed after it ran on 20")
    assert diff[0] == f"--- {file_of(SECOND).name}, as it ran"
    assert [line for line in diff[2:] if line[0] in "+-"] == [
        "-    op.add_column('customer', sa.Column('birthday', sa.Date))",
        "+    op.add_column('customer', sa.Column('birthday', sa.DateTime))",
    ]
    assert str(result) == f"{THIRD} (head)"
    bundle = result._repr_mimebundle_()
    assert note in bundle["text/plain"]
    assert bundle["text/html"].count("was changed after it ran") == 1
    assert '<span class="nbm-inserted">+' in bundle["text/html"]
    assert [each.revision.id for each in result.changed] == [SECOND]
    assert commands.log(recorded, SECOND).notes == (note,)
    assert commands.log(recorded, FIRST).notes == ()


def test_the_doctor_reports_it_too(recorded: Project) -> None:
    commands.upgrade(recorded, "head")
    assert commands.doctor(recorded).ok
    edit(SECOND, "sa.Date", "sa.DateTime")

    result = commands.doctor(recorded)

    assert [row["kind"] for row in result.rows()] == ["Changed"]
    assert result.exit_code == 1
    assert result.rows()[0]["problem"].startswith(f"Revision {SECOND} was changed after it ran on 20")
    assert "+    op.add_column('customer', sa.Column('birthday', sa.DateTime))" in str(result)
    assert '<span class="nbm-inserted">+' in result.to_html()
    # What it says to do ends it.
    edit(SECOND, "sa.DateTime", "sa.Date")
    assert commands.doctor(recorded).ok


def test_how_it_is_written_is_no_change(recording: Project) -> None:
    commands.upgrade(recording, "head")
    edit(SECOND, "sa.Date", "sa.Date  # of birth\n    ")
    edit(SECOND, "remember the birthday", "remember the day of birth")
    assert commands.current(recording).notes == ()


def test_what_ran_last_is_what_counts(recording: Project) -> None:
    commands.upgrade(recording, "head")
    commands.downgrade(recording, FIRST)
    edit(SECOND, "sa.Date", "sa.DateTime")
    assert commands.current(recording).notes == ()
    commands.upgrade(recording, "head")
    assert commands.current(recording).notes == ()
    edit(SECOND, "sa.DateTime", "sa.Date")
    assert len(commands.current(recording).notes) == 1
    # A stamp says that it is as it should be.
    commands.stamp(recording, FIRST)
    commands.stamp(recording, SECOND)
    assert commands.current(recording).notes == ()


def test_what_cannot_be_compared_is_not_reported(recording: Project) -> None:
    commands.upgrade(recording, "head")
    file_of(SECOND).write_text(file_of(SECOND).read_text() + "\ndef broken(:\n")
    assert [note for note in commands.current(Project.open()).notes if "was changed" in note] == []


def test_of_many_the_last_are_only_named(empty: Project) -> None:
    commands.config(empty, "record_runs", "true")
    project = Project.open()
    for number in range(7):
        add(project, f"op.execute('SELECT {number}')", f"r{number}")
    commands.upgrade(project, "head")
    for number in range(7):
        edit(f"r{number}", "SELECT", "SELECT 1 +")
    result = commands.current(project)
    assert len(result.notes) == 6
    assert result.notes[-1] == "Changed after they ran, too: r5, r6. `log REVISION` shows the difference."
    page = result._repr_mimebundle_()["text/html"]
    assert (page.count("<details>"), page.count("r5, r6")) == (5, 1)


def test_what_is_shown_is_escaped_and_has_no_password(recording: Project) -> None:
    add(recording, "op.execute('SELECT 1')")
    commands.upgrade(recording, "head")
    edit("d4", "'SELECT 1'", "'SELECT 2 /* <img src=x onerror=alert(1)> postgresql://me:tiger@host/db */'")
    bundle: dict[str, Any] = commands.current(recording)._repr_mimebundle_()
    assert "<img" not in bundle["text/html"]
    assert "&lt;img" in bundle["text/html"]
    assert "tiger" not in bundle["text/html"] + bundle["text/plain"]


def test_a_long_difference_is_cut(recording: Project) -> None:
    add(recording, "op.execute('SELECT 1')")
    commands.upgrade(recording, "head")
    edit("d4", "op.execute('SELECT 1')", "\n    ".join(f"op.execute('SELECT {n}')" for n in range(100)))
    (note,) = commands.current(recording).notes
    assert len(note.splitlines()) == 42
    assert note.splitlines()[-1].startswith("... and ")


# --- beside alembic


def test_alembic_leaves_the_table_alone_when_it_is_told_to(
    make_project: Callable[..., Project], alembic: Any
) -> None:
    make_project("practice", template="alembic")
    commands.config(Project.open(), "record_runs", "true")
    project = Project.open()
    commands.revision(
        project, "first", body="op.create_table('customer', sa.Column('id', sa.Integer))", rev_id="a1"
    )
    commands.upgrade(project, "head")
    env = Path("practice/env.py")
    metadata = "target_metadata = __import__('sqlalchemy').MetaData()"
    env.write_text(env.read_text().replace("target_metadata = None", metadata))

    def proposed() -> str:
        alembic("revision", "--autogenerate", "-m", "see", "--rev-id", "b2")
        (file,) = Path("practice/versions").glob("b2_*.py")
        text = file.read_text()
        file.unlink()
        return text

    assert "op.drop_table('alembic_version_log')" in proposed()
    words = words_of_notebook("05-databases-and-settings.ipynb")
    (line,) = (line for line in words.splitlines() if "include_name=" in line)
    argument = line.partition("(..., ")[2].rpartition(")")[0]
    env.write_text(
        env.read_text().replace(
            "target_metadata=target_metadata", f"target_metadata=target_metadata, {argument}"
        )
    )
    text = proposed()
    assert "op.drop_table('customer')" in text
    assert "alembic_version_log" not in text
    # And both packages run what the other has run.
    alembic("downgrade", "base")
    commands.upgrade(Project.open(), "head")
    assert told(commands.log(project)) == [("upgrade", "a1", "", "a1", "done")] * 2
