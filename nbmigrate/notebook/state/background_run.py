"""Looking at a project, and making a move in it, in whichever thread: values come out, no widget is touched."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from nbmigrate.config import Config
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.memory import shares
from nbmigrate.database.snapshots.capture import Snapshot, take
from nbmigrate.database.tables.reflection import DescriptionCache
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import DatabaseError, InterruptedRunError, MigrateError, PositionError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.position import applied
from nbmigrate.notebook.interrupts import InterruptibleRun
from nbmigrate.notebook.state.moves import Move, plan_of
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Event

#: What became of a move: done, or refused because the position or the files are others by now, or because a run is
#: going on; or failed, with the error on the model.
Outcome = Literal["done", "moved", "busy", "failed"]

#: How a run is to be stopped: not, after the revision that is running, at once.
Stop = Literal["", "after", "now"]

#: Seconds between two messages about the progress of a run.
_INTERVAL = 0.1


class MovedError(PositionError):
    """A move was planned for another position, or for other files, than there are now."""


def moved() -> MovedError:
    """Return the error for a move that is not made any more."""
    return MovedError(
        "Nothing was done: the database or the revision files have changed since this was drawn.",
        "The panel shows them as they are now.",
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `number` counts its revisions from 1 to `total`, `statements` those of the one that runs."""

    plan: Plan
    number: int
    total: int
    statements: int = 0
    stop: Stop = ""
    #: What the run waits for before its first revision; empty once that runs.
    waiting: str = ""
    #: Whether a press of Stop is heard while it runs.
    can_stop: bool = True

    @property
    def heads(self) -> tuple[str, ...]:
        """Where the database stands after the revisions that are done."""
        return self.plan.steps[self.number - 2].heads_after if self.number > 1 else self.plan.start


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the files and the database found.

    Parameters
    ----------
    graph
        The revisions.
    heads, snapshot
        The rows of the version table, and the tables; None where the database told nothing.
    url
        The database, its secrets masked.
    secret_url
        The same with its password: only for taking that out of texts.
    one_thread
        Whether another thread would be given another database.
    version_table
        The table that holds the position.
    error
        Why the database, or the files, told nothing.
    positions
        The databases that env.py migrates, in its order, and where each stands; what else is here is of the last.
    """

    graph: RevisionGraph
    heads: tuple[str, ...] | None = None
    snapshot: Snapshot | None = None
    url: str = ""
    secret_url: str = field(default="", repr=False)
    one_thread: bool = False
    version_table: str = ""
    error: BaseException | None = None
    positions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def problem(self) -> BaseException | None:
        """What is wrong with the database, with the files, or with where the one stands in the other."""
        if self.error is not None:
            return self.error
        if self.graph.problems:
            return self.graph.problems[0]
        try:
            applied(self.graph, self.heads or ())
        except MigrateError as error:
            return error
        if len({heads for _, heads in self.positions}) > 1:
            stand = "; ".join(f"{url} at {', '.join(heads) or 'base'}" for url, heads in self.positions)
            return PositionError(
                f"The databases of this project stand at different revisions: {stand}.",
                "Bring them to the same one in a cell: `%migrate upgrade` or `downgrade` and that revision.",
            )
        return None


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended; `before` are the tables as they were, None if it did not come to look at them."""

    found: Reading
    before: Snapshot | None
    plan: Plan | None
    error: BaseException | None

    @property
    def done(self) -> tuple[Step, ...]:
        """The steps that lead to where the database stands now: the others were not made, or undone."""
        steps = self.plan.steps if self.plan is not None else ()
        heads = set(self.found.heads or ())
        return next(
            (steps[:n] for n in range(len(steps), 0, -1) if set(steps[n - 1].heads_after) == heads), ()
        )

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        if self.error is None:
            return "done"
        return "moved" if isinstance(self.error, MovedError) else "failed"


class Listener:
    """Tells how a run goes, and the run to stop.

    Parameters
    ----------
    stop
        Returns how the run is to be stopped.
    notify
        Called with the progress, from any thread, not more than a few times a second.
    progress
        That of a run which has not begun; None if it cannot be planned.
    """

    def __init__(
        self, stop: Callable[[], Stop], notify: Callable[[Progress], None], progress: Progress | None = None
    ) -> None:
        self._stop = stop
        self._notify = notify
        self._notified_at = -_INTERVAL
        self._timer: threading.Timer | None = None
        self.progress = progress
        #: What is run; None before it is planned on the database.
        self.plan: Plan | None = None

    def __call__(self, event: "Event") -> None:
        """Take an event; `KeyboardInterrupt` is what the executor takes for a wish to stop."""
        from nbmigrate.database.events import LockWaiting, RunStarted, StatementDone, StepStarted

        stop = self._stop()
        if (stop and isinstance(event, StepStarted | LockWaiting)) or (
            stop == "now" and isinstance(event, StatementDone)
        ):
            raise KeyboardInterrupt
        if isinstance(event, RunStarted):
            self.plan = event.plan
            can_stop = self.progress is None or self.progress.can_stop
            self.progress = Progress(event.plan, 1, len(event.plan.steps), can_stop=can_stop)
        elif self.progress is not None and isinstance(event, LockWaiting):
            self.progress = replace(self.progress, waiting=event.text())
        elif self.progress is not None and isinstance(event, StepStarted):
            self.progress = replace(self.progress, number=event.number, statements=0)
        elif self.progress is not None and isinstance(event, StatementDone):
            self.progress = replace(self.progress, statements=self.progress.statements + 1)
        else:
            return
        # A thousand quick revisions would send a thousand messages that nobody can read; but what comes last must be
        # told, though nothing happens after it for an hour.
        if time.monotonic() - self._notified_at >= _INTERVAL:
            self._notify_now()
        elif self._timer is None:
            self._timer = threading.Timer(_INTERVAL, self._notify_now)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Tell no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _notify_now(self) -> None:
        self._notified_at, self._timer = time.monotonic(), None
        if self.progress is not None:
            self._notify(self.progress)


def read(project: Project, graph: RevisionGraph, cache: DescriptionCache) -> Reading:
    """Look at the files and the database; raises nothing.

    Parameters
    ----------
    graph
        The one to go on with where the files cannot be read.
    cache
        What earlier looks have learnt of the tables.
    """
    try:
        if _is_outdated(project):
            project.reload()
        graph = project.graph
    except Exception as error:
        return Reading(graph, error=error)

    def collect(context: MigrationContext) -> Reading:
        engine, used = context.connection.engine, project.connectable
        heads = tuple(sorted(context.get_current_heads()))
        snapshot, problem = _tables(context, cache)
        return Reading(
            graph,
            heads,
            snapshot,
            context.place,
            engine.url.render_as_string(hide_password=False),
            shares(engine) or (used is not None and used.stays_in_thread),
            context.version_table,
            problem,
        )

    try:
        found = project.connect_each(collect)
    except Exception as error:
        return Reading(graph, error=error)
    return replace(found[-1], positions=tuple((one.url, one.heads or ()) for one in found))


def _tables(
    context: MigrationContext, cache: DescriptionCache
) -> tuple[Snapshot | None, DatabaseError | None]:
    """Return the tables, or why they cannot be looked at: where the database stands may be known all the same."""
    try:
        return take(context.connection, cache=cache), None
    except DatabaseError as error:
        return None, error


def _is_outdated(project: Project) -> bool:
    """Tell whether the settings are others than the project was opened with."""
    config = project.config
    found = Config.find(config.directory, file=config.path, section=config.section, x=config.x_arguments)
    return found != config


def run(
    project: Project,
    move: Move,
    expected: RevisionGraph,
    listener: Listener,
    cache: DescriptionCache,
    interruptible: InterruptibleRun,
) -> Ran:
    """Make a move, if the database stands where it was planned for and the files are as they were; raises nothing.

    Parameters
    ----------
    expected
        The graph that the move was planned in.
    cache
        What earlier looks have learnt of the tables.
    interruptible
        By which another thread may end it.
    """
    before: Snapshot | None = None

    def plan_from(heads: tuple[str, ...]) -> Plan:
        if set(heads) != set(move.start) or project.graph is not expected or _is_outdated(project):
            raise moved()
        return plan_of(expected, move, heads)

    def action(context: MigrationContext) -> None:
        nonlocal before
        interruptible.cancels_with(backend_of(context.connection).canceller(context.connection))
        before, _ = _tables(context, cache)
        context.migrate(plan_from, listener=listener, clock=project.clock)

    error: BaseException | None = None
    try:
        with interruptible:
            project.connect(action, target=move.target)
    except KeyboardInterrupt:
        error = InterruptedRunError(
            "The run was interrupted.", "The panel shows where the database stands now."
        )
    except BaseException as raised:
        # In a thread nobody else would hear of it, and the panel would wait for ever.
        error = raised
    finally:
        listener.close()
    found = read(project, expected, cache)
    if isinstance(error, MovedError) and found.error is not None:
        # What has moved is then no matter.
        error = found.error
    return Ran(found, before if listener.plan is not None else None, listener.plan, error)
