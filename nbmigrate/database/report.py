"""What a run has done, as values: its steps, and the statements of each."""

from dataclasses import dataclass

from nbmigrate.graph.plan import Plan, Step
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
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run; `position` are the heads it ended at, `steps` are fewer than those of the plan where it failed."""

    plan: Plan
    steps: tuple[StepReport, ...]
    position: tuple[str, ...]
