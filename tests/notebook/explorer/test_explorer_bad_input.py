"""Databases and histories that are too large, too wide or out of step, in the explorer."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nbmigrate import Project
from nbmigrate.notebook.explorer.explorer import Explorer


def write(*statements: str) -> None:
    """Change the database behind the project's back."""
    connection = sqlite3.connect("db_file.db")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def shown(explorer: Explorer, title: str) -> str:
    """Open a tab and return all the html that is in it."""
    titles = list(explorer.panels.tabs.titles)
    explorer.panels.tabs.selected_index = titles.index(title)
    return html_of(explorer.panels.tabs.children[titles.index(title)])


def html_of(widget: Any) -> str:
    found = (getattr(widget, name, None) for name in ("value", "page", "svg"))
    parts = [text for text in found if isinstance(text, str)]
    return "\n".join([*parts, *(html_of(child) for child in getattr(widget, "children", ()))])


def choose(explorer: Explorer, table: str) -> str:
    shown(explorer, "Tables")
    explorer.panels.tables.widget.chosen = table
    return shown(explorer, "Tables")


def test_500_tables(project_folder: Path) -> None:
    write(*(f"CREATE TABLE t{number:03} (id INTEGER PRIMARY KEY, a TEXT)" for number in range(500)))
    write("INSERT INTO t499 VALUES (1, 'the last one')")
    explorer = Explorer(Project.open())
    shown(explorer, "Tables")
    names = [table["name"] for table in explorer.panels.tables.widget.tables]
    assert len(names) == 501
    assert "the last one" in choose(explorer, "t499")
    explorer.press("up")
    assert explorer.model.heads == ("c3",)
    assert len(shown(explorer, "Schema")) < 1_000_000


def test_300_columns(project_folder: Path) -> None:
    columns = [f"c{number:03}" for number in range(300)]
    write(
        f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {', '.join(columns)})",
        f"INSERT INTO wide VALUES (1, {', '.join(repr(name.upper()) for name in columns)})",
    )
    page = choose(Explorer(Project.open()), "wide")
    assert "c000" in page
    assert "C299" in page or "columns" in page
    assert len(page) < 1_000_000


def test_cells_of_a_megabyte_and_blobs(project_folder: Path) -> None:
    write(
        "CREATE TABLE heavy (id INTEGER PRIMARY KEY, long TEXT, raw BLOB)",
        "INSERT INTO heavy VALUES (1, printf('%.*c', 1000000, 'x'), zeroblob(1000000))",
        "INSERT INTO heavy VALUES (2, '<img src=x onerror=alert(1)>', x'00ff')",
    )
    explorer = Explorer(Project.open())
    page = choose(explorer, "heavy")
    assert "x" * 20 in page
    assert "x" * 2000 not in page
    assert "1.0 MB" in page
    assert "<img" not in page
    bundle, _ = explorer._repr_mimebundle_()
    assert len(bundle["text/html"]) < 200_000


def test_a_position_that_no_file_has(project_folder: Path) -> None:
    write("UPDATE alembic_version SET version_num = 'feedbeef'")
    explorer = Explorer(Project.open())
    assert "feedbeef" in html_of(explorer.widget) + explorer.row.status + str(explorer.model.error)
    offered = {item["name"] for item in explorer.row.buttons if item["enabled"]}
    assert offered.isdisjoint({"base", "down", "up", "head", "selected"})
    explorer.press("up")
    assert explorer.model.heads == ("feedbeef",)


@pytest.mark.parametrize(
    "broken", ["revision = ", "def upgrade(:\n", "revision = 'b2'\ndown_revision = 'nowhere'\n"]
)
def test_files_that_break_while_it_is_open(project_folder: Path, broken: str) -> None:
    explorer = Explorer(Project.open())
    path = next(Path("practice/versions").glob("c3*.py"))
    sound = path.read_text(encoding="utf-8")
    path.write_text(broken, encoding="utf-8")
    explorer.press("refresh")
    explorer.press("up")
    assert explorer.model.heads == ("b2",)
    assert "role" in html_of(explorer.widget) or explorer.model.error is not None
    path.write_text(sound, encoding="utf-8")
    explorer.press("refresh")
    explorer.press("up")
    assert explorer.model.heads == ("c3",)


def test_3000_heads(project_folder: Path) -> None:
    folder = Path("practice/versions")
    for number in range(3000):
        (folder / f"h{number:04}.py").write_text(
            f'"""head {number}"""\nrevision = "h{number:04}"\ndown_revision = "b2"\n'
            "def upgrade(): pass\ndef downgrade(): pass\n",
            encoding="utf-8",
        )
    explorer = Explorer(Project.open())
    assert explorer.graph.svg.count("data-rev=") < 200
    explorer.select("h2999")
    assert 'data-rev="h2999"' in explorer.graph.svg
    explorer.press("selected")
    assert explorer.model.heads == ("h2999",)
