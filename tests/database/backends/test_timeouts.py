"""lock_timeout and statement_timeout of PostgreSQL for a run, and running again what did not get a lock."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.backends.timeouts import Limits, duration_of
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event, StepRetried, StepStarted
from nbmigrate.database.execution.options import RunOptions
from nbmigrate.errors import InterruptedRunError, MigrationFailedError
from tests.database.conftest import Context


def limited(lock: str | None = "200ms", statement: str | None = None, retries: int = 5, **more: Any) -> Any:
    return RunOptions(limits=Limits(lock, statement, retries), **more)


def execute(*statements: str) -> Callable[[], None]:
    def function() -> None:
        for statement in statements:
            op.execute(statement)

    return function


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[sa.Engine]:
    """A database with a table that has one row."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customer (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO customer VALUES (1)")
    yield engine
    engine.dispose()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that has read the table, and keeps it from being altered until it ends."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM customer")
        yield connection


def columns(engine: sa.Engine) -> list[str]:
    return [column["name"] for column in sa.inspect(engine).get_columns("customer")]


def setting(connection: sa.Connection, name: str = "lock_timeout") -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())


def test_a_reader_behind_the_waiting_alter_is_served(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("ALTER TABLE customer ADD COLUMN name TEXT"))
    retried: list[StepRetried] = []
    served = threading.Event()
    waited: list[float] = []

    def read_behind() -> None:
        with engine.connect() as connection:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            while not connection.exec_driver_sql(waiting).scalar_one():
                time.sleep(0.01)
            started = time.monotonic()
            connection.exec_driver_sql("SELECT * FROM customer")
            waited.append(time.monotonic() - started)
        served.set()

    reader = threading.Thread(target=read_behind)
    with reading(engine) as holder, engine.connect() as connection:

        def tell(event: Event) -> None:
            if isinstance(event, StepRetried):
                retried.append(event)
                # Whoever held the table has not let go of it, and the reader has come past the ALTER.
                assert served.wait(30)
                assert holder.in_transaction()
                holder.rollback()

        reader.start()
        report = history.upgrade(connection, listener=tell, options=limited("1s"))
        reader.join()

    assert columns(engine) == ["id", "name"]
    assert report.position == ("a1",)
    assert [len(step.statements) for step in report.steps] == [3]
    assert [(event.number, event.limit) for event in retried] == [(1, 5)]
    assert 0.25 <= retried[0].seconds <= 0.5
    # It came behind the ALTER, and waited for as long as that did.
    assert 0 < waited[0] < 5
    with engine.connect() as connection:
        assert VersionTable(connection).heads() == ("a1",)


def test_a_lock_that_is_never_let_go(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("ALTER TABLE customer ADD COLUMN name TEXT"))
    with reading(engine), engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=limited(retries=1))

    assert "canceling statement due to lock timeout" in caught.value.message
    assert caught.value.hint == (
        "Another connection did not release the table within postgresql_lock_timeout = 200ms. "
        "It was tried 2 times.\n"
        "It was rolled back: nothing of it remains. The database stands at base. "
        "Run the same command again when that has ended."
    )
    assert columns(engine) == ["id"]


def test_without_retries_it_fails_at_once(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("ALTER TABLE customer ADD COLUMN name TEXT"))
    told: list[Event] = []
    with reading(engine), engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, listener=told.append, options=limited(retries=0))
    assert "It was tried" not in caught.value.hint
    assert [event for event in told if isinstance(event, StepRetried)] == []


def test_an_interrupt_while_it_waits_for_the_next_try(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("ALTER TABLE customer ADD COLUMN name TEXT"))

    def interrupt(event: Event) -> None:
        if isinstance(event, StepRetried):
            raise KeyboardInterrupt

    with reading(engine), engine.connect() as connection, pytest.raises(InterruptedRunError) as caught:
        history.upgrade(connection, listener=interrupt, options=limited())
    assert caught.value.position == ()
    assert columns(engine) == ["id"]


def test_what_has_committed_is_not_run_again(engine: sa.Engine, history: Any) -> None:
    def upgrade() -> None:
        with op.get_context().running.autocommit_block():
            op.execute("CREATE TABLE one (id INTEGER)")
        op.execute("ALTER TABLE customer ADD COLUMN name TEXT")

    history.add("a1", upgrade)
    told: list[Event] = []
    with reading(engine), engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, listener=told.append, options=limited(), context=Context())
    assert [event for event in told if isinstance(event, StepRetried)] == []
    assert "so this stays in effect:\n  CREATE TABLE one (id INTEGER)" in caught.value.hint


def test_a_whole_run_is_run_again_from_its_start(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("CREATE TABLE one (id INTEGER)"))
    history.add("b2", execute("ALTER TABLE customer ADD COLUMN name TEXT"))
    started: list[str] = []
    with reading(engine) as holder, engine.connect() as connection:

        def tell(event: Event) -> None:
            if isinstance(event, StepStarted):
                started.append(event.step.revision.id)
            if isinstance(event, StepRetried):
                # Nothing of the run is kept while it waits, so that it is in nobody's way.
                assert not sa.inspect(engine).has_table("one")
                holder.rollback()

        report = history.upgrade(connection, listener=tell, options=limited(whole=True))
    assert started == ["a1", "b2", "a1", "b2"]
    assert [step.step.revision.id for step in report.steps] == ["a1", "b2"]
    assert columns(engine) == ["id", "name"]


def test_in_a_transaction_of_the_user_nothing_is_run_again(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("ALTER TABLE customer ADD COLUMN name TEXT"))
    told: list[Event] = []
    with (
        reading(engine),
        engine.connect() as connection,
        pytest.raises(MigrationFailedError),
        connection.begin(),
    ):
        history.upgrade(connection, listener=told.append, options=limited())
    assert [event for event in told if isinstance(event, StepRetried)] == []


# --- the settings of the session


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_the_session_is_left_as_it_was(postgresql_url: str, history: Any, options: dict[str, Any]) -> None:
    found: dict[str, str] = {}

    def upgrade() -> None:
        bind = op.get_bind()
        found["before"] = setting(bind) + setting(bind, "statement_timeout")
        with op.get_context().running.autocommit_block():
            found["block"] = setting(bind) + setting(bind, "statement_timeout")
        found["after"] = setting(bind) + setting(bind, "statement_timeout")

    def failing() -> None:
        with op.get_context().running.autocommit_block():
            op.execute("INSERT INTO nowhere VALUES (1)")

    history.add("a1", upgrade)
    history.add("b2", failing)
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool, **options)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '7s'")
        connection.commit()
        with pytest.raises(MigrationFailedError):
            history.upgrade(connection, options=limited("3s", "30 s"), context=Context())
        assert (setting(connection), setting(connection, "statement_timeout")) == ("7s", "0")
    assert found == {"before": "3s30s", "block": "3s30s", "after": "3s30s"}


def test_a_transaction_of_the_user_goes_on_as_it_was(engine: sa.Engine, history: Any) -> None:
    found = []
    history.add("a1", lambda: found.append(setting(op.get_bind())))
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL lock_timeout = '7s'")
        history.upgrade(connection, options=limited("3s"))
        assert setting(connection) == "7s"
    assert found == ["3s"]


def test_they_are_no_statements_of_the_revision(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("CREATE TABLE one (id INTEGER)"))
    with engine.connect() as connection:
        report = history.upgrade(connection, options=limited("3s", "30s"))
    assert [statement.text.split()[0] for statement in report.steps[0].statements] == [
        "CREATE",
        "CREATE",
        "INSERT",
    ]


def test_a_statement_that_takes_too_long(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("SELECT pg_sleep(60)"))
    started = time.monotonic()
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=limited(None, "200ms"))
    assert time.monotonic() - started < 30
    assert caught.value.hint.splitlines()[0] == (
        "It took longer than postgresql_statement_timeout = 200ms allows."
    )


def test_a_statement_that_somebody_cancels_is_no_timeout(engine: sa.Engine, history: Any) -> None:
    history.add("a1", execute("SELECT pg_cancel_backend(pg_backend_pid())", "SELECT pg_sleep(60)"))
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=limited(None, "30s"))
    assert "postgresql_statement_timeout" not in str(caught.value)


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_on_other_databases_they_do_nothing(
    sqlite_url: str, new_database: Callable[[str], str], history: Any, server: str
) -> None:
    history.add("a1", execute("CREATE TABLE one (id INTEGER)"))
    url = sqlite_url if server == "sqlite" else new_database(server)
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert history.upgrade(connection, options=limited("1ms", "1us")).position == ("a1",)


@pytest.mark.parametrize("text", ["5s", "500ms", "0", "250", "1.5 s", "10us", "2min", "1h", "24d"])
def test_postgresql_takes_every_duration_that_we_take(engine: sa.Engine, text: str) -> None:
    value = duration_of("postgresql_lock_timeout", text)
    with engine.connect() as connection, connection.begin():
        Limits(lock_timeout=value).begin(connection)
        expected = connection.exec_driver_sql(f"SELECT set_config('statement_timeout', '{text}', true)")
        assert setting(connection) == expected.scalar_one()
