"""Long histories of every shape: answered without recursion, and in steps that grow with the history alone.

Times depend on the machine; what is counted here does not. A question that is O(V + E) looks at about twice as much in
a history twice as long, one that is quadratic at four times as much.
"""

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from nbmigrate.graph import Revision, RevisionGraph, current_heads, plan_downgrade, plan_stamp, plan_upgrade

if TYPE_CHECKING:
    from _typeshed import TraceFunction


def _id(number: int) -> str:
    """An id that says nothing about the age: the order of names is not that of the history."""
    return f"{number * 2654435761 % (1 << 48):012x}"


def _history(parents: Callable[[int], list[int]], size: int) -> list[Revision]:
    return [Revision(_id(at), tuple(_id(parent) for parent in parents(at))) for at in range(size)]


def line(size: int) -> list[Revision]:
    """a -- b -- c -- d"""
    return _history(lambda at: [at - 1] if at else [], size)


def diamonds(size: int) -> list[Revision]:
    """
    a -- b -- d -- e -- g
     `-- c --'  `-- f --'
    """
    return _history(
        lambda at: [at - 2, at - 1] if at and not at % 3 else [(at - 1) // 3 * 3] if at else [], size
    )


def fan(size: int) -> list[Revision]:
    """
    a -- b
     |-- c
     `-- d
    """
    return _history(lambda at: [0] if at else [], size)


def comb(size: int) -> list[Revision]:
    """
    a -- c -- e
     `-b  `-d  `-f
    """
    return _history(lambda at: [at - 1] if at % 2 else [at - 2] if at else [], size)


def broom(size: int) -> list[Revision]:
    """A fan whose branches are merged at once."""
    return _history(lambda at: list(range(1, at)) if at == size - 1 else [0] if at else [], size)


def bases(size: int) -> list[Revision]:
    """a   b   c   d"""
    return _history(lambda at: [], size)


def wild(size: int) -> list[Revision]:
    """Anything on anything older, with two or three parents as often as with one."""
    chance = random.Random(4)
    return _history(lambda at: chance.sample(range(at), min(at, chance.choice([0, 1, 1, 2, 3]))), size)


def needy(size: int) -> list[Revision]:
    """A line in which each tenth revision depends on an older one."""
    return [
        Revision(each.id, each.down_revisions, (_id(at - 7),) if at % 10 == 9 else ())
        for at, each in enumerate(line(size))
    ]


def labelled(size: int) -> list[Revision]:
    """A line with a label on each tenth revision, all of which apply to all revisions."""
    return [
        Revision(each.id, each.down_revisions, (), (f"label-{at}",) if not at % 10 else ())
        for at, each in enumerate(line(size))
    ]


SHAPES = (line, diamonds, fan, comb, broom, bases, wild, needy, labelled)

QUESTIONS: dict[str, Callable[[list[Revision]], object]] = {
    "heads": lambda revisions: RevisionGraph(revisions).heads,
    "history": lambda revisions: list(RevisionGraph(revisions)),
    "labels": lambda revisions: list(map(RevisionGraph(revisions).labels, (each.id for each in revisions))),
    "current": lambda revisions: current_heads(RevisionGraph(revisions), [each.id for each in revisions]),
    "lineage": lambda revisions: RevisionGraph(revisions).lineage(revisions[len(revisions) // 2].id),
    "partial": lambda revisions: RevisionGraph(revisions).starting_with(revisions[-1].id[:6]),
    "upgrade": lambda revisions: plan_upgrade(RevisionGraph(revisions), [], "heads"),
    "downgrade": lambda revisions: _down(RevisionGraph(revisions)),
    "stamp": lambda revisions: plan_stamp(RevisionGraph(revisions), [], ["heads"]),
}


def _down(graph: RevisionGraph) -> object:
    return plan_downgrade(graph, graph.real_heads, "base")


def _lines_run(ask: Callable[[], object]) -> int:
    """Return how many lines of Python `ask` runs."""
    count = 0

    def on_line(_frame: FrameType, event: str, _argument: object) -> "TraceFunction":
        nonlocal count
        count += event == "line"
        return on_line

    before = sys.gettrace()
    sys.settrace(on_line)
    try:
        ask()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("question", QUESTIONS)
def test_twice_the_history_is_twice_the_work(shape: Callable[[int], list[Revision]], question: str) -> None:
    small, large = ([*shape(size)] for size in (301, 1201))
    ask = QUESTIONS[question]
    ratio = _lines_run(lambda: ask(large)) / _lines_run(lambda: ask(small))
    assert ratio < 6, f"four times the history is {ratio:.1f} times the work"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_ten_thousand_revisions_without_recursion(shape: Callable[[int], list[Revision]]) -> None:
    revisions = shape(10_000)
    graph = RevisionGraph(revisions)
    graph.check()
    place = {revision.id: number for number, revision in enumerate(graph)}
    assert len(place) == len(graph) == 10_000
    assert all(place[each.id] < place[other] for each in revisions for other in each.down_revisions)
    named = {other for each in revisions for other in each.down_revisions}
    assert set(graph.heads) == set(place) - named
    assert graph.ancestors(graph.real_heads) == set(place)
