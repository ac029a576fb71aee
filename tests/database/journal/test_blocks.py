"""What an `autocommit_block()` has committed is not done again, also after SIGKILL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import commands
from nbmigrate.errors import InterruptedRevisionError, MigrationFailedError
from tests.conftest import database_on
from tests.database.interrupted import InterruptedProject

FIRST = """
    op.create_table('one', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Integer))
    op.execute('INSERT INTO one VALUES (1, 1)')
"""
#: Done twice, any line of it fails or shows.
SECOND = """
    sa.Enum('a', 'b', name='kind').create(op.get_bind())
    op.add_column('one', sa.Column('kind', sa.Enum(name='kind', create_type=False)))
    op.execute('UPDATE one SET n = n * 10 + 1')
    with op.get_context().autocommit_block():
        op.create_index('ix_one_n', 'one', ['n'], postgresql_concurrently=True)
        op.execute('UPDATE one SET n = n * 10 + 2')
        op.execute("ALTER TYPE kind ADD VALUE 'c'")
        op.create_table('two', sa.Column('id', sa.Integer, index=True))
        op.execute('VACUUM one')
        op.drop_index('ix_one_n', 'one', postgresql_concurrently=True)
    op.execute("UPDATE one SET n = n * 10 + 3, kind = 'c'")
    op.create_index('ix_one_kind', 'one', ['kind'])
"""
KILLS = (
    ("after", "CREATE TABLE .*_journal"),
    ("before", "INDEX CONCURRENTLY ix_one_n"),
    ("after", "INDEX CONCURRENTLY ix_one_n"),
    ("after", "10 . 2"),
    ("after", "DROP INDEX CONCURRENTLY"),
    ("after", "10 . 3"),
    ("after", "DROP TABLE alembic_version_journal"),
)


def two(project: InterruptedProject) -> InterruptedProject:
    project.write("a1", None, FIRST)
    project.write("b2", "a1", SECOND)
    return project


@pytest.fixture
def interrupted(postgresql_url: str, tmp_path: Path) -> InterruptedProject:
    return two(InterruptedProject(tmp_path, postgresql_url))


@pytest.fixture(scope="module")
def undisturbed(
    server_url: Callable[[str], sa.URL], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    with database_on(server_url("postgresql")) as url:
        project = two(InterruptedProject(tmp_path_factory.mktemp("undisturbed"), url))
        project.upgrade()
        yield project.everything()


@pytest.mark.parametrize(("when", "pattern"), KILLS)
def test_a_block_goes_on(interrupted: InterruptedProject, undisturbed: Any, when: str, pattern: str) -> None:
    interrupted.upgrade("a1")
    interrupted.kill(when, pattern, "upgrade", "head")

    interrupted.upgrade()

    assert interrupted.everything() == undisturbed


ROWS = """
    one = sa.table('one', sa.column('id', sa.Integer), sa.column('n', sa.Integer))
    op.bulk_insert(one, [{'id': number, 'n': number} for number in range(3)])
"""
#: SQLite rebuilds the table for some of these; they must not be asked for again once they are done.
CHANGES = """
    op.alter_column('one', 'n', nullable=False)
    op.add_column('one', sa.Column('m', sa.Integer))
    op.alter_column('one', 'm', new_column_name='k')
    with op.get_context().autocommit_block():
        op.execute('UPDATE one SET n = n * 10 + 1')
        op.alter_column('one', 'k', type_=sa.String(20), existing_type=sa.Integer)
        op.create_table('two', sa.Column('id', sa.Integer, index=True))
        op.execute('UPDATE one SET n = n * 10 + 2')
    op.alter_column('one', 'n', new_column_name='nn')
    op.execute('INSERT INTO later VALUES (1)')
"""


@pytest.mark.parametrize("database", ["sqlite", "duckdb"])
def test_a_file_goes_on(tmp_path: Path, database: str) -> None:
    project = InterruptedProject(tmp_path, f"{database}:///{tmp_path / 'test.db'}")
    project.write("a1", None, FIRST.splitlines()[1] + ROWS)
    project.write("b2", "a1", CHANGES)
    for _ in range(2):
        with pytest.raises(MigrationFailedError, match="later") as caught:
            project.upgrade()
        assert "with revision b2 interrupted" in caught.value.hint
    with project.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id INTEGER)")

    project.upgrade()

    assert project.rows("SELECT nn FROM one ORDER BY nn") == [(12,), (112,), (212,)]
    assert project.tables() == ["alembic_version", "later", "one", "two"]


RETURNED = """
    bind = op.get_bind()
    one = sa.table('one', sa.column('id', sa.Integer), sa.column('n', sa.Integer), sa.column('at', sa.DateTime))
    found = bind.execute(one.insert().values(id=7, n=70).returning(one.c.n)).scalar_one()
    {more}
    with op.get_context().autocommit_block():
        op.execute(f'UPDATE one SET n = {{found}} + 1 WHERE id = 7')
    op.execute(f'INSERT INTO later VALUES ({{found}})')
"""


def test_rows_that_a_statement_returned(interrupted: InterruptedProject) -> None:
    interrupted.write("b2", "a1", RETURNED.format(more="pass"))
    with pytest.raises(MigrationFailedError):
        interrupted.upgrade()
    with interrupted.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id INTEGER)")

    interrupted.upgrade()

    assert interrupted.rows("SELECT n FROM one WHERE id = 7") == [(71,)]
    assert interrupted.rows("SELECT id FROM later") == [(70,)]


def test_rows_that_were_not_kept(interrupted: InterruptedProject) -> None:
    returning = "bind.execute(sa.text('UPDATE one SET n = n RETURNING now()')).all()"
    interrupted.write("b2", "a1", RETURNED.format(more=returning))
    with pytest.raises(MigrationFailedError):
        interrupted.upgrade()

    with pytest.raises(InterruptedRevisionError, match="the rows that this returned are not known any more"):
        interrupted.upgrade()


def test_an_index_that_is_not_finished_is_made_again(interrupted: InterruptedProject) -> None:
    """A unique index that finds a row twice is left invalid."""
    interrupted.write(
        "b2",
        "a1",
        "    with op.get_context().autocommit_block():\n"
        "        op.execute('CREATE UNIQUE INDEX CONCURRENTLY ix_one ON one (n)')",
    )
    interrupted.upgrade("a1")
    interrupted.kill("before", "CREATE UNIQUE INDEX", "upgrade", "head")
    with interrupted.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("INSERT INTO one VALUES (2, 1)")
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ix_one ON one (n)")
        connection.exec_driver_sql("DELETE FROM one WHERE id = 2")
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_one'::regclass"
    assert interrupted.rows(valid) == [(False,)]

    interrupted.upgrade()

    assert interrupted.rows(valid) == [(True,)]


def test_a_block_in_a_run_that_is_one_transaction(interrupted: InterruptedProject) -> None:
    """What a later step does not undo stays in the journal of the step that committed it."""
    interrupted.write("b2", "a1", SECOND)
    interrupted.write("c3", "b2", "    op.execute('INSERT INTO later VALUES (1)')")
    ini = interrupted.folder / "nbmigrate.ini"
    ini.write_text(ini.read_text() + "\ntransaction = whole-run\n")
    with pytest.raises(MigrationFailedError) as caught:
        interrupted.reopened().upgrade()
    assert "Revision b2 had committed" in caught.value.hint
    assert "with revision b2 interrupted" in caught.value.hint
    with interrupted.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id INTEGER)")

    interrupted.upgrade()

    assert interrupted.rows("SELECT n FROM one") == [(1123,)]
    assert interrupted.tables() == ["alembic_version", "later", "one", "two"]


UNFORESEEN = """
    op.execute('INSERT INTO one VALUES (5, 5)')
    with getattr(op.get_context(), 'autocommit' + '_block')():
        op.execute('INSERT INTO one VALUES (6, 6)')
    op.execute('INSERT INTO later VALUES (1)')
"""


def test_a_block_that_nobody_could_foresee(tmp_path: Path, sqlite_url: str) -> None:
    """What came before it was not watched: nothing is guessed."""
    project = InterruptedProject(tmp_path, sqlite_url)
    project.write("a1", None, FIRST)
    project.write("b2", "a1", UNFORESEEN)
    with pytest.raises(MigrationFailedError) as caught:
        project.upgrade()
    assert "INSERT INTO one VALUES (5, 5)" in caught.value.hint
    before = project.everything()

    with pytest.raises(
        InterruptedRevisionError, match=r"Statement 1 is in effect:\n  INSERT INTO one VALUES \(5, 5\)"
    ):
        project.upgrade()

    assert project.everything() == before
    assert len(commands.abandon(project.project).rows()) == 2


def configure(project: InterruptedProject, words: str) -> None:
    """Let env.py give more to `context.configure()`."""
    env = project.folder / "migrations" / "env.py"
    text = env.read_text()
    env.write_text(text.replace("context.configure(connection=", f"context.configure({words}, connection="))
    assert env.read_text() != text


def test_a_journal_is_in_the_schema_of_the_version_table(interrupted: InterruptedProject) -> None:
    configure(interrupted, "version_table_schema='own'")
    with interrupted.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA own")
    interrupted.upgrade("a1")
    interrupted.kill("before", "DROP INDEX CONCURRENTLY", "upgrade", "head")
    own = "SELECT tablename FROM pg_tables WHERE schemaname = 'own' ORDER BY 1"
    assert interrupted.rows(own) == [("alembic_version",), ("alembic_version_journal",)]

    interrupted.upgrade()

    assert interrupted.rows(own) == [("alembic_version",)]


@pytest.mark.parametrize("name", ["v" * 58, "ü" * 29], ids=["characters", "bytes"])
def test_a_journal_beside_a_long_name(interrupted: InterruptedProject, name: str) -> None:
    """Its own name, cut by PostgreSQL, would not be found again."""
    configure(interrupted, f"version_table={name!r}")
    interrupted.upgrade("a1")
    interrupted.kill("after", "10 . 2", "upgrade", "head")
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE '%%\\_journal'"
    assert [len(row[0].encode()) <= 63 for row in interrupted.rows(tables)] == [True]

    interrupted.upgrade()

    assert interrupted.rows(tables) == []
    assert interrupted.rows("SELECT n FROM one") == [(1123,)]
