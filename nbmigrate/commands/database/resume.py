"""`resume` and `abandon`: finish or forget an interrupted revision."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands.database.interrupted import statement_rows
from nbmigrate.commands.database.run import RunResult, run_result
from nbmigrate.commands.results import html
from nbmigrate.commands.results.per_database import for_each
from nbmigrate.commands.results.result import Row, TabularResult
from nbmigrate.commands.results.run_notes import LockNotes
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import UsageError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, plan_step
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener, RunReport
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.environment.migration_context import MigrationContext


def resume(
    project: Project,
    *,
    applied: bool | None = None,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult:
    """Finish the interrupted revision, and no other: what is in effect is not done again.

    Parameters
    ----------
    applied
        Whether the statement in flight was applied, where the schema does not show it.
    tag
        What env.py reads with `context.get_tag_argument()`.
    listener
        Called with an event at every statement and step, and while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    UsageError
        No revision is interrupted; or `applied` is given, and no statement was in flight.
    InterruptedRevisionError
        The file does not match what was done, or the schema does not show what was.
    MigrationFailedError
        The revision failed again.
    """
    graph = project.graph
    graph.check()
    lock_notes = LockNotes(listener)

    def finish(context: "MigrationContext") -> "RunReport | None":
        step = context.open_step()
        if step is None:
            # Where env.py configures several databases, another one may have the interrupted revision.
            return None
        context.in_flight_applied = applied
        return context.migrate(
            lambda rows: _plan(graph, rows, step),
            listener=lock_notes,
            clock=project.clock,
            lock_timeout=lock_timeout,
        )

    found = for_each(project, finish, tag=tag, lock_timeout=lock_timeout)
    reports = [(url, done) for url, done in found if done is not None]
    if not reports:
        raise UsageError("No revision is interrupted.", "`current` shows where the database stands.")
    return run_result(reports, graph, lock_notes.notes, several=len(found) > 1)


def _plan(graph: RevisionGraph, rows: tuple[str, ...], step: "OpenStep") -> Plan:
    if step.revision not in graph:
        raise UsageError(
            f"Revision {step.revision} was interrupted during {step.direction}, and no revision file has it.",
            "Restore its file, or `abandon` it, which leaves everything as it is.",
        )
    return plan_step(graph, rows, "upgrade" if step.direction == "upgrade" else "downgrade", step.revision)


@dataclass(frozen=True, kw_only=True, repr=False)
class AbandonResult(TabularResult):
    """What is forgotten, and stays in effect all the same.

    Parameters
    ----------
    given_up
        The interrupted revision; on several databases where env.py configures several.
    databases
        The place of each, where there are several.
    """

    given_up: "tuple[OpenStep, ...]"
    databases: tuple[str, ...] = ()

    def rows(self) -> list[Row]:
        """Return one record per statement that stays in effect, or may be."""
        return [
            ({"database": place} if place else {}) | row
            for place, step in self._pairs
            for row in statement_rows(step)
            if row["state"] != "failed"
        ]

    @property
    def _pairs(self) -> "list[tuple[str, OpenStep]]":
        return list(zip(self.databases or ("",) * len(self.given_up), self.given_up, strict=True))

    @property
    def _sentences(self) -> list[str]:
        return [
            f"{place}{': ' if place else ''}Forgotten: the {step.direction} of revision {step.revision}. The version "
            f"rows are as they were: {', '.join(step.heads) or 'base'}."
            for place, step in self._pairs
        ]

    def to_terminal(self, terminal: Terminal) -> str:
        """Return what is forgotten, and what stays in effect."""
        return "\n".join([*self._sentences, terminal.table(self.rows())])

    def to_html(self) -> str:
        """Return what is forgotten, and a table of what stays in effect."""
        sentences = "".join(html.paragraph(html.lines(sentence)) for sentence in self._sentences)
        return sentences + html.table(self.rows(), code=("sql",))


def abandon(
    project: Project, *, listener: "Listener | None" = None, lock_timeout: float | None = None
) -> AbandonResult:
    """Forget the interrupted revision: the schema and the version rows stay as they are.

    Parameters
    ----------
    listener
        Called with an event while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    UsageError
        No revision is interrupted.
    """
    lock_notes = LockNotes(listener)
    found = for_each(
        project,
        lambda context: context.abandon(listener=lock_notes, lock_timeout=lock_timeout),
        lock_timeout=lock_timeout,
    )
    given_up = [(place, step) for place, step in found if step is not None]
    if not given_up:
        raise UsageError("No revision is interrupted.", "`current` shows where the database stands.")
    return AbandonResult(
        given_up=tuple(step for _, step in given_up),
        databases=tuple(place for place, _ in given_up) if len(found) > 1 else (),
        notes=(
            *lock_notes.notes,
            "The statements listed stay in effect. Undo or finish them by hand, then `stamp` the revision reached.",
        ),
    )
