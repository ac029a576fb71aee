"""Histories to measure on: projects of thousands of revisions that both packages read."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
OLD = (1e9, 1e9)

INI = "[alembic]\nscript_location = %(here)s/scripts\nsqlalchemy.url = sqlite:///%(here)s/database.db\n"
ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = '''"""message of {id}

Revision ID: {id}
Revises: {parents}
Create Date: 2021-06-20 03:58:06.808542

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = {id!r}
down_revision: Union[str, Sequence[str], None] = {parents!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = {depends_on!r}


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "table_{id}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_table_{id}_name", "table_{id}", ["name"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_table_{id}_name", table_name="table_{id}")
    op.drop_table("table_{id}")
'''


class Node(NamedTuple):
    """A revision of a history: its id, its parents, what it depends on."""

    id: str
    parents: tuple[str, ...] = ()
    depends_on: str | None = None


def linear(size: int) -> Iterator[Node]:
    """One line."""
    ids = [_id(number) for number in range(size)]
    for number, id_ in enumerate(ids):
        yield Node(id_, tuple(ids[number - 1 : number]))


def diamonds(size: int) -> Iterator[Node]:
    """A branch point and a merge point every three revisions."""
    tip: tuple[str, ...] = ()
    for number in range(0, size - 2, 3):
        left, right, merge = (_id(number + place) for place in range(3))
        yield Node(left, tip)
        yield Node(right, tip)
        yield Node(merge, (left, right))
        tip = (merge,)
    for number in range(size - size % 3, size):
        yield Node(_id(number), tip)
        tip = (_id(number),)


def dependent(size: int) -> Iterator[Node]:
    """A line, and beside it another that has every tenth revision, on which the next one of the line depends."""
    tip: tuple[str, ...] = ()
    side: tuple[str, ...] = ()
    for number in range(size):
        id_ = _id(number)
        if number % 10 == 8:
            yield Node(id_, side)
            side = (id_,)
        else:
            yield Node(id_, tip, side[0] if number % 10 == 9 else None)
            tip = (id_,)


SHAPES: dict[str, Callable[[int], Iterator[Node]]] = {
    "linear": linear,
    "diamonds": diamonds,
    "dependencies": dependent,
}


def _id(number: int) -> str:
    # Ids are random in life, so that files, sorted by name, are not in the order of the history.
    return f"{number * 0x9E3779B97F4A7C15 % (1 << 64) >> 16:012x}"


@dataclass(frozen=True)
class History:
    """A project in a folder, its database at the heads."""

    folder: Path
    caches: Path

    @classmethod
    def make(cls, home: Path, shape: str, size: int, revision: str = REVISION) -> "History":
        """Write the project of a shape with so many revisions, as if years ago."""
        folder = home / f"{shape}{size}"
        versions = folder / "scripts" / "versions"
        versions.mkdir(parents=True)
        (folder / "alembic.ini").write_text(INI)
        (folder / "scripts" / "env.py").write_text(ENV)
        nodes = list(SHAPES[shape](size))
        for node in nodes:
            parents: object = node.parents[0] if len(node.parents) == 1 else node.parents or None
            path = versions / f"{node.id}_message.py"
            path.write_text(revision.format(id=node.id, parents=parents, depends_on=node.depends_on))
            os.utime(path, OLD)
        os.utime(versions, OLD)
        below = {id_ for node in nodes for id_ in (*node.parents, node.depends_on)}
        rows = [(node.id,) for node in nodes if node.id not in below]
        (folder / "added.txt").write_text(REVISION.format(id="ADDED", parents=nodes[-1].id, depends_on=None))
        database = sqlite3.connect(folder / "database.db")
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        database.executemany("INSERT INTO alembic_version VALUES (?)", rows)
        database.commit()
        database.close()
        return cls(folder, home / "caches")

    def run(self, python: str, *words: str, compiles: bool = False) -> str:
        """Run Python in the folder and return what it prints.

        Revisions stay uncompiled, as they come from a checkout, unless Python `compiles`; see also `compile`.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment |= {"PYTHONPATH": str(ROOT)} | ({} if compiles else {"PYTHONDONTWRITEBYTECODE": "1"})
        environment["NBMIGRATE_CACHE_DIR"] = str(self.caches)
        done = subprocess.run(
            [python, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)[-80:]} in {self.folder.name} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def cold(self, rounds: int, *commands: Sequence[str], cache: bool = True) -> list[float]:
        """Return the processor times of commands, each in a process of its own, the least of some rounds.

        They take turns, so that a machine that is now quicker and now slower is so for all. Without `cache` ours finds
        no headers that it kept.
        """
        best = [float("inf")] * len(commands)
        for command in commands:
            self.run(*command)
        for _ in range(rounds):
            for number, command in enumerate(commands):
                if not cache:
                    shutil.rmtree(self.caches, ignore_errors=True)
                before = _children_seconds()
                self.run(*command)
                best[number] = min(best[number], _children_seconds() - before)
        return best

    def compile(self, python: str) -> None:
        """Compile the revisions, as alembic's first command does where nothing forbids it."""
        self.run(python, "-m", "compileall", "-q", "scripts")

    def inside(
        self, python: str, program: str, rounds: int, *words: str, compiles: bool = False
    ) -> dict[str, float]:
        """Return what a program finds that measures inside its process."""
        said = self.run(python, "-c", program, str(rounds), *words, compiles=compiles)
        found: dict[str, float] = json.loads(said)
        return found


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
