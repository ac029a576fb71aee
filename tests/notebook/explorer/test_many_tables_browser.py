"""A database of sixty tables in the explorer in JupyterLab in Chromium: its rows and its drawing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from nbmigrate import Project, commands

AREAS = (
    "customer",
    "order",
    "product",
    "warehouse",
    "invoice",
    "shipment",
    "employee",
    "campaign",
    "ticket",
    "visit",
)
PARTS = ("", "_item", "_note", "_category", "_status", "_attachment_with_a_name_that_is_long")
CELL = """%load_ext nbmigrate
from nbmigrate import Project
from nbmigrate.notebook.explorer.explorer import Explorer
e = Explorer(Project.open())
e"""


def tables_sql() -> Iterator[str]:
    """Ten areas of six tables: the parts refer to their area, an area to another one."""
    for number, area in enumerate(AREAS):
        for part in PARTS:
            other = area if part else AREAS[number // 2] if number else ""
            key = f", {other}_id INTEGER REFERENCES {other} (id)" if other and other != area + part else ""
            yield (
                f"CREATE TABLE '{area}{part}' (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, amount INTEGER"
                + key.replace(f"REFERENCES {other}", f"REFERENCES '{other}'")
                + ");"
            )
            values = [
                f"'{area}{part} ' || n",
                "'kind ' || (n % 3)",
                "n * 37 % 101",
                *["4 + n % 5"] * bool(key),
            ]
            yield (
                f"INSERT INTO '{area}{part}' WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t"
                f" WHERE n < 120) SELECT n, {', '.join(values)} FROM t;"
            )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose second revision adds a column to one of sixty tables; the database stands before it."""
    folder = tmp_path_factory.mktemp("many") / "work"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        commands.init("practice", url="sqlite:///db_file.db")
        project = Project.open()
        commands.revision(project, "sixty tables", rev_id="a1")
        body = "op.add_column('ticket', sa.Column('urgency', sa.Integer))"
        commands.revision(project, "how urgent tickets are", body=body, rev_id="b2")
        commands.upgrade(project, "a1")
    connection = sqlite3.connect(folder / "db_file.db")
    connection.executescript("\n".join(tables_sql()))
    connection.close()
    return folder


@pytest.fixture(scope="module")
def opened(jupyterlab: Any, folder: Path) -> Page:
    """The notebook, run."""
    jupyterlab.write(folder / "many.ipynb", [CELL])
    page: Page = jupyterlab.open(folder, "many.ipynb", width=1400, height=900)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".nbm-explorer")).to_have_count(1, timeout=60_000)
    run(page, "e.press('up')")
    return page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """The page, wide and light again afterwards, and without errors."""
    yield opened
    opened.set_viewport_size({"width": 1400, "height": 900})
    vars(opened)["lab"].choose_theme(opened, "light")
    assert (vars(opened)["errors"], vars(opened)["asked"]) == ([], [])


def run(page: Page, code: str) -> str:
    return str(vars(page)["lab"].run(page, code))


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title, exact=True).click()


def first(page: Page, column: int) -> Locator:
    """The first value of a column of the table that is shown."""
    return page.locator(".nbm-t-rows tbody tr").first.locator("td").nth(column)


def test_the_list_is_filtered_as_one_types(page: Page) -> None:
    open_tab(page, "Tables")
    options = page.get_by_role("listbox", name="Tables").get_by_role("option")
    # What the step has changed is shown, and seen in the list.
    expect(options).to_have_count(60)
    chosen = page.locator(".nbm-t-list [aria-selected=true]")
    expect(chosen).to_have_text("ticket120, changed")
    expect(chosen).to_be_in_viewport()
    box = page.get_by_role("searchbox", name="Filter the tables")
    box.press_sequentially("order")
    expect(options).to_have_count(6)
    # A long name is cut in its middle, and whole where the pointer rests.
    name = "order_attachment_with_a_name_that_is_long"
    long = page.locator(f'.nbm-t-list [title^="{name}: "]')
    cut, tail = long.locator(".nbm-t-head"), long.locator(".nbm-t-tail")
    assert cut.evaluate("head => head.scrollWidth > head.clientWidth")
    expect(tail).to_have_text(name[-9:])
    assert tail.evaluate("tail => tail.scrollWidth <= tail.clientWidth + 1")
    box.fill("nothing like that")
    expect(page.get_by_text("No table has that in its name.")).to_be_visible()
    # By keyboard: down from the box into the list, and along it.
    box.fill("order")
    box.press("ArrowDown")
    expect(page.locator(".nbm-t-rows code").first).to_have_text("order")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".nbm-t-rows code").first).to_have_text(name)
    page.keyboard.press("End")
    expect(page.locator(".nbm-t-rows code").first).to_have_text("order_status")
    box.fill("")


def test_rows_by_mouse_and_by_keyboard(page: Page) -> None:
    open_tab(page, "Tables")
    page.locator('.nbm-t-list [title^="order_item: "]').click()
    place = page.locator(".nbm-t-place")
    expect(place).to_have_text("1 to 50 of 120 rows")
    page.get_by_role("button", name="Next rows").click()
    expect(first(page, 0)).to_have_text("51")
    head = page.locator(".nbm-t-rows th").nth(3)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    # The focus stays on what was pressed, so that Enter turns the order round.
    expect(head.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(first(page, 3)).to_have_text("100")
    page.get_by_role("searchbox", name="Filter rows").fill("kind = kind 2")
    expect(place).to_have_text("40 rows")
    page.get_by_role("searchbox", name="Filter rows").fill("amount < 3")
    expect(place).to_have_text(f"{sum(n * 37 % 101 < 3 for n in range(1, 121))} rows")
    vars(page)["lab"].photograph(page.locator(".nbm-explorer"), "tables-searched")
    page.get_by_role("searchbox", name="Filter rows").press("Escape")
    expect(place).to_have_text("1 to 50 of 120 rows")


def test_a_foreign_key_is_followed_and_back(page: Page) -> None:
    open_tab(page, "Tables")
    page.locator('.nbm-t-list [title^="ticket_item: "]').click()
    # The table that was shown before has links, too.
    expect(page.locator(".nbm-t-rows code").first).to_have_text("ticket_item")
    links = page.locator(".nbm-link")
    expect(links).to_have_count(50)
    # One stop for the Tab key, and arrows along it.
    assert links.evaluate_all("all => all.filter(each => each.tabIndex === 0).length") == 1
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".nbm-t-match")).to_have_text("id = 6")
    # The step has changed the table, and no row of it: there is no column of signs.
    expect(first(page, 1)).to_have_text("ticket 6")
    expect(page.locator(".nbm-t-list [aria-selected=true]")).to_contain_text("ticket")
    expect(page.get_by_role("button", name="Back to the rows before")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".nbm-t-rows code").first).to_have_text("ticket_item")


def node(page: Page, table: str) -> Locator:
    """A table in the drawing."""
    return page.locator(f'.nbm-e-canvas [data-table="{table}"]')


def test_the_drawing_of_sixty_tables(page: Page) -> None:
    open_tab(page, "Schema")
    nodes = page.locator(".nbm-e-canvas [data-table]")
    expect(nodes).to_have_count(60)
    # It opens on what the step changed, in letters that can be read.
    expect(node(page, "ticket")).to_be_in_viewport(ratio=1)
    size = "node => parseFloat(getComputedStyle(node.querySelector('text')).fontSize) * node.getCTM().a"
    assert node(page, "ticket").evaluate(size) >= 11
    level = page.locator(".nbm-e-level")
    level.click()
    expect(level).to_have_text("fit")
    canvas = page.locator(".nbm-e-canvas")
    assert canvas.evaluate("it => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight + 1")
    vars(page)["lab"].photograph(page.locator(".nbm-explorer"), "schema-fit")
    page.get_by_role("button", name="Show what the last step changed").click()
    expect(node(page, "ticket")).to_be_in_viewport(ratio=1)
    # The mouse moves it; the keys zoom.
    before = canvas.evaluate("it => [it.scrollLeft, it.scrollTop]")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 230, steps=4)
    page.mouse.up()
    assert canvas.evaluate("it => [it.scrollLeft, it.scrollTop]") == [before[0] - 50, before[1] - 30]
    canvas.focus()
    page.keyboard.press("-")
    expect(level).to_have_text("85 %")
    page.keyboard.press("0")
    expect(level).to_have_text("fit")
    # No table hides another.
    covered = nodes.evaluate_all(
        """all => all.filter(each => {
          const at = each.querySelector('text').getBoundingClientRect();
          const seen = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
          return seen?.closest('[data-table]') !== each;
        }).map(each => each.dataset.table)"""
    )
    assert covered == []


def test_a_table_is_found_in_the_drawing_and_drawn_with_its_neighbours(page: Page) -> None:
    open_tab(page, "Schema")
    page.get_by_role("searchbox", name="Find a table or column").fill("visit_item")
    expect(node(page, "visit_item")).to_be_in_viewport(ratio=1)
    expect(page.locator(".nbm-e-count")).to_have_text("1 of 1")
    page.get_by_role("searchbox", name="Find a table or column").fill("invoice_id")
    # Five parts, and the areas that refer to it; a table of that name there is none.
    expect(page.locator(".nbm-e-count")).to_have_text("1 of 7")
    page.keyboard.press("Enter")
    expect(page.locator(".nbm-e-count")).to_have_text("2 of 7")
    page.get_by_role("searchbox", name="Find a table or column").fill("invoice")
    expect(page.locator(".nbm-e-selected")).to_have_attribute("data-table", "invoice")
    page.get_by_role("button", name="Draw only invoice and its neighbours").click()
    nodes = page.locator(".nbm-e-canvas [data-table]")
    expect(nodes).to_have_count(9)
    # Of few tables all columns are drawn.
    expect(node(page, "invoice")).to_contain_text("amount")
    page.get_by_role("button", name="Draw all tables").click()
    expect(nodes).to_have_count(60)
    page.get_by_role("searchbox", name="Find a table or column").fill("")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_rows(page: Page, theme: str) -> None:
    """As they come: marked, with links, sorted, a page later, searched in vain, and come to by a key."""
    vars(page)["lab"].choose_theme(page, theme)
    accuse = vars(page)["lab"].accuse
    open_tab(page, "Tables")
    page.locator('.nbm-t-list [title^="ticket: "]').click()
    expect(page.locator(".nbm-t-rows th", has_text="urgency")).to_contain_text("column urgency new")
    assert accuse(page, ".nbm-explorer") == []
    page.locator('.nbm-t-list [title^="ticket_item: "]').click()
    page.locator(".nbm-t-rows th").nth(1).get_by_role("button").click()
    page.get_by_role("button", name="Next rows").click()
    expect(page.locator(".nbm-t-place")).to_have_text("51 to 100 of 120 rows")
    assert accuse(page, ".nbm-explorer") == []
    page.locator(".nbm-link").first.click()
    expect(page.locator(".nbm-t-match")).to_contain_text("id = ")
    assert accuse(page, ".nbm-explorer") == []
    page.get_by_role("button", name="Show all rows of this table").click()
    box = page.get_by_role("searchbox", name="Filter rows")
    box.fill("nothing like that")
    expect(page.locator(".nbm-t-place")).to_have_text("No rows")
    page.get_by_role("searchbox", name="Filter the tables").fill("nothing like that")
    assert accuse(page, ".nbm-explorer") == []
    page.get_by_role("searchbox", name="Filter the tables").fill("")
    box.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_drawing(page: Page, theme: str) -> None:
    """All of it, with something found, and a few tables alone."""
    vars(page)["lab"].choose_theme(page, theme)
    accuse = vars(page)["lab"].accuse
    open_tab(page, "Schema")
    expect(page.locator(".nbm-e-canvas [data-table]")).to_have_count(60)
    assert accuse(page, ".nbm-explorer") == []
    box = page.get_by_role("searchbox", name="Find a table or column")
    box.fill("invoice")
    page.get_by_role("button", name="Draw only invoice and its neighbours").click()
    expect(page.locator(".nbm-e-canvas [data-table]")).to_have_count(9)
    assert accuse(page, ".nbm-explorer") == []
    page.get_by_role("button", name="Draw all tables").click()
    expect(page.locator(".nbm-e-canvas [data-table]")).to_have_count(60)
    box.fill("")


@pytest.mark.parametrize("width", [800, 1400])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures(page: Page, theme: str, width: int) -> None:
    vars(page)["lab"].choose_theme(page, theme)
    page.set_viewport_size({"width": width, "height": 700 if width == 800 else 900})
    for title in ("What it does", "Tables", "Schema"):
        open_tab(page, title)
        page.wait_for_timeout(400)
        vars(page)["lab"].photograph(page, f"many-{theme}-{width}-{title.split()[0].lower()}")
        # Nothing sticks out.
        assert page.locator(".nbm-explorer").evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")


def test_at_800_pixels_the_details_are_seen_without_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 700})
    open_tab(page, "What it does")
    page.locator(".nbm-live-graph [data-rev=a1]").first.click()
    # The cell that shows the panel is at the top.
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    expect(page.locator(".nbm-selected-id")).to_have_text("a1")
    expect(page.locator(".nbm-selected-id")).to_be_in_viewport(ratio=1)
    expect(page.locator(".widget-tab-contents h4").first).to_be_in_viewport(ratio=1)
    expect(page.locator(".nbm-live-graph [data-rev=a1]").first).to_be_in_viewport()
    page.locator(".nbm-live-graph [data-rev=b2]").first.click()
    expect(page.locator(".nbm-selected-id")).to_have_text("b2")
    expect(page.get_by_text("Add column urgency (INTEGER) to table ticket.")).to_be_in_viewport(ratio=1)
