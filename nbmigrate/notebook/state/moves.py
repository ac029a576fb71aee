"""Where one can go from a position: what each button of the explorer would do, or why it can do nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import one_line
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade

Name = Literal["base", "down", "up", "head", "selected"]

#: More revisions than these are counted, not named.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Move:
    """A way from one position to another.

    Parameters
    ----------
    start
        The rows of the version table that it is planned for; it is not made from anywhere else.
    direction
        "upgrade" or "downgrade".
    target
        Where to, in the words of that command.
    """

    start: tuple[str, ...]
    direction: Literal["upgrade", "downgrade"]
    target: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a button does: a move and the plan of it, or None and why not; `tooltip` says it in words."""

    move: Move | None
    plan: Plan | None
    tooltip: str


def offers(
    graph: RevisionGraph, heads: tuple[str, ...] | None, selected: str, *, read_only: bool = False
) -> dict[Name, Offer]:
    """Return what each button does.

    Parameters
    ----------
    heads
        The rows of the version table; None where they are not known.
    selected
        The revision that is selected, "" for none. One step goes towards it where that is a choice.
    read_only
        Whether nothing may be changed, so that nothing is offered.
    """
    if heads is None or read_only or not len(graph):
        why = "The database cannot be read." if heads is None else "There are no revisions yet."
        why = "Read only: the database is not changed." if read_only else why
        return dict.fromkeys(("base", "down", "up", "head", "selected"), Offer(None, None, why))
    at = _Position(graph, tuple(sorted(heads)), selected if selected in graph else "")
    return {
        "base": at.offer("downgrade", lambda: "base", "Nothing is applied."),
        "down": at.offer("downgrade", at.target_down, "Nothing is applied."),
        "up": at.offer("upgrade", at.target_up, "Everything is applied."),
        "head": at.offer("upgrade", lambda: "heads", "Everything is applied."),
        "selected": at.offer_selected(),
    }


@dataclass(frozen=True, slots=True)
class _Position:
    graph: RevisionGraph
    heads: tuple[str, ...]
    selected: str

    def offer(
        self, direction: Literal["upgrade", "downgrade"], target: Callable[[], str], nothing: str
    ) -> Offer:
        """Return the offer for a target; one that cannot be planned, or has no steps, says why."""
        try:
            move = Move(self.heads, direction, target())
            plan = plan_of(self.graph, move) if move.target else None
        except MigrateError as error:
            return Offer(None, None, error.message)
        if plan is None or not plan.steps:
            return Offer(None, None, nothing)
        return Offer(move, plan, in_words(plan))

    def offer_selected(self) -> Offer:
        """Return the offer to go to the selected revision."""
        if not self.selected:
            return Offer(None, None, "Select a revision in the graph first.")
        direction: Literal["upgrade", "downgrade"] = "downgrade" if self._is_applied else "upgrade"
        return self.offer(direction, lambda: self.selected, f"The database stands at {self.selected}.")

    @property
    def _is_applied(self) -> bool:
        return self.selected in self.graph.ancestors(head for head in self.heads if head in self.graph)

    def target_up(self) -> str:
        """Return the revision that comes next: on the way to the selected one, or to the heads."""
        towards = self.selected if self.selected and not self._is_applied else "heads"
        steps = plan_upgrade(self.graph, self.heads, towards).steps
        return steps[0].revision.id if steps else ""

    def target_down(self) -> str:
        """Return the target that undoes one revision: the selected head, or what stands above the selected one."""
        if self.selected in self.heads:
            return f"{self.selected}@-1"
        for goal in (self.selected, "base") if self._is_applied else ("base",):
            steps = plan_downgrade(self.graph, self.heads, goal).steps
            if steps:
                return f"{steps[0].revision.id}@-1"
        return ""


def arrival(graph: RevisionGraph, heads: tuple[str, ...], last: Sequence[Step]) -> str:
    """Return the revision to look at after a run: where it has led, or at base what comes next.

    Parameters
    ----------
    heads
        The rows of the version table now.
    last
        The steps that ran; none if the position moved in another way.
    """
    ran = [step.revision for step in last]
    done = [revision.id for revision in reversed(ran)]
    below = [parent for revision in reversed(ran) for parent in revision.down_revisions]
    arrived = next((id_ for id_ in (*done, *below, *heads) if id_ in heads and id_ in graph), "")
    return arrived or next((id_ for id_ in (*done, *graph.real_bases) if id_ in graph), "")


def plan_of(graph: RevisionGraph, move: Move, heads: tuple[str, ...] | None = None) -> Plan:
    """Return the plan of a move, from `heads` where they are given."""
    make = plan_upgrade if move.direction == "upgrade" else plan_downgrade
    return make(graph, move.start if heads is None else heads, move.target)


def in_words(plan: Plan) -> str:
    """Return what a plan does, in a sentence: "Apply a1 customers" or "Undo 5 revisions, c3 ... a1"."""
    verb = "Apply" if plan.direction == "upgrade" else "Undo"
    revisions = [step.revision for step in plan.steps]
    if len(revisions) == 1:
        message = one_line(revisions[0].message, 60)
        return f"{verb} {revisions[0].id}{f' ({message})' if message else ''}."
    names = [revision.id for revision in revisions]
    if len(names) > _NAMED:
        names = [names[0], "…", names[-1]]
    return f"{verb} {len(revisions):,} revisions: {', '.join(names)}."
