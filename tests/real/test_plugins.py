"""Packages that people use on top of Alembic, in revisions of a project where the alembic package is not installed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import alembic_environment
from tests.environments import python_with

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ("alembic_utils==0.8.8", "alembic_postgresql_enum==1.11.0")
NEEDED = ("flupy", "parse", "typing_extensions", "sqlalchemy>=2.0", "mako", "psycopg[binary]")

ENV = """
from alembic import context
from sqlalchemy import create_engine
import alembic_postgresql_enum
from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import register_entities

register_entities([PGFunction("public", "twice(i integer)", "RETURNS integer AS $$ SELECT 2 * i $$ LANGUAGE sql")])

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

ENTITIES = '''"""entities"""
from alembic import op
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
import sqlalchemy as sa

revision, down_revision = "u1", None
twice = PGFunction("public", "twice(i integer)", "RETURNS integer AS $$ SELECT 2 * i $$ LANGUAGE sql")
narrow = PGView("public", "seen", "SELECT id FROM t")
wide = PGView("public", "seen", "SELECT id, twice(id) AS doubled FROM t")


def upgrade():
    op.create_table("t", sa.Column("id", sa.Integer))
    op.create_entity(twice)
    op.create_entity(narrow)
    op.replace_entity(wide)
    op.execute("INSERT INTO t VALUES (21)")


def downgrade():
    op.drop_entity(wide)
    op.drop_entity(twice)
    op.drop_table("t")
'''

ENUMS = '''"""enums"""
from alembic import op
from alembic_postgresql_enum import TableReference
from sqlalchemy.dialects import postgresql
import sqlalchemy as sa

revision, down_revision = "e1", "u1"
columns = [TableReference(table_schema="public", table_name="person", column_name="mood")]


def values(*names):
    op.sync_enum_values(
        "public", enum_name="mood", new_values=list(names), affected_columns=columns, enum_values_to_rename=[]
    )


def upgrade():
    sa.Enum("sad", "glad", name="mood").create(op.get_bind())
    mood = postgresql.ENUM("sad", "glad", name="mood", create_type=False)
    op.create_table("person", sa.Column("mood", mood))
    op.execute("INSERT INTO person VALUES ('glad')")
    values("sad", "glad", "angry")


def downgrade():
    values("sad", "glad")
    op.drop_table("person")
    sa.Enum(name="mood").drop(op.get_bind())
'''


@pytest.fixture(scope="session")
def plugins(pytestconfig: pytest.Config) -> Path:
    """The Python of an environment with the plug-ins, and without alembic."""
    return python_with(pytestconfig, "plugins", ("--no-deps", *PLUGINS), NEEDED)


def test_they_run_without_alembic(
    plugins: Path,
    new_database: Callable[[str], str],
    tmp_path: Path,
    run_sql: Callable[[str, str], list[object]],
) -> None:
    url = new_database("postgresql")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    ini = f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url.replace('%', '%%')}\n"
    (tmp_path / "alembic.ini").write_text(ini, encoding="utf-8")
    (tmp_path / "migrations" / "env.py").write_text(ENV, encoding="utf-8")
    (versions / "u1_entities.py").write_text(ENTITIES, encoding="utf-8")
    (versions / "e1_enums.py").write_text(ENUMS, encoding="utf-8")

    def run(*words: str) -> str:
        environment = {**alembic_environment(), "PYTHONPATH": str(ROOT), "NBMIGRATE_CACHE_DIR": str(tmp_path)}
        asked = [str(plugins), "-m", "nbmigrate", *words]
        done = subprocess.run(
            asked, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("upgrade", "head")
    assert run_sql(url, "SELECT id, doubled FROM seen") == [(21, 42)]
    assert run_sql(url, "SELECT mood::text, enum_range(mood)::text FROM person") == [
        ("glad", "{sad,glad,angry}")
    ]
    run("downgrade", "-1")
    assert run_sql(url, "SELECT count(*) FROM pg_type WHERE typname = 'mood'") == [(0,)]
    run("downgrade", "base")
    assert run_sql(url, "SELECT count(*) FROM pg_proc WHERE proname = 'twice'") == [(0,)]
    run("upgrade", "head")
    assert "e1 (head)" in run("current")


@pytest.fixture
def run_sql() -> Callable[[str, str], list[object]]:
    """Ask a database: given its url and a query, the rows."""

    def ask(url: str, query: str) -> list[object]:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query.replace("::", r"\:\:")))]

    return ask
