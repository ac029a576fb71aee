"""The explorer where env.py migrates several databases: it says which one it shows, and moves all."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.notebook.explorer.explorer import Explorer
from nbmigrate.notebook.explorer.page import static_html

BODY = """
def upgrade_engine1():
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade_engine1():
    op.drop_table("orders")


def upgrade_engine2():
    op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True))


def downgrade_engine2():
    op.drop_table("customer")
"""


@pytest.fixture
def explorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explorer:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", template="multidb")
    for name in ("engine1", "engine2"):
        assert main(["-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
    commands.revision(Project.open(), "tables", body=BODY, rev_id="a1")
    return Explorer(Project.open())


def ask(name: str, statement: str) -> list[Any]:
    with closing(sqlite3.connect(f"{name}.db")) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return [row[0] for row in found]


def test_it_says_which_database_it_shows(explorer: Explorer) -> None:
    assert explorer.row.status == "at base: nothing is applied, 0 of 1 · the last of 2 databases"
    assert explorer.row.aside.startswith(
        "sqlite:///engine2.db, the last of 2 databases: the buttons move all"
    )
    assert "the last of 2 databases" in static_html(explorer.model)


def test_a_step_moves_both(explorer: Explorer) -> None:
    explorer.press("up")
    assert [ask(name, "SELECT version_num FROM alembic_version") for name in ("engine1", "engine2")] == [
        ["a1"],
        ["a1"],
    ]
    assert explorer.row.status == "at a1 tables, 1 of 1 · the last of 2 databases"
    assert explorer.row.notice == "Applied a1: customer: new, 0 rows."


def test_what_would_be_lost_is_said_of_each(explorer: Explorer) -> None:
    explorer.press("up")
    ask("engine1", "INSERT INTO orders VALUES (1), (2)")
    ask("engine2", "INSERT INTO customer VALUES (1)")
    explorer.press("refresh")
    explorer.press("down")
    lines = explorer.row.question["lines"]
    assert [re.sub(r": .*", "", line.removeprefix("sqlite:///")) for line in lines] == [
        "engine1.db",
        "engine2.db",
    ]
    explorer.press("yes")
    assert ask("engine1", "SELECT name FROM sqlite_master WHERE name = 'orders'") == []


def test_databases_at_different_revisions(explorer: Explorer) -> None:
    explorer.press("up")
    ask("engine1", "DELETE FROM alembic_version")
    explorer.press("refresh")
    assert "stand at different revisions: sqlite:///engine1.db at base; sqlite:///engine2.db at a1" in (
        explorer._alert.value
    )


def test_the_table_that_is_shown_is_of_the_last_one(explorer: Explorer) -> None:
    explorer.press("up")
    for name in ("engine1", "engine2"):
        ask(name, "CREATE TABLE both (id INTEGER PRIMARY KEY, name TEXT)")
        ask(name, f"INSERT INTO both VALUES (1, '{name}')")
    explorer.press("refresh")
    explorer.panels.tables.draw()
    explorer.panels.tables.widget.chosen = "both"
    assert list(explorer.panels.tables.to_frame()["name"]) == ["engine2"]
