"""A revision leaves names to the naming convention of env.py; the downgrade that is derived says them."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.errors import IrreversibleError, MigrateError

CONVENTION = {
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "idx_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.Integer))"
BODY = (
    "op.create_unique_constraint(None, 't', ['a'])\n"
    "op.create_index(None, 't', ['a'])\n"
    "op.create_check_constraint('positive', 't', 'a > 0')"
)
BATCH = (
    "with op.batch_alter_table('t') as op_t:\n"
    "    op_t.create_unique_constraint(None, ['a'])\n"
    "    op_t.create_index(None, ['a'])\n"
    "    op_t.create_check_constraint('positive', 'a > 0')"
)


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The env.py of a project with a naming convention, a table, and a mark for each time that it runs."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db.db")
    path = tmp_path / "practice" / "env.py"
    names = f"import sqlalchemy as sa\ntarget_metadata = sa.MetaData(naming_convention={CONVENTION})"
    mark = "\nwith open('runs', 'a') as runs:\n    runs.write('x')\n"
    path.write_text(path.read_text().replace("target_metadata = None", names) + mark)
    commands.revision(Project.open(), "table", body=TABLE, rev_id="a1")
    assert not (tmp_path / "runs").exists()
    return path


def schema() -> list[str]:
    engine = sa.create_engine("sqlite:///db.db")
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE tbl_name = 't' ORDER BY name")
        texts = [text for (text,) in found if text]
    engine.dispose()
    return texts


@pytest.mark.parametrize("body", [BODY, BATCH])
@pytest.mark.parametrize("way", ["revision", "edit"])
def test_the_derived_downgrade_undoes_it(env: Path, body: str, way: str) -> None:
    project = Project.open()
    commands.upgrade(project, "head")
    before = schema()
    commands.revision(project, "names", body=body if way == "revision" else None, rev_id="b2")
    if way == "edit":
        commands.edit(project, "b2", body)
    # Once for the upgrade, once for the names; `edit` asks too whether the revision is applied.
    assert (env.parent.parent / "runs").read_text() == "x" * (2 if way == "revision" else 3)
    commands.upgrade(project, "head")
    after = "\n".join(schema())
    assert "CONSTRAINT uq_t_a UNIQUE (a)" in after
    assert "CREATE INDEX idx_t_a ON t (a)" in after
    assert "CONSTRAINT ck_t_positive CHECK (a > 0)" in after
    commands.downgrade(project, "a1")
    assert schema() == before


def test_env_that_must_connect_is_asked_too(env: Path) -> None:
    text = env.read_text().replace("if context.is_offline_mode():", "if False:")
    env.write_text(text)
    project = Project.open()
    commands.revision(project, "names", body=BODY, rev_id="b2")
    commands.upgrade(project, "head")
    commands.downgrade(project, "a1")
    assert schema()[-1].startswith("CREATE TABLE t (\n\tid INTEGER NOT NULL, \n\ta INTEGER")


def test_env_that_fails_is_told_of(env: Path) -> None:
    env.write_text("import nowhere\n")
    before = sorted(path.name for path in (env.parent / "versions").iterdir())
    with pytest.raises(MigrateError, match="No module named 'nowhere'"):
        commands.revision(Project.open(), "names", body=BODY, rev_id="b2")
    assert sorted(path.name for path in (env.parent / "versions").iterdir()) == before


def test_without_a_convention_a_constraint_has_no_name_to_drop(env: Path) -> None:
    env.write_text(env.read_text().replace(f"naming_convention={CONVENTION}", ""))
    with pytest.raises(IrreversibleError, match="No downgrade can be generated"):
        commands.revision(Project.open(), "names", body=BODY, rev_id="b2")
