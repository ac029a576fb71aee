"""alembic_utils and alembic_postgresql_enum in a project's env.py and revisions, run by alembic and by us in turn."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool
import alembic_postgresql_enum
from entities import f
from alembic_utils.replaceable_entity import register_entities
register_entities([f])
with create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ENTITIES = """
from alembic_utils.pg_function import PGFunction
f = PGFunction("public", "twice(x integer)", "returns integer as $$ select x * 2 $$ language sql")
"""
FIRST = """
from alembic import op
import sqlalchemy as sa
from alembic_utils.pg_function import PGFunction
from alembic_postgresql_enum import TableReference
from entities import f
revision = "a1"
down_revision = None
def upgrade():
    op.create_entity(f)
    sa.Enum("a", "b", name="mood").create(op.get_bind())
    op.create_table("t", sa.Column("m", sa.Enum("a", "b", name="mood", create_type=False)))
def downgrade():
    op.drop_table("t")
    sa.Enum(name="mood").drop(op.get_bind())
    op.drop_entity(f)
"""
SECOND = """
from alembic import op
from alembic_postgresql_enum import TableReference
from alembic_utils.pg_function import PGFunction
revision = "b2"
down_revision = "a1"
new = PGFunction("public", "twice(x integer)", "returns integer as $$ select x + x $$ language sql")
table = TableReference(table_schema="public", table_name="t", column_name="m")
mood = dict(enum_schema="public", enum_name="mood", affected_columns=[table], enum_values_to_rename=[])
def upgrade():
    op.sync_enum_values(new_values=["a", "b", "c"], **mood)
    op.replace_entity(new)
def downgrade():
    from entities import f
    op.replace_entity(f)
    op.sync_enum_values(new_values=["a", "b"], **mood)
"""
#: Ours, where the alembic package cannot be imported.
WITHOUT = "import sys; sys.modules['alembic'] = None; from nbmigrate.cli import main; sys.exit(main())"


@pytest.mark.parametrize(
    "start", [["-m", "nbmigrate"], ["-c", WITHOUT]], ids=["with alembic", "without alembic"]
)
def test_plug_ins(
    start: list[str],
    tmp_path: Path,
    new_database: Callable[[str], str],
    peer_python: Path,
    run_python: Callable[..., str],
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    url = new_database("postgresql")
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = migrations\nprepend_sys_path = .\npath_separator = os\n"
        f"sqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    (tmp_path / "entities.py").write_text(ENTITIES)
    (versions / "a1.py").write_text(FIRST)
    (versions / "b2.py").write_text(SECOND)

    def ours(*words: str) -> str:
        return run_python(peer_python, *start, *words)

    def found() -> tuple[int, list[str]]:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            row = connection.exec_driver_sql("SELECT twice(4), enum_range(null::mood)::text[]").one()
            return row[0], row[1]

    assert ours("upgrade", "a1").endswith("Now at a1.\n")
    assert found() == (8, ["a", "b"])
    run_python(peer_python, "-m", "alembic", "upgrade", "head")
    assert found() == (8, ["a", "b", "c"])
    assert ours("current") == "b2 (head)\n"
    assert ours("downgrade", "a1").endswith("Now at a1.\n")
    assert found() == (8, ["a", "b"])
    assert ours("upgrade", "head").endswith("Now at b2 (head).\n")
    assert found() == (8, ["a", "b", "c"])
    run_python(peer_python, "-m", "alembic", "downgrade", "base")
    assert ours("upgrade", "head").endswith("Now at b2 (head).\n")
    assert ours("downgrade", "base").endswith("Now at base.\n")
