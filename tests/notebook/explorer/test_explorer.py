"""The explorer without a browser: what it offers, asks, refuses and tells, here and in a real kernel."""

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.history.describe import describe
from nbmigrate.commands.results import html
from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.notebook.drawing.entity_diagram import entity_drawing, references
from nbmigrate.notebook.explorer.explorer import Explorer
from nbmigrate.notebook.explorer.page import static_svg
from nbmigrate.notebook.explorer.source import source_html
from nbmigrate.notebook.state.model import own_changes, own_tables
from nbmigrate.notebook.state.moves import arrival, offers


@pytest.fixture
def explorer(project_folder: Path) -> Explorer:
    """An explorer of the project of three revisions; the database stands at b2."""
    return Explorer(Project.open())


def heads() -> list[str]:
    """Where the database stands, asked without any of our code."""
    connection = sqlite3.connect("db_file.db")
    try:
        return sorted(row[0] for row in connection.execute("SELECT version_num FROM alembic_version"))
    finally:
        connection.close()


def enabled(explorer: Explorer) -> list[str]:
    return [item["name"] for item in explorer.row.buttons if item["enabled"]]


def tooltips(explorer: Explorer) -> dict[str, str]:
    return {item["name"]: item["title"] for item in explorer.row.buttons}


def open_tab(explorer: Explorer, title: str) -> Any:
    """Open a tab and return its widget."""
    index = list(explorer.panels.tabs.titles).index(title)
    explorer.panels.tabs.selected_index = index
    child = explorer.panels.tabs.children[index]
    # Over these two stands a note.
    return child.children[1] if title in ("Tables", "Schema") else child


def is_editing(explorer: Explorer) -> bool:
    return explorer.panels.source.editing


def activate(explorer: Explorer, revision: str) -> None:
    """Do what a double click in the graph does."""
    content = {"event": "activate", "revision": revision, "version": explorer.graph.version}
    explorer.graph._receive(explorer.graph, content, [])


def graph_of(*links: str) -> RevisionGraph:
    """Return the graph of lines like "c: a b", a revision and its parents."""
    parts = [line.partition(":") for line in links]
    return RevisionGraph(
        [Revision(id_, tuple(parents.split()), doc=f"say {id_}") for id_, _, parents in parts]
    )


#     z
#     m
#    / \
#   b1  b2
#    \ /
#     a
DIAMOND = graph_of("a:", "b1: a", "b2: a", "m: b1 b2", "z: m")


@pytest.mark.parametrize(
    ("position", "selected", "down", "up", "chosen"),
    [
        ((), "", None, ["a"], None),
        ((), "b2", None, ["a"], ["a", "b2"]),
        (("a",), "", ["a"], ["b2"], None),
        (("a",), "b1", ["a"], ["b1"], ["b1"]),
        (("b1",), "b2", ["b1"], ["b2"], ["b2"]),
        (("b1", "b2"), "", ["b1"], ["m"], None),
        (("b1", "b2"), "b2", ["b2"], ["m"], None),
        (("b1", "b2"), "a", ["b1"], ["m"], ["b1", "b2"]),
        (("m",), "m", ["m"], ["z"], None),
        (("z",), "b2", ["z"], None, ["z", "m"]),
    ],
)
def test_what_the_buttons_do(
    position: tuple[str, ...],
    selected: str,
    down: list[str] | None,
    up: list[str] | None,
    chosen: list[str] | None,
) -> None:
    found = offers(DIAMOND, position, selected)
    steps = {
        name: [step.revision.id for step in offer.plan.steps] if offer.plan is not None else None
        for name, offer in found.items()
    }
    assert {name: steps[name] for name in ("down", "up", "selected")} == {
        "down": down,
        "up": up,
        "selected": chosen,
    }
    assert all(offer.move is None or offer.move.start == position for offer in found.values())


def test_a_button_that_can_do_nothing_says_why() -> None:
    assert {name: offer.tooltip for name, offer in offers(DIAMOND, ("z",), "z").items()} == {
        "base": "Undo 5 revisions: z, …, a.",
        "down": "Undo z (say z).",
        "up": "Everything is applied.",
        "head": "Everything is applied.",
        "selected": "The database stands at z.",
    }
    for found, why in (
        (offers(DIAMOND, None, ""), "The database cannot be read."),
        (offers(graph_of(), (), ""), "There are no revisions yet."),
        (offers(DIAMOND, ("a",), "", read_only=True), "Read only: the database is not changed."),
        (offers(DIAMOND, ("gone",), "a"), "The database stands at 'gone', which no revision file has"),
    ):
        assert {(offer.move, offer.tooltip) for offer in found.values()} == {(None, why)}


def test_where_a_run_leads() -> None:
    up = offers(DIAMOND, ("b1",), "b2")["up"].plan
    down = offers(DIAMOND, ("m",), "m")["down"].plan
    base = offers(DIAMOND, ("a",), "a")["base"].plan
    assert up is not None and down is not None and base is not None
    assert arrival(DIAMOND, ("b1", "b2"), up.steps) == "b2"
    assert arrival(DIAMOND, ("b1", "b2"), down.steps) == "b1"
    assert arrival(DIAMOND, (), base.steps) == "a"
    assert arrival(DIAMOND, ("m",), ()) == "m"
    assert arrival(graph_of(), (), ()) == ""


def test_what_it_shows_first(explorer: Explorer) -> None:
    assert explorer.row.status == "at b2 an email, 2 of 3"
    assert explorer.graph.selected == "b2"
    assert enabled(explorer) == ["base", "down", "up", "head", "refresh"]
    assert tooltips(explorer)["up"] == "Apply c3 (a phone)."
    assert tooltips(explorer)["selected"] == "The database stands at b2."
    assert (explorer.row.notice, explorer.row.aside) == ("", "sqlite:///db_file.db")
    assert "Add column email" in explorer.panels.tabs.children[0].value
    assert explorer.last_error is None
    assert repr(explorer) == f"Explorer({explorer.model.project!r})"


def test_steps(explorer: Explorer) -> None:
    explorer.press("up")
    assert (heads(), explorer.row.status) == (["c3"], "at c3 a phone, 3 of 3")
    assert explorer.row.notice == "Applied c3: customer: column phone new."
    assert explorer.graph.selected == "c3"
    assert explorer.graph.states == {"c3": "current", "b2": "applied", "a1": "applied"}
    assert enabled(explorer) == ["base", "down", "refresh"]
    # The column is empty, so there is nothing to ask.
    explorer.press("down")
    assert (heads(), explorer.row.status) == (["b2"], "at b2 an email, 2 of 3")
    assert explorer.row.notice == "Undone c3: customer: column phone gone."


def test_a_selection_that_somebody_made_stays(explorer: Explorer) -> None:
    explorer.select("a1")
    explorer.press("up")
    assert explorer.graph.selected == "a1"
    assert tooltips(explorer)["selected"] == "Undo 2 revisions: c3, b2."
    explorer.press("selected")
    assert (heads(), explorer.graph.selected) == (["a1"], "a1")


def test_it_asks_before_rows_are_lost(explorer: Explorer) -> None:
    explorer.press("base")
    assert heads() == ["b2"]
    assert explorer.row.question == {
        "title": "Undo 2 revisions: b2, a1? Data would be lost.",
        "lines": ["1,200 rows of table customer will be lost."],
        "yes": "Undo anyway",
        "drops": True,
    }
    explorer.press("no")
    assert (heads(), explorer.row.question) == (["b2"], {})
    explorer.press("yes")
    assert heads() == ["b2"]
    explorer.press("base")
    explorer.press("yes")
    assert (heads(), explorer.row.status) == ([], "at base: nothing is applied, 0 of 3")
    assert explorer.row.notice == "Undone b2, a1: customer: gone, it had 1,200 rows."
    assert explorer.graph.selected == "a1"
    assert enabled(explorer) == ["up", "head", "selected", "refresh"]


def test_a_question_is_withdrawn_when_the_database_moves(explorer: Explorer) -> None:
    explorer.press("base")
    commands.upgrade(Project.open(), "head")
    explorer.model.refresh()
    assert explorer.row.question == {}
    explorer.press("yes")
    assert heads() == ["c3"]


def test_the_graph_shows_what_would_happen_and_asks(explorer: Explorer) -> None:
    activate(explorer, "c3")
    assert heads() == ["b2"]
    assert explorer.row.question == {
        "title": "Apply c3 (a phone)?",
        "lines": ["Add column phone (TEXT) to table customer."],
        "yes": "Apply",
        "drops": False,
    }
    explorer.press("yes")
    assert heads() == ["c3"]
    activate(explorer, "c3")
    assert (explorer.row.question, explorer.row.notice) == ({}, "The database stands at c3.")


def test_a_step_that_cannot_be_foretold_is_asked_about(explorer: Explorer) -> None:
    explorer.press("up")
    source = "def upgrade():\n    pass\n\n\ndef downgrade():\n    op.get_bind().connection.commit()\n"
    path = next(Path("practice/versions").glob("c3*.py"))
    path.write_text(re.sub(r"def upgrade.*", source, path.read_text(), flags=re.DOTALL))
    explorer.press("refresh")
    explorer.press("down")
    assert heads() == ["c3"]
    assert explorer.row.question["lines"] == ["nbmigrate cannot tell what revision c3 deletes."]


def test_a_press_for_an_older_drawing_does_nothing(explorer: Explorer) -> None:
    token = explorer.row.token
    explorer.row.press("down", token)
    assert heads() == ["a1"]
    for _ in range(9):
        explorer.row.press("down", token)
    assert heads() == ["a1"]
    assert explorer.row.notice == "Nothing was done: that press was made for what was drawn before."


def test_an_answer_to_another_question_does_nothing(explorer: Explorer) -> None:
    """Two places that show one panel may each be pressed before the kernel answers."""
    explorer.press("base")
    read = explorer.row.question["title"]
    activate(explorer, "c3")
    explorer.row.press("yes", explorer.row.token, read)
    assert heads() == ["b2"]
    assert explorer.row.notice == "Nothing was done: that press was made for what was drawn before."
    assert explorer.row.question["title"] == "Apply c3 (a phone)?"
    explorer.row.press("yes", explorer.row.token, "Apply c3 (a phone)?")
    assert heads() == ["c3"]


def test_two_explorers_and_the_cells_are_in_step(shell: Any, project_folder: Path) -> None:
    first, second = Explorer(Project.open()), Explorer(Project.open())
    assert first.model is second.model
    first.press("up")
    assert (first.row.status, second.row.status) == ("at c3 a phone, 3 of 3",) * 2
    assert second.graph.states["c3"] == "current"
    shell.run_line_magic("migrate", "downgrade a1")
    from nbmigrate.notebook.magics import MigrateMagics

    next(found for found in shell.configurables if isinstance(found, MigrateMagics)).session.notify()
    assert (first.row.status, second.row.status) == ("at a1 customers, 1 of 3",) * 2
    assert first.row.notice == "Changed from elsewhere: customer: column email gone, column phone gone."


def test_an_error_is_shown_with_its_statement_and_the_way_on(explorer: Explorer) -> None:
    body = (
        "def upgrade():\n    op.execute('INSERT INTO nowhere VALUES (1)')\n\n\ndef downgrade():\n    pass\n"
    )
    commands.edit(explorer.model.project, "c3", body)
    explorer.press("refresh")
    explorer.press("up")
    shown = explorer._alert.value
    assert 'role="alert"' in shown
    assert "<strong>Upgrade of revision c3 (a phone) failed: no such table: nowhere</strong>" in shown
    assert "INSERT INTO nowhere VALUES (1)" in shown
    assert "The database stands at b2" in shown
    assert "<details><summary>Traceback</summary>" in shown
    assert (heads(), explorer.row.status, explorer.row.notice) == (["b2"], "at b2 an email, 2 of 3", "")
    assert explorer.last_error is explorer.model.error
    explorer.press("refresh")
    assert explorer._alert.value == ""


def test_an_error_of_the_panel_itself_is_shown(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ValueError("<b>postgresql://me:s3cret@host/db</b>")

    monkeypatch.setattr(explorer.model, "go", broken)
    explorer.press("up")
    assert (
        "<strong>ValueError: &lt;b&gt;postgresql://me:***@host/db&lt;/b&gt;</strong>" in explorer._alert.value
    )
    assert "s3cret" not in explorer._alert.value


def test_html_in_messages_and_cells_is_text(explorer: Explorer) -> None:
    evil = "<img src=x onerror=alert(1)>"
    body = f"op.execute(\"INSERT INTO customer (id, name) VALUES (5000, '{evil}')\")"
    whole = f"def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
    commands.revision(explorer.model.project, f"say {evil}", body=whole, rev_id="d4", head="c3")
    commands.upgrade(explorer.model.project, "d4")
    explorer.press("refresh")
    pages = [open_tab(explorer, "What it does").value, open_tab(explorer, "SQL").children[1].value]
    pages += [open_tab(explorer, "Source").children[1].value, open_tab(explorer, "Schema").svg]
    pages += [open_tab(explorer, "Tables").page, explorer.panels._heading.value]
    bundle, _ = explorer._repr_mimebundle_()
    explorer.save_html("page.html")
    pages += [bundle["text/html"], Path("page.html").read_text()]
    assert [page for page in pages if "<img" in page] == []
    assert "&lt;img src=x onerror=alert(1)&gt;" in pages[0] + pages[1]


def test_tabs_show_the_selected_revision_and_only_the_open_one_is_drawn(explorer: Explorer) -> None:
    explorer.select("a1")
    assert "Create table customer" in explorer.panels.tabs.children[0].value
    sql = open_tab(explorer, "SQL")
    assert "CREATE" in sql.children[1].value
    explorer.select("c3")
    assert "phone" in sql.children[1].value
    assert "phone" not in explorer.panels.tabs.children[0].value
    assert "phone" in open_tab(explorer, "What it does").value


def test_tables_say_what_has_changed(explorer: Explorer) -> None:
    tables = open_tab(explorer, "Tables")
    assert tables.tables == [{"name": "customer", "note": "1,200"}]
    assert tables.view["place"] == "1 to 50 of 1,200 rows"
    explorer.press("up")
    assert tables.tables == [{"name": "customer", "note": "1,200, changed"}]
    assert "column phone new" in re.sub("<[^>]*>", "", tables.page)
    explorer.press("base")
    explorer.press("yes")
    assert tables.tables == [{"name": "customer", "note": "gone"}]


def test_a_cells_body_is_shown_and_the_head_of_the_file_folded(explorer: Explorer) -> None:
    explorer.select("c3")
    page = open_tab(explorer, "Source").children[1].value
    shown, _, folded = page.partition("<details>")
    assert "op" in shown and "add_column" in shown and "def" in shown
    assert "down_revision" not in shown
    assert "down_revision" in folded
    assert re.search(r"<summary>The head of the file: \d+ lines</summary>", page)
    # A file without a header is shown whole.
    path = next(Path("practice/versions").glob("c3*.py"))
    assert source_html("def upgrade():\n    pass\n") == html.code("def upgrade():\n    pass\n", "python")
    assert "<details>" in source_html(path.read_text())


def test_a_merge_says_what_it_joins(explorer: Explorer) -> None:
    project = Project.open()
    commands.revision(project, "a fax", head="a1", splice=True, rev_id="d4")
    commands.merge(project, ["c3", "d4"], rev_id="e5")
    explorer.press("refresh")
    explorer.select("e5")
    page = open_tab(explorer, "What it does").value
    assert "Joins c3 and d4, changes no table." in page
    assert "Parts c3 and d4, changes no table." in page
    assert "Joins c3 and d4, changes no table." in str(describe(project, "e5"))
    assert "Joins c3 and d4, changes no table." in str(commands.preview(project, "upgrade", "e5"))


def test_a_changed_column_is_said_in_words(explorer: Explorer) -> None:
    body = (
        "def upgrade():\n    with op.batch_alter_table('customer') as b:\n"
        "        b.alter_column('email', type_=sa.String(200))\n        b.drop_column('name')\n\n\n"
        "def downgrade():\n    pass\n"
    )
    commands.revision(Project.open(), "other columns", body=body, head="b2", splice=True, rev_id="f6")
    explorer.press("refresh")
    explorer.select("f6")
    explorer.press("selected")
    if explorer.row.question:
        explorer.press("yes")
    assert explorer.row.notice == "Applied f6: customer: column name gone, column email changed."
    drawn = entity_drawing(
        [table.schema for table in own_tables(explorer.model)], own_changes(explorer.model)
    )
    assert "email (changed)" in drawn
    assert "name (gone)" in drawn


def test_tables_and_schema_say_that_they_are_as_now(explorer: Explorer) -> None:
    def notes() -> set[str]:
        found = [explorer.panels.tabs.children[index].children[0] for index in (3, 4)]
        return {re.sub("<[^>]+>", "", note.value) if note.layout.display is None else "" for note in found}

    assert notes() == {""}
    explorer.select("c3")
    assert notes() == {"The tables as they are now, at b2; not as they are at c3."}
    explorer.select("a1")
    assert notes() == {"The tables as they are now, at b2; not as they are at a1."}
    explorer.press("selected")
    assert notes() == {""}
    explorer.press("base")
    explorer.press("yes")
    assert notes() == {"The tables as they are now, at base; not as they are at a1."}
    explorer.select("")
    assert notes() == {""}


def test_a_table_as_a_frame(explorer: Explorer) -> None:
    frame = explorer.to_frame()
    asked = commands.table(Project.open(), "customer", limit=200).to_frame()
    assert frame.equals(asked)
    assert (len(frame), frame.attrs["total"], str(frame["id"].dtype)) == (200, 1200, "Int64")
    connection = sqlite3.connect("db_file.db")
    connection.executescript(
        "CREATE TABLE long (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO long VALUES (2, 'b'), (1, NULL);"
        " UPDATE long SET text = printf('%.*c', 100000, 'x') WHERE id = 2;"
    )
    connection.close()
    explorer.press("refresh")
    open_tab(explorer, "Tables")
    explorer.panels.tables.widget.chosen = "long"
    assert explorer.to_frame().to_dict("list") == {"id": [1, 2], "text": [None, "x" * 100_000]}
    # What a step changes is what the panel shows next, whichever tab is open.
    open_tab(explorer, "SQL")
    explorer.press("up")
    assert list(explorer.to_frame()) == ["id", "name", "email", "phone"]
    explorer.press("base")
    explorer.press("yes")
    with pytest.raises(MigrateError, match="no table 'customer'"):
        explorer.to_frame()


def test_no_table_as_a_frame(empty_folder: Path) -> None:
    commands.init("practice", url="sqlite:///db_file.db")
    with pytest.raises(MigrateError, match="There are no tables"):
        Explorer(Project.open()).to_frame()


def test_source_is_edited_while_it_is_not_applied(explorer: Explorer) -> None:
    source = explorer.panels.source
    open_tab(explorer, "Source")
    source.press("edit")
    assert not is_editing(explorer)
    explorer.select("c3")
    source.press("edit")
    assert is_editing(explorer)
    before = source.text.value
    source.text.value = before.replace("phone", "fax")
    # A look at another revision must not lose what was typed.
    explorer.select("a1")
    assert is_editing(explorer)
    source.press("save")
    assert not is_editing(explorer)
    path = next(Path("practice/versions").glob("c3*.py"))
    assert path.read_text() == before.replace("phone", "fax")
    explorer.press("up")
    assert explorer.row.notice == "Applied c3: customer: column fax new."


def test_source_that_would_break_something_is_not_written(explorer: Explorer) -> None:
    source, path = explorer.panels.source, next(Path("practice/versions").glob("c3*.py"))
    explorer.select("c3")
    open_tab(explorer, "Source")
    before = path.read_text()
    for text, why in (
        (before.replace("'b2'", "'nowhere'"), "nowhere"),
        ("def upgrade(:\n", "c3"),
    ):
        source.press("edit")
        source.text.value = text
        source.press("save")
        assert why in explorer._alert.value
        assert is_editing(explorer)
        source.press("cancel")
    assert path.read_text() == before
    source.press("edit")
    source.text.value = before + "# mine\n"
    path.write_text(before + "# theirs\n")
    source.press("save")
    assert "changed elsewhere" in explorer._alert.value
    assert path.read_text() == before + "# theirs\n"


def test_read_only(project_folder: Path) -> None:
    explorer = Explorer(Project.open(), read_only=True)
    assert [item["name"] for item in explorer.row.buttons] == ["refresh"]
    for name in ("up", "down", "base", "head", "yes"):
        explorer.press(name)
    activate(explorer, "c3")
    assert (heads(), explorer.row.question) == (["b2"], {})
    assert explorer.row.status == "at b2 an email, 2 of 3 · read only"
    explorer.select("c3")
    open_tab(explorer, "Source")
    explorer.panels.source.press("edit")
    assert not is_editing(explorer)
    assert repr(explorer).endswith(", read_only=True)")


def test_search_finds_the_revisions_of_a_table(explorer: Explorer) -> None:
    assert explorer.graph.find("create_table") == ("a1",)
    assert explorer.graph.find("email") == ("b2",)


def test_what_a_saved_notebook_shows(explorer: Explorer) -> None:
    bundle, metadata = explorer._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert set(bundle) == {view, "text/html", "text/plain"}
    assert static_svg(explorer.model) in bundle["text/html"]
    assert metadata == {}
    assert bundle["text/plain"].splitlines() == [
        "○   c3 (shop) (head), a phone",
        "◉   b2 (current), an email",
        "●   a1 (shop), customers",
        "The database is at b2 an email, 2 of 3.",
    ]
    for part in ("<svg", "customer 17", "1,200", "at b2 an email, 2 of 3"):
        assert part in bundle["text/html"]
    assert explorer._repr_mimebundle_()[0]["text/html"] == bundle["text/html"]


def test_a_page_of_its_own(explorer: Explorer, tmp_path: Path) -> None:
    explorer.press("up")
    explorer.save_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    # Nothing is fetched; namespaces are names.
    outside = [found for found in re.findall(r"https?://[^\s\"'<)]+", page) if "www.w3.org" not in found]
    assert (outside, re.findall(r"(?:src|href)=", page), re.findall(r"@import|url\(", page)) == ([], [], [])
    with pytest.raises(MigrateError, match="cannot be written"):
        explorer.save_html(tmp_path / "no" / "such" / "page.html")


def test_an_empty_project(empty_folder: Path) -> None:
    commands.init("practice", url="sqlite:///db_file.db")
    explorer = Explorer(Project.open())
    assert explorer.row.status == "no revisions yet"
    assert enabled(explorer) == ["refresh"]
    for title in explorer.panels.tabs.titles:
        open_tab(explorer, title)
    assert explorer.last_error is None
    assert "No revisions yet." in explorer._repr_mimebundle_()[0]["text/html"]


def test_a_database_that_vanishes(explorer: Explorer) -> None:
    text = Path("nbmigrate.ini").read_text()
    Path("nbmigrate.ini").write_text(text.replace("sqlite:///db_file.db", "sqlite:////no/such/x.db"))
    explorer.press("up")
    assert explorer.row.status == "position not known"
    assert "cannot be opened" in explorer._alert.value
    assert enabled(explorer) == ["refresh"]
    for title in explorer.panels.tabs.titles:
        open_tab(explorer, title)
    Path("nbmigrate.ini").write_text(text)
    explorer.press("refresh")
    assert (explorer.row.status, explorer._alert.value) == ("at b2 an email, 2 of 3", "")


def test_a_locked_database(explorer: Explorer) -> None:
    connection = sqlite3.connect("db_file.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        explorer.press("up")
    finally:
        connection.close()
    assert "lock" in explorer._alert.value
    assert (heads(), explorer.row.status) == (["b2"], "at b2 an email, 2 of 3")


def test_the_drawing_of_the_tables(explorer: Explorer) -> None:
    def write(sql: str) -> None:
        connection = sqlite3.connect("db_file.db")
        connection.executescript(sql)
        connection.close()

    write(
        'CREATE TABLE "odd ) -> (x)" (id INTEGER PRIMARY KEY); CREATE TABLE orders (id INTEGER PRIMARY KEY,'
        ' customer_id INTEGER NOT NULL REFERENCES customer (id), odd_id INTEGER REFERENCES "odd ) -> (x)" (id));'
    )
    explorer.press("refresh")
    tables = [table.schema for table in own_tables(explorer.model)]
    links = [(link.table, link.column, link.to_table, link.to_column) for link in references(tables)]
    assert sorted(links) == [
        ("orders", "customer_id", "customer", "id"),
        ("orders", "odd_id", "odd ) -> (x)", "id"),
    ]
    drawn = entity_drawing(tables, own_changes(explorer.model))
    assert 'aria-label="Tables: customer, odd ) -&gt; (x), orders"' in drawn
    assert drawn.count('class="edge"') == 2
    assert "orders (new)" in drawn
    many = entity_drawing([replace(table, name=f"{table.name} {n}") for n in range(60) for table in tables])
    assert "150 of 180 tables are drawn" in many


def test_without_graphviz_the_tables_are_a_list(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    drawn = entity_drawing([table.schema for table in own_tables(explorer.model)])
    assert "<svg" not in drawn
    assert "<code>customer</code>" in drawn
    assert "id, name, email" in drawn


# ---- in a kernel ---------------------------------------------------------------------------------------------------

OPEN = """
from nbmigrate import Explorer, Project
e = Explorer(Project.open())"""
SLOW = """
def upgrade():
    import time
    op.add_column('customer', sa.Column('fax', sa.Text))
    if op.get_context().running:
        time.sleep(1.5)


def downgrade():
    op.drop_column('customer', 'fax')
"""


class Page:
    """A page that shows an explorer: keeps the state of each widget, and presses buttons through its comm."""

    def __init__(self, kernel: Any, code: str = OPEN) -> None:
        self.kernel = kernel
        self.client = kernel.client
        self.widgets: dict[str, dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []
        ran = kernel.run(code)
        assert ran.of("error") == []
        for kind, content in ran.messages:
            self.take(kind, content)

    def take(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "comm_open":
            self.widgets[content["comm_id"]] = dict(content["data"]["state"])
        elif kind == "comm_msg":
            self.sent.append(content)
            if content["data"].get("method") == "update":
                # The kernel may still hold panels of other pages.
                self.widgets.setdefault(content["comm_id"], {}).update(content["data"]["state"])

    @property
    def id(self) -> str:
        """The comm of the row of buttons."""
        return next(id_ for id_, state in self.widgets.items() if state.get("label") == "Step the database")

    @property
    def row(self) -> dict[str, Any]:
        return self.widgets[self.id]

    def send(self, **content: Any) -> None:
        """Send what a view sends."""
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(
            self.client.session.msg("comm_msg", {"comm_id": self.id, "data": data})
        )

    def press(self, name: str) -> None:
        self.send(event="press", name=name, token=self.row["token"])

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Take messages until something holds, and then those that are on their way."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=0.4)
            except Exception:
                if holds():
                    return
                continue
            self.take(message["msg_type"], message["content"])
        raise AssertionError(f"{self.row['said']!r}, {self.row['notice']!r}")


def test_ten_fast_clicks_take_one_step(kernel: Any) -> None:
    page = Page(kernel)
    for _ in range(10):
        page.press("down")
    page.until(lambda: page.row["status"] == "at a1 customers, 1 of 3")
    assert heads() == ["a1"]
    answers = [message for message in page.sent if message["data"].get("content") == {"event": "answered"}]
    assert len(answers) == 10
    page.press("up")
    page.until(lambda: page.row["status"] == "at b2 an email, 2 of 3")
    assert heads() == ["b2"]


def test_ten_clicks_that_waited_for_a_busy_kernel_take_one_step(kernel: Any) -> None:
    page = Page(kernel)

    def press_ten_times() -> None:
        for _ in range(10):
            page.press("down")

    kernel.run("import time; time.sleep(1)", while_running=press_ten_times)
    page.until(lambda: page.row["status"] == "at a1 customers, 1 of 3")
    assert heads() == ["a1"]


def test_a_run_can_be_watched_and_stopped(kernel: Any) -> None:
    commands.revision(Project.open(), "slow", body=SLOW, rev_id="d4")
    commands.revision(Project.open(), "after", body=SLOW.replace("fax", "f2"), rev_id="e5")
    page = Page(kernel)
    page.press("head")

    def running() -> bool:
        return bool(page.row["busy"]) and page.row["progress"].get("number") == 2

    page.until(running)
    assert page.row["progress"]["text"].startswith("2 of 3: applying d4 slow")
    # What is committed is said while the rest still runs.
    assert page.row["status"] == "at c3 a phone, 3 of 5"
    assert heads() == ["c3"]
    # The kernel is free meanwhile: a cell runs.
    assert kernel.run("6 * 7").text == "42"
    page.send(event="stop")
    page.until(lambda: page.row["status"] == "at d4 slow, 4 of 5" or not page.row["busy"])
    assert heads() == ["d4"]
    assert page.row["status"] == "at d4 slow, 4 of 5"
    alert = next(s["value"] for s in page.widgets.values() if "nbm-alert" in str(s.get("value", "")))
    assert "interrupted between revisions: 2 of 3 are done" in alert


def test_what_a_step_sends_and_how_long_it_takes(
    kernel: Any, record_property: Callable[[str, object], None]
) -> None:
    page = Page(kernel)
    page.press("up")
    page.until(lambda: page.row["status"] == "at c3 a phone, 3 of 3")
    kernel.run(
        "import time\nstart = time.perf_counter()\ne.press('down')\ntook = time.perf_counter() - start"
    )
    took = float(kernel.run("took").text)
    page.sent.clear()
    page.row["token"] = json.loads(
        kernel.run("import json; print(json.dumps(e.row.token))").of("stream")[0]["text"]
    )
    page.press("up")
    page.until(lambda: page.row["status"] == "at c3 a phone, 3 of 3")
    size = sum(len(json.dumps(message)) for message in page.sent)
    record_property("seconds", took)
    record_property("bytes", size)
    # The drawing is not among it: only what stands where.
    assert not any("svg" in message["data"].get("state", {}) for message in page.sent)
    assert size < 20_000


def test_a_panel_that_nobody_sees_is_not_drawn(kernel: Any) -> None:
    page = Page(kernel)
    page.send(event="view", shown=True)
    page.send(event="view", shown=False)
    page.until(lambda: True)
    page.sent.clear()
    kernel.run("Explorer(Project.open()).press('up')")
    page.until(lambda: True)
    assert page.row["status"] == "at b2 an email, 2 of 3"
    page.send(event="view", shown=True)
    page.until(lambda: page.row["status"] == "at c3 a phone, 3 of 3")


def test_a_notebook_without_a_page(kernel: Any) -> None:
    ran = kernel.run(f"{OPEN}\ne.press('up')\ne")
    assert "The database is at c3 a phone, 3 of 3." in ran.text
    assert heads() == ["c3"]


def count_runs(name: str, *, body: str = "") -> Callable[[], int]:
    """Let a revision's file count how often it runs; return that number since it was asked for last."""
    path = next(Path.cwd().rglob(f"{name}_*.py"))
    text = path.read_text()
    # A file it could not write: it is stopped before that where it is only tried out.
    counting = (
        "import os\nos.environ['NBMIGRATE_TEST_RUNS'] = os.environ.get('NBMIGRATE_TEST_RUNS', '') + 'x'\n"
    )
    text = text.replace("def upgrade() -> None:\n", f"def upgrade() -> None:\n{body}", 1)
    path.write_text(f"{text}\n{counting}")
    return lambda: len(os.environ.pop("NBMIGRATE_TEST_RUNS", ""))


def test_a_file_is_tried_out_once(project_folder: Path) -> None:
    runs = count_runs("c3")
    explorer = Explorer(Project.open())
    assert runs() == 0
    explorer.select("c3")
    # Upgrade and downgrade are functions of the file, and each is tried out with its own run of it.
    assert runs() == 2
    first = explorer.panels._what.value
    assert "Tried out; the database was only read." in first
    open_tab(explorer, "SQL")
    shown = explorer.panels._sql.value
    for id_ in ("a1", "c3"):
        explorer.select(id_)
    explorer.press("refresh")
    other = Explorer(explorer.model)
    other.select("c3")
    assert (runs(), other.panels._what.value) == (0, first)
    assert "ALTER" in re.sub("<[^>]*>", "", shown)
    # The step runs it; what is asked before it, and what is shown after it, does not.
    explorer.press("up")
    assert (heads(), runs()) == (["c3"], 1)
    explorer.press("down")
    explorer.press("yes")
    assert (heads(), runs()) == (["b2"], 1)
    path = next(project_folder.rglob("c3_*.py"))
    path.write_text(path.read_text() + "# another content\n")
    explorer.select("a1")
    explorer.select("c3")
    assert runs() == 2
    assert explorer.panels._sql.value == shown


def test_what_asks_the_database_is_tried_out_again_where_it_has_moved(project_folder: Path) -> None:
    runs = count_runs("c3", body="    op.get_bind().dialect.name\n")
    explorer = Explorer(Project.open())
    explorer.select("c3")
    found = describe(explorer.model.project, "c3")
    assert found.upgrade.statements
    runs()
    for id_ in ("a1", "c3"):
        explorer.select(id_)
    assert runs() == 0
    # What somebody wants to be looked at anew may have other tables.
    explorer.press("refresh")
    assert runs() == 1
    explorer.select("a1")
    explorer.press("down")
    explorer.press("yes")
    assert heads() == ["a1"]
    explorer.select("c3")
    assert runs() == 1


def test_it_is_tried_out_without_a_database(project_folder: Path) -> None:
    runs = count_runs("c3")
    ini = project_folder / "nbmigrate.ini"
    ini.write_text(
        re.sub("(?m)^sqlalchemy.url = .*", "sqlalchemy.url = sqlite:////nowhere/at.db", ini.read_text())
    )
    explorer = Explorer(Project.open())
    explorer.select("c3")
    assert "Tried out without a database." in explorer.panels._what.value
    assert "Add column" in explorer.panels._what.value
    assert runs() == 2
    explorer.select("a1")
    explorer.select("c3")
    assert runs() == 0
