"""What is said of comparing models with the database, tried with the alembic command."""

import os
import subprocess
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.parser import parse
from nbmigrate.errors import UsageError
from tests.conftest import alembic_environment

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("customer", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
"""


@pytest.mark.parametrize(
    ("template", "options"),
    [("nbmigrate", ["-c", "nbmigrate.ini", "-n", "nbmigrate"]), ("alembic", [])],
)
def test_the_alembic_command_writes_what_is_run_here(
    template: str,
    options: list[str],
    alembic_executable: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("m", template=template, url="sqlite:///m.db")
    body = "op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))"
    commands.revision(Project.open(), "customer", body=body, rev_id="a1")
    commands.upgrade(Project.open(), "head")
    (tmp_path / "models.py").write_text(MODELS)
    env = tmp_path / "m" / "env.py"
    text = env.read_text().replace("target_metadata = None", "from models import metadata as target_metadata")
    env.write_text(text.replace("from nbmigrate import context", "from alembic import context"))

    done = subprocess.run(
        [alembic_executable, *options, "revision", "--autogenerate", "-m", "name", "--rev-id", "b2"],
        capture_output=True,
        text=True,
        check=False,
        # Who uses both has both installed.
        env=alembic_environment()
        | {"PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[2]), str(tmp_path)))},
    )

    assert done.returncode == 0, done.stderr
    found = commands.preview(Project.open(), "upgrade", "head")
    assert found.sql == "ALTER TABLE customer ADD COLUMN name TEXT;"
    commands.upgrade(Project.open(), "head")
    with pytest.raises(UsageError) as caught:
        parse(["revision", "--autogenerate"])
    assert f"`{' '.join(['alembic', *options, 'revision', '--autogenerate'])}`" in caught.value.hint
