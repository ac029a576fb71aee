"""An env.py that says where the revisions are: one folder for each kind of database."""

from pathlib import Path

from nbmigrate import Project, commands
from tests.environment.conftest import Practice

ENV = """
from pathlib import Path
from alembic import context
import sqlalchemy as sa

here = Path(__file__).parent
engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
context.script.version_locations = [str(here / "versions" / engine.dialect.name)]
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def moved(practice: Practice, *lines: str) -> Path:
    """Put a revision where only env.py says that it is."""
    path = practice.revision(
        "a1", None, "op.create_table('t', sa.Column('id', sa.Integer))", "op.drop_table('t')"
    )
    folder = practice.versions / "sqlite"
    folder.mkdir()
    path.rename(folder / path.name)
    practice.env(ENV)
    practice.write_ini(f"sqlalchemy.url = {practice.url}", *lines)
    return folder


def test_it_is_asked_where_the_environment_runs_for_revisions(practice: Practice) -> None:
    folder = moved(practice, "revision_environment = true")
    for verb in (commands.heads, commands.history):
        assert [entry.revision.id for entry in verb(Project.open(practice.folder)).entries] == ["a1"]
    project = Project.open(practice.folder)
    commands.upgrade(project, "head")
    assert practice.tables() == ["alembic_version", "t"]
    assert [entry.revision.id for entry in commands.current(Project.open(practice.folder)).entries] == ["a1"]
    assert project.scripts.version_locations == (folder,)
    commands.downgrade(project, "base")
    assert practice.tables() == ["alembic_version"]


def test_else_it_does_not_run_for_reading(practice: Practice) -> None:
    moved(practice)
    assert commands.heads(Project.open(practice.folder)).entries == ()
    assert not (practice.folder / "db_file.db").exists() or practice.tables() == []


def test_the_same_folders_are_not_read_again(practice: Practice) -> None:
    moved(practice, "revision_environment = true")
    project = Project.open(practice.folder)
    graph = project.graph
    commands.current(project)
    assert project.graph is graph
