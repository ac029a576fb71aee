"""A run that is killed in a revision that commits goes on where that had committed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import database_on
from tests.database.interrupted import InterruptedProject

#: Done twice, any line of it shows or fails.
BODY = """
    import os, signal

    places = iter(range(100))
    def place():
        if str(next(places)) == os.environ.get("DIE_AT"):
            os.kill(os.getpid(), signal.SIGKILL)

    bind = op.get_bind()
    place()
    op.create_table("one", sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
    op.execute("INSERT INTO one VALUES (1, 1)")
    place()
    {commit}
    place()
    bind.execute(sa.text("UPDATE one SET n = n * 10 + :digit"), {{"digit": 2}})
    with bind.begin_nested() as savepoint:
        op.execute("UPDATE one SET n = n * 10 + 9")
        place()
        savepoint.rollback()
    op.add_column("one", sa.Column("m", sa.Integer))
    place()
    {commit}
    place()
    with op.get_context().autocommit_block():
        op.execute("UPDATE one SET n = n * 10 + 3")
        place()
    for digit in (4, 5):
        op.execute(f"UPDATE one SET n = n * 10 + {{digit}}, m = {{digit}}")
        {commit}
        place()
    op.execute("UPDATE one SET n = n * 10 + 6")
    place()
"""
#: Where each way is killed: all that is between two ends of a transaction for the first, then where they differ.
PLACES = {"connection": range(10), "sql": (1, 2, 4), "driver": (1, 2, 4)}
COMMITS = {
    "connection": "bind.commit()",
    "sql": 'op.execute("/* so far */ COMMIT")',
    "driver": "bind.connection.commit()",
}


def run(project: InterruptedProject, place: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", "upgrade", "head"],
        cwd=project.folder,
        env={**os.environ, "DIE_AT": str(place), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stdout + done.stderr


@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_wherever_it_is_killed(
    tmp_path: Path, server_url: Callable[[str], sa.URL], database: str, commit: str
) -> None:
    @contextmanager
    def project(name: str) -> Iterator[InterruptedProject]:
        folder = tmp_path / name
        folder.mkdir()
        if database == "sqlite":
            yield written(InterruptedProject(folder, f"sqlite:///{folder / 'test.db'}"))
        else:
            with database_on(server_url(database)) as url:
                yield written(InterruptedProject(folder, url))

    def written(interrupted: InterruptedProject) -> InterruptedProject:
        interrupted.write("a1", None, BODY.format(commit=COMMITS[commit]))
        return interrupted

    ended: dict[str, Any] = {}
    for place in [None, *PLACES[commit]]:
        with project(f"at_{place}") as interrupted:
            if place is not None:
                run(interrupted, place)
            interrupted.upgrade()
            ended[f"at {place}"] = interrupted.everything()
    assert all(each == ended["at None"] for each in ended.values()), ended
    assert sorted(ended["at None"]) == ["alembic_version", "one"]
    assert [row[1] for row in ended["at None"]["one"][1]] == [123456]
