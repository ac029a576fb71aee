"""The lock on (database, schema, version table), on the three databases."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, cli, commands
from nbmigrate.database.backends.timeouts import timeout_of
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event, LockTaken, LockWaiting, LockWarning
from nbmigrate.database.lock import RunLock, lock_of
from nbmigrate.environment.run import run_environment
from nbmigrate.errors import ConfigError, DatabaseLockedError, InterruptedRunError
from nbmigrate.graph.plan import plan_upgrade

#: Takes the lock, says so, runs a statement, and keeps the lock.
HOLDER = """
import sys
import sqlalchemy as sa
from nbmigrate.database.lock import lock_of
from nbmigrate.database.bookkeeping.version_table import VersionTable
with sa.create_engine(sys.argv[1]).connect() as connection:
    lock_of(connection, VersionTable(connection)).take()
    print("taken", flush=True)
    connection.exec_driver_sql(sys.argv[2])
    sys.stdin.read()
"""

POOLS: list[dict[str, Any]] = [
    {"poolclass": sa.QueuePool},
    {"pool_size": 1, "max_overflow": 0},
    {"poolclass": sa.StaticPool},
    {"poolclass": sa.NullPool},
    {"isolation_level": "AUTOCOMMIT"},
    {"isolation_level": "SERIALIZABLE"},
]


@contextmanager
def connected(url: str, **options: Any) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, **(options or {"poolclass": sa.NullPool}))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def held(url: str, table: str = "alembic_version", schema: str | None = None) -> Iterator[RunLock]:
    with connected(url) as connection:
        lock = lock_of(connection, VersionTable(connection, table, schema))
        lock.take()
        try:
            yield lock
        finally:
            lock.release()


def can_take(connection: sa.Connection, **options: Any) -> bool:
    lock = lock_of(connection, VersionTable(connection), timeout=0, **options)
    try:
        lock.take()
    except DatabaseLockedError:
        return False
    lock.release()
    return True


@contextmanager
def holder(url: str, statement: str = "SELECT 1") -> Iterator[subprocess.Popen[str]]:
    """A process that has the lock, and runs a statement."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, statement], text=True, stdin=pipe, stdout=pipe
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_waiter_says_for_whom_and_how_long_it_waits(url: str, connection: sa.Connection) -> None:
    told: list[Event] = []
    with held(url):
        lock = lock_of(connection, VersionTable(connection), timeout=1.2, listener=told.append)
        with pytest.raises(DatabaseLockedError) as caught:
            lock.take()

    assert not connection.in_transaction()
    waiting = [event for event in told if isinstance(event, LockWaiting)]
    assert len(waiting) == len(told) >= 2
    assert waiting[0].seconds < 1.2 <= waiting[-1].seconds
    who = waiting[-1].holder
    if connection.dialect.name in ("mysql", "mariadb"):
        assert "root (connection " in who
    else:
        assert f"nbmigrate, process {os.getpid()} on " in who
    assert "since 2" in who
    assert caught.value.message == (
        f"Another run is at work on this database: {who}. "
        f"Waited {waiting[-1].seconds:.0f} s for it; nothing was done."
    )
    assert "--lock-timeout" in caught.value.hint
    assert can_take(connection)


def test_the_lock_is_taken_when_it_is_free(url: str, connection: sa.Connection) -> None:
    told: list[Event] = []
    with ExitStack() as other:
        other.enter_context(held(url))

        def listener(event: Event) -> None:
            told.append(event)
            other.close()

        lock = lock_of(connection, VersionTable(connection), timeout=30, listener=listener)
        lock.take()
        lock.confirm()
        lock.release()

    assert [type(event) for event in told] == [LockWaiting, LockTaken]


def test_another_version_table_is_another_lock(url: str, connection: sa.Connection) -> None:
    with held(url, "other_version"):
        assert can_take(connection)
    with held(url):
        assert not can_take(connection)


def test_a_schema_is_meant_by_either_name(postgresql_url: str) -> None:
    with connected(postgresql_url) as connection, held(postgresql_url, schema="public"):
        assert not can_take(connection)
        connection.exec_driver_sql("CREATE SCHEMA tenant")
        connection.exec_driver_sql("SET search_path TO tenant, public")
        assert can_take(connection)
        # The table that is found there is the one in public.
        connection.exec_driver_sql("CREATE TABLE public.alembic_version (version_num VARCHAR(32))")
        assert not can_take(connection)


def test_a_database_is_meant_by_either_name(mariadb_url: str) -> None:
    name = sa.make_url(mariadb_url).database
    with connected(mariadb_url) as connection, held(mariadb_url, schema=name):
        assert not can_take(connection)


@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_the_lock_has_a_connection_of_its_own(
    server: str, options: dict[str, Any], new_database: Callable[[str], str]
) -> None:
    url = new_database(server)
    with connected(url, **options) as connection, connected(url) as other:
        lock = lock_of(connection, VersionTable(connection))
        lock.take()
        for _ in range(7):
            with connection.begin():
                connection.exec_driver_sql("SELECT 1")
            lock.confirm()
            if server == "postgresql":
                asked = "SELECT backend_xmin FROM pg_stat_activity WHERE datname = current_database()"
                asked += " AND application_name LIKE 'nbmigrate%%'"
                assert other.exec_driver_sql(asked).scalars().all() == [None]
                other.rollback()
        assert not can_take(other)
        lock.release()
        assert can_take(other)
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_killed_process_has_no_lock(url: str, connection: sa.Connection) -> None:
    with holder(url) as process:
        assert not can_take(connection)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # The server may need a moment to see it.
        lock = lock_of(connection, VersionTable(connection), timeout=30)
        lock.take()
        assert not can_take(connection)
        lock.release()


def test_the_last_statement_of_a_killed_process_is_waited_for(mariadb_url: str) -> None:
    with connected(mariadb_url) as connection, connected(mariadb_url) as other:
        connection.exec_driver_sql("CREATE TABLE one (id INTEGER)")
        connection.commit()
        with holder(mariadb_url, "INSERT INTO one SELECT BENCHMARK(6000000, MD5('a'))") as process:
            running = (
                "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO one%%'"
            )
            while not other.exec_driver_sql(running).scalar_one():
                other.rollback()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            told: list[Event] = []
            lock = lock_of(connection, VersionTable(connection), timeout=60, listener=told.append)
            lock.take()
            assert isinstance(told[-1], LockTaken)
            assert other.exec_driver_sql(running).scalar_one() == 0
            lock.release()


def test_an_index_is_made_concurrently_while_others_wait(postgresql_url: str) -> None:
    with ExitStack() as stack:
        lock = stack.enter_context(held(postgresql_url))
        waiters = []
        for _ in range(3):
            connection = stack.enter_context(connected(postgresql_url))
            waiter = lock_of(connection, VersionTable(connection), timeout=60)
            waiters.append(threading.Thread(target=lambda waiter=waiter: (waiter.take(), waiter.release())))
            waiters[-1].start()
        with connected(postgresql_url, isolation_level="AUTOCOMMIT") as working:
            working.exec_driver_sql("SET statement_timeout = '20s'")
            working.exec_driver_sql("CREATE TABLE one (id INTEGER)")
            for number in range(10):
                lock.confirm()
                working.exec_driver_sql(f"CREATE INDEX CONCURRENTLY i{number} ON one (id)")
            invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
            assert working.exec_driver_sql(invalid).scalar_one() == 0
        lock.release()
        for thread in waiters:
            thread.join(30)
            assert not thread.is_alive()


TERMINATE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'nbmigrate%%'"
)


def lose(connection: sa.Connection, lock: RunLock) -> None:
    """End the connection that holds a lock, as an administrator would."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(TERMINATE)
    else:
        name: str = lock._lock._lock  # type: ignore[union-attr]
        id_ = connection.exec_driver_sql(f"SELECT IS_USED_LOCK('{name}')").scalar_one()
        connection.exec_driver_sql(f"KILL {id_}")
        while connection.exec_driver_sql(f"SELECT IS_USED_LOCK('{name}')").scalar_one() == id_:
            pass
    connection.rollback()


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_lost_lock_is_noticed_before_the_next_step(server: str, new_database: Callable[[str], str]) -> None:
    url = new_database(server)
    told: list[Event] = []
    with connected(url) as connection, connected(url) as admin:
        lock = lock_of(connection, VersionTable(connection), listener=told.append)
        lock.take()
        lose(admin, lock)
        lock.confirm()
        assert [type(event) for event in told] == [LockWarning]
        assert not can_take(admin)

        lose(admin, lock)
        if server == "mariadb":
            # The connection of the run has a lock too.
            assert not can_take(admin)
        else:
            with (
                held(url),
                pytest.raises(DatabaseLockedError, match="was lost, and another run has the lock now"),
            ):
                lock.confirm()
        lock.release()
        assert can_take(admin)


def test_an_interrupt_while_waiting(url: str, connection: sa.Connection) -> None:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with held(url):
        lock = lock_of(connection, VersionTable(connection), listener=interrupt)
        with pytest.raises(InterruptedRunError, match=r"Interrupted while waiting .*: nothing was done"):
            lock.take()
    assert can_take(connection)


def test_a_users_transaction_holds_the_lock_until_it_ends(postgresql_url: str) -> None:
    with connected(postgresql_url) as connection, connected(postgresql_url) as other:
        with connection.begin():
            lock = lock_of(connection, VersionTable(connection), caller_owns_transaction=True)
            lock.take()
            lock.confirm()
            lock.release()
            assert not can_take(other)
        assert can_take(other)


def test_in_a_users_transaction_the_lock_is_held_until_env_py_has_ended(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=url)
    project = Project.open()
    commands.revision(project, "one", body="op.create_table('one', sa.Column('id', sa.Integer))")
    (project.scripts.location / "env.py").write_text(
        "from nbmigrate import context\n"
        "connection = context.config.attributes['connection']\n"
        "with connection.begin():\n"
        "    context.configure(connection=connection)\n"
        "    context.run_migrations()\n"
        "    context.config.attributes['after']()\n"
    )
    found: list[bool] = []
    with connected(url) as connection, connected(url) as other:
        run_environment(
            project.config,
            project.scripts,
            lambda context: context.migrate(lambda heads: plan_upgrade(project.graph, heads, "head")),
            attributes={"connection": connection, "after": lambda: found.append(can_take(other))},
        )
        found.append(can_take(other))
        assert found == [False, True]
        assert VersionTable(other).heads() != ()


def test_a_database_in_memory_needs_none() -> None:
    with connected("sqlite://") as connection, held("sqlite://"):
        assert can_take(connection)


def test_a_file_that_cannot_be_locked_is_a_warning(sqlite_url: str, tmp_path: Path) -> None:
    with held(sqlite_url):
        (name,) = [path.name for path in tmp_path.glob("*.lock")]
    assert list(tmp_path.glob("*.lock")) == []
    (tmp_path / name).mkdir()
    told: list[Event] = []
    with connected(sqlite_url) as connection:
        lock = lock_of(connection, VersionTable(connection), listener=told.append)
        lock.take()
        lock.confirm()
        lock.release()
    assert [type(event) for event in told] == [LockWarning]


def test_what_a_killed_process_left_is_taken_over(
    sqlite_url: str, sqlite: sa.Connection, tmp_path: Path
) -> None:
    with holder(sqlite_url):
        pass
    assert len(list(tmp_path.glob("*.lock"))) == 1
    assert can_take(sqlite)
    assert list(tmp_path.glob("*.lock")) == []


@pytest.fixture
def project(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=url)
    project = Project.open(revision_ids="sequential")
    commands.revision(project, "one", body="op.create_table('one', sa.Column('id', sa.Integer))")
    return project


def test_the_files_are_read_again_once_the_lock_is_held(url: str, project: Project) -> None:
    with ExitStack() as other:
        other.enter_context(held(url))

        def listener(event: Event) -> None:
            if isinstance(event, LockWaiting):
                commands.revision(project, "two", body="op.create_table('two', sa.Column('id', sa.Integer))")
                other.close()

        result = commands.upgrade(project, "head", listener=listener, lock_timeout=30)

    assert [row["to"] for row in result.rows()] == ["0001", "0002"]
    assert [entry.revision.id for entry in result.position] == ["0002"]
    (note,) = result.notes
    assert note.startswith("Waited 0.")


def test_a_run_finds_the_work_done(url: str, project: Project) -> None:
    with ExitStack() as other:
        lock = other.enter_context(held(url))

        def listener(event: Event) -> None:
            if isinstance(event, LockWaiting):
                lock.release()
                commands.upgrade(project, "head")

        result = commands.upgrade(project, "head", listener=listener, lock_timeout=30)

    assert str(result) == "Nothing to upgrade: the database is at 0001 (head)."
    assert result.notes[0].startswith("Waited ")


@pytest.mark.parametrize("words", ["upgrade head", "downgrade base", "stamp head"])
def test_every_verb_waits(url: str, project: Project, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    with held(url):
        assert cli.main([*words.split(), "--lock-timeout", "0"]) == 1
        out, error = capsys.readouterr()
        assert out == ""
        assert error.startswith("Waiting for another run, 0 of at most 0 s: ")
        assert "FAILED: Another run is at work on this database: " in error
        commands.config(project, "lock_timeout", "0")
        assert cli.main(words.split()) == 1
        assert "Another run is at work" in capsys.readouterr().err
    assert cli.main(words.split()) == 0
    assert cli.main([*words.split(), "--lock-timeout", "soon"]) == 1
    assert "a number of seconds; not 'soon'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["soon", "-1", "nan", ""])
def test_a_timeout_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(ConfigError, match="not a number of seconds"):
        timeout_of(text)
    assert (timeout_of(None), timeout_of("2.5")) == (60, 2.5)
