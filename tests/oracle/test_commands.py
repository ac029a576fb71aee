"""The whole way of a command: files and a SQLite database, alembic in one folder and we in a copy of it."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from nbmigrate import Project, commands
from nbmigrate.commands.history.show import ShowResult
from nbmigrate.errors import MigrateError
from nbmigrate.graph import Revision, RevisionGraph
from tests.oracle.comparison import judge
from tests.oracle.examples import VERBS, Example, histories, read_history
from tests.oracle.outcomes import Outcome, Peer, kind_of, logged
from tests.oracle.pairs import Pair

#: How many histories, and how many commands on each.
HISTORIES = 100
COMMANDS = 5

INI = """\
[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = sqlite:///%(here)s/data.db
"""

ENV = """\
import sqlalchemy as sa
from alembic import context

with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """\
{doc!r}
import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade():
    op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("t_{id}")
"""


@pytest.fixture(scope="module")
def peer(alembic_executable: Path) -> Iterator[Peer]:
    """The alembic package, in a process of its own."""
    peer = Peer(alembic_executable.with_name("python"))
    yield peer
    peer.close()


def write_project(folder: Path, revisions: list[Revision]) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migrations" / "script.py.mako").write_text("")
    for revision in revisions:
        assert revision.path
        source = REVISION.format(
            doc=revision.doc,
            id=revision.id,
            down=revision.down_revisions or None,
            labels=revision.branch_labels or None,
            needs=revision.depends_on or None,
        )
        (versions / revision.path.name).write_text(source)


def tables(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / "data.db") as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE name LIKE 't_%' ORDER BY name"
        ).fetchall()
    connection.close()
    return [(name, " ".join(sql.split())) for name, sql in found]


def rows(folder: Path) -> tuple[str, ...]:
    with sqlite3.connect(folder / "data.db") as connection:
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall() if made else []
    connection.close()
    return tuple(sorted(row for (row,) in found))


def ours_in(folder: Path, words: tuple[str, ...]) -> Outcome:
    """Do with our commands what the words say, in a folder."""
    verb, *rest = words
    options: dict[str, Any] = {word[2:].replace("-", "_"): True for word in rest if word.startswith("--")}
    values = [word for word in rest if not word.startswith("--")]
    project = Project.open(folder)
    try:
        if verb in ("upgrade", "downgrade"):
            run = commands.upgrade if verb == "upgrade" else commands.downgrade
            steps = run(project, values[0]).steps
            return Outcome(log=logged(report.step for report in steps))
        if verb == "stamp":
            lines = commands.stamp(project, values, **options).to_text().splitlines()
            return Outcome(log=tuple(line for line in lines if line.startswith("Running")))
        if verb == "history" and values:
            options["rev_range"] = values.pop()
        result = getattr(commands, verb)(project, *values, **options)
        text = result.headings if isinstance(result, ShowResult) else result.to_text()
    except MigrateError as error:
        return Outcome(kind_of(error.message), str(error))
    return Outcome(text=f"{text}\n" if text else "")


def told(folder: Path, outcome: Outcome) -> Outcome:
    """Return an outcome with the rows of a folder, and nothing in it that names the folder."""
    if outcome.kind != "done":
        return outcome
    return replace(outcome, rows=rows(folder), text=outcome.text.replace(str(folder), ""))


def test_alembic_does_the_same_with_files(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> None:
    compared, differing = 0, 0

    @seed(1)
    @settings(
        max_examples=HISTORIES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(most=10), st.data())
    def compare(history: str, data: st.DataObject) -> None:
        nonlocal compared, differing
        theirs, mine = (tmp_path_factory.mktemp("project") for _ in range(2))
        revisions = read_history(history)
        graph = RevisionGraph(revisions)
        for folder in (theirs, mine):
            write_project(folder, revisions)
        for _ in range(COMMANDS):
            at = rows(theirs)
            words = VERBS[data.draw(st.sampled_from([*VERBS, "upgrade", "upgrade"]))](data.draw, graph, at)
            example = Example(history, at, words)
            pair = Pair(
                example, graph, told(theirs, peer.run(theirs, words)), told(mine, ours_in(mine, words))
            )
            where, case = judge(pair)
            assert case or not where, f"{where}: {example}\n  alembic {pair.theirs}\n  ours    {pair.ours}"
            compared += 1
            differing += bool(case)
            if case or pair.theirs.kind != "done":
                # Whatever was done of it: both go on from the same place.
                shutil.copy(theirs / "data.db", mine / "data.db")
            assert rows(mine) == rows(theirs)
            assert tables(mine) == tables(theirs), example
        for folder in (theirs, mine):
            shutil.rmtree(folder)

    compare()
    assert compared >= HISTORIES * COMMANDS
    assert differing < compared / 2
