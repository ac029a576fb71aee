"""Describe an interrupted revision."""

from typing import TYPE_CHECKING

from nbmigrate.commands.results.result import Row

if TYPE_CHECKING:
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.graph.plan import Plan

#: The states of the journal's statements, as they are shown.
_STATES = {"done": "in effect", "intent": "in flight", "failed": "failed"}


def standing(step: "OpenStep", url: str = "") -> str:
    """Describe an interrupted revision in a sentence."""
    count = len(step.done)
    in_flight = ", and one more was in flight" if step.in_flight is not None else ""
    begun = f" (begun at {step.since} UTC by {step.who})" if step.since else ""
    where = f" on {url}" if url else ""
    return (
        f"Revision {step.revision} was interrupted during {step.direction}{where}{begun}: {count} "
        f"statement{' is' if count == 1 else 's are'} in effect{in_flight}."
    )


def planned(step: "OpenStep", plan: "Plan") -> str:
    """Describe what a plan does with the interrupted revision."""
    first = plan.steps[0] if plan.steps else None
    if first is not None and (first.revision.id, first.direction) == (step.revision, step.direction):
        return f"{standing(step)} What is in effect is not done again."
    return f"{standing(step)} Nothing else can run before it is resolved: `doctor` shows how."


def statement_rows(step: "OpenStep") -> list[Row]:
    """Return one record per statement of it that has run, or was about to."""
    return [
        {"statement": entry.number, "state": _STATES[entry.state], "sql": entry.statement}
        for entry in step.entries
    ]
