"""What a run tells while it goes, as values for a callback."""

from collections.abc import Callable
from dataclasses import dataclass

from nbmigrate.graph.plan import Plan, Step


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
class StatementDone:
    """A statement ran, in a transaction that is not committed yet; `rowcount` is None where it has none."""

    step: Step
    statement: str
    seconds: float
    rowcount: int | None


@dataclass(frozen=True, slots=True)
class StepDone:
    """A revision and its row in the version table are committed."""

    step: Step
    seconds: float


@dataclass(frozen=True, slots=True)
class RunDone:
    """Every step is done; `position` are the heads now."""

    position: tuple[str, ...]


Event = RunStarted | StepStarted | StatementDone | StepDone | RunDone
Listener = Callable[[Event], None]
