"""What happens to a run of the model while it goes on, and what must have come of it."""

import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from types import FrameType

from nbmigrate import commands
from nbmigrate.commands.database.run import RunResult
from nbmigrate.database.events import Event, LockWaiting, RunDone, RunStarted, StepDone, StepStarted
from nbmigrate.errors import DatabaseLockedError, InterruptedRunError, MigrateError, PositionError
from tests.reliability.ledger import Stand, read_stand
from tests.reliability.model_files import ProjectMachine

Run = Callable[..., object]


class HappeningMachine(ProjectMachine):
    """Runs that are interrupted, and that meet others."""

    def start(self, index: int, direction: str, target: str, **more: object) -> object:
        run: Run = commands.upgrade if direction == "upgrade" else commands.downgrade
        return run(self.project(index), target, **more)

    def interrupted(self, index: int, direction: str, target: str, planned: frozenset[str], at: int) -> None:
        told: list[Event] = []

        def interrupt(event: Event) -> None:
            told.append(event)
            if len(told) == at + 1:
                signal.raise_signal(signal.SIGINT)

        try:
            self.start(index, direction, target, listener=interrupt)
        except InterruptedRunError as error:
            done = self.moved(direction, planned)
            steps = [event.step.revision.id for event in told if isinstance(event, StepDone)]
            if self.whole:
                committed = isinstance(told[-1], RunDone) and not self.users
                assert done == (planned if committed else frozenset())
            else:
                assert done == frozenset(steps)
            assert set(error.position) == self.stand.rows
            self.counted["run interrupted"] += 1
        except MigrateError:
            # It failed before.
            done = self.moved(direction, planned)
            assert self.failing(direction, planned) - done
        else:
            assert len(told) <= at
            assert self.moved(direction, planned) == planned

    def interrupted_anywhere(
        self, index: int, direction: str, target: str, planned: frozenset[str], at: int
    ) -> None:
        """The interrupt comes at a call of a function, whichever; the next run goes on from there.

        At a call that Python looks for signals at: not at that of a lock's `__exit__`, nor where a generator goes on,
        which would be left out altogether.
        """
        if self.failing(direction, planned):
            return
        calls = 0

        def count(frame: FrameType, what: str, _: object) -> None:
            nonlocal calls
            code = frame.f_code
            calls += what == "call" and "nbmigrate" in code.co_filename and not code.co_flags & CO_GENERATOR
            if calls == at:
                calls += 1
                signal.raise_signal(signal.SIGINT)

        position: set[str] | None = None
        try:
            sys.setprofile(count)
            self.start(index, direction, target)
        except InterruptedRunError as error:
            # While it waited for the lock it knew no position yet.
            position = None if "nothing was done" in error.message else set(error.position)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        done = self.moved(direction, planned)
        assert not self.whole or done in (frozenset(), planned)
        assert position is None or position == self.stand.rows
        self.start(index, direction, target)
        assert self.moved(direction, planned - done) == planned - done
        self.counted["interrupted anywhere"] += calls > at

    def with_another_inside(
        self, index: int, direction: str, target: str, planned: frozenset[str], at: int
    ) -> None:
        """While one run goes on, another is not let in, and who looks sees what is committed."""
        refusals: list[str] = []

        def intrude(event: Event) -> None:
            if isinstance(event, StepStarted) and event.number == 1 + at % event.total:
                for way, everything in (("upgrade", "heads"), ("downgrade", "base")):
                    try:
                        self.start(index + 1, way, everything, lock_timeout=0)
                    except DatabaseLockedError as error:
                        refusals.append(str(error))

        try:
            self.start(index, direction, target, listener=intrude)
        except MigrateError:
            done = self.moved(direction, planned)
            assert self.failing(direction, planned) - done
        else:
            assert self.moved(direction, planned) == planned
            assert len(refusals) == 2 * bool(planned)
            self.counted["other run refused"] += len(refusals)

    def moved_by_a_stranger(
        self, index: int, direction: str, target: str, planned: frozenset[str], at: int
    ) -> None:
        """Somebody who knows nothing of locks moves the version rows before a step begins."""
        moved: list[Stand] = []

        def move(event: Event) -> None:
            if isinstance(event, StepStarted) and event.number == 1 + at % event.total and not moved:
                with sqlite3.connect(self.database, timeout=0) as connection:
                    connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))")
                    connection.execute("INSERT INTO alembic_version VALUES ('moved')")
                connection.close()
                moved.append(read_stand(self.database))

        if self.whole or not planned or self.failing(direction, planned):
            # A user's transaction has the write lock from its first step on.
            return
        with self.refused_at_once(PositionError):
            self.start(index, direction, target, listener=move)
        assert read_stand(self.database) == moved[0]
        with sqlite3.connect(self.database) as connection:
            connection.execute("DELETE FROM alembic_version WHERE version_num = 'moved'")
        connection.close()
        self.moved(direction, planned)
        self.counted["moved by a stranger"] += 1

    @contextmanager
    def refused_at_once(self, kind: type[MigrateError]) -> Iterator[None]:
        try:
            yield
        except kind:
            return
        raise AssertionError("not refused")

    def locked_by_a_stranger(
        self, index: int, direction: str, target: str, planned: frozenset[str], at: int
    ) -> None:
        """Somebody writes to the database, and does not come to an end."""
        if not planned:
            return
        connection = sqlite3.connect(self.database, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            with self.refused():
                self.start(index, direction, target)
            self.counted["locked by a stranger"] += 1
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    def behind_another(
        self, index: int, direction: str, target: str, planned: frozenset[str], at: int
    ) -> None:
        """A second run of the same kind waits for the first, and finds the work done."""
        if not planned or self.failing(direction, planned):
            return
        waiting = threading.Event()
        second: list[object] = []

        def run_second() -> None:
            def tell(event: Event) -> None:
                if isinstance(event, LockWaiting):
                    waiting.set()

            try:
                second.append(self.start(index + 1, direction, target, listener=tell, lock_timeout=30))
            except BaseException as error:
                second.append(error)
            finally:
                waiting.set()

        thread = threading.Thread(target=run_second)

        def let_wait(event: Event) -> None:
            if isinstance(event, RunStarted):
                thread.start()
                assert waiting.wait(30)

        self.start(index, direction, target, listener=let_wait)
        thread.join()
        assert self.moved(direction, planned) == planned
        assert isinstance(second[0], RunResult) and not second[0].steps, second
        self.counted["waited"] += 1
