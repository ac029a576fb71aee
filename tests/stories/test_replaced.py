"""A project that makes and drops tables in its own way, by alembic and by us, and beside one that does not."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import MigrateError

EXTENDING = """
import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.operations.toimpl import create_table as as_always

@Operations.implementation_for(ops.CreateTableOp, replace=True)
def create_table(operations, operation):
    assert isinstance(operation, ops.CreateTableOp) and operation.schema is None
    operation.columns = [*operation.columns, sa.Column("made_by", sa.String(20), server_default="us")]
    table = as_always(operations, operation)
    operations.execute(f"CREATE VIEW v_{operation.table_name} AS SELECT * FROM {operation.table_name}")
    return table

@Operations.implementation_for(ops.DropTableOp, replace=True)
def drop_table(operations, operation):
    operations.execute(f"DROP VIEW v_{operation.table_name}")
    operations.impl.drop_table(sa.Table(operation.table_name, sa.MetaData()))

@Operations.implementation_for(ops.AddColumnOp, replace=True)
def add_column(operations, operation):
    operation.column.comment = None
    operations.impl.add_column(operation.table_name, operation.column, schema=operation.schema)
    operations.execute(f"CREATE INDEX ix_{operation.column.name} ON {operation.table_name} ({operation.column.name})")
"""
ENV = """
from sqlalchemy import create_engine, pool
from alembic import context
{imports}
url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
import sqlalchemy as sa
revision = "a1"
down_revision = None
def upgrade():
    made = op.create_table("t", sa.Column("id", sa.Integer), sa.Column("x", sa.String(5), index=True),
        sa.UniqueConstraint("x", name="uq"))
    op.add_column("t", sa.Column("n", sa.Integer))
    op.bulk_insert(made, [{"id": 1, "x": "a"}])
def downgrade():
    op.drop_table("t")
"""


def project(folder: Path, imports: str) -> Path:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = %(here)s\n"
        f"sqlalchemy.url = sqlite:///{folder}/x.db\n"
    )
    (folder / "migrations" / "env.py").write_text(ENV.format(imports=imports))
    (versions / "a1.py").write_text(REVISION)
    if imports == "import extending":
        (folder / "extending.py").write_text(EXTENDING)
    return folder


def made(folder: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(folder / "x.db") as connection:
        return connection.execute(
            "SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%' ORDER BY 1, 2"
        ).fetchall()


OWN = [("index", "ix_n"), ("index", "ix_t_x"), ("table", "t"), ("view", "v_t")]
PLAIN = [("index", "ix_t_x"), ("table", "t")]


def test_as_by_alembic(alembic: Callable[..., str], tmp_path: Path) -> None:
    theirs, ours = (project(tmp_path / name, "import extending") for name in ("theirs", "ours"))
    alembic("-c", str(theirs / "alembic.ini"), "upgrade", "head")
    here = Project.open(ours)
    step = commands.preview(here, "upgrade", "head").steps[0]
    script = commands.upgrade_sql(here, "head").sql
    commands.upgrade(here, "head")
    assert made(ours) == made(theirs) == OWN
    for folder in (theirs, ours):
        with sqlite3.connect(folder / "x.db") as connection:
            assert connection.execute("SELECT id, x, made_by FROM v_t").fetchall() == [(1, "a", "us")]
    for text in ("made_by VARCHAR(20) DEFAULT 'us'", "CREATE VIEW v_t", "CREATE INDEX ix_n"):
        assert text in script
        assert text in "\n".join(step.statements)
    alembic("-c", str(theirs / "alembic.ini"), "downgrade", "base")
    commands.downgrade(here, "base")
    assert made(ours) == made(theirs) == []


@pytest.mark.parametrize("imports", ["import extending", EXTENDING], ids=["module", "env.py"])
def test_of_one_project_alone(imports: str, tmp_path: Path) -> None:
    own, plain = project(tmp_path / "own", imports), project(tmp_path / "plain", "")
    for _ in range(2):
        commands.upgrade(Project.open(own), "head")
        commands.upgrade(Project.open(plain), "head")
        assert (made(own), made(plain)) == (OWN, PLAIN)
        commands.downgrade(Project.open(plain), "base")
        commands.downgrade(Project.open(own), "base")
        assert made(own) == made(plain) == []
    (own / "migrations" / "env.py").write_text(ENV.format(imports=""))
    commands.upgrade(Project.open(own), "head")
    assert made(own) == PLAIN


def test_what_cannot_be_replaced_is_said(tmp_path: Path) -> None:
    text = EXTENDING.replace("ops.AddColumnOp", "ops.CreateUniqueConstraintOp")
    with pytest.raises(
        MigrateError, match=r"implementation_for\(CreateUniqueConstraintOp\): nbmigrate replaces"
    ):
        commands.upgrade(Project.open(project(tmp_path / "a", text)), "head")
    text = EXTENDING.replace("ops.AddColumnOp, replace=True", "ops.AddColumnOp")
    with pytest.raises(MigrateError, match="AddColumnOp has an implementation already"):
        commands.upgrade(Project.open(project(tmp_path / "b", text)), "head")
