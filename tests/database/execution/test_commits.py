"""A revision that ends its transaction: what it commits stays and is not done again, what it rolls back is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from nbmigrate import op
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.execution.options import RunOptions
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import Context

WHOLE = RunOptions(whole=True)
Function = Callable[[], None]


DATABASES = ("sqlite", "postgresql", "mariadb")
#: DuckDB's driver has no isolation levels.
ENGINES = (*DATABASES, "duckdb", *(f"{database} in autocommit" for database in DATABASES))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    """An engine of an empty database."""
    database, _, way = request.param.partition(" in ")
    if database in ("postgresql", "mariadb"):
        url = request.getfixturevalue("new_database")(database)
    else:
        url = f"{database}:///{tmp_path / 'test.db'}"
    options = {"isolation_level": "AUTOCOMMIT"} if way else {}
    return sa.create_engine(url, poolclass=sa.NullPool, **options)


def by_connection() -> None:
    op.get_bind().commit()


def by_begin() -> None:
    op.get_bind().commit()
    with op.get_bind().begin():
        op.execute("INSERT INTO one VALUES (7, 7)")
        op.execute("DELETE FROM one WHERE id = 7")


def by_session() -> None:
    op.get_bind().commit()
    with Session(op.get_bind()) as session:
        session.execute(sa.text("INSERT INTO one VALUES (7, 7)"))
        session.execute(sa.text("DELETE FROM one WHERE id = 7"))
        session.commit()


def by_sql(text: str) -> Function:
    def commit() -> None:
        op.execute(text)

    commit.__name__ = text
    return commit


WAYS = [
    by_connection,
    by_begin,
    by_session,
    *map(by_sql, ("COMMIT", "/* end it */ COMMIT", "-- now\n commit ; ")),
]


def fail() -> None:
    op.execute("INSERT INTO nowhere VALUES (1)")


def nothing() -> None: ...


def state(engine: sa.Engine) -> tuple[Any, list[str], tuple[str, ...]]:
    """The rows, the tables and the heads of a database, seen by another connection."""
    with engine.connect() as connection:
        tables = sorted(sa.inspect(connection).get_table_names())
        rows = (
            connection.exec_driver_sql("SELECT id, n FROM one ORDER BY id").all() if "one" in tables else []
        )
        return [tuple(row) for row in rows], tables, VersionTable(connection).heads()


def committing(commit: Function, ends: list[Function]) -> Function:
    """A revision that commits twice, the second time after rows."""

    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        op.execute("INSERT INTO one VALUES (1, 1)")
        commit()
        op.execute("UPDATE one SET n = n * 10 + 2")
        commit()
        op.execute("UPDATE one SET n = n * 10 + 3")
        ends[0]()
        op.create_table("two", sa.Column("id", sa.Integer))

    return upgrade


@pytest.mark.parametrize("options", [RunOptions(), WHOLE], ids=["", "whole"])
@pytest.mark.parametrize("commit", WAYS, ids=lambda way: way.__name__)
def test_a_revision_that_commits(
    engine: sa.Engine, history: Any, commit: Function, options: RunOptions
) -> None:
    ends = [fail]
    history.add("a1", lambda: None)
    history.add("b2", committing(commit, ends))
    history.add("c3", lambda: op.execute("UPDATE one SET n = n * 10 + 4"))

    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, options=options, context=Context())

    names = ["alembic_version", "alembic_version_journal", "one"]
    assert state(engine) == ([(1, 12)], names, ("a1",))
    assert caught.value.position == ("a1",)
    lines = caught.value.hint.splitlines()
    stays = lines[
        next(number for number, line in enumerate(lines) if "so this stays in effect:" in line) + 1 : -1
    ]
    assert [line.strip() for line in stays if "7" not in line] == [
        "CREATE TABLE one (id INTEGER, n INTEGER)",
        "INSERT INTO one VALUES (1, 1)",
        "UPDATE one SET n = n * 10 + 2",
    ]
    assert lines[-1].startswith("The database stands at a1, with revision b2 interrupted. ")

    ends[0] = nothing
    with engine.connect() as connection:
        assert history.upgrade(connection, options=options, context=Context()).position == ("c3",)
    assert state(engine) == ([(1, 1234)], ["alembic_version", "one", "two"], ("c3",))


@pytest.mark.parametrize("commit", WAYS, ids=lambda way: way.__name__)
def test_a_commit_at_the_end(engine: sa.Engine, history: Any, commit: Function) -> None:
    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        commit()

    history.add("a1", upgrade)
    history.add("b2", lambda: op.execute("INSERT INTO one VALUES (1, 1)"))
    with engine.connect() as connection:
        assert history.upgrade(connection, context=Context()).position == ("b2",)
        assert not connection.in_transaction()
    assert state(engine) == ([(1, 1)], ["alembic_version", "one"], ("b2",))


def test_a_block_after_rows(engine: sa.Engine, history: Any) -> None:
    """What is done before the block is committed with its journal, however the engine begins transactions."""
    context = Context()
    context.autocommit_block = lambda: context.running.autocommit_block()

    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        op.execute("INSERT INTO one VALUES (1, 1)")
        with op.get_context().autocommit_block():
            op.execute("UPDATE one SET n = n * 10 + 2")

    history.add("a1", upgrade)
    with engine.connect() as connection:
        history.upgrade(connection, context=context)
    assert state(engine) == ([(1, 12)], ["alembic_version", "one"], ("a1",))


def refused(rollback: Function) -> Function:
    """A revision that throws away what it has done since it committed."""

    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        op.get_bind().commit()
        op.execute("INSERT INTO one VALUES (1, 1)")
        rollback()
        op.create_table("two", sa.Column("id", sa.Integer))

    return upgrade


def rollback() -> None:
    op.get_bind().rollback()


def roll_back_quietly() -> None:
    try:
        op.get_bind().rollback()
    except Exception:
        return


ROLLBACKS = [rollback, roll_back_quietly, *map(by_sql, ("ROLLBACK", "/* */ rollback;"))]


@pytest.mark.parametrize("rolls_back", ROLLBACKS, ids=lambda way: way.__name__)
def test_a_rollback_is_refused(engine: sa.Engine, history: Any, rolls_back: Function) -> None:
    history.add("a1", refused(rolls_back))
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=Context())

    assert state(engine) == ([], ["alembic_version", "alembic_version_journal", "one"], ())
    assert "failed: the revision rolled back its own transaction, and with it what it had done." in str(
        caught.value
    )
    assert (
        "so this stays in effect:\n  CREATE TABLE one (id INTEGER, n INTEGER)\nThe database"
        in caught.value.hint
    )
    assert "begin_nested" in caught.value.hint


@pytest.mark.parametrize("rolls_back", [rollback, by_sql("ROLLBACK")], ids=["connection", "sql"])
def test_a_rollback_of_nothing(engine: sa.Engine, history: Any, rolls_back: Function) -> None:
    def upgrade() -> None:
        rolls_back()
        op.get_bind().execute(sa.text("SELECT 1")).all()
        rolls_back()
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        op.get_bind().commit()
        rolls_back()
        op.execute("INSERT INTO one VALUES (1, 1)")

    history.add("a1", upgrade)
    with engine.connect() as connection:
        history.upgrade(connection, context=Context())
    assert state(engine) == ([(1, 1)], ["alembic_version", "one"], ("a1",))


def nested() -> None:
    with op.get_bind().begin_nested():
        op.execute("UPDATE one SET n = n * 10 + 2")
    try:
        with op.get_bind().begin_nested():
            op.execute("UPDATE one SET n = n * 10 + 9")
            raise LookupError
    except LookupError:
        return


def nested_first() -> None:
    """On MariaDB a savepoint alone begins no transaction."""
    op.get_bind().commit()
    nested_by_sql()


def nested_by_sql() -> None:
    op.execute("SAVEPOINT first")
    op.execute("UPDATE one SET n = n * 10 + 9")
    op.execute("ROLLBACK TO SAVEPOINT first")
    op.execute("UPDATE one SET n = n * 10 + 2")
    op.execute("SAVEPOINT second")
    op.execute("UPDATE one SET n = n * 10 + 9")
    op.execute("ROLLBACK TO SAVEPOINT second")
    op.execute("RELEASE SAVEPOINT first")


@pytest.mark.parametrize("nest", [nested, nested_by_sql, nested_first], ids=lambda way: way.__name__)
@pytest.mark.parametrize("engine", [each for each in ENGINES if each != "duckdb"], indirect=True)
def test_savepoints(engine: sa.Engine, history: Any, nest: Function) -> None:
    """What is rolled back to one is none of what stays, and does not stand in the way of the next run."""
    ends = [fail]

    def upgrade() -> None:
        op.execute("CREATE TABLE one (id INTEGER, n INTEGER)")
        op.execute("INSERT INTO one VALUES (1, 1)")
        nest()
        op.get_bind().commit()
        nest()
        ends[0]()

    history.add("a1", upgrade)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=Context())
    assert state(engine) == ([(1, 12)], ["alembic_version", "alembic_version_journal", "one"], ())
    assert "10 + 2" in caught.value.hint
    assert "10 + 9" not in caught.value.hint

    ends[0] = nothing
    with engine.connect() as connection:
        history.upgrade(connection, context=Context())
    assert state(engine) == ([(1, 122)], ["alembic_version", "one"], ("a1",))
