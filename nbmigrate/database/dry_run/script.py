"""Running a plan on paper: what the executor would send, written into a script."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.bookkeeping.version_sql import RowChange, VersionRows
from nbmigrate.database.dry_run.planned_step import PlannedStep
from nbmigrate.database.dry_run.script_writer import ScriptWriter
from nbmigrate.database.errors import masked
from nbmigrate.database.events import RunReport, StatementReport, StepReport
from nbmigrate.database.execution.failure import line_in
from nbmigrate.database.execution.stamp import StampReport
from nbmigrate.database.execution.step import Migration
from nbmigrate.dialects.bind import ScriptBind
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.script.statements import NO_TEXT
from nbmigrate.errors import MigrateError, OperationError, ScriptError, UnsupportedOperationError
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.revision import ID_WIDTH, Revision
from nbmigrate.graph.stamp import StampPlan, StampStep
from nbmigrate.operations import Operations
from nbmigrate.scripts.reading.headers import shown


class ScriptContext(Protocol):
    """What `op.get_context()` returns while a script is written."""

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called, as env.py says it."""
        ...

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[None]:
        """Write BEGIN and COMMIT where a transaction is."""
        ...

    def applied(self, step: Step | StampStep) -> None:
        """Take note of a step that is written."""
        ...


def write_plan(
    writer: ScriptWriter,
    plan: Plan,
    load: Callable[[Revision], Migration],
    rows: VersionRows,
    context: ScriptContext,
    run_arguments: Mapping[str, Any],
    *,
    url: str | None = None,
) -> RunReport:
    """Write the statements of a plan, each step's and its version rows'.

    Parameters
    ----------
    writer
        Where to.
    plan
        The plan.
    load
        Makes a migration of a revision; called when its step is written.
    rows
        The version table.
    context
        What `op.get_context()` returns.
    run_arguments
        Given to `upgrade()` and `downgrade()` by name.
    url
        The url in use, for its password.

    Raises
    ------
    OperationError
        A revision does what cannot be written as SQL, or asks the database for something.
    ScriptError
        A revision's own code failed; the file and the line are named.
    """
    bind = ScriptBind(writer)
    done = []
    for number, step in enumerate(plan.steps):
        with context.begin_transaction(_per_migration=True):
            writer.statements = []
            if number == 0 and not plan.start:
                width = _width(id_ for one in plan.steps for id_ in one.gained)
                writer.execute(rows.create(width, writer.dialect))
            writer.comment(f"Running {step.direction} {_arrow(step.source, step.destination)}")
            runner = PlannedStep(writer, lambda: bind, context)
            migration = load(step.revision)
            function = migration.upgrade if step.direction == "upgrade" else migration.downgrade
            try:
                with op.use(Operations(runner)):
                    function(**run_arguments)
            except (Exception, SystemExit) as error:
                raise _failed(step, error, url) from error
            _move(writer, rows, step.heads_before, step.heads_after)
            context.applied(step)
        done.append(StepReport(step, _reports(writer), 0.0, tuple(runner.operations)))
    return RunReport(plan, tuple(done), plan.end)


def write_stamp(
    writer: ScriptWriter, plan: StampPlan, rows: VersionRows, context: ScriptContext
) -> StampReport:
    """Write what changes the version rows as a stamp does."""
    writer.statements = []
    if plan.steps and not plan.start:
        writer.execute(rows.create(_width(plan.end), writer.dialect))
    for step in plan.steps:
        writer.comment(f"Running stamp_revision {_arrow(step.source, step.destination)}")
        _move(writer, rows, step.heads_before, step.heads_after)
        context.applied(step)
    return StampReport(plan, _reports(writer))


def _move(writer: ScriptWriter, rows: VersionRows, before: Iterable[str], after: Iterable[str]) -> None:
    updates = dialect_of(writer.dialect.name).updates_keys
    for change in rows.changes(before, after):
        if updates or None in (change.before, change.after):
            writer.execute(rows.statement(change))
        else:
            writer.execute(rows.statement(RowChange(change.before, None)))
            writer.execute(rows.statement(RowChange(None, change.after)))


def _width(ids: Iterable[str]) -> int:
    return max(map(len, ids), default=ID_WIDTH)


def _arrow(source: Iterable[str], destination: Iterable[str]) -> str:
    return f"{', '.join(source)} -> {', '.join(destination)}"


def _reports(writer: ScriptWriter) -> tuple[StatementReport, ...]:
    return tuple(StatementReport(text, 0.0) for text in writer.statements)


def _failed(step: Step, error: BaseException, url: str | None) -> MigrateError:
    """Return the error for a step that cannot be written, with the place in its file."""
    revision, path = step.revision, step.revision.path
    line = line_in(error, path) if path is not None else None
    title = f"{step.direction.capitalize()} of revision {revision.id} cannot be written as SQL"
    if isinstance(error, MigrateError):
        reason, hint = error.message.removeprefix(NO_TEXT), error.hint
        if isinstance(error, UnsupportedOperationError):
            hint = f"{hint}\n--sql has no database, so it does not know its tables and columns.".strip()
    elif isinstance(error, sa.exc.NoInspectionAvailable):
        reason = "it inspects the database, and --sql has none."
        hint = "Inspect only where there is one: `if not op.get_context().as_sql:`."
    else:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        hint = "Its code runs here without a database: fix it, then run the same command again."
    place = f"\n  in {shown(path)}" + (f", line {line}" if line else "") if path is not None else ""
    text = masked(f"{title}: {reason}{place}", url)
    if isinstance(error, MigrateError | sa.exc.NoInspectionAvailable):
        return OperationError(text, masked(hint, url))
    return ScriptError(text, masked(hint, url), path=path, line=line)
