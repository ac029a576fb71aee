"""What `begin_transaction()` commits besides revisions: in env.py, and in a program without one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.compat import MigrationContext, Operations
from nbmigrate.errors import MigrationFailedError, OperationError

DATABASES = ("sqlite", "postgresql", "mariadb", "duckdb")
ENV = """
from sqlalchemy import create_engine, pool, text
from alembic import context
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    {first}
    context.configure(connection=connection, transaction_per_migration={per_migration})
    with context.begin_transaction() as transaction:
        context.run_migrations()
        connection.execute(text("INSERT INTO run VALUES (1)"))
        {then}
"""


@pytest.fixture(params=DATABASES)
def engine(
    request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path
) -> Iterator[sa.Engine]:
    """A database with an empty table "run"."""
    is_file = request.param in ("sqlite", "duckdb")
    url = f"{request.param}:///{tmp_path}/test.db" if is_file else new_database(request.param)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE run (n INTEGER)")
    yield engine
    engine.dispose()


@pytest.fixture
def project(practice: Any, engine: sa.Engine) -> Callable[..., Project]:
    """Write an env.py and open its project, which has one revision."""
    create = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
    practice.revision("a1", None, create, "op.drop_table('t')")

    def opened(*, first: str = "pass", then: str = "pass", per_migration: bool = False) -> Project:
        practice.env(ENV.format(first=first, then=then, per_migration=per_migration))
        url = engine.url.render_as_string(hide_password=False)
        practice.write_ini(f"sqlalchemy.url = {url.replace('%', '%%')}")
        return Project.open(practice.ini)

    return opened


def rows(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one())


def columns(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT * FROM run").keys())


@pytest.mark.parametrize("per_migration", [False, True])
def test_what_env_py_sends_after_the_revisions(
    project: Callable[..., Project], engine: sa.Engine, per_migration: bool
) -> None:
    opened = project(per_migration=per_migration)
    commands.upgrade(opened, "head")
    assert rows(engine) == 1
    commands.upgrade(opened, "head")  # nothing is to be upgraded
    assert rows(engine) == 2


def test_what_env_py_sends_before_it_fails(project: Callable[..., Project], engine: sa.Engine) -> None:
    opened = project(then="raise ValueError('no')")
    with pytest.raises(Exception, match="ValueError: no"):
        commands.upgrade(opened, "head")
    assert rows(engine) == 0
    assert str(commands.current(project())) == "a1 (head)"


def test_the_transaction_of_the_connections_owner_stays_theirs(
    project: Callable[..., Project], engine: sa.Engine
) -> None:
    opened = project(first="outer = connection.begin()", then="outer.rollback()")
    with pytest.raises(Exception, match="did not commit"):
        commands.upgrade(opened, "head")
    assert rows(engine) == 0


def test_env_py_ends_the_block_early(project: Callable[..., Project], engine: sa.Engine) -> None:
    opened = project(then="transaction.commit()")
    commands.upgrade(opened, "head")
    assert rows(engine) == 1
    commands.upgrade(project(then="transaction.rollback()"), "head")  # runs no revision
    assert rows(engine) == 1
    commands.downgrade(project(), "base")
    with pytest.raises(OperationError, match="each revision has committed its own"):
        commands.upgrade(project(then="transaction.rollback()"), "head")
    assert rows(engine) == 2


def test_a_program_without_env_py(engine: sa.Engine) -> None:
    for name, per_migration in (("b", False), ("c", True)):
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            with context.begin_transaction(_per_migration=per_migration):
                Operations(context).add_column("run", sa.Column(name, sa.Integer))
                with context.begin_transaction():  # one in another is part of it
                    context.execute("INSERT INTO run (n) VALUES (1)")
    assert rows(engine) == 2
    assert columns(engine) == {"n", "b", "c"}


def test_a_batch_alone_is_a_transaction(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("run") as batch:
            batch.add_column(sa.Column("b", sa.Integer))
            batch.alter_column("n", type_=sa.BigInteger(), existing_type=sa.Integer())
    assert columns(engine) == {"n", "b"}


def test_a_program_that_fails(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with pytest.raises(KeyError), context.begin_transaction():
            context.execute("INSERT INTO run (n) VALUES (1)")
            raise KeyError("x")
        assert not connection.in_transaction()
    assert rows(engine) == 0


def test_an_autocommit_block_outside_of_a_revision(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction():
            context.execute("INSERT INTO run (n) VALUES (1)")
            with context.autocommit_block():
                assert rows(engine) == 1
                context.execute("INSERT INTO run (n) VALUES (2)")
                assert rows(engine) == 2
            context.execute("INSERT INTO run (n) VALUES (3)")
        assert rows(engine) == 3
        with pytest.raises(KeyError), context.autocommit_block():
            context.execute("INSERT INTO run (n) VALUES (4)")
            raise KeyError("x")
        context.execute("INSERT INTO run (n) VALUES (5)")
    assert rows(engine) == 4


def test_an_autocommit_block_in_the_owners_transaction(engine: sa.Engine) -> None:
    with engine.connect() as connection, connection.begin():
        context = MigrationContext.configure(connection)
        with pytest.raises(OperationError, match="begun before context"), context.autocommit_block():
            raise AssertionError


def test_the_owners_block_after_configure(practice: Any, engine: sa.Engine) -> None:
    practice.revision("a1", None, "op.add_column('run', sa.Column('b', sa.Integer))")
    start, _, _ = ENV.format(first="pass", then="pass", per_migration=False).partition("    with context.")
    block = "    with connection.begin():\n        context.run_migrations()\n"
    practice.env(start + block)
    url = engine.url.render_as_string(hide_password=False)
    practice.write_ini(f"sqlalchemy.url = {url.replace('%', '%%')}")
    opened = Project.open(practice.ini)
    commands.upgrade(opened, "head")
    assert columns(engine) == {"n", "b"}
    assert str(commands.current(opened)) == "a1 (head)"
    practice.revision("b2", "a1", "op.get_bind().commit()")
    with pytest.raises(
        MigrationFailedError, match=r"env\.py began the transaction itself, in a `with` block"
    ):
        commands.upgrade(opened, "head")
    assert str(commands.current(opened)) == "a1"


def test_a_transaction_without_a_block(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        transaction: Any = context.begin_transaction()
        context.execute("INSERT INTO run (n) VALUES (1)")
        transaction.commit()
        transaction = context.begin_transaction()
        context.execute("INSERT INTO run (n) VALUES (2)")
        transaction.rollback()
    assert rows(engine) == 1
