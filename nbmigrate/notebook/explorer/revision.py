"""The selected revision, in words and as SQL."""

from html import escape

from nbmigrate.commands.history.describe import RevisionDetail
from nbmigrate.commands.history.effects import Effects
from nbmigrate.commands.results import html
from nbmigrate.graph.drawing.marks import badges, one_line
from nbmigrate.notebook.state.model import Model

_STATES = {"current": "current", "applied": "applied", "pending": "not applied", "unknown": ""}


def heading_html(model: Model, selected: str) -> str:
    """Return which revision is selected, and how it stands to the database."""
    if selected not in model.graph:
        return '<div class="nbm nbm-soft">No revision is selected.</div>'
    revision, marks = model.graph[selected], model.marks
    words = [badge.text for badge in badges(model.graph, selected, marks) if badge.kind != "current"]
    state = _STATES[marks.state(selected)]
    parents = ", ".join(revision.down_revisions)
    return (
        f'<div class="nbm"><span class="nbm-selected-id">{escape(one_line(selected, 60))}</span>'
        f"{html.badges(filter(None, [state, *words]))} {escape(one_line(revision.message, 200))}"
        + (f' <span class="nbm-soft">after {escape(parents)}</span>' if parents else "")
        + "</div>"
    )


def now_html(model: Model, selected: str) -> str:
    """Return that the tables are shown as they are now, where another revision is selected; else nothing."""
    if model.heads is None or selected not in model.graph or selected in model.heads:
        return ""
    at = " and ".join(one_line(head, 60) for head in model.heads) or "base"
    text = f"The tables as they are now, at {at}; not as they are at {one_line(selected, 60)}."
    return f'<div class="nbm"><div class="nbm-note">{escape(text)}</div></div>'


def sentences_html(detail: RevisionDetail) -> str:
    """Return what a revision does, and how it is undone, in sentences."""
    return _page(_origin(detail) + _side("Upgrade", detail.upgrade) + _side("Downgrade", detail.downgrade))


def _origin(detail: RevisionDetail) -> str:
    return f'<div class="nbm-soft">{html.lines(detail.origin)}</div>'


def _side(title: str, side: Effects) -> str:
    sentences = "".join(f"<li>{html.lines(sentence)}</li>" for sentence in side.sentences)
    content = f"<ol>{sentences}</ol>" if sentences else ""
    if side.problem:
        content += (
            f'<div class="nbm-note">{html.lines(side.problem)}<br>The tab Source has what it does.</div>'
        )
    return f"<h4>{title}</h4>{content or html.paragraph('Nothing.')}"


def sql_html(detail: RevisionDetail) -> str:
    """Return the statements of a revision and of its undoing, for the database of the project."""
    between = f'<div class="nbm-soft">{html.lines(detail.between)}</div>' if detail.between else ""
    return _page(
        _origin(detail) + between + _sql("Upgrade", detail.upgrade) + _sql("Downgrade", detail.downgrade)
    )


def _sql(title: str, side: Effects) -> str:
    content = html.code(side.sql, "sql") if side.statements else ""
    if side.problem:
        content += f'<div class="nbm-note">{html.lines(side.problem)}</div>'
    content = content or html.paragraph("No statements.")
    return (
        f'<h4>{title}</h4><div class="nbm-scroll nbm-sql-{title.lower()}" {_scrolls(title)}>{content}</div>'
    )


def _scrolls(title: str) -> str:
    # What scrolls must be within reach of the keyboard.
    return f'tabindex="0" role="group" aria-label="SQL of the {title.lower()}"'


def _page(content: str) -> str:
    return f'<div class="nbm">{content}</div>'
