"""The steps of a plan as Alembic's programs see them: a list, each with its revision and its direction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from nbmigrate.environment.alembic.script import Script
from nbmigrate.environment.alembic.util import format_as_comma
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.stamp import StampPlan
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading.loading import file_of


@dataclass(frozen=True)
class RevisionStep:
    """One revision to run; its file is not run, unless `migration_fn` is asked for.

    Parameters
    ----------
    revision
        The revision.
    is_upgrade
        Whether it goes up.
    step, plan
        The same as the engine has it, and the plan that it is of.
    """

    revision: Script
    is_upgrade: bool
    step: Step = field(compare=False)
    plan: Plan = field(compare=False)

    @property
    def is_downgrade(self) -> bool:
        """Whether it goes down."""
        return not self.is_upgrade

    @property
    def name(self) -> str:
        """The function that is run: "upgrade" or "downgrade"."""
        return self.step.direction

    @property
    def migration_fn(self) -> Any:
        """The function itself."""
        return getattr(self.revision.module, self.name)

    @property
    def doc(self) -> str:
        """The first paragraph of the revision's docstring."""
        return self.revision.doc

    @property
    def from_revisions_no_deps(self) -> tuple[str, ...]:
        """Where the step comes from, without what the revision depends on."""
        return self.step.source

    @property
    def to_revisions_no_deps(self) -> tuple[str, ...]:
        """Where the step goes to, without what the revision depends on."""
        return self.step.destination

    @property
    def from_revisions(self) -> tuple[str, ...]:
        """Where the step comes from."""
        return self._below if self.is_upgrade else self.step.source

    @property
    def to_revisions(self) -> tuple[str, ...]:
        """Where the step goes to."""
        return self.step.destination if self.is_upgrade else self._below

    @property
    def short_log(self) -> str:
        """The step in a line, as a run logs it."""
        ends = map(format_as_comma, (self.from_revisions_no_deps, self.to_revisions_no_deps))
        return f"{self.name} {' -> '.join(ends)}"

    def __repr__(self) -> str:
        return f"RevisionStep({self.revision.revision!r}, is_upgrade={self.is_upgrade!r})"

    def __str__(self) -> str:
        return f"{self.short_log}, {self.doc}" if self.doc else self.short_log

    @property
    def _below(self) -> tuple[str, ...]:
        needed = self.revision.graph.dependencies(self.revision.revision)
        return tuple(dict.fromkeys((*self.revision.wrapped.down_revisions, *needed)))


class RevisionSteps(list[RevisionStep]):
    """The steps of a plan, in the order in which they run.

    Parameters
    ----------
    plan
        The plan.
    graph
        The revisions.
    """

    def __init__(self, plan: Plan, graph: RevisionGraph) -> None:
        super().__init__(
            RevisionStep(Script(step.revision, graph), step.direction == "upgrade", step, plan)
            for step in plan.steps
        )
        self.plan = plan


def plan_of(wanted: Sequence[Any]) -> Plan | None:
    """Return the plan that steps make, all of a plan's or some that follow one another; None if they make none."""
    steps = [one.step for one in wanted if isinstance(one, RevisionStep)]
    if isinstance(wanted, RevisionSteps) and steps == list(wanted.plan.steps):
        return wanted.plan
    follows = all(one.heads_after == other.heads_before for one, other in pairwise(steps))
    if not steps or len(steps) != len(wanted) or not follows:
        return None
    first, last = steps[0], steps[-1]
    return Plan(first.direction, last.revision.id, first.heads_before, last.heads_after, tuple(steps))


def run_wanted(configured: Any, wanted: StampPlan | Iterable[Any] | None) -> Any:
    """Let a MigrationContext run what a program's `fn` has returned.

    Raises
    ------
    UnsupportedOperationError
        It is none of these: steps that follow one another, a stamp, nothing.
    """
    if isinstance(wanted, StampPlan):
        return configured.stamp(lambda _: wanted)
    given = wanted if isinstance(wanted, RevisionSteps) else list(wanted or ())
    plan = plan_of(given)
    if plan is not None:
        scripts: ScriptDirectory | None = configured.script
        if scripts is None and plan.steps:
            # A context that no env.py has configured knows no revision files.
            configured.script = ScriptDirectory(file_of(plan.steps[0].revision).parent)
        return configured.migrate(lambda _: plan)
    for step in given:
        raise UnsupportedOperationError(
            f"fn returned {step!r}, which cannot be run{' there' if isinstance(step, RevisionStep) else ''}.",
            "Let it return what script._upgrade_revs() or script._downgrade_revs() returns, or an empty list.",
        )
    return None
