"""`current`: where the database stands."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbmigrate.commands.database.changed_code import (
    changed_html,
    changed_notes,
    find_changed,
    without_differences,
)
from nbmigrate.commands.database.interrupted import standing
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import EntriesResult, entries, notes_of
from nbmigrate.commands.results.result import Result, relative
from nbmigrate.commands.results.several_databases import EachDatabase, about, for_each
from nbmigrate.commands.results.terminal import PLAIN, Terminal
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

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(include, exclude)
        notes = without_differences(self.notes, self.changed)
        return bundle | {"text/html": relative(html.page(self.to_html(), notes))}


@dataclass(frozen=True, kw_only=True, repr=False)
class CurrentsResult(EachDatabase, CurrentResult):
    """Where several databases stand."""

    def to_text(self) -> str:
        """Return the positions, each after its database; `base` where nothing is applied."""
        if self.verbose:
            # Each says itself which database it is of.
            return "\n\n".join(result.to_text() for _, result in self.databases)
        return "\n".join(f"{url}: {_heads(result)}" for url, result in self.databases)

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same text, the positions in colours."""
        if self.verbose:
            return "\n\n".join(result.to_terminal(terminal) for _, result in self.databases)
        return "\n".join(f"{url}: {_heads(result, terminal)}" for url, result in self.databases)


def _read(
    context: "MigrationContext",
) -> "tuple[tuple[str, ...], tuple[str, ...], tuple[ChangedCode, ...]]":
    """Return the heads, what is interrupted, and what was changed after it ran."""
    heads, step = context.get_current_heads(), context.open_step()
    interrupted = () if step is None else (f"{standing(step)} `doctor` says what can be done.",)
    return heads, interrupted, find_changed(context, heads)


def _heads(result: Result, terminal: Terminal = PLAIN) -> str:
    return ", ".join(result.to_terminal(terminal).splitlines()) or "base"


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
    results: list[CurrentResult] = []
    notes: list[str] = []
    behind: list[str] = []
    for url, (heads, half_way, changed) in found:
        with about(url, several=several):
            there = entries(graph, current_heads(graph, heads))
        results.append(CurrentResult(entries=there, url=url, verbose=verbose, changed=changed))
        of_this = (*half_way, *changed_notes(changed))
        notes += [f"{url}: {note}" for note in of_this] if several else of_this
        behind += [] if set(heads) == set(graph.real_heads) else [url]
    if check_heads and behind:
        which = f" These are not: {', '.join(behind)}." if several else ""
        raise PositionError(
            "Database is not on all head revisions", f"`upgrade heads` brings it there.{which}"
        )
    notes += notes_of(graph)
    last = replace(results[-1], is_partial=bool(graph.problems))
    if len(results) == 1:
        at_base = () if last.entries else ("At base: no revision is applied.",)
        return replace(last, notes=(*at_base, *notes))
    databases = tuple((result.url, result) for result in results)
    return CurrentsResult(
        entries=last.entries,
        url=last.url,
        verbose=verbose,
        changed=tuple(one for result in results for one in result.changed),
        databases=databases,
        notes=tuple(notes),
        is_partial=last.is_partial,
    )
