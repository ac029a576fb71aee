"""`--sql` on PostgreSQL: types with names, made and dropped by the revision itself through `op.get_bind()`."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from tests.conftest import Alembic

BODY = """
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM
meta = sa.MetaData()
sa.Table('m', meta, sa.Column('id', sa.Integer, primary_key=True), sa.Column('s', sa.Enum('x', 'y', name='mood')))
sa.Table('n', meta, sa.Column('id', sa.Integer, sa.ForeignKey('m.id')), sa.Column('s', sa.Enum('x', 'y', name='mood')))


def upgrade():
    bind = op.get_bind()
    ENUM('new', "pa'id", name='state').create(bind, checkfirst=False)
    DOMAIN('posint', sa.Integer, check='VALUE > 0').create(bind)
    sa.Enum('q', name='Generic').create(bind, checkfirst=True)
    op.create_table('t', sa.Column('s', ENUM('new', "pa'id", name='state', create_type=False)))
    meta.create_all(bind)


def downgrade():
    bind = op.get_bind()
    meta.drop_all(bind)
    op.drop_table('t')
    sa.Enum('q', name='Generic').drop(bind, checkfirst=True)
    DOMAIN('posint', sa.Integer).drop(bind)
    ENUM(name='state').drop(bind)
"""
#: What a run makes once, for it looks first; alembic's script makes each again.
AGAIN = """
from sqlalchemy.dialects.postgresql import ENUM
state = ENUM('new', 'paid', name='state')


def upgrade():
    bind = op.get_bind()
    state.create(bind)
    state.create(bind, checkfirst=True)
    op.create_table('t', sa.Column('s', state))
    op.add_column('t', sa.Column('more', state))
    sa.MetaData().create_all(bind)
    meta = sa.MetaData()
    sa.Table('u', meta, sa.Column('s', state))
    meta.create_all(bind)


def downgrade():
    op.drop_table('u')
    op.drop_table('t')
    state.drop(op.get_bind())
    state.create(op.get_bind())
    state.drop(op.get_bind(), checkfirst=False)
"""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Project]:
    def make(url: str, body: str) -> Project:
        monkeypatch.chdir(tmp_path)
        commands.init("practice", url=url, template="alembic")
        project = Project.open()
        commands.revision(project, "types", body=body, rev_id="a1")
        return project

    return make


def test_types_are_written_as_by_alembic(opened: Callable[[str, str], Project], alembic: Alembic) -> None:
    project = opened("postgresql+psycopg://u@h/db", BODY)
    for verb, words, call in (
        ("upgrade", "head", commands.upgrade_sql),
        ("downgrade", "a1:base", commands.downgrade_sql),
    ):
        ours = statements(call(project, words).sql)
        assert ours == statements(alembic(verb, words, "--sql"))
        assert ("CREATE TYPE state AS ENUM ('new', 'pa''id')" in ours) is (verb == "upgrade")


def statements(script: str) -> list[str]:
    """Return the statements on tables and types, without comments and the white space that a line ends with."""
    lines = "\n".join(line.rstrip() for line in script.splitlines() if not line.startswith("--"))
    found = [part.strip() for part in lines.split(";") if "alembic_version" not in part]
    return [part for part in found if part.startswith(("CREATE", "DROP", "ALTER", "DO"))]


@pytest.mark.parametrize("body", [BODY, AGAIN])
def test_the_script_does_what_a_run_does(
    body: str,
    opened: Callable[[str, str], Project],
    new_database: Callable[[str], str],
    run_script: Callable[[str, str], None],
) -> None:
    by_run, by_script = new_database("postgresql"), new_database("postgresql")
    project = opened(by_run, body)
    script = commands.upgrade_sql(project, "head").sql
    assert script.count("CREATE TYPE state ") == 1
    for verb, words, text in (
        (commands.upgrade, "head", script),
        (commands.downgrade, "base", commands.downgrade_sql(project, "a1:base").sql),
    ):
        verb(project, words)
        run_script(by_script, text)
        assert held(by_script) == held(by_run)
        assert bool(held(by_run)[1]) is (words == "head")


def held(url: str) -> tuple[object, object]:
    """Return the columns of the tables, and the types with their labels."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        columns = connection.exec_driver_sql(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        types = connection.exec_driver_sql(
            "SELECT typname, array(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) "
            "FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') ORDER BY 1"
        )
        return [tuple(row) for row in columns], [(row[0], list(row[1])) for row in types]
