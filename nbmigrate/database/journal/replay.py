"""A revision that runs again, compared statement by statement with the journal of the run that was cut short."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbmigrate.database.backends.base import Verdict
from nbmigrate.database.journal.table import Entry, OpenStep
from nbmigrate.errors import InterruptedRevisionError

#: What is in effect, or was rolled back to a savepoint by the revision, which does so again.
_OVER = ("done", "undone")
#: How many characters of a statement a message shows.
_SHOWN = 300
REMEDIES = (
    "`doctor` shows what was done. `abandon` forgets the journal, and leaves the schema and the version as "
    "they are."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a statement that the journal knows: skipped, or run in the place of the one in flight."""

    entry: Entry
    skipped: bool


class Replay:
    """The statements of the journal that the revision has not come by again.

    Parameters
    ----------
    step
        The interrupted revision.
    same_code
        Whether the file's code is the one that ran: what it leaves out then, it leaves out for what it found in the
        database, and not because somebody took it out.
    decide
        Says whether the statement in flight is in effect.
    """

    def __init__(self, step: OpenStep, same_code: bool, decide: Callable[[Entry], Verdict]) -> None:
        self._step = step
        # What failed last was never in effect, and may be corrected.
        entries = list(step.entries)
        while entries and entries[-1].state in ("failed", "undone", "read"):
            entries.pop()
        self._rest = deque(entries)
        self._same_code = same_code
        self._decide = decide
        #: What the revision was refused for: it must not go on, though it may have caught the error.
        self.refusal: InterruptedRevisionError | None = None

    @property
    def rest(self) -> Sequence[Entry]:
        """The entries that the revision has still to come by."""
        return tuple(self._rest)

    def take(self, fingerprint: str, text: str) -> Outcome | None:
        """Return what becomes of a statement; None for one that the journal does not know, and that runs.

        Raises
        ------
        InterruptedRevisionError
            It is not the one that the journal has in its place, or the schema does not show whether that was applied.
        """
        self._pass_reads()
        if self._same_code:
            self._leave_out(fingerprint)
        if not self._rest:
            return None
        entry = self._rest[0]
        if entry.state == "intent":
            return self._in_flight(entry, fingerprint, text)
        if entry.fingerprint != fingerprint:
            raise self._refused(entry, text)
        return Outcome(self._rest.popleft(), skipped=True)

    def take_read(self, fingerprint: str) -> Entry | None:
        """Return the entry of a query that came before something that is done; None where there is none.

        With its rows, a loop over what is still to be done comes by the same statements again.
        """
        for place, entry in enumerate(self._rest):
            if entry.state != "read":
                return None
            if entry.fingerprint == fingerprint:
                for _ in range(place + 1):
                    self._rest.popleft()
                return entry
        return None

    def _pass_reads(self) -> None:
        while self._rest and self._rest[0].state == "read":
            self._rest.popleft()

    def _leave_out(self, fingerprint: str, kind: str = "fingerprint") -> None:
        """Pass by what this run of the same code did not ask for: it may look at the database before it asks."""
        for place, entry in enumerate(self._rest):
            if not entry.fingerprint:
                # What cannot be compared is not passed by.
                return
            if getattr(entry, kind) == fingerprint:
                for _ in range(place):
                    self._rest.popleft()
                return

    def _in_flight(self, entry: Entry, fingerprint: str, text: str) -> Outcome | None:
        found = self._decide(entry)
        if found == "unknown":
            raise self._undecided(entry)
        if found == "applied" and entry.fingerprint != fingerprint:
            raise self._refused(entry, text)
        self._rest.popleft()
        return Outcome(entry, skipped=found == "applied")

    def skip_operation(self, fingerprint: str) -> bool:
        """Pass by the statements of an operation, if the journal has all of them, and return whether it has."""
        self._pass_reads()
        if self._same_code:
            self._leave_out(fingerprint, "operation")
        parts = 0
        for entry in self._rest:
            if entry.operation != fingerprint or entry.state not in _OVER:
                return False
            parts += 1
            if entry.following == 0:
                break
        else:
            return False
        for _ in range(parts):
            self._rest.popleft()
        return True

    def check_operation(self, fingerprint: str, text: str) -> None:
        """Make sure that an operation is what comes next, where the journal has operations as a whole.

        Raises
        ------
        InterruptedRevisionError
            Something else is in effect in its place.
        """
        if self._rest and self._rest[0].state in _OVER and not self._is_next(fingerprint):
            raise self._refused(self._rest[0], text)

    def _is_next(self, operation: str) -> bool:
        return bool(self._rest) and self._rest[0].operation == operation

    def before_operation(self, fingerprint: str) -> str:
        """Return what the schema said before the first statement of an operation that is done in part."""
        return self._rest[0].before if self._is_next(fingerprint) else ""

    def end(self) -> Entry | None:
        """Make sure that the revision came by everything; return the entry that is to be forgotten, if any.

        Raises
        ------
        InterruptedRevisionError
            Something is in effect that the file no longer has.
        """
        self._pass_reads()
        last = self._rest[-1] if self._rest else None
        forgotten = None
        if last is not None and last.state == "intent":
            found = self._decide(last)
            if found == "unknown":
                raise self._undecided(last)
            if found == "not applied":
                forgotten = self._rest.pop()
        if self._rest and not self._same_code:
            raise self._refused(self._rest[0], "")
        return forgotten

    def cannot_go_on(self, why: str) -> InterruptedRevisionError:
        """Return the error for what cannot be repeated."""
        return self._refuse(why, f"Finish the revision by hand, then `stamp` it. {REMEDIES}")

    def _undecided(self, entry: Entry) -> InterruptedRevisionError:
        return self._refuse(
            "the schema does not show whether this statement, in flight when the run stopped, was applied:\n"
            f"  {_shown(entry.statement)}",
            "Check the database, then run `resume --applied` or `resume --not-applied`.",
        )

    def _refused(self, entry: Entry, text: str) -> InterruptedRevisionError:
        now = f"The file now has:\n  {_shown(text)}" if text else "The file no longer has it."
        return self._refuse(
            f"its file no longer matches what was done. Statement {entry.number} is in effect:\n"
            f"  {_shown(entry.statement)}\n{now}",
            f"Nothing was run again. Restore the file, then run the same command again. {REMEDIES}",
        )

    def _refuse(self, why: str, hint: str) -> InterruptedRevisionError:
        step = self._step
        self.refusal = InterruptedRevisionError(
            f"Revision {step.revision} was interrupted during {step.direction}, and {why}",
            hint,
            revision=step.revision,
            position=step.heads,
        )
        return self.refusal


def _shown(text: str) -> str:
    plain = text.strip()
    cut = plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]} ..."
    return cut.replace("\n", "\n  ")
