"""Databases for the tests, each test's its own, and a way to run revisions that are written in the test."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.executor import RunReport, run
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import plan_downgrade, plan_upgrade
from nbmigrate.graph.revision import Revision

NewDatabase = Callable[[str], str]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, sqlite_url: str, new_database: NewDatabase) -> str:
    """The url of an empty database, on each of the three in turn."""
    return sqlite_url if request.param == "sqlite" else new_database(request.param)


@pytest.fixture
def postgresql_url(new_database: NewDatabase) -> str:
    return new_database("postgresql")


@pytest.fixture
def mariadb_url(new_database: NewDatabase) -> str:
    return new_database("mariadb")


@pytest.fixture
def connection(url: str) -> Iterator[sa.Connection]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield connection


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[sa.Connection]:
    with sa.create_engine(sqlite_url, poolclass=sa.NullPool).connect() as connection:
        yield connection


class History:
    """Revisions written as functions, in one line of parents, and a way to run them."""

    def __init__(self) -> None:
        self.revisions: list[Revision] = []
        self.functions: dict[str, SimpleNamespace] = {}

    def add(
        self,
        id_: str,
        upgrade: Callable[..., None],
        downgrade: Callable[..., None] | None = None,
        *,
        parents: Sequence[str] | None = None,
        message: str = "",
    ) -> None:
        if parents is None:
            parents = [self.revisions[-1].id] if self.revisions else []
        path = Path(upgrade.__code__.co_filename)
        self.revisions.append(Revision(id_, tuple(parents), doc=message, path=path))
        self.functions[id_] = SimpleNamespace(upgrade=upgrade, downgrade=downgrade)

    @property
    def graph(self) -> RevisionGraph:
        return RevisionGraph(self.revisions)

    def _run(self, connection: sa.Connection, plan: Any, target: str, options: dict[str, Any]) -> RunReport:
        return run(
            connection,
            lambda heads: plan(self.graph, heads, target),
            lambda revision: self.functions[revision.id],
            **options,
        )

    def upgrade(self, connection: sa.Connection, target: str = "heads", **options: Any) -> RunReport:
        return self._run(connection, plan_upgrade, target, options)

    def downgrade(self, connection: sa.Connection, target: str = "base", **options: Any) -> RunReport:
        return self._run(connection, plan_downgrade, target, options)


@pytest.fixture
def history() -> History:
    return History()
