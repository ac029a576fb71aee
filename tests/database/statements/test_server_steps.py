"""What a step sends to a server: no more than it needs, and whoever listens hears of it as ever."""

import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event, StatementDone, StepDone
from nbmigrate.database.lock import lock_of
from nbmigrate.errors import PositionError

SENT: list[str] = []


def _note(statement: object) -> None:
    SENT.append(" ".join(str(statement).split()[:3]))


class PsycopgCursor(psycopg.Cursor):
    """Notes what the driver is given."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        _note(query)
        return super().execute(query, *arguments, **options)


class PyMySQLCursor(pymysql.cursors.Cursor):  # type: ignore[misc]
    """Notes what the driver is given."""

    def execute(self, query: str, args: Any = None) -> Any:
        _note(query)
        return super().execute(query, args)


class PyMySQLConnection(pymysql.Connection):  # type: ignore[misc]
    """Notes when it ends a transaction."""

    def commit(self) -> None:
        _note("COMMIT")
        super().commit()

    def rollback(self) -> None:
        _note("ROLLBACK")
        super().rollback()


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    return new_database(request.param)


@pytest.fixture
def connection(server: str) -> Iterator[sa.Connection]:
    """A connection to a server, whose driver notes all that it sends."""
    engine = sa.create_engine(server, poolclass=sa.NullPool)
    if engine.dialect.driver == "psycopg":
        engine = sa.create_engine(
            server, poolclass=sa.NullPool, connect_args={"cursor_factory": PsycopgCursor}
        )
    else:
        make: Any = lambda: PyMySQLConnection(  # noqa: E731
            **engine.dialect.create_connect_args(engine.url)[1], cursorclass=PyMySQLCursor
        )
        engine = sa.create_engine(server, poolclass=sa.NullPool, creator=make)
    with engine.connect() as connection:
        yield connection


def make(name: str) -> Callable[[], None]:
    def upgrade() -> None:
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))

    return upgrade


def drop(name: str) -> Callable[[], None]:
    return lambda: op.drop_table(name)


@pytest.fixture
def three(history: Any) -> Any:
    for name in ("one", "two", "three"):
        history.add(name, make(name), drop(name))
    return history


STEP = {
    "postgresql": ["SELECT alembic_version.version_num FROM", "{} TABLE {}", "UPDATE alembic_version SET"],
    "mysql": [
        "SELECT alembic_version.version_num FROM",
        "COMMIT",
        "SHOW CREATE TABLE",
        "INSERT INTO alembic_version_journal",
        "COMMIT",
        "{} TABLE {}",
        "UPDATE alembic_version_journal SET",
        "COMMIT",
        "DELETE FROM alembic_version_journal",
        "UPDATE alembic_version SET",
        "COMMIT",
    ],
}


@pytest.mark.parametrize("is_locked", [False, True])
def test_what_a_step_sends(connection: sa.Connection, three: Any, is_locked: bool) -> None:
    dialect = connection.dialect.name
    lock = lock_of(connection, VersionTable(connection))
    if is_locked:
        lock.take()
    sent: list[list[str]] = []

    def listen(event: Event) -> None:
        if isinstance(event, StepDone):
            sent.append([*SENT])
            SENT.clear()

    listener = listen if not is_locked else lock_listener(lock, listen)
    three.upgrade(connection, listener=listener)
    three.downgrade(connection, "one", listener=listener)
    lock.release()

    checked = {"postgresql": "SET LOCAL idle_in_transaction_session_timeout", "mysql": "SELECT IS_USED_LOCK("}
    before = [checked[dialect]] if is_locked else []

    def step(verb: str, name: str) -> list[str]:
        return [*before, *(each.format(verb, name) for each in STEP[dialect])]

    shortened = [[text.split("'")[0] for text in texts] for texts in sent]
    assert shortened[1:3] == [step("CREATE", "two"), step("CREATE", "three")]
    # The first of a run also asks for what the run needs.
    assert shortened[4] == step("DROP", "two")


def lock_listener(lock: Any, listen: Callable[[Event], None]) -> Callable[[Event], None]:
    lock._listener = listen
    watched: Callable[[Event], None] = lock.watched()
    return watched


#: Where each event has the statement among what it is told, and who has the event.
LISTENING = {
    "before_execute": (1, False),
    "after_execute": (1, False),
    "before_cursor_execute": (2, False),
    "after_cursor_execute": (2, False),
    "do_execute": (1, True),
}


@pytest.mark.parametrize("name", LISTENING)
def test_whoever_listens_hears_of_all(connection: sa.Connection, three: Any, name: str) -> None:
    place, is_engines = LISTENING[name]
    heard: list[str] = []

    def listen(*about: Any) -> None:
        told = about[place]
        text = told if isinstance(told, str) else str(told.compile(dialect=connection.dialect))
        heard.append(" ".join(text.split()))

    sa.event.listen(connection.engine if is_engines else connection, name, listen)
    three.upgrade(connection)
    three.downgrade(connection)

    made = [text.split(" (")[0] for text in heard if re.match("(CREATE|DROP) TABLE (one|two|three)", text)]
    assert made == [f"{verb} TABLE {each}" for verb, each in UP_AND_DOWN]
    assert sum(text.startswith("UPDATE alembic_version SET") for text in heard) == 4
    assert sum(text.startswith("SELECT alembic_version.version_num") for text in heard) >= 6
    if connection.dialect.name == "mysql":
        assert sum(text.startswith("INSERT INTO alembic_version_journal") for text in heard) == 6


UP_AND_DOWN = [*(("CREATE", each) for each in ("one", "two", "three"))]
UP_AND_DOWN += [*(("DROP", each) for each in ("three", "two", "one"))]


def test_whoever_listens_sees_that_it_is_ddl(connection: sa.Connection, three: Any) -> None:
    seen: set[tuple[str, bool]] = set()

    @sa.event.listens_for(connection, "before_cursor_execute")
    def _see(_: Any, __: Any, statement: str, ___: Any, context: Any, ____: bool) -> None:
        seen.add((statement.split()[0], context.isddl))

    three.upgrade(connection)
    assert ("CREATE", True) in seen
    assert ("CREATE", False) not in seen
    assert ("UPDATE", False) in seen


def test_names_with_a_percent_sign(connection: sa.Connection, history: Any) -> None:
    told: list[str] = []

    def upgrade() -> None:
        op.create_table(
            "100%", sa.Column("a%b", sa.Integer), sa.Column("c", sa.String(9), server_default="5 %s")
        )
        op.create_index("ix_%s", "100%", ["a%b"])

    history.add("50%", upgrade, lambda: op.drop_table("100%"))
    history.add("%s", make("%(one)s"), drop("%(one)s"))
    tell = lambda event: told.append(event.statement) if isinstance(event, StatementDone) else None  # noqa: E731
    history.upgrade(connection, listener=tell)

    assert sorted(sa.inspect(connection).get_table_names())[:2] == ["%(one)s", "100%"]
    assert [column["name"] for column in sa.inspect(connection).get_columns("100%")] == ["a%b", "c"]
    assert VersionTable(connection).heads() == ("%s",)
    assert sum("'%s'" in text and "'50%'" in text for text in told) == 1
    connection.rollback()
    history.downgrade(connection)
    assert sa.inspect(connection).get_table_names() == ["alembic_version"]


def test_a_version_table_that_goes_between_steps(connection: sa.Connection, three: Any) -> None:
    def gone(event: Event) -> None:
        if isinstance(event, StepDone):
            connection.exec_driver_sql("DROP TABLE alembic_version")
            connection.commit()

    with pytest.raises(PositionError, match="stands at base, and one was expected"):
        three.upgrade(connection, listener=gone)
    assert not sa.inspect(connection).has_table("two")


def test_a_version_table_that_cannot_be_read_is_no_empty_one(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE alembic_version (other INTEGER)")
    with pytest.raises(sa.exc.DBAPIError, match="version_num"):
        VersionTable(connection).heads(expected=True)


def refused(send: Callable[[], object]) -> sa.exc.DBAPIError:
    with pytest.raises(sa.exc.DBAPIError) as caught:
        send()
    return caught.value


@pytest.mark.parametrize("text", ["INSERT INTO t VALUES (%s)", "SELECT FROM nowhere, %s"])
def test_a_refusal_is_an_error_of_sqlalchemys(connection: sa.Connection, text: str) -> None:
    connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    connection.commit()
    errors = []
    for send in (read_text, lambda *what: what[0].exec_driver_sql(*what[1:])):
        connection.begin()
        errors.append(refused(lambda: send(connection, text, (1,))))  # noqa: B023
        connection.rollback()
    assert str(errors[0]) == str(errors[1])
    assert type(errors[0]) is type(errors[1])
    assert [error.connection_invalidated for error in errors] == [False, False]
    assert not connection.invalidated


def end(connection: sa.Connection, server: str) -> None:
    """Have a server end a connection."""
    own = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}
    ends = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}
    name = connection.dialect.name
    number = connection.exec_driver_sql(own[name]).scalar_one()
    with sa.create_engine(server, poolclass=sa.NullPool).connect() as other:
        other.exec_driver_sql(ends[name].format(number))


def test_a_connection_that_is_lost_is_not_used_again(connection: sa.Connection, server: str) -> None:
    connection.begin()
    end(connection, server)
    error = refused(lambda: read_text(connection, "SELECT 1"))
    assert error.connection_invalidated
    assert connection.invalidated
    connection.rollback()
    assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_an_interrupt_amid_an_answer(connection: sa.Connection) -> None:
    slow = {"postgresql": "SELECT pg_sleep(20)", "mysql": "SELECT sleep(20)"}[connection.dialect.name]

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        connection.begin()
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            read_text(connection, slow)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert connection.invalidated
    connection.rollback()
    assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
