"""Histories written in one line: `a b<-a c<-a,b&d[shop]` is c with parents a and b, dependency d and label shop."""

import re
from collections.abc import Callable

import pytest
from hypothesis import settings

from nbmigrate.graph import Revision, RevisionGraph

# A busy machine is no failure, and a test run leaves no folder behind.
settings.register_profile("steady", deadline=None, database=None)
settings.load_profile("steady")

_REVISION = re.compile(r"([^<&\[\]]+)(?:<-([^&\[]+))?(?:&([^\[]+))?(?:\[(.+)\])?")


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def read_revisions(text: str) -> list[Revision]:
    found = []
    for word in text.split():
        match = _REVISION.fullmatch(word)
        assert match, word
        id_, parents, dependencies, labels = match.groups()
        found.append(Revision(id_, _names(parents), _names(dependencies), _names(labels)))
    return found


@pytest.fixture
def revisions() -> Callable[[str], list[Revision]]:
    return read_revisions


@pytest.fixture
def history() -> Callable[[str], RevisionGraph]:
    return lambda text: RevisionGraph(read_revisions(text))
