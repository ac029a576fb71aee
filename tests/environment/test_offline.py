"""env.py while a script is written: what `context` does and tells then."""

from pathlib import Path
from typing import Any

import pytest

from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.environment.offline_context import Offline, starting_heads
from nbmigrate.errors import ConfigError, DriverMissingError, OperationError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import plan_upgrade
from nbmigrate.graph.revision import Revision

ENV = """
from alembic import context
if context.is_offline_mode():
{body}
else:
    raise AssertionError("online")
"""

GENERIC = """
context.configure(url="postgresql://u:secret@h/db"{options})
with context.begin_transaction():
    context.run_migrations()
"""


def env(body: str) -> str:
    return ENV.format(body="\n".join(f"    {line}" for line in body.strip().splitlines()))


def script(practice: Any, target: str = "heads", starting: str | None = None, tag: str | None = None) -> str:
    """Return the script that the practice's env.py makes of an upgrade."""
    graph = practice.scripts.graph()
    offline = Offline(starting)

    def action(context: MigrationContext) -> Any:
        assert context.as_sql
        return context.migrate(lambda heads: plan_upgrade(graph, heads, target))

    practice.run(action, target=target, tag=tag, offline=offline)
    return offline.output.getvalue()


@pytest.fixture
def two(practice: Any) -> Any:
    practice.revision("a1", None, "op.execute('one')")
    practice.revision("b2", "a1", "with op.get_context().autocommit_block():\n    op.execute('two')")
    practice.env(env(GENERIC.format(options="")))
    return practice


def statements(text: str) -> list[str]:
    """Return the statements and comments of a script, the version table's in a word."""
    short = {"CREATE TABLE a": "create", "INSERT INTO a": "insert", "UPDATE alembi": "update"}
    return [short.get(part[:13], short.get(part[:14], part)) for part in text.strip().split("\n\n")]


#: What is written for the two revisions, by what env.py gives to configure().
LAYOUTS = {
    "": [
        "BEGIN;",
        "create",
        "-- a1",
        "one;",
        "insert",
        "-- b2",
        "COMMIT;",
        "two;",
        "BEGIN;",
        "update",
        "COMMIT;",
    ],
    ", transaction_per_migration=True": [
        *("BEGIN;", "create", "-- a1", "one;", "insert", "COMMIT;"),
        *("BEGIN;", "-- b2", "COMMIT;", "two;", "BEGIN;", "update", "COMMIT;"),
    ],
    ", transactional_ddl=False": ["create", "-- a1", "one;", "insert", "-- b2", "two;", "update"],
    ", starting_rev='a1'": ["BEGIN;", "-- b2", "COMMIT;", "two;", "BEGIN;", "update", "COMMIT;"],
}


@pytest.mark.parametrize("options", LAYOUTS)
def test_transactions(two: Any, options: str) -> None:
    two.env(env(GENERIC.format(options=options)))
    assert layout(two) == LAYOUTS[options]


def layout(practice: Any) -> list[str]:
    return [
        part.replace("Running upgrade  -> ", "").replace("Running upgrade a1 -> ", "")
        for part in statements(script(practice))
    ]


@pytest.mark.parametrize(
    ("setting", "like"), [("per-revision", ", transaction_per_migration=True"), ("whole-run", "")]
)
def test_transactions_as_the_setting_says(two: Any, setting: str, like: str) -> None:
    two.write_ini(f"transaction = {setting}")
    assert layout(two) == LAYOUTS[like]


def test_without_begin_transaction(two: Any) -> None:
    two.env(env("context.configure(dialect_name='postgresql')\ncontext.run_migrations()"))
    assert "BEGIN" not in script(two)


def test_the_separators_of_batches(two: Any) -> None:
    body = "context.configure(dialect_name='mssql', mssql_batch_separator='NEXT')\ncontext.run_migrations()"
    two.env(env(body))
    assert script(two, starting="a1").endswith(
        "two;\n\nNEXT\n\nUPDATE alembic_version SET version_num='b2' "
        "WHERE alembic_version.version_num = 'a1';\n\nNEXT\n\n"
    )


def test_what_the_context_tells(two: Any) -> None:
    two.env(
        env("""
assert context.get_tag_argument() == 'v1.2'
assert context.get_revision_argument() == 'b2'
assert context.get_starting_revision_argument() == 'a1'
context.configure(url='mysql+pymysql://u:secret@h/db', tag='own', version_table='versions',
                  version_table_schema='meta')
assert context.get_context().get_current_heads() == ('a1',)
assert context.get_context().get_current_revision() == 'a1'
assert context.get_context().as_sql
assert context.get_bind() is context.get_context().bind is context.get_context().connection
assert context.get_bind().dialect.name == 'mysql'
assert 'secret' not in context.get_context().url
assert not context.is_transactional_ddl()
context.static_output('-- by hand')
context.execute("SET NAMES 'utf8mb4'")
context.run_migrations()
""")
    )
    assert script(two, "head", starting="a1", tag="v1.2").split("\n\n") == [
        "-- by hand",
        "SET NAMES 'utf8mb4';",
        "-- Running upgrade a1 -> b2",
        "two;",
        "UPDATE meta.versions SET version_num='b2' WHERE meta.versions.version_num = 'a1';",
        "",
    ]


def test_the_tag_of_a_run(practice: Any) -> None:
    practice.env(
        "from alembic import context\nimport sqlalchemy as sa\n"
        "assert context.get_tag_argument() == 'v1' and not context.is_offline_mode()\n"
        f"with sa.create_engine({practice.url!r}, poolclass=sa.NullPool).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    assert context.get_context().as_sql is False\n"
        "    try:\n        context.static_output('x')\n"
        "    except Exception as error:\n        assert '--sql' in str(error)\n"
        "    else:\n        raise AssertionError\n"
        "    context.run_migrations()\n"
    )
    assert practice.run(lambda context: context.get_current_heads(), tag="v1") == ()


def test_scripts_in_files_of_their_own(two: Any) -> None:
    two.env(
        env("""
from pathlib import Path
folder = Path(context.config.config_file_name).parent
for name in ('postgresql', 'sqlite'):
    with open(folder / (name + '.sql'), 'wb') as file:
        context.configure(dialect_name=name, output_buffer=file, output_encoding='utf-8', literal_binds=True)
        with context.begin_transaction():
            context.run_migrations(engine_name=name)
""")
    )
    path = two.revision("a1", None, "op.execute(sa.text('ü ' + engine_name))")
    path.write_text(
        path.read_text(encoding="utf-8").replace("upgrade()", "upgrade(engine_name)"), encoding="utf-8"
    )
    path = two.revision("b2", "a1", "pass")
    path.write_text(
        path.read_text(encoding="utf-8").replace("upgrade()", "upgrade(engine_name)"), encoding="utf-8"
    )
    assert script(two) == ""
    for name in ("postgresql", "sqlite"):
        assert f"ü {name};" in (two.folder / f"{name}.sql").read_text(encoding="utf-8")


def test_naming_conventions_hold(two: Any) -> None:
    body = "import sqlalchemy as sa\nmetadata = sa.MetaData(naming_convention={'uq': 'uq_%(table_name)s'})"
    two.env(env(body + GENERIC.format(options=", target_metadata=metadata")))
    two.revision("a1", None, "op.create_unique_constraint(None, 't', ['x'])")
    assert "ADD CONSTRAINT uq_t UNIQUE (x)" in script(two)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("context.configure()", ConfigError, "gave neither url nor dialect_name to context.configure()"),
        ("context.configure(url='')", ConfigError, "The database URL is empty or malformed"),
        ("context.configure(url='driver://x/y')", ConfigError, "still the placeholder of the template"),
        ("context.configure(dialect_name='postgres')", DriverMissingError, "Unknown database"),
        (
            "import sqlalchemy\nsqlalchemy.create_engine('mssql+pyodbc://h/d')",
            ConfigError,
            "connects to the database",
        ),
        (
            "import sqlalchemy\nsqlalchemy.create_engine('sqlite:////no/such/x').connect()",
            ConfigError,
            "connects to",
        ),
        (
            "context.configure(dialect_name='sqlite')\ncontext.get_bind().begin()",
            OperationError,
            "get_bind().begin",
        ),
        (
            "context.configure(dialect_name='sqlite')",
            ConfigError,
            "ended without calling context.run_migrations()",
        ),
    ],
)
def test_what_env_cannot_do(two: Any, body: str, kind: type[Exception], said: str) -> None:
    two.env(env(body))
    with pytest.raises(kind) as caught:
        script(two)
    assert said in str(caught.value)


def test_our_own_templates(tmp_path: Path) -> None:
    from nbmigrate.config import Config
    from nbmigrate.environment.run import run_environment
    from nbmigrate.scripts.directory import ScriptDirectory
    from nbmigrate.scripts.new_project.init import create_project
    from nbmigrate.scripts.new_project.templates import TEMPLATES

    for template in (name for name in TEMPLATES if TEMPLATES[name].takes_url):
        folder = tmp_path / template
        folder.mkdir()
        created = create_project(
            folder / "practice",
            folder / f"{template}.ini",
            template=template,
            url="oracle+oracledb://u:p@h/db",
        )
        config = Config.find(folder, file=created.ini_path)
        offline = Offline()
        run_environment(
            config,
            ScriptDirectory.from_config(config),
            lambda context: context.ensure_version(),
            offline=offline,
        )
        assert offline.output.getvalue() == (
            "CREATE TABLE alembic_version (\n    version_num VARCHAR2(32 CHAR) NOT NULL,\n"
            "    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)\n\n/\n\n"
        )


def test_where_a_database_is_said_to_stand() -> None:
    graph = RevisionGraph(
        [
            Revision("a1"),
            Revision("b2", ("a1",)),
            Revision("c,3", ("a1",)),
            Revision("d4", ("c,3",), branch_labels=("x",)),
        ]
    )
    cases: list[tuple[Any, tuple[str, ...]]] = [
        (None, ()),
        ("base", ()),
        ("a1", ("a1",)),
        ("heads", ("b2", "d4")),
        ("b2, x", ("b2", "d4")),
        ("c,3", ("c,3",)),
        ("d4-1", ("c,3",)),
        ("a1-1", ()),
        (["b2", None, "d4"], ("b2", "d4")),
    ]
    assert [starting_heads(graph, starting) for starting, _ in cases] == [heads for _, heads in cases]
