"""SQL that goes to SQLite by its driver does what it does through SQLAlchemy, and whoever listens hears of it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import is_unheard, send_text
from nbmigrate.database.statements.recording import Cursors


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


def count(connection: sa.Connection) -> Any:
    return connection.exec_driver_sql("SELECT count(*) FROM t").scalar()


def test_it_counts_what_it_changes(connection: sa.Connection) -> None:
    assert send_text(connection, "UPDATE t SET id = id + 10 WHERE id > ?", (0,)) == 2
    assert send_text(connection, "DELETE FROM t WHERE id = ?", (99,)) == 0
    connection.rollback()
    assert connection.exec_driver_sql("SELECT min(id) FROM t").scalar() == 1


def test_a_refusal_is_an_error_of_sqlalchemys(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError) as by_driver:
        send_text(connection, "INSERT INTO t VALUES (?)", (1,))
    with pytest.raises(sa.exc.IntegrityError) as by_sqlalchemy:
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (1,))
    assert str(by_driver.value) == str(by_sqlalchemy.value)
    assert type(by_driver.value.orig) is type(by_sqlalchemy.value.orig)
    assert count(connection) == 2


LISTENING: list[tuple[str, Callable[[sa.Connection], Any]]] = [
    ("before_cursor_execute", lambda connection: connection),
    ("after_cursor_execute", lambda connection: connection),
    ("before_cursor_execute", lambda connection: connection.engine),
    ("do_execute", lambda connection: connection.engine),
]


@pytest.mark.parametrize(("name", "target"), LISTENING)
def test_whoever_listens_hears_of_it(
    connection: sa.Connection, name: str, target: Callable[[sa.Connection], Any]
) -> None:
    heard: list[str] = []

    def listen(*about: Any) -> None:
        heard.append(next(each for each in about if isinstance(each, str)))

    sa.event.listen(target(connection), name, listen)
    send_text(connection, "DELETE FROM t WHERE id = ?", (1,))
    assert heard == ["DELETE FROM t WHERE id = ?"]
    assert count(connection) == 1


def test_whoever_listens_to_errors_hears_of_them(connection: sa.Connection) -> None:
    heard: list[str | None] = []
    sa.event.listen(connection.engine, "handle_error", lambda error: heard.append(error.statement))
    with pytest.raises(sa.exc.IntegrityError):
        send_text(connection, "INSERT INTO t VALUES (?)", (1,))
    assert heard == ["INSERT INTO t VALUES (?)"]


def test_a_run_has_its_statements_sent_by_the_driver(connection: sa.Connection) -> None:
    with Cursors(connection).watched():
        assert is_unheard(connection), "its own listeners are told by the run itself"


def test_a_statement_that_a_listener_writes_otherwise_is_sent_so(connection: sa.Connection) -> None:
    def spare(*about: Any) -> tuple[str, Any]:
        return about[2] + " AND id > 1", about[3]

    sa.event.listen(connection, "before_cursor_execute", spare, retval=True)
    assert send_text(connection, "DELETE FROM t WHERE id < ?", (9,)) == 1


def test_it_is_logged_where_sql_is_logged(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.INFO, logger="sqlalchemy.engine.Engine"),
        connection.engine.connect() as other,
    ):
        other.begin()
        send_text(other, "DELETE FROM t WHERE id = ?", (1,))
    assert "DELETE FROM t WHERE id = ?" in caplog.text
