"""Places to kill a process at: between any two statements that it sends to its database, and while one is on its way.

The product knows nothing of this: the three drivers are wrapped, below SQLAlchemy, in a process that is going to run a
command. Nothing but the drivers is imported, since alembic's environment has nothing else.
"""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

#: What psycopg waits for when all is sent and nothing is answered yet: its WAIT_R.
_READING = 1
#: What a server can go on with for a client that is gone, and nobody could tell.
_HARMLESS = re.compile(r"(SELECT|SHOW|DESCRIBE|SET|ROLLBACK)\b(?!.*LOCK)", re.DOTALL)


def is_alike(labels: Sequence[str], number: int) -> bool:
    """Whether nothing lasts of what came after the point before it: a question, or rows on their way."""
    asked = number > 1 and _HARMLESS.match(labels[number - 2].removeprefix("before "))
    return bool(asked or re.match(r"amid (INSERT|UPDATE|DELETE)\b", labels[number - 1]))


class Points:
    """Counts the points that a process comes to, and lets it happen at one.

    One is before every statement, commit and rollback, which is after the one before it; another, on a server, when it
    was sent and is not answered yet; the last is at the end.

    Parameters
    ----------
    at
        The number of the point, from 1; never if None.
    what
        What happens there: "kill" is kill -9; by "cut" the server ends the connection that the statement is on, and by
        "cut others" every other one to the database.
    """

    def __init__(self, at: int | None = None, what: str = "kill") -> None:
        self._at = at
        self._what = what
        self.labels: list[str] = []
        self._doing = ""
        self._on: Any = None

    def before(self, statement: object, connection: Any) -> None:
        """Come to a statement, of SQLAlchemy or the driver, on a connection of the driver."""
        text = (
            statement.decode(errors="replace") if isinstance(statement, bytes | bytearray) else str(statement)
        )
        self._doing, self._on = " ".join(text.split())[:100], connection
        self._reach(f"before {self._doing}")

    def sent(self) -> None:
        """Come to where the last statement is sent."""
        if not _HARMLESS.match(self._doing):
            self._reach(f"amid {self._doing}")

    def end(self) -> None:
        """Come to the end, where only the exit code is still missing, and no connection is left."""
        self._on = None
        self._reach("the end")

    def _reach(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) != self._at:
            return
        if self._what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._on is not None:
            _cut(self._on, others=self._what == "cut others")

    def install(self) -> None:
        """Wrap the drivers, for the rest of this process."""
        _wrap_sqlite(self)
        _wrap_psycopg(self)
        _wrap_pymysql(self)


def _cut(connection: Any, *, others: bool) -> None:
    """Let the server end a connection, or all others to the same database, and wait until it has."""
    if hasattr(connection, "pgconn"):
        import psycopg

        info = connection.info
        which = "NOT IN" if others else "IN"
        with psycopg.connect(**info.get_parameters(), password=info.password, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
                f"AND pid <> pg_backend_pid() AND pid {which} ({info.backend_pid})"
            )
        return
    import pymysql

    own, sign = connection.thread_id(), "<>" if others else "="
    given = {name: getattr(connection, name) for name in ("host", "port", "user", "password", "db")}
    found = (
        "SELECT id FROM information_schema.processlist "
        f"WHERE db = DATABASE() AND id <> CONNECTION_ID() AND id {sign} {own}"
    )
    with pymysql.connect(**given, autocommit=True) as admin, admin.cursor() as cursor:
        cursor.execute(found)
        for (id_,) in cursor.fetchall():
            cursor.execute(f"KILL CONNECTION {id_}")
        while cursor.execute(found):
            time.sleep(0.01)


def _wrap_sqlite(points: Points) -> None:
    class Cursor(sqlite3.Cursor):
        """A cursor of C, which cannot be wrapped itself."""

    class Connection(sqlite3.Connection):
        """Gives such cursors, unless it is asked for others."""

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    def connect(*args: Any, **options: Any) -> Any:
        return plain(*args, **{"factory": Connection, **options})

    for name in ("execute", "executemany", "executescript"):
        _wrap(points, Cursor, name, lambda cursor, sql: (sql, cursor.connection))
    for name in ("commit", "rollback"):
        _wrap(points, Connection, name, partial(_alone, name))
    plain: Callable[..., Any] = sqlite3.connect
    for module in (sqlite3, sqlite3.dbapi2):
        _replace(module, "connect", connect)


def _wrap_psycopg(points: Points) -> None:
    import psycopg

    def watched(steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """What psycopg does of a statement: it yields when it has to wait for the server."""
        answer = None
        while True:
            try:
                waits_for = steps.send(answer)
            except StopIteration as end:
                return end.value
            # Zero: it has waited for a while, and goes on to wait.
            if waits_for == _READING and answer != 0:
                points.sent()
            answer = yield waits_for

    def wait(self: Any, steps: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        return plain(self, watched(steps), *args, **options)

    def text(cursor: Any, query: Any) -> tuple[object, Any]:
        return query.as_string() if hasattr(query, "as_string") else query, cursor.connection

    plain: Callable[..., Any] = psycopg.Connection.wait
    _replace(psycopg.Connection, "wait", wait)
    for name in ("execute", "executemany"):
        _wrap(points, psycopg.Cursor, name, text)
    for name in ("commit", "rollback"):
        _wrap(points, psycopg.Connection, name, partial(_alone, name))


def _wrap_pymysql(points: Points) -> None:
    from pymysql.connections import Connection

    def execute(self: Any, command: int, sql: Any) -> None:
        points.before(sql, self)
        plain(self, command, sql)
        points.sent()

    plain = Connection._execute_command
    _replace(Connection, "_execute_command", execute)


def _wrap(points: Points, owner: type, name: str, look: Callable[[Any, Any], tuple[object, Any]]) -> None:
    plain = getattr(owner, name)

    def wrapped(self: Any, *args: Any, **options: Any) -> Any:
        points.before(*look(self, args[0] if args else ""))
        return plain(self, *args, **options)

    _replace(owner, name, wrapped)


def _alone(name: str, connection: Any, _: Any) -> tuple[object, Any]:
    """Look at a method that is a statement by itself."""
    return name.upper(), connection


def _replace(owner: Any, name: str, by: Callable[..., Any]) -> None:
    setattr(owner, name, by)
