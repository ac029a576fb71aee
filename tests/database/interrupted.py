"""Projects of a few revisions, and runs of them that kill themselves."""

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nbmigrate import Project, commands

DYING = Path(__file__).with_name("dying.py")
REVISION = """
from nbmigrate import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {parent!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
"""


class InterruptedProject:
    """A project on a database, and runs of it that are killed."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        with contextlib.chdir(folder):
            commands.init("migrations", url=url)
        self.project = Project.open(folder)

    def write(self, id_: str, parent: str | None, upgrade: str, downgrade: str = "    pass") -> None:
        text = REVISION.format(
            id=id_, parent=parent, upgrade=upgrade.strip("\n"), downgrade=downgrade.strip("\n")
        )
        (self.folder / "migrations" / "versions" / f"{id_}_.py").write_text(text)

    def reopened(self) -> "InterruptedProject":
        """Return the project with the settings that its ini has now."""
        self.project = Project.open(self.folder)
        return self

    def kill(self, when: str, pattern: str, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, DYING, when, pattern, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == -9, done.stdout + done.stderr

    def upgrade(self, target: str = "head") -> Any:
        return commands.upgrade(self.project, target)

    def tables(self) -> list[str]:
        return sorted(sa.inspect(self.engine).get_table_names())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def everything(self) -> dict[str, Any]:
        """All that the database holds."""
        return {
            name: (self._made(name), sorted(self.rows(f"SELECT * FROM {name}"), key=repr))
            for name in self.tables()
        }

    def _made(self, table: str) -> Any:
        if self.engine.dialect.name == "mysql":
            return self.rows(f"SHOW CREATE TABLE {table}")[0][1]
        if self.engine.dialect.name == "duckdb":
            # Its own inspector asks for what DuckDB has not.
            return self.rows(f"SELECT sql FROM duckdb_tables() WHERE table_name = '{table}'")
        inspector = sa.inspect(self.engine)
        columns = [(each["name"], repr(each["type"])) for each in inspector.get_columns(table)]
        return columns, sorted(str(each) for each in inspector.get_indexes(table))
