"""The graph widget in JupyterLab in Chromium: by mouse, by keyboard, in every theme, without a network."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

THEMES = ("light", "dark")
#: WCAG 2.2, success criterion 1.4.3: what text must have over its ground.
ENOUGH_CONTRAST = 4.5

CELLS = [
    """from nbmigrate.graph import Revision, RevisionGraph
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.notebook.drawing.graph_widget import GraphWidget

graph = RevisionGraph([
    Revision("a", doc="accounts"),
    Revision("b", ("a",), branch_labels=("users",), doc="who may enter"),
    Revision("c", ("a",), doc="invoices <b>and</b> lines"),
    Revision("m", ("b", "c"), doc="merge both"),
    Revision("x", depends_on=("c",), doc="audit"),
])
small = GraphWidget(graph, Marks.at(graph, ("b",)), engine="lanes")
got = []
small.on_activate(got.append)
small""",
    "small",
    """line = RevisionGraph(
    Revision(f"r{n:05d}", (f"r{n - 1:05d}",) if n else (), doc=f"step {n}") for n in range(10_000)
)
long = GraphWidget(line, Marks.at(line, ("r05000",)))
long""",
    """graph_of_heads = RevisionGraph([Revision("base"), *(Revision(f"h{n:04d}", ("base",)) for n in range(3000))])
wide = GraphWidget(graph_of_heads, Marks.at(graph_of_heads, ("h1500",)))
wide""",
    """def parents(n):
    return () if not n else (f"{n - 3:012x}",) if n % 3 == 2 and n > 3 else (f"{n - 1:012x}",)
wordy_graph = RevisionGraph(
    Revision(f"{n:012x}", parents(n), doc=f"step {n} which says at length what it does and why, as people do")
    for n in range(300)
)
wordy = GraphWidget(wordy_graph, Marks.at(wordy_graph, (f"{150:012x}",)))
wordy""",
]
SMALL, AGAIN, LONG, WIDE, WORDY = range(5)

#: The contrast of each text of a drawing with the box that it stands in.
CONTRASTS = """elements => {
  const parse = text => {
    const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
    return [...[r, g, b].map(v => text.startsWith('color(srgb') ? v * 255 : v), a ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = color => {
    const [r, g, b] = color.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return elements.filter(element => element.getClientRects().length).map(element => {
    const row = element.closest('.nbm-node, .nbm-fold'), shapes = [...row.querySelectorAll('.nbm-box, .nbm-tint')];
    if (element.previousElementSibling?.matches('.nbm-pill')) shapes.push(element.previousElementSibling);
    let below = [255, 255, 255, 1];
    for (const shape of shapes) {
      const style = getComputedStyle(shape);
      if (style.fill === 'none') continue;
      const fill = parse(style.fill);
      fill[3] *= Number(style.fillOpacity);
      below = over(fill, below);
    }
    const [high, low] = [light(over(parse(getComputedStyle(element).fill), below)), light(below)].sort((a, b) => b - a);
    return [element.textContent, (high + 0.05) / (low + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def opened(jupyterlab: Any, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The notebook, all cells run."""
    folder = tmp_path_factory.mktemp("lab") / "work"
    folder.mkdir()
    jupyterlab.write(folder / "graph.ipynb", CELLS)
    page: Page = jupyterlab.open(folder, "graph.ipynb", width=1600, height=1200)
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.locator(".nbm-live-graph")).to_have_count(len(CELLS), timeout=60_000)
    return page


@pytest.fixture
def page(opened: Page) -> Page:
    """The same page with its widgets as they were at first."""
    run(
        opened,
        "small.selected = long.selected = wide.selected = ''; small.busy = False; small.problem = ''; got.clear()\n"
        "small.show(graph, Marks.at(graph, ('b',))); small.found = {}\n"
        "long.show(line, Marks.at(line, ('r05000',))); long.focus_on('r05000')",
    )
    opened.evaluate("document.activeElement?.blur()")
    for box in opened.locator(".nbm-live-graph input").all():
        box.fill("")
    opened.wait_for_timeout(300)
    return opened


def run(page: Page, code: str) -> str:
    """Run code in the notebook's kernel and return what it prints."""
    return str(vars(page)["lab"].run(page, code))


def widget(page: Page, number: int) -> Locator:
    found = page.locator(".nbm-live-graph").nth(number)
    found.scroll_into_view_if_needed()
    return found


def row(graph: Locator, revision: str) -> Locator:
    return graph.locator(f'.nbm-node[data-rev="{revision}"]')


def selected(graph: Locator) -> Locator:
    return graph.locator('.nbm-node[aria-pressed="true"]')


def expect_printed(page: Page, code: str, expected: str) -> None:
    """Wait until `code` prints what is expected."""
    end = time.monotonic() + 10
    while (printed := run(page, code)) != expected:
        assert time.monotonic() < end, printed
        page.wait_for_timeout(50)


def choose_theme(page: Page, name: str) -> None:
    vars(page)["lab"].choose_theme(page, name)


def test_every_revision_is_a_button_with_a_name(page: Page) -> None:
    small = widget(page, SMALL)
    names = small.locator(".nbm-node").evaluate_all("rows => rows.map(row => row.getAttribute('aria-label'))")
    assert sorted(names) == [
        "a, branchpoint, applied: accounts",
        "b, users, current position: who may enter",
        "c, not applied: invoices <b>and</b> lines",
        "m, users, head, mergepoint, not applied: merge both",
        "x, head, not applied: audit",
    ]
    expect(small.get_by_role("button", name="b, users, current position")).to_have_attribute(
        "aria-current", "true"
    )
    expect(small.get_by_role("group", name="Revision graph")).to_be_visible()
    # The Tab key comes to the current position.
    expect(small.locator('.nbm-node[tabindex="0"]')).to_have_count(1)
    expect(small.locator('.nbm-node[tabindex="0"]')).to_have_attribute("data-rev", "b")
    visible = small.locator(".nbm-now").evaluate_all(
        "groups => groups.filter(group => group.getClientRects().length).map("
        "group => group.closest('.nbm-node').dataset.rev)"
    )
    assert visible == ["b"]


def test_a_click_selects_in_every_view(page: Page) -> None:
    small, again = widget(page, SMALL), widget(page, AGAIN)
    row(small, "c").click()
    for view in (small, again):
        expect(selected(view)).to_have_count(1)
        expect(selected(view)).to_have_attribute("data-rev", "c")
    expect_printed(page, "print(small.selected, got)", "c []")


def test_two_clicks_activate(page: Page) -> None:
    row(widget(page, AGAIN), "m").dblclick()
    expect_printed(page, "print(small.selected, got)", "m ['m']")
    assert page.evaluate("String(window.getSelection())") == ""


def test_by_keyboard_alone(page: Page) -> None:
    small = widget(page, SMALL)
    run(page, "small.selected = 'b'")
    expect(selected(small)).to_have_attribute("data-rev", "b")
    small.locator("input").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.nbm-node')"):
            break
    notebook = (
        "(n => [n.activeCellIndex, n.mode, n.widgets.length])(window.jupyterapp.shell.currentWidget.content)"
    )
    before = page.evaluate(notebook)
    # The Tab key comes to the selected one.
    visited = [page.evaluate("document.activeElement.dataset.rev")]
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
        visited.append(page.evaluate("document.activeElement.dataset.rev"))
    assert visited == ["b", "m", "b", "a", "b", "m", "a", "c", "a"]
    expect_printed(page, "print(small.selected)", "a")
    page.keyboard.press("Enter")
    expect_printed(page, "print(got)", "['a']")
    assert page.evaluate(notebook) == before
    ring = "document.activeElement.querySelector('.nbm-ring')"
    assert page.evaluate(f"getComputedStyle({ring}).stroke") != "none"


def test_a_step_marks_without_drawing(page: Page) -> None:
    small = widget(page, SMALL)
    row(small, "c").click()
    small.locator("svg.nbm-live").first.evaluate("svg => { svg.untouched = true }")
    x_of_message = "row => row.querySelector('.nbm-rest text:last-child').getBoundingClientRect().left"
    moved = row(small, "m").evaluate(x_of_message)
    run(page, "small.show(graph, Marks.at(graph, ('m',)))")
    expect(row(small, "m")).to_have_attribute("aria-current", "true")
    expect(row(small, "m")).to_have_attribute(
        "aria-label", "m, users, head, mergepoint, current position: merge both"
    )
    expect(row(small, "m").locator(".nbm-now")).to_be_visible()
    assert row(small, "m").evaluate(x_of_message) > moved + 40
    expect(row(small, "b")).to_have_attribute("aria-label", "b, users, applied: who may enter")
    expect(row(small, "b").locator(".nbm-now")).to_be_hidden()
    assert row(small, "b").get_attribute("aria-current") is None
    assert (row(small, "b").locator("title").text_content() or "").startswith("b, users, applied\n")
    classes = small.locator(".nbm-node").evaluate_all(
        "rows => rows.map(row => [row.dataset.rev, row.getAttribute('class')])"
    )
    assert dict(classes) == {
        "m": "nbm-node nbm-current nbm-applied",
        "b": "nbm-node nbm-applied",
        "c": "nbm-node nbm-applied",
        "a": "nbm-node nbm-applied",
        "x": "nbm-node nbm-pending",
    }
    assert small.locator(".nbm-edge.nbm-applied").count() == 4
    expect(small.locator(".nbm-g-summary")).to_have_text(
        "5 revisions, the newest on top. 4 applied, 1 not applied. Current: m."
    )
    assert small.locator("svg.nbm-live").first.evaluate("svg => svg.untouched === true")
    expect(selected(small)).to_have_attribute("data-rev", "c")


def test_while_busy_nothing_is_activated(page: Page) -> None:
    small = widget(page, SMALL)
    run(page, "small.busy = True")
    expect(small).to_have_attribute("aria-busy", "true")
    row(small, "m").dblclick()
    page.keyboard.press("Enter")
    run(page, "small.busy = False")
    expect(small).to_have_attribute("aria-busy", "false")
    page.keyboard.press("Enter")
    expect_printed(page, "print(got)", "['m']")


def test_ten_fast_presses_are_one_step(page: Page) -> None:
    run(
        page,
        "def go(revision):\n"
        "    import time; time.sleep(1.5); small.show(graph, Marks.at(graph, (revision,)))\n"
        "small.on_activate(go)",
    )
    small = widget(page, SMALL)
    row(small, "m").click()
    # At once: on a busy machine ten presses through the browser's protocol take longer than the step.
    row(small, "m").evaluate(
        "node => { for (let i = 0; i < 10; i++)"
        " node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })) }"
    )
    expect(row(small, "m")).to_have_attribute("aria-current", "true")
    expect_printed(page, "print(got)", "['m']")
    run(page, "small._activated.remove(go)")


def test_search(page: Page) -> None:
    small = widget(page, SMALL)
    row(small, "a").click()
    page.keyboard.press("/")
    page.keyboard.type("IN")
    expect(small.locator(".nbm-g-count")).to_have_text("1 found")
    expect(small.locator(".nbm-found")).to_have_attribute("data-rev", "c")
    page.keyboard.press("Enter")
    expect(selected(small)).to_have_attribute("data-rev", "c")
    expect(small.locator(".nbm-g-count")).to_have_text("1 of 1")
    page.keyboard.type("valid")
    expect(small.locator(".nbm-g-count")).to_have_text("not found")
    page.keyboard.press("Escape")
    expect(small.locator(".nbm-found")).to_have_count(0)
    expect(row(small, "c")).to_be_focused()
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)


def test_zoom(page: Page) -> None:
    small = widget(page, SMALL)

    def width() -> float:
        return float(small.locator("svg.nbm-live").first.evaluate("svg => svg.getBoundingClientRect().width"))

    natural = width()
    small.get_by_role("button", name="Zoom in").click()
    assert width() == pytest.approx(1.2 * natural, abs=1)
    small.get_by_role("button", name="Zoom out").click()
    small.get_by_role("button", name="Zoom out").click()
    assert width() == pytest.approx(0.85 * natural, abs=1)
    row(small, "a").click()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert width() == pytest.approx(1.2 * natural, abs=1)
    page.keyboard.press("0")
    assert width() == pytest.approx(natural, abs=1)
    expect(small.get_by_role("button", name="Zoom: fit")).to_be_visible()


def test_a_long_history_is_walked_through(page: Page) -> None:
    long = widget(page, LONG)
    assert long.locator(".nbm-node").count() < 100
    expect(long.locator(".nbm-g-summary")).to_contain_text("10,000 revisions, the newest on top.")
    fold = long.locator(".nbm-fold").last
    expect(fold).to_have_attribute("aria-label", "… 4,960 older revisions, applied")
    fold.click()
    expect(row(long, "r04950")).to_have_count(1)
    expect(row(long, "r04959")).to_be_focused()
    expect_printed(page, "print(repr(long.selected))", "''")
    row(long, "r04960").click()
    # Faster than the window follows.
    for _ in range(60):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(30)
    # At the edge of the window a key may have met a fold before the rows behind it came.
    expect(long.locator('.nbm-node[aria-pressed="true"]:focus')).to_have_attribute(
        "data-rev", re.compile(r"r049(0[0-9]|10)")
    )
    expect(selected(long)).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(row(long, "r09999")).to_be_focused()
    expect(selected(long)).to_have_attribute("data-rev", "r09999")
    page.keyboard.press("End")
    expect(row(long, "r00000")).to_be_focused()
    expect(row(long, "r00000")).to_be_in_viewport()
    long.get_by_role("button", name="Show the current position").click()
    expect(row(long, "r05000")).to_be_in_viewport()


def test_a_search_in_a_long_history_goes_there(page: Page) -> None:
    long = widget(page, LONG)
    long.locator("input").fill("r0777")
    expect(long.locator(".nbm-g-count")).to_have_text("10 found")
    long.get_by_role("button", name="Found next").click()
    expect(selected(long)).to_have_attribute("data-rev", "r07779")
    expect(row(long, "r07779")).to_be_in_viewport()
    long.get_by_role("button", name="Found next").click()
    expect(selected(long)).to_have_attribute("data-rev", "r07778")
    expect(long.locator(".nbm-g-count")).to_have_text("2 of 10")
    expect(long.locator(".nbm-found")).to_have_count(10)


def test_the_view_stays_where_it_is_when_the_window_moves(page: Page) -> None:
    long = widget(page, LONG)
    row(long, "r04985").click()
    top = row(long, "r04985").evaluate("row => row.getBoundingClientRect().top")
    run(page, "long.focus_on('r01000')")
    expect(row(long, "r01000")).to_have_count(1)
    assert row(long, "r04985").evaluate("row => row.getBoundingClientRect().top") == pytest.approx(top, abs=1)


def test_three_thousand_heads(page: Page) -> None:
    wide = widget(page, WIDE)
    assert wide.locator(".nbm-node").count() < 100
    row(wide, "h1500").click()
    page.keyboard.press("ArrowDown")
    expect(row(wide, "base")).to_be_focused()
    # The window moves to the selection: the heads next to the base come instead of those next to h1500.
    expect(row(wide, "h2999")).to_be_attached()
    page.keyboard.press("ArrowLeft")
    expect(row(wide, "h2999")).to_be_focused()
    wide.locator(".nbm-fold").last.focus()
    page.keyboard.press("Enter")
    expect(wide.locator(".nbm-node:focus")).to_have_count(1)


def test_what_could_run_is_not_let_in(page: Page) -> None:
    run(
        page,
        "svg = small.svg\n"
        "small.svg = svg.replace('</svg>', '<script>window.pwned = 1</script>"
        '<g onclick="window.pwned = 2"><a href="http://example.com"><text class="odd">x</text></a></g>'
        '<foreignObject/><image href="http://example.com/x.png"/></svg>\')',
    )
    small = widget(page, SMALL)
    expect(small.locator("g:not([class])").last).to_be_attached()
    assert (
        small.locator("svg.nbm-live script, svg.nbm-live a, svg.nbm-live image, foreignObject").count() == 0
    )
    assert small.locator("[onclick]").count() == 0
    assert page.evaluate("window.pwned") is None
    run(page, "small.svg = 'no <svg'")
    expect(small.locator(".nbm-node")).to_have_count(0)
    run(page, "small.svg = svg")
    expect(small.locator(".nbm-node")).to_have_count(5)


@pytest.mark.parametrize("width", [800, 1400])
def test_names_are_read_at_fit(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    graph = widget(page, WORDY)
    expect(graph.locator(".nbm-g-level")).to_have_text("fit")
    page.wait_for_timeout(300)
    vars(page)["lab"].photograph(graph, f"graph-widget-wordy-{width}")
    canvas = graph.locator(".nbm-g-canvas")
    names = canvas.locator(".nbm-id").evaluate_all(
        """all => all.map(each => {
          const frame = each.closest('.nbm-g-canvas').getBoundingClientRect(), box = each.getBoundingClientRect();
          const size = parseFloat(getComputedStyle(each).fontSize) * each.getCTM().a;
          return [size, box.left >= frame.left && box.right <= frame.right];
        })"""
    )
    assert len(names) > 50
    assert (min(size for size, _ in names) >= 10.5, all(seen for _, seen in names)) == (True, True)
    # Whoever looks for the end of a message rests the pointer on it, or looks at the drawing in its own size.
    message = canvas.locator(f'[data-rev="{150:012x}"] .nbm-rest > text').last
    whole = "step 150 which says at length what it does and why, as people do"
    if width == 800:
        assert (message.text_content() or "").endswith("…")
        expect(canvas.locator(f'[data-rev="{150:012x}"] title')).to_contain_text(whole)
    graph.get_by_role("button", name="Zoom in").click()
    expect(message).to_have_text(whole)
    graph.locator(".nbm-g-level").click()
    page.set_viewport_size({"width": 1600, "height": 1200})


def test_an_error_is_shown(page: Page) -> None:
    run(page, "small.problem = 'The <b>disk</b> is full.'")
    expect(widget(page, SMALL).get_by_role("alert")).to_have_text("The <b>disk</b> is full.")
    run(page, "small.problem = ''")
    expect(widget(page, SMALL).locator(".nbm-g-problem")).to_be_hidden()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [800, 1600])
def test_themes(page: Page, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1200})
    choose_theme(page, theme)
    small = widget(page, SMALL)
    row(small, "c").click()
    for number, name in ((SMALL, "small"), (LONG, "long")):
        graph = widget(page, number)
        texts = graph.locator(".nbm-node text, .nbm-fold text").evaluate_all(CONTRASTS)
        assert len(texts) > 10
        # The word "current" is bold on the theme's own brand colour.
        assert [found for found in texts if found[1] < ENOUGH_CONTRAST and found[0] != "current"] == []
        inside = graph.evaluate("graph => graph.scrollWidth <= graph.clientWidth")
        assert inside, "wider than the cell"
        vars(page)["lab"].photograph(graph, f"graph-widget-{name}-{theme}-{width}")
    page.set_viewport_size({"width": 1600, "height": 1200})


def test_high_contrast(page: Page, tmp_path: Path) -> None:
    page.emulate_media(forced_colors="active")
    small = widget(page, SMALL)
    row(small, "c").click()
    colours = small.locator(".nbm-box, .nbm-edge").evaluate_all(
        "shapes => shapes.map(shape => getComputedStyle(shape).stroke)"
    )
    assert "rgb(125, 133, 144)" not in colours
    small.screenshot(path=tmp_path / "forced-colors.png")
    page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious(page: Page, theme: str) -> None:
    choose_theme(page, theme)
    row(widget(page, SMALL), "c").click()
    assert vars(page)["lab"].accuse(page, ".nbm-live-graph") == []


def test_nothing_is_asked_for_elsewhere_and_nothing_breaks(page: Page) -> None:
    assert vars(page)["asked"] == []
    assert vars(page)["errors"] == []
