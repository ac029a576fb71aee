"""An example with both outcomes, and what can be asked of it to name the difference between them."""

import re
from dataclasses import dataclass

from nbmigrate.errors import MigrateError
from nbmigrate.graph import Relative, RevisionGraph, applied, parse_relative, resolve, version_rows
from tests.oracle.examples import Example
from tests.oracle.outcomes import Outcome, flat, legal, lines


@dataclass(frozen=True)
class Pair:
    """An example, the graph of its history, and the two outcomes that disagree."""

    example: Example
    graph: RevisionGraph
    theirs: Outcome
    ours: Outcome

    @property
    def verb(self) -> str:
        return self.example.words[0]

    @property
    def values(self) -> list[str]:
        return [word for word in self.example.words[1:] if not word.startswith("--")]

    @property
    def targets(self) -> list[str]:
        """The identifiers of the command, the two ends of a range apart; one empty one where there are none."""
        ends = [value.split(":") if self.verb == "history" else [value] for value in self.values]
        return [target for each in ends for target in each] or [""]

    @property
    def target(self) -> str:
        return self.targets[0]

    @property
    def branch(self) -> str:
        return self.target.partition("@")[0] if "@" in self.target else ""

    @property
    def steps(self) -> list[Relative]:
        """The relative forms among the targets."""
        return [form for form in map(parse_relative, self.targets) if form]

    @property
    def counted(self) -> bool:
        """Whether the first target counts from the position, or from the heads."""
        form = parse_relative(self.target)
        return form is not None and form.symbol is None

    @property
    def sound(self) -> bool:
        """Whether we have done it, and in a legal way."""
        return self.ours.kind == "done" and legal(self.graph, self.example, self.ours)

    def crashed(self, *verbs: str) -> bool:
        """Tell whether alembic ended in an exception that says nothing."""
        return self.theirs.kind == "crash" and self.verb in verbs

    def resolved(self, target: str) -> tuple[str, ...]:
        """Return what a target stands for; nothing if it is none."""
        try:
            return resolve(self.graph, target)
        except MigrateError:
            return ()


def cut_short(target: str) -> bool:
    """Tell whether a target begins like a relative form and goes on after it."""
    return bool(re.match(r"(?:.+?@)?\w*[+-]\d+", target)) and parse_relative(target) is None


def overlapping(pair: Pair) -> bool:
    rows = pair.example.rows
    return set(rows) != set(
        version_rows(pair.graph, applied(pair.graph, [row for row in rows if row in pair.graph]))
    )


def two_names(graph: RevisionGraph, part: str) -> bool:
    """Tell whether both the id and a label of a revision begin with a text."""
    owners = [
        graph.label_owner(name) or name for name in graph.names if len(name) > 3 and name.startswith(part)
    ]
    return len(owners) > len(set(owners))


def redundant(graph: RevisionGraph) -> bool:
    """Tell whether a revision names both another one and an ancestor of it, as parents or dependencies."""
    for revision in graph:
        links = {*graph.parents(revision.id), *graph.dependencies(revision.id)}
        if set(graph.tips(graph.ancestors(links))) != links:
            return True
    return False


def is_lost_below(graph: RevisionGraph, id_: str, label: str) -> bool:
    """Tell whether a label applies to a revision below the one that declares it, and alembic's walk may not get there.

    The label goes down from the one that declares it to the next branch or merge point; alembic begins that walk at a
    descendant, and so goes wrong only where there is a branch or merge point among those, or is the one itself.
    """
    at = graph.label_owner(label)
    assert at is not None
    if not any(is_fork(graph, each) for each in graph.descendants([at], dependencies=False)):
        return False
    while len(graph.parents(at)) == 1:
        (at,) = graph.parents(at)
        if is_fork(graph, at):
            return False
        if at == id_:
            return label in graph.labels(id_)
    return False


def is_fork(graph: RevisionGraph, id_: str) -> bool:
    """Tell whether several revisions come before or after this one, by parents or by dependencies."""
    after = [each for each in graph if id_ in (*graph.parents(each.id), *graph.dependencies(each.id))]
    return len(graph.parents(id_)) > 1 or len(after) > 1


def says_more(pair: Pair) -> bool:
    """Tell whether alembic's rows are ours at every step, and rows besides that others of them imply."""
    graph, theirs, ours = pair.graph, pair.theirs, pair.ours
    if [id_ for id_, _ in theirs.moves] != [id_ for id_, _ in ours.moves]:
        return False
    return theirs.moves != ours.moves and all(
        version_rows(graph, applied(graph, more)) == rows
        for (_, more), (_, rows) in zip(theirs.moves, ours.moves, strict=True)
    )


def same_ends(pair: Pair) -> bool:
    """Tell whether both logs name the same ends of the steps, be it in another order."""
    theirs, ours = (
        sorted(line.rpartition("->")[2] for line in outcome.log) for outcome in (pair.theirs, pair.ours)
    )
    return theirs == ours


def is_part(one: str, other: str) -> bool:
    """Tell whether one of two listings has only revisions that the other has."""
    few, many = sorted((set(lines(flat(text), False)) for text in (one, other)), key=len)
    return few < many


def gap(pair: Pair) -> bool:
    """Tell whether a range leaves out a revision that depends on one of its members."""
    listed = {id_ for found in re.findall(r"-> (\w+)|Rev: (\w+)", pair.ours.text) for id_ in found if id_}
    above = pair.graph.descendants(listed)
    return (
        pair.verb == "history"
        and above - listed != pair.graph.descendants(listed, dependencies=False) - listed
    )
