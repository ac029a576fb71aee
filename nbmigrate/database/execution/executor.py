"""Running a plan: each revision and its row in the version table commit together, or not at all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.clock import Clock, SystemClock
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Backend
from nbmigrate.database.backends.driver import in_autocommit
from nbmigrate.database.bookkeeping.recorder import Recorder
from nbmigrate.database.bookkeeping.run_log import RunLog
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import translating
from nbmigrate.database.events import (
    Event,
    Listener,
    RunDone,
    RunFailed,
    RunReport,
    RunStarted,
    StepDone,
    StepReport,
    StepResumed,
    StepStarted,
)
from nbmigrate.database.execution.options import RunOptions
from nbmigrate.database.execution.outcome import Ending
from nbmigrate.database.execution.retry import Retries
from nbmigrate.database.execution.step import Migration, RunContext, RunningStep
from nbmigrate.database.journal.journal import Journal
from nbmigrate.database.statements.recording import Cursors, Recording
from nbmigrate.database.transaction import Transaction, WholeRun, ddl_commits
from nbmigrate.errors import InterruptedRunError, MigrationFailedError
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.revision import Revision
from nbmigrate.operations import Operations


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
    caller_owns_transaction: bool | None = None,
    options: RunOptions | None = None,
    log: RunLog | None = None,
) -> RunReport:
    """Plan from where the database stands and run the plan, one transaction per revision or one for all.

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
    caller_owns_transaction
        Whether the connection is in a transaction that its user commits, so that nothing is committed here; whether it
        is in a transaction at all, if None.
    options
        What the project's settings say of runs; the defaults if None.
    log
        Where the steps are recorded, each in its own transaction; nowhere if None.

    Raises
    ------
    MigrationFailedError
        A revision failed; it was rolled back, and those before it stay unless the run is one transaction.
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
        connection.in_transaction() if caller_owns_transaction is None else caller_owns_transaction,
        options or RunOptions(),
        log,
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
    caller_owns_transaction: bool
    options: RunOptions
    log: RunLog | None
    done: list[StepReport] = field(default_factory=list)
    #: The steps of the transaction that is open, or was last.
    ran: list[RunningStep] = field(default_factory=list)
    #: Whether the run is undone as a whole, by the user whose transaction it is in.
    whole: bool = field(init=False)
    backend: Backend = field(init=False)
    #: Whether the session commits every statement.
    manual_begin: bool = field(init=False)
    retries: Retries = field(init=False)
    #: The transaction of a run that is one, and ours.
    one: WholeRun | None = field(init=False)
    cursors: Cursors = field(init=False)
    journal: Journal = field(init=False)
    recorder: Recorder = field(init=False)
    #: The url with its password: only for taking it out of texts.
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = self.connection.engine.url.render_as_string(hide_password=False)
        self.backend = backend_of(self.connection)
        self.manual_begin = in_autocommit(self.connection)
        self.whole = self.caller_owns_transaction and not self.manual_begin
        self.cursors = Cursors(self.connection)
        self.one = (
            WholeRun(
                self.connection,
                caller_owns_transaction=self.caller_owns_transaction,
                limits=self.options.limits,
            )
            if self.options.whole and not self.whole and self.is_undone_together
            else None
        )
        self.journal = Journal(self.connection, self.version_table, self.clock)
        self.recorder = Recorder(
            self.connection,
            self.log,
            self.listener,
            caller_owns_transaction=self.caller_owns_transaction,
            limits=self.options.limits,
        )

    def execute(self, make_plan: Callable[[tuple[str, ...]], Plan]) -> RunReport:
        """Run everything."""
        with translating(self.url):
            if not self.caller_owns_transaction and self.connection.in_transaction():
                # What env.py did since it was configured, as setting a search path: ours to commit.
                self.connection.commit()
            plan = make_plan(self._position(self.journal.read))
            self.journal.check(plan)
        failed = True
        try:
            self._notify(RunStarted(plan))
            if plan.steps:
                with translating(self.url):
                    self.recorder.prepare()
            with self.cursors.watched():
                steps = tuple(enumerate(plan.steps, 1))
                for part in ([step] for step in steps) if self.one is None else [steps]:
                    self._transaction(part, plan)
            failed = False
            self._notify(RunDone(plan.end))
        except KeyboardInterrupt as interrupt:
            stopped = self._ending(plan).between(len(self.done))
            self._notify(RunFailed(self._applied(plan, stopped)))
            raise stopped from interrupt
        except Exception as error:
            self._notify(RunFailed(self._applied(plan, error)))
            raise
        finally:
            self.journal.close(caller_owns_transaction=self.caller_owns_transaction, failed=failed)
        return RunReport(plan, tuple(self.done), plan.end)

    def _applied(self, plan: Plan, error: Exception) -> RunReport:
        """Return the steps that are in effect after an error."""
        ends = [step.heads_after for step in plan.steps]
        number = 0 if self.one is not None or self.whole else len(self.done)
        if isinstance(error, MigrationFailedError) and error.position in ends:
            number = ends.index(error.position) + 1
        steps = tuple(self.done[:number])
        return RunReport(plan, steps, steps[-1].step.heads_after if steps else plan.start)

    def _notify(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)

    def _position(self, also: Callable[[], None] | None = None) -> tuple[str, ...]:
        """Read the heads, and what else is to be read with them; leave no transaction behind."""
        try:
            if also is not None:
                also()
            return self.version_table.heads()
        finally:
            if not self.caller_owns_transaction and self.connection.in_transaction():
                self.connection.rollback()

    def _transaction(self, steps: Iterable[tuple[int, Step]], plan: Plan) -> None:
        """Run the steps of one transaction, and all of them again when one did not get a lock in time."""
        before, self.retries = len(self.done), Retries(self.options.limits.retries, self.listener)
        while True:
            if not (self.caller_owns_transaction and self.is_undone_together):
                self.ran.clear()
            try:
                for number, step in steps:
                    self._notify(StepStarted(step, number, len(plan.steps)))
                    if self.journal.open is not None:
                        self._notify(StepResumed(step, len(self.journal.open.done)))
                    self.done.append(self._step(step, plan))
                    self._keep_owner()
                    self._notify(StepDone(step, self.done[-1].seconds))
                if self.one is not None:
                    self._finish(self.one, plan)
                return
            except BaseException as failure:
                if self.one is not None:
                    self.one.rollback()
                committed = self.caller_owns_transaction or any(running.has_committed for running in self.ran)
                if committed or not self.ran or not self.retries.wait(self.ran[-1].step, failure):
                    self._record(failure)
                    raise
                del self.done[before:]

    def _step(self, step: Step, plan: Plan) -> StepReport:
        migration = self.load(step.revision)
        function = migration.upgrade if step.direction == "upgrade" else migration.downgrade
        with translating(self.url):
            self.backend.transactions.restore_mode(self.connection, manual_begin=self.manual_begin)
        running = RunningStep(
            self.connection,
            step,
            self.version_table,
            self.one
            or Transaction(
                self.connection,
                caller_owns_transaction=self.caller_owns_transaction,
                limits=self.options.limits,
            ),
            Recording(self.connection, step, self.clock, self.listener),
            self.context,
            self.journal,
        )
        self.ran.append(running)
        running.started = self.clock.seconds()
        with translating(self.url):
            running.begin()
            session_id = self.backend.session_id(self.connection)
        try:
            self._migrate(running, function, plan)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                self.backend.end_session(self.connection, session_id)
            running.watch.resolve()
            running.transaction.rollback()
            self._keep_owner()
            if (failure := self._ending(plan).failure(running, error)) is error:
                raise
            raise failure from error
        seconds = self.clock.seconds() - running.started
        return StepReport(step, tuple(running.recording.statements), seconds, tuple(running.operations))

    @property
    def is_undone_together(self) -> bool:
        """Whether a rollback undoes DDL as well, and with it steps that are not committed."""
        return not ddl_commits(self.connection.dialect)

    def _keep_owner(self) -> None:
        """Take note that a revision has committed what the user had begun: what comes after it is ours."""
        if self.caller_owns_transaction and not self.ran[-1].transaction.joined:
            self.caller_owns_transaction = self.whole = self.recorder.caller_owns_transaction = False

    def _migrate(self, running: RunningStep, function: Callable[..., None], plan: Plan) -> None:
        # Wide enough for every id of the plan, before the first is run.
        ids = [] if self.done else [id_ for each in plan.steps for id_ in each.gained]
        needed = () if self.done else self.version_table.preparation(ids)
        with self.cursors.kept_in(running.recording):
            self.version_table.make(needed)
            running.prelude = len(running.recording.statements)
            running.prepare = partial(self.version_table.prepare, ids) if needed else None
            with self.journal.watching(running, function):
                with running.in_context(), op.use(Operations(running)):
                    function(**self.run_arguments)
                running.finish()
            self.version_table.move(running.step.lost, running.step.gained)
            with running.recording.quietly():
                seconds = self.clock.seconds() - running.started
                subject = f"the {running.step.direction} of {running.step.revision.id}"
                self.recorder.record(partial(RunLog.add_done, step=running.step, seconds=seconds), subject)
            if self.context is not None:
                running.in_callback = True
                self.context.applied(running.step)
                running.in_callback = False
        running.recording.pending = "COMMIT"
        running.transaction.commit()
        self.journal.end_step()

    def _finish(self, one: WholeRun, plan: Plan) -> None:
        """Commit a run that is one transaction."""
        try:
            one.finish()
        except Exception as error:
            one.rollback()
            raise self._ending(plan).failure(self.ran[-1], error, at_end=True) from error

    def _record(self, failure: BaseException) -> None:
        """Write into the table of runs that a step failed."""
        if isinstance(failure, MigrationFailedError) and failure.revision:
            running = self.ran[-1]
            result = "interrupted" if isinstance(failure, InterruptedRunError) else "failed"
            seconds = self.clock.seconds() - running.started
            self.recorder.failed(running.step, seconds, result, failure.message)

    def _ending(self, plan: Plan) -> Ending:
        """Return what tells of a run that did not come to its end."""
        return Ending(
            self.connection,
            plan,
            self._position,
            self.journal,
            self.options.limits,
            done=len(self.done),
            ran=tuple(self.ran),
            is_one=self.one is not None,
            is_joined=self.whole,
            caller_owns_transaction=self.caller_owns_transaction,
            tries=self.retries.made + 1 if self.ran else 0,
        )
