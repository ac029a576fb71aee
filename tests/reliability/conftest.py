"""The package's command, warm, and databases on all three."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.reliability.databases import Database, made
from tests.reliability.runners import Runners


@pytest.fixture(scope="module")
def runners(cache_folder: Path) -> Iterator[Runners]:
    """Processes that run our command; they have the cache folder of the tests."""
    with Runners(cache=cache_folder) as started:
        yield started


@pytest.fixture
def database(
    server_url: Callable[[str], sa.URL], tmp_path: Path
) -> Callable[[str], AbstractContextManager[Database]]:
    """Make an empty database of a kind, and take it away after the block."""

    def make(name: str) -> AbstractContextManager[Database]:
        urls = {} if name == "sqlite" else {name: server_url(name).render_as_string(hide_password=False)}
        return made(name, tmp_path, urls)

    return make
