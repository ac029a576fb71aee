"""Commands on tenants of one database, each by the ways in which an env.py may keep them apart.

Their url is the same: what is returned, and what fails, says which one it is about.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import commands
from nbmigrate.cli import main
from nbmigrate.commands.history.describe import describe
from nbmigrate.errors import MigrationFailedError, PositionError, TableNotFoundError
from tests.database.interrupted import InterruptedProject

ENV = """
import sqlalchemy as sa
from alembic import context

url = context.config.get_main_option("sqlalchemy.url")
way = context.config.get_main_option("way")
engine = sa.create_engine(url, poolclass=sa.NullPool)
for tenant in context.config.get_main_option("tenants").split(","):
    with engine.connect() as connection:
        options = {}
        if engine.dialect.name == "sqlite":
            for name in ("acme", "beta"):
                connection.exec_driver_sql(f"ATTACH '{name}.db' AS {name}")
            connection.commit()
        if way == "map":
            connection = connection.execution_options(schema_translate_map={None: tenant})
        elif way == "named":
            connection = connection.execution_options(schema_translate_map={"tenant": tenant})
            options = {"version_table_schema": "tenant"}
        elif way == "path":
            connection.exec_driver_sql(f"SET search_path TO {tenant}")
            connection.commit()
        else:
            options = {"version_table": f"versions_{tenant}"}
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
"""
#: The same with one connection for all.
SHARED = """
import sqlalchemy as sa
from alembic import context

engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        for name in ("acme", "beta"):
            connection.exec_driver_sql(f"ATTACH '{name}.db' AS {name}")
        connection.commit()
    for tenant in context.config.get_main_option("tenants").split(","):
        context.configure(connection=connection.execution_options(schema_translate_map={None: tenant}))
        with context.begin_transaction():
            context.run_migrations()
"""
WAYS = {
    "map": "schema {}",
    "shared": "schema {}",
    "named": "tenant = {}",
    "path": "schema {}",
    "tables": "version table versions_{}",
}
CASES = [
    (server, way)
    for server in ("sqlite", "postgresql", "mariadb")
    for way in WAYS
    if way != "path" or server == "postgresql"
]
FIRST = "    op.create_table('item', sa.Column('id', sa.Integer, primary_key=True){})"
SECOND = "    op.add_column('item', sa.Column('n', sa.Integer){})"


class Tenants(InterruptedProject):
    """A project whose env.py migrates two tenants of one database."""

    def __init__(self, folder: Path, url: str, way: str) -> None:
        super().__init__(folder, url)
        self.way = way
        (folder / "migrations" / "env.py").write_text(SHARED if way == "shared" else ENV)
        self.names: tuple[str, ...] = ("acme", "beta")
        self.set("way", way)
        self.set("tenants", ",".join(self.names))

    def set(self, name: str, value: str) -> None:
        assert main(["-c", str(self.folder / "nbmigrate.ini"), "config", "--force", name, value]) == 0
        self.reopened()

    def op(self, text: str) -> str:
        return text.replace("{}", ", schema='tenant'" if self.way == "named" else "")

    def place(self, tenant: str) -> str:
        url = sa.make_url(self.url).render_as_string()
        return f"{url} ({WAYS[self.way].format(tenant)})"


@pytest.fixture(params=CASES, ids="-".join)
def tenants(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    new_database: Callable[[str], str],
) -> Iterator[Tenants]:
    server, way = request.param
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///test.db" if server == "sqlite" else new_database(server)
    found = Tenants(tmp_path, url, way)
    if server == "postgresql":
        with found.engine.begin() as connection:
            for name in found.names:
                connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    if server == "mariadb":
        found.names = tuple(str(sa.make_url(new_database(server)).database) for _ in found.names)
        found.set("tenants", ",".join(found.names))
    if way == "tables":
        # One schema with two histories: each makes tables of its own.
        found.write("a1", None, "    pass")
        found.write("b2", "a1", "    pass")
    else:
        found.write("a1", None, found.op(FIRST))
        found.write("b2", "a1", found.op(SECOND))
    yield found


def test_each_is_named(tenants: Tenants) -> None:
    project, (first, second) = tenants.project, map(tenants.place, tenants.names)
    done = commands.upgrade(project, "a1")
    assert [row["database"] for row in done.rows()] == [first, second]
    assert str(commands.current(project)).splitlines() == [f"{first}: a1", f"{second}: a1"]
    titles = [
        line for line in str(commands.current(project, verbose=True)).splitlines() if "revision(s)" in line
    ]
    assert titles == [f"Current revision(s) for {place}:" for place in (first, second)]
    assert commands.doctor(project).databases == (first, second)
    assert {row["database"] for row in commands.preview(project, "upgrade", "head").rows()} == {first, second}
    if tenants.way in ("map", "named", "shared"):
        assert f"CREATE TABLE {tenants.names[1]}.item" in describe(project, "a1").upgrade.sql
    if tenants.way not in ("named", "tables"):
        found = {(str(row["database"]), row["table"]) for row in commands.tables(project).rows()}
        assert found >= {(first, "item"), (second, "item")}
    assert [row["database"] for row in commands.stamp(project, "b2").rows()] == [first, second]
    with pytest.raises(PositionError) as caught:
        tenants.set("tenants", tenants.names[1])
        commands.stamp(tenants.project, "a1")
        tenants.set("tenants", ",".join(tenants.names))
        commands.current(tenants.project, check_heads=True)
    assert second in str(caught.value) and first not in str(caught.value)


def test_the_second_fails(tenants: Tenants) -> None:
    """Its error names it; what was done to the first is told with it, and stands."""
    first, second = map(tenants.place, tenants.names)
    tenants.write(
        "b2",
        "a1",
        "    if context_of().endswith('done'):\n        op.execute('SELECT * FROM nowhere')\n"
        "    op.get_context().config.attributes['count'] = 'done'".replace(
            "context_of()", "str(op.get_context().config.attributes.get('count'))"
        ),
    )
    with pytest.raises(MigrationFailedError) as caught:
        tenants.upgrade()
    assert caught.value.message.startswith(f"{second}: Upgrade of revision b2 failed: ")
    told = str(caught.value.result)
    assert told.index(first) < told.index("Running upgrade a1 -> b2") < told.index(second)
    assert "1 of 2 revisions is done." in told[told.index(second) :]
    assert str(commands.current(tenants.project)).splitlines() == [f"{first}: b2 (head)", f"{second}: a1"]


def test_one_alone_is_its_url(tenants: Tenants) -> None:
    tenants.set("tenants", tenants.names[0])
    done = commands.upgrade(tenants.project, "a1")
    assert "database" not in done.rows()[0]
    assert commands.current(tenants.project).url == sa.make_url(tenants.url).render_as_string()


@pytest.mark.parametrize(
    "tenants", [case for case in CASES if case[1] != "tables"], indirect=True, ids="-".join
)
def test_other_schemas(tenants: Tenants, capsys: pytest.CaptureFixture[str]) -> None:
    tenants.upgrade()
    name = tenants.names[0]
    found = commands.tables(tenants.project, schema=name)
    assert {str(row["table"]) for row in found.rows()} == {"item", "alembic_version"}
    assert [row["column"] for row in commands.schema(tenants.project, "item", schema=name).rows()[:2]] == [
        "id",
        "n",
    ]
    assert commands.table(tenants.project, "item", schema=name).rows() == []
    assert commands.table(tenants.project, f"{name}.item").rows() == []
    capsys.readouterr()
    assert main(["table", "item", "--schema", name]) == 0
    assert main(["tables", "--schema", name]) == 0
    assert "item" in capsys.readouterr().out
    if tenants.way == "named":
        assert {row["table"] for row in commands.tables(tenants.project, schema="tenant").rows()} >= {"item"}
    with pytest.raises(TableNotFoundError, match=f"There is no schema '{name}s'"):
        commands.tables(tenants.project, schema=f"{name}s")


@pytest.mark.parametrize(
    "tenants", [case for case in CASES if case[1] == "tables"], indirect=True, ids="-".join
)
def test_the_second_cannot_be_stamped(tenants: Tenants) -> None:
    first, second = map(tenants.place, tenants.names)
    commands.upgrade(tenants.project, "a1")
    with tenants.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE versions_{tenants.names[1]} SET version_num = 'nowhere'")
    with pytest.raises(PositionError) as caught:
        commands.stamp(tenants.project, "b2")
    assert caught.value.message.startswith(f"{second}: ")
    assert str(caught.value.result) == f"{first}\nRunning stamp_revision a1 -> b2\nNow at b2 (head)."
    with pytest.raises(PositionError) as caught:
        commands.current(tenants.project)
    assert caught.value.message.startswith(f"{second}: ")
    assert [problem.message.partition(": ")[0] for problem in commands.doctor(tenants.project).problems] == [
        second
    ]
