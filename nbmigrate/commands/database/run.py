"""What `upgrade` and `downgrade` share: running a plan, or writing it as SQL, and telling what was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from nbmigrate.commands.database.sql_script import (
    SqlResult,
    check_dialect,
    refuse_range,
    split_range,
    sql_result,
    width_notes,
    write_sql,
)
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import Entry, entries
from nbmigrate.commands.results.per_database import for_each, per_database
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.commands.results.run_notes import LockNotes
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan
from nbmigrate.graph.position import current_heads
from nbmigrate.project import Project

if TYPE_CHECKING:
    import os

    from nbmigrate.database.events import Listener, RunReport, StepReport
    from nbmigrate.environment.migration_context import MigrationContext

T = TypeVar("T")
R = TypeVar("R", bound=Result)
MakePlan = Callable[[RevisionGraph, Sequence[str], str], Plan]


@dataclass(frozen=True, kw_only=True, repr=False)
class RunResult(Result):
    """The steps that a run did, what each sent to the database, and where the database stands now.

    Parameters
    ----------
    planned
        How many steps the run was to do; more than there are where it failed.
    """

    summed: ClassVar[tuple[str, ...]] = ("planned", "steps", "sql")

    planned: int
    direction: str
    steps: "tuple[StepReport, ...]"
    position: tuple[Entry, ...]

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return step_rows(self.steps)

    @property
    def sql(self) -> str:
        """Every statement that ran, in order."""
        return "\n\n".join(_sql(report) for report in self.steps)

    def to_text(self) -> str:
        """Return a line per step, as Alembic logs them, and the position."""
        lines = [
            f"Running {self.direction} {row['from']} -> {row['to']}, {row['message']}  "
            f"({', '.join(filter(None, (_count(row['statements'], 'statement'), _seconds(row['seconds']))))})"
            for row in self.rows()
        ]
        return "\n".join([*lines, self.standing])

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the same text, the position in colours."""
        steps = self.to_text().removesuffix(self.standing)
        return steps + terminal.marked(self.standing, [entry.revision.id for entry in self.position])

    @property
    def standing(self) -> str:
        """Where the database stands, in a sentence; of a run that failed its error has that."""
        done = len(self.steps)
        if done < self.planned:
            return f"{done} of {_count(self.planned, 'revision')} {'is' if done == 1 else 'are'} done."
        now = "Now" if self.steps else f"Nothing to {self.direction}: the database is"
        return f"{now} at {', '.join(entry.line() for entry in self.position) or 'base'}."

    def to_html(self) -> str:
        """Return a table of the steps, with the SQL of each folded under its message."""
        records = []
        for row, report in zip(self.rows(), self.steps, strict=True):
            source, destination = row["from"] or "base", row["to"] or "base"
            sql = html.details(
                f"SQL: {_count(row['statements'], 'statement')}", html.code(_sql(report), "sql")
            )
            records.append(
                {
                    "from": source,
                    "to": destination,
                    "what": html.lines(row["message"]) + (sql if report.statements else ""),
                    **({"time": _seconds(row["seconds"])} if row["seconds"] else {}),
                }
            )
        return html.table(records, code=("from", "to"), raw=("what",)) + html.paragraph(
            html.lines(self.standing)
        )


def step_rows(steps: "Sequence[StepReport]") -> list[Row]:
    """Return one record per step."""
    return [
        {
            "step": number,
            "from": ", ".join(report.step.source),
            "to": ", ".join(report.step.destination),
            "message": report.step.revision.message,
            "statements": len(report.statements),
            "seconds": round(report.seconds, 4),
        }
        for number, report in enumerate(steps, 1)
    ]


def _sql(report: "StepReport") -> str:
    return "\n".join(f"{statement.text};" for statement in report.statements)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _seconds(seconds: float) -> str:
    """Return a duration as text; nothing for one that a clock that stands still has measured."""
    if not seconds:
        return ""
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is given besides its target.

    Parameters
    ----------
    tag
        What env.py reads with `context.get_tag_argument()`.
    listener
        Called with an event at every statement and step, and while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if None.
    """

    tag: str | None = None
    listener: "Listener | None" = None
    lock_timeout: float | None = None


class Runner:
    """A run on each of the databases that env.py configures, and what is noted of it."""

    def __init__(self, project: Project, options: RunOptions) -> None:
        self.project = project
        self.options = options
        self.listener = LockNotes(options.listener)
        self._graph = project.graph
        self._graph.check()

    @property
    def graph(self) -> RevisionGraph:
        """The revisions; read again after waiting for another run, which may have been one of newer files."""
        if self.listener.notes:
            self._graph = self.project.graph
            self._graph.check()
        return self._graph

    def run(
        self,
        action: "Callable[[MigrationContext], T]",
        make_result: Callable[[Sequence[tuple[str, T]], bool], R],
        *,
        target: str | None,
        is_shown: Callable[[T], object] = lambda _: True,
    ) -> R:
        """Do the action with each database and return the result; an error has that of what is kept.

        Parameters
        ----------
        make_result
            Takes the place and the report of each database, and whether there are several.
        is_shown
            Whether a report belongs in the result of a run that failed.
        """
        done: list[tuple[MigrationContext, T]] = []

        def act(context: "MigrationContext") -> None:
            try:
                done.append((context, action(context)))
            except MigrateError:
                if self.listener.failed is not None:
                    done.append((context, cast(T, self.listener.failed)))
                raise

        tag, lock_timeout = self.options.tag, self.options.lock_timeout
        try:
            for_each(self.project, act, target=target, tag=tag, lock_timeout=lock_timeout)
        except MigrateError as error:
            kept = [(one.place, report) for one, report in done if one.caller.is_kept and is_shown(report)]
            if kept:
                several = any(report is not self.listener.failed for _, report in done)
                error.result = make_result(kept, several)
            raise
        return make_result([(context.place, report) for context, report in done], len(done) > 1)


def run(project: Project, target: str, make_plan: MakePlan, options: RunOptions) -> RunResult:
    """Plan from where the database stands, run the plan, and return what ran."""
    refuse_range([target])
    runner = Runner(project, options)

    def migrate(context: "MigrationContext") -> "RunReport":
        return context.migrate(
            lambda heads: make_plan(runner.graph, heads, target),
            listener=runner.listener,
            clock=project.clock,
            lock_timeout=options.lock_timeout,
        )

    def result(reports: "Sequence[tuple[str, RunReport]]", several: bool) -> RunResult:
        return run_result(reports, runner.graph, runner.listener.notes, several=several)

    return runner.run(migrate, result, target=target, is_shown=lambda report: report.steps)


def run_result(
    reports: "Sequence[tuple[str, RunReport]]", graph: RevisionGraph, notes: Sequence[str], *, several: bool
) -> RunResult:
    """Return the result of at least one run, by database where there are `several`."""
    results = [
        (
            url,
            RunResult(
                direction=done.plan.direction,
                steps=done.steps,
                planned=len(done.plan.steps),
                position=entries(graph, current_heads(graph, done.position)),
            ),
        )
        for url, done in reports
    ]
    return per_database(results, notes, several=several)


def script(
    project: Project,
    direction: str,
    revisions: str,
    make_plan: MakePlan,
    *,
    tag: str | None = None,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> SqlResult:
    """Plan from where the database is said to stand, and write the plan as SQL."""
    check_dialect(dialect)
    starting, target = split_range(revisions)
    graph = project.graph
    graph.check()
    text, report, notes = write_sql(
        project,
        lambda context: context.migrate(lambda heads: make_plan(graph, heads, target)),
        starting=starting,
        target=target,
        tag=tag,
        dialect=dialect,
    )
    if not report.steps:
        notes = [f"Nothing to {direction} from {', '.join(report.plan.start) or 'base'} to {target}."]
    ids = [id_ for step in report.plan.steps for id_ in step.gained]
    notes += width_notes(ids, is_new=not report.plan.start)
    rows = [
        {key: row[key] for key in ("step", "from", "to", "message", "statements")}
        for row in step_rows(report.steps)
    ]
    return sql_result(text, rows, notes, output)
