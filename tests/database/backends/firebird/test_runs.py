"""Histories on a real Firebird: up, down, failing, killed, two at once, read, and as scripts that isql runs."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import commands
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.errors import DatabaseError, DatabaseLockedError, MigrateError, MigrationFailedError
from tests.database.interrupted import InterruptedProject

FIRST = """
    users = op.create_table(
        'users', sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.String(30), nullable=False, server_default='x', comment='who'),
        sa.Column('age', sa.Integer), sa.CheckConstraint('id > 0', name='ck_id'), comment='people')
    op.bulk_insert(users, [{'id': 1, 'name': 'ann', 'age': 3}, {'id': 2, 'name': 'bob', 'age': 4}])
    op.create_table(
        'posts', sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id', name='fk_user', ondelete='CASCADE')),
        sa.Column('body', sa.Text))
    op.create_index('ix_posts_user', 'posts', ['user_id'])
    op.execute("INSERT INTO posts (user_id, body) VALUES (1, 'hello')")
"""
SECOND = """
    op.add_column('users', sa.Column('email', sa.String(50), nullable=False, server_default='none'))
    op.execute('UPDATE users SET email = name, age = age * 10 + 1')
    op.alter_column('users', 'age', new_column_name='years', existing_type=sa.Integer)
    op.alter_column('users', 'name', nullable=True, server_default=None)
    op.create_unique_constraint('uq_email', 'users', ['email'])
    op.rename_table('users', 'people')
    op.execute('UPDATE people SET years = years * 10 + 2')
"""
BACK = """
    op.execute('UPDATE people SET years = (years - 2) / 10')
    op.rename_table('people', 'users')
    op.drop_constraint('uq_email', 'users', type_='unique')
    op.alter_column('users', 'name', nullable=False, server_default='x')
    op.alter_column('users', 'years', new_column_name='age')
    op.execute('UPDATE users SET age = (age - 1) / 10')
    op.drop_column('users', 'email')
"""


@pytest.fixture
def interrupted(firebird_url: str, tmp_path: Path) -> InterruptedProject:
    project = InterruptedProject(tmp_path, firebird_url)
    project.write("a1", None, FIRST, "    op.drop_table('posts')\n    op.drop_table('users')")
    project.write("b2", "a1", SECOND, BACK)
    return project


def described(project: InterruptedProject) -> Any:
    """Everything but the order in which an operation put the rows back."""
    inspector = sa.inspect(project.engine)
    return {
        name: (
            [{key: str(value) for key, value in each.items()} for each in inspector.get_columns(name)],
            inspector.get_foreign_keys(name),
            inspector.get_unique_constraints(name),
            inspector.get_check_constraints(name),
            [each["name"] for each in inspector.get_indexes(name) if str(each["name"]).startswith("ix")],
            inspector.get_pk_constraint(name)["constrained_columns"],
            inspector.get_table_comment(name),
            sorted(project.rows(f"SELECT * FROM {name}"), key=repr),
        )
        for name in project.tables()
    }


def test_up_and_down(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    before = described(interrupted)

    interrupted.upgrade()
    after = described(interrupted)
    assert interrupted.tables() == ["alembic_version", "people", "posts"]
    assert interrupted.rows("SELECT id, name, years, email FROM people ORDER BY id") == [
        (1, "ann", 312, "ann"),
        (2, "bob", 412, "bob"),
    ]
    assert after["posts"][1][0]["referred_table"] == "people"
    commands.downgrade(interrupted.project, "-1")
    assert described(interrupted) == before
    interrupted.upgrade()
    assert described(interrupted) == after
    commands.downgrade(interrupted.project, "base")
    assert interrupted.tables() == ["alembic_version"]


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ("after", "ADD email"),
        ("after", "10 . 1"),
        ("commit", "TO years"),
        ("after", "INSERT INTO people"),
        ("after", "DROP TABLE users"),
        ("commit", "DROP TABLE users"),
        ("after", "10 . 2"),
        ("commit", "DELETE FROM alembic_version_journal"),
    ],
)
def test_a_killed_run_is_continued(interrupted: InterruptedProject, when: str, pattern: str) -> None:
    interrupted.upgrade()
    undisturbed = described(interrupted)
    commands.downgrade(interrupted.project, "base")
    interrupted.upgrade("a1")

    interrupted.kill(when, pattern, "upgrade", "head")
    interrupted.upgrade()

    assert described(interrupted) == undisturbed


MADE = "    op.create_table('t', sa.Column('i', sa.Integer))\n"


def test_a_statement_that_fails_is_corrected_and_the_run_continues(interrupted: InterruptedProject) -> None:
    interrupted.upgrade()
    interrupted.write("c3", "b2", f"{MADE}    op.execute('UPDATE nope SET i = 1')")

    with pytest.raises(MigrationFailedError, match="Table unknown") as failed:
        interrupted.reopened().upgrade()

    assert "CREATE TABLE t" in str(failed.value)
    interrupted.write("c3", "b2", f"{MADE}    op.execute('INSERT INTO t VALUES (1)')")
    interrupted.reopened().upgrade()
    assert interrupted.rows("SELECT i FROM t") == [(1,)]


def test_what_is_refused_at_the_commit_is_the_statements_own_error(interrupted: InterruptedProject) -> None:
    interrupted.upgrade()
    empty = "    op.execute('UPDATE people SET name = NULL')\n"
    interrupted.write("c3", "b2", f"{empty}    op.alter_column('people', 'name', nullable=False)")

    with pytest.raises(MigrationFailedError, match="there are NULLs present"):
        interrupted.reopened().upgrade()

    filled = "    op.execute(\"UPDATE people SET name = 'q'\")"
    interrupted.write("c3", "b2", f"{empty}{filled}")
    interrupted.reopened().upgrade()
    assert interrupted.rows("SELECT DISTINCT name FROM people") == [("q",)]


def test_one_run_at_a_time(interrupted: InterruptedProject) -> None:
    wait = "    import pathlib, time\n    pathlib.Path('waits').touch()\n    time.sleep(4)"
    interrupted.write("c3", "b2", wait)
    command = [sys.executable, "-m", "nbmigrate", "upgrade", "head"]
    with subprocess.Popen(command, cwd=interrupted.folder, stdout=subprocess.DEVNULL) as other:
        while not (interrupted.folder / "waits").exists():
            assert other.poll() is None
            time.sleep(0.05)
        with pytest.raises(DatabaseLockedError, match=f"nbmigrate, process {other.pid} on "):
            commands.upgrade(interrupted.reopened().project, "head", lock_timeout=0)
        result = interrupted.upgrade()

    assert other.returncode == 0
    assert len(result.steps) == 0
    assert interrupted.rows("SELECT version_num FROM alembic_version") == [("c3",)]


def test_threads_at_once_run_each_revision_once(interrupted: InterruptedProject) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            commands.upgrade(interrupted.project, "head")
        except MigrateError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert errors == []
    assert interrupted.rows("SELECT years FROM people ORDER BY id") == [(312,), (412,)]


def test_the_other_verbs(interrupted: InterruptedProject) -> None:
    assert "CREATE TABLE users" in str(commands.preview(interrupted.project, "upgrade", "a1"))
    interrupted.upgrade("a1")

    assert "a1" in str(commands.current(interrupted.project))
    assert "users" in str(commands.tables(interrupted.project))
    assert "ann" in str(commands.table(interrupted.project, "users"))
    assert "ck_id" in str(commands.schema(interrupted.project, "users"))
    assert "No problems" in str(commands.doctor(interrupted.project))
    commands.stamp(interrupted.project, "base")
    assert "At base" in repr(commands.current(interrupted.project))
    assert "a1" in str(commands.history(interrupted.project))


def test_what_only_reads_cannot_write(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    with (
        interrupted.engine.connect() as connection,
        pytest.raises(DatabaseError, match="read-only"),
        read_only_session(connection),
    ):
        connection.exec_driver_sql("DELETE FROM posts")


def test_a_script_is_run_by_isql(interrupted: InterruptedProject, firebird_url: str) -> None:
    script = commands.upgrade_sql(interrupted.project, "a1").sql
    url = sa.make_url(firebird_url)
    user = ["-user", str(url.username), "-password", str(url.password)]
    done = subprocess.run(
        ["isql-fb", "-bail", "-quiet", "-ch", "UTF8", *user, f"{url.host}/{url.port}:{url.database}"],
        input=script,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert interrupted.rows("SELECT name FROM users ORDER BY id") == [("ann",), ("bob",)]
    assert interrupted.rows("SELECT version_num FROM alembic_version") == [("a1",)]


def test_a_revision_commits_by_itself_and_in_a_block(interrupted: InterruptedProject) -> None:
    interrupted.write(
        "c3",
        "b2",
        "    op.execute('UPDATE people SET years = 1')\n    op.get_bind().commit()\n"
        "    with op.get_context().autocommit_block():\n        op.execute('UPDATE people SET years = years + 1')\n"
        "        op.create_table('t', sa.Column('i', sa.Integer))\n        op.execute('INSERT INTO t VALUES (1)')\n"
        "    op.execute('COMMIT')\n    op.execute('UPDATE people SET years = years + 1')",
    )
    interrupted.reopened().upgrade()

    assert interrupted.rows("SELECT DISTINCT years FROM people") == [(3,)]
    assert interrupted.rows("SELECT i FROM t") == [(1,)]
    assert json.dumps(interrupted.tables()) == '["alembic_version", "people", "posts", "t"]'


def test_a_lost_connection_is_closed_and_levels_can_be_set(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    with interrupted.engine.connect() as connection:
        backend_of(connection).prepare(connection)
        driver = driver_connection(connection)
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("UPDATE users SET age = 5")
        assert interrupted.rows("SELECT DISTINCT age FROM users") == [(5,)]
        connection.invalidate()

    assert driver.is_closed()


def test_columns_move_and_names_have_capitals(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    interrupted.write(
        "b2",
        "a1",
        "    op.add_column('users', sa.Column('Mid', sa.BigInteger), insert_after='id')\n"
        "    op.rename_table('users', 'Select')\n"
        "    op.bulk_insert(sa.table('Select', sa.column('name'), sa.column('id')), [{'name': 'eve', 'id': 3}])",
    )
    interrupted.reopened().upgrade()

    columns = [each["name"] for each in sa.inspect(interrupted.engine).get_columns("Select")]
    assert columns == ["id", "Mid", "name", "age"]
    assert interrupted.rows('SELECT id, name FROM "Select" ORDER BY id') == [
        (1, "ann"),
        (2, "bob"),
        (3, "eve"),
    ]


def test_a_view_keeps_a_table_from_a_copy(interrupted: InterruptedProject) -> None:
    interrupted.upgrade("a1")
    interrupted.write(
        "b2",
        "a1",
        "    op.execute('CREATE VIEW v AS SELECT id FROM users')\n    op.rename_table('users', 'people')",
    )

    with pytest.raises(MigrationFailedError, match="used by view v"):
        interrupted.reopened().upgrade()
