"""Projects in threads of one process, on databases of three kinds at once: each has its own, and leaves nothing behind.

NBMIGRATE_TEST_ROUNDS says how often each goes up and down.
"""

import builtins
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.errors import MigrationFailedError

ROUNDS = 3 * int(os.environ.get("NBMIGRATE_TEST_ROUNDS", "1"))
ROWS = 20
DATABASES = ("sqlite", "sqlite", "postgresql", "mariadb")

#: env.py has a name of its own for everything: in its configuration, its x arguments, and a module that it imports.
ENV_PY = """
import sqlalchemy as sa
import {name}_settings
from alembic import context

config = context.config
given = context.get_x_argument(as_dictionary=True)["name"]
assert config.get_main_option("who") == given == {name}_settings.NAME == {name!r}
config.attributes["seen"] = given

if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations(who=given)
else:
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, version_table="{name}_version")
        with context.begin_transaction():
            context.run_migrations(who=given)
"""
HEADER = """
import sqlalchemy as sa
from alembic import context, op
from alembic.op import execute

revision = {id!r}
down_revision = {down!r}


def asked(who):
    names = {{who, context.config.get_main_option("who"), context.config.attributes["seen"], {name!r}}}
    assert len(names) == 1, names
    return names.pop()

"""
FIRST = """
def upgrade(who):
    name = asked(who)
    id = sa.Column("id", sa.Integer, primary_key=True)
    table = op.create_table(f"{name}_rows", id, sa.Column("who", sa.String(9)))
    for number in range(1, ROWS + 1):
        op.bulk_insert(table, [{"id": number, "who": asked(who)}])


def downgrade(who):
    op.drop_table(f"{asked(who)}_rows")
"""
BLOCK = """
def upgrade(who):
    name = asked(who)
    with op.get_context().autocommit_block():
        execute(f"CREATE INDEX {CONCURRENTLY}ix_{name} ON {name}_rows (who)")
        asked(who)
    with op.batch_alter_table(f"{name}_rows") as batch:
        batch.add_column(sa.Column(f"of_{name}", sa.Integer))
        asked(who)


def downgrade(who):
    name = asked(who)
    with op.batch_alter_table(f"{name}_rows") as batch:
        batch.drop_column(f"of_{name}")
    op.drop_index(f"ix_{name}", f"{name}_rows")
"""
FAILING = """
def upgrade(who):
    op.execute(f"UPDATE {asked(who)}_rows SET who = 'wrong'")
    raise ValueError(f"planned by {asked(who)}")


def downgrade(who):
    pass
"""


def write_project(folder: Path, name: str, url: str) -> Project:
    """A project of three revisions, the last of which fails."""
    (folder / "practice" / "versions").mkdir(parents=True)
    (folder / "nbmigrate.ini").write_text(
        f"[nbmigrate]\nscript_location = %(here)s/practice\nprepend_sys_path = %(here)s\nwho = {name}\n"
        f"sqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    (folder / f"{name}_settings.py").write_text(f"NAME = {name!r}\n")
    (folder / "practice" / "env.py").write_text(ENV_PY.format(name=name))
    concurrently = "CONCURRENTLY " if url.startswith("postgresql") else ""
    down = None
    for number, body in enumerate((FIRST, BLOCK, FAILING), 1):
        id_ = f"{name}{number}"
        body = body.replace("{CONCURRENTLY}", concurrently).replace("ROWS", str(ROWS))
        text = HEADER.format(id=id_, down=down, name=name) + body
        (folder / "practice" / "versions" / f"{id_}.py").write_text(text)
        down = id_
    return Project.open(folder / "nbmigrate.ini", x_arguments=[f"name={name}"])


def round_trip(project: Project, name: str, engine: sa.Engine, others: set[str]) -> None:
    """Up, into the failure, look, write SQL, and down."""
    with pytest.raises(MigrationFailedError, match=f"planned by {name}") as failed:
        commands.upgrade(project, "head")
    assert (failed.value.revision, failed.value.position) == (f"{name}3", (f"{name}2",))
    assert [row["revision"] for row in commands.current(project).rows()] == [f"{name}2"]
    with engine.connect() as connection:
        rows = connection.execute(sa.text(f"SELECT id, who, of_{name} FROM {name}_rows ORDER BY id")).all()
        indexes = [index["name"] for index in sa.inspect(connection).get_indexes(f"{name}_rows")]
    assert [tuple(row) for row in rows] == [(number, name, None) for number in range(1, ROWS + 1)]
    assert indexes == [f"ix_{name}"]
    script = str(commands.upgrade_sql(project, f"base:{name}1"))
    assert script.count(f"'{name}'") == ROWS and not [other for other in others if other in script]
    said = str(commands.preview(project, "downgrade", "base"))
    assert f"{name}_rows" in said and not [other for other in others if other in said]
    commands.downgrade(project, "base")
    assert sa.inspect(engine).get_table_names() == [f"{name}_version"]


@pytest.fixture
def quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("kinds", [DATABASES[:2], DATABASES[2:], DATABASES], ids=["two", "servers", "four"])
def test_projects_in_threads(
    kinds: tuple[str, ...], tmp_path: Path, new_database: Callable[[str], str], quick_switches: None
) -> None:
    names = [f"p{number}q" for number in range(len(kinds))]
    projects, engines = {}, {}
    for name, kind in zip(names, kinds, strict=True):
        folder = tmp_path / name
        folder.mkdir()
        url = f"sqlite:///{folder / 'test.db'}" if kind == "sqlite" else new_database(kind)
        projects[name] = write_project(folder, name, url)
        engines[name] = sa.create_engine(url, poolclass=sa.NullPool)
    before = list(sys.path), builtins.__import__, Path.cwd()
    at_once = threading.Barrier(len(names))

    def work(name: str) -> None:
        try:
            for _ in range(ROUNDS):
                at_once.wait(60)
                round_trip(projects[name], name, engines[name], set(names) - {name})
        except BaseException:
            at_once.abort()
            raise

    with ThreadPoolExecutor(len(names)) as pool:
        failures = [future.exception() for future in [pool.submit(work, name) for name in names]]
    # Where one has failed the others do not go on: what is to be told is the first.
    real = [failure for failure in failures if not isinstance(failure, threading.BrokenBarrierError)]
    assert [str(failure) for failure in real if failure is not None] == []
    assert (list(sys.path), builtins.__import__, Path.cwd()) == before
    assert not [name for name in sys.modules if name.startswith("env_py_")]


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"])
def test_one_project_in_threads(
    server: str, tmp_path: Path, new_database: Callable[[str], str], quick_switches: None
) -> None:
    """Threads that share a `Project` take turns at its database."""
    url = f"sqlite:///{tmp_path / 'test.db'}" if server == "sqlite" else new_database(server)
    project = write_project(tmp_path, "shared", url)
    (tmp_path / "practice" / "versions" / "shared3.py").unlink()
    at_once = threading.Barrier(4)

    def work(number: int) -> int:
        at_once.wait(60)
        return len(commands.upgrade(project, "head").steps)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 2]
