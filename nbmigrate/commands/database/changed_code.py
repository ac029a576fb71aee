"""Applied revisions whose code is not what ran, as the commands tell them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from nbmigrate.commands.results import html
from nbmigrate.errors import BookkeepingError

if TYPE_CHECKING:
    from nbmigrate.database.bookkeeping.changed_code import ChangedCode
    from nbmigrate.environment.migration_context import MigrationContext

#: How many are shown with their difference, and how many lines of that.
_SHOWN, _LINES = 5, 40


def find_changed(context: "MigrationContext", heads: Sequence[str]) -> "tuple[ChangedCode, ...]":
    """Return the applied revisions whose code is not what ran, as far as runs are recorded.

    Parameters
    ----------
    heads
        Where the database stands.
    """
    # Most projects do not record their runs, and need nothing of what follows.
    if context.config.get_main_option("record_runs") is None:
        return ()
    from nbmigrate.database.bookkeeping.changed_code import changed_code
    from nbmigrate.database.execution.options import is_recorded

    with context.config.placing_errors():
        recorded = is_recorded(context.config.get_main_option)
    if not recorded:
        return ()
    with context.reading(), suppress(BookkeepingError):
        log = context.run_log()
        return changed_code(log, context.script.graph(), heads) if log.exists() else ()
    # `log` reports what is wrong with the table.
    return ()


def changed_notes(changed: "Sequence[ChangedCode]") -> tuple[str, ...]:
    """Return a note on each, with the difference; of many the last are only named."""
    notes = [_note(each) for each in changed[:_SHOWN]]
    rest = [each.revision.id for each in changed[_SHOWN:]]
    if rest:
        notes.append(f"Changed after they ran, too: {', '.join(rest)}. `log REVISION` shows the difference.")
    return tuple(notes)


def without_differences(notes: Sequence[str], changed: "Sequence[ChangedCode]") -> tuple[str, ...]:
    """Return the notes that a page needs which shows the differences by `changed_html`."""
    shown = tuple(map(_note, changed))
    # Before a note there may be the database that it is about.
    return tuple(note for note in notes if not note.endswith(shown))


def changed_html(changed: "Sequence[ChangedCode]") -> str:
    """Return the differences as a page shows them, folded."""
    return "".join(
        html.details(html.lines(each.title), html.code(_capped(each.diff), "diff"))
        for each in changed[:_SHOWN]
    )


def _note(changed: "ChangedCode") -> str:
    return f"{changed.title}\n{_capped(changed.diff)}"


def _capped(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - _LINES
    return "\n".join([*lines[:_LINES], f"... and {more} more lines"]) if more > 0 else text
