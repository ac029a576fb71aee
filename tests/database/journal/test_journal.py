"""Runs that are cut short, by SIGKILL, where DDL commits by itself: the next run goes on after what is in effect."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import commands, op
from nbmigrate.errors import InterruptedRevisionError, MigrationFailedError
from tests.database.conftest import History
from tests.database.interrupted import InterruptedProject

FIRST = """
    op.create_table('one', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Integer))
    op.execute('INSERT INTO one (n) VALUES (1)')
"""
#: Done twice, any line of it fails or shows.
SECOND = """
    op.add_column('one', sa.Column('name', sa.String(20)))
    op.execute('UPDATE one SET n = n * 10 + 1')
    op.create_index('ix_one_n', 'one', ['n'])
    op.alter_column('one', 'name', new_column_name='called', existing_type=sa.String(20))
    bind = op.get_bind()
    made = bind.execute(sa.text('INSERT INTO one (id, n) VALUES (7, 7)'))
    changed = bind.execute(sa.text('UPDATE one SET n = n * 10 + 2'))
    op.create_table('two', sa.Column('id', sa.Integer), sa.Column('made', sa.Integer), sa.Column('changed', sa.Integer))
    op.execute(f'INSERT INTO two VALUES (1, {made.lastrowid}, {changed.rowcount})')
    op.rename_table('two', 'three')
    op.execute('UPDATE one SET n = n * 10 + 3')
"""
BACK = """
    op.execute('UPDATE one SET n = n * 10 + 4')
    op.drop_table('three')
    op.drop_index('ix_one_n', table_name='one')
    op.execute('DELETE FROM one WHERE id = 7')
    op.drop_column('one', 'called')
    op.execute('UPDATE one SET n = n * 10 + 5')
"""
#: Where runs are killed; tests/reliability/ has every place there is.
UP = (
    ("before", "CREATE TABLE .*_journal"),
    ("after", "INSERT INTO alembic_version_journal"),
    ("after", "ADD COLUMN name"),
    ("after", "INDEX ix_one_n"),
    ("after", "called"),
    ("after", "n . 10 . 2"),
    ("after", "RENAME"),
    ("commit", "DELETE FROM alembic_version_journal"),
    ("before", "DROP TABLE alembic_version_journal"),
)
DOWN = (
    ("after", "DROP TABLE three"),
    ("after", "DROP COLUMN"),
    ("after", "n . 10 . 5"),
)


def two(project: InterruptedProject) -> InterruptedProject:
    project.write("a1", None, FIRST, "    op.drop_table('one')")
    project.write("b2", "a1", SECOND, BACK)
    return project


@pytest.fixture
def interrupted(mariadb_url: str, tmp_path: Path) -> InterruptedProject:
    return two(InterruptedProject(tmp_path, mariadb_url))


@pytest.fixture(scope="module")
def undisturbed(
    server_url: Callable[[str], sa.URL], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What runs leave that nobody disturbs: after the second revision, and after the way back."""
    from tests.conftest import database_on

    with database_on(server_url("mariadb")) as url:
        project = two(InterruptedProject(tmp_path_factory.mktemp("undisturbed"), url))
        project.upgrade()
        after = project.everything()
        commands.downgrade(project.project, "a1")
        yield after, project.everything()


@pytest.mark.parametrize(("when", "pattern"), UP)
def test_an_upgrade_goes_on(
    interrupted: InterruptedProject, undisturbed: Any, when: str, pattern: str
) -> None:
    interrupted.upgrade("a1")
    interrupted.kill(when, pattern, "upgrade", "head")

    interrupted.upgrade()

    assert interrupted.everything() == undisturbed[0]


@pytest.mark.parametrize(("when", "pattern"), DOWN)
def test_a_downgrade_goes_on(
    interrupted: InterruptedProject, undisturbed: Any, when: str, pattern: str
) -> None:
    interrupted.upgrade()
    interrupted.kill(when, pattern, "downgrade", "a1")

    commands.downgrade(interrupted.project, "a1")

    assert interrupted.everything() == undisturbed[1]


def test_a_failed_statement_may_be_corrected(interrupted: InterruptedProject, undisturbed: Any) -> None:
    interrupted.upgrade("a1")
    interrupted.write("b2", "a1", SECOND.replace("op.rename_table('two'", "op.rename_table('nothing'"), BACK)
    with pytest.raises(MigrationFailedError, match="nothing") as caught:
        interrupted.upgrade()
    assert "with revision b2 interrupted" in caught.value.hint
    two(interrupted)

    done = interrupted.upgrade()

    assert done.notes == ("Went on with the upgrade of b2: 8 statements were done already.",)
    assert interrupted.everything() == undisturbed[0]


@pytest.mark.parametrize("edited", ["n * 10 + 9", "ix_one_m"])
def test_what_is_in_effect_is_not_edited(
    interrupted: InterruptedProject, undisturbed: Any, edited: str
) -> None:
    interrupted.upgrade("a1")
    interrupted.kill("after", "TABLE two", "upgrade", "head")
    before = interrupted.everything()
    interrupted.write(
        "b2",
        "a1",
        SECOND.replace("n * 10 + 1", edited) if "10" in edited else SECOND.replace("ix_one_n", edited),
    )

    with pytest.raises(InterruptedRevisionError, match=re.escape(edited)):
        interrupted.upgrade()

    assert interrupted.everything() == before
    two(interrupted).upgrade()
    assert interrupted.everything() == undisturbed[0]


def test_what_was_under_way_may_be_edited_if_it_is_not_in_effect(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    interrupted.kill("before", "ADD COLUMN name", "upgrade", "head")
    interrupted.write("b2", "a1", "    op.add_column('one', sa.Column('other', sa.Integer))")
    interrupted.upgrade()
    assert [column for column, *_ in interrupted.rows("SHOW COLUMNS FROM one")] == ["id", "n", "other"]


CALLED = """
    op.execute('CREATE PROCEDURE more() ALTER TABLE one ADD more INT')
    op.execute('CALL more()')
    op.execute('DROP PROCEDURE more')
"""


@pytest.mark.parametrize(("when", "applied"), [("before", False), ("after", True)])
def test_what_nobody_can_tell_is_asked(interrupted: InterruptedProject, when: str, applied: bool) -> None:
    interrupted.write("b2", "a1", CALLED)
    interrupted.upgrade("a1")
    interrupted.kill(when, "CALL more", "upgrade", "head")

    with pytest.raises(
        InterruptedRevisionError, match=r"the schema does not show .*\n  CALL more\(\)"
    ) as caught:
        interrupted.upgrade()
    assert "`resume --applied` or `resume --not-applied`" in caught.value.hint
    (problem,) = commands.doctor(interrupted.project).problems
    assert "--not-applied" in problem.hint

    commands.resume(interrupted.project, applied=applied)

    assert interrupted.rows("SELECT n, more FROM one") == [(1, None)]
    assert commands.doctor(interrupted.project).ok


def test_of_several_tables_only_some_may_be_gone(interrupted: InterruptedProject) -> None:
    """A server that crashed: what is dropped is dropped one by one."""
    interrupted.write(
        "b2", "a1", "    op.execute('CREATE TABLE x (id INT)')\n    op.execute('DROP TABLE one, x')"
    )
    interrupted.upgrade("a1")
    interrupted.kill("before", "DROP TABLE one, x", "upgrade", "head")
    with interrupted.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE one")

    with pytest.raises(InterruptedRevisionError, match="the schema does not show"):
        interrupted.upgrade()


def test_a_temporary_table_is_gone(interrupted: InterruptedProject) -> None:
    interrupted.write(
        "b2",
        "a1",
        """
    op.execute('CREATE TEMPORARY TABLE kept AS SELECT * FROM one')
    op.execute('DELETE FROM one')
    op.execute('ALTER TABLE one ADD name INT')
    op.execute('INSERT INTO one (n) SELECT n FROM kept')
""",
    )
    interrupted.upgrade("a1")
    interrupted.kill("after", "ADD name", "upgrade", "head")
    before = interrupted.everything()

    with pytest.raises(InterruptedRevisionError, match="it needs a temporary table, which was gone"):
        interrupted.upgrade()

    assert interrupted.everything() == before


LOOKING = """
    bind = op.get_bind()
    columns = [column['name'] for column in sa.inspect(bind).get_columns('one')]
    if 'name' not in columns:
        op.add_column('one', sa.Column('name', sa.String(20)))
    try:
        op.drop_index('ix_nothing', table_name='one')
    except sa.exc.OperationalError:
        op.execute('UPDATE one SET n = n * 10 + 1')
    op.create_index('ix_nothing', 'one', ['n'])
    op.create_table('two', sa.Column('id', sa.Integer))
"""


def test_a_revision_that_looks_before_it_asks(interrupted: InterruptedProject) -> None:
    """The same code leaves out what it finds done, and meets again what failed."""
    interrupted.write("b2", "a1", LOOKING)
    interrupted.upgrade("a1")
    interrupted.kill("before", "TABLE two", "upgrade", "head")

    interrupted.upgrade()

    assert interrupted.tables() == ["alembic_version", "one", "two"]
    assert interrupted.rows("SELECT n, name FROM one") == [(11, None)]


def test_tables_that_are_locked(interrupted: InterruptedProject) -> None:
    interrupted.write(
        "b2",
        "a1",
        """
    op.execute('LOCK TABLES one WRITE')
    op.execute('UPDATE one SET n = n * 10 + 1')
    op.execute('ALTER TABLE one ADD name INT')
    op.execute('UPDATE one SET n = n * 10 + 2')
    op.execute('UNLOCK TABLES')
    op.execute('CREATE TABLE two (id INT)')
""",
    )
    interrupted.upgrade("a1")
    interrupted.kill("after", "10 . 2", "upgrade", "head")

    interrupted.upgrade()

    assert interrupted.rows("SELECT n, name FROM one") == [(112, None)]
    assert interrupted.tables() == ["alembic_version", "one", "two"]


def test_a_branch_that_was_begun_first_goes_on(interrupted: InterruptedProject) -> None:
    interrupted.write(
        "c3", "a1", "    op.create_table('three', sa.Column('id', sa.Integer))\n    op.execute('oops')"
    )
    interrupted.write("b2", "a1", "    op.create_table('two', sa.Column('id', sa.Integer))")
    interrupted.upgrade("a1")
    with pytest.raises(MigrationFailedError):
        interrupted.upgrade("c3")
    with pytest.raises(InterruptedRevisionError, match="Revision c3 was interrupted during upgrade"):
        interrupted.upgrade("b2")
    interrupted.write("c3", "a1", "    op.create_table('three', sa.Column('id', sa.Integer))")

    assert commands.resume(interrupted.project).standing == "Now at c3 (head)."
    interrupted.upgrade("heads")

    assert interrupted.tables() == ["alembic_version", "one", "three", "two"]


def test_two_databases_have_a_journal_each(
    interrupted: InterruptedProject, mariadb_url: str, tmp_path: Path
) -> None:
    """One of them is interrupted, and the other does not mind."""
    interrupted.upgrade("a1")
    interrupted.kill("after", "TABLE two", "upgrade", "head")
    folder = tmp_path / "other"
    folder.mkdir()
    name = sa.make_url(mariadb_url).database
    with interrupted.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}_2")
    try:
        other = two(InterruptedProject(folder, mariadb_url.replace(str(name), f"{name}_2")))
        other.upgrade()
        assert commands.doctor(other.project).ok
        assert not commands.doctor(interrupted.project).ok
        interrupted.upgrade()
        assert other.everything() == interrupted.everything()
    finally:
        with interrupted.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}_2")


def test_no_password_in_the_journal(interrupted: InterruptedProject) -> None:
    interrupted.write(
        "b2",
        "a1",
        "    op.execute(\"CREATE USER IF NOT EXISTS nbm_x IDENTIFIED BY 's3cret'\")\n    op.execute('oops')",
    )
    try:
        with pytest.raises(MigrationFailedError):
            interrupted.upgrade()
        assert interrupted.rows("SELECT statement FROM alembic_version_journal") == [
            ("CREATE USER IF NOT EXISTS nbm_x IDENTIFIED BY '***'",)
        ]
    finally:
        with interrupted.engine.begin() as connection:
            connection.exec_driver_sql("DROP USER IF EXISTS nbm_x")


@pytest.mark.parametrize("mode", ["of its user", "by hand"])
def test_whoever_begins_the_transaction(mariadb_url: str, history: History, mode: str) -> None:
    """MariaDB commits in a transaction of the user's too, and where its driver does."""

    def upgrade(last: str) -> Callable[[], None]:
        def function() -> None:
            op.execute("INSERT INTO one VALUES (1)")
            op.create_table("two", sa.Column("id", sa.Integer))
            op.execute("INSERT INTO one VALUES (2)")
            op.execute(last)

        return function

    history.add("a1", lambda: op.execute("CREATE TABLE one (id INTEGER)"))
    history.add("b2", upgrade("INSERT INTO nowhere VALUES (3)"))
    options = {"isolation_level": "AUTOCOMMIT"} if mode == "by hand" else {}
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool, **options)
    with engine.connect() as connection, pytest.raises(MigrationFailedError), begun(connection, mode):
        history.upgrade(connection)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id FROM one").all() == [(1,)]
    history.functions["b2"].upgrade = upgrade("INSERT INTO one VALUES (3)")

    with engine.connect() as connection, begun(connection, mode):
        history.upgrade(connection)

    with engine.connect() as connection:
        assert sorted(connection.exec_driver_sql("SELECT id FROM one").scalars()) == [1, 2, 3]
        assert sa.inspect(connection).get_table_names() == ["alembic_version", "one", "two"]


@contextmanager
def begun(connection: sa.Connection, mode: str) -> Iterator[None]:
    if mode != "of its user":
        yield
        return
    with connection.begin():
        yield
