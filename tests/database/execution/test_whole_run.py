"""Runs that are one transaction: all of it or nothing, on every database that can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.backends.timeouts import UNLIMITED
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event, StepStarted
from nbmigrate.database.execution.options import RunOptions, run_options
from nbmigrate.errors import ConfigError, InterruptedRunError, MigrationFailedError
from tests.database.conftest import Context

WHOLE = RunOptions(whole=True)


def sql(*statements: str) -> Callable[[], None]:
    def function() -> None:
        for statement in statements:
            op.execute(statement)

    return function


def look(engine: sa.Engine) -> tuple[list[str], tuple[str, ...]]:
    """The tables and the heads of a database, seen by another connection."""
    with engine.connect() as connection:
        return sorted(sa.inspect(connection).get_table_names()), VersionTable(connection).heads()


def three(history: Any, last: Callable[[], None]) -> None:
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"))
    history.add("b2", sql("INSERT INTO one VALUES (1)", "CREATE TABLE two (id INTEGER)"))
    history.add("c3", last)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql in autocommit", "duckdb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    name, _, way = request.param.partition(" in ")
    file = f"{name}:///{tmp_path / 'test.db'}"
    url = request.getfixturevalue("new_database")(name) if name == "postgresql" else file
    options = {"isolation_level": "AUTOCOMMIT"} if way else {}
    return sa.create_engine(url, poolclass=sa.NullPool, **options)


def test_a_failure_undoes_the_run(engine: sa.Engine, history: Any) -> None:
    three(history, sql("CREATE TABLE three (id INTEGER)", "INSERT INTO nowhere VALUES (1)"))
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=WHOLE)

    assert look(engine) == ([], ())
    error = caught.value
    assert (error.revision, error.position) == ("c3", ())
    assert error.hint.splitlines()[-1] == (
        "The whole run is one transaction and was rolled back: nothing of it remains. "
        "The database stands at base. Correct the file, then run the same command again."
    )

    history.functions["c3"].upgrade = sql("CREATE TABLE three (id INTEGER)")
    with engine.connect() as connection:
        assert history.upgrade(connection, options=WHOLE).position == ("c3",)
    assert look(engine) == (["alembic_version", "one", "three", "two"], ("c3",))


def test_the_same_however_sqlite3_begins_transactions(mode: sa.Engine, history: Any) -> None:
    three(history, sql("INSERT INTO nowhere VALUES (1)"))
    with mode.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=WHOLE)
    assert look(mode) == ([], ())
    assert caught.value.position == ()

    history.functions["c3"].upgrade = sql("DROP TABLE two")
    with mode.connect() as connection:
        history.upgrade(connection, options=WHOLE)
    assert look(mode) == (["alembic_version", "one"], ("c3",))
    mode.dispose()


def test_the_same_in_a_transaction_of_the_user(mode: sa.Engine, history: Any) -> None:
    three(history, sql("INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(MigrationFailedError) as caught, mode.connect() as connection, connection.begin():
        history.upgrade(connection, options=WHOLE)
    assert look(mode) == ([], ())
    assert caught.value.position == ()

    history.functions["c3"].upgrade = sql("DROP TABLE two")
    with mode.connect() as connection, connection.begin():
        history.upgrade(connection, options=WHOLE)
    assert look(mode) == (["alembic_version", "one"], ("c3",))
    mode.dispose()


def test_nobody_sees_half_of_it(postgresql_url: str, history: Any) -> None:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    three(history, sql("DROP TABLE two"))
    seen: list[Any] = []

    def tell(event: Event) -> None:
        if isinstance(event, StepStarted):
            seen.append(look(engine))

    with engine.connect() as connection:
        history.upgrade(connection, options=WHOLE, listener=tell)
    assert seen == [([], ())] * 3
    assert look(engine) == (["alembic_version", "one"], ("c3",))


def test_an_interrupt_undoes_the_run(engine: sa.Engine, history: Any) -> None:
    def interrupted() -> None:
        op.execute("CREATE TABLE three (id INTEGER)")
        raise KeyboardInterrupt

    three(history, interrupted)
    with engine.connect() as connection, pytest.raises(InterruptedRunError) as caught:
        history.upgrade(connection, options=WHOLE)
    assert look(engine) == ([], ())
    assert caught.value.position == ()
    assert str(caught.value) == (
        "Upgrade of revision c3 was interrupted.\n"
        "The whole run is one transaction and was rolled back: nothing of it remains. "
        "The database stands at base. Run the same command again to go on."
    )


def test_an_interrupt_between_revisions_undoes_it_too(engine: sa.Engine, history: Any) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, StepStarted) and event.number == 3:
            raise KeyboardInterrupt

    three(history, sql("DROP TABLE two"))
    with engine.connect() as connection, pytest.raises(InterruptedRunError) as caught:
        history.upgrade(connection, options=WHOLE, listener=interrupt)
    assert look(engine) == ([], ())
    assert caught.value.position == ()
    assert "nothing of it remains. The database stands at base." in caught.value.hint


def test_a_listener_that_fails_leaves_nothing(engine: sa.Engine, history: Any) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, StepStarted) and event.number == 2:
            raise LookupError("no progress bar")

    three(history, sql("DROP TABLE two"))
    with engine.connect() as connection:
        with pytest.raises(LookupError):
            history.upgrade(connection, options=WHOLE, listener=fail)
        assert not connection.in_transaction()
    assert look(engine) == ([], ())


@pytest.mark.parametrize("fails", [True, False])
def test_what_an_autocommit_block_commits_stays(engine: sa.Engine, history: Any, fails: bool) -> None:
    def block() -> None:
        op.execute("CREATE TABLE three (id INTEGER)")
        with op.get_context().running.autocommit_block():
            op.execute("CREATE TABLE four (id INTEGER)")
        op.execute("CREATE TABLE five (id INTEGER)")

    three(history, block)
    history.add("d4", sql("INSERT INTO nowhere VALUES (1)" if fails else "DROP TABLE five"))
    if not fails:
        with engine.connect() as connection:
            assert history.upgrade(connection, options=WHOLE, context=Context()).position == ("d4",)
        assert look(engine) == (["alembic_version", "four", "one", "three", "two"], ("d4",))
        return

    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=WHOLE, context=Context())

    # The block committed the first two revisions, and of the third what was before and in it.
    names = ["alembic_version", "alembic_version_journal", "four", "one", "three", "two"]
    assert look(engine) == (names, ("b2",))
    assert (caught.value.revision, caught.value.position) == ("d4", ("b2",))
    assert caught.value.hint.splitlines()[-4:-1] == [
        "Revision c3 had committed, so this stays in effect:",
        "  CREATE TABLE three (id INTEGER)",
        "  CREATE TABLE four (id INTEGER)",
    ]
    end = "The database stands at b2, with revision c3 interrupted. "
    assert caught.value.hint.splitlines()[-1].startswith(end)

    # What stays is not done again.
    history.functions["d4"].upgrade = sql("DROP TABLE five")
    with engine.connect() as connection:
        report = history.upgrade(connection, options=WHOLE, context=Context())
    assert [step.step.revision.id for step in report.steps] == ["c3", "d4"]
    assert look(engine) == (["alembic_version", "four", "one", "three", "two"], ("d4",))


@pytest.mark.parametrize("options", [WHOLE, RunOptions()])
def test_a_statement_that_fails_in_an_autocommit_block(
    engine: sa.Engine, history: Any, options: RunOptions
) -> None:
    def block() -> None:
        with op.get_context().running.autocommit_block():
            op.execute("CREATE TABLE four (id INTEGER)")
            op.execute("INSERT INTO nowhere VALUES (1)")

    history.add("a1", block)
    with engine.connect() as connection:
        with pytest.raises(MigrationFailedError) as caught:
            history.upgrade(connection, options=options, context=Context())
        assert "so this stays in effect:\n  CREATE TABLE four (id INTEGER)\n" in caught.value.hint
        assert "four" in sa.inspect(connection).get_table_names()


def test_a_constraint_that_is_checked_at_the_end(sqlite: sa.Connection, history: Any) -> None:
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
    history.add("b2", sql("CREATE TABLE two (id INTEGER)"))

    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite, options=WHOLE)

    assert caught.value.message.splitlines()[0] == "The end of the run failed: FOREIGN KEY constraint failed"
    assert (caught.value.statement, caught.value.position) == ("COMMIT", ())
    assert sa.inspect(sqlite).get_table_names() == []


def test_down_too(engine: sa.Engine, history: Any) -> None:
    history.add("a1", sql("CREATE TABLE one (id INTEGER)"), sql("DROP TABLE nowhere"))
    history.add("b2", sql("CREATE TABLE two (id INTEGER)"), sql("DROP TABLE two"))
    with engine.connect() as connection:
        history.upgrade(connection, options=WHOLE)
        with pytest.raises(MigrationFailedError):
            history.downgrade(connection, options=WHOLE)
    assert look(engine) == (["alembic_version", "one", "two"], ("b2",))


# --- the settings


NO_DURATION = (
    "{} is not a duration.\nWrite one as PostgreSQL takes it, such as 5s or 500ms; units are us, ms, s, min, h, d. "
    "0 is no limit."
)


def options_of(settings: dict[str, str], dialect: str, per_migration: bool | None = None) -> RunOptions:
    return run_options(settings.get, sa.make_url(f"{dialect}://").get_dialect()(), per_migration)


def test_without_settings_each_revision_is_one_transaction() -> None:
    assert options_of({}, "postgresql+psycopg") == RunOptions(False, UNLIMITED, False)
    assert options_of({"transaction": "per-revision"}, "mysql+pymysql").whole is False
    assert options_of({"transaction": "whole-run"}, "sqlite").whole is True


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("transaction", "whole", "transaction = whole is not valid.\nValid ones: per-revision, whole-run."),
        ("record_runs", "yes", "record_runs = yes is not valid.\nValid ones: true, false."),
        (
            "postgresql_lock_retries",
            "-1",
            "postgresql_lock_retries = -1 is not a whole number.\nWrite one, such as 5; 0 is not to try again.",
        ),
        *(
            (name, value, NO_DURATION.format(f"{name} = {value}"))
            for name in ("postgresql_lock_timeout", "postgresql_statement_timeout")
            for value in ("soon", "-5s", "5 S", "25d", "1'", "", "5s; DROP TABLE x")
        ),
    ],
)
def test_values_that_cannot_be(setting: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        options_of({setting: value}, "sqlite")
    assert str(caught.value) == said


@pytest.mark.parametrize("dialect", ["mysql+pymysql", "oracle"])
def test_where_ddl_commits_a_run_cannot_be_one(dialect: str) -> None:
    with pytest.raises(
        ConfigError, match=r"transaction = whole-run is not available on (MySQL|Oracle), which"
    ):
        options_of({"transaction": "whole-run"}, dialect)


def test_where_ddl_commits_each_revision_is_one_transaction(mariadb_url: str, history: Any) -> None:
    """What is asked of a run there it cannot have: the first revision is over, whatever becomes of the second."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    history.add("a1", sql("CREATE TABLE one (id INTEGER)", "INSERT INTO one VALUES (1)"))
    history.add("b2", lambda: op.get_bind().close())

    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=Context(), options=WHOLE)

    assert caught.value.hint.startswith(
        "It was rolled back: nothing of it remains. The database stands at a1."
    )
    assert caught.value.position == ("a1",)
    assert look(engine)[1] == ("a1",)


def test_what_env_py_says_goes_before_the_setting() -> None:
    for setting in ({}, {"transaction": "whole-run"}, {"transaction": "per-revision"}):
        assert options_of(setting, "sqlite", per_migration=True).whole is False
        assert options_of(setting, "sqlite", per_migration=False).whole is True
        # As with Alembic it says nothing there.
        assert options_of(setting, "mysql+pymysql", per_migration=False).whole is False
