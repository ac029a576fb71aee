"""Running a plan: each revision and its row in the version table commit together, or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.clock import Clock, SystemClock
from nbmigrate.database.errors import translating
from nbmigrate.database.events import Event, Listener, RunDone, RunStarted, StepDone, StepStarted
from nbmigrate.database.failure import Aftermath
from nbmigrate.database.missing import nearest_there
from nbmigrate.database.recording import Cursors, Recording, StatementReport
from nbmigrate.database.running import RunContext, RunningStep
from nbmigrate.database.transaction import Transaction, in_autocommit
from nbmigrate.database.version_table import VersionTable, heads_text
from nbmigrate.errors import InterruptedRunError, PositionError
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.revision import Revision
from nbmigrate.operations import Operation, Operations


class Migration(Protocol):
    """A revision file that is loaded."""

    @property
    def upgrade(self) -> Callable[..., None]:
        """Go forward."""
        ...

    @property
    def downgrade(self) -> Callable[..., None]:
        """Go back."""
        ...


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step that is done: what it sent to the database, and what its operations were."""

    step: Step
    statements: tuple[StatementReport, ...]
    seconds: float
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run that is done; `position` are the heads it ended at."""

    plan: Plan
    steps: tuple[StepReport, ...]
    position: tuple[str, ...]


def run(
    connection: sa.Connection,
    make_plan: Callable[[tuple[str, ...]], Plan],
    load: Callable[[Revision], Migration],
    *,
    version_table: VersionTable | None = None,
    listener: Listener | None = None,
    clock: Clock | None = None,
    context: RunContext | None = None,
    run_arguments: Mapping[str, Any] | None = None,
    external: bool | None = None,
) -> RunReport:
    """Plan from where the database stands and run the plan, one transaction per revision.

    Parameters
    ----------
    connection
        The connection; it is left open, and outside a transaction unless its user began one.
    make_plan
        Makes the plan from the heads that the database stands at.
    load
        Makes a migration of a revision; called when its step runs.
    version_table
        The version table; Alembic's default one on this connection if None.
    listener
        Is told of everything as it happens.
    clock
        Times the statements; the machine's if None.
    context
        What `op.get_context()` returns in a migration.
    run_arguments
        Given to `upgrade()` and `downgrade()` by name.
    external
        Whether the connection is in a transaction that its user commits, so that nothing is committed here; whether it
        is in a transaction at all, if None.

    Raises
    ------
    MigrationFailedError
        A revision failed; it was rolled back, and those before it stay.
    InterruptedRunError
        The run was interrupted from the keyboard.
    PositionError
        Somebody else has moved the database since the plan was made.
    DatabaseError
        The database could not be asked, or did not give its lock.
    """
    return _Run(
        connection,
        load,
        version_table or VersionTable(connection),
        listener,
        clock or SystemClock(),
        context,
        run_arguments or {},
        connection.in_transaction() if external is None else external,
    ).execute(make_plan)


@dataclass(slots=True)
class _Run:
    """One run; the fields are the arguments of `run`."""

    connection: sa.Connection
    load: Callable[[Revision], Migration]
    version_table: VersionTable
    listener: Listener | None
    clock: Clock
    context: RunContext | None
    run_arguments: Mapping[str, Any]
    external: bool
    done: list[StepReport] = field(default_factory=list)
    #: Whether the run is undone as a whole, by the user whose transaction it is in.
    whole: bool = field(init=False)
    cursors: Cursors = field(init=False)

    @property
    def url(self) -> str:
        """The url with its password: only for taking it out of texts."""
        return self.connection.engine.url.render_as_string(hide_password=False)

    def __post_init__(self) -> None:
        self.whole = self.external and not in_autocommit(self.connection)
        self.cursors = Cursors(self.connection)

    def execute(self, make_plan: Callable[[tuple[str, ...]], Plan]) -> RunReport:
        """Run everything."""
        with translating(self.url):
            if not self.external and self.connection.in_transaction():
                # What env.py did since it was configured, as setting a search path: ours to commit.
                self.connection.commit()
            plan = make_plan(self._position())
        self._tell(RunStarted(plan))
        try:
            with self.cursors.watched():
                for number, step in enumerate(plan.steps, 1):
                    self._tell(StepStarted(step, number, len(plan.steps)))
                    self.done.append(self._step(step, plan))
                    self._tell(StepDone(step, self.done[-1].seconds))
        except KeyboardInterrupt as interrupt:
            raise self._interrupted(plan, len(self.done)) from interrupt
        self._tell(RunDone(plan.end))
        return RunReport(plan, tuple(self.done), plan.end)

    def _tell(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)

    def _position(self) -> tuple[str, ...]:
        """Read the heads, and leave no transaction behind."""
        try:
            return self.version_table.heads()
        finally:
            if not self.external and self.connection.in_transaction():
                self.connection.rollback()

    def _step(self, step: Step, plan: Plan) -> StepReport:
        migration = self.load(step.revision)
        function = migration.upgrade if step.direction == "upgrade" else migration.downgrade
        running = RunningStep(
            self.connection,
            step,
            self.version_table,
            Transaction(self.connection, external=self.external),
            Recording(self.connection, step, self.clock, self.listener),
            self.context,
        )
        started = self.clock.seconds()
        with translating(self.url):
            running.begin()
        try:
            self._migrate(running, function, plan)
        except BaseException as error:
            running.transaction.rollback()
            failure = self._failure(running, plan, error)
            if failure is error:
                raise
            raise failure from error
        seconds = self.clock.seconds() - started
        return StepReport(step, tuple(running.recording.statements), seconds, tuple(running.operations))

    def _migrate(self, running: RunningStep, function: Callable[..., None], plan: Plan) -> None:
        needed = () if self.done else self._preparation(plan)
        with self.cursors.kept_in(running.recording):
            for statement in needed:
                self.connection.execute(statement)
            running.prelude = len(running.recording.statements)
            with running.in_context(), op.use(Operations(running)):
                function(**self.run_arguments)
            running.check_open()
            self.version_table.move(running.step.heads_before, running.step.heads_after)
        running.recording.pending = "COMMIT"
        running.transaction.commit()

    def _preparation(self, plan: Plan) -> tuple[sa.Executable, ...]:
        """Return what makes the version table wide enough for every id of the plan, before the first is run."""
        return self.version_table.preparation(id_ for step in plan.steps for id_ in step.gained)

    def _failure(self, running: RunningStep, plan: Plan, error: BaseException) -> BaseException:
        """Return what to raise for a step that raised `error` and was rolled back."""
        if isinstance(error, PositionError):
            return error
        near = "" if self.external else nearest_there(self.connection, running.operations, error)
        position = self._position_after(running, plan)
        left, why = running.left()
        aftermath = Aftermath(running.step, position, running.recording.pending, left, why, self.url, near)
        if isinstance(error, KeyboardInterrupt):
            if position == running.step.heads_after and not self.whole:
                # It came when the commit was already done.
                return self._interrupted(plan, len(self.done) + 1)
            return aftermath.interrupted()
        return aftermath.failed(error) if isinstance(error, Exception | SystemExit) else error

    def _position_after(self, running: RunningStep, plan: Plan) -> tuple[str, ...]:
        """Return where the database stands after a rollback: as it says itself, if it still answers."""
        if self.whole and running.transaction.atomic:
            return plan.start
        try:
            return self._position()
        except sa.exc.SQLAlchemyError:
            return running.step.heads_before

    def _interrupted(self, plan: Plan, number: int) -> InterruptedRunError:
        """Return the error for an interrupt that came when `number` steps were done and no other was begun."""
        position = plan.steps[number - 1].heads_after if number and not self.whole else plan.start
        return InterruptedRunError(
            f"The run was interrupted between revisions: {number} of {len(plan.steps)} are done.",
            f"The database stands at {heads_text(position)}. Run the same command again to go on.",
            position=position,
        )
