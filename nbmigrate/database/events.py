"""What a run does, as values: the events for a callback, and the report at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.graph.plan import Plan, Step

if TYPE_CHECKING:
    from nbmigrate.operations import Operation


@dataclass(frozen=True, slots=True)
class StatementReport:
    """A statement that ran.

    Parameters
    ----------
    text
        The SQL, with the values in it.
    seconds
        How long the database took.
    rowcount
        The rows it changed or found; None where the driver does not say.
    """

    text: str
    seconds: float
    rowcount: int | None = None


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step that is done: what it sent to the database, and what its operations were."""

    step: Step
    statements: tuple[StatementReport, ...]
    seconds: float
    operations: "tuple[Operation, ...]" = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run; `position` are the heads it ended at, `steps` are fewer than those of the plan where it failed."""

    plan: Plan
    steps: tuple[StepReport, ...]
    position: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan is made and nothing is done yet."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A revision is about to run; `number` counts from 1 to `total`."""

    step: Step
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class StepResumed:
    """An interrupted revision goes on: `done` of its statements are in effect, and are not run again."""

    step: Step
    done: int

    def text(self) -> str:
        """Return it in one sentence."""
        count = f"{self.done} statement{' was' if self.done == 1 else 's were'} done already"
        return f"Went on with the {self.step.direction} of {self.step.revision.id}: {count}."


@dataclass(frozen=True, slots=True)
class StatementDone:
    """A statement ran, in a transaction that is not committed yet; `rowcount` is None where it has none."""

    step: Step
    statement: str
    seconds: float
    rowcount: int | None


@dataclass(frozen=True, slots=True)
class StepRetried:
    """A revision did not get a lock in time and was rolled back; in a run that is one transaction, the whole run was.

    Parameters
    ----------
    step
        The revision.
    number, limit
        Which further try is next, and how many there are.
    seconds
        How long the run waits before it.
    """

    step: Step
    number: int
    limit: int
    seconds: float

    def text(self) -> str:
        """Return it in one line."""
        return (
            f"{self.step.direction.capitalize()} of {self.step.revision.id} did not get a lock in time and was rolled "
            f"back; it was run again after {self.seconds:.1f} s ({self.number} of at most {self.limit} times)."
        )


@dataclass(frozen=True, slots=True)
class StepDone:
    """A revision and its row in the version table are committed; in a run that is one transaction, with its end."""

    step: Step
    seconds: float


@dataclass(frozen=True, slots=True)
class RunDone:
    """Every step is done; `position` are the heads now."""

    position: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run did not come to its end: `report` has the steps that are in effect, and the plan as it was made."""

    report: RunReport


@dataclass(frozen=True, slots=True)
class LockWaiting:
    """Another run is at work on the database, and this one waits; told about once a second.

    Parameters
    ----------
    holder
        Who is at work, as far as the database tells; may be empty.
    seconds
        How long this run has waited.
    timeout
        After how many seconds it gives up.
    """

    holder: str
    seconds: float
    timeout: float

    def text(self) -> str:
        """Return it in one line."""
        by = f": {self.holder}" if self.holder else ""
        return f"Waiting for another run, {self.seconds:.0f} of at most {self.timeout:.0f} s{by}"


@dataclass(frozen=True, slots=True)
class LockTaken:
    """The waiting is over, after `seconds`; `holder` is who was at work."""

    holder: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LockWarning:
    """The lock does not protect this run as it should; `text` says why."""

    text: str


@dataclass(frozen=True, slots=True)
class RecordingLimited:
    """The run is not recorded, or not as it should be; `text` says why."""

    text: str


Event = (
    RunStarted
    | StepStarted
    | StepResumed
    | StatementDone
    | StepRetried
    | StepDone
    | RunDone
    | RunFailed
    | LockWaiting
    | LockTaken
    | LockWarning
    | RecordingLimited
)
Listener = Callable[[Event], None]
