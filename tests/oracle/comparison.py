"""Comparing what the peer and we do with random examples."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from nbmigrate.graph import Revision, RevisionGraph
from tests.oracle.differences import DIFFERENCES
from tests.oracle.examples import VERBS, Example, batches, read_history, write_history
from tests.oracle.outcomes import Peer, disagreement, excess_labels, legal, ours
from tests.oracle.pairs import Pair, is_lost_below

#: Labels that only we give: alembic's walk down from a label begins at the descendant that it saw last, and ends at the
#: first branch or merge point, which may be above the label.
LABELS_BELOW = "labels below a branch point"


class Comparison:
    """Compares batches of examples, and counts.

    Parameters
    ----------
    peer
        The alembic package.

    Attributes
    ----------
    compared
        How many commands, by verb.
    cases
        How many of them are an accepted difference, by its name.
    disagreements
        What no accepted difference explains, as text, with the smallest history that shows it.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.compared: Counter[str] = Counter()
        self.cases: Counter[str] = Counter()
        self.disagreements: list[str] = []

    def check(self, batch: Sequence[Example]) -> None:
        """Compare commands on one history."""
        graph = RevisionGraph(read_history(batch[0].history))
        answer = self.peer.ask(batch[0].history, batch)
        self._check_labels(graph, batch[0], answer.labels)
        for example, theirs in zip(batch, answer.outcomes, strict=True):
            pair = Pair(example, graph, theirs, ours(graph, example))
            self.compared[example.words[0]] += 1
            where, case = judge(pair)
            if case:
                self.cases[case] += 1
            elif where:
                self._note(where, pair)

    def _check_labels(
        self, graph: RevisionGraph, example: Example, theirs: dict[str, tuple[str, ...]]
    ) -> None:
        for id_, labels in excess_labels(graph, theirs).items():
            if all(is_lost_below(graph, id_, label) for label in labels):
                self.cases[LABELS_BELOW] += 1
            else:
                self.disagreements.append(f"labels {labels} of {id_}: {example.history}")

    def _note(self, where: str, pair: Pair) -> None:
        found = smallest(pair.example, lambda example: judge(self._pair(example)) == (where, None))
        least = self._pair(found)
        text = f"{where}: {found}\n  alembic {least.theirs}\n  ours    {least.ours}"
        if text not in self.disagreements:
            self.disagreements.append(text)

    def _pair(self, example: Example) -> Pair:
        graph = RevisionGraph(read_history(example.history))
        (theirs,) = self.peer.ask(example.history, [example]).outcomes
        return Pair(example, graph, theirs, ours(graph, example))


def judge(pair: Pair) -> tuple[str, str | None]:
    """Return in what a pair disagrees, nothing if it does not, and the accepted difference that explains it."""
    where = disagreement(pair.example, pair.theirs, pair.ours)
    if where:
        return where, next((each.name for each in DIFFERENCES if each.holds(pair)), None)
    is_run = pair.verb in ("upgrade", "downgrade") and pair.ours.kind == "done"
    return ("" if not is_run or legal(pair.graph, pair.example, pair.ours) else "not a legal order"), None


def smallest(example: Example, disagrees: Callable[[Example], bool]) -> Example:
    """Return a smaller example that disagrees in the same way, from which nothing can be left out."""
    while True:
        found = next((each for each in _smaller(example) if disagrees(each)), None)
        if found is None:
            return example
        example = found


def _smaller(example: Example) -> Iterator[Example]:
    revisions = read_history(example.history)
    for revision in reversed(revisions):
        yield replace(example, history=write_history(_without(revisions, revision)))
    for number, revision in enumerate(revisions):
        for name in ("down_revisions", "depends_on", "branch_labels"):
            values = getattr(revision, name)
            for value in values:
                fewer = _with(revision, name, tuple(other for other in values if other != value))
                less = [*revisions[:number], fewer, *revisions[number + 1 :]]
                if all(value not in other.depends_on for other in less):
                    yield replace(example, history=write_history(less))
    for row in example.rows:
        yield replace(example, rows=tuple(other for other in example.rows if other != row))
    for word in example.words[1:]:
        if word.startswith("--"):
            yield replace(example, words=tuple(other for other in example.words if other != word))


def _with(revision: Revision, name: str, values: tuple[str, ...]) -> Revision:
    changed: dict[str, Any] = {name: values}
    return replace(revision, **changed)


def _without(revisions: Sequence[Revision], gone: Revision) -> list[Revision]:
    """Return revisions without one: what named it as a parent names its parents."""
    left = []
    names = {gone.id, *gone.branch_labels}
    for revision in revisions:
        if revision is not gone:
            parents = [
                above
                for id_ in revision.down_revisions
                for above in (gone.down_revisions if id_ == gone.id else [id_])
            ]
            needs = tuple(name for name in revision.depends_on if name not in names)
            left.append(replace(revision, down_revisions=tuple(dict.fromkeys(parents)), depends_on=needs))
    return left


def comparing(
    comparison: Comparison, examples: int, number: int, verbs: Sequence[str] = tuple(VERBS)
) -> Callable[[], None]:
    """Return a function that compares random batches; the same `number` makes the same ones."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(batches(verbs))
    def compare(batch: list[Example]) -> None:
        comparison.check(batch)

    return compare


def find_python() -> Path | None:
    """Return the Python of the environment that the tests made for alembic, if they did."""
    found = sorted(Path(".pytest_cache").glob("**/environments/alembic-py*/bin/python"))
    return found[-1] if found else None
