"""The explorer in JupyterLab in Chromium: by mouse, by keyboard, clicked like mad, light and dark, offline."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

THEMES = ("light", "dark")
#: WCAG 2.2, success criterion 1.4.3: what text must have over its ground.
ENOUGH_CONTRAST = 4.5

CELLS = [
    """%load_ext nbmigrate
from nbmigrate import Project
from nbmigrate.notebook.explorer.explorer import Explorer
e = Explorer(Project.open())
e""",
    "Explorer(Project.open(), read_only=True)",
]
FAILING = """
def upgrade():
    op.execute('INSERT INTO nowhere VALUES (1)')


def downgrade():
    pass
"""

#: It waits only where it runs.
LONG = """
def upgrade():
    op.add_column('customer', sa.Column('phone', sa.Text))
    if op.get_context().running:
        import time

        for _ in range(600):
            time.sleep(0.1)


def downgrade():
    op.drop_column('customer', 'phone')
"""

#: The contrast of the text of elements with what lies under it.
CONTRASTS = """elements => {
  const parse = text => {
    const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
    return [...[r, g, b].map(v => text.startsWith('color(srgb') ? v * 255 : v), a ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(parse(getComputedStyle(at).backgroundColor));
    return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = color => {
    const [r, g, b] = color.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return elements.filter(element => element.getClientRects().length && element.textContent).map(element => {
    const below = ground(element), ink = parse(getComputedStyle(element).color);
    const [high, low] = [light(over(ink, below)), light(below)].sort((a, b) => b - a);
    return [element.textContent, (high + 0.05) / (low + 0.05)];
  });
}"""


#: How a color stands out from the ground of a page with forced colors.
CONTRAST_WITH_CANVAS = """(panel, color) => {
  const probe = document.createElement('span');
  probe.style.cssText = 'forced-color-adjust: none; background-color: Canvas';
  panel.append(probe);
  const ground = getComputedStyle(probe).backgroundColor;
  probe.remove();
  const light = text => {
    const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
    if (a === 0) return light(ground);
    const parts = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  if (!color || color === 'none') return 1;
  const [high, low] = [light(color), light(ground)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}"""

#: The shapes of each revision, as they are seen without colors.
MARKS = (
    "graph => { const contrast = color => (" + CONTRAST_WITH_CANVAS + ")(graph.parentElement, color);"
    """
  const seen = (color, yes, no) => color === 'none' ? 'none' : contrast(color) >= 3 ? yes : no;
  return Object.fromEntries([...graph.querySelectorAll('.nbm-node')].map(node => {
    const style = name => getComputedStyle(node.querySelector(`.nbm-${name}`));
    const box = seen(style('box').stroke, style('box').strokeDasharray === 'none' ? 'solid' : 'dashed', 'unseen');
    if (seen(style('dot').stroke, 'seen', 'unseen') !== 'seen') return [node.dataset.rev, 'no dot'];
    const dot = seen(style('dot').fill, 'full', 'empty'), core = seen(style('core').fill, 'full', 'empty');
    return [node.dataset.rev, { box, dot, core, bar: seen(style('chosen').stroke, 'line', 'unseen') }];
  }));
}"""
)


@pytest.fixture(scope="module")
def folder(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project of three revisions, for a notebook."""
    folder = tmp_path_factory.mktemp("lab") / "work"
    shutil.copytree(template, folder)
    return folder


@pytest.fixture(scope="module")
def opened(jupyterlab: Any, folder: Path) -> Page:
    """The notebook, all cells run."""
    jupyterlab.write(folder / "explore.ipynb", CELLS)
    page: Page = jupyterlab.open(folder, "explore.ipynb", width=1600, height=1800)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".nbm-explorer")).to_have_count(2, timeout=60_000)
    return page


@pytest.fixture
def page(opened: Page, folder: Path) -> Page:
    """The same page, the database at b2, nothing asked and nothing wrong."""
    run(opened, "%migrate -q downgrade a1\n%migrate -q upgrade b2\ne.press('refresh'); e.select('b2')")
    run(opened, "e.panels.tabs.selected_index = 0; e.press('no')")
    expect(said(opened)).to_have_text("at b2 an email, 2 of 3")
    return opened


def run(page: Page, code: str) -> str:
    """Run code in the notebook's kernel and return what it prints."""
    return str(vars(page)["lab"].run(page, code))


def read(page: Page) -> None:
    """Wait until what the buttons do has been on the screen for long enough to be read: before, a key does nothing."""
    page.wait_for_timeout(600)


def heads(folder: Path) -> list[str]:
    """Where the database stands, asked without any of our code."""
    connection = sqlite3.connect(folder / "db_file.db")
    try:
        return sorted(row[0] for row in connection.execute("SELECT version_num FROM alembic_version"))
    finally:
        connection.close()


def panel(page: Page, nth: int = 0) -> Locator:
    return page.locator(".nbm-explorer").nth(nth)


def said(page: Page, nth: int = 0) -> Locator:
    return panel(page, nth).locator(".nbm-said").first


def press(page: Page, name: str) -> Locator:
    """Return a button of the first explorer."""
    return panel(page).get_by_role("button", name=name, exact=True)


def node(page: Page, revision: str, nth: int = 0) -> Locator:
    return panel(page, nth).locator(f'[data-rev="{revision}"]').first


def choose_theme(page: Page, name: str) -> None:
    vars(page)["lab"].choose_theme(page, name)


def cells(page: Page) -> int:
    return int(page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length"))


def test_steps_by_button(page: Page, folder: Path) -> None:
    press(page, "One up").click()
    expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
    expect(panel(page).locator(".nbm-notice").first).to_have_text("Applied c3: customer: column phone new.")
    expect(press(page, "One up")).to_have_attribute("aria-disabled", "true")
    expect(press(page, "One up")).to_have_attribute("title", "Everything is applied.")
    assert heads(folder) == ["c3"]
    press(page, "One down").click()
    expect(said(page)).to_have_text("at b2 an email, 2 of 3")
    assert heads(folder) == ["b2"]


def test_another_explorer_and_a_cell_are_in_step(page: Page) -> None:
    press(page, "One up").click()
    expect(said(page, 1)).to_have_text("at c3 a phone, 3 of 3 · read only")
    run(page, "%migrate -q downgrade a1")
    expect(said(page)).to_have_text("at a1 customers, 1 of 3")
    expect(said(page, 1)).to_have_text("at a1 customers, 1 of 3 · read only")
    expect(panel(page, 1).get_by_role("button", name="One up", exact=True)).to_have_count(0)


def test_steps_by_the_graph(page: Page, folder: Path) -> None:
    node(page, "c3").dblclick()
    question = panel(page).locator(".nbm-question").first
    expect(question).to_contain_text("Apply c3 (a phone)?")
    expect(question).to_contain_text("Add column phone (TEXT) to table customer.")
    assert heads(folder) == ["b2"]
    press(page, "Apply").click()
    expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
    expect(question).to_be_hidden()


def test_steps_by_keyboard_alone(page: Page, folder: Path) -> None:
    before = cells(page)
    read(page)
    press(page, "One up").focus()
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
    # The focus stays where it was, and letters are no commands to the notebook.
    expect(press(page, "One up")).to_be_focused()
    for key in ("a", "b", "x", "d", "d", "ArrowDown", "j"):
        page.keyboard.press(key)
    assert cells(page) == before
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(press(page, "To base")).to_be_focused()
    read(page)
    page.keyboard.press("Space")
    # What loses data is not said yes to by a key that was meant for something else.
    expect(press(page, "Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page).locator(".nbm-question").first).to_be_hidden()
    assert heads(folder) == ["c3"]
    expect(press(page, "To base")).to_be_focused()


def test_a_question_gives_the_focus_back_to_where_it_came_from(page: Page, folder: Path) -> None:
    question = panel(page).locator(".nbm-question").first
    node(page, "c3").click()
    expect(press(page, "Go to selected")).to_have_attribute("title", "Apply c3 (a phone).")
    for answer in ("Escape", "Enter", "Space"):
        expect(node(page, "c3")).to_be_focused()
        page.keyboard.press("Enter")
        expect(question).to_contain_text("Apply c3 (a phone)?")
        # Nothing would be lost, and still the answer that is chosen is the one that changes nothing.
        expect(press(page, "Cancel")).to_be_focused()
        page.keyboard.press(answer)
        expect(question).to_be_hidden()
    expect(node(page, "c3")).to_be_focused()
    press(page, "One down").focus()
    run(page, "%migrate -q downgrade a1\ne.select('')")
    expect(said(page)).to_have_text("at a1 customers, 1 of 3")
    read(page)
    page.keyboard.press("Enter")
    expect(press(page, "Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(press(page, "One down")).to_be_focused()
    # The graph is drawn again while it is asked: the row is another element then.
    node(page, "a1").focus()
    page.keyboard.press("Enter")
    assert heads(folder) == ["a1"]
    node(page, "c3").focus()
    page.keyboard.press("Enter")
    expect(press(page, "Cancel")).to_be_focused()
    run(page, "svg, e.graph.svg = e.graph.svg, ''; e.graph.svg = svg")
    page.keyboard.press("Escape")
    expect(node(page, "c3")).to_be_focused()


def test_a_key_pressed_twice_runs_nothing_that_was_not_read(page: Page, folder: Path) -> None:
    """Enter, Enter: the second may come at any moment of what the first has begun."""
    read(page)
    press(page, "To base").focus()
    page.keyboard.press("Enter")
    expect(press(page, "Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(press(page, "Undo anyway")).to_be_focused()
    page.keyboard.press("Escape")
    expect(press(page, "To base")).to_be_focused()
    # A question that comes and goes leaves no button that takes the second press for itself.
    for delay in (0, 60, 150, 300):
        page.keyboard.press("Enter")
        page.wait_for_timeout(delay)
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.wait_for_timeout(700)
        assert heads(folder) == ["b2"]
        press(page, "To base").focus()
    # What a step has led to must be seen before the next is taken.
    page.evaluate(
        """() => {
      const button = document.querySelector('.nbm-explorer [data-name="down"]');
      window.pressed = 0;
      const timer = setInterval(() => {
        button.focus();
        button.click();
        if (++window.pressed >= 30 || document.querySelector('.nbm-said').textContent.startsWith('at a1')) {
          button.click();
          clearInterval(timer);
        }
      }, 20);
    }"""
    )
    expect(said(page)).to_have_text("at a1 customers, 1 of 3")
    page.wait_for_timeout(700)
    assert heads(folder) == ["a1"]
    expect(panel(page).locator(".nbm-question").first).to_be_hidden()


def test_editing_begins_at_what_changes_nothing(page: Page) -> None:
    node(page, "c3").click()
    panel(page).get_by_role("tab", name="Source", exact=True).click()
    press(page, "Edit").focus()
    page.keyboard.press("Enter")
    expect(press(page, "Cancel")).to_be_focused()
    read(page)
    page.keyboard.press("Enter")
    expect(press(page, "Edit")).to_be_focused()


def test_rows_are_lost_only_when_that_is_said_yes_to(page: Page, folder: Path) -> None:
    press(page, "To base").click()
    question = panel(page).locator(".nbm-question").first
    expect(question).to_contain_text("1,200 rows of table customer will be lost.")
    expect(question.get_by_role("alert")).to_have_text("Undo 2 revisions: b2, a1? Data would be lost.")
    press(page, "Undo anyway").click()
    expect(said(page)).to_have_text("at base: nothing is applied, 0 of 3")
    assert heads(folder) == []
    # For the tests that follow.
    run(page, "%migrate -q upgrade b2")


def test_ten_fast_clicks_take_one_step(page: Page, folder: Path) -> None:
    run(page, "ended = []; e.model.observe(lambda change: ended.append(change['new']), 'busy')")
    read(page)
    press(page, "One down").evaluate("button => { for (let n = 0; n < 10; n++) button.click() }")
    expect(said(page)).to_have_text("at a1 customers, 1 of 3")
    page.wait_for_timeout(700)
    assert heads(folder) == ["a1"]
    assert run(page, "print(ended)") == "[True, False]"


def test_clicks_while_the_kernel_is_busy_take_one_step(page: Page, folder: Path) -> None:
    page.evaluate(
        """() => { window.busy = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
          .requestExecute({ code: 'import time; time.sleep(2.5)' }) }"""
    )
    for _ in range(5):
        press(page, "One down").click(force=True, no_wait_after=True)
    # What is going on is said, and not that something was done.
    expect(said(page)).to_have_text("Waiting for the kernel …")
    expect(said(page)).to_have_text("at a1 customers, 1 of 3")
    page.wait_for_timeout(700)
    assert heads(folder) == ["a1"]


def test_a_kernel_at_work_is_not_taken_for_a_silent_one(page: Page, folder: Path) -> None:
    page.evaluate(
        """() => { window.busy = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
          .requestExecute({ code: 'import time; time.sleep(11)' }) }"""
    )
    press(page, "One down").click()
    expect(said(page)).to_have_text("Waiting for the kernel …")
    page.evaluate(
        """() => { window.texts = []; window.texting = setInterval(
          () => window.texts.push(document.querySelector('.nbm-said').textContent), 100) }"""
    )
    expect(said(page)).to_have_text("at a1 customers, 1 of 3", timeout=30_000)
    texts = page.evaluate("clearInterval(window.texting), window.texts")
    assert len(texts) > 80
    assert not any("No answer" in text or "restarted" in text for text in texts)


def test_the_toolbars_interrupt_ends_a_step_and_what_waits(page: Page, folder: Path) -> None:
    path = next((folder / "practice" / "versions").glob("c3*.py"))
    before = path.read_text()
    path.write_text(before[: before.index("def upgrade")] + LONG.lstrip())
    try:
        press(page, "Refresh").click()
        press(page, "One up").click()
        progress = panel(page).locator(".nbm-progress").first
        expect(progress).to_contain_text("applying c3 a phone")
        page.evaluate("void window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        expect(panel(page).locator(".nbm-alert")).to_contain_text(
            "Upgrade of revision c3 (a phone) was interrupted"
        )
        expect(progress).to_be_hidden()
        assert heads(folder) == ["b2"]
        # A message of the kernel's main thread lets the next press come there.
        run(page, "e.press('refresh'); e.row.notice = 'ready'")
        page.evaluate(
            """() => { window.busy = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
              .requestExecute({ code: 'import time; time.sleep(30)' }) }"""
        )
        read(page)
        press(page, "One down").click()
        expect(said(page)).to_have_text("Waiting for the kernel …")
        page.evaluate("void window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        expect(panel(page).locator(".nbm-notice").first).to_have_text(
            "Nothing was done: the kernel was interrupted while that press waited."
        )
        assert heads(folder) == ["b2"]
    finally:
        path.write_text(before)
    press(page, "Refresh").click()
    expect(panel(page).locator(".nbm-alert")).to_have_count(0)


def test_an_error_is_shown(page: Page, folder: Path) -> None:
    path = next((folder / "practice" / "versions").glob("c3*.py"))
    before = path.read_text()
    path.write_text(before[: before.index("def upgrade")] + FAILING.lstrip())
    try:
        press(page, "Refresh").click()
        press(page, "One up").click()
        alert = panel(page).locator(".nbm-alert")
        expect(alert).to_contain_text("Upgrade of revision c3 (a phone) failed: no such table: nowhere")
        expect(alert).to_contain_text("INSERT INTO nowhere VALUES (1)")
        expect(alert.get_by_text("Traceback (most recent call last)")).to_be_hidden()
        alert.get_by_text("Traceback", exact=True).click()
        expect(alert.get_by_text("Traceback (most recent call last)").first).to_be_visible()
        expect(said(page)).to_have_text("at b2 an email, 2 of 3")
    finally:
        path.write_text(before)
    press(page, "Refresh").click()
    expect(alert).to_have_count(0)


def test_tabs(page: Page) -> None:
    for title, text in (
        ("SQL", "ALTER TABLE customer ADD COLUMN email TEXT;"),
        ("Source", "op.add_column"),
        ("Tables", "customer 17"),
        ("What it does", "Add column email (TEXT) to table customer."),
    ):
        panel(page).get_by_role("tab", name=title, exact=True).click()
        expect(panel(page).locator(".widget-tab-contents")).to_contain_text(text)
    panel(page).get_by_role("tab", name="Schema", exact=True).click()
    expect(panel(page).get_by_role("img", name="Tables: customer")).to_be_visible()


def test_sql_is_copied(page: Page) -> None:
    origin = page.url.partition("/lab/")[0]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    panel(page).get_by_role("tab", name="SQL", exact=True).click()
    press(page, "Copy").click()
    expect(panel(page).get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == "ALTER TABLE customer ADD COLUMN email TEXT;"


def test_source_is_edited(page: Page, folder: Path) -> None:
    path = next((folder / "practice" / "versions").glob("c3*.py"))
    before = path.read_text()
    node(page, "c3").click()
    panel(page).get_by_role("tab", name="Source", exact=True).click()
    try:
        press(page, "Edit").click()
        area = panel(page).get_by_role("textbox").last
        area.fill(before.replace("phone", "fax"))
        press(page, "Save").click()
        expect(panel(page).locator(".widget-tab-contents")).to_contain_text("'fax'")
        assert path.read_text() == before.replace("phone", "fax")
    finally:
        path.write_text(before)
        press(page, "Refresh").click()


@pytest.mark.parametrize("width", [800, 1600])
@pytest.mark.parametrize("theme", THEMES)
def test_it_is_seen_and_read(page: Page, theme: str, width: int) -> None:
    choose_theme(page, theme)
    page.set_viewport_size({"width": width, "height": 1300})
    try:
        press(page, "One up").click()
        expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
        for title in ("Tables", "Schema", "SQL"):
            panel(page).get_by_role("tab", name=title, exact=True).click()
            page.wait_for_timeout(400)
            vars(page)["lab"].photograph(panel(page), f"explorer-{theme}-{width}-{title.lower()}")
            texts = panel(page).locator(
                ".nbm-button span, .nbm-said, .nbm-notice, td, th, li, h4, .nbm-soft, pre span, .lm-TabBar-tabLabel"
            )
            found = texts.evaluate_all(CONTRASTS)
            assert len(found) > 10
            assert [each for each in found if each[1] < ENOUGH_CONTRAST] == []
        # Nothing sticks out of the page.
        inside = panel(page).evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")
        assert inside
        boxes = [panel(page).locator(f".nbm-{side}").bounding_box() for side in ("left", "right")]
        assert boxes[0] is not None and boxes[1] is not None
        assert (boxes[1]["x"] > boxes[0]["x"]) == (width == 1600)
    finally:
        page.set_viewport_size({"width": 1600, "height": 1800})
        choose_theme(page, "light")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious(page: Page, theme: str) -> None:
    choose_theme(page, theme)
    try:
        node(page, "c3").click()
        panel(page).get_by_role("tab", name="Source", exact=True).click()
        press(page, "Edit").click()
        press(page, "To base").click()
        expect(panel(page).locator(".nbm-question").first).to_be_visible()
        for title in ("Tables", "Schema", "SQL", "Source", "What it does"):
            panel(page).get_by_role("tab", name=title, exact=True).click()
            page.wait_for_timeout(200)
            assert (title, vars(page)["lab"].accuse(page, ".nbm-explorer")) == (title, [])
    finally:
        run(page, "e.panels.source.press('cancel')")
        choose_theme(page, "light")


@pytest.mark.parametrize("scheme", THEMES)
def test_high_contrast(page: Page, scheme: Any) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    try:
        press(page, "To base").click()
        # What is asked about is chosen when the question comes.
        expect(panel(page).locator(".nbm-question").first).to_be_visible()
        node(page, "a1").click()
        expect(node(page, "a1")).to_have_attribute("aria-pressed", "true")
        press(page, "To base").click()
        photograph = vars(page)["lab"].photograph
        for title in ("SQL", "Source", "Tables", "Schema"):
            panel(page).get_by_role("tab", name=title, exact=True).click()
            page.wait_for_timeout(300)
            photograph(panel(page), f"explorer-forced-{scheme}-{title.lower()}")
            found = (
                panel(page)
                .locator(".nbm-button span, .nbm-said, td, th, li, pre span")
                .evaluate_all(CONTRASTS)
            )
            assert [each for each in found if each[1] < ENOUGH_CONTRAST] == []
            # The tab that is open is told by more than a colour.
            lines = (
                panel(page)
                .locator(".lm-TabBar-tabLabel")
                .evaluate_all(
                    "all => all.filter(each => getComputedStyle(each).textDecorationLine === 'underline')"
                    ".map(each => each.textContent)"
                )
            )
            assert lines == [title]
        # Nothing is drawn over the names in the drawing of the tables.
        covered = (
            panel(page)
            .locator(".nbm-entities text")
            .evaluate_all(
                """texts => texts.filter(text => {
              const { x, y, width, height } = text.getBoundingClientRect();
              const seen = document.elementFromPoint(x + width / 2, y + height / 2);
              return text.textContent.trim() && seen !== text;
            }).map(text => text.textContent)"""
            )
        )
        assert covered == []
        inks = (
            panel(page)
            .locator(".nbm-entities text, .nbm-live text:not(.nbm-word-current)")
            .evaluate_all("texts => texts.map(text => getComputedStyle(text).fill)")
        )
        faint = [
            ink for ink in set(inks) if panel(page).evaluate(CONTRAST_WITH_CANVAS, ink) < ENOUGH_CONTRAST
        ]
        assert (len(inks) > 10, faint) == (True, [])
        marks = panel(page).locator(".nbm-live").first.evaluate(MARKS)
        # Current has a ring and a core, applied a full dot, not applied an empty one; the selected one has a bar.
        assert marks == {
            "b2": {"box": "solid", "dot": "empty", "core": "full", "bar": "none"},
            "a1": {"box": "solid", "dot": "full", "core": "none", "bar": "line"},
            "c3": {"box": "dashed", "dot": "empty", "core": "none", "bar": "none"},
        }
    finally:
        page.emulate_media(forced_colors="none", color_scheme="light")


def test_high_contrast_has_a_focus_ring(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    try:
        ring = "element => { const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);"
        ring += " return [outlineStyle, outlineWidth, outlineColor] }"
        press(page, "One up").focus()
        page.keyboard.press("Shift+Tab")
        expect(press(page, "One down")).to_be_focused()
        style, width, color = press(page, "One down").evaluate(ring)
        assert (style, width) == ("solid", "2px")
        assert panel(page).evaluate(CONTRAST_WITH_CANVAS, color) >= 3
        # In the graph it is drawn, since an outline would not follow the shape.
        strokes = "node => [node, document.activeElement].map(each => each.querySelector('.nbm-ring'))"
        strokes += ".map(each => getComputedStyle(each).stroke)"
        node(page, "c3").focus()
        page.keyboard.press("ArrowDown")
        resting, focused = node(page, "c3").evaluate(strokes)
        assert resting == "none"
        assert panel(page).evaluate(CONTRAST_WITH_CANVAS, focused) >= 3
        vars(page)["lab"].photograph(panel(page).locator(".nbm-left"), "explorer-forced-focus")
    finally:
        page.emulate_media(forced_colors="none")


def test_nothing_is_asked_for_elsewhere_and_nothing_breaks(page: Page) -> None:
    assert vars(page)["asked"] == []
    assert vars(page)["errors"] == []


def test_the_page_is_loaded_again(page: Page, folder: Path) -> None:
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(500)
    page.reload(wait_until="domcontentloaded")
    vars(page)["lab"].wait_for_kernel(page)
    expect(said(page)).to_have_text("at b2 an email, 2 of 3", timeout=30_000)
    press(page, "One up").click()
    expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
    assert heads(folder) == ["c3"]
    press(page, "One down").click()
    expect(said(page)).to_have_text("at b2 an email, 2 of 3")


def test_a_kernel_that_was_restarted_is_said_to_be_silent(page: Page, folder: Path) -> None:
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    vars(page)["lab"].wait_for_kernel(page)
    press(page, "One up").click()
    expect(said(page)).to_contain_text("If it was restarted, run the cell again.", timeout=15_000)
    assert heads(folder) == ["b2"]
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(said(page)).to_have_text("at b2 an email, 2 of 3", timeout=30_000)
    press(page, "One up").click()
    expect(said(page)).to_have_text("at c3 a phone, 3 of 3")
