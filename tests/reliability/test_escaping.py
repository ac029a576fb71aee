"""Texts that a page could take for more than text, wherever a text can come from, shown in Chromium: nothing runs."""

import contextlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from nbmigrate import Project, commands
from nbmigrate.errors import MigrateError
from nbmigrate.notebook.explorer.explorer import Explorer
from nbmigrate.notebook.explorer.page import static_svg
from tests.notebook.conftest import JupyterLab, jupyterlab

__all__ = ["jupyterlab"]

#: What runs if it is not escaped; each says which it was.
TEXTS = {
    "image": "<img src=x onerror=\"window.pwned='image'\">",
    "script": "</script></style></title></textarea></pre><script>window.pwned='script'</script>",
    "svg": '"><svg onload="window.pwned=\'svg\'"></svg>',
    "quote": "' onmouseover='window.pwned=1' onfocus='window.pwned=2' autofocus x='",
    "link": "<a href=\"javascript:window.pwned='link'\">javascript:window.pwned='link'</a>",
    "cdata": "]]><script>window.pwned='cdata'</script>-->",
    "frame": "<iframe srcdoc=\"<script>top.pwned='frame'</script>\"></iframe>",
    "style": "<style>@import 'http://198.51.100.1/a';</style><link rel=stylesheet href=//198.51.100.1/b>",
    "dot": '\\"]; x [URL="javascript:window.pwned=3" label=<<IMG SRC="/etc/passwd"/>>]; //\\N\\G',
    "markdown": "![x](http://198.51.100.1/c) [x](javascript:window.pwned=4) $\\href{javascript:window.pwned=5}{x}$",
}
IMAGE, SCRIPT, SVG = TEXTS["image"], TEXTS["script"], TEXTS["svg"]
#: An id, a label and the name of a file may not have every character.
ID = "a'><b2&lt;img%20src=x';window.pwned='id"
LABEL = "shop'><svg/onload=window.pwned=6>\"&lt;"
FILE = "<img src=x onerror=window.pwned='file'>"

REVISION = """{doc!r}

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = None

from nbmigrate import op
import sqlalchemy as sa


def upgrade():
{up}


def downgrade():
{undo}
"""

#: What a table of the database is called, by what is odd in it.
TABLES = {name: f"{name} {text}" for name, text in TEXTS.items()}


def table_of(name: str, text: str) -> str:
    """Return what makes a table in which everything is odd, with odd rows, and one that refers to it."""
    table, rows = TABLES[name], [{"id": number, text: value} for number, value in enumerate(TEXTS.values())]
    quoted = [name.replace('"', '""') for name in (f"to {table}", f"to {text}", table)]
    link = 'CREATE TABLE "{}" (id INTEGER PRIMARY KEY, "{}" INTEGER REFERENCES "{}" (id))'.format(*quoted)
    return f"""
    op.create_table({table!r}, sa.Column('id', sa.Integer, primary_key=True),
        sa.Column({text!r}, sa.Text, server_default={text!r}, comment={text!r}),
        sa.CheckConstraint({"'" + text.replace("'", "''") + "' <> ''"!r}, name={f"ck {text}"!r}), comment={text!r})
    op.create_index({f"ix {text}"!r}, {table!r}, [{text!r}])
    op.bulk_insert(sa.table({table!r}, sa.column('id'), sa.column({text!r})), {rows!r})
    op.execute({link!r})
"""


def write_project(folder: Path) -> None:
    """Write a project by hand: what a person has from elsewhere we did not write."""
    commands.init("practice", url="sqlite:///db_file.db")
    first = "".join(table_of(name, text) for name, text in TEXTS.items())
    table, other = TABLES["image"], TABLES["svg"]
    every: Sequence[tuple[str, str | None, str, str, str, str | None]] = [
        ("a1", None, "\n".join(TEXTS.values()), first, f"op.drop_table({table!r})", LABEL),
        (ID, "a1", SVG, f"op.add_column({table!r}, sa.Column({SVG!r}, sa.Text))", "pass", None),
        ("c3", ID, IMAGE, f"op.rename_table({other!r}, {'new ' + SCRIPT!r})", "pass", None),
        ("d4", "c3", SCRIPT, f"op.execute({IMAGE!r})", "pass", None),
        ("e5", ID, TEXTS["cdata"], f"raise RuntimeError({IMAGE + SCRIPT!r})", "pass", None),
    ]
    for number, (id_, down, doc, up, undo, label) in enumerate(every):
        source = REVISION.format(
            id=id_, down=down, doc=doc, labels=label, up=f"    {up.strip()}", undo=f"    {undo}"
        )
        path = folder / "practice" / "versions" / f"{number}{FILE}.py"
        path.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, its database at the first revision."""
    folder = tmp_path_factory.mktemp("lab") / "work"
    folder.mkdir()
    with contextlib.chdir(folder):
        write_project(folder)
        project = Project.open()
        commands.upgrade(project, "a1")
        commands.config(project, "odd", IMAGE + SCRIPT, force=True)
    return folder


#: What commands show; many of them fail.
LOOKS = [
    *("heads -v", "history -v -i", "branches -v", "show a1", "show e5", "current -v", "graph", "verify"),
    *("config", "tables", "preview upgrade d4", "preview upgrade e5", "preview downgrade base", "-h"),
    *(f"{verb} {{{name}}}" for name in TEXTS for verb in ("table", "schema")),
    "table {image} --where \"nothing = '<img src=x onerror=window.pwned=7>'\"",
    'table {image} --where "<img src=x onerror=window.pwned=8>"',
    "table {image} --order-by <img/src=x/onerror=window.pwned=9>",
    "table <img/src=x/onerror=window.pwned=10>",
    "show <img/src=x/onerror=window.pwned=11>",
    "<svg/onload=window.pwned=12>",
    "config <svg/onload=window.pwned=13> <svg/onload=window.pwned=14>",
    "upgrade <svg/onload=window.pwned=15>",
    "upgrade {id}",
    "upgrade e5",
    "--raiseerr upgrade e5",
    "upgrade d4",
    "upgrade c3 --sql",
    "downgrade a1",
    'revision -m "<img src=x onerror=window.pwned=16>" --rev-id f6 --head d4',
    "revision -m x --rev-id <svg/onload=window.pwned=17>",
    "revision -m x --branch-label <svg/onload=window.pwned=18>",
    "edit f6 --body odd.py",
    'merge e5 f6 -m "<img src=x onerror=window.pwned=19>" --rev-id g7',
    "rebase g7 --onto <img/src=x/onerror=window.pwned=20>",
    "delete <img/src=x/onerror=window.pwned=23>",
    "-c <img/src=x/onerror=window.pwned=21>.ini heads",
    "stamp <svg/onload=window.pwned=22>",
]
CELLS = [
    "%load_ext nbmigrate\nfrom nbmigrate import Explorer, Project, commands",
    # As a cell each, but that JupyterLab does not take its time between them.
    "import json\nfor cell in json.load(open('cells.json')): ran = get_ipython().run_cell(cell)",
    f"from IPython.display import display\ndisplay(commands.table(Project.open(), {TABLES['image']!r}))",
    "display(commands.graph(Project.open()), commands.tables(Project.open()))",
    "e = Explorer(Project.open())\ne",
]


def cell_of(words: str) -> str:
    # Each word as one, whatever is in it.
    quoted = {name: "'" + text.replace("'", "'\"'\"'") + "'" for name, text in {**TABLES, "id": ID}.items()}
    return "%migrate " + re.sub(r"\{(\w+)\}", lambda found: quoted[found[1]], words)


@pytest.fixture(scope="module")
def page(jupyterlab: JupyterLab, folder: Path) -> Page:
    """The notebook in JupyterLab, which trusts what it runs; all cells run, those too that end with an error."""
    (folder / "odd.py").write_text(f"raise RuntimeError({IMAGE!r})\n")
    (folder / "cells.json").write_text(json.dumps([cell_of(words) for words in LOOKS]))
    jupyterlab.write(folder / "odd.ipynb", CELLS)
    page = jupyterlab.open(folder, "odd.ipynb", width=1600, height=2400)
    watch_dialogs(page)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".nbm-explorer")).to_have_count(1, timeout=60_000)
    return page


def watch_dialogs(page: Page) -> None:
    vars(page)["dialogs"] = []

    def seen(dialog: Dialog) -> None:
        vars(page)["dialogs"].append(dialog.message)
        dialog.dismiss()

    page.on("dialog", seen)


#: Elements that none of our pages has; here they could only have been made of a text.
FOREIGN = (
    "[onerror], [onload], [onmouseover], [onfocus], iframe[srcdoc], [href^=javascript], [src=x]"
    ", link[href*='198.51']"
)


def nothing_ran(page: Page) -> None:
    """Fail if anything was run, asked for, or made an element of; the mouse has been everywhere."""
    page.wait_for_timeout(50)
    assert page.evaluate("window.pwned") is None
    assert vars(page)["asked"] == []
    assert vars(page)["dialogs"] == []
    assert vars(page)["errors"] == []
    assert page.locator(FOREIGN).evaluate_all("all => all.map(each => each.outerHTML)") == []


def test_a_page_would_run_them(jupyterlab: JupyterLab) -> None:
    """Not escaped they run: what the other tests look for is there to be found."""
    for name in ("image", "script", "svg", "frame"):
        page = jupyterlab.new_page("about:blank", width=400, height=400)
        page.set_content(f'<title></title><p title="{TEXTS[name]}">{TEXTS[name]}')
        page.wait_for_function("window.pwned", timeout=5000)
        assert page.evaluate("window.pwned") == name


def test_what_commands_show(page: Page) -> None:
    shown = page.evaluate(
        "[...document.querySelectorAll('.jp-OutputArea-output')].map(each => each.textContent).join('\\n')"
    )
    assert [text for text in TEXTS.values() if " ".join(text.split()) not in " ".join(shown.split())] == []
    for number in (9, 10, 11, 12, 13, 15, 16, 19):
        assert f"window.pwned={number}" in shown, number
    for word in ("file", "id"):
        assert f"window.pwned='{word}" in shown, word
    nothing_ran(page)


def test_explorer(page: Page) -> None:
    panel = page.locator(".nbm-explorer").first
    nodes = panel.locator(".nbm-node")
    assert nodes.count() >= 5
    for number in range(nodes.count()):
        nodes.nth(number).hover()
        nodes.nth(number).click()
        for title in ("What it does", "SQL", "Source", "Tables", "Schema"):
            panel.get_by_role("tab", name=title, exact=True).click()
            expect(panel.get_by_role("tab", name=title, exact=True)).to_have_attribute(
                "aria-selected", "true"
            )
        nothing_ran(page)
    panel.get_by_role("tab", name="Tables", exact=True).click()
    for number in range(panel.locator("option").count()):
        panel.locator("select").select_option(index=number)
        page.wait_for_timeout(50)
    nothing_ran(page)


def test_steps_of_the_explorer(page: Page) -> None:
    panel = page.locator(".nbm-explorer").first
    for name in ("To base", "Cancel", "One up", "One up", "To head", "One down"):
        button = panel.get_by_role("button", name=name, exact=True)
        if button.count():
            button.first.click()
            page.wait_for_timeout(300)
            nothing_ran(page)
    node = panel.locator(".nbm-node").first
    node.dblclick()
    page.wait_for_timeout(300)
    nothing_ran(page)
    assert "window.pwned" in panel.inner_text()


def test_pages_and_drawings_on_their_own(
    jupyterlab: JupyterLab, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    project = Project.open()
    explorer = Explorer(project)
    with contextlib.suppress(MigrateError):
        explorer.press("up")
    # A file that cannot be read is named too.
    broken = folder / "practice" / "versions" / f"broken{FILE}.py"
    broken.write_text(f"revision = {IMAGE!r}(\n", encoding="utf-8")
    try:
        drawn = commands.graph(project)
        drawn.save(tmp_path / "graph.svg")
        (tmp_path / "graph.html").write_text(drawn._repr_mimebundle_()["text/html"], encoding="utf-8")
        checked = commands.verify(project)
        (tmp_path / "verify.html").write_text(checked._repr_mimebundle_()["text/html"], encoding="utf-8")
        for number, revision in enumerate(("a1", ID, "c3", "")):
            explorer.select(revision)
            explorer.press("refresh")
            explorer.save_html(tmp_path / f"page{number}.html")
            bundle, _ = explorer._repr_mimebundle_()
            (tmp_path / f"still{number}.html").write_text(bundle["text/html"], encoding="utf-8")
            (tmp_path / f"still{number}.svg").write_text(static_svg(explorer.model), encoding="utf-8")
    finally:
        broken.unlink()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 15
    page: Any = jupyterlab.new_page("file:///", width=1200, height=1600)
    watch_dialogs(page)
    for path in files:
        page.goto(path.as_uri())
        content = page.locator(":root").inner_text() if path.suffix == ".html" else page.content()
        assert "pwned" in content, path
        # The mouse over everything, and a press on what looks like a link.
        page.evaluate(
            """() => { for (const each of document.querySelectorAll('*'))
              for (const name of ['mouseover', 'focus', 'click', 'toggle']) each.dispatchEvent(new Event(name)) }"""
        )
        nothing_ran(page)
