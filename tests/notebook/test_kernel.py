"""`%migrate` in a real kernel: what reaches the front end when cells fail, are interrupted, take long."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

SLOW = """
%%migrate revision -m "slow {number}" --rev-id slow{number}
import time


def upgrade():
    op.create_table('slow{number}', sa.Column('id', sa.Integer))
    open('reached{number}', 'w').close()
    time.sleep({seconds})
    op.execute('INSERT INTO slow{number} VALUES (1)')


def downgrade():
    op.drop_table('slow{number}')
"""


def sql(query: str) -> list[Any]:
    connection = sqlite3.connect("db_file.db")
    found = [value for (value,) in connection.execute(query)]
    connection.close()
    return found


def write_slow(kernel: Any, *seconds: float) -> None:
    for number, wait in enumerate(seconds, 1):
        ran = kernel.run(SLOW.format(number=number, seconds=wait).strip())
        assert ran.text.startswith("Generating practice/versions/slow")


# --- errors


@pytest.mark.parametrize(
    ("cell", "name", "value"),
    [
        ("%migrate upgrad head", "UsageError", "There is no verb 'upgrad'.\nDid you mean 'upgrade'?"),
        ("%migrate upgrade zz", "RevisionNotFoundError", "Can't locate revision identified by 'zz'"),
        ("%migrate table custommer", "TableNotFoundError", "There is no table 'custommer'.\nDid you mean"),
        (
            "%%migrate edit c3\ndef upgrade(:\n",
            "BodyError",
            "line 2: invalid syntax\n    def upgrade(:",
        ),
    ],
)
def test_an_error_is_one_short_message(kernel: Any, cell: str, name: str, value: str) -> None:
    (error,) = kernel.run(cell).of("error")
    assert error["ename"] == name
    assert error["evalue"].startswith(value)
    assert error["traceback"] == [f"{name}: {error['evalue']}"]
    # A verb that is none brings the list of the verbs.
    assert len(error["evalue"].splitlines()) <= (9 if "verb" in value else 5)


def test_the_next_cell_runs_after_an_error(kernel: Any) -> None:
    kernel.run("%migrate upgrade zz")
    assert kernel.run("%migrate current").text == "b2"


def test_nothing_is_held_between_cells(kernel: Any) -> None:
    kernel.run("%migrate upgrade head")
    connection = sqlite3.connect("db_file.db", timeout=0)
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("DELETE FROM customer WHERE id > 3")
    connection.commit()
    connection.close()
    assert kernel.run("%migrate tables").text.splitlines()[-1].split() == ["customer", "3"]


# --- the keyboard


def test_an_interrupt_leaves_the_last_complete_revision(kernel: Any) -> None:
    write_slow(kernel, 0, 60)

    def interrupt() -> None:
        end = time.monotonic() + 30
        while not Path("reached2").exists():
            assert time.monotonic() < end, "the second revision was never reached"
            time.sleep(0.05)
        kernel.manager.interrupt_kernel()

    (error,) = kernel.run("%migrate upgrade head", while_running=interrupt).of("error")
    assert error["ename"] == "InterruptedRunError"
    assert error["evalue"] == (
        "Upgrade of revision slow2 (slow 2) was interrupted.\n"
        "It was rolled back: nothing of it remains. The database stands at slow1. "
        "Run the same command again to go on."
    )
    assert error["traceback"] == [f"InterruptedRunError: {error['evalue']}"]
    assert sql("SELECT version_num FROM alembic_version") == ["slow1"]
    assert sql("SELECT name FROM sqlite_master WHERE name LIKE 'slow%' ORDER BY name") == ["slow1"]
    assert kernel.run("%migrate current").text == "slow1"


# --- progress


def bars(ran: Any) -> list[dict[str, Any]]:
    """The states of progress bars that a cell opened."""
    states = [opened["data"]["state"] for opened in ran.of("comm_open")]
    return [state for state in states if state["_model_name"] == "IntProgressModel"]


def test_where_the_clock_stands_still_nothing_depends_on_how_long_a_run_takes(kernel: Any) -> None:
    write_slow(kernel, 0.4, 0.4)
    kernel.run("%config MigrateMagics.clock = '2026-11-30 12:00:00'")
    ran = kernel.run("%migrate upgrade head")
    # The kernel is that of the other tests.
    kernel.run("%config MigrateMagics.clock = ''")
    assert (bars(ran), ran.of("display_data")) == ([], [])
    assert "(2 statements)\n" in ran.text
    assert " ms" not in ran.text


def test_a_long_run_shows_how_far_it_is_and_takes_the_bar_away(kernel: Any) -> None:
    write_slow(kernel, 0.4, 0.4, 0.4)
    ran = kernel.run("%migrate upgrade head")
    assert ran.text.endswith("Now at slow3 (head).")
    (bar,) = bars(ran)
    assert bar["max"] == 4
    updates = [message["data"]["state"] for message in ran.of("comm_msg") if message["data"].get("state")]
    assert [state["description"] for state in updates if "description" in state][-1] == "4 of 4: slow3"
    values = [state["value"] for state in updates if "value" in state]
    assert values == sorted(values)
    assert values[-1] == 4
    # Its models are closed, and nothing of it stays in the cell.
    assert {opened["comm_id"] for opened in ran.of("comm_open")} >= {
        closed["comm_id"] for closed in ran.of("comm_close")
    }
    assert len(ran.of("comm_close")) >= 1
    (shown,) = ran.of("display_data")
    (gone,) = ran.of("update_display_data")
    assert gone["transient"] == shown["transient"]
    assert gone["data"] == {"text/plain": ""}


def test_the_bar_goes_when_a_long_run_fails(kernel: Any) -> None:
    write_slow(kernel, 0.6)
    kernel.run(
        "%%migrate revision -m bad --rev-id bad\ndef upgrade(): op.execute('nonsense')\ndef downgrade(): pass"
    )
    ran = kernel.run("%migrate upgrade head")
    assert [error["ename"] for error in ran.of("error")] == ["MigrationFailedError"]
    assert len(bars(ran)) == 1
    assert [gone["data"] for gone in ran.of("update_display_data")] == [{"text/plain": ""}]


def test_a_quick_run_shows_no_bar(kernel: Any) -> None:
    ran = kernel.run("%migrate upgrade head")
    assert ran.text.endswith("Now at c3 (head).")
    assert ran.of("comm_open") == ran.of("display_data") == []


# --- the Tab key


def test_verbs_and_global_options(kernel: Any) -> None:
    offered = kernel.complete("%migrate ")
    assert list(offered)[:3] == ["init", "list_templates", "config"]
    assert offered["upgrade"] == "apply revisions"
    assert offered["--config"] == "option"
    assert set(offered) & {"and", "if", "print", "%cd"} == set()
    assert list(kernel.complete("%migrate up")) == ["upgrade"]
    assert list(kernel.complete("x = %migrate up")) == ["upgrade"]
    assert list(kernel.complete("%%migrate rev")) == ["revision"]
    assert list(kernel.complete("1 + 1\n%migrate -c some.ini hea")) == ["heads"]


def test_revisions_with_their_messages(kernel: Any) -> None:
    offered = kernel.complete("%migrate upgrade ")
    assert {"head": "step", "+1": "step", "c3": "a phone", "b2": "an email"}.items() <= offered.items()
    assert offered["shop"] == "branch label"
    assert [name for name in offered if name in ("a1", "b2", "c3")] == ["c3", "b2", "a1"]
    assert list(kernel.complete("%migrate show b")) == ["b2"]
    assert "-1" in kernel.complete("%migrate downgrade -")
    assert list(kernel.complete("%migrate revision -m 'x y' --head b")) == ["base", "b2"]
    assert set(kernel.complete("%migrate merge c3 ")) >= {"b2", "a1", "heads"}
    assert set(kernel.complete("%migrate rebase c3 --onto ")) >= {"base", "a1", "b2"}
    assert list(kernel.complete("%migrate rebase c")) == ["c3"]
    kernel.run("%migrate revision -m 'a new one' --rev-id d4")
    assert kernel.complete("%migrate edit d") == {"d4": "a new one"}


def test_a_long_message_does_not_make_the_menu_wide(kernel: Any) -> None:
    kernel.run(f"%migrate revision -m '{'said at length ' * 20}' --rev-id d4")
    offered = kernel.complete("%migrate upgrade ")
    assert offered["d4"] == "said at length said at length said at l…"
    assert max(map(len, offered.values())) <= 40


def test_options_values_and_tables(kernel: Any) -> None:
    assert list(kernel.complete("%migrate table --li")) == ["--limit"]
    assert list(kernel.complete("%migrate history --")) == [
        "--help",
        "--rev-range",
        "--verbose",
        "--indicate-current",
        "--skip",
        "--limit",
    ]
    assert kernel.complete("%migrate table cust") == {"customer": "table"}
    assert list(kernel.complete("%migrate schema "))[:2] == ["alembic_version", "customer"]
    assert list(kernel.complete("%migrate init x --template a")) == ["alembic", "async"]


@pytest.mark.parametrize(
    "line",
    [
        "%migrate --s",
        "%migrate heads --z",
        "%migrate nonsense pri",
        "%migrate table zzz",
        "%migrate upgrade set",
    ],
)
def test_where_nothing_fits_nothing_foreign_comes_in(kernel: Any, line: str) -> None:
    offered = kernel.complete(line)
    assert "--help" in offered
    assert set(offered) & {"set", "setattr", "print", "property"} == set()


def test_tab_never_fails(kernel: Any, tmp_path: Path) -> None:
    Path("practice/env.py").write_text("raise RuntimeError('no')", encoding="utf-8")
    assert list(kernel.complete("%migrate table --w")) == ["--where"]
    assert "--where" in kernel.complete("%migrate table ")
    Path("nbmigrate.ini").unlink()
    assert "head" in kernel.complete("%migrate upgrade ")
    assert kernel.run("1").of("stream") == []


def test_other_lines_are_left_alone(kernel: Any) -> None:
    assert "print" in kernel.complete("pri")
    assert "upgrade" not in kernel.complete("up")
    kernel.run("%unload_ext nbmigrate")
    assert "upgrade" not in kernel.complete("%migrate up")


# --- env.py: what it does to a notebook

ASYNC_ENV = """
import asyncio
import logging
import sys
from logging.config import fileConfig
from sqlalchemy.ext.asyncio import create_async_engine
from alembic import context

sys.path.insert(0, "/nowhere")
logging.basicConfig(level="DEBUG")
fileConfig(context.config.config_file_name)


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"))
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
"""
LOOK = """
import asyncio, logging, os, sys
def look():
    root = logging.getLogger()
    mine = logging.getLogger("mine")
    loop = asyncio.get_running_loop()
    return sys.path[:], os.getcwd(), root.level, root.handlers[:], mine.disabled, id(loop)
logging.getLogger("mine").addHandler(logging.NullHandler())
before = look()
modules = set(sys.modules)
"""


def make_asynchronous() -> None:
    Path("practice", "env.py").write_text(ASYNC_ENV)
    ini = Path("nbmigrate.ini")
    ini.write_text(ini.read_text().replace("sqlite:///", "sqlite+aiosqlite:///"))


def test_an_asynchronous_env_py_in_the_loop_of_a_notebook(kernel: Any) -> None:
    make_asynchronous()
    kernel.run(LOOK)

    assert kernel.run("%migrate upgrade head").text.splitlines()[-1].startswith("Now at ")
    assert kernel.run("%migrate current").text.endswith("(head)")
    assert kernel.run("look() == before").text == "True"
    left = "[name for name in set(sys.modules) - modules if name.startswith(('alembic', 'env_py'))]"
    assert kernel.run(left).text == "[]"
    assert kernel.run("await asyncio.sleep(0.01, 'the loop runs')").text == "'the loop runs'"


def test_an_interrupt_of_an_asynchronous_env_py(kernel: Any) -> None:
    write_slow(kernel, 0, 3)
    make_asynchronous()

    def interrupt() -> None:
        end = time.monotonic() + 30
        while not Path("reached2").exists():
            assert time.monotonic() < end, "the second revision was never reached"
            time.sleep(0.05)
        kernel.manager.interrupt_kernel()

    (error,) = kernel.run("%migrate upgrade head", while_running=interrupt).of("error")
    assert error["ename"] == "InterruptedRunError"
    assert "The database stands at slow1." in error["evalue"]
    assert sql("SELECT version_num FROM alembic_version") == ["slow1"]
