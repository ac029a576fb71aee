"""The explorer without its scripts: what a saved notebook shows elsewhere, and a page to pass on."""

from html import escape
from pathlib import Path

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import relative
from nbmigrate.commands.results.table_diff_html import STYLE
from nbmigrate.graph.drawing.lanes import lane_layout
from nbmigrate.graph.drawing.svg import draw_svg
from nbmigrate.graph.drawing.text import draw_text
from nbmigrate.graph.drawing.window import GraphWindow
from nbmigrate.notebook.drawing.graphviz_layout import layout
from nbmigrate.notebook.explorer.table_page import table_html
from nbmigrate.notebook.explorer.text import database_text, notice_text, position_text
from nbmigrate.notebook.state.model import Model, own_changes, own_tables

#: Tables that are shown with their rows where nobody can ask for another.
_MOST_TABLES = 12

# A page of its own has no theme but the reader's preference: it says what JupyterLab's dark one does.
_PAGE_STYLE = """
:root{color-scheme:light dark}
body{margin:2em auto;max-width:70em;padding:0 1em;background:var(--jp-layout-color1,#ffffff)}
@media(prefers-color-scheme:dark){:root{
--jp-layout-color1:#0d1117;--jp-layout-color2:#21262d;--jp-ui-font-color1:#e6edf3;--jp-ui-font-color2:#9ea7b3;
--jp-border-color1:#3d444d;--jp-border-color2:#3d444d;--jp-brand-color1:#58a6ff;--jp-success-color1:#3fb950;
--jp-error-color1:#f85149;--jp-warn-color1:#d29922}}
"""


def static_text(model: Model) -> str:
    """Return the graph in characters over the position, as a terminal shows it."""
    drawn = draw_text(_window(model, ""), model.marks) if len(model.graph) else ""
    return relative(
        "\n".join(filter(None, [drawn, f"The database is {position_text(model.graph, model.heads)}."]))
    )


def static_svg(model: Model) -> str:
    """Return the drawing as it is now; the same on every machine."""
    window = _window(model, "")
    return draw_svg(window, lane_layout(window), model.marks, title="Revision graph")


def static_html(model: Model) -> str:
    """Return the drawing, the position and the tables as they are now; the same on every machine."""
    window = _window(model, "")
    drawn = static_svg(model)
    text = draw_text(window, model.marks) if len(model.graph) else ""
    return relative(html.page(f"{_position(model)}{html.drawing(drawn, text)}{_tables(model)}"))


def whole_page(model: Model, selected: str) -> str:
    """Return a document with the graph, the tables and their keys; it asks for nothing outside of itself."""
    # Loaded where it is shown: a panel opens without.
    from nbmigrate.notebook.drawing.entity_diagram import entity_drawing

    window = _window(model, selected)
    drawn = draw_svg(window, layout(window), model.marks, title="Revision graph")
    entities = entity_drawing([table.schema for table in own_tables(model)], own_changes(model))
    css = (Path(__file__).parent / "explorer.css").read_text(encoding="utf-8")
    content = f"{_position(model)}{drawn}<h4>Schema</h4>{entities}{_tables(model)}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Revision graph</title>'
        f"<style>{css}{_PAGE_STYLE}</style></head>"
        f'<body class="nbm-explorer nbm-page">{html.page(content)}</body></html>\n'
    )


def _window(model: Model, selected: str) -> GraphWindow:
    return GraphWindow(model.graph, [*filter(None, [selected]), *(model.heads or ())])


def _position(model: Model) -> str:
    sentence = f"The database is {position_text(model.graph, model.heads)}. {notice_text(model)}".strip()
    return html.paragraph(escape(sentence)) + html.paragraph(f"<code>{escape(database_text(model))}</code>")


def _tables(model: Model) -> str:
    names = [table.name for table in own_tables(model)]
    changed = [change.name for change in own_changes(model) if change.kind != "same"]
    first = sorted({*names, *changed}, key=lambda name: (name not in changed, name))[:_MOST_TABLES]
    pages = [STYLE, *(table_html(model, name) for name in sorted(first))]
    if len(names) > _MOST_TABLES:
        pages.append(
            html.paragraph(f"{_MOST_TABLES} of {len(names):,} tables; those that have changed come first.")
        )
    return "".join(pages)
