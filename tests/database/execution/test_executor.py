"""Runs of revisions on real databases; op.execute stands for every operation here."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.clock import FrozenClock
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import (
    Event,
    RunDone,
    RunReport,
    RunStarted,
    StatementDone,
    StepDone,
    StepStarted,
)
from nbmigrate.errors import (
    DatabaseLockedError,
    InterruptedRunError,
    MigrationFailedError,
    PositionError,
)
from nbmigrate.graph.plan import plan_upgrade

CLOCK = FrozenClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


VERSION_TABLE = (
    "CREATE TABLE alembic_version ( version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) )"
)


#: Drivers that would wait for a lock give up soon.
WAITS = {"sqlite": {"timeout": 0.1}}


def sql(*statements: str) -> Callable[[], None]:
    def function() -> None:
        for statement in statements:
            op.execute(statement)

    return function


def texts(report: RunReport) -> list[list[str]]:
    """Every statement in one line; without the casts that SQLAlchemy writes for psycopg."""
    return [
        [" ".join(statement.text.replace("::INTEGER", "").split()) for statement in step.statements]
        for step in report.steps
    ]


def tables(connection: sa.Connection) -> list[str]:
    names = sorted(sa.inspect(connection).get_table_names())
    connection.rollback()
    return names


def heads(connection: sa.Connection) -> tuple[str, ...]:
    found = VersionTable(connection).heads()
    connection.rollback()
    return found


def three(history: Any) -> Any:
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"), sql("DROP TABLE one"), message="the first")
    history.add("b2", sql("CREATE TABLE two (id INTEGER)"), sql("DROP TABLE two"), message="the second")
    history.add("c3", sql("INSERT INTO one VALUES (1), (2)"), sql("DELETE FROM one"))
    return history


def test_up_and_down_again(connection: sa.Connection, history: Any) -> None:
    report = three(history).upgrade(connection)

    assert report.position == ("c3",) == heads(connection)
    assert tables(connection) == ["alembic_version", "one", "two"]
    assert texts(report) == [
        [
            VERSION_TABLE,
            "CREATE TABLE one (id INTEGER)",
            "INSERT INTO alembic_version (version_num) VALUES ('a1')",
        ],
        [
            "CREATE TABLE two (id INTEGER)",
            "UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1'",
        ],
        [
            "INSERT INTO one VALUES (1), (2)",
            "UPDATE alembic_version SET version_num='c3' WHERE alembic_version.version_num = 'b2'",
        ],
    ]
    assert report.steps[2].statements[0].rowcount == 2
    assert [len(step.operations) for step in report.steps] == [1, 1, 1]

    report = history.downgrade(connection)

    assert report.position == () == heads(connection)
    assert tables(connection) == ["alembic_version"]
    assert texts(report)[-1] == [
        "DROP TABLE one",
        "DELETE FROM alembic_version WHERE alembic_version.version_num = 'a1'",
    ]


def test_nothing_to_do_writes_nothing(connection: sa.Connection, history: Any) -> None:
    report = history.upgrade(connection)

    assert (report.steps, report.position) == ((), ())
    assert tables(connection) == []


def test_what_a_run_tells(sqlite: sa.Connection, history: Any) -> None:
    told: list[Event] = []
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))

    report = history.upgrade(sqlite, listener=told.append, clock=CLOCK)

    step = report.plan.steps[0]
    made, created, inserted = report.steps[0].statements
    assert told == [
        RunStarted(report.plan),
        StepStarted(step, 1, 1),
        StatementDone(step, made.text, 0.0, None),
        StatementDone(step, created.text, 0.0, None),
        StatementDone(step, inserted.text, 0.0, 1),
        StepDone(step, 0.0),
        RunDone(("a1",)),
    ]


def test_everything_that_the_migration_sends_is_kept(connection: sa.Connection, history: Any) -> None:
    customer = sa.table("customer", sa.column("id", sa.Integer), sa.column("name", sa.String))

    def upgrade() -> None:
        op.execute("CREATE TABLE customer (id INTEGER, name VARCHAR(50))")
        bind = op.get_bind()
        bind.execute(customer.insert().values(id=1, name="O'Hara 100%"))
        bind.execute(customer.insert(), [{"id": 2, "name": "b"}, {"id": 3, "name": None}])
        found = bind.execute(
            sa.select(customer.c.name).where(customer.c.id < sa.bindparam("top")), {"top": 2}
        )
        assert found.scalars().all() == ["O'Hara 100%"]
        bind.execute(sa.text("UPDATE customer SET name = 'x%' WHERE id = :id"), {"id": 2})

    history.add("a1", upgrade)

    report = history.upgrade(connection)

    assert texts(report)[0][1:-1] == [
        "CREATE TABLE customer (id INTEGER, name VARCHAR(50))",
        "INSERT INTO customer (id, name) VALUES (1, 'O''Hara 100%')",
        *[text for text in texts(report)[0] if "-- 2 times" in text],
        "SELECT customer.name FROM customer WHERE customer.id < 2",
        "UPDATE customer SET name = 'x%' WHERE id = 2",
    ]
    assert len(texts(report)[0]) == 7
    assert report.steps[0].statements[-2].rowcount == 1


def test_long_statements_are_cut(sqlite: sa.Connection, history: Any) -> None:
    history.add("a1", sql("SELECT '" + "x" * 20_000 + "'"))

    text = history.upgrade(sqlite).steps[0].statements[1].text

    assert len(text) < 10_100
    assert text.endswith("x\n-- and 10,009 more characters")


def failing_in_its_third(history: Any) -> None:
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    broken = (
        "CREATE TABLE two (id INTEGER)",
        "INSERT INTO one VALUES (1)",
        "INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE three (id INTEGER)",
    )
    history.add("b2", sql(*broken), message="the second")


def mend(history: Any) -> None:
    history.functions["b2"].upgrade = sql("CREATE TABLE two (id INTEGER)", "INSERT INTO one VALUES (1)")


def test_a_revision_that_fails_leaves_nothing(mode: sa.Engine, history: Any) -> None:
    failing_in_its_third(history)
    with mode.connect() as connection, pytest.raises(MigrationFailedError):
        history.upgrade(connection)
    with mode.connect() as connection:
        assert tables(connection) == ["alembic_version", "one"]
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0
        connection.rollback()
        assert heads(connection) == ("a1",)

    mend(history)
    with mode.connect() as connection:
        assert history.upgrade(connection).position == ("b2",)
    with mode.connect() as connection:
        assert tables(connection) == ["alembic_version", "one", "two"]
        assert heads(connection) == ("b2",)
    mode.dispose()


def test_the_same_in_a_transaction_of_the_user(mode: sa.Engine, history: Any) -> None:
    failing_in_its_third(history)
    by_itself = (
        mode.dialect.name == "sqlite"
        and getattr(mode.raw_connection().driver_connection, "autocommit", None) is True
    )
    with pytest.raises(MigrationFailedError) as caught, mode.connect() as connection, connection.begin():
        history.upgrade(connection)
    with mode.connect() as connection:
        assert tables(connection) == (["alembic_version", "one"] if by_itself else [])
    assert caught.value.position == (("a1",) if by_itself else ())

    mend(history)
    with mode.connect() as connection, connection.begin():
        history.upgrade(connection)
        assert connection.in_transaction()
    with mode.connect() as connection:
        assert heads(connection) == ("b2",)
    mode.dispose()


def test_a_transaction_of_the_user_is_theirs_to_roll_back(sqlite: sa.Connection, history: Any) -> None:
    transaction = sqlite.begin()
    assert three(history).upgrade(sqlite).position == ("c3",)

    transaction.rollback()

    assert tables(sqlite) == []


def test_a_listener_that_begins_by_itself(sqlite_url: str, history: Any) -> None:
    """SQLAlchemy's own recipe for transactional DDL on SQLite."""
    engine = sa.create_engine(sqlite_url, poolclass=sa.NullPool, connect_args={"isolation_level": None})
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    failing_in_its_third(history)

    with engine.connect() as connection:
        with pytest.raises(MigrationFailedError):
            history.upgrade(connection)

        assert tables(connection) == ["alembic_version", "one"]


def test_on_postgresql_nothing_is_left_either(postgresql_url: str, history: Any) -> None:
    failing_in_its_third(history)
    for options in ({}, {"isolation_level": "AUTOCOMMIT"}):
        engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool, **options)
        with engine.connect() as connection:
            with pytest.raises(MigrationFailedError) as caught:
                history.upgrade(connection)

            assert tables(connection) == ["alembic_version", "one"]
            assert heads(connection) == ("a1",) == caught.value.position


def test_what_a_failure_says(sqlite: sa.Connection, history: Any) -> None:
    failing_in_its_third(history)

    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite)

    error = caught.value
    line = sql.__code__.co_firstlineno + 3
    place = Path(__file__)
    shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    assert error.message == (
        "Upgrade of revision b2 (the second) failed: no such table: nowhere\n"
        f"  in {shown}, line {line}\n"
        "  INSERT INTO nowhere VALUES (1)"
    )
    assert error.hint == (
        "The tables at that point: alembic_version, one.\n"
        "It was rolled back: nothing of it remains. The database stands at a1. "
        "Correct the file, then run the same command again."
    )
    assert (error.revision, error.statement, error.position) == (
        "b2",
        "INSERT INTO nowhere VALUES (1)",
        ("a1",),
    )
    assert isinstance(error.__cause__, sa.exc.OperationalError)


def test_what_mariadb_leaves(mariadb_url: str, history: Any) -> None:
    failing_in_its_third(history)
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        with pytest.raises(MigrationFailedError) as caught:
            history.upgrade(connection)

        assert tables(connection) == ["alembic_version", "alembic_version_journal", "one", "two"]
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0
        connection.rollback()
        mend(history)
        assert history.upgrade(connection).position == ("b2",)
        assert tables(connection) == ["alembic_version", "one", "two"]
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 1
    assert caught.value.hint == (
        "The tables at that point: alembic_version, one, two.\n"
        "MariaDB commits DDL by itself, so this stays in effect:\n"
        "  CREATE TABLE two (id INTEGER)\n"
        "The database stands at a1, with revision b2 interrupted. "
        "Correct the file, then run the same command again: it goes on after those."
    )


def test_a_failure_in_python(connection: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        op.execute("INSERT INTO one VALUES (1)")
        raise ValueError("no rows of 2019")

    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    history.add("b2", upgrade)

    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection)

    assert (
        caught.value.message.splitlines()[0] == "Upgrade of revision b2 failed: ValueError: no rows of 2019"
    )
    assert f", line {upgrade.__code__.co_firstlineno + 2}" in caught.value.message
    assert caught.value.statement == ""
    assert "rolled back: nothing of it remains" in caught.value.hint
    assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0


def test_a_revision_that_ends_the_program(sqlite: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER)")
        sys.exit(3)

    history.add("a1", upgrade)

    with pytest.raises(MigrationFailedError, match="Upgrade of revision a1 failed: SystemExit: 3"):
        history.upgrade(sqlite)

    assert tables(sqlite) == []


def test_a_constraint_that_is_checked_at_commit(sqlite: sa.Connection, history: Any) -> None:
    sqlite.exec_driver_sql("PRAGMA foreign_keys = ON")
    sqlite.rollback()
    history.add(
        "a1",
        sql(
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (p_id INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO c VALUES (1)",
        ),
    )

    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite)

    assert (
        caught.value.message.splitlines()[0] == "Upgrade of revision a1 failed: FOREIGN KEY constraint failed"
    )
    assert caught.value.statement == "COMMIT"
    assert tables(sqlite) == []


def test_an_error_that_the_migration_catches_is_not_the_one_told(sqlite: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        with pytest.raises(sa.exc.OperationalError):
            op.execute("DROP TABLE nowhere")
        raise LookupError("later")

    history.add("a1", upgrade)

    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite)

    assert caught.value.statement == ""
    assert "nowhere" not in caught.value.message


def test_no_password_in_a_failure(postgresql_url: str, history: Any) -> None:
    url = sa.make_url(postgresql_url).set(password="s3cr@t")
    history.add("a1", sql("SELECT 's3cr@t', 's3cr%40t' FROM nowhere"))

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection)

    assert "s3cr" not in str(caught.value) + caught.value.statement + repr(caught.value)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_in_a_revision(connection: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        op.execute("INSERT INTO one VALUES (1)")
        interrupt()

    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    history.add("b2", upgrade, message="the second")

    with pytest.raises(InterruptedRunError) as caught:
        history.upgrade(connection)

    assert caught.value.message == "Upgrade of revision b2 (the second) was interrupted."
    assert caught.value.hint == (
        "It was rolled back: nothing of it remains. The database stands at a1. Run the same command again to go on."
    )
    assert caught.value.position == ("a1",) == heads(connection)
    assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0


def test_an_interrupt_while_rows_come(url: str, history: Any) -> None:
    """Nobody waits for the connection, though the error is kept, as a notebook keeps the last one."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def upgrade() -> None:
        op.execute("INSERT INTO one VALUES (2)")
        bind = op.get_bind()
        sa.event.listen(bind, "after_cursor_execute", lambda *_: interrupt(), once=True)
        bind.exec_driver_sql("SELECT a.n FROM one a, one b, one c")

    many = ", ".join(f"({number})" for number in range(3, 100))
    history.add("a1", sql("CREATE TABLE one (n INTEGER)", f"INSERT INTO one VALUES {many}"))
    history.add("b2", upgrade)
    with engine.connect() as connection, pytest.raises(InterruptedRunError) as caught:
        history.upgrade(connection)

    assert caught.value.__cause__ is not None
    assert caught.value.position == ("a1",)
    other = sa.create_engine(url, poolclass=sa.NullPool, connect_args=WAITS.get(engine.dialect.name, {}))
    with other.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar() == 97
        connection.exec_driver_sql("INSERT INTO one VALUES (1)")


def test_an_interrupt_while_a_server_works(url: str, history: Any) -> None:
    slow = {
        "sqlite": (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
            " SELECT max(i) FROM n"
        ),
        "postgresql": "SELECT pg_sleep(20)",
        "mysql": "SELECT sleep(20)",
    }
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def listener(event: Event) -> None:
        if isinstance(event, StatementDone) and "VALUES (1)" in event.statement:
            signal.setitimer(signal.ITIMER_REAL, 0.3)

    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    history.add(
        "b2", sql("INSERT INTO one VALUES (1)", slow[engine.dialect.name], "INSERT INTO one VALUES (2)")
    )
    before = signal.signal(signal.SIGALRM, lambda *_: interrupt())
    try:
        with engine.connect() as connection, pytest.raises(InterruptedRunError) as caught:
            history.upgrade(connection, listener=listener)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert caught.value.message.startswith("Upgrade of revision b2 was interrupted")
    assert caught.value.position == ("a1",)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0


@pytest.mark.parametrize(("kind", "done", "position"), [(StepStarted, 1, ("a1",)), (StepDone, 2, ("b2",))])
def test_an_interrupt_between_revisions(
    sqlite: sa.Connection, history: Any, kind: type[Event], done: int, position: tuple[str, ...]
) -> None:
    def listener(event: Event) -> None:
        if (
            isinstance(event, StepStarted | StepDone)
            and isinstance(event, kind)
            and event.step.revision.id == "b2"
        ):
            interrupt()

    with pytest.raises(InterruptedRunError) as caught:
        three(history).upgrade(sqlite, listener=listener)

    assert caught.value.message == f"The run was interrupted between revisions: {done} of 3 are done."
    assert caught.value.position == position == heads(sqlite)
    assert history.upgrade(sqlite).position == ("c3",)


def test_the_position_is_read_again_inside_the_transaction(connection: sa.Connection, history: Any) -> None:
    three(history)

    def make_plan(found: tuple[str, ...]) -> Any:
        plan = plan_upgrade(history.graph, found, "heads")
        with connection.engine.connect() as other:
            history.upgrade(other, "a1")
        return plan

    from nbmigrate.database.execution.executor import run

    with pytest.raises(PositionError) as caught:
        run(connection, make_plan, lambda revision: history.functions[revision.id])

    assert caught.value.message == (
        "The database stands at a1, and base was expected: another run has moved it since this run was planned."
    )
    assert heads(connection) == ("a1",)
    assert tables(connection) == ["alembic_version", "one"]


def test_a_revision_holds_the_write_lock_from_its_start(sqlite_url: str, history: Any) -> None:
    engine = sa.create_engine(f"{sqlite_url}?timeout=0.1", poolclass=sa.NullPool)
    seen: list[str] = []

    def upgrade() -> None:
        with engine.connect() as other, pytest.raises(DatabaseLockedError) as caught:
            history.upgrade(other)
        seen.append(caught.value.message)
        op.execute("CREATE TABLE one (id INTEGER)")

    history.add("a1", upgrade)
    with engine.connect() as connection:
        assert history.upgrade(connection).position == ("a1",)

    assert seen == ["Another program is using the database: database is locked."]


def test_the_server_ends_the_connection(postgresql_url: str, history: Any) -> None:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)

    def upgrade() -> None:
        op.execute("INSERT INTO one VALUES (1)")
        own = op.get_bind().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with engine.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:own)"), {"own": own})
        op.execute("INSERT INTO one VALUES (2)")

    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    history.add("b2", upgrade)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection)

    assert "terminating connection" in caught.value.message
    assert caught.value.statement == "INSERT INTO one VALUES (2)"
    assert caught.value.position == ("a1",)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0


def test_several_at_once_apply_every_revision_once(sqlite_url: str, history: Any) -> None:
    """Who comes second waits, then finds that the database has moved; nothing is done twice."""
    # SQLite itself lets one of them starve, which on a busy machine takes longer than its five seconds.
    engine = sa.create_engine(sqlite_url, poolclass=sa.NullPool, connect_args={"timeout": 60})
    history.add("r0", sql("CREATE TABLE done (revision TEXT)"))
    for number in range(1, 10):
        history.add(f"r{number}", sql(f"INSERT INTO done VALUES ('r{number}')"))
    meet = threading.Barrier(4)

    def work() -> None:
        meet.wait()
        for _ in range(100):
            with engine.connect() as connection, contextlib.suppress(PositionError):
                history.upgrade(connection)
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with engine.connect() as connection:
        assert heads(connection) == ("r9",)
        done = connection.exec_driver_sql("SELECT revision FROM done ORDER BY rowid").scalars().all()
    assert done == [f"r{number}" for number in range(1, 10)]


def test_arguments_of_a_run_reach_the_functions(sqlite: sa.Connection, history: Any) -> None:
    given: list[str] = []
    history.add(
        "a1", lambda engine_name: given.append(engine_name), lambda engine_name: given.append(engine_name)
    )

    history.upgrade(sqlite, run_arguments={"engine_name": "one"})
    history.downgrade(sqlite, run_arguments={"engine_name": "two"})

    assert given == ["one", "two"]


def test_another_version_table(sqlite: sa.Connection, history: Any) -> None:
    versions = VersionTable(sqlite, "my_versions")
    three(history).upgrade(sqlite, version_table=versions)

    assert tables(sqlite) == ["my_versions", "one", "two"]
    assert versions.heads() == ("c3",)


def test_branches_and_a_merge(connection: sa.Connection, history: Any) -> None:
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"), sql("DROP TABLE one"))
    history.add("b2", sql(), sql(), parents=["a1"])
    history.add("c3", sql(), sql(), parents=["a1"])
    history.add("d4", sql(), sql(), parents=["a1"])
    assert history.upgrade(connection).position == ("b2", "c3", "d4") == heads(connection)
    history.add("m5", sql(), sql(), parents=["b2", "c3", "d4"])

    assert history.upgrade(connection).position == ("m5",) == heads(connection)
    assert history.downgrade(connection, "-1").position == ("b2", "c3", "d4") == heads(connection)
    assert history.downgrade(connection).position == () == heads(connection)


def test_two_databases_in_two_threads(tmp_path: Path) -> None:
    rounds, meet = 20, threading.Barrier(2)
    found: dict[str, list[str]] = {}

    def work(name: str) -> None:
        from types import SimpleNamespace

        from nbmigrate.database.execution.executor import run
        from nbmigrate.graph.graph import RevisionGraph
        from nbmigrate.graph.revision import Revision

        parents: list[tuple[str, ...]] = [(), *((f"{name}{number}",) for number in range(rounds - 1))]
        graph = RevisionGraph([Revision(f"{name}{number}", parents[number]) for number in range(rounds)])

        def load(revision: Revision) -> Any:
            return SimpleNamespace(upgrade=sql(f"CREATE TABLE t_{revision.id} (id INTEGER)"), downgrade=None)

        engine = sa.create_engine(f"sqlite:///{tmp_path / name}.db", poolclass=sa.NullPool)
        meet.wait()
        with engine.connect() as connection:
            run(connection, lambda heads: plan_upgrade(graph, heads, "heads"), load)
            found[name] = tables(connection)

    threads = [threading.Thread(target=work, args=(name,)) for name in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {
        name: sorted(["alembic_version", *(f"t_{name}{number}" for number in range(rounds))]) for name in "xy"
    }
