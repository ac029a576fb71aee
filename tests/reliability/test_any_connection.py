"""A revision, its rows and its version row are one transaction, by whatever connection env.py runs them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.environment.run import run_environment
from nbmigrate.errors import MigrateError
from nbmigrate.graph.plan import plan_upgrade

ENV_PY = """
import sqlalchemy as sa
from nbmigrate import context

url = context.config.get_main_option("sqlalchemy.url")


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


def plain():
    engine = sa.create_engine(url, {options})
    {listening}
    try:
        {using}
    finally:
        engine.dispose()


async def in_loop():
    from sqlalchemy.ext.asyncio import create_async_engine
    engine = create_async_engine(url, {options})
    try:
        {using_async}
    finally:
        await engine.dispose()


{call}
"""
#: What `create_engine` is given, on any database.
POOLS = {
    "NullPool": "poolclass=sa.NullPool",
    "QueuePool": "poolclass=sa.QueuePool",
    "StaticPool": "poolclass=sa.StaticPool",
    "AUTOCOMMIT engine": "isolation_level='AUTOCOMMIT'",
    "SERIALIZABLE engine": "isolation_level='SERIALIZABLE'",
}
#: What Python's sqlite3 is given: its older way of beginning transactions, in all of its settings.
DRIVER = {
    "isolation_level None": "connect_args={'isolation_level': None}",
    "isolation_level ''": "connect_args={'isolation_level': ''}",
    "isolation_level DEFERRED": "connect_args={'isolation_level': 'DEFERRED'}",
    "isolation_level IMMEDIATE": "connect_args={'isolation_level': 'IMMEDIATE'}",
    "isolation_level EXCLUSIVE": "connect_args={'isolation_level': 'EXCLUSIVE'}",
    "not this thread's only": "connect_args={'check_same_thread': False}",
    "old transactions": "connect_args={'timeout': 0.1}, poolclass=sa.pool.SingletonThreadPool",
}
if sys.version_info >= (3, 12):
    # And its newer way, which 3.11 has not.
    DRIVER |= {
        "autocommit True": "connect_args={'autocommit': True}",
        "autocommit False": "connect_args={'autocommit': False}",
        "autocommit legacy": "connect_args={'autocommit': sqlite3.LEGACY_TRANSACTION_CONTROL}",
    }
#: How env.py comes from the engine to a connection; True where the transaction is then its own to commit.
USES: Mapping[str, tuple[str, bool]] = {
    "connect": ("with engine.connect() as c: migrate(c)", False),
    "AUTOCOMMIT connection": (
        "with engine.connect().execution_options(isolation_level='AUTOCOMMIT') as c: migrate(c)",
        False,
    ),
    "used and committed": (
        "with engine.connect() as c: c.exec_driver_sql('SELECT 1'); c.commit(); migrate(c)",
        False,
    ),
    "engine.begin": ("with engine.begin() as c: migrate(c)", True),
    "connection.begin": ("with engine.connect() as c, c.begin(): migrate(c)", True),
    "committed by hand": ("with engine.connect() as c: c.begin(); migrate(c); c.commit()", True),
}
USES_ASYNC: Mapping[str, tuple[str, bool]] = {
    "async connect": ("async with engine.connect() as c: await c.run_sync(migrate)", False),
    "async begin": ("async with engine.begin() as c: await c.run_sync(migrate)", True),
}
#: SQLAlchemy's own recipe for transactions that hold DDL on SQLite.
RECIPE = """
    @sa.event.listens_for(engine, "connect")
    def connected(driver, record):
        driver.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begun(connection):
        connection.exec_driver_sql("BEGIN")
"""
FIRST = """
def upgrade():
    op.create_table('kept', sa.Column('id', sa.Integer, primary_key=True))
    op.execute('INSERT INTO kept VALUES (1)')

def downgrade():
    op.drop_table('kept')
"""
SECOND = """
def upgrade():
    op.execute('INSERT INTO kept VALUES (2)')
    op.create_table('made', sa.Column('id', sa.Integer, primary_key=True))
    op.execute('INSERT INTO made VALUES (1), (2)')
    op.add_column('kept', sa.Column('more', sa.Integer))
    op.execute('UPDATE kept SET more = 7, id = id + 10')
    op.create_index('by_more', 'kept', ['more'])
    raise ValueError('planned')

def downgrade():
    op.drop_table('made')
"""
PLANNED = "raise ValueError('planned')"
FAILINGS = (PLANNED, "op.execute('INSERT INTO made VALUES (2)')", "pass")

CASES = [
    *(("sqlite", options, use) for options in (*POOLS, *DRIVER, "recipe") for use in USES),
    *(("postgresql", options, use) for options in POOLS for use in ("connect", "engine.begin")),
    *(
        ("postgresql", "NullPool", use)
        for use in (*USES, *USES_ASYNC)
        if use not in ("connect", "engine.begin")
    ),
]


def env_py(options: str, use: str) -> str:
    given = {**POOLS, **DRIVER}.get(options, "")
    plain, later = USES.get(use, ("pass", False))[0], USES_ASYNC.get(use, ("pass", False))[0]
    call = "import asyncio; asyncio.run(in_loop())" if use in USES_ASYNC else "plain()"
    listening = RECIPE.strip() if options == "recipe" else ""
    text = ENV_PY.format(options=given, listening=listening, using=plain, using_async=later, call=call)
    return f"import sqlite3\n{text}"


def stand(url: str) -> tuple[object, ...]:
    """Return the tables, the rows, and the version rows, read by a connection that has nothing to do with the run."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        tables = sorted(sa.inspect(connection).get_table_names())
        found: list[object] = [tables]
        for table in tables:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")
            found.append((list(rows.keys()), [tuple(row) for row in rows]))
        # Nobody holds a lock on it any more.
        connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
        connection.exec_driver_sql("DROP TABLE mine")
    return tuple(found)


NOTHING: tuple[object, ...] = ([],)
KEPT = (["id"], [(1,)])
AT_A1 = (["alembic_version", "kept"], (["version_num"], [("a1",)]), KEPT)
AT_B2 = (
    ["alembic_version", "kept", "made"],
    (["version_num"], [("b2",)]),
    (["id", "more"], [(11, 7), (12, 7)]),
    (["id"], [(1,), (2,)]),
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    def make(url: str) -> Project:
        monkeypatch.chdir(tmp_path)
        commands.init("practice", url=url)
        project = Project.open()
        commands.revision(project, "first", body=FIRST, rev_id="a1")
        commands.revision(project, "second", body=SECOND, rev_id="b2")
        return project

    return make


def fail(project: Project, url: str, run: Callable[[], object], *, users: bool) -> None:
    """Run into each failure from the beginning, and in the end to the end."""
    (path,) = project.scripts.version_locations[0].glob("b2*")
    source = path.read_text()
    for failing in FAILINGS:
        assert PLANNED in source
        path.write_text(source.replace(PLANNED, failing))
        if failing == "pass":
            run()
            assert stand(url) == AT_B2
        else:
            with pytest.raises(MigrateError):
                run()
            assert stand(url) == (NOTHING if users else AT_A1)


@pytest.mark.parametrize(("server", "options", "use"), CASES)
def test_all_or_nothing(
    server: str,
    options: str,
    use: str,
    project: Callable[[str], Project],
    tmp_path: Path,
    new_database: Callable[[str], str],
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}" if server == "sqlite" else new_database(server)
    made = project(url)
    (tmp_path / "practice" / "env.py").write_text(env_py(options, use))
    # A driver that commits every statement has nothing that env.py could undo: each revision is ours then.
    by_itself = options == "autocommit True" or (server != "sqlite" and options == "AUTOCOMMIT engine")
    users = {**USES, **USES_ASYNC}[use][1] and not by_itself
    fail(made, url, lambda: commands.upgrade(made, "head"), users=users)


@pytest.mark.parametrize("begun", [False, True], ids=["idle", "in its transaction"])
@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_a_connection_that_is_handed_over(
    server: str,
    begun: bool,
    project: Callable[[str], Project],
    tmp_path: Path,
    new_database: Callable[[str], str],
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}" if server == "sqlite" else new_database(server)
    made = project(url)
    (tmp_path / "practice" / "env.py").write_text(
        "from nbmigrate import context\n"
        "context.configure(connection=context.config.attributes['connection'])\n"
        "with context.begin_transaction():\n    context.run_migrations()\n"
    )

    def run() -> None:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            if begun:
                connection.begin()
            run_environment(
                made.config,
                made.scripts,
                lambda context: context.migrate(lambda heads: plan_upgrade(made.graph, heads, "head")),
                attributes={"connection": connection},
            )
            if begun:
                connection.commit()

    fail(made, url, run, users=begun)
