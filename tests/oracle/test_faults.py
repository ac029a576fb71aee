"""Histories that are not sound: where alembic refuses one, we do, for the same reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from nbmigrate.errors import CycleError, DuplicateLabelError, GraphError, MissingRevisionError
from nbmigrate.graph import Revision, RevisionGraph
from tests.oracle.examples import example, read_history, write_history
from tests.oracle.outcomes import Peer

#: Ours for each of alembic's exceptions. A KeyError is all that it says of a parent or dependency that is not there.
ERRORS: dict[str, type[GraphError]] = {
    "CycleDetected": CycleError,
    "DependencyCycleDetected": CycleError,
    "LoopDetected": CycleError,
    "DependencyLoopDetected": CycleError,
    "RevisionError": DuplicateLabelError,
    "KeyError": MissingRevisionError,
}


@pytest.fixture(scope="module")
def peer(alembic_executable: Path) -> Iterator[Peer]:
    """The alembic package, in a process of its own."""
    peer = Peer(alembic_executable.with_name("python"))
    yield peer
    peer.close()


def refusal(peer: Peer, history: str) -> tuple[str, str]:
    """Return the name and the message of the exception with which alembic refuses a history."""
    try:
        peer.ask(history, [example(history, "", "heads")])
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        return name, message
    return "", ""


@pytest.mark.parametrize(
    ("history", "name"),
    [
        ("aaaa<-bbbb bbbb<-aaaa", "CycleDetected"),
        ("aaaa bbbb<-aaaa,dddd cccc<-bbbb dddd<-cccc", "CycleDetected"),
        ("aaaa<-aaaa", "LoopDetected"),
        ("aaaa&bbbb bbbb&aaaa", "DependencyCycleDetected"),
        ("aaaa&aaaa", "DependencyLoopDetected"),
        ("aaaa[shop] bbbb<-aaaa[shop]", "RevisionError"),
        ("aaaa bbbb<-aaaa[aaaa]", "RevisionError"),
        ("aaaa<-gone", "KeyError"),
        ("aaaa&gone", "KeyError"),
    ],
)
def test_the_same_is_refused(peer: Peer, history: str, name: str) -> None:
    theirs, message = refusal(peer, history)
    (problem,) = RevisionGraph(read_history(history)).problems
    assert theirs == name
    assert type(problem) is ERRORS[name]
    if name == "KeyError":
        assert problem.message.startswith("Revision gone referenced from aaaa")
    else:
        # Of a cycle alembic names what stands on it as well; which of two labels is told is by chance.
        assert problem.message.split()[:3] == message.split()[:3]
        assert problem.hint


def test_any_links(peer: Peer) -> None:
    refused = set()

    @seed(1)
    @settings(max_examples=300, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        ids = [f"id{number:02}" for number in range(data.draw(st.integers(1, 6)))]
        names = st.sampled_from([*ids, *ids, *ids, "gone"])
        revisions = [
            Revision(
                id_,
                tuple(data.draw(st.lists(names, max_size=1, unique=True))),
                tuple(data.draw(st.lists(names, max_size=1, unique=True)))
                if data.draw(st.booleans())
                else (),
                (data.draw(st.sampled_from(("shop", "blog", "id00"))),)
                if data.draw(st.integers(0, 5)) == 5
                else (),
            )
            for id_ in ids
        ]
        history = write_history(revisions)
        theirs, _ = refusal(peer, history)
        problems = RevisionGraph(read_history(history)).problems
        assert bool(theirs) == bool(problems), history
        if theirs:
            assert ERRORS[theirs] in {type(problem) for problem in problems}, history
            refused.add(theirs)

    compare()
    assert refused == set(ERRORS)
