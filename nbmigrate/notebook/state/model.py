"""What is known of a project in this kernel: the one thing that cells and widgets look at, and go through."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial

from traitlets import Any as AnyTrait
from traitlets import Bool, HasTraits, Int

from nbmigrate.database.bookkeeping.version_table import journal_name, log_name
from nbmigrate.database.snapshots.capture import Snapshot, TableChange, TableSnapshot, compare, take
from nbmigrate.database.tables.reflection import DescriptionCache
from nbmigrate.environment.effects.trials import Trials
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Step
from nbmigrate.notebook.interrupts import InterruptibleRun
from nbmigrate.notebook.state.background_run import Listener, Outcome, Progress, Ran, Reading, Stop, read, run
from nbmigrate.notebook.state.moves import Move, plan_of
from nbmigrate.project import Project

Post = Callable[[Callable[[], None]], None]


class Model(HasTraits):
    """One project, as it was when it was last looked at; widgets observe `version`, which counts the looks.

    Traits change only in the thread that calls `refresh`, `go`, or what `start` posts; a run itself may be in a thread
    of its own. There is one run at a time, on a connection of its own, and nothing stays connected.

    Parameters
    ----------
    project
        The project.
    """

    #: The rows of the version table, sorted; None while they are not known.
    heads = AnyTrait(None, allow_none=True)
    #: Counts the states of the revision files.
    graph_token = Int(0)
    #: Whether a run is going on.
    busy = Bool(False)
    #: The exception of the last run, or what is wrong with the database or the files; None if all is well.
    error = AnyTrait(None, allow_none=True)
    #: What the last run, or somebody else, has changed in the tables; None before that.
    changes = AnyTrait(None, allow_none=True)
    #: How far the run is that is going on.
    progress = AnyTrait(None, allow_none=True)
    #: Counts the interrupts of the kernel: what was pressed before one is not begun after it.
    interrupts = Int(0)
    #: Counts the looks at files and database; the last trait to change.
    version = Int(0)

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self.graph = RevisionGraph(())
        self.snapshot: Snapshot | None = None
        #: What `changes` compares it with.
        self.before: Snapshot | None = None
        #: The database, its secrets masked; the last one where env.py migrates several.
        self.url = ""
        #: How many it migrates.
        self.databases = 1
        #: The table that holds the position.
        self.version_table = "alembic_version"
        #: How many runs have ended, whatever became of them.
        self.runs = 0
        #: The steps that the last run did; empty once the position has moved in another way.
        self.last: tuple[Step, ...] = ()
        #: What the revisions do, as far as a panel has shown it; no content of a file is tried out twice.
        self.trials = Trials()
        #: What the looks have learnt of what the tables are made of.
        self._cache: DescriptionCache = {}
        self._secret_url = ""
        self._one_thread = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop: Stop = ""
        self._interruptible = InterruptibleRun()
        #: How many interrupts were noticed, by a signal handler, which must not change a trait.
        self._interrupts = 0
        #: Whether somebody wanted to look while a run was going on.
        self._again = False
        #: The error of the last run, which stays while everything is as the run left it.
        self._failure: BaseException | None = None

    def __repr__(self) -> str:
        return f"Model({self.project!r})"

    @property
    def marks(self) -> Marks:
        """Where the database stands, for drawings."""
        return Marks() if self.heads is None else Marks.at(self.graph, self.heads)

    @property
    def token(self) -> str:
        """What a press must bring: another one after every run or interrupt, and where the position or files move."""
        heads = "?" if self.heads is None else ",".join(self.heads)
        return f"{self.runs}:{self.interrupts}:{self.graph_token}:{heads}"

    @property
    def secret_url(self) -> str:
        """The url with its password: only for taking that out of texts."""
        return self._secret_url or self.project.config.get("sqlalchemy.url") or ""

    def refresh(self, *, forget: bool = False) -> None:
        """Look at the files and the database; while a run is going on, that is done at its end.

        Parameters
        ----------
        forget
            Whether an error and the changes of the last run are forgotten, even if everything is as it was left.
        """
        if forget:
            self.trials.forget_dependent()
        if not self._lock.acquire(blocking=False):
            self._again = True
            return
        try:
            self._update(forget=forget)
        finally:
            self._lock.release()

    def go(self, move: Move) -> Outcome:
        """Make a move and return when it is done; nothing is done if the position or the files are others by now."""
        outcome: list[Outcome] = []
        self._begin(move, lambda callback: callback(), outcome.append, threaded=False)
        return outcome[0]

    def start(self, move: Move, post: Post, done: Callable[[Outcome], None]) -> None:
        """Make a move in a thread.

        Parameters
        ----------
        move
            The move.
        post
            Calls a function in the thread that the traits belong to.
        done
            Called there at the end, after the traits have changed.
        """
        self._begin(move, post, done, threaded=not self._one_thread)

    def stop(self, *, now: bool = False) -> None:
        """Stop the run after the revision that is running, or with `now` undo that revision and stop."""
        self._stop = "now" if now or self._stop == "now" else "after"
        if now:
            self._interruptible.interrupt()
        if self.progress is not None:
            self._show_progress(self.progress)

    def note_interrupt(self) -> None:
        """End the run that is going on, as the kernel was interrupted; called by a signal handler."""
        self._interrupts += 1
        if self.busy:
            self._stop = "now"
            self._interruptible.interrupt()

    def show_interrupt(self) -> None:
        """Let the widgets see the interrupts that were noticed."""
        self.interrupts = self._interrupts
        if self.progress is not None:
            self._show_progress(self.progress)

    def read_table(self, name: str) -> None:
        """Read a table that the last look had no time for, now that somebody wants to see it."""
        found = self.snapshot.get(name) if self.snapshot is not None else None
        if self.snapshot is None or found is None or not found.problem or self.busy:
            return
        try:
            closer = self.project.connect(lambda context: take(context.connection, tables=[name]))
        except MigrateError:
            # What is shown says already why the rows are not there.
            return
        tables = tuple(closer.get(table.name) or table for table in self.snapshot.tables)
        self.snapshot = replace(self.snapshot, tables=tables)

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end of a run in a thread; what it posts is not waited for."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _begin(self, move: Move, post: Post, done: Callable[[Outcome], None], *, threaded: bool) -> None:
        if not self._lock.acquire(blocking=False):
            done("busy")
            return
        self._stop, self._again, expected = "", False, self.graph
        owner = threading.get_ident()

        def notify(progress: Progress) -> None:
            # A run in this thread leaves its loop no time, and another thread must keep its hands off the traits.
            if threaded:
                post(partial(self._show_progress, progress))
            elif threading.get_ident() == owner:
                self._show_progress(progress)

        self.progress = _first_progress(expected, move, can_stop=threaded)
        listener = Listener(lambda: self._stop, notify, self.progress)
        interruptible = InterruptibleRun()

        def work() -> None:
            ran = run(self.project, move, expected, listener, self._cache, interruptible)
            post(lambda: self._end(ran, done))

        self.busy = True
        if threaded:
            self._interruptible = interruptible
            target = partial(copy_context().run, work)
            self._thread = threading.Thread(target=target, name="nbmigrate run", daemon=True)
            self._thread.start()
        else:
            work()

    def _end(self, ran: Ran, done: Callable[[Outcome], None]) -> None:
        try:
            self.runs += 1
            with self.hold_trait_notifications():
                self.busy, self.progress, self.last = False, None, ran.done
                self._show(ran.found, error=ran.error, before=ran.before)
            if self._again:
                # Somebody wanted to look meanwhile: for a cell, the run may not have been the last change.
                self._update()
        finally:
            self._lock.release()
            done(ran.outcome)

    def _update(self, *, forget: bool = False) -> None:
        found = read(self.project, self.graph, self._cache)
        if (found.heads, found.snapshot) != (self.heads, self.snapshot):
            self.last = ()
            self._show(found, before=self.snapshot)
        elif forget:
            self._show(found)
        else:
            self._show(found, error=self._failure, before=self.before)

    def _show(
        self, found: Reading, *, error: BaseException | None = None, before: Snapshot | None = None
    ) -> None:
        with self.hold_trait_notifications():
            if found.graph is not self.graph:
                self.graph, self.graph_token = found.graph, self.graph_token + 1
            self.before, self.snapshot, self._one_thread = before, found.snapshot, found.one_thread
            self.url = found.url or self.url
            self.databases = len(found.positions) or self.databases
            self._secret_url = found.secret_url or self._secret_url
            self.version_table = found.version_table or self.version_table
            self.heads, self._failure = found.heads, error
            self.changes = None
            if before is not None and found.snapshot is not None:
                self.changes = compare(before, found.snapshot)
            self.error = error or found.problem
            self.version += 1

    def _show_progress(self, progress: Progress) -> None:
        # What was posted late must not show a run that is over.
        if self.busy:
            self.progress = replace(progress, stop=self._stop)


def _first_progress(graph: RevisionGraph, move: Move, *, can_stop: bool) -> Progress | None:
    """Return the progress of a run before it has begun; None if it cannot be planned, as the run will tell."""
    try:
        plan = plan_of(graph, move)
    except MigrateError:
        return None
    return Progress(plan, 1, len(plan.steps), waiting="Starting", can_stop=can_stop)


def post_to(loop: asyncio.AbstractEventLoop) -> Post:
    """Return what calls a function in the thread of a loop, as this cell would."""
    context = copy_context()

    def post(callback: Callable[[], None]) -> None:
        # The loop of a kernel that is shutting down is closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(callback, context=context)

    return post


def own_tables(model: Model) -> tuple[TableSnapshot, ...]:
    """Return the tables that were found, but for those that hold the position and the runs."""
    if model.snapshot is None:
        return ()
    return tuple(table for table in model.snapshot.tables if not _is_ours(model, table.name))


def own_changes(model: Model) -> tuple[TableChange, ...]:
    """Return how the last step changed the tables, but for those that hold the position and the runs."""
    if model.changes is None:
        return ()
    return tuple(change for change in model.changes.tables if not _is_ours(model, change.name))


def _is_ours(model: Model, table: str) -> bool:
    name = model.version_table
    return table in (name, log_name(name), journal_name(name))
