"""The tables of nbmigrate's own that another version has made, or that this user must not make: runs go on.

formats/1-*.sql are the tables as versions before the column `format` left them: a1 is applied, b2 was interrupted.
"""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import commands
from nbmigrate.database.bookkeeping import recorder
from nbmigrate.database.bookkeeping.recorder import Recorder
from nbmigrate.database.bookkeeping.run_log import RunLog
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event
from nbmigrate.errors import BookkeepingError, InterruptedRevisionError, MigrationFailedError
from tests.conftest import database_on
from tests.database.interrupted import InterruptedProject

FORMATS = Path(__file__).with_name("formats")
FIRST = """
    op.create_table("one", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
"""
SECOND = """
    op.add_column("one", sa.Column("name", sa.String(20)))
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX ix_one_n ON one (n)")
        op.execute("INSERT INTO one (id, n) VALUES (1, 10)")
    op.create_table("two", sa.Column("id", sa.Integer))
"""
BACK = """
    op.drop_table("two")
    op.drop_index("ix_one_n", "one")
    op.execute("DELETE FROM one")
    op.drop_column("one", "name")
"""
DATABASES = ("sqlite", "postgresql", "mariadb", "duckdb")
LOG = "alembic_version_log"


def made(folder: Path, url: str) -> InterruptedProject:
    project = InterruptedProject(folder, url)
    project.write("a1", None, FIRST, '    op.drop_table("one")')
    project.write("b2", "a1", SECOND, BACK)
    commands.config(project.project, "record_runs", "true")
    return project.reopened()


@pytest.fixture(params=DATABASES)
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> InterruptedProject:
    """Two revisions on each database, none applied, whose runs are recorded."""
    if request.param in ("postgresql", "mariadb"):
        return made(tmp_path, request.getfixturevalue("new_database")(request.param))
    return made(tmp_path, f"{request.param}:///{tmp_path / 'database'}")


@pytest.fixture
def of_format_1(recorded: InterruptedProject) -> InterruptedProject:
    """The same, with what an older version left."""
    (name,) = (each for each in DATABASES if recorded.url.startswith(each.replace("mariadb", "mysql")))
    text = (FORMATS / f"1-{name}.sql").read_text()
    sends(recorded, *text.removesuffix(";\n").split(";\n"))
    return recorded


def sends(project: InterruptedProject, *statements: str) -> None:
    with project.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement.replace(":", r"\:")))


def formats(project: InterruptedProject) -> list[int | None]:
    return [row[0] for row in project.rows(f"SELECT format FROM {LOG} ORDER BY entry")]


# --- tables of an older version


def test_tables_of_format_1_are_read_as_they_are(of_format_1: InterruptedProject) -> None:
    before = of_format_1.everything()
    project = of_format_1.project
    assert [row["revision"] for row in commands.log(project).rows()] == ["b2", "a1"]
    (note, *_) = commands.current(project).notes
    assert note.startswith("Revision b2 was interrupted during upgrade")
    assert "by ann@example): 3 statements are in effect" in note
    assert of_format_1.everything() == before


def test_a_run_brings_tables_of_format_1_up_to_date(of_format_1: InterruptedProject) -> None:
    done = of_format_1.upgrade()
    assert done.notes == ("Went on with the upgrade of b2: 3 statements were done already.",)
    assert of_format_1.rows("SELECT id, n FROM one") == [(1, 10)]
    assert formats(of_format_1) == [1, 1, 2]
    assert of_format_1.tables() == ["alembic_version", LOG, "one", "two"]
    commands.downgrade(of_format_1.project, "base")
    assert of_format_1.tables() == ["alembic_version", LOG]
    assert len(commands.log(of_format_1.project).rows()) == 5


def test_a_stamp_brings_the_table_of_runs_up_to_date(of_format_1: InterruptedProject) -> None:
    done = commands.stamp(of_format_1.project, "b2")
    assert [note for note in done.notes if LOG in note] == []
    assert formats(of_format_1) == [1, 1, 2]


@pytest.mark.parametrize("column", ["content_hash", "seconds"])
def test_a_column_that_an_older_version_did_not_have(recorded: InterruptedProject, column: str) -> None:
    recorded.upgrade()
    sends(recorded, f"ALTER TABLE {LOG} DROP COLUMN {column}")
    assert len(commands.log(recorded.project).rows()) == 2
    assert commands.current(recorded.project).notes == ()
    done = commands.downgrade(recorded.project, "base")
    assert done.notes == ()
    assert len(commands.log(recorded.project).rows()) == 4
    values = [row[0] for row in recorded.rows(f"SELECT {column} FROM {LOG} ORDER BY entry")]
    assert [value is None for value in values] == [True, True, False, False]


def test_in_a_transaction_of_env_py_the_table_is_brought_up_to_date_too(
    of_format_1: InterruptedProject,
) -> None:
    commands.abandon(of_format_1.project)
    of_format_1.write("b2", "a1", "    op.execute('INSERT INTO one (id, n) VALUES (2, 2)')")
    env = of_format_1.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("with connectable.connect() as", "with connectable.begin() as"))
    assert of_format_1.reopened().upgrade().notes == ()
    assert formats(of_format_1) == [1, 1, 2]


# --- tables of a newer version


def newer(project: InterruptedProject, *statements: str) -> None:
    project.upgrade("a1")
    sends(project, *statements, f"UPDATE {LOG} SET format = 3")


def test_a_newer_table_of_runs_is_used_as_far_as_it_is_known(recorded: InterruptedProject) -> None:
    newer(recorded, f"ALTER TABLE {LOG} ADD COLUMN later INTEGER", f"ALTER TABLE {LOG} DROP COLUMN error")
    assert recorded.upgrade().notes == (
        f"{LOG} is used as it is, without error: a newer version of nbmigrate writes to it.",
    )
    assert formats(recorded) == [3, 2]
    result = commands.log(recorded.project)
    assert [(row["revision"], row["error"]) for row in result.rows()] == [("b2", ""), ("a1", "")]
    assert result.notes == (
        f"{LOG} has rows of a newer version of nbmigrate; shown is what this version knows of them.",
    )


def test_a_table_of_runs_that_takes_no_row_fails_no_revision(recorded: InterruptedProject) -> None:
    recorded.upgrade("a1")
    sends(
        recorded,
        f"ALTER TABLE {LOG} RENAME TO other",
        f"CREATE TABLE {LOG} AS SELECT * FROM other",
        f"ALTER TABLE {LOG} ADD COLUMN later INTEGER",
        f"UPDATE {LOG} SET later = 1, format = 3",
        "DROP TABLE other",
    )
    if "sqlite" in recorded.url:
        stop = "BEGIN SELECT RAISE(ABORT, 'NULL in later'); END"
        sends(recorded, f"CREATE TRIGGER t BEFORE INSERT ON {LOG} {stop}")
    else:
        change = "MODIFY later INTEGER NOT NULL" if "mysql" in recorded.url else "ALTER later SET NOT NULL"
        sends(recorded, f"ALTER TABLE {LOG} {change}")
    (note,) = recorded.upgrade().notes
    start = "This run is" if "duckdb" in recorded.url else "From the upgrade of b2 on, this run is"
    assert note.startswith(f"{start} not recorded in {LOG}: ")
    assert "later" in note
    assert [entry.revision.id for entry in commands.current(recorded.project).entries] == ["b2"]
    assert recorded.rows("SELECT id, n FROM one") == [(1, 10)]
    (note, *_) = commands.stamp(recorded.project, "a1").notes
    assert f"is not recorded in {LOG}: " in note
    assert [entry.revision.id for entry in commands.current(recorded.project).entries] == ["a1"]


def test_a_journal_of_a_newer_version_is_left_to_it(of_format_1: InterruptedProject) -> None:
    column = "format INTEGER DEFAULT 3"
    sends(of_format_1, f"ALTER TABLE alembic_version_journal ADD COLUMN {column}")
    before = of_format_1.everything()
    with pytest.raises(
        InterruptedRevisionError, match="has format 3, and this version reads up to 2"
    ) as caught:
        of_format_1.upgrade()
    assert "`abandon`" in caught.value.hint
    with pytest.raises(InterruptedRevisionError):
        commands.resume(of_format_1.project)
    assert of_format_1.everything() == before
    assert "was interrupted" in commands.current(of_format_1.project).notes[0]
    assert commands.doctor(of_format_1.project).exit_code == 1
    commands.abandon(of_format_1.project)
    assert "alembic_version_journal" not in of_format_1.tables()


def test_another_table_of_that_name(recorded: InterruptedProject) -> None:
    sends(recorded, f"CREATE TABLE {LOG} (id INTEGER)")
    words = f"{LOG} is no table of runs that this version of nbmigrate can use: it has no column entry."
    assert recorded.upgrade().notes == (f"This run is not recorded in {LOG}: {words}",)
    assert [entry.revision.id for entry in commands.current(recorded.project).entries] == ["b2"]
    with pytest.raises(BookkeepingError, match="no column entry"):
        commands.log(recorded.project)


# --- what a user must not do


@pytest.fixture(params=["postgresql", "mariadb"])
def restricted(
    request: pytest.FixtureRequest, server_url: Callable[[str], sa.URL], tmp_path: Path
) -> Iterator[InterruptedProject]:
    """Two revisions of rows alone, whose database user reads and writes rows, and nothing else."""
    name = f"nbm_{uuid.uuid4().hex[:8]}"
    server = server_url(request.param)
    with database_on(server) as url:
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        project = made(tmp_path, url)
        project.write("a1", None, "    op.execute('INSERT INTO t VALUES (1)')")
        project.write(
            "b2", "a1", "    op.execute('INSERT INTO t VALUES (2)')", "    op.execute('DELETE FROM t')"
        )
        commands.ensure_version(project.project)
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
            for statement in rights(request.param, name):
                connection.exec_driver_sql(statement)
        shown = sa.make_url(url).set(username=name, password="geheim7").render_as_string(hide_password=False)
        commands.config(project.project, "sqlalchemy.url", shown.replace("%", "%%"))
        yield project.reopened()
        with admin.connect() as connection:
            if request.param == "postgresql":
                connection.exec_driver_sql(f"DROP OWNED BY {name}")
            connection.exec_driver_sql(f"DROP USER {name}" + "@'%%'" * (request.param == "mariadb"))


def rights(server: str, name: str) -> list[str]:
    rows = "SELECT, INSERT, UPDATE, DELETE"
    if server == "mariadb":
        # The journal is there, as somebody with the right to make it left it.
        return [f"CREATE USER {name}@'%%' IDENTIFIED BY 'geheim7'", f"GRANT {rows} ON *.* TO {name}@'%%'"]
    return [
        f"CREATE USER {name} PASSWORD 'geheim7'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT {rows} ON ALL TABLES IN SCHEMA public TO {name}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rows} ON TABLES TO {name}",
    ]


def journal(project: InterruptedProject) -> None:
    """Make the journal that MariaDB wants, as somebody with the right to would."""
    if "mysql" in project.url:
        ddl = (FORMATS / "1-mariadb.sql").read_text().split(";\n")
        (statement,) = (each for each in ddl if each.startswith("CREATE TABLE `alembic_version_journal`"))
        sends(project, statement)


def test_without_the_right_to_make_the_table_of_runs(restricted: InterruptedProject) -> None:
    journal(restricted)
    (note,) = restricted.upgrade().notes
    assert note.startswith(f"This run is not recorded in {LOG}: ")
    assert "denied" in note
    assert restricted.rows("SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_without_the_right_to_alter_the_table_of_runs(restricted: InterruptedProject) -> None:
    journal(restricted)
    name = "postgresql" if "postgresql" in restricted.url else "mariadb"
    ddl = (FORMATS / f"1-{name}.sql").read_text().split(";\n")
    sends(restricted, *(each for each in ddl if each.startswith("CREATE TABLE") and LOG in each))
    (note,) = restricted.upgrade().notes
    assert note.startswith(f"{LOG} is used as it is, without format: ")
    assert ("owner" if name == "postgresql" else "denied") in note
    assert [row["revision"] for row in commands.log(restricted.project).rows()] == ["b2", "a1"]


def test_without_the_right_to_make_a_journal(restricted: InterruptedProject) -> None:
    """Nothing is begun where an interrupted revision could not be gone on with; the error is not the file's."""
    restricted.write(
        "a1",
        None,
        "    with op.get_context().autocommit_block():\n        op.execute('INSERT INTO t VALUES (1)')",
    )
    words = [sys.executable, "-m", "nbmigrate", "upgrade", "head"]
    done = subprocess.run(words, cwd=restricted.folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert said.count("the journal alembic_version_journal could not be made: ") == 1
    assert "Grant the database user the right to CREATE and DROP tables." in said
    again = "Correct what the error names, then run the same command again."
    assert f"nothing of it remains. The database stands at base. {again}" in said
    for unwanted in ("Traceback", "Exception ignored", "Correct the file", "a1_.py", "geheim7"):
        assert unwanted not in said
    assert restricted.rows("SELECT id FROM t") == []


def test_without_the_right_to_make_the_version_table(restricted: InterruptedProject) -> None:
    journal(restricted)
    sends(restricted, "DROP TABLE alembic_version")
    with pytest.raises(
        MigrationFailedError, match="the version table alembic_version could not be made"
    ) as caught:
        restricted.upgrade()
    assert "Grant the database user the right to CREATE and ALTER tables." in caught.value.hint
    assert "Correct the file" not in caught.value.hint
    assert caught.value.statement == ""


@pytest.mark.parametrize("restricted", ["postgresql"], indirect=True)
def test_without_the_right_to_write_version_rows(restricted: InterruptedProject) -> None:
    user = sa.make_url(restricted.project.config.get("sqlalchemy.url") or "").username
    sends(restricted, f"REVOKE INSERT ON alembic_version FROM {user}")
    with pytest.raises(MigrationFailedError, match="the version table alembic_version could not be written"):
        restricted.upgrade()
    assert restricted.rows("SELECT id FROM t") == []


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_table_that_somebody_keeps_open_does_not_stop_a_run(
    server: str, new_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made(tmp_path, new_database(server))
    project.upgrade("a1")
    sends(project, f"ALTER TABLE {LOG} DROP COLUMN content_hash")
    monkeypatch.setattr(recorder, "PATIENCE", 1.0)
    with project.engine.connect() as other:
        other.exec_driver_sql(f"SELECT * FROM {LOG}").all()
        (note,) = project.upgrade().notes
    assert note.startswith(f"{LOG} is used as it is, without content_hash: ")
    assert formats(project) == [2, 2]
    assert commands.downgrade(project.project, "base").notes == ()
    assert len(commands.log(project.project).rows()) == 4


# --- two runs at once


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_two_runs_that_bring_the_table_up_to_date(
    server: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """As on two nodes of a cluster, where the lock of a run is its node's: the second finds it done."""
    project = made(tmp_path, new_database(server))
    project.upgrade("a1")
    sends(project, f"ALTER TABLE {LOG} DROP COLUMN content_hash", f"ALTER TABLE {LOG} DROP COLUMN code_hash")
    told: list[Event] = []
    engine = sa.create_engine(project.url, poolclass=sa.NullPool)

    def first(*arguments: object) -> None:
        if f"FROM {LOG}" in str(arguments[2]):
            sa.event.remove(engine, "before_cursor_execute", first)
            sends(
                project,
                f"ALTER TABLE {LOG} ADD COLUMN code_hash VARCHAR(32)",
                f"ALTER TABLE {LOG} ADD COLUMN content_hash VARCHAR(32)",
            )

    sa.event.listen(engine, "before_cursor_execute", first)
    with engine.connect() as connection:
        log = RunLog(connection, VersionTable(connection), lambda revision: None)
        Recorder(connection, log, told.append, caller_owns_transaction=False).prepare()
        assert log.lacking == ()
    assert told == []
