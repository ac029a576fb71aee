"""`--sql` with an env.py that has no offline part: its connection tells what database the script is for."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.cli import main
from tests.conftest import Alembic
from tests.database.test_tenants import NAMES, made_of, tenant_in

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

with create_engine({url!r}, poolclass=pool.NullPool).connect() as connection:
    {prepare}
    connection = connection.execution_options(schema_translate_map={names!r})
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
BODY = """
def upgrade():
    op.create_table('item', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(20)),
                    sa.Column('state', sa.Enum('a', 'b', name='state')))
    op.create_index('ix', 'item', ['n'])
    op.bulk_insert(sa.Table('item', sa.MetaData(), sa.Column('id', sa.Integer), sa.Column('n', sa.String)),
                   [{'id': 1, 'n': "100% :x it's"}])
    op.alter_column('item', 'n', new_column_name='m', existing_type=sa.String(20))
    op.add_column('item', sa.Column('more', sa.Uuid))


def downgrade():
    op.drop_table('item')
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]) -> str:
    return f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else new_database(request.param)


def project_in(
    folder: Path, url: str, names: dict[None, str] | None = None, prepare: str = "pass"
) -> Project:
    commands.init("practice", url=url, template="alembic")
    (folder / "practice" / "env.py").write_text(ENV.format(url=url, names=names, prepare=prepare))
    project = Project.open()
    commands.revision(project, "first", body=BODY, rev_id="a1")
    return project


def test_the_text_is_alembics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alembic: Alembic, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of SQLite, which alembic's environment has a driver for."""
    monkeypatch.chdir(tmp_path)
    project_in(tmp_path, "sqlite:///x.db")
    capsys.readouterr()
    for line in ("upgrade head --sql", "downgrade a1:base --sql", "stamp a1 --sql"):
        assert main(["-c", "alembic.ini", *line.split()]) == 0
        ours = capsys.readouterr().out
        # A script of ours for SQLite is one transaction.
        ours = re.sub(r"(?m)^(BEGIN|COMMIT);\n\n", "", ours)
        theirs = re.sub(r" +$", "", alembic(*line.split()), flags=re.MULTILINE)
        assert ours.split() == re.sub(r" RETURNING .*;", ";", theirs).split()
    assert not sa.inspect(sa.create_engine("sqlite:///x.db")).get_table_names()


def test_the_script_does_what_a_run_does(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_database: Callable[[str], str],
    run_script: Callable[[str, str], None],
) -> None:
    """Also where the url says MySQL and the server is MariaDB."""
    monkeypatch.chdir(tmp_path)
    project = project_in(tmp_path, url)
    done = commands.upgrade_sql(project, "head")
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert made_of(connection, None) == {}
    server = {"sqlite": "", "postgresql": "postgresql"}.get(sa.make_url(url).get_backend_name(), "mariadb")
    other = new_database(server) if server else f"sqlite:///{tmp_path / 'other.db'}"
    run_script(other, done.sql)
    assert not [note for note in done.notes if "MySQL" in note]
    commands.upgrade(project, "head")
    found = []
    for each in (url, other):
        with sa.create_engine(each, poolclass=sa.NullPool).connect() as connection:
            rows = connection.exec_driver_sql("SELECT id, m FROM item").all()
            found.append((made_of(connection, None), rows))
    assert found[0] == found[1] and found[0][1] == [(1, "100% :x it's")]


@pytest.mark.parametrize("schema", NAMES)
def test_a_tenants_script_is_the_tenants(
    schema: str,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_script: Callable[[str, str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    with tenant_in(url, schema, tmp_path) as tenant:
        quote = tenant.engine.dialect.identifier_preparer.quote
        attach = f"ATTACH '{tmp_path / 'tenant.db'}' AS {quote(schema)};"
        is_sqlite = tenant.engine.dialect.name == "sqlite"
        prepare = f"connection.exec_driver_sql({attach!r}); connection.commit()" if is_sqlite else "pass"
        project = project_in(tmp_path, url, {None: tenant.schema}, prepare)
        run_script(url, (attach if is_sqlite else "") + commands.upgrade_sql(project, "head").sql)
        made = tenant.made(tenant.schema)
        assert set(made) == {"alembic_version", "item"} and tenant.made() == {}
        run_script(url, (attach if is_sqlite else "") + commands.downgrade_sql(project, "a1:base").sql)
        assert set(tenant.made(tenant.schema)) == {"alembic_version"}
        tenant.execute(*(["DROP TYPE " + tenant.name("state")] if "postgresql" in url else []))
        commands.upgrade(project, "head")
        assert tenant.made(tenant.schema) == made


def test_a_new_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With revision_environment, `revision --sql` runs env.py offline."""
    monkeypatch.chdir(tmp_path)
    project_in(tmp_path, "sqlite:///x.db")
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]\n", "[alembic]\nrevision_environment = true\n"))
    assert main(["-c", "alembic.ini", "revision", "-m", "more", "--rev-id", "b2", "--sql"]) == 0
    assert (tmp_path / "practice" / "versions" / "b2_more.py").is_file()
