"""The tutorial as a reader has it: JupyterLab in Chromium, light and dark, without a network."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-tutorial.ipynb"
THEMES = ("light", "dark")
#: WCAG 2.2, success criterion 1.4.3: what text must have over its ground.
ENOUGH_CONTRAST = 4.5

#: The contrast of each element's text with what lies under it: grounds of its ancestors, or of its node's box.
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
  return elements.map(element => {
    let below = ground(element), ink = getComputedStyle(element).color;
    const node = element.closest('.nbm-node');
    if (node) {
      ink = getComputedStyle(element).fill;
      for (const shape of node.querySelectorAll('.nbm-box, .nbm-tint')) {
        const style = getComputedStyle(shape), fill = parse(style.fill);
        fill[3] *= Number(style.fillOpacity);
        below = over(fill, below);
      }
    }
    const [high, low] = [light(over(parse(ink), below)), light(below)].sort((a, b) => b - a);
    return [element.textContent, (high + 0.05) / (low + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def page(jupyterlab: Any, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The tutorial in a browser, not run yet, its folder empty else."""
    folder = tmp_path_factory.mktemp("lab") / "work"
    folder.mkdir()
    shutil.copy(NOTEBOOK, folder)
    page: Page = jupyterlab.open(folder, NOTEBOOK.name, width=1200, height=1400)
    return page


@pytest.fixture(scope="module")
def ran(page: Page) -> Page:
    """The same page with all cells run."""
    page.evaluate(
        """async () => {
          await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
          void window.jupyterapp.commands.execute('notebook:run-all-cells');
        }"""
    )
    page.wait_for_function(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          return panel.sessionContext.session.kernel.status === 'idle' && panel.content.widgets.every(
            cell => cell.model.type !== 'code' || cell.model.executionCount !== null);
        }""",
        timeout=90_000,
    )
    return page


def cell_of(page: Page, source: str, nth: int = 0) -> Locator:
    """The nth cell of which this is the source, scrolled to."""
    place = page.evaluate(
        """async ([source, nth]) => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          const found = notebook.widgets.map((w, i) => i).filter(
            i => notebook.widgets[i].model.sharedModel.getSource() === source);
          await notebook.scrollToItem(found[nth], 'start');
          return found[nth];
        }""",
        [source, nth],
    )
    found = page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{place}"]')
    expect(found).to_have_count(1)
    return found


def choose_theme(page: Page, name: str) -> None:
    vars(page)["lab"].choose_theme(page, name)


def test_before_it_is_run_nothing_stored_is_garbled(page: Page) -> None:
    """A notebook that came from elsewhere is not trusted: no styles, no drawings, but their text."""
    cell = cell_of(page, "%migrate graph", 2)
    expect(cell.locator(".nbm-instead")).to_be_visible()
    expect(cell.locator(".nbm-instead")).to_contain_text(
        "◉     f19b3de850a2 (head) (current) (mergepoint), email and date"
    )
    expect(cell.locator(".nbm-drawing")).to_be_hidden()
    expect(cell.locator("svg.nbm-graph")).to_have_count(0)
    vars(page)["lab"].photograph(page, "not-trusted")


def test_every_cell_runs_and_only_the_expected_fail(ran: Page) -> None:
    outputs = ran.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
          .filter(cell => cell.model.type === 'code')
          .map(cell => ({
            count: cell.model.executionCount,
            expected: (cell.model.sharedModel.getMetadata('tags') ?? []).includes('raises-exception'),
            failed: cell.model.outputs.toJSON().some(output => output.output_type === 'error'),
          }))"""
    )
    assert len(outputs) > 30
    assert [output["count"] for output in outputs] == list(range(1, len(outputs) + 1))
    assert [output["failed"] for output in outputs] == [output["expected"] for output in outputs]


@pytest.mark.parametrize("theme", THEMES)
def test_the_graph_is_seen_and_read(ran: Page, theme: str) -> None:
    choose_theme(ran, theme)
    cell = cell_of(ran, "%migrate graph", 1)
    drawing = cell.locator("svg.nbm-graph")
    expect(drawing).to_be_visible()
    expect(cell.locator(".nbm-instead")).to_be_hidden()
    assert drawing.locator(".nbm-node").count() == 3
    expect(drawing.locator(".nbm-node.nbm-current")).to_have_count(1)
    expect(drawing.locator(".nbm-node.nbm-current")).to_have_attribute("data-rev", "5f0c6e2a91b7")
    boxes = drawing.locator(".nbm-node .nbm-box")
    states = boxes.evaluate_all(
        """boxes => boxes.map(box => getComputedStyle(box)).map(
          style => [style.stroke, style.strokeDasharray, style.strokeWidth].join(' '))"""
    )
    assert len(set(states)) == len(states) == 3, states
    contrasts = drawing.locator(".nbm-node text").evaluate_all(CONTRASTS)
    words = [text for text, _ in contrasts]
    assert {"first example", "remember the birthday", "orders, and the first customers"} <= set(words)
    # The word "current" has a ground of its own.
    assert [found for found in contrasts if found[1] < ENOUGH_CONTRAST and found[0] != "current"] == []
    vars(ran)["lab"].photograph(ran, f"graph-{theme}")


@pytest.mark.parametrize("theme", THEMES)
def test_tables_are_read(ran: Page, theme: str) -> None:
    choose_theme(ran, theme)
    for source in ("%migrate config", "%migrate upgrade head", "%migrate schema orders", "%migrate history"):
        cell = cell_of(ran, source)
        texts = cell.locator(".nbm th, .nbm td, .nbm summary, .nbm-badge")
        assert texts.count() > 3
        contrasts = texts.evaluate_all(CONTRASTS)
        assert [found for found in contrasts if found[1] < ENOUGH_CONTRAST] == [], source
    vars(ran)["lab"].photograph(ran, f"tables-{theme}")


@pytest.mark.parametrize("theme", THEMES)
def test_sql_unfolds(ran: Page, theme: str) -> None:
    choose_theme(ran, theme)
    folded = cell_of(ran, "%migrate upgrade head").locator("details").first
    sql = folded.locator("pre")
    if theme == "light":
        expect(sql).to_be_hidden()
        folded.locator("summary").click()
    expect(sql).to_be_visible()
    expect(sql).to_contain_text("CREATE TABLE customer (")
    expect(sql).to_contain_text("INSERT INTO alembic_version (version_num) VALUES ('29cf196546aa')")
    contrasts = sql.locator("span").evaluate_all(CONTRASTS)
    assert len(contrasts) > 5
    assert [found for found in contrasts if found[1] < ENOUGH_CONTRAST] == []
    # A long line is wrapped, so that the last column stays on the page.
    right = "elements => Math.max(...elements.map(element => element.getBoundingClientRect().right))"
    cells = cell_of(ran, "%migrate upgrade head").locator("td")
    assert cells.evaluate_all(right) <= ran.locator(".jp-WindowedPanel-outer").evaluate_all(right)
    vars(ran)["lab"].photograph(ran, f"sql-{theme}")


def test_nothing_is_asked_for_elsewhere_and_nothing_breaks(ran: Page) -> None:
    assert vars(ran)["asked"] == []
    assert vars(ran)["errors"] == []
