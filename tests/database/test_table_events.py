"""Listeners of tables: called as by alembic, in a run, a script and a preview, and after a run that was cut short."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import commands, op
from nbmigrate.errors import MigrationFailedError
from tests.conftest import alembic_environment
from tests.database.conftest import History
from tests.database.interrupted import InterruptedProject
from tests.environments import python_with

HERE = Path(__file__).parent
PROGRAM = HERE / "events_program.py"
REPOSITORY = HERE.parents[1]
ITEM = "op.create_table('item', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Integer, index=True))"
#: A revision that listens to the tables that it makes itself.
LISTENING = """
    made = []
    @sa.event.listens_for(sa.Table, "before_create")
    def before(table, bind, **_):
        table.append_column(sa.Column("late", sa.Integer))
        bind.execute(sa.text("INSERT INTO log VALUES (1)"))
    @sa.event.listens_for(sa.Table, "after_create")
    def after(table, bind, **_):
        bind.execute(sa.insert(table).values(id=5, late=6))
        bind.exec_driver_sql("INSERT INTO log VALUES (2)")
        index = sa.Index("ix_late", table.c.late)
        index.create(bind)
    try:
        ITEM
    finally:
        sa.event.remove(sa.Table, "before_create", before)
        sa.event.remove(sa.Table, "after_create", after)
""".replace("ITEM", ITEM)


@pytest.fixture
def peer(pytestconfig: pytest.Config) -> Path:
    return python_with(pytestconfig, "alembic", ["alembic==1.20.1"])


def printed(python: Path | str, package: str) -> str:
    done = subprocess.run(
        [python, PROGRAM, package],
        capture_output=True,
        text=True,
        check=False,
        env={**alembic_environment(), "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def listening(event: str, listener: Callable[..., Any]) -> Iterator[None]:
    sa.event.listen(sa.Table, event, listener)
    try:
        yield
    finally:
        sa.event.remove(sa.Table, event, listener)


def test_as_alembic(peer: Path) -> None:
    ours, theirs = printed(sys.executable, "nbmigrate.compat"), printed(peer, "alembic")
    assert "after_create on class: rich ['n', 'price']" in ours
    assert ours == theirs


def before(table: sa.Table, bind: Any, **_: Any) -> None:
    if table.name == "item":
        table.append_column(sa.Column("late", sa.Integer))
        bind.execute(sa.text("INSERT INTO log VALUES (1)"))


def after(table: sa.Table, bind: Any, **_: Any) -> None:
    if table.name == "item":
        bind.execute(sa.insert(table).values(id=5, late=6))
        bind.exec_driver_sql("INSERT INTO log VALUES (2)")
        sa.Index("ix_late", table.c.late).create(bind)


SENT = [
    "INSERT INTO log VALUES (1)",
    "CREATE TABLE item",
    "INSERT INTO item (id, late) VALUES (5, 6)",
    "INSERT INTO log VALUES (2)",
    "CREATE INDEX ix_late ON item (late)",
    "CREATE INDEX ix_item_n ON item (n)",
]


def test_run_preview_and_script_have_what_listeners_send(tmp_path: Path, url: str) -> None:
    project = InterruptedProject(tmp_path, url)
    project.write("a1", None, "    op.create_table('log', sa.Column('n', sa.Integer))")
    project.write("b2", "a1", f"    {ITEM}")
    with listening("before_create", before), listening("after_create", after):
        preview = commands.preview(project.project, "upgrade", "head").steps[1].statements
        script = commands.upgrade_sql(project.project, "head").sql
        ran = project.upgrade().steps[1].statements
    for texts in (
        [" ".join(each.split()) for each in preview],
        [" ".join(each.text.replace("::INTEGER", "").split()) for each in ran],
    ):
        found = [next((each for each in texts if each.startswith(start)), "") for start in SENT]
        assert [each[: len(start)] for each, start in zip(found, SENT, strict=True)] == SENT
        assert texts[: len(SENT)] == found, "nothing else, in this order"
    plain = " ".join(script.split())
    assert [plain.find(start) for start in SENT] == sorted(plain.find(start) for start in SENT)
    assert min(plain.find(start) for start in SENT) > 0
    assert project.rows("SELECT id, n, late FROM item") == [(5, None, 6)]
    assert sorted(project.rows("SELECT n FROM log")) == [(1,), (2,)]


def test_what_a_listener_reads_is_known_when_it_runs(tmp_path: Path, sqlite_url: str) -> None:
    project = InterruptedProject(tmp_path, sqlite_url)
    project.write("a1", None, "    op.create_table('t', sa.Column('id', sa.Integer))")

    def reads(table: sa.Table, bind: Any, **_: Any) -> None:
        if table.name == "t" and bind.execute(sa.text("SELECT count(*) FROM sqlite_schema")).scalar():
            bind.execute(sa.text("CREATE VIEW v AS SELECT 1"))

    with listening("after_create", reads):
        step = commands.preview(project.project, "upgrade", "head").steps[0]
        assert "after_create of table t is known only when it runs: its listener reads" in step.problem
        project.upgrade()
    assert project.rows("SELECT * FROM v") == [(1,)]


@pytest.mark.parametrize("pattern", ["INTO log VALUES .1", "TABLE item", "INTO item", "ix_late"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_goes_on_after_a_listeners_statement(
    when: str, pattern: str, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    project = InterruptedProject(tmp_path, new_database("mariadb"))
    project.write("a1", None, "    op.create_table('log', sa.Column('n', sa.Integer))")
    project.write("b2", "a1", LISTENING)
    project.kill(when, pattern, "upgrade", "head")
    project.upgrade()
    assert project.rows("SELECT id, n, late FROM item") == [(5, None, 6)]
    assert sorted(project.rows("SELECT n FROM log")) == [(1,), (2,)]


@pytest.mark.parametrize("pattern", ["INTO log VALUES .1", "TABLE item", "INTO item", "ix_late"])
def test_goes_on_in_a_block_that_commits_each_statement(
    pattern: str, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    project = InterruptedProject(tmp_path, new_database("postgresql"))
    project.write("a1", None, "    op.create_table('log', sa.Column('n', sa.Integer))")
    inside = LISTENING.replace("\n", "\n    ").rstrip()
    project.write("b2", "a1", f"    with op.get_context().autocommit_block():{inside}")
    project.kill("after", pattern, "upgrade", "head")
    project.upgrade()
    assert project.rows("SELECT id, n, late FROM item") == [(5, None, 6)]
    assert sorted(project.rows("SELECT n FROM log")) == [(1,), (2,)]


def test_a_named_type_is_made_once(new_database: Callable[[str], str]) -> None:
    url, seen = new_database("postgresql"), list[str]()
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        history = History()

        def upgrade() -> None:
            op.create_table("t", sa.Column("mood", sa.Enum("a", "b", name="mood")))

        history.add("a1", upgrade, lambda: op.drop_table("t"))
        with (
            listening("before_create", lambda table, *_, **__: seen.append(table.name)),
            listening("after_drop", lambda table, *_, **__: seen.append(f"no {table.name}")),
        ):
            report = history.upgrade(connection)
            history.downgrade(connection, "base")
    assert [each.text.split()[:2] for each in report.steps[0].statements if "TYPE" in each.text] == [
        ["CREATE", "TYPE"]
    ]
    assert seen == ["t", "no t"]


def test_the_error_of_a_listener_is_the_revisions(url: str) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise TypeError("no such colour")

    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        history = History()

        def upgrade() -> None:
            op.create_table("t", sa.Column("id", sa.Integer))

        history.add("a1", upgrade)
        with listening("before_create", fails), pytest.raises(MigrationFailedError, match="no such colour"):
            history.upgrade(connection)
        assert sa.inspect(connection).get_table_names() in ([], ["alembic_version"])
