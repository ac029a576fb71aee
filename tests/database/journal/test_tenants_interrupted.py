"""Runs on a tenant's tables that are cut short, and blocks that commit: what is in effect is looked for in its schema.

The database of the url has tables of the same names, in which everything looks otherwise.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import commands
from nbmigrate.cli import main
from tests.database.interrupted import InterruptedProject

ENV = """
import sqlalchemy as sa
from alembic import context

engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
with engine.connect() as connection:
    tenant = context.config.get_main_option("tenant")
    if tenant:
        connection = connection.execution_options(schema_translate_map={None: tenant})
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
TABLE = """
    one = sa.Table('one', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Integer))
"""
FIRST = """
    op.create_table('one', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Integer))
    op.execute(one.insert().values(n=1))
"""
#: Done twice, any line of it fails or shows.
SECOND = """
    op.add_column('one', sa.Column('name', sa.String(20), server_default='x'))
    op.execute(one.update().values(n=one.c.n * 10 + 1))
    op.create_index('ix_one_n', 'one', ['n'])
    op.alter_column('one', 'name', nullable=False, existing_type=sa.String(20))
    op.get_bind().execute(one.insert().values(id=7, n=7))
    op.rename_table('one', 'two')
    op.rename_table('two', 'one')
    op.execute(one.update().values(n=one.c.n * 10 + 3))
"""
DECOYS = (
    "CREATE TABLE one (id INT PRIMARY KEY, n INT, name VARCHAR(7) DEFAULT 'decoy', KEY ix_one_n (n))",
    "INSERT INTO one VALUES (1, 100, NULL)",
    "CREATE TABLE two (id INT)",
    "CREATE TABLE alembic_version_journal (x INT)",
)
KILLS = (
    ("before", "CREATE TABLE .*_journal"),
    ("before", "ADD COLUMN name"),
    ("after", "ADD COLUMN name"),
    ("before", "INDEX ix_one_n"),
    ("after", "INDEX ix_one_n"),
    ("before", "MODIFY"),
    ("after", "MODIFY"),
    ("before", "RENAME TO .*two"),
    ("after", "RENAME TO .*two"),
    ("after", "UPDATE .*one SET n"),
    ("commit", "DELETE FROM .*alembic_version_journal"),
    ("before", "DROP TABLE .*alembic_version_journal"),
)


class Tenant(InterruptedProject):
    """A project on one of two databases of a server, by a map or by its url."""

    def __init__(self, folder: Path, url: str, tenant: str) -> None:
        folder.mkdir()
        super().__init__(folder, url)
        (folder / "migrations" / "env.py").write_text(ENV)
        if tenant:
            assert main(["-c", str(folder / "nbmigrate.ini"), "config", "tenant", tenant]) == 0
            self.reopened()
            self.engine = sa.create_engine(sa.make_url(url).set(database=tenant), poolclass=sa.NullPool)
        self.write("a1", None, TABLE + FIRST)
        self.write("b2", "a1", TABLE + SECOND)


def named(everything: dict[str, Any], tenant: Tenant) -> str:
    return repr(everything).replace(str(tenant.engine.url.database), "HERE")


@pytest.fixture
def tenant(mariadb_url: str, new_database: Callable[[str], str], tmp_path: Path) -> Tenant:
    other = str(sa.make_url(new_database("mariadb")).database)
    found = Tenant(tmp_path / "tenant", mariadb_url, other)
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).begin() as connection:
        for statement in DECOYS:
            connection.exec_driver_sql(statement)
    return found


@pytest.fixture
def undisturbed(new_database: Callable[[str], str], tmp_path: Path) -> str:
    alone = Tenant(tmp_path / "alone", new_database("mariadb"), "")
    alone.upgrade()
    return named(alone.everything(), alone)


@pytest.mark.parametrize(("when", "pattern"), KILLS)
def test_a_tenant_goes_on(tenant: Tenant, undisturbed: str, when: str, pattern: str) -> None:
    commands.upgrade(tenant.project, "a1")
    tenant.kill(when, pattern, "upgrade", "head")
    # What nobody can decide would be said here.
    assert "nobody" not in str(commands.doctor(tenant.project))
    tenant.upgrade()
    assert named(tenant.everything(), tenant) == undisturbed
    with sa.create_engine(tenant.url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM one").all() == [(1, 100, None)]
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version_journal").scalar() == 0


def test_two_tenants_stand_half_way_at_once(tenant: Tenant, undisturbed: str) -> None:
    """Each has a journal of its own, and goes on by itself."""
    second = Tenant(tenant.folder.parent / "second", tenant.url, str(sa.make_url(tenant.url).database))
    with second.engine.begin() as connection:
        for name in ("one", "two", "alembic_version_journal"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
    for each in (tenant, second):
        commands.upgrade(each.project, "a1")
    tenant.kill("after", "INDEX ix_one_n", "upgrade", "head")
    second.kill("after", "ADD COLUMN name", "upgrade", "head")
    for each in (tenant, second):
        each.upgrade()
        assert named(each.everything(), each) == undisturbed


BLOCK = """
    op.add_column('one', sa.Column('name', sa.String(20)))
    with op.get_context().autocommit_block():
        op.create_index('ix_one_n', 'one', ['n'], postgresql_concurrently=True)
        op.execute(one.update().values(n=one.c.n * 10 + 1))
    op.alter_column('one', 'n', nullable=False, existing_type=sa.Integer())
    op.execute(one.update().values(n=one.c.n * 10 + 3))
"""


@pytest.fixture
def schemas(postgresql_url: str, tmp_path: Path) -> Iterator[Tenant]:
    """A tenant by a map on PostgreSQL, beside tables of the same names."""
    found = Tenant(tmp_path / "tenant", postgresql_url, 'Ac"me.x')
    found.engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with found.engine.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Ac""me.x"')
        connection.exec_driver_sql("CREATE TABLE one (id INT, n INT)")
        connection.exec_driver_sql("CREATE INDEX ix_one_n ON one (n)")
    found.write("b2", "a1", TABLE + BLOCK)
    yield found
    found.engine.dispose()


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ("before", "CONCURRENTLY"),
        ("after", "CONCURRENTLY"),
        ("after", "UPDATE .*one SET n"),
        ("before", "SET NOT NULL"),
        ("after", "SET NOT NULL"),
    ],
)
def test_a_block_that_commits(schemas: Tenant, when: str, pattern: str) -> None:
    commands.upgrade(schemas.project, "a1")
    schemas.kill(when, pattern, "upgrade", "head")
    schemas.upgrade()
    assert schemas.rows('SELECT n FROM "Ac""me.x".one') == [(113,)]
    assert [each["name"] for each in sa.inspect(schemas.engine).get_indexes("one", schema='Ac"me.x')] == [
        "ix_one_n"
    ]
    assert schemas.rows("SELECT * FROM one") == []
    assert sorted(sa.inspect(schemas.engine).get_table_names(schema='Ac"me.x')) == ["alembic_version", "one"]
