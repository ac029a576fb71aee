"""Databases for the examples of transactions: emptied quickly, and read without nbmigrate."""

import os
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.reliability.transaction_claims import State
from tests.reliability.transaction_examples import Model

_TABLE = re.compile(r"t(\d+)$")
_LOG = "CREATE TABLE log (n INTEGER)"


class Place(ABC):
    """A database with a table `log`."""

    def __init__(self, url: str) -> None:
        self._engines = {
            "autocommit": sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"),
            "each": sa.create_engine(url, poolclass=sa.NullPool),
        }

    def engine(self, mode: str) -> sa.Engine:
        """Return the engine for runs of a mode."""
        return self._engines["autocommit" if mode == "autocommit" else "each"]

    @abstractmethod
    def empty(self) -> None:
        """Leave nothing but the empty table."""

    @abstractmethod
    def alone(self) -> None:
        """Wait until nobody else is connected."""

    def state(self) -> State:
        """Read what is there."""
        tables = self._tables()
        numbers = {int(found[1]) for name in tables if (found := _TABLE.match(name))}
        rows = Counter(number for (number,) in self._rows("SELECT n FROM log"))
        heads = (
            [str(head) for (head,) in self._rows("SELECT version_num FROM alembic_version")]
            if "alembic_version" in tables
            else []
        )
        others = frozenset(name for name in tables if not _TABLE.match(name))
        return State(Model(numbers, rows), tuple(sorted(heads)), others)

    @abstractmethod
    def _tables(self) -> list[str]: ...

    @abstractmethod
    def _rows(self, query: str) -> list[Any]: ...


class SQLite(Place):
    """A file in memory."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "test.db"
        super().__init__(f"sqlite:///{self._path}?timeout=2")
        self.empty()

    def empty(self) -> None:
        import sqlite3

        for path in self._path.parent.glob("test.db*"):
            path.unlink()
        with sqlite3.connect(self._path) as connection:
            connection.execute(_LOG)
        connection.close()

    def alone(self) -> None:
        """Nobody is connected once a process has ended."""

    def _rows(self, query: str) -> list[Any]:
        import sqlite3

        connection = sqlite3.connect(self._path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def _tables(self) -> list[str]:
        return [name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")]


class OnServer(Place):
    """A database of a server, and a connection to it for whoever looks."""

    tables = ""
    sessions = ""
    force = ""

    def __init__(self, server: sa.URL) -> None:
        self._server, self._name = server, f"nbm_transactions_{uuid.uuid4().hex[:8]}"
        self._administer(f"CREATE DATABASE {self._name}")
        super().__init__(server.set(database=self._name).render_as_string(hide_password=False))
        self._looking = self._engines["autocommit"].connect()
        self.empty()

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(self._server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def drop(self) -> None:
        """Take it away."""
        self._looking.close()
        self._administer(f"DROP DATABASE {self._name}{self.force}")

    def empty(self) -> None:
        self._forget()
        names = [name for name in self._tables() if name != "log"]
        if names:
            self._looking.exec_driver_sql(f"DROP TABLE {', '.join(names)}")
        self._looking.exec_driver_sql(_LOG.replace("TABLE", "TABLE IF NOT EXISTS"))
        self._looking.exec_driver_sql("DELETE FROM log")

    def _forget(self) -> None:
        """Drop what is no table."""

    def alone(self) -> None:
        for _ in range(1000):
            if not self._rows(self.sessions):
                return
            time.sleep(0.01)
        raise TimeoutError("A session does not end.")

    def _rows(self, query: str) -> list[Any]:
        return [tuple(row) for row in self._looking.exec_driver_sql(query)]

    def _tables(self) -> list[str]:
        return [name for (name,) in self._rows(self.tables)]


class PostgreSQL(OnServer):
    """On PostgreSQL."""

    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    sessions = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    force = " WITH (FORCE)"


class MariaDB(OnServer):
    """On MariaDB."""

    tables = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_type = 'BASE TABLE'"
    )
    sessions = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"

    def _forget(self) -> None:
        self._looking.exec_driver_sql("DROP VIEW IF EXISTS seen")


@contextmanager
def place_for(database: str, folder: Path) -> Iterator[Place]:
    """Make a database of a kind, and take it away after the block."""
    if database == "sqlite":
        (folder / "database").mkdir()
        yield SQLite(folder / "database")
        return
    kind = PostgreSQL if database == "postgresql" else MariaDB
    place = kind(sa.make_url(os.environ[f"NBMIGRATE_TEST_{database.upper()}"]))
    try:
        yield place
    finally:
        place.drop()
