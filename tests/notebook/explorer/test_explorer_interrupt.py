"""A long step in the panel: Stop and the kernel's interrupt end it, and no press that waited is begun after that."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from tests.notebook.explorer.test_explorer import Page, heads
from tests.notebook.test_interrupt import SLOW, kind, scalar

REVISION = """
def upgrade():
    op.create_table('slow', sa.Column('id', sa.Integer))
    op.execute({slow!r})


def downgrade():
    op.drop_table('slow')
"""
SLEEPS = """
def upgrade():
    op.create_table('slow', sa.Column('id', sa.Integer))
    if op.get_context().running:
        import time

        time.sleep(60)


def downgrade():
    op.drop_table('slow')
"""
#: Each thread has a database of its own, so that the step is made in the main thread.
ONE_THREAD = """
from sqlalchemy.pool import SingletonThreadPool
connectable = create_engine('sqlite:///db_file.db', poolclass=SingletonThreadPool)
"""
WAITS = "import time\ntime.sleep(30)"
SWALLOWS = "import time\ntry:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    pass"
AWAITS = "import asyncio\nawait asyncio.sleep(30)"


@pytest.fixture(params=sorted(SLOW))
def engine(request: pytest.FixtureRequest, kernel: Any, project_folder: Path) -> sa.Engine:
    """The project's database, at c3; the revision after it takes as long as it is let."""
    url = f"sqlite:///{project_folder / 'db_file.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue("new_database")(request.param)
        commands.config(Project.open(), "sqlalchemy.url", url)
    commands.upgrade(Project.open(), "head")
    slow, _ = SLOW[request.param]
    commands.revision(Project.open(), "it takes long", body=REVISION.format(slow=slow), rev_id="d4")
    return sa.create_engine(url, poolclass=sa.NullPool)


def alert(page: Page) -> str:
    """What the panel shows as an error."""
    return next(
        (str(s["value"]) for s in page.widgets.values() if "nbm-alert" in str(s.get("value", ""))), ""
    )


def is_sent(page: Page) -> bool:
    """Whether the statement before the slow one was done."""
    return bool(page.row["busy"]) and "1 statement" in page.row["progress"].get("text", "")


@pytest.mark.parametrize("by", ["stop", "interrupt"])
def test_a_long_statement_is_ended(kernel: Any, engine: sa.Engine, by: str) -> None:
    page = Page(kernel)
    page.press("head")
    page.until(lambda: is_sent(page), 60)
    if by == "interrupt":
        # The kernel is idle: a thread makes the step.
        kernel.manager.interrupt_kernel()
    else:
        page.send(event="stop", now=False)
        page.until(lambda: page.row["progress"].get("stop") == "Stop now", 60)
        assert page.row["progress"]["text"].endswith(". Stopping when it is done")
        page.send(event="stop", now=True)
    page.until(lambda: not page.row["busy"] and alert(page) != "", 60)
    assert "Upgrade of revision d4 (it takes long) was interrupted during" in alert(page)
    assert page.row["status"] == "at c3 a phone, 3 of 4"
    assert scalar(engine, "SELECT version_num FROM alembic_version") == "c3"
    # The server does not go on with it.
    if kind(engine) != "sqlite":
        running = SLOW[kind(engine)][1] + "'INSERT INTO slow SELECT%'"
        end = time.monotonic() + 60
        while scalar(engine, running):
            assert time.monotonic() < end, "the server goes on"
            time.sleep(0.05)
    # The kernel goes on: a cell is interrupted as ever, and an interrupt while nothing runs is passed over.
    kernel.manager.interrupt_kernel()
    (error,) = kernel.run(WAITS, while_running=soon(kernel.manager.interrupt_kernel)).of("error")
    assert error["ename"] == "KeyboardInterrupt"
    assert kernel.run("6 * 7").text == "42"


def soon(action: Callable[[], None]) -> Callable[[], None]:
    """Do something when a cell that was sent is running."""

    def act() -> None:
        time.sleep(1)
        action()

    return act


@pytest.mark.parametrize("cell", [WAITS, SWALLOWS, AWAITS], ids=["waits", "swallows", "awaits"])
def test_a_press_that_waited_is_not_begun_after_an_interrupt(kernel: Any, cell: str) -> None:
    page = Page(kernel)
    page.sent.clear()

    def press_and_interrupt() -> None:
        time.sleep(1)
        page.press("down")
        kernel.manager.interrupt_kernel()

    for kind_, content in kernel.run(cell, while_running=press_and_interrupt).messages:
        page.take(kind_, content)
    page.until(lambda: "interrupted" in page.row["notice"])
    assert page.row["notice"] == "Nothing was done: the kernel was interrupted while that press waited."
    assert heads() == ["b2"]
    # The page has been given what the next press must bring.
    page.press("down")
    page.until(lambda: page.row["status"] == "at a1 customers, 1 of 3")
    assert heads() == ["a1"]


def test_an_interrupt_ends_a_step_in_the_main_thread(kernel: Any, project_folder: Path) -> None:
    env = project_folder / "practice" / "env.py"
    text = env.read_text()
    begin, end = text.index("connectable ="), text.index("with connectable")
    made = ONE_THREAD.strip().replace("\n", "\n    ") + "\n\n    "
    env.write_text("from sqlalchemy import create_engine\n" + text[:begin] + made + text[end:])
    commands.upgrade(Project.open(), "c3")
    commands.revision(Project.open(), "it takes long", body=SLEEPS, rev_id="d4")
    page = Page(kernel)
    page.press("head")
    # The page hears of it though the kernel does nothing else meanwhile.
    page.until(lambda: bool(page.row["busy"]) and "applying d4" in page.row["progress"].get("text", ""), 60)
    assert page.row["progress"]["stop"] == ""
    assert page.row["progress"]["text"].endswith(". To stop it, interrupt the kernel")
    assert [m["data"]["content"] for m in page.sent if m["data"]["method"] == "custom"] == [
        {"event": "taken"}
    ]
    page.press("down")
    kernel.manager.interrupt_kernel()
    page.until(lambda: not page.row["busy"] and alert(page) != "", 60)
    assert "Upgrade of revision d4 (it takes long) was interrupted" in alert(page)
    assert page.row["notice"].startswith("Nothing was done: ")
    assert heads() == ["c3"]


def test_an_interrupt_while_a_step_is_looked_at_before_it_is_made(kernel: Any, project_folder: Path) -> None:
    path = next((project_folder / "practice" / "versions").glob("b2*.py"))
    waits = "import os, time\nif os.path.exists('slow'):\n    time.sleep(60)\n"
    page = Page(kernel)
    # A file is tried out once per content.
    path.write_text(path.read_text() + waits)
    Path("slow").touch()
    page.sent.clear()
    page.press("down")
    page.until(lambda: any(m["data"].get("content") == {"event": "taken"} for m in page.sent))
    kernel.manager.interrupt_kernel()
    page.until(lambda: page.row["notice"] == "Interrupted. Nothing was done.")
    assert heads() == ["b2"]
    assert kernel.run("6 * 7").text == "42"
