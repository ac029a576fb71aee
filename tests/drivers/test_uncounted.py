"""A driver that does not count rows, and a dialect that says so: `supports_sane_rowcount = False`."""

from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import PositionError

ENV = """
import sqlite3
import sqlalchemy as sa
from nbmigrate import context

class Cursor(sqlite3.Cursor):
    rowcount = 0

class Connection(sqlite3.Connection):
    def cursor(self, *arguments):
        return super().cursor(Cursor)

engine = sa.create_engine("sqlite:///x.db", connect_args={{"factory": Connection}}, poolclass=sa.NullPool)
engine.dialect.supports_sane_rowcount = {counts}
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
import sqlalchemy as sa
from nbmigrate import op
revision, down_revision = "{id}", {down!r}
def upgrade():
    op.create_table("t_{id}", sa.Column("id", sa.Integer))
    op.execute("UPDATE t_{id} SET id = 1")
def downgrade():
    op.drop_table("t_{id}")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    commands.init("p", url="sqlite:///x.db")
    (tmp_path / "p" / "env.py").write_text(ENV.format(counts=False))
    for id_, down in (("a1", None), ("b2", "a1"), ("c3", "b2")):
        (tmp_path / "p" / "versions" / f"{id_}.py").write_text(REVISION.format(id=id_, down=down))
    return Project.open()


def test_revisions_follow_one_another(project: Project) -> None:
    result = commands.upgrade(project, "head")
    assert str(commands.current(project)) == "c3 (head)"
    # What nobody counted is not said to be no rows.
    assert {each.rowcount for step in result.steps for each in step.statements} == {None}
    commands.downgrade(project, "a1")
    assert str(commands.current(project)) == "a1"
    commands.stamp(project, "c3")
    assert str(commands.current(project)) == "c3 (head)"


def test_a_count_that_is_meant_is_believed(project: Project, tmp_path: Path) -> None:
    (tmp_path / "p" / "env.py").write_text(ENV.format(counts=True))
    with pytest.raises(PositionError, match="was expected to hold 'a1' once, and holds it 0 times"):
        commands.upgrade(project, "head")
    assert str(commands.current(project)) == "a1"
