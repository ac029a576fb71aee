"""`stamp` and `ensure_version`: the version table is changed, and no revision is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands.database.run import Runner, RunOptions
from nbmigrate.commands.database.sql_script import (
    SqlResult,
    check_dialect,
    refuse_range,
    split_range,
    sql_result,
    takes_sql,
    width_notes,
    write_sql,
)
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import Entry, entries
from nbmigrate.commands.results.per_database import for_each, per_database
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import UsageError
from nbmigrate.graph.position import current_heads
from nbmigrate.graph.stamp import StampPlan, plan_stamp
from nbmigrate.project import Project

if TYPE_CHECKING:
    import os

    from nbmigrate.database.events import Listener
    from nbmigrate.database.execution.stamp import StampReport
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.graph.graph import RevisionGraph

MOVES_NO_TABLES = "Only the version rows were changed: no revision was run, so the tables are as they were."


@dataclass(frozen=True, kw_only=True, repr=False)
class StampResult(Result):
    """How the version rows were changed, and where the database stands now.

    Parameters
    ----------
    plan
        The changes.
    purged
        The rows that were deleted first, whatever they said.
    position
        The revisions that the rows name now.
    """

    plan: StampPlan
    purged: tuple[str, ...] = ()
    position: tuple[Entry, ...]

    def rows(self) -> list[Row]:
        """Return one record per change."""
        return step_rows(self.plan)

    def to_text(self) -> str:
        """Return a line per change, as Alembic logs them, and the position."""
        lines = [f"Running stamp_revision {row['from']} -> {row['to']}" for row in self.rows()]
        return "\n".join([*lines, self.standing])

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same text, the position in colours."""
        steps = self.to_text().removesuffix(self.standing)
        return steps + terminal.marked(self.standing, [entry.revision.id for entry in self.position])

    @property
    def standing(self) -> str:
        """Where the database stands, in a sentence."""
        now = "Now" if self.plan.steps or self.purged else "Nothing to stamp: the database is"
        gone = f"Rows deleted first: {', '.join(self.purged)}. " if self.purged else ""
        return f"{gone}{now} at {', '.join(entry.line() for entry in self.position) or 'base'}."

    def to_html(self) -> str:
        """Return a table of the changes, and the position."""
        records = [
            {"from": row["from"] or "base", "to": row["to"] or "base", "message": message}
            for row, message in zip(self.rows(), self._messages, strict=True)
        ]
        return html.table(records, code=("from", "to")) + html.paragraph(html.lines(self.standing))

    @property
    def _messages(self) -> list[str]:
        messages = {entry.revision.id: entry.revision.message for entry in self.position}
        return [", ".join(messages.get(id_, "") for id_ in step.destination) for step in self.plan.steps]


def step_rows(plan: StampPlan) -> list[Row]:
    """Return one record per change of a plan."""
    return [
        {"step": number, "from": ", ".join(step.source), "to": ", ".join(step.destination)}
        for number, step in enumerate(plan.steps, 1)
    ]


def stamp_sql(
    project: Project,
    revisions: str | Sequence[str],
    *,
    tag: str | None = None,
    purge: bool = False,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> SqlResult:
    """Write the SQL that `stamp` would send, without a database.

    Parameters
    ----------
    revisions
        As for `stamp`; also `a:b`, from a to b.
    tag
        What env.py reads with `context.get_tag_argument()`.
    purge
        Refused: without a database there is no way to see which rows there are.
    dialect
        The name of the dialect that the script is for, such as "postgresql"; the database's if not given.
    output
        A file that the script is written into.
    """
    graph = project.graph
    graph.check()
    check_dialect(dialect)
    if purge:
        raise UsageError(
            "Can't use --purge with --sql mode: the existing rows are unknown.",
            "Write where the database stands: stamp --sql FROM:TO.",
        )
    starting, ends = _ends(_targets(revisions))
    text, report, notes = write_sql(
        project,
        lambda context: context.stamp(lambda rows: plan_stamp(graph, rows, ends)),
        starting=starting,
        target=_argument(ends),
        tag=tag,
        dialect=dialect,
    )
    plan = report.plan
    if not plan.steps:
        notes = [f"Nothing to stamp from {', '.join(plan.start) or 'base'} to {', '.join(ends)}."]
    notes += width_notes(plan.end, is_new=not plan.start)
    return sql_result(text, step_rows(plan), notes, output)


@takes_sql(stamp_sql)
def stamp(
    project: Project,
    revisions: str | Sequence[str],
    *,
    tag: str | None = None,
    purge: bool = False,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> StampResult:
    """Say in the version table that the database stands at revisions, without running any.

    Parameters
    ----------
    revisions
        One identifier or several: `head`, `heads`, `base`, an id, the start of one, a label.
    tag
        What env.py reads with `context.get_tag_argument()`.
    purge
        Delete every row first, also those that no revision file has.
    listener
        Called with an event while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    DatabaseLockedError
        Another run went on for longer.
    TargetError
        A target does not say which revision.
    PositionError
        The database stands at a revision that no file has, and `purge` is not given.
    """
    targets = _targets(revisions)
    runner = Runner(project, RunOptions(tag, listener, lock_timeout))
    refuse_range(targets)

    def act(context: "MigrationContext") -> "StampReport":
        return context.stamp(
            lambda rows: plan_stamp(runner.graph, rows, targets, purge=purge),
            purge=purge,
            listener=runner.listener,
            clock=project.clock,
            lock_timeout=lock_timeout,
        )

    def result(reports: "Sequence[tuple[str, StampReport]]", several: bool) -> StampResult:
        return _result(runner.graph, reports, purge, tuple(runner.listener.notes), several=several)

    return runner.run(act, result, target=_argument(targets))


def _result(
    graph: "RevisionGraph",
    reports: "Sequence[tuple[str, StampReport]]",
    purge: bool,
    notes: tuple[str, ...],
    *,
    several: bool,
) -> StampResult:
    """Return what was done to each database, by its place where there are `several`."""
    results = tuple(
        (
            url,
            StampResult(
                plan=report.plan,
                purged=report.plan.start if purge else (),
                position=entries(graph, current_heads(graph, report.plan.end)),
            ),
        )
        for url, report in reports
    )
    notes += tuple(_forgotten(report.given_up) for _, report in reports if report.given_up)
    if any(result.plan.steps or result.purged for _, result in results):
        notes += (MOVES_NO_TABLES,)
    return per_database(results, notes, several=several)


def _forgotten(step: "OpenStep") -> str:
    done = f"{len(step.done)} of its statements stay{'s' if len(step.done) == 1 else ''} in effect"
    return f"The interrupted {step.direction} of revision {step.revision} was forgotten; {done}."


def _targets(revisions: str | Sequence[str]) -> list[str]:
    return [revisions] if isinstance(revisions, str) else list(revisions)


def _argument(targets: Sequence[str]) -> str | None:
    # env.py is told of one revision, as by the other commands; of several it can make nothing.
    return targets[0] if len(targets) == 1 else None


def _ends(targets: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the start that ranges have in common, and their ends."""
    pairs = [split_range(target) for target in targets]
    starts = {starting for starting, _ in pairs if starting}
    if len(starts) > 1:
        raise UsageError(
            "Stamp operation with --sql only supports a single starting revision at a time.",
            f"They are {', '.join(sorted(starts))}. Where the database stands at several, write them with commas.",
        )
    return next(iter(starts), None), [destination for _, destination in pairs]


@dataclass(frozen=True, kw_only=True, repr=False)
class VersionTableResult(Result):
    """Whether the version table was made, or was there already."""

    made: bool

    def rows(self) -> list[Row]:
        """Return one record."""
        return [{"made": self.made}]

    def to_text(self) -> str:
        """Return a sentence."""
        return "The version table was made." if self.made else "The version table is there already."

    def to_html(self) -> str:
        """Return a sentence."""
        return html.paragraph(html.lines(self.to_text()))


def ensure_version_sql(
    project: Project, *, dialect: str | None = None, output: "str | os.PathLike[str] | None" = None
) -> SqlResult:
    """Write the SQL that makes the version table, without a database.

    Parameters
    ----------
    dialect
        The name of the dialect that the script is for, such as "postgresql"; the database's if not given.
    output
        A file that the script is written into.
    """
    check_dialect(dialect)
    text, _, notes = write_sql(project, lambda context: context.ensure_version(), dialect=dialect)
    return sql_result(text, (), notes, output)


@takes_sql(ensure_version_sql)
def ensure_version(project: Project) -> VersionTableResult:
    """Make the version table if the database has none; its rows are left alone."""
    found = for_each(project, lambda context: context.ensure_version())
    return per_database([(place, VersionTableResult(made=made)) for place, made in found])
