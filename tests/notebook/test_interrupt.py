"""The Stop button while `%migrate upgrade` runs, in a real kernel, on each database: one press is enough."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import LockWaiting
from nbmigrate.database.lock import lock_of
from nbmigrate.notebook import progress

COUNTING = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000)"
#: A statement that takes as long as it is let, and what shows that it is running; SQLite shows nothing.
SLOW = {
    "sqlite": (f"INSERT INTO slow {COUNTING} SELECT max(i) FROM n", ""),
    "postgresql": (
        "INSERT INTO slow SELECT 2 FROM pg_sleep(120)",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE ",
    ),
    "mariadb": (
        "INSERT INTO slow SELECT benchmark(1000000000, md5('a'))",
        "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE ",
    ),
}
REVISION = """
%%migrate revision -m "it takes long" --rev-id d4
import time


def upgrade():
    op.create_table('slow', sa.Column('id', sa.Integer))
    op.execute('INSERT INTO slow VALUES (1)')
    open('reached', 'w').close()
    op.execute({slow!r})


def downgrade():
    op.drop_table('slow')
"""


def wait_until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@pytest.fixture(params=sorted(SLOW))
def engine(request: pytest.FixtureRequest, kernel: Any, project_folder: Path) -> sa.Engine:
    """The project's database, at c3."""
    url = f"sqlite:///{project_folder / 'db_file.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue("new_database")(request.param)
        kernel.run(f"%migrate config sqlalchemy.url {url}")
    kernel.run("%migrate upgrade head")
    return sa.create_engine(url, poolclass=sa.NullPool)


def kind(engine: sa.Engine) -> str:
    return "mariadb" if engine.dialect.name == "mysql" else engine.dialect.name


def scalar(engine: sa.Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(sa.text(query)).scalar_one()


def test_one_interrupt_stops_the_running_statement(kernel: Any, engine: sa.Engine) -> None:
    slow, running = SLOW[kind(engine)]
    running += "'INSERT INTO slow SELECT%'" if running else ""
    kernel.run(REVISION.format(slow=slow).strip())

    def interrupt() -> None:
        wait_until(Path("reached").exists, "the revision was never begun")
        if running:
            wait_until(lambda: scalar(engine, running), "the statement was never sent")
        kernel.manager.interrupt_kernel()

    started = time.monotonic()
    (error,) = kernel.run("%migrate upgrade head", while_running=interrupt).of("error")

    assert time.monotonic() - started < 60
    assert error["ename"] == "InterruptedRunError"
    title, *_, last = error["evalue"].splitlines()
    assert title == "Upgrade of revision d4 (it takes long) was interrupted during"
    assert "The database stands at c3" in last
    assert error["traceback"] == [f"InterruptedRunError: {error['evalue']}"]
    assert scalar(engine, "SELECT version_num FROM alembic_version") == "c3"
    # MariaDB has committed the table, and says so.
    left = ["slow"] if kind(engine) == "mariadb" else []
    assert [name for name in sa.inspect(engine).get_table_names() if name == "slow"] == left
    assert ("CREATE TABLE `slow`" in error["evalue"]) is bool(left)
    if left:
        assert scalar(engine, "SELECT count(*) FROM slow") == 0
    # The server does not go on with it either, and the next run need not wait.
    if running:
        wait_until(lambda: not scalar(engine, running), "the server goes on")
    first, *notes = kernel.run("%migrate current").text.splitlines()
    assert first == "c3"
    assert [note.partition(" (begun")[0] for note in notes] == [
        "Revision d4 was interrupted during upgrade"
    ] * len(left)
    if left:
        kernel.run("%migrate abandon")
    assert kernel.run("%migrate downgrade -1").text.splitlines()[-1] == "Now at b2."


def test_an_interrupt_while_another_run_is_waited_for(
    kernel: Any, engine: sa.Engine, project_folder: Path
) -> None:
    env = project_folder / "practice" / "env.py"
    marked = "open('reached', 'w').close(); context.run_migrations()"
    env.write_text(env.read_text().replace("context.run_migrations()", marked))
    kernel.run("%migrate revision -m 'nothing' --rev-id d4")

    def interrupt() -> None:
        wait_until(Path("reached").exists, "env.py was never run")
        time.sleep(1)
        kernel.manager.interrupt_kernel()

    with engine.connect() as connection:
        lock = lock_of(connection, VersionTable(connection))
        lock.take()
        try:
            (error,) = kernel.run("%migrate upgrade head", while_running=interrupt).of("error")
        finally:
            lock.release()

    assert error["ename"] == "InterruptedRunError"
    assert error["evalue"] == (
        "Interrupted while waiting for another run on this database: nothing was done.\n"
        "Run the same command again when the other has finished."
    )
    assert kernel.run("%migrate upgrade head").text.splitlines()[-1] == "Now at d4 (head)."


def test_an_interrupt_while_the_bar_is_made(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is the interrupt, though the bar has no place yet that could be emptied."""
    monkeypatch.setattr(progress, "PATIENCE", 0)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("IPython.display.display", interrupted)
    with pytest.raises(KeyboardInterrupt), progress.Progress(in_page=True) as bar:
        bar(LockWaiting("another", 1, 60))
