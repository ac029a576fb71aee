"""The statements of a revision, tried out or read from its source, for a database that is only read or named."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa

from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.dry_run.planned_step import PlannedStep
from nbmigrate.database.dry_run.step_statements import StepStatements
from nbmigrate.environment.effects.recording import run_unsent
from nbmigrate.environment.effects.trials import Circumstances, PlannedRevision, Trials
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import MigrateError, TrialStoppedError
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision

if TYPE_CHECKING:
    from nbmigrate.database.dry_run.rehearsal import Rehearsal
    from nbmigrate.operations import Operation


def plan_revision(
    context: MigrationContext,
    revision: Revision,
    direction: Direction,
    *,
    heads: tuple[str, ...] = (),
    target: str | None = None,
    rehearsal: "Rehearsal | None" = None,
    no_run: bool = False,
    trials: Trials | None = None,
) -> PlannedRevision:
    """Return what `upgrade()` or `downgrade()` of a revision would send; what cannot be said is a problem, no error.

    Parameters
    ----------
    context
        The database, as env.py gives it: a connection, or for a script its name alone.
    heads
        Where the database would stand before.
    target
        What the run would be given, for `context.get_revision_argument()`.
    rehearsal
        The database, as the steps before leave it; None where what is there is not known.
    no_run
        Whether the operations are read from the source, so that nothing of the file runs.
    trials
        What was found before, which is not run again, and where this is kept.
    """
    step = _named(context) if context.as_sql else _connected(context, heads, rehearsal)
    if no_run:
        return _from_source(context, revision, direction, step)
    circumstances = Circumstances(context.url, frozenset(heads), target)
    if trials is not None and (trial := trials.get(context, revision, direction, circumstances)):
        again = _planned(trial.found.operations, step)
        return trial.found if trial.circumstances else again
    found = _tried_out(context, revision, direction, step, target)
    if trials is not None:
        # What a problem is may depend on the tables.
        depends = step.reads_database or context.as_sql or bool(found.problem)
        trials.keep(context, revision, direction, found, circumstances if depends else None)
    return found


def _tried_out(
    context: MigrationContext, revision: Revision, direction: Direction, step: PlannedStep, target: str | None
) -> PlannedRevision:
    """Return what a function does, by running it."""
    problem = ""
    try:
        run_unsent(
            context.script,
            context.config,
            revision,
            direction,
            step,
            context=None if context.as_sql else step.context,
            arguments=context.run_arguments,
            target=target,
        )
        step.writer.flush()
    except TrialStoppedError as error:
        return _rest_from_source(context, revision, direction, step, error)
    except MigrateError as error:
        problem = str(error)
    except Exception as error:
        # The types and elements of a project compile by its own code.
        problem = f"{type(error).__name__}: {error}"
    return PlannedRevision(tuple(step.operations), tuple(step.writer.statements), problem)


def _rest_from_source(
    context: MigrationContext,
    revision: Revision,
    direction: Direction,
    step: PlannedStep,
    error: TrialStoppedError,
) -> PlannedRevision:
    """Return what a function did until it was stopped, and what its source tells of the rest."""
    from nbmigrate.environment.effects.source import rest_of_source

    operations, problem = rest_of_source(
        context.script, revision, direction, error, context.naming_convention
    )
    step.refusal = None
    planned = _planned(operations, step)
    return replace(
        planned,
        operations=tuple(step.operations),
        problem="\n".join(filter(None, (problem, planned.problem))),
    )


def _from_source(
    context: MigrationContext, revision: Revision, direction: Direction, step: PlannedStep
) -> PlannedRevision:
    """Return what the source of a function tells, and the statements for that."""
    from nbmigrate.environment.effects.source import read_step

    try:
        found = read_step(context.script, revision, direction, context.naming_convention)
    except MigrateError as error:
        return PlannedRevision((), (), str(error))
    planned = _planned(found.operations, step)
    return replace(planned, problem="\n".join(filter(None, (found.problem, planned.problem))))


def _planned(operations: "tuple[Operation, ...]", step: PlannedStep) -> PlannedRevision:
    """Return the statements for operations."""
    problem = ""
    try:
        for operation in operations:
            step.invoke(operation)
        step.writer.flush()
    except MigrateError as error:
        problem = str(error)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return PlannedRevision(operations, tuple(step.writer.statements), problem)


def _named(context: Any) -> PlannedStep:
    """Return a step as `--sql` writes it."""
    context.writer.statements = []
    return PlannedStep(context.writer, lambda: context.connection, context)


def _connected(
    context: MigrationContext, heads: tuple[str, ...], rehearsal: "Rehearsal | None"
) -> PlannedStep:
    """Return a step as a run does it."""
    if rehearsal is not None:
        rehearsal.begin_step()
    writer = StepStatements(dialect_for(context.connection), rehearsal)

    def bind() -> Any:
        # What a step asks the database is loaded when it asks.
        from nbmigrate.database.dry_run.planned_bind import PlannedBind

        return PlannedBind(writer, rehearsal, step)

    step = PlannedStep(writer, bind)
    writer.sent = step.sent
    step.context = PlannedContext(context, step, heads)
    return step


class PlannedContext:
    """What `op.get_context()` returns while a step is planned as a run does it.

    Parameters
    ----------
    context
        The database, as env.py gives it.
    step
        The step.
    heads
        Where the database would stand before it.
    """

    #: Alembic's switch for `--sql`.
    as_sql = False

    def __init__(self, context: MigrationContext, step: PlannedStep, heads: tuple[str, ...]) -> None:
        self._step = step
        self._heads = heads
        self.dialect: sa.Dialect = context.dialect
        self.opts, self.config, self.script = context.opts, context.config, context.script
        self.version_table, self.version_table_schema = context.version_table, context.version_table_schema
        self._context = context
        self.naming_convention: Mapping[str, Any] | None = context.naming_convention

    @property
    def transactional_ddl(self) -> bool:
        """Whether a revision that fails is undone whole."""
        return self._context.transactional_ddl

    @property
    def bind(self) -> Any:
        """What takes statements."""
        return self._step.bind

    @property
    def connection(self) -> Any:
        """The same."""
        return self._step.bind

    def get_current_heads(self) -> tuple[str, ...]:
        """Return where the database would stand."""
        return self._heads

    def get_current_revision(self) -> str | None:
        """Return the same, where it is one revision."""
        return self._heads[0] if len(self._heads) == 1 else None

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[None]:
        """Do nothing: nothing is sent."""
        return nullcontext()

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Keep the statements in the block as others; in a run each commits by itself."""
        self._step.get_bind()
        yield
        self._step.get_bind()

    def execute(self, sql: Any, execution_options: Mapping[str, Any] | None = None) -> Any:
        """Keep a statement."""
        statement = sa.text(sql) if isinstance(sql, str) else sql
        return self._step.get_bind().execute(statement, execution_options=execution_options)

    def invoke(self, operation: "Operation") -> None:
        """Keep the statements of an operation."""
        self._step.invoke(operation)

    def within(self, operation: "Operation") -> AbstractContextManager[None]:
        """Keep what is asked for in the block, as parts of the operation."""
        return self._step.within(operation)

    def get_bind(self) -> Any:
        """Return what takes statements."""
        return self._step.get_bind()

    def get_context(self) -> "PlannedContext":
        """Return this."""
        return self

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._step.refuse(f"it depends on op.get_context().{name}, which there is only in a run.")
