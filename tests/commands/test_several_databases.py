"""Commands on an env.py that migrates several databases: each tells of all of them, under their urls."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import (
    MigrationFailedError,
    RevisionAppliedError,
    RevisionNotFoundError,
    TableNotFoundError,
    UsageError,
)

BODY = """
def upgrade_engine1():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(9)))
    op.create_table("both", sa.Column("id", sa.Integer, primary_key=True))


def downgrade_engine1():
    op.drop_table("orders")
    op.drop_table("both")


def upgrade_engine2():
    op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("both", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))


def downgrade_engine2():
    op.drop_table("customer")
    op.drop_table("both")
"""
ONE, TWO = "sqlite:///engine1.db", "sqlite:///engine2.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of the template multidb with one revision, which makes other tables in each database."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", template="multidb")
    for name in ("engine1", "engine2"):
        assert main(["-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
    opened = Project.open()
    commands.revision(opened, "tables", body=BODY, rev_id="a1")
    return opened


@pytest.fixture
def filled(project: Project) -> Project:
    """The same, applied, with rows."""
    commands.upgrade(project, "head")
    execute("engine1.db", "INSERT INTO orders VALUES (1, 'first'), (2, NULL)", "INSERT INTO both VALUES (7)")
    execute("engine2.db", "INSERT INTO both VALUES (7, NULL), (8, 80), (9, 90)")
    return project


def execute(file: str, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_preview(project: Project) -> None:
    found = commands.preview(project, "upgrade", "head")
    assert [(row["database"], row["to"], row["statements"]) for row in found.rows()] == [
        (ONE, "a1", 2),
        (TWO, "a1", 2),
    ]
    first, second = found.to_text().split(TWO)
    assert first.startswith(f"{ONE}\nWould run upgrade  -> a1, tables")
    assert "CREATE TABLE orders" in first and "customer" not in first
    assert "CREATE TABLE customer" in second and "orders" not in second
    assert found.sql.count("CREATE TABLE") == 4
    page = found._repr_mimebundle_()["text/html"]
    assert page.index(ONE) < page.index("orders") < page.index(TWO) < page.index("customer")
    assert not commands.tables(project).rows()
    commands.upgrade(project, "head")
    again = commands.preview(project, "upgrade", "head")
    assert again.notes == tuple(f"{url}: Nothing to upgrade: the database is at a1." for url in (ONE, TWO))


def test_a_preview_of_what_would_be_lost(filled: Project) -> None:
    found = commands.preview(filled, "downgrade", "base")
    lost = [(row["database"], row["loses"]) for row in found.rows() if row["loses"]]
    assert [database for database, _ in lost] == [ONE, TWO]
    assert len(found.losses) == 3
    assert ["orders" in text for _, text in lost] == [True, False]


def test_databases_at_different_revisions(filled: Project) -> None:
    execute("engine2.db", "DELETE FROM alembic_version", "DROP TABLE customer", "DROP TABLE both")
    found = commands.preview(filled, "upgrade", "head")
    assert [row["database"] for row in found.rows()] == [TWO]
    assert found.notes == (f"{ONE}: Nothing to upgrade: the database is at a1.",)


def test_tables(filled: Project) -> None:
    found = commands.tables(filled)
    counted = [(row["database"], row["table"], int(row["rows"])) for row in found.rows()]
    assert [row for row in counted if not row[1].startswith(("alembic", "nbmigrate"))] == [
        (ONE, "both", 1),
        (ONE, "orders", 2),
        (TWO, "both", 3),
        (TWO, "customer", 0),
    ]
    assert str(found).index("orders") < str(found).index(TWO) < str(found).index("customer")


def test_a_table_of_both(filled: Project) -> None:
    found = commands.table(filled, "both", limit=2)
    assert found.rows() == [
        {"database": ONE, "id": 7, "x": None},
        {"database": TWO, "id": 7, "x": None},
        {"database": TWO, "id": 8, "x": 80},
    ]
    assert found.notes == (f"{TWO}: 2 of 3 rows.",)
    frame = found.to_frame()
    assert list(frame["database"]) == [ONE, TWO, TWO]
    assert (list(frame["id"]), str(frame["id"].dtype)) == ([7, 7, 8], "Int64")
    assert (list(frame["x"].isna()), str(frame["x"].dtype)) == ([True, True, False], "Int64")
    assert frame.attrs == {"total": 4}
    page = found._repr_mimebundle_()["text/html"]
    assert page.count("<table") == 2 and page.index(ONE) < page.index(TWO)


def test_a_table_of_one(filled: Project) -> None:
    found = commands.table(filled, "orders")
    assert [(row["database"], row["id"], row["note"]) for row in found.rows()] == [
        (ONE, 1, "first"),
        (ONE, 2, None),
    ]
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"{TWO}: ") and "orders" in found.notes[0]
    assert len(found.to_frame()) == 2


def test_an_empty_table_of_one(filled: Project) -> None:
    found = commands.table(filled, "customer")
    assert (found.rows(), list(found.to_frame().columns)) == ([], ["database", "id"])


def test_a_table_of_none(filled: Project) -> None:
    for look in (commands.table, commands.schema):
        with pytest.raises(TableNotFoundError, match="nothere"):
            look(filled, "nothere")


def test_schema(filled: Project) -> None:
    found = commands.schema(filled, "both")
    assert [(row["database"], row["column"]) for row in found.rows()] == [
        (ONE, "id"),
        (TWO, "id"),
        (TWO, "x"),
    ]
    assert found.notes == ()
    assert [row["column"] for row in commands.schema(filled, "orders").rows()] == ["id", "note"]


def test_one_database_is_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("practice")
    project = Project.open()
    commands.revision(project, "t", body="op.create_table('t', sa.Column('id', sa.Integer))\n", rev_id="a1")
    assert "database" not in commands.preview(project, "upgrade", "head").rows()[0]
    commands.upgrade(project, "head")
    assert "database" not in commands.tables(project).rows()[0]
    assert list(commands.table(project, "t").to_frame().columns) == ["id"]
    assert "database" not in commands.schema(project, "t").rows()[0]


SET_URLS = (
    "Set the URL of each database: `-n engine1 config sqlalchemy.url sqlite:///engine1.db`, "
    "`-n engine2 config sqlalchemy.url sqlite:///engine2.db`."
)


def test_how_to_go_on_after_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said can be typed as it is, and then everything works."""
    monkeypatch.chdir(tmp_path)
    assert commands.init("practice", template="multidb").notes == (SET_URLS,)
    assert commands.init("practice", template="multidb").notes == (
        "The project exists already; nothing was changed.",
    )
    for verb in ("current", "upgrade head"):
        assert main(verb.split()) == 1
        assert capsys.readouterr().err.splitlines()[1] == SET_URLS
    assert main(["config", "sqlalchemy.url", "sqlite:///x.db"]) == 0
    assert capsys.readouterr().err.strip() == f"This is the URL of none of the databases. {SET_URLS}"
    for words in re.findall(r"`(.*?)`", SET_URLS):
        assert main(words.split()) == 0
    assert capsys.readouterr().err == ""
    assert str(commands.current(Project.open())) == f"{ONE}: base\n{TWO}: base"


def test_an_ini_that_is_kept_keeps_its_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("alembic.ini").write_text("[alembic]\nscript_location = practice\n", encoding="utf-8")
    assert commands.init("practice", template="multidb").notes == (
        "alembic.ini exists already and was kept.",
    )


INTERRUPTED = """
def upgrade_engine1():
    pass


def upgrade_engine2():
    with op.get_context().autocommit_block():
        op.create_index("ix", "both", ["x"])
    op.execute("INSERT INTO later VALUES (1)")


def downgrade_engine1():
    pass


def downgrade_engine2():
    pass
"""


def test_resume_and_abandon_what_stands_half_way_on_one(filled: Project) -> None:
    env = Path("practice/env.py")
    text = env.read_text(encoding="utf-8")
    env.write_text(text.replace("transactions.append(begin())", "pass"), encoding="utf-8")
    commands.revision(filled, "index", body=INTERRUPTED, rev_id="b2")
    with pytest.raises(MigrationFailedError, match="later"):
        commands.upgrade(filled, "head")
    execute("engine2.db", "CREATE TABLE later (id INTEGER)")
    found = commands.resume(filled)
    assert [(row["database"], row["to"]) for row in found.rows()] == [(TWO, "b2")]
    assert str(found).startswith(f"{TWO}\nRunning upgrade a1 -> b2, index")
    execute(
        "engine2.db", "UPDATE alembic_version SET version_num = 'a1'", "DROP INDEX ix", "DROP TABLE later"
    )
    with pytest.raises(MigrationFailedError, match="later"):
        commands.upgrade(filled, "head")
    assert "CREATE INDEX" in str(commands.abandon(filled))
    with pytest.raises(UsageError, match="interrupted"):
        commands.resume(filled)


def recording(project: Project) -> Project:
    commands.config(project, "record_runs", "true")
    return Project.open()


def test_log(filled: Project) -> None:
    nothing = commands.log(filled)
    assert nothing.rows() == [] and [note.partition(": ")[0] for note in nothing.notes] == [ONE, TWO]
    project = recording(filled)
    commands.downgrade(project, "base")
    execute("engine1.db", "DELETE FROM alembic_version_log")
    found = commands.log(project)
    assert [(row["database"], row["direction"]) for row in found.rows()] == [(TWO, "downgrade")]
    assert found.notes == (f"{ONE}: Nothing is recorded in alembic_version_log yet.",)
    assert list(found.to_frame()["database"]) == [TWO]
    assert str(found).index(ONE) < str(found).index(TWO) < str(found).index("downgrade")


def test_log_of_a_revision(filled: Project) -> None:
    project = recording(filled)
    commands.downgrade(project, "base")
    commands.upgrade(project, "head")
    execute("engine1.db", "DELETE FROM alembic_version_log")
    file = next(Path("practice/versions").glob("*.py"))
    file.write_text(file.read_text(encoding="utf-8").replace("orders", "bills"), encoding="utf-8")
    found = commands.log(project, "a1")
    assert [(row["database"], row["direction"]) for row in found.rows()] == [
        (TWO, "upgrade"),
        (TWO, "downgrade"),
    ]
    (note,) = (note for note in found.notes if "bills" in note)
    assert note.startswith(f"{TWO}: ")
    page = found._repr_mimebundle_()["text/html"]
    assert page.count("+    op.create_table") == 1
    file.unlink()
    assert len(commands.log(project, "a1").rows()) == 2
    with pytest.raises(RevisionNotFoundError, match="zz"):
        commands.log(project, "zz")


def test_databases_at_different_revisions_in_one_picture(filled: Project) -> None:
    commands.revision(filled, "more", rev_id="b2")
    assert not commands.history(filled, indicate_current=True).notes
    execute("engine1.db", "UPDATE alembic_version SET version_num = 'b2'")
    apart = (f"The databases do not stand at the same place: {ONE} at b2, {TWO} at a1.",)
    shown = commands.history(filled, indicate_current=True)
    assert (str(shown).count("(current)"), shown.notes) == (2, apart)
    drawn = commands.graph(filled, current=True)
    assert (set(drawn.marks.current), drawn.notes) == ({"a1", "b2"}, apart)
    execute("engine2.db", "DELETE FROM alembic_version")
    assert commands.history(filled, indicate_current=True).notes[0].endswith(f"{ONE} at b2, {TWO} at base.")


def test_what_is_applied_to_one_of_the_databases_stays_as_it_is(filled: Project) -> None:
    execute("engine2.db", "DELETE FROM alembic_version")
    with pytest.raises(RevisionAppliedError, match="a1"):
        commands.revision(filled, "tables", body=BODY.replace("orders", "bills"), rev_id="a1")


def test_doctor(filled: Project) -> None:
    assert str(commands.doctor(filled)) == f"No problems: {ONE}, {TWO}"
    execute("engine1.db", "INSERT INTO alembic_version VALUES ('gone')")
    found = commands.doctor(filled)
    assert not found.ok
    assert all(problem.message.startswith(f"{ONE}: ") for problem in found.problems)
    assert str(found).endswith(f": {ONE}, {TWO}")
    execute("engine2.db", "UPDATE alembic_version SET version_num = 'lost'")
    named = [problem.message.partition(": ")[0] for problem in commands.doctor(filled).problems]
    assert list(dict.fromkeys(named)) == [ONE, TWO]
