"""The one model of a project: what it knows, what it refuses, how a run is stopped."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import ConnectionFailedError, InterruptedRunError, MigrationFailedError, PositionError
from nbmigrate.notebook.state.background_run import MovedError, Outcome, Progress
from nbmigrate.notebook.state.model import Model, own_changes, own_tables
from nbmigrate.notebook.state.moves import Move
from nbmigrate.notebook.state.session import Session

UP = Move(("b2",), "upgrade", "c3")
FAILING = """
def upgrade():
    op.execute('INSERT INTO nowhere VALUES (1)')


def downgrade():
    pass
"""
DOWN = Move(("b2",), "downgrade", "a1")


@pytest.fixture
def model(project_folder: Path) -> Model:
    """The project of three revisions, looked at; the database stands at b2."""
    model = Model(Project.open())
    model.refresh()
    return model


def heads() -> list[str]:
    """Where the database stands, asked without any of our code."""
    connection = sqlite3.connect("db_file.db")
    try:
        return sorted(row[0] for row in connection.execute("SELECT version_num FROM alembic_version"))
    finally:
        connection.close()


class Loop:
    """What posts are put into by a thread, and taken out of by the test, as a kernel's loop does."""

    def __init__(self) -> None:
        self.posted: list[Callable[[], None]] = []

    def post(self, callback: Callable[[], None]) -> None:
        self.posted.append(callback)

    def drain(self) -> None:
        while self.posted:
            self.posted.pop(0)()


def test_what_it_knows(model: Model) -> None:
    assert (model.heads, model.error, model.changes, model.busy) == (("b2",), None, None, False)
    assert model.url == "sqlite:///db_file.db"
    assert [revision.id for revision in model.graph] == ["c3", "b2", "a1"]
    assert [(table.name, str(table.count)) for table in own_tables(model)] == [("customer", "1,200")]
    assert model.marks.state("b2") == "current"
    assert repr(model) == f"Model({model.project!r})"


def test_a_move(model: Model) -> None:
    token = model.token
    assert model.go(UP) == "done"
    assert heads() == ["c3"]
    assert (model.heads, model.error, model.busy, model.progress) == (("c3",), None, False, None)
    assert [step.revision.id for step in model.last] == ["c3"]
    assert [(change.name, change.columns_new) for change in own_changes(model)] == [("customer", ("phone",))]
    assert model.token != token


def test_widgets_are_told_once_for_each_look(model: Model) -> None:
    seen: list[tuple[int, object, bool]] = []
    model.observe(lambda change: seen.append((change["new"], model.heads, model.busy)), "version")
    model.go(UP)
    model.refresh()
    assert seen == [(2, ("c3",), False), (3, ("c3",), False)]


def test_a_move_that_was_planned_for_another_position_is_not_made(model: Model) -> None:
    commands.downgrade(Project.open(), "a1")
    assert model.go(UP) == "moved"
    assert heads() == ["a1"]
    assert isinstance(model.error, MovedError)
    assert (model.heads, model.last) == (("a1",), ())


def test_a_move_that_was_planned_for_other_files_is_not_made(model: Model) -> None:
    commands.revision(Project.open(), "a fax", body="op.add_column('customer', sa.Column('fax', sa.Text))")
    assert model.go(UP) == "moved"
    assert heads() == ["b2"]
    assert len(model.graph) == 4
    model.refresh(forget=True)
    assert model.error is None
    assert model.go(UP) == "done"


def test_changes_from_elsewhere_are_seen_at_the_next_look(model: Model) -> None:
    commands.upgrade(Project.open(), "head")
    model.refresh()
    assert (model.heads, model.last) == (("c3",), ())
    assert [change.columns_new for change in own_changes(model)] == [("phone",)]
    before = model.changes
    model.refresh()
    assert model.changes == before
    model.refresh(forget=True)
    assert model.changes is None


def test_a_run_that_fails(model: Model) -> None:
    commands.edit(model.project, "c3", FAILING)
    model.refresh()
    assert model.go(UP) == "failed"
    assert isinstance(model.error, MigrationFailedError)
    assert model.error.statement == "INSERT INTO nowhere VALUES (1)"
    assert (heads(), model.heads, model.last) == (["b2"], ("b2",), ())
    # It stays in sight until something is done.
    model.refresh()
    assert isinstance(model.error, MigrationFailedError)
    model.refresh(forget=True)
    assert model.error is None


def test_only_the_steps_that_stay_are_told(model: Model) -> None:
    model.go(Move(("b2",), "downgrade", "base"))
    commands.edit(model.project, "c3", FAILING)
    model.refresh()
    assert model.go(Move((), "upgrade", "head")) == "failed"
    assert [step.revision.id for step in model.last] == ["a1", "b2"]
    assert model.heads == ("b2",)


def test_a_run_in_a_thread(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, ended = Loop(), list[Outcome]()
    threads: set[str] = set()
    monkeypatch.setattr(model.project, "connect", _watched(model.project.connect, threads))
    model.start(UP, loop.post, ended.append)
    assert model.busy
    model.wait(30)
    # Nothing that widgets look at has changed before the loop has its turn.
    assert (heads(), model.heads, ended, model.busy) == (["c3"], ("b2",), [], True)
    loop.drain()
    assert (model.heads, ended, model.busy) == (("c3",), ["done"], False)
    assert threads == {"nbmigrate run"}


def _watched(connect: Callable[..., object], threads: set[str]) -> Callable[..., object]:
    def watched(*args: object, **options: object) -> object:
        threads.add(threading.current_thread().name)
        return connect(*args, **options)

    return watched


def test_ten_moves_while_one_runs_are_one(model: Model) -> None:
    loop, ended = Loop(), list[Outcome]()
    for _ in range(10):
        model.start(DOWN, loop.post, ended.append)
    assert ended == ["busy"] * 9
    model.wait(30)
    # Those that waited until it was over were planned for a position that is no more.
    loop.drain()
    for _ in range(10):
        model.start(DOWN, loop.post, ended.append)
        model.wait(30)
        loop.drain()
    assert ended == ["busy"] * 9 + ["done"] + ["moved"] * 10
    assert (heads(), model.heads) == (["a1"], ("a1",))


def test_a_look_during_a_run_is_taken_at_its_end(model: Model) -> None:
    loop = Loop()
    model.start(UP, loop.post, lambda outcome: None)
    model.wait(30)
    commands.downgrade(Project.open(), "a1")
    # A cell tells its widgets to look; what the run has found is not true any more by then.
    model.refresh()
    loop.drain()
    assert (heads(), model.heads) == (["a1"], ("a1",))


def test_stop_after_the_revision_that_runs(model: Model) -> None:
    model.go(Move(("b2",), "downgrade", "base"))
    ended = list[Outcome]()
    told: list[Progress] = []

    def post(callback: Callable[[], None]) -> None:
        callback()
        if model.busy and not told:
            told.append(model.progress)
            model.stop()

    model.start(Move((), "upgrade", "head"), post, ended.append)
    model.wait(30)
    assert [(progress.number, progress.total, progress.stop) for progress in told] == [(1, 3, "")]
    # It was asked when the plan was made, before the first revision.
    assert (ended, heads()) == (["failed"], [])
    assert isinstance(model.error, InterruptedRunError)
    assert "0 of 3 are done" in model.error.message


def test_stop_at_once_undoes_the_revision_that_runs(model: Model) -> None:
    body = "def upgrade():\n" + "".join(
        f"    op.execute('CREATE TABLE t{n} (id INTEGER)')\n" for n in range(50)
    )
    body += "    import time; time.sleep(0.3)\n    op.execute('CREATE TABLE last (id INTEGER)')\n"
    commands.edit(model.project, "c3", body + "\n\ndef downgrade():\n    pass\n")
    model.refresh()
    ended, twice = list[Outcome](), list[str]()

    def post(callback: Callable[[], None]) -> None:
        callback()
        if model.progress is not None and model.progress.statements and not model.progress.stop:
            # The same button pressed twice is no other wish.
            model.stop()
            model.stop()
            twice.append(model.progress.stop)
            model.stop(now=True)

    model.start(UP, post, ended.append)
    model.wait(30)
    assert twice == ["after"]
    assert (ended, heads(), model.heads) == (["failed"], ["b2"], ("b2",))
    assert isinstance(model.error, InterruptedRunError)
    assert [table.name for table in own_tables(model)] == ["customer"]


def test_a_database_that_each_thread_has_for_itself_stays_in_one(model: Model) -> None:
    env = Path("practice/env.py")
    env.write_text(
        "import sys, types\nimport sqlalchemy as sa\nfrom nbmigrate import context\n"
        "kept = sys.modules.setdefault('kept_engine', types.ModuleType('kept_engine'))\n"
        "if not hasattr(kept, 'engine'):\n    kept.engine = sa.create_engine('sqlite://')\n"
        "with kept.engine.connect() as connection:\n"
        "    context.configure(connection=connection)\n    context.run_migrations()\n"
    )
    model.refresh()
    assert model.heads == ()
    ended = list[Outcome]()
    model.start(Move((), "upgrade", "a1"), lambda callback: callback(), ended.append)
    # In another thread it would be another database, and the position a lie.
    assert (ended, model.heads) == (["done"], ("a1",))
    model.refresh()
    assert model.heads == ("a1",)
    import sys

    sys.modules.pop("kept_engine").engine.dispose()


def test_a_database_that_is_gone(model: Model) -> None:
    Path("nbmigrate.ini").write_text(
        Path("nbmigrate.ini").read_text().replace("sqlite:///db_file.db", "sqlite:////no/such/folder/x.db")
    )
    # The settings are others now: a step that was drawn with the old ones is for another database.
    assert model.go(UP) == "failed"
    assert heads() == ["b2"]
    assert (model.heads, model.snapshot) == (None, None)
    assert isinstance(model.error, ConnectionFailedError)
    assert model.marks.applied is None


def test_a_position_that_no_file_has(model: Model) -> None:
    connection = sqlite3.connect("db_file.db")
    connection.execute("UPDATE alembic_version SET version_num = 'zz'")
    connection.commit()
    connection.close()
    model.refresh()
    assert model.heads == ("zz",)
    assert isinstance(model.error, PositionError)


def test_files_that_break_while_it_is_open(model: Model) -> None:
    next(Path("practice/versions").glob("b2*.py")).write_text("revision = nonsense(")
    model.refresh()
    assert "b2" in str(model.error)
    assert model.go(UP) == "failed"
    assert heads() == ["b2"]


def test_a_folder_that_is_gone(model: Model) -> None:
    shutil.rmtree("practice")
    model.refresh()
    assert model.error is not None
    assert model.heads is None


def test_one_model_for_a_project_of_a_session(project_folder: Path) -> None:
    session = Session(lambda: "", lambda: "")
    first, again = session.model(session.open()), session.model(Project.open())
    other = session.model(Project.open(x_arguments=["tenant=a"]))
    assert first is again
    assert first is not other
    assert first.version == 0
    session.notify()
    assert (first.heads, first.version, other.version) == (("b2",), 1, 1)
    commands.upgrade(session.open(), "head")
    session.notify()
    assert first.heads == ("c3",)


def test_a_project_that_no_widget_shows_is_not_looked_at(project_folder: Path) -> None:
    import gc

    session = Session(lambda: "", lambda: "")
    session.model(session.open())
    gc.collect()
    assert list(session._models) == []
