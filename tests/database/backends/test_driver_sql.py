"""SQL of our own: what is sent is heard by listeners and is in no report, what is read by the driver fails as ever."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.clock import SystemClock
from nbmigrate.database.backends.driver_sql import read_text, send_text
from nbmigrate.database.statements.recording import Cursors, Recording


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    """A connection to SQLite with a table of two rows, in a transaction."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
        connection.commit()
        connection.begin()
        yield connection
    engine.dispose()


def test_a_refusal_is_an_error_of_sqlalchemys(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError) as by_driver:
        read_text(connection, "INSERT INTO t VALUES (?)", (1,))
    with pytest.raises(sa.exc.IntegrityError) as by_sqlalchemy:
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (1,))
    assert str(by_driver.value) == str(by_sqlalchemy.value)
    assert type(by_driver.value.orig) is type(by_sqlalchemy.value.orig)
    assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


LISTENING: list[tuple[str, Callable[[sa.Connection], Any]]] = [
    ("before_cursor_execute", lambda connection: connection),
    ("after_cursor_execute", lambda connection: connection),
    ("before_cursor_execute", lambda connection: connection.engine),
    ("do_execute", lambda connection: connection.engine),
]


@pytest.mark.parametrize(("name", "target"), LISTENING)
def test_whoever_listens_hears_of_what_is_sent(
    connection: sa.Connection, name: str, target: Callable[[sa.Connection], Any]
) -> None:
    heard: list[str] = []

    def listen(*about: Any) -> None:
        heard.append(next(each for each in about if isinstance(each, str)))

    sa.event.listen(target(connection), name, listen)
    send_text(connection, "SAVEPOINT s")
    assert heard == ["SAVEPOINT s"]


def test_whoever_listens_to_errors_hears_of_them(connection: sa.Connection) -> None:
    heard: list[str | None] = []
    sa.event.listen(connection.engine, "handle_error", lambda error: heard.append(error.statement))
    with pytest.raises(sa.exc.OperationalError):
        send_text(connection, "RELEASE SAVEPOINT s")
    assert heard == ["RELEASE SAVEPOINT s"]


def test_it_is_no_statement_of_the_migration(connection: sa.Connection) -> None:
    cursors, step = Cursors(connection), Any
    recording = Recording(connection, step, SystemClock())  # type: ignore[arg-type]
    with cursors.watched(), cursors.kept_in(recording):
        send_text(connection, "SAVEPOINT s")
        connection.exec_driver_sql("DELETE FROM t")
    assert [report.text for report in recording.statements] == ["DELETE FROM t"]


def test_it_is_logged_where_sql_is_logged(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, logger="sqlalchemy.engine.Engine"),
        connection.engine.connect() as other,
    ):
        other.begin()
        send_text(other, "SAVEPOINT s")
    assert "SAVEPOINT s" in caplog.text
