"""What the explorer says: where the database stands, how far a run is, what went wrong."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nbmigrate.commands.results import html
from nbmigrate.database.errors import masked
from nbmigrate.database.snapshots.capture import TableChange
from nbmigrate.database.tables.row_counts import RowCount
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import one_line, shortened
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.notebook.state.background_run import Progress
from nbmigrate.notebook.state.model import Model, own_changes
from nbmigrate.notebook.state.moves import in_words

if TYPE_CHECKING:
    from nbmigrate.commands.database.preview import PreviewResult

#: More heads, or tables, than these are counted.
_NAMED = 3
#: A question has no more lines than this.
_LINES = 8


def position_text(graph: RevisionGraph, heads: tuple[str, ...] | None) -> str:
    """Return where the database stands, in words: "at a3d94c07be12 orders, 3 of 7"; `heads` are None if not known."""
    if heads is None:
        return "position not known"
    if not len(graph) and not heads:
        return "no revisions yet"
    strangers = [head for head in heads if head not in graph]
    if strangers:
        named = ", ".join(f"'{one_line(head, 60)}'" for head in strangers[:_NAMED])
        return f"at {named}, which no revision file has"
    applied = f"{len(graph.ancestors(heads)):,} of {len(graph):,}"
    if not heads:
        return f"at base: nothing is applied, {applied}"
    if len(heads) > _NAMED:
        return f"at {len(heads):,} revisions, {applied}"
    return f"at {' and '.join(_named(graph, head) for head in heads)}, {applied}"


def database_text(model: Model) -> str:
    """Return which database the panel shows, and that there are others, where env.py migrates several."""
    if model.databases == 1:
        used = model.project.connectable
        pending = used is not None and used.is_pending
        return f"{model.url}, in the open transaction of {used.name}" if used and pending else model.url
    return (
        f"{model.url}, the last of {model.databases} databases: the buttons move all of them, and "
        "%migrate current, preview and tables tell of each"
    )


def _named(graph: RevisionGraph, id_: str) -> str:
    return f"{one_line(id_, 60)} {one_line(graph[id_].message, 60)}".strip()


def progress_state(progress: Progress | None) -> dict[str, Any]:
    """Return what `ButtonRow.progress` is for a run, empty without one."""
    if progress is None:
        return {}
    plan = progress.plan
    revision = plan.steps[progress.number - 1].revision if plan.steps else None
    verb = "applying" if plan.direction == "upgrade" else "undoing"
    text = f"{progress.number:,} of {progress.total:,}: {verb} {_revision_text(revision)}"
    if progress.statements:
        text += f", {progress.statements:,} statement{'' if progress.statements == 1 else 's'}"
    text = progress.waiting or text
    title = "Stop when the revision that is running is done."
    if progress.stop == "now":
        text = f"{text}. Stopping now"
    elif progress.stop == "after":
        text = f"{text}. Stopping when it is done"
        title = "Cancel the statement that is running, and undo its revision."
    if not progress.can_stop:
        text += ". To stop it, interrupt the kernel"
    return {
        "number": progress.number,
        "total": progress.total,
        "text": text,
        "stop": ("Stop now" if progress.stop else "Stop") if progress.can_stop else "",
        "title": title,
        "now": bool(progress.stop),
    }


def _revision_text(revision: Any) -> str:
    return f"{revision.id} {one_line(revision.message, 60)}".strip() if revision is not None else ""


def notice_text(model: Model) -> str:
    """Return what the last run, or somebody else, changed in the tables; empty before that."""
    if model.changes is None or (model.error is not None and not model.last):
        # A run that failed at once has changed nothing: its error says so.
        return ""
    changes = [change_text(change) for change in own_changes(model) if change.kind != "same"]
    changed = "; ".join(changes[:_NAMED]) + (
        f"; and {len(changes) - _NAMED:,} more tables" if len(changes) > _NAMED else ""
    )
    what = run_text(model.last) if model.last else "Changed from elsewhere"
    return f"{what}: {changed or 'the tables are as before'}."


def change_text(change: TableChange) -> str:
    """Return what changed in a table: "orders: new, 3 rows", "event: column kind changed, 2 rows new"."""
    parts = []
    if change.kind == "new" and change.after is not None:
        parts = ["new", rows_text(change.after)]
    elif change.kind == "gone" and change.before is not None:
        parts = ["gone", f"it had {rows_text(change.before)}"]
    else:
        columns = (
            (change.columns_new, "new"),
            (change.columns_gone, "gone"),
            (change.columns_changed, "changed"),
        )
        parts = [f"column {shortened(name, 40)} {word}" for names, word in columns for name in names[:_NAMED]]
        rows = ((change.rows_new, "new"), (change.rows_gone, "gone"), (change.rows_changed, "changed"))
        parts += [
            f"{len(found):,} row{'' if len(found) == 1 else 's'} {word}" for found, word in rows if found
        ]
        parts = parts or ["changed"]
    return f"{shortened(change.name, 40)}: {', '.join(parts)}"


def rows_text(count: RowCount) -> str:
    """Return a number of rows: "1 row", "~10,000,000 rows"."""
    return f"{count} row{'' if str(count) == '1' else 's'}"


def question_of(found: "PreviewResult", plan: Plan | None, *, always: bool) -> dict[str, Any]:
    """Return what to ask before a move, for `ButtonRow.question`; empty where nothing is to be asked.

    Parameters
    ----------
    found
        What the move would do.
    always
        Whether to ask though no rows would be dropped, and no view or trigger affected.
    """
    from nbmigrate.commands.results.per_database import PerDatabase

    losses, affected = [loss.describe() for loss in found.losses], list(found.affected)
    if isinstance(found, PerDatabase):
        losses = [f"{url}: {loss.describe()}" for url, one in found.databases for loss in one.losses]
        affected = [f"{url}: {text}" for url, one in found.databases for text in one.affected]
    unknown = [
        f"nbmigrate cannot tell what revision {step.step.revision.id} deletes."
        for step in found.steps
        if step.problem and step.step.direction == "downgrade"
    ]
    if not (losses or affected or unknown or always):
        return {}
    what = in_words(plan or found.plan).removesuffix(".")
    title = f"{what}? Data would be lost." if losses else f"{what}?"
    # Of several databases each may be told the same.
    lines = list(dict.fromkeys(losses + affected + unknown))
    if not lines:
        lines = list(dict.fromkeys(sentence for step in found.steps for sentence in step.sentences))
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"… and {len(lines) - _LINES:,} more"]
    yes = "Apply" if found.plan.direction == "upgrade" else "Undo"
    yes += " anyway" if losses else ""
    return {"title": title, "lines": lines, "yes": yes, "drops": bool(losses)}


def run_text(steps: Sequence[Step]) -> str:
    """Return what a run did: "Applied a1"."""
    verb = "Applied" if steps[0].direction == "upgrade" else "Undone"
    ids = [step.revision.id for step in steps]
    return f"{verb} {', '.join(ids)}" if len(ids) <= _NAMED else f"{verb} {len(ids):,} revisions"


def alert_html(model: Model, error: BaseException | None) -> str:
    """Return an error for the panel, announced to screen readers; empty for none."""
    if error is None:
        return ""
    secret = model.secret_url
    if isinstance(error, MigrateError):
        title, _, more = masked(error.message, secret).partition("\n")
        hint = masked(error.hint, secret)
    else:
        title, _, more = masked(f"{type(error).__name__}: {error}", secret).partition("\n")
        hint = ""
    from nbmigrate.commands.results.tracebacks import traceback_text

    lines = traceback_text(error, secret)
    return (
        f'<div class="nbm-alert" role="alert"><strong>{escape(title)}</strong>'
        + (f"<pre>{escape(more)}</pre>" if more else "")
        + (f"<div>{html.lines(hint)}</div>" if hint else "")
        + html.details("Traceback", f'<pre class="nbm-scroll" tabindex="0">{escape(lines)}</pre>')
        + "</div>"
    )
