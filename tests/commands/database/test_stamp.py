"""`stamp` and `ensure_version`: the version rows, and nothing else."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.database.stamp import MOVES_NO_TABLES
from nbmigrate.errors import (
    DatabaseLockedError,
    MigrateError,
    MultipleHeadsError,
    PositionError,
    RevisionNotFoundError,
    UsageError,
)

#: Two bases; a branch and its merge on the first; a dependency of the second on it.
REVISIONS: dict[str, tuple[Any, Any]] = {
    "a1": (None, None),
    "b2": ("a1", None),
    "c3": ("a1", None),
    "d4": (("b2", "c3"), None),
    "x9": (None, None),
    "y8": ("x9", "b2"),
}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    return "sqlite:///db_file.db" if request.param == "sqlite" else new_database(request.param)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    monkeypatch.chdir(tmp_path)

    def project(url: str) -> Project:
        commands.init("practice", url=url)
        for id_, (parents, needs) in REVISIONS.items():
            label = "'other'" if id_ == "x9" else None
            text = f'"""the {id_}"""\n\nrevision = {id_!r}\ndown_revision = {parents!r}\n'
            text += f"branch_labels = {label}\ndepends_on = {needs!r}\n\n\n"
            text += (
                "def upgrade():\n    raise AssertionError\n\n\ndef downgrade():\n    raise AssertionError\n"
            )
            Path(f"practice/versions/{id_}.py").write_text(text, encoding="utf-8")
        return Project.open()

    return project


def rows(url: str) -> list[str]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
        return sorted(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


STAMPS = [
    ("head of one branch", [], ["d4"], ["d4"], [("", "d4")]),
    ("two at once", [], ["b2", "c3"], ["b2", "c3"], [("", "b2"), ("", "c3")]),
    ("up", ["a1"], ["d4"], ["d4"], [("a1", "d4")]),
    ("a merge", ["b2", "c3"], ["d4"], ["d4"], [("b2, c3", "d4")]),
    ("down", ["d4"], ["a1"], ["a1"], [("d4", "a1")]),
    ("to the base", ["d4"], ["base"], [], [("d4", "")]),
    ("another branch stays", ["a1"], ["x9"], ["a1", "x9"], [("", "x9")]),
    ("a branch to its base", ["a1", "x9"], ["other@base"], ["a1"], [("x9", "")]),
    ("what is needed is implied", ["b2"], ["y8"], ["y8"], [("b2", "y8")]),
    ("twice", ["d4"], ["d4"], ["d4"], []),
    ("part of an id", [], ["other"], ["x9"], [("", "x9")]),
]


@pytest.mark.parametrize(
    ("before", "targets", "after", "steps"),
    [case[1:] for case in STAMPS],
    ids=[case[0] for case in STAMPS],
)
def test_stamps(
    make: Callable[[str], Project],
    before: list[str],
    targets: list[str],
    after: list[str],
    steps: list[tuple[str, str]],
) -> None:
    url = "sqlite:///db_file.db"
    project = make(url)
    commands.stamp(project, before or ["base"])
    result = commands.stamp(project, targets)
    assert [(row["from"], row["to"]) for row in result.rows()] == steps
    commands.ensure_version(project)
    assert rows(url) == after
    assert [entry.row() for entry in result.position] == commands.current(project).rows()
    assert result.notes == ((MOVES_NO_TABLES,) if steps else ())
    shown = result._repr_mimebundle_()
    assert str(result).splitlines()[:-1] == [f"Running stamp_revision {old} -> {new}" for old, new in steps]
    assert (MOVES_NO_TABLES in shown["text/html"]) is bool(steps)


def test_on_every_database(
    make: Callable[[str], Project], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make(url)
    assert str(commands.stamp(project, "b2")) == "Running stamp_revision  -> b2\nNow at b2."
    assert main(["stamp", "b2", "c3", "x9"]) == 0
    out, err = capsys.readouterr()
    assert out == "Running stamp_revision  -> c3\nRunning stamp_revision  -> x9\nNow at b2, c3, x9.\n"
    assert err == MOVES_NO_TABLES + "\n"
    assert rows(url) == ["b2", "c3", "x9"]
    assert str(commands.stamp(project, ["b2", "c3"])) == "Nothing to stamp: the database is at b2, c3, x9."
    assert str(commands.stamp(project, "heads")).endswith("Now at d4 (head) (mergepoint), y8 (head).")
    assert rows(url) == ["d4", "y8"]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('gone')")
    with pytest.raises(PositionError, match=r"The database stands at 'gone', .*\n.*stamp --purge"):
        commands.stamp(project, "a1")
    assert rows(url) == ["d4", "gone", "y8"]
    purged = commands.stamp(project, ["d4"], purge=True)
    assert purged.purged == ("d4", "gone", "y8")
    assert str(purged).endswith("Rows deleted first: d4, gone, y8. Now at d4 (head) (mergepoint).")
    assert rows(url) == ["d4"]
    assert str(commands.stamp(project, "base", purge=True)).endswith("Rows deleted first: d4. Now at base.")
    assert rows(url) == []


def test_ensure_version(make: Callable[[str], Project], url: str) -> None:
    project = make(url)
    assert str(commands.ensure_version(project)) == "The version table was made."
    commands.stamp(project, "d4")
    assert str(commands.ensure_version(project)) == "The version table is there already."
    assert rows(url) == ["d4"]


@pytest.mark.parametrize(
    ("kind", "targets", "said"),
    [
        (MultipleHeadsError, ["head"], "Multiple head revisions are present for given argument 'head'"),
        (RevisionNotFoundError, ["nope"], "Can't locate revision identified by 'nope'"),
        (UsageError, ["a1:b2"], "Range revision not allowed"),
        (RevisionNotFoundError, ["d4", "nope"], "Can't locate revision identified by 'nope'"),
    ],
)
def test_what_is_no_place(
    make: Callable[[str], Project], kind: type[MigrateError], targets: list[str], said: str
) -> None:
    project = make("sqlite:///db_file.db")
    commands.stamp(project, "a1")
    with pytest.raises(kind, match=said):
        commands.stamp(project, targets)
    with pytest.raises(kind, match=said):
        commands.stamp(project, targets, purge=True)
    assert rows("sqlite:///db_file.db") == ["a1"]


def test_rows_that_are_there_twice(make: Callable[[str], Project]) -> None:
    project = make("sqlite:///db_file.db")
    with sa.create_engine("sqlite:///db_file.db", poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('b2'), ('b2')")
    with pytest.raises(PositionError, match=r"holds it 2 times\.\nRewrite its rows with `stamp --purge b2`"):
        commands.stamp(project, "d4")
    assert rows("sqlite:///db_file.db") == ["b2", "b2"]
    commands.stamp(project, "b2", purge=True)
    assert rows("sqlite:///db_file.db") == ["b2"]


def test_the_rows_are_read_under_the_write_lock(make: Callable[[str], Project]) -> None:
    project = make("sqlite:///db_file.db?timeout=0.05")
    commands.stamp(project, "a1")
    other = sa.create_engine("sqlite:///db_file.db", poolclass=sa.NullPool)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLockedError):
            commands.stamp(project, "b2")
    assert rows("sqlite:///db_file.db") == ["a1"]


def test_stamps_at_the_same_time(make: Callable[[str], Project], url: str) -> None:
    projects = [make(url)] + [Project.open() for _ in range(3)]
    commands.stamp(projects[0], "a1")
    together = threading.Barrier(len(projects))
    errors: list[MigrateError] = []

    def stamp(project: Project, target: str) -> None:
        together.wait()
        try:
            commands.stamp(project, target)
        except MigrateError as error:
            errors.append(error)

    threads = [
        threading.Thread(target=stamp, args=(project, target))
        for project, target in zip(projects, ("d4", "d4", "x9", "x9"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who lost was told so; whoever won, each revision has one row.
    assert all(error.message for error in errors)
    found = rows(url)
    assert len(found) == len(set(found))
    assert set(found) <= {"a1", "d4", "x9"}
    assert "x9" in found


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_ids_longer_than_the_column(
    make: Callable[[str], Project], server: str, new_database: Callable[[str], str]
) -> None:
    url = new_database(server)
    project = make(url)
    long = "e" * 40
    source = Path("practice/versions/x9.py").read_text(encoding="utf-8").replace("'other'", "None")
    Path("practice/versions/e5.py").write_text(
        source.replace("'x9'", repr(long)).replace("None\nbranch", "'d4'\nbranch", 1), encoding="utf-8"
    )
    commands.stamp(project, "d4")
    assert width(url) == 32
    commands.stamp(project, long)
    assert (rows(url), width(url)) == ([long], 40)
    commands.stamp(project, "a1")
    assert (rows(url), width(url)) == (["a1"], 40)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    commands.stamp(project, long)
    assert (rows(url), width(url)) == ([long], 40)


def width(url: str) -> int:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        column = sa.inspect(connection).get_columns("alembic_version")[0]
    assert column["nullable"] is False
    assert isinstance(column["type"], sa.String)
    assert column["type"].length is not None
    return column["type"].length
