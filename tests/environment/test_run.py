import importlib.util
import logging
import py_compile
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.errors import (
    ConfigError,
    ConnectionFailedError,
    DatabaseError,
    DriverMissingError,
    MigrationFailedError,
    ScriptError,
    TableNotFoundError,
)
from nbmigrate.scripts.new_project.init import create_project
from nbmigrate.scripts.new_project.templates import TEMPLATES

GENERIC = """
from sqlalchemy import create_engine, pool
from alembic import context
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    {body}
"""


def env(body: str) -> str:
    return GENERIC.format(body=body.replace("\n", "\n    "))


def create(name: str) -> str:
    return f"op.create_table({name!r}, sa.Column('id', sa.Integer, primary_key=True))"


@pytest.fixture
def two(practice: Any) -> Any:
    practice.revision("a1", None, create("one"), "op.drop_table('one')")
    practice.revision("b2", "a1", create("two"), "op.drop_table('two')")
    return practice


def test_alembics_generic_env_runs_unchanged(two: Any) -> None:
    report = two.upgrade()

    assert report.position == ("b2",) == two.heads()
    assert two.tables() == ["alembic_version", "one", "two"]
    assert two.downgrade().position == ()
    assert two.tables() == ["alembic_version"]


@pytest.mark.parametrize("template", [name for name in TEMPLATES if TEMPLATES[name].takes_url])
def test_our_templates_run(tmp_path: Path, template: str) -> None:
    from nbmigrate.config import Config
    from nbmigrate.environment.run import run_environment
    from nbmigrate.scripts.directory import ScriptDirectory

    folder = tmp_path / "with space é"
    folder.mkdir()
    driver = "sqlite+aiosqlite" if "async" in template else "sqlite"
    url = f"{driver}:///{tmp_path / 'test.db'}"
    created = create_project(folder / "practice", folder / f"{template}.ini", template=template, url=url)
    config = Config.find(folder, file=created.ini_path)

    found = run_environment(config, ScriptDirectory.from_config(config), lambda context: context.url)

    assert found == url


def test_the_migration_has_the_context_and_the_arguments(practice: Any) -> None:
    practice.env(env("context.configure(connection=connection)\ncontext.run_migrations(engine_name='main')"))
    path = practice.revision("a1", None, "pass")
    path.write_text(
        path.read_text().replace(
            "def upgrade():\n    pass",
            "def upgrade(engine_name):\n"
            "    from alembic import context\n"
            "    assert engine_name == 'main'\n"
            "    assert op.get_context() is context.get_context()\n"
            "    assert op.get_context().bind is op.get_bind()\n"
            "    assert context.get_x_argument(as_dictionary=True) == {'tenant': 'one', 'dry': ''}\n"
            "    op.execute('CREATE TABLE seen (id INTEGER)')",
        )
    )
    graph = practice.scripts.graph()
    from nbmigrate.graph.plan import plan_upgrade

    practice.run(lambda c: c.migrate(lambda heads: plan_upgrade(graph, heads, "head")), "tenant=one", "dry")

    assert practice.tables() == ["alembic_version", "seen"]


def test_what_env_py_can_ask(two: Any) -> None:
    two.env(
        env(
            "context.configure(connection=connection, version_table='versions', anything='else')\n"
            "asked = {'offline': context.is_offline_mode(), 'ddl': context.is_transactional_ddl(),\n"
            "    'head': context.get_head_revision(), 'heads': context.get_head_revisions(),\n"
            "    'revision': context.get_revision_argument(), 'x': context.get_x_argument(),\n"
            "    'start': context.get_starting_revision_argument(), 'tag': context.get_tag_argument(),\n"
            "    'bind': context.get_bind() is connection, 'script': context.script.location.name,\n"
            "    'one': context.execute('SELECT 1').scalar_one(), 'opts': context.get_context().opts}\n"
            "context.config.attributes['asked'].update(asked)\n"
            "context.run_migrations()"
        )
    )
    asked: dict[str, Any] = {}

    two.upgrade(attributes={"asked": asked}, target="a1")

    assert asked == {
        "offline": False,
        "ddl": True,
        "head": "b2",
        "heads": ("b2",),
        "revision": "a1",
        "x": [],
        "start": (),
        "tag": None,
        "bind": True,
        "script": "practice",
        "one": 1,
        "opts": {"version_table": "versions", "anything": "else"},
    }
    assert two.tables() == ["one", "versions"]


def test_a_failure_names_the_file_and_leaves_nothing(two: Any) -> None:
    path = two.revision(
        "c3", "b2", f"{create('three')}\nop.execute('INSERT INTO three VALUES (1)')\nop.drop_table('nowhere')"
    )
    line = path.read_text().splitlines().index("    op.drop_table('nowhere')") + 1

    with pytest.raises(MigrationFailedError) as caught:
        two.upgrade()

    assert caught.value.message.splitlines() == [
        "Upgrade of revision c3 (revision c3) failed: no such table: nowhere",
        f"  in {path}, line {line}",
        "  DROP TABLE nowhere",
    ]
    assert caught.value.position == ("b2",) == two.heads()
    assert two.tables() == ["alembic_version", "one", "two"]

    path.write_text(path.read_text().replace("    op.drop_table('nowhere')\n", ""))
    assert two.upgrade().position == ("c3",)


def test_an_edit_of_the_last_moment_runs(two: Any) -> None:
    two.upgrade()
    two.downgrade("a1")
    path = two.versions / "b2_.py"
    path.write_text(path.read_text().replace("'two'", "'deux'"))

    two.upgrade()

    assert two.tables() == ["alembic_version", "deux", "one"]


def test_bulk_insert_is_one_statement(practice: Any) -> None:
    practice.revision(
        "a1",
        None,
        f"table = {create('one')}\nop.bulk_insert(table, [{{'id': number}} for number in range(3)])",
    )

    statements = practice.upgrade().steps[0].statements

    assert [statement.rowcount for statement in statements[2:]] == [3, 1]
    assert statements[2].text.splitlines()[0].startswith("INSERT INTO one")


def test_env_in_a_transaction_of_its_own(two: Any) -> None:
    two.env(
        env(
            "with connection.begin():\n    context.configure(connection=connection)\n    context.run_migrations()"
        )
    )

    assert two.upgrade().position == ("b2",) == two.heads()

    two.revision("c3", "b2", f"{create('three')}\nop.drop_table('nowhere')")
    two.downgrade()
    with pytest.raises(MigrationFailedError) as caught:
        two.upgrade()
    assert caught.value.position == () == two.heads()
    assert two.tables() == ["alembic_version"]


def test_env_that_forgets_to_commit_is_told_so(two: Any) -> None:
    two.env(env("connection.begin()\ncontext.configure(connection=connection)\ncontext.run_migrations()"))

    with pytest.raises(
        DatabaseError, match="a transaction that it did not commit: nothing of this run remains"
    ):
        two.upgrade()

    assert two.heads() == ()
    assert two.tables() == []


def test_a_connection_in_a_transaction_of_the_caller(two: Any) -> None:
    two.env(
        "from alembic import context\n"
        "context.configure(connection=context.config.attributes['connection'])\n"
        "context.run_migrations()\n"
    )
    engine = sa.create_engine(two.url, poolclass=sa.NullPool)
    with engine.connect() as connection, connection.begin() as transaction:
        two.upgrade(attributes={"connection": connection})
        transaction.rollback()
    assert two.tables() == []

    with engine.connect() as connection, connection.begin():
        two.upgrade(attributes={"connection": connection})
    assert two.tables() == ["alembic_version", "one", "two"]


def test_what_env_py_executes_first_is_kept(two: Any) -> None:
    two.env(
        env(
            "context.configure(connection=connection)\n"
            "with context.begin_transaction():\n"
            "    context.execute('CREATE TABLE before (id INTEGER)')\n"
            "    context.execute('INSERT INTO before VALUES (1)')\n"
            "    context.run_migrations()"
        )
    )

    two.upgrade()

    assert two.tables() == ["alembic_version", "before", "one", "two"]
    with sqlite3.connect(two.folder / "test.db") as database:
        assert database.execute("SELECT * FROM before").fetchall() == [(1,)]
    database.close()


def test_an_autocommit_block(practice: Any) -> None:
    practice.revision(
        "a1",
        None,
        f"{create('one')}\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('INSERT INTO one VALUES (1)')\n"
        "    op.execute('VACUUM')\n"
        "op.execute('INSERT INTO one VALUES (2)')\n"
        "op.execute('INSERT INTO nowhere VALUES (3)')",
    )

    with pytest.raises(MigrationFailedError) as caught:
        practice.upgrade()

    assert caught.value.hint == (
        "The tables at that point: alembic_version, one.\n"
        "The revision had committed, so this stays in effect:\n"
        "  CREATE TABLE one ( ...\n"
        "  INSERT INTO one VALUES (1)\n"
        "The database stands at base, with revision a1 interrupted. "
        "Correct the file, then run the same command again: it goes on after those."
    )
    with sqlite3.connect(practice.folder / "test.db") as database:
        assert database.execute("SELECT * FROM one").fetchall() == [(1,)]
    database.close()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sqlalchemy\nnonsense\n", "line 2 failed: NameError: name 'nonsense' is not defined"),
        ("def f(:\n", "line 1 failed: SyntaxError: "),
        ("import sys\n\nsys.exit(3)\n", "line 3 failed: it ended the program with SystemExit"),
        (
            "from os import no_such_name\n",
            "line 1 failed: ImportError: cannot import name 'no_such_name' from 'os'",
        ),
        ("import myapp.models\n", "line 1 failed: ModuleNotFoundError: No module named 'myapp'"),
        (
            "from alembic import testing\n",
            "line 1 failed: env.py imports alembic.testing, which nbmigrate does not have",
        ),
    ],
)
def test_an_env_that_fails(practice: Any, source: str, message: str) -> None:
    practice.env(source)

    with pytest.raises(ScriptError) as caught:
        practice.heads()

    assert caught.value.message.startswith(f"{practice.location / 'env.py'}, {message}")
    assert caught.value.path == practice.location / "env.py"


OWN = """
import sqlalchemy as sa
from alembic import context
with sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool).connect() as connection:
    context.configure(connection=connection)
"""
ENDING_IT = "op.execute('CREATE TABLE one (id INTEGER)')\nop.get_bind().commit()"


def test_a_statement_of_an_env_is_placed(practice: Any) -> None:
    practice.env(
        f"{OWN}    context.run_migrations()\n    connection.execute(sa.text('INSERT INTO missing VALUES (1)'))\n"
    )

    with pytest.raises(TableNotFoundError) as caught:
        practice.heads()

    assert caught.value.message.startswith(
        f"{practice.location / 'env.py'}, line 7 failed: The database has no such"
    )


def test_a_transaction_that_a_revision_committed_is_not_the_databases(practice: Any) -> None:
    practice.revision("a1", None, ENDING_IT)
    practice.env(f"{OWN}    own = connection.begin()\n    context.run_migrations()\n    own.commit()\n")

    with pytest.raises(DatabaseError) as caught:
        practice.upgrade()

    assert "env.py, line 8 failed: SQLAlchemy refused: InvalidRequestError: This tr" in caught.value.message
    assert "leave connection.begin() out of env.py" in caught.value.hint


def test_a_block_of_the_env_is_named_where_a_revision_commits(practice: Any) -> None:
    practice.revision("a1", None, ENDING_IT)
    practice.env(f"{OWN}    with connection.begin():\n        context.run_migrations()\n")

    with pytest.raises(
        DatabaseError, match="the revision commits, and env\\.py began the transaction"
    ) as caught:
        practice.upgrade()

    assert "Let env.py give a connection that is not in a transaction." in caught.value.hint


def test_a_module_that_is_found_is_not_missing(practice: Any) -> None:
    practice.env("from os import no_such_name\n")

    with pytest.raises(ScriptError) as caught:
        practice.heads()

    assert "must be installed" not in caught.value.hint
    assert caught.value.hint.startswith("The module is installed, but has no such name")


URL = "postgresql+psycopg://me:s3cret@h/d"
NO_ENGINE = "'connection' argument to configure() is expected to be a sqlalchemy.engine.Connection instance"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "from alembic import context\n",
            "ended without calling context.run_migrations(): nothing was done.",
        ),
        ("from alembic import context\ncontext.run_migrations()\n", "No context has been configured yet."),
        (
            "from alembic import context\ncontext.configure(url='sqlite://')\ncontext.run_migrations()\n",
            "env.py called context.configure() with a URL: it takes a connection.",
        ),
        (
            f"from alembic import context\nimport sqlalchemy as sa\ncontext.configure(sa.create_engine({URL!r}))\n",
            f"{NO_ENGINE}, got Engine(postgresql+psycopg://me:***@h/d)",
        ),
        (
            "from alembic import context\ncontext.script.run_env()\n",
            "env.py called script.run_env(), which would run env.py once more.",
        ),
    ],
)
def test_an_env_that_does_not_come_to_the_point(practice: Any, source: str, message: str) -> None:
    practice.env(source)

    with pytest.raises(ConfigError) as caught:
        practice.heads()

    assert caught.value.message.endswith(message)


def test_env_py_may_ask_where_another_database_stands(practice: Any) -> None:
    source = practice.location.joinpath("env.py").read_text()
    practice.env(
        source + "\nconfigure = type(context.get_context()).configure\n"
        "with engine_from_config({'url': 'sqlite://'}, prefix='').connect() as other:\n"
        "    assert configure(other).get_current_heads() == ()\n"
    )
    assert practice.heads() is not None


def test_a_tag_and_what_a_connection_is_needed_for(practice: Any) -> None:
    source = practice.location.joinpath("env.py").read_text()
    practice.env(
        "from alembic import context\nassert context.requires_connection()\n"
        "assert context.get_tag_argument() is None\n"
        + source.replace("context.configure(", "context.configure(tag='blue', ", 1)
        + "\nassert context.get_tag_argument() == 'blue'\n"
    )
    assert practice.heads() is not None


def test_env_py_may_be_compiled_alone(practice: Any) -> None:
    env = practice.location / "env.py"
    for compiled in (practice.location / "env.pyc", Path(importlib.util.cache_from_source(str(env)))):
        compiled.parent.mkdir(exist_ok=True)
        py_compile.compile(str(env), str(compiled))
        source = env.read_bytes()
        env.unlink()
        assert practice.heads() is not None
        compiled.write_bytes(b"nothing")
        with pytest.raises(ScriptError, match="was not compiled by this version of Python"):
            practice.heads()
        compiled.unlink()
        env.write_bytes(source)


def test_no_env(practice: Any) -> None:
    (practice.location / "env.py").unlink()

    with pytest.raises(ConfigError, match=r"env\.py cannot be read: No such file or directory\."):
        practice.heads()


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([], ConfigError),
        (["sqlalchemy.url ="], ConfigError),
        (["sqlalchemy.url = driver://user:s3cret@localhost/dbname"], ConfigError),
        (["sqlalchemy.url = mssql://user:s3cret@localhost/dbname"], DriverMissingError),
        (["sqlalchemy.url = postgresql://user:s3@cret:w@localhost/dbname"], ConfigError),
        (["sqlalchemy.url = postgresql+psycopg://user:s3cr%%40t@127.0.0.1:1/dbname"], ConnectionFailedError),
        (["sqlalchemy.url = sqlite:////nowhere/test.db"], ConnectionFailedError),
    ],
)
def test_a_url_that_leads_nowhere(practice: Any, lines: list[str], kind: type[Exception]) -> None:
    practice.write_ini(*lines)

    with pytest.raises(kind) as caught:
        practice.heads()

    assert type(caught.value) is kind
    assert "s3" not in str(caught.value)


def test_the_notebook_is_left_as_it_was(practice: Any) -> None:
    (practice.folder / "lib").mkdir()
    (practice.folder / "lib" / "models_of_this_test.py").write_text("answer = 42\n")
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "prepend_sys_path = %(here)s/lib")
    (practice.ini).write_text(
        practice.ini.read_text()
        + "[loggers]\nkeys = root\n[handlers]\nkeys =\n[formatters]\nkeys =\n[logger_root]\nlevel = DEBUG\nhandlers =\n"
    )
    source = (practice.location / "env.py").read_text()
    practice.env("import models_of_this_test\n" + source)
    practice.revision("a1", None, "import models_of_this_test\nassert models_of_this_test.answer == 42")
    logger = logging.getLogger("somebody")
    before = list(sys.path), set(sys.modules), logging.getLogger().level, Path.cwd()

    for _ in range(3):
        practice.upgrade()
    practice.env("import nonsense\n")
    with pytest.raises(ScriptError):
        practice.upgrade()

    assert list(sys.path) == before[0]
    assert set(sys.modules) - before[1] <= {"models_of_this_test"}
    assert (logging.getLogger().level, Path.cwd(), logger.disabled) == (before[2], before[3], False)
    del sys.modules["models_of_this_test"]


def test_the_file_is_not_held(two: Any) -> None:
    two.upgrade()

    database = sqlite3.connect(two.folder / "test.db", timeout=0, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    database.close()


def test_classes_of_env_py_find_their_module(practice: Any) -> None:
    source = (practice.location / "env.py").read_text()
    practice.env(
        "from __future__ import annotations\nimport dataclasses, typing\n"
        "@dataclasses.dataclass\nclass Settings:\n    name: typing.ClassVar[str] = 'x'\n    url: str = 'y'\n"
        + source
    )

    assert practice.heads() == ()


def test_a_failure_of_the_action_is_its_own(practice: Any) -> None:
    def action(context: object) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        practice.run(action)


def test_alembic_is_ours_inside_and_untouched_outside(practice: Any, python: Callable[..., str]) -> None:
    """A module called alembic, that is imported before and after: it stays the one that it is."""
    other = practice.folder / "other"
    other.mkdir()
    (other / "alembic.py").write_text("op = 'the other op'\ncontext = 'the other context'\n")
    practice.revision("a1", None, "import alembic\nassert alembic.op is op\n" + create("one"))

    printed = python(
        """
        import sys
        sys.path.insert(0, sys.argv[1] + "/other")
        import alembic
        from pathlib import Path
        from nbmigrate.config import Config
        from nbmigrate.environment.run import run_environment
        from nbmigrate.graph.plan import plan_upgrade
        from nbmigrate.scripts.directory import ScriptDirectory

        config = Config.find(Path(sys.argv[1]))
        scripts = ScriptDirectory.from_config(config)
        report = run_environment(
            config, scripts, lambda c: c.migrate(lambda heads: plan_upgrade(scripts.graph(), heads, "head"))
        )
        from alembic import op
        print(report.position, op, alembic is sys.modules["alembic"])
        """,
        str(practice.folder),
    )

    assert printed == "('a1',) the other op True\n"
    assert practice.tables() == ["alembic_version", "one"]


def test_without_the_alembic_package(practice: Any, python: Callable[..., str]) -> None:
    printed = python(
        """
        import sys
        from pathlib import Path
        from nbmigrate.config import Config
        from nbmigrate.environment.run import run_environment
        from nbmigrate.scripts.directory import ScriptDirectory

        sys.modules["alembic"] = None
        config = Config.find(Path(sys.argv[1]))
        print(run_environment(config, ScriptDirectory.from_config(config), lambda c: c.get_current_revision()))
        print([name for name in sys.modules if name.startswith(("alembic.", "env_py"))])
        """,
        str(practice.folder),
    )

    assert printed == "None\n[]\n"


def test_two_projects_in_two_threads(new_practice: Callable[[str], Any]) -> None:
    rounds, meet = 5, threading.Barrier(2)
    found: dict[str, Any] = {}
    path = list(sys.path)

    def work(name: str) -> None:
        project = new_practice(name)
        (project.folder / f"settings_{name}.py").write_text(f"NAME = {name!r}\n")
        project.write_ini(f"sqlalchemy.url = {project.url}", "prepend_sys_path = %(here)s")
        project.env(f"import settings_{name}\n" + (project.location / "env.py").read_text())
        for number in range(rounds):
            parent = f"{name}{number - 1}" if number else None
            project.revision(f"{name}{number}", parent, create(f"t_{name}{number}"))
        meet.wait()
        for number in range(rounds):
            project.upgrade(f"{name}{number}")
        found[name] = (project.heads(), project.tables())

    threads = [threading.Thread(target=work, args=(name,)) for name in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {
        name: (
            (f"{name}{rounds - 1}",),
            ["alembic_version", *(f"t_{name}{number}" for number in range(rounds))],
        )
        for name in "xy"
    }
    assert sys.path == path
