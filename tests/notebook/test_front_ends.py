"""Other front ends than JupyterLab: the explorer in Jupyter Notebook 7, the graph alone in marimo."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

CELL = """%load_ext nbmigrate
%migrate explore"""

APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from nbmigrate import Explorer, Project

    explorer = Explorer(Project.open())
    graph = mo.ui.anywidget(explorer.graph)
    graph
    return explorer, graph, mo


@app.cell
def _(explorer, graph, mo):
    mo.md(f"Python has {graph.value['selected']}, {explorer.graph.selected}.")
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A copy of the project of three revisions; its database stands at b2."""
    folder = tmp_path / "work"
    shutil.copytree(template, folder)
    return folder


def heads(folder: Path) -> list[str]:
    """Where the database stands, asked without any of our code."""
    connection = sqlite3.connect(folder / "db_file.db")
    try:
        return sorted(row[0] for row in connection.execute("SELECT version_num FROM alembic_version"))
    finally:
        connection.close()


def test_the_explorer_in_notebook_7(jupyterlab: Any, folder: Path) -> None:
    jupyterlab.write(folder / "explore.ipynb", [CELL])
    page: Page = jupyterlab.open_in_notebook(folder, "explore.ipynb", width=1400, height=1200)
    # Notebook 7.6 has an error of its own while it starts.
    vars(page)["errors"].clear()
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(10):
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        # Until its kernel is there, Notebook goes on to the next cell and runs nothing.
        page.wait_for_timeout(1000)
        if prompt.inner_text().strip() != "[ ]:":
            break
    panel, said = page.locator(".nbm-explorer"), page.locator(".nbm-explorer .nbm-said").first
    expect(said).to_have_text("at b2 an email, 2 of 3")
    panel.get_by_role("button", name="One up", exact=True).click()
    expect(said).to_have_text("at c3 a phone, 3 of 3")
    expect(panel.locator(".nbm-notice").first).to_have_text("Applied c3: customer: column phone new.")
    expect(panel.locator('[data-rev="c3"]').first).to_contain_text("current")
    assert heads(folder) == ["c3"]
    panel.get_by_role("tab", name="Tables", exact=True).click()
    expect(panel.locator(".widget-tab-contents")).to_contain_text("customer 17")
    panel.locator('[data-rev="a1"]').first.dblclick()
    expect(panel.locator(".nbm-question").first).to_contain_text("Undo 2 revisions: c3, b2?")
    page.keyboard.press("Escape")
    expect(panel.locator(".nbm-question").first).to_be_hidden()
    jupyterlab.photograph(page, "notebook-7")
    assert (vars(page)["asked"], vars(page)["errors"]) == ([], [])


def test_the_graph_in_marimo(jupyterlab: Any, folder: Path) -> None:
    (folder / "app.py").write_text(APP, encoding="utf-8")
    page: Page = jupyterlab.open_app(folder, "app.py", width=1000, height=900)
    graph = page.locator(".nbm-live-graph")
    expect(graph.locator('[data-rev="b2"]').first).to_contain_text("current")
    expect(page.get_by_text("Python has b2, b2.")).to_be_visible()
    graph.locator('[data-rev="a1"]').first.click()
    expect(page.get_by_text("Python has a1, a1.")).to_be_visible()
    # By keyboard too, and what Python learns is not sent back as something else.
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Python has b2, b2.")).to_be_visible()
    expect(graph.locator('[aria-pressed="true"]')).to_have_attribute("data-rev", "b2")
    jupyterlab.photograph(page, "marimo")
    assert (vars(page)["asked"], vars(page)["errors"]) == ([], [])
