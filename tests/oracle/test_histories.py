"""Random histories, positions and commands: alembic and we do the same, but for the differences that are listed.

`python -m tests.oracle --examples 50000` looks further.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbmigrate import commands
from nbmigrate.graph import RevisionGraph
from tests.oracle.comparison import Comparison, comparing
from tests.oracle.differences import DIFFERENCES, Difference
from tests.oracle.examples import example, read_history
from tests.oracle.outcomes import Peer, disagreement, excess_labels, ours
from tests.oracle.pairs import Pair

#: How many histories, each with four commands.
EXAMPLES = {
    "upgrade": 550,
    "downgrade": 550,
    "stamp": 300,
    "history": 400,
    "show": 100,
    "heads": 60,
    "branches": 60,
    "current": 80,
}


@pytest.fixture(scope="module")
def peer(alembic_executable: Path) -> Iterator[Peer]:
    """The alembic package, in a process of its own."""
    peer = Peer(alembic_executable.with_name("python"))
    yield peer
    peer.close()


@pytest.mark.parametrize("verb", EXAMPLES)
def test_alembic_does_the_same(peer: Peer, verb: str) -> None:
    comparison = Comparison(peer)
    comparing(comparison, EXAMPLES[verb], 1, [verb])()
    assert comparison.compared == {verb: 4 * EXAMPLES[verb]}
    assert not comparison.disagreements, "\n\n".join(comparison.disagreements)


def test_there_are_two_thousand_examples() -> None:
    assert sum(EXAMPLES.values()) >= 2000


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_every_difference_occurs(peer: Peer, difference: Difference) -> None:
    shown = difference.example
    graph = RevisionGraph(read_history(shown.history))
    (theirs,) = peer.ask(shown.history, [shown]).outcomes
    mine = ours(graph, shown)
    assert disagreement(shown, theirs, mine), f"{shown}\n  alembic {theirs}\n  ours    {mine}"
    held = [each.name for each in DIFFERENCES if each.holds(Pair(shown, graph, theirs, mine))]
    assert held[:1] == [difference.name], f"{shown}\n  alembic {theirs}\n  ours    {mine}"


def test_labels_below_a_branch_point(peer: Peer) -> None:
    """
    a -- b [shop] -- d      the label applies to a as well, wherever alembic's walk over b, c, d ends
             `------ c
    """
    shown = example("aaaa bbbb<-aaaa[shop] cccc<-bbbb dddd<-bbbb", "", "heads")
    graph = RevisionGraph(read_history(shown.history))
    assert excess_labels(graph, peer.ask(shown.history, [shown]).labels) == {"aaaa": {"shop"}}


def test_differences_are_those_that_the_command_lists() -> None:
    short, whole = commands.differences(), commands.differences(every=True).differences
    assert whole[: len(short.differences)] == short.differences
    assert [each.name for each in whole[len(short.differences) :]] == [each.name for each in DIFFERENCES]
    assert len({each.name for each in whole}) == len(whole)
    assert short.notes[0].startswith(f"{len(DIFFERENCES)} more concern")
