"""Projects made in a temporary folder, with an env.py that is written in the test or comes from a template."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.config import Config
from nbmigrate.database.events import RunReport
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.environment.run import run_environment
from nbmigrate.graph.plan import plan_downgrade, plan_upgrade
from nbmigrate.scripts.directory import ScriptDirectory

GENERIC = """
from logging.config import fileConfig

from sqlalchemy import engine_from_config, pool

from {package} import context

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {{}}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()

if context.is_offline_mode():
    raise AssertionError("offline")
else:
    run_migrations_online()
"""


class Practice:
    """A project in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ini = folder / "alembic.ini"
        self.location = folder / "practice"
        self.versions = self.location / "versions"
        self.versions.mkdir(parents=True)
        self.url = f"sqlite:///{folder / 'test.db'}"
        self.env(GENERIC.format(package="alembic"))
        self.write_ini(f"sqlalchemy.url = {self.url}")

    def write_ini(self, *lines: str) -> None:
        text = "\n".join(["[alembic]", "script_location = %(here)s/practice", *lines, ""])
        self.ini.write_text(text, encoding="utf-8")

    def env(self, source: str) -> None:
        (self.location / "env.py").write_text(textwrap.dedent(source), encoding="utf-8")

    def revision(
        self, id_: str, parent: str | None, upgrade: str, downgrade: str = "pass", head: str = ""
    ) -> Path:
        path = self.versions / f"{id_}_.py"
        bodies = [textwrap.indent(textwrap.dedent(body).strip(), "    ") for body in (upgrade, downgrade)]
        path.write_text(
            f'"""revision {id_}"""\n'
            f"from alembic import op\nimport sqlalchemy as sa\n{head}\n"
            f"revision = {id_!r}\ndown_revision = {parent!r}\nbranch_labels = None\ndepends_on = None\n\n\n"
            f"def upgrade():\n{bodies[0]}\n\n\ndef downgrade():\n{bodies[1]}\n",
            encoding="utf-8",
        )
        return path

    @property
    def scripts(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self.config())

    def config(self, *x_arguments: str) -> Config:
        return Config.find(self.folder, x=x_arguments)

    def run(self, action: Callable[[MigrationContext], Any], *x_arguments: str, **options: Any) -> Any:
        return run_environment(self.config(*x_arguments), self.scripts, action, **options)

    def upgrade(self, target: str = "heads", **options: Any) -> RunReport:
        graph = self.scripts.graph()
        report: RunReport = self.run(
            lambda context: context.migrate(lambda heads: plan_upgrade(graph, heads, target)),
            target=target,
            **options,
        )
        return report

    def downgrade(self, target: str = "base", **options: Any) -> RunReport:
        graph = self.scripts.graph()
        report: RunReport = self.run(
            lambda context: context.migrate(lambda heads: plan_downgrade(graph, heads, target)), **options
        )
        return report

    def heads(self) -> tuple[str, ...]:
        found: tuple[str, ...] = self.run(lambda context: context.get_current_heads())
        return found

    def tables(self) -> list[str]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return sorted(sa.inspect(connection).get_table_names())


@pytest.fixture
def new_practice(tmp_path: Path) -> Callable[[str], Practice]:
    """Make a project in a folder below the test's."""
    return lambda name: Practice(tmp_path / name)


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    return Practice(tmp_path)


@pytest.fixture
def python() -> Callable[..., str]:
    """Run a program in a fresh interpreter; return what it printed."""

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
