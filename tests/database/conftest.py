"""Databases for the tests, each test's its own, and a way to run revisions that are written in the test."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.events import RunReport
from nbmigrate.database.execution.executor import run
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import plan_downgrade, plan_upgrade
from nbmigrate.graph.revision import Revision

NewDatabase = Callable[[str], str]


class Context(SimpleNamespace):
    """What `op.get_context()` returns, as far as the revisions of a test need it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"running": None, "opts": {}, **options})

    def applied(self, step: Any) -> None:
        """Nobody is told."""


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


class AutocommitOn(sqlite3.Connection):
    """What Python 3.12 and later have as `autocommit=True`, as their documentation tells it."""

    autocommit = True

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class AutocommitOff(sqlite3.Connection):
    """What Python 3.12 and later have as `autocommit=False`: always in a transaction."""

    autocommit = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("BEGIN")

    def commit(self) -> None:
        self.execute("COMMIT")
        self.execute("BEGIN")

    def rollback(self) -> None:
        self.execute("ROLLBACK")
        self.execute("BEGIN")


def engines() -> dict[str, dict[str, Any]]:
    """The ways in which people have sqlite3 begin transactions."""
    modes: dict[str, dict[str, Any]] = {
        "default": {},
        "deferred": {"connect_args": {"isolation_level": "DEFERRED"}},
        "none": {"connect_args": {"isolation_level": None}},
        "autocommit": {"isolation_level": "AUTOCOMMIT"},
        "serializable": {"isolation_level": "SERIALIZABLE"},
        "pooled": {"poolclass": sa.QueuePool},
    }
    if sys.version_info >= (3, 12):
        modes["autocommit on"] = {"connect_args": {"autocommit": True}}
        modes["autocommit off"] = {"connect_args": {"autocommit": False}}
    else:
        modes["autocommit on"] = {"connect_args": {"factory": AutocommitOn, "isolation_level": None}}
        modes["autocommit off"] = {"connect_args": {"factory": AutocommitOff, "isolation_level": None}}
    return modes


@pytest.fixture(params=sorted(engines()))
def mode(request: pytest.FixtureRequest, sqlite_url: str) -> sa.Engine:
    return sa.create_engine(sqlite_url, **{"poolclass": sa.NullPool, **engines()[request.param]})


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
