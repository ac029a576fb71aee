"""What waits for a server is given up in time."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from nbmigrate.database import lock
from nbmigrate.database.backends.timeouts import Deadline, connecting_within
from nbmigrate.errors import DatabaseLockedError

#: Longer than any test run lasts.
WAITING = {"postgresql": "SELECT pg_sleep(36000)", "mariadb": "SELECT SLEEP(36000)"}


@pytest.mark.parametrize("server", WAITING)
def test_a_statement_that_waits_is_given_up(server: str, new_database: Callable[[str], str]) -> None:
    engine = sa.create_engine(new_database(server), poolclass=sa.NullPool)
    with engine.connect() as connection:
        with Deadline(0.1, connection) as deadline, pytest.raises(sa.exc.DBAPIError) as raised:
            connection.exec_driver_sql(WAITING[server])
        assert deadline.is_over
        assert raised.value.connection_invalidated


@pytest.mark.parametrize("server", WAITING)
def test_what_is_answered_in_time_is_left_alone(server: str, new_database: Callable[[str], str]) -> None:
    engine = sa.create_engine(new_database(server), poolclass=sa.NullPool)
    with engine.connect() as connection:
        with Deadline(3600, connection) as deadline:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        assert not deadline.is_over
        assert connection.exec_driver_sql("SELECT 2").scalar() == 2


@pytest.mark.parametrize("server", WAITING)
def test_a_run_says_that_the_server_does_not_answer(
    server: str, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_ANSWER", 0.1)
    monkeypatch.setattr(lock, "_NOTICE_INTERVAL", 0.1)
    engine = sa.create_engine(new_database(server), poolclass=sa.NullPool)
    message = "The database has not answered for 0 s"
    with (
        engine.connect() as connection,
        pytest.raises(DatabaseLockedError, match=message),
        lock.answering(0, connection),
    ):
        connection.exec_driver_sql(WAITING[server])


def test_connecting_has_the_time_that_a_run_has(new_database: Callable[[str], str]) -> None:
    url = sa.make_url(new_database("postgresql"))

    def told(url: sa.URL) -> str | None:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            driver = connection.connection.driver_connection
            found: str | None = driver.info.get_parameters().get("connect_timeout")  # type: ignore[union-attr]
            return found

    assert told(url) is None
    with connecting_within(0), connecting_within(60):
        # What the command line has counts before what the ini has, and libpq takes no less.
        assert told(url) == "2"
        assert told(url.update_query_dict({"connect_timeout": "7"})) == "7"
    with connecting_within(60):
        assert told(url) == "60"
    assert told(url) is None
