"""A database that is connected to already: what a notebook or a program hands to env.py, and takes back as it was."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.config import Config, is_secret
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.memory import (
    connected,
    is_memory_url,
    keep_through_interrupts,
    memory_engine,
    shares,
)
from nbmigrate.database.backends.transactions import State
from nbmigrate.database.errors import translating, url_text
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.errors import (
    ConfigError,
    ConnectionFailedError,
    DatabaseLockedError,
    OperationError,
    UsageError,
)

#: What an env.py does that takes what is handed to it.
HOW_TO_TAKE = (
    'Let env.py take config.attributes["connection"] where it is there, and connect only where it is not; `init` '
    "writes an env.py that does."
)


class Connectable:
    """An engine or a connection; a transaction that is open on it stays its owner's, and nothing of it is closed.

    Parameters
    ----------
    target
        Of an engine each command takes a connection; a connection is used as it is.
    name
        What its owner calls it.
    is_kept
        Whether it only keeps a database in memory, so that an env.py may connect to another.
    """

    def __init__(self, target: sa.Engine | sa.Connection, name: str, *, is_kept: bool = False) -> None:
        self.engine = target.engine
        self.name = name
        self.is_kept = is_kept
        self._users = target if isinstance(target, sa.Connection) else None
        self._lock = threading.RLock()
        self._current: sa.Connection | None = None

    def __repr__(self) -> str:
        return f"Connectable({self.name!r}, {self.url!r})"

    @property
    def secret_url(self) -> str:
        """The url with its password: only for taking that out of texts."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def url(self) -> str:
        """The url of the database, its secrets masked."""
        return url_text(self.engine.url)

    def url_with(self, password: str) -> str:
        """Return the url for a file of settings: with this text for the password, and without its other secrets."""
        url = self.engine.url
        url = url.difference_update_query([name for name in url.query if is_secret(name)])
        mark = "PASSWORD-GOES-HERE"
        hidden = url if url.password is None else url.set(password=mark)
        return hidden.render_as_string(hide_password=False).replace(mark, password)

    @property
    def stays_in_thread(self) -> bool:
        """Whether the connection is one that cells use too, so that a run must not use it in another thread."""
        return self._users is not None or shares(self.engine)

    @contextmanager
    def connected(self) -> Iterator[sa.Connection]:
        """Give the connection for a command; afterwards it is in no transaction that it was not in before.

        Raises
        ------
        ConnectionFailedError
            It was closed, or the database cannot be reached.
        DatabaseLockedError
            The engine has one connection for all, and somebody has begun a transaction on it.
        """
        if not self.stays_in_thread:
            with translating(self.secret_url):
                connection = self.engine.connect()
            with connection:
                self._check_alone(connection)
                yield connection
            return
        with self._lock:
            if self._current is not None:
                yield self._current
                return
            users = self._users
            with self._shared() if users is None else self._back_as_it_was(users) as connection:
                if backend_of(connection).is_in_memory(connection):
                    keep_through_interrupts(self.engine)
                self._current = connection
                try:
                    yield connection
                finally:
                    self._current = None

    @contextmanager
    def _back_as_it_was(self, connection: sa.Connection) -> Iterator[sa.Connection]:
        if connection.closed:
            raise ConnectionFailedError(
                f"The connection `{self.name}` is closed.",
                "Open another, and give it: `%migrate open --engine NAME`.",
            )
        begun = connection.in_transaction()
        try:
            yield connection
        finally:
            if not begun and not connection.closed and connection.in_transaction():
                connection.rollback()

    @contextmanager
    def _shared(self) -> Iterator[sa.Connection]:
        with translating(self.secret_url):
            driver = self._driver()
            own = backend_of(self.engine.dialect).connection_beside(self.engine, driver)
            if own is None:
                self._check_idle(driver)
            connection = own or self.engine.connect()
        with connection:
            yield connection

    def _driver(self) -> Any:
        """Return the driver's connection that the engine gives everybody, with nothing on it rolled back."""
        pool = self.engine.pool
        if isinstance(pool, sa.StaticPool):
            return pool.connection.dbapi_connection
        # Of this pool, what somebody else has taken too is not given back here.
        with closing(self.engine.raw_connection()) as taken:
            return taken.dbapi_connection

    def _check_idle(self, driver: Any) -> None:
        """Make sure that nobody is in a transaction on the one connection: it would end with the command's."""
        with connected(self.engine, driver) as connection:
            state = backend_of(connection).transactions.found_state(connection)
        if state in (State.OPEN, State.FAILED):
            raise DatabaseLockedError(
                f"A transaction is open on the only connection of `{self.name}`, and would end with this command.",
                "Commit it, or roll it back, then run this again.",
            )

    def _check_alone(self, connection: sa.Connection) -> None:
        checked_out = getattr(self.engine.pool, "checkedout", int)()
        if checked_out > 1 and backend_of(connection).is_in_memory(connection):
            raise ConfigError(
                f"Each connection of `{self.name}` has a database of its own in memory, and another one is in use.",
                "Make the engine with poolclass=sqlalchemy.StaticPool, or hand over that connection.",
            )

    def check_taken(self, connection: sa.Connection, given: sa.Connection) -> None:
        """Make sure that env.py migrates what it was given, and no other database.

        Raises
        ------
        ConfigError
            It has connected by itself.
        """
        if not self.is_kept and connection.engine.pool not in (given.engine.pool, self.engine.pool):
            other = url_text(connection.engine.url)
            raise ConfigError(
                f"env.py connects to {other} by itself, and not by `{self.name}`, which is to be migrated.",
                HOW_TO_TAKE,
            )

    def check_script(self, dialect: sa.Dialect) -> None:
        """Make sure that a script of SQL is for this kind of database; ConfigError if it is for another."""
        if not self.is_kept and dialect.name != self.engine.dialect.name:
            raise ConfigError(
                f"env.py writes a script for {dialect.name}, and `{self.name}` is {self.engine.dialect.name}.",
                "Let it give context.configure() the URL of the settings: "
                'url=config.get_main_option("sqlalchemy.url").',
            )

    def check_writable(self, connection: sa.Connection) -> None:
        """Make sure that a run does not commit what the connection's owner has begun.

        Raises
        ------
        OperationError
            The database commits before every statement that changes a table.
        """
        if connection is self._users and ddl_commits(connection.dialect) and self.is_pending:
            raise OperationError(
                f"A transaction is open on `{self.name}`, and this database commits it with the first statement that "
                "changes a table.",
                f"Commit or roll back first: `{self.name}.commit()` or `{self.name}.rollback()`.",
            )

    @property
    def is_pending(self) -> bool:
        """Whether a transaction is open on the connection that was handed over, which its owner ends."""
        return self._users is not None and not self._users.closed and self._users.in_transaction()


def kept_in_memory(config: Config) -> Connectable | None:
    """Return what keeps the database in memory that the settings name; None where they name none such."""
    url = config.get("sqlalchemy.url") or ""
    if not is_memory_url(url):
        return None
    named = {name: config.get(name) or "" for name in config.options if name.startswith("sqlalchemy.")}
    with translating(url):
        return Connectable(memory_engine(named), url, is_kept=True)


def connectable_of(value: Any, name: str) -> Connectable:
    """Return what is called `name` as what can be handed over.

    Raises
    ------
    UsageError
        It is no engine and no connection of SQLAlchemy, nor holds one.
    """
    if isinstance(value, sa.Engine | sa.Connection):
        return Connectable(value, name)
    # JupySQL's, whose own commits each statement: a connection of its engine's is used beside it.
    held = getattr(value, "connection_sqlalchemy", None) if not isinstance(value, type) else None
    if isinstance(held, sa.Connection):
        return Connectable(held.engine, name)
    if hasattr(value, "sync_engine"):
        raise UsageError(
            f"{name} is asynchronous: it belongs to an event loop, and cannot be handed over.",
            "Make one with sqlalchemy.create_engine() for the same database.",
        )
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise UsageError(
        f"{name} is of the type {kind}, and no engine or connection of SQLAlchemy.",
        "Make an engine: `engine = sqlalchemy.create_engine(url)`, then --engine engine.",
    )
