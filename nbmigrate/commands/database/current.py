"""`current`: where the database stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nbmigrate.commands.database.changed_code import (
    changed_html,
    changed_notes,
    find_changed,
    without_differences,
)
from nbmigrate.commands.database.interrupted import standing
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import EntriesResult, entries, notes_of
from nbmigrate.commands.results.per_database import about, for_each, per_database
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import PositionError
from nbmigrate.graph.position import current_heads
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.bookkeeping.changed_code import ChangedCode
    from nbmigrate.environment.migration_context import MigrationContext


@dataclass(frozen=True, kw_only=True, repr=False)
class CurrentResult(EntriesResult):
    """The heads that the database at `url` stands at; none before the first upgrade.

    Parameters
    ----------
    changed
        The applied revisions whose code is not what ran, as far as runs are recorded; the notes have them too.
    """

    summed: ClassVar[tuple[str, ...]] = ("changed",)

    url: str
    changed: "tuple[ChangedCode, ...]" = ()

    def to_text(self) -> str:
        """Return the position as Alembic prints it: nothing at base."""
        title = f"Current revision(s) for {self.url}:\n" if self.verbose else ""
        return f"{title}{super().to_text()}" if self.entries else title.rstrip()

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same text, the position in colours."""
        return terminal.marked(self.to_text(), [entry.revision.id for entry in self.entries])

    def to_html(self) -> str:
        """Return the position as a table, with the database it is the position of."""
        position = html.paragraph(f"<code>{html.lines(self.url)}</code>") + super().to_html()
        return position + changed_html(self.changed)

    @property
    def page_notes(self) -> tuple[str, ...]:
        """The notes but for the differences, which the page shows otherwise."""
        return without_differences(self.notes, self.changed)

    @staticmethod
    def text_of_each(databases: "Sequence[tuple[str, CurrentResult]]", terminal: Terminal) -> str:
        """Return the positions, each after its database; `base` where nothing is applied."""
        texts = [(place, result.to_terminal(terminal)) for place, result in databases]
        if databases[-1][1].verbose:
            # Each names its own database.
            return "\n\n".join(text for _, text in texts)
        return "\n".join(f"{place}: {', '.join(text.splitlines()) or 'base'}" for place, text in texts)


def _read(
    context: "MigrationContext",
) -> "tuple[tuple[str, ...], tuple[str, ...], tuple[ChangedCode, ...]]":
    """Return the heads, what is interrupted, and what was changed after it ran."""
    heads, step = context.get_current_heads(), context.open_step()
    interrupted = () if step is None else (f"{standing(step)} `doctor` shows what to do.",)
    return heads, interrupted, find_changed(context, heads)


def current(project: Project, *, verbose: bool = False, check_heads: bool = False) -> CurrentResult:
    """Return where the database stands; writes nothing.

    Parameters
    ----------
    verbose
        Whether the text says everything about each revision.
    check_heads
        Whether to raise when the database is not at all heads.

    Raises
    ------
    PositionError
        The version table has a revision that no file has, or `check_heads` does not hold.
    """
    graph = project.graph
    found = for_each(project, _read)
    several = len(found) > 1
    results: list[tuple[str, CurrentResult]] = []
    for url, (heads, interrupted, changed) in found:
        with about(url, several=several):
            position = entries(graph, current_heads(graph, heads))
        at_base = () if position or several else ("At base: no revision is applied.",)
        result = CurrentResult(
            entries=position,
            url=url,
            verbose=verbose,
            changed=changed,
            notes=(*at_base, *interrupted, *changed_notes(changed)),
            is_partial=bool(graph.problems),
        )
        results.append((url, result))
    behind = [url for url, (heads, *_) in found if set(heads) != set(graph.real_heads)]
    if check_heads and behind:
        which = f" These are not: {', '.join(behind)}." if several else ""
        raise PositionError(
            "Database is not on all head revisions", f"`upgrade heads` brings it there.{which}"
        )
    return per_database(results, notes_of(graph))
