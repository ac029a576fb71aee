"""A revision that stands half-way, as commands tell of it."""

from typing import TYPE_CHECKING

from nbmigrate.commands.results.result import Row

if TYPE_CHECKING:
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.graph.plan import Plan

#: What the journal calls a state, and what a person does.
_STATES = {"done": "in effect", "intent": "under way", "failed": "failed"}


def standing(step: "OpenStep", url: str = "") -> str:
    """Return what stands half-way, in a sentence."""
    count = len(step.done)
    under_way = ", and one more was under way" if step.in_flight is not None else ""
    by = f" since {step.since} UTC, begun by {step.who}" if step.since else ""
    where = f" on {url}" if url else ""
    return (
        f"The {step.direction} of revision {step.revision} stands half-way{where}{by}: {count} "
        f"statement{' is' if count == 1 else 's are'} in effect{under_way}."
    )


def planned(step: "OpenStep", plan: "Plan") -> str:
    """Return what a plan that is run now does with what stands half-way."""
    first = plan.steps[0] if plan.steps else None
    if first is not None and (first.revision.id, first.direction) == (step.revision, step.direction):
        return f"{standing(step)} What is in effect is not done again."
    return f"{standing(step)} Nothing else runs before that is settled: `doctor` says what can be done."


def statement_rows(step: "OpenStep") -> list[Row]:
    """Return one record per statement of it that has run, or was about to."""
    return [
        {"statement": entry.number, "state": _STATES[entry.state], "sql": entry.statement}
        for entry in step.entries
    ]
