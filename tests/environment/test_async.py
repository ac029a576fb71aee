"""An env.py with an event loop of its own, also where one is running already."""

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.errors import ConfigError, InterruptedRunError, MigrationFailedError, ScriptError
from tests.environments import python_with

ASYNC = """
import asyncio
from logging.config import fileConfig
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config
from alembic import context

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()

async def run_async_migrations():
    section = config.get_section(config.config_ini_section, {})
    connectable = async_engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()

handed_over = config.attributes.get("connection")
if handed_over is not None:
    do_run_migrations(handed_over)
else:
    asyncio.run(run_async_migrations())
"""


@pytest.fixture
def asynchronous(practice: Any) -> Any:
    """A project with an asynchronous env.py, and two revisions."""
    practice.env(ASYNC)
    practice.write_ini(f"sqlalchemy.url = {practice.url.replace('sqlite', 'sqlite+aiosqlite')}")
    for id_, parent in (("a1", None), ("b2", "a1")):
        practice.revision(id_, parent, f"op.create_table('t_{id_}', sa.Column('id', sa.Integer))")
    return practice


def in_loop(function: Callable[[], Any]) -> Any:
    """Call a function while an event loop is running, as a notebook does."""

    async def main() -> Any:
        return function()

    return asyncio.run(main())


@pytest.mark.parametrize("call", [in_loop, lambda function: function()], ids=["in a loop", "without one"])
def test_up_and_down(asynchronous: Any, call: Callable[[Callable[[], Any]], Any]) -> None:
    report = call(asynchronous.upgrade)

    assert report.position == ("b2",)
    assert len(report.steps[0].statements) > 0
    assert call(asynchronous.heads) == ("b2",)
    assert asynchronous.tables() == ["alembic_version", "t_a1", "t_b2"]
    assert call(asynchronous.downgrade).position == ()


def test_the_loop_that_runs_goes_on(asynchronous: Any) -> None:
    async def main() -> list[str]:
        order: list[str] = []

        async def other() -> None:
            await asyncio.sleep(0)
            order.append("other")

        task = asyncio.create_task(other())
        loop = asyncio.get_running_loop()
        asynchronous.upgrade()
        assert asyncio.get_running_loop() is loop
        await task
        return order

    assert asyncio.run(main()) == ["other"]


@pytest.mark.parametrize("server", ["postgresql"])
def test_on_a_server(asynchronous: Any, new_database: Callable[[str], str], server: str) -> None:
    asynchronous.write_ini(f"sqlalchemy.url = {new_database(server).replace('%', '%%')}")

    assert in_loop(asynchronous.upgrade).position == ("b2",)
    assert in_loop(asynchronous.heads) == ("b2",)


def test_a_failure_is_told_as_elsewhere(asynchronous: Any) -> None:
    asynchronous.revision("c3", "b2", "op.drop_table('nowhere')")

    with pytest.raises(MigrationFailedError) as caught:
        in_loop(asynchronous.upgrade)

    assert caught.value.position == ("b2",) == in_loop(asynchronous.heads)
    asynchronous.env(
        "import asyncio\nasync def main():\n    raise LookupError('mine')\nasyncio.run(main())\n"
    )
    with pytest.raises(ScriptError, match="line 3 failed: LookupError: mine"):
        in_loop(asynchronous.heads)


def test_a_connection_that_is_handed_over(asynchronous: Any) -> None:
    """It belongs to this thread, where a database in memory is open."""
    engine = sa.create_engine("sqlite://")

    def upgrade() -> Any:
        with engine.begin() as connection:
            asynchronous.upgrade(attributes={"connection": connection})
            return sa.inspect(connection).get_table_names()

    assert in_loop(upgrade) == ["alembic_version", "t_a1", "t_b2"]


def test_an_interrupt_reaches_the_other_thread(asynchronous: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    asynchronous.revision(
        "c3",
        "b2",
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\n"
        "for _ in range(600):\n    op.execute('SELECT 1')\n    time.sleep(0.05)",
    )
    main = threading.main_thread()

    def interrupt() -> None:
        # Not before: without a run that takes it, it would end the tests.
        while not begun.exists():
            time.sleep(0.05)
        signal.pthread_kill(main.ident or 0, signal.SIGINT)

    def upgrade() -> Any:
        # As a kernel does while it runs a cell; asyncio.run() keeps the first interrupt to itself.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return asynchronous.upgrade()
        finally:
            signal.signal(signal.SIGINT, before)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    with pytest.raises(InterruptedRunError) as caught:
        in_loop(upgrade)
    thread.join()

    assert caught.value.position == ("b2",) == in_loop(asynchronous.heads)


@pytest.mark.parametrize(
    ("env", "driver", "template"), [("sync", "sqlite+aiosqlite", "async"), ("async", "sqlite", "generic")]
)
def test_a_driver_of_the_other_kind(practice: Any, env: str, driver: str, template: str) -> None:
    if env == "async":
        practice.env(ASYNC)
    practice.write_ini(f"sqlalchemy.url = {practice.url.replace('sqlite', driver)}")

    for ask in (practice.heads, practice.upgrade):
        with pytest.raises(ConfigError) as caught:
            ask()
        assert "asynchronous" in caught.value.message
        assert f"`init --template {template}`" in caught.value.hint


@pytest.mark.parametrize("sqlalchemy", ["2.0.51", "2.1.9"])
@pytest.mark.parametrize("env", ["sync", "async"])
def test_greenlet_is_missing(
    practice: Any, pytestconfig: pytest.Config, sqlalchemy: str, env: str, tmp_path: Path
) -> None:
    words = (
        "--no-deps",
        f"sqlalchemy=={sqlalchemy}",
        "typing-extensions",
        "mako",
        "markupsafe",
        "aiosqlite==0.22.1",
    )
    python = python_with(pytestconfig, f"without-greenlet-{sqlalchemy}", words)
    if env == "async":
        practice.env(ASYNC)
    practice.write_ini(f"sqlalchemy.url = {practice.url.replace('sqlite', 'sqlite+aiosqlite')}")

    done = subprocess.run(
        [python, "-B", "-m", "nbmigrate", "-c", practice.config().file, "current"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.splitlines() == [
        "FAILED: The Python package 'greenlet', which SQLAlchemy needs for asynchronous drivers, is not installed.",
        "Install it: %pip install greenlet",
    ]
