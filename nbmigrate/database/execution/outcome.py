"""What is said of a run that did not come to its end: what stays of it, and where the database stands."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import sqlalchemy as sa

from nbmigrate.database.backends.timeouts import Limits
from nbmigrate.database.bookkeeping.version_table import heads_text
from nbmigrate.database.diagnosis.hints import hint_for
from nbmigrate.database.execution.failure import (
    DONE,
    IN_FLIGHT,
    INCOMPARABLE,
    LATER,
    PARTLY_UNDONE,
    UNDONE,
    UNKNOWN,
    WHOLE_UNDONE,
    FailedStep,
    Remains,
)
from nbmigrate.database.execution.retry import advice_on, is_lock_refused
from nbmigrate.database.execution.step import RunningStep
from nbmigrate.database.journal.journal import Journal
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.errors import InterruptedRunError, PositionError
from nbmigrate.graph.plan import Plan


@dataclass(frozen=True, slots=True)
class Ending:
    """The run, as it is after its last rollback.

    Parameters
    ----------
    connection
        Its connection.
    plan
        What it was to do.
    read_position
        Reads where the database stands, and what else is to be read with it.
    journal
        Its journal.
    limits
        How long its statements may wait.
    done
        How many steps are done.
    ran
        The steps of the transaction that is undone.
    is_one
        Whether the run is one transaction, and ours.
    is_joined
        Whether it is undone as a whole, by the user whose transaction it is in.
    caller_owns_transaction
        Whether the connection is in a transaction of its user.
    tries
        How often the last step was begun.
    """

    connection: sa.Connection
    plan: Plan
    read_position: Callable[..., tuple[str, ...]]
    journal: Journal
    limits: Limits
    done: int
    ran: tuple[RunningStep, ...]
    is_one: bool
    is_joined: bool
    caller_owns_transaction: bool
    tries: int

    @property
    def url(self) -> str:
        """The url with its password: only for taking it out of texts."""
        return self.connection.engine.url.render_as_string(hide_password=False)

    def failure(self, running: RunningStep, error: BaseException, *, at_end: bool = False) -> BaseException:
        """Return what to raise for a step that raised `error` and was rolled back."""
        if isinstance(error, PositionError):
            return error
        hint = "" if self.caller_owns_transaction else hint_for(self.connection, running.operations, error)
        found = self._position_after(running)
        # Neither the driver nor the database answers, and the driver may have committed.
        running.watch.is_unknown |= running.watch.is_unanswered and found is None
        position = self._before(running) if found is None else found
        left = self._left(running)
        failed_step = FailedStep(
            running.step,
            position,
            "COMMIT" if at_end else running.recording.pending,
            left,
            self.url,
            hint or advice_on(error, self.limits, self.tries),
            undone=self._undone(running, found, committing=at_end or running.recording.pending == "COMMIT"),
            cure=LATER if is_lock_refused(error) else "",
            at_end=at_end,
            in_callback=running.in_callback,
        )
        if isinstance(error, KeyboardInterrupt):
            if position == running.step.heads_after and not self.is_joined and not self.is_one:
                # It came when the commit was already done.
                return self.between(self.done + 1)
            return failed_step.interrupted()
        return failed_step.failed(error) if isinstance(error, Exception | SystemExit) else error

    def _left(self, running: RunningStep) -> Remains:
        """Return what stays; of an earlier step of the same transaction its version row does not."""
        held = next((ran for ran in reversed(self.ran) if ran.has_committed), running)
        left = held.left()
        why = held.why if held is running else f"Revision {held.step.revision.id} had committed"
        if running.watch.is_unknown:
            return running.left()
        if self.caller_owns_transaction:
            # What the user is about to roll back can still be seen.
            return replace(left, why=why)
        try:
            self.read_position(self.journal.read)
        except Exception:
            return replace(left, why=why)
        found = self.journal.open
        if found is None:
            return Remains()
        # Of several statements in one text some may be in effect, where a text that fails is not undone whole.
        stays = ("done", "intent") if running.transaction.atomic else ("done",)
        texts = tuple(entry.statement for entry in found.entries if entry.state in stays)
        obstacle = "" if all(entry.fingerprint for entry in found.done) else INCOMPARABLE
        if "intent" in stays and found.in_flight is not None:
            obstacle = IN_FLIGHT
        return Remains(texts, why, found.revision, obstacle)

    def _before(self, running: RunningStep) -> tuple[str, ...]:
        """Return where the database stood when the transaction of a step began."""
        if not ((self.is_one or self.is_joined) and running.transaction.atomic):
            return running.step.heads_before
        committed = [ran.step.heads_before for ran in self.ran if ran.has_committed]
        return committed[-1] if committed else self.plan.start

    def _position_after(self, running: RunningStep) -> tuple[str, ...] | None:
        """Return where the database stands after a rollback, as it says itself; None if it does not answer."""
        is_open = not (running.watch.is_unknown or running.watch.is_unanswered)
        if self.is_joined and running.transaction.atomic and is_open:
            return self._before(running)
        try:
            return self.read_position()
        except Exception:
            # Also of a driver that the revision has closed.
            return None

    def _undone(self, running: RunningStep, position: tuple[str, ...] | None, *, committing: bool) -> str:
        """Return what was undone, by where the database stands."""
        if position is None and (committing or running.watch.is_unknown):
            return UNKNOWN
        if running.watch.is_unknown:
            return PARTLY_UNDONE
        if self.is_one:
            return self._undone_of_one(self._before(running) if position is None else position)
        return DONE if committing and position == running.step.heads_after else UNDONE

    def _undone_of_one(self, position: tuple[str, ...]) -> str:
        """Return what was undone of a run that is one transaction, and ended at a position."""
        if position == self.plan.end:
            return DONE
        return WHOLE_UNDONE if position == self.plan.start else PARTLY_UNDONE

    def between(self, number: int) -> InterruptedRunError:
        """Return the error for an interrupt that came when `number` steps were done and no other was begun."""
        if self.is_one:
            position = self.plan.start
            with suppress(sa.exc.SQLAlchemyError):
                position = self.read_position()
            return InterruptedRunError(
                "The run was interrupted between revisions.",
                f"{self._undone_of_one(position)} The database stands at {heads_text(position)}. "
                "Run the same command again to go on.",
                position=position,
            )
        if self.is_joined:
            return self._between_in_users(number)
        position = self.plan.steps[number - 1].heads_after if number else self.plan.start
        # It may have come when a commit was done and not counted yet.
        with suppress(sa.exc.SQLAlchemyError):
            position = self.read_position()
        ends = [step.heads_after for step in self.plan.steps]
        return self._interrupted(ends.index(position) + 1 if position in ends else number, position)

    def _between_in_users(self, number: int) -> InterruptedRunError:
        """Return the error where the user undoes what is not committed; where DDL commits, that is the last end."""
        if not number or not ddl_commits(self.connection.dialect):
            return self._interrupted(0, self.plan.start)
        last = self.plan.steps[number - 1]
        left = self.ran[-1].left() if self.ran else Remains()
        return FailedStep(last, last.heads_before, left=left, url=self.url).interrupted()

    def _interrupted(self, number: int, position: tuple[str, ...]) -> InterruptedRunError:
        return InterruptedRunError(
            f"The run was interrupted between revisions: {number} of {len(self.plan.steps)} are done.",
            f"The database stands at {heads_text(position)}. Run the same command again to go on.",
            position=position,
        )
