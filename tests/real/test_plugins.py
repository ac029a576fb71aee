"""Packages that people use on top of Alembic, in revisions of a project where the alembic package is not installed."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import alembic_environment
from tests.environments import folder_with, python_with
from tests.real.plug_ins import NEEDED as MORE
from tests.real.plug_ins import PACKAGES, PLUG_INS, PlugIn

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (*MORE, "sqlalchemy>=2.0", "mako", "psycopg[binary]", "pymysql")

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

#: env.py of every project here, as the documentation of the plug-ins has it.
ANY_ENV = """
import sqlalchemy as sa
from alembic import context
{imports}

def configure(**words):
    context.configure(**words, target_metadata=sa.MetaData(), {configure})
    with context.begin_transaction():
        context.run_migrations()

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    configure(url=url, literal_binds=True)
else:
    with sa.create_engine(url).connect() as connection:
        configure(connection=connection)
"""
#: The verbs that need env.py.
VERBS = (
    "revision -m new --rev-id b2",
    "upgrade head --sql",
    "preview upgrade head",
    "upgrade r1",
    "current -v",
    "history -i",
    "tables",
    "doctor",
    "stamp b2",
    "stamp r1",
    "downgrade base",
    "upgrade head",
)
#: Those that import in ways of their own: a run, a script, a look.
VERBS_BESIDE = ("upgrade head --sql", "upgrade r1", "current -v", "downgrade base", "upgrade head")

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
    return python_with(pytestconfig, "plugins", ("--no-deps", *PACKAGES), NEEDED)


@pytest.fixture(scope="session")
def alembic_beside(pytestconfig: pytest.Config, plugins: Path) -> Path:
    """A folder with the alembic package, for the path of that environment."""
    return folder_with(pytestconfig, plugins, "alembic-beside", "alembic==1.20.1")


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


@pytest.fixture
def run_verb(
    plugins: Path, alembic_beside: Path, tmp_path: Path
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run a verb of ours, with or without the alembic package beside the plug-ins, or one of alembic's."""

    def run(
        words: str, *, beside: bool = False, program: str = "nbmigrate"
    ) -> "subprocess.CompletedProcess[str]":
        path = f"{ROOT}{os.pathsep}{alembic_beside}" if beside else str(ROOT)
        environment = {
            **alembic_environment(),
            "PYTHONPATH": path,
            "NBMIGRATE_CACHE_DIR": str(tmp_path / "cache"),
        }
        return subprocess.run(
            [str(plugins), "-m", program, *words.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return run


def make_project(folder: Path, url: str, plug_in: PlugIn) -> None:
    """Write a project with the plug-in's revision r1."""
    migrations = folder / "migrations"
    (migrations / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\nrevision_environment = true\n"
        f"phases = before after\nsqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    env = ANY_ENV.format(imports=plug_in.imports, configure=plug_in.configure)
    (migrations / "env.py").write_text(env)
    template = (
        "from alembic import op\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n"
    )
    functions = "def upgrade():\n    pass\ndef downgrade():\n    pass\n"
    (migrations / "script.py.mako").write_text(template + functions)
    head = "from alembic import op\nimport sqlalchemy as sa\nrevision, down_revision = 'r1', None\n"
    (migrations / "versions" / "r1.py").write_text(head + plug_in.revision)
    (migrations / "hello.sh").write_text("#!/bin/sh\necho hello\n")
    (migrations / "hello.sh").chmod(0o755)


@pytest.mark.parametrize("beside", [False, True], ids=["without alembic", "with alembic"])
@pytest.mark.parametrize("name", PLUG_INS)
def test_every_verb_runs(
    name: str,
    beside: bool,
    run_verb: Callable[..., "subprocess.CompletedProcess[str]"],
    new_database: Callable[[str], str],
    tmp_path: Path,
    run_sql: Callable[[str, str], list[object]],
) -> None:
    plug_in = PLUG_INS[name]
    url = new_database(plug_in.server).replace("mysql+", "mariadb+")
    make_project(tmp_path, url, plug_in)
    for words in VERBS_BESIDE if beside else VERBS:
        done = run_verb(words, beside=beside)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        if words.startswith("upgrade r1"):
            assert run_sql(url, plug_in.query) == list(plug_in.rows)
    assert run_sql(url, plug_in.query) == list(plug_in.rows)
    if beside:
        done = run_verb("downgrade base", beside=True, program="alembic")
        assert done.returncode == 0, done.stderr
        done = run_verb("upgrade head", beside=True, program="alembic")
        assert done.returncode == 0, done.stderr
        assert run_sql(url, plug_in.query) == list(plug_in.rows)


@pytest.mark.parametrize("beside", [False, True], ids=["without alembic", "with alembic"])
def test_what_is_called_for_autogenerate_names_the_plug_in(
    beside: bool, run_verb: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    called = PlugIn(
        "",
        "from geoalchemy2 import alembic_helpers\nalembic_helpers.render_add_geo_column(None, None)",
        "",
        "",
        "",
        (),
    )
    make_project(tmp_path, "sqlite:///db.db", called)
    done = run_verb("current", beside=beside)
    assert done.returncode == 1
    assert (
        "geoalchemy2.alembic_helpers calls alembic.autogenerate.render._add_column, which nbmigrate"
        in done.stderr
    )
    assert "prepend_sys_path" not in done.stderr

    (tmp_path / "wanting.py").write_text("from alembic.autogenerate.render import no_such_name\n")
    env = tmp_path / "migrations" / "env.py"
    env.write_text("import wanting\n")
    done = run_verb("current", beside=beside)
    assert done.returncode == 1
    assert (
        "wanting.py imports alembic.autogenerate.render.no_such_name, which nbmigrate does not have"
        in done.stderr
    )
    assert "prepend_sys_path" not in done.stderr
    env.write_text("import not_installed_anywhere\n")
    assert "prepend_sys_path" in run_verb("current", beside=beside).stderr
