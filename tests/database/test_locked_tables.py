"""LOCK TABLES of MariaDB in a revision: it commits, and until UNLOCK TABLES nothing else can be read."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import Context

ONE = "CREATE TABLE one (n INTEGER)"
TWO = "CREATE TABLE two (n INTEGER)"
ROW = "INSERT INTO one VALUES (1)"
LOCK = "LOCK TABLES one WRITE"


@pytest.fixture
def engine(mariadb_url: str) -> sa.Engine:
    return sa.create_engine(mariadb_url, poolclass=sa.NullPool)


def fail() -> None:
    raise RuntimeError("for once")


def found(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.text("SELECT n FROM one ORDER BY n")))


def stays(error: MigrationFailedError) -> list[str]:
    return [line.strip() for line in error.hint.splitlines() if line.startswith("  ")]


def test_rows_that_are_committed_while_tables_are_locked(engine: sa.Engine, history: Any) -> None:
    """Though env.py began the transaction, nothing of it is at stake any more, and no version row has to be read."""
    ends: list[Callable[[], None]] = [fail]

    def upgrade() -> None:
        op.execute(ONE)
        op.execute(LOCK)
        op.execute(ROW)
        op.execute("SET autocommit = 1")
        ends[0]()
        op.execute("UNLOCK TABLES")

    history.add("a1", upgrade)
    with pytest.raises(MigrationFailedError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert "RuntimeError: for once" in caught.value.message
    assert stays(caught.value) == [ONE, ROW]
    assert found(engine) == [1]
    ends[0] = lambda: None
    with engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert found(engine) == [1]


def before() -> None:
    op.execute(LOCK)
    with op.get_context().autocommit_block():
        op.execute(ROW)
    op.execute(TWO)


def at_its_end() -> None:
    with op.get_context().autocommit_block():
        op.execute(ROW)
        op.execute(LOCK)
    op.execute(TWO)


def inside() -> None:
    with op.get_context().autocommit_block():
        op.execute(LOCK)
        op.execute(ROW)
        op.execute(TWO)


def inside_by_operation() -> None:
    with op.get_context().autocommit_block():
        op.execute(LOCK)
        op.bulk_insert(sa.table("one", sa.column("n", sa.Integer)), [{"n": 1}])
        op.execute(TWO)


WAYS = [before, at_its_end, inside, inside_by_operation]


@pytest.mark.parametrize("lock", WAYS, ids=lambda lock: lock.__name__)
@pytest.mark.parametrize("after", ["INSERT INTO one", TWO])
def test_a_block_that_is_run_again(
    engine: sa.Engine, history: Any, lock: Callable[[], None], after: str
) -> None:
    """The row in it is not sent again, and what comes after it is not locked the second time either."""
    context = Context()
    context.autocommit_block = lambda: context.running.autocommit_block()
    fails = [True]

    def upgrade() -> None:
        bind = op.get_bind()

        def stop(*sent: Any) -> None:
            if sent[2].startswith(after) and fails:
                fails.clear()
                fail()

        op.execute(ONE)
        sa.event.listen(bind, "after_cursor_execute", stop)
        lock()

    history.add("a1", upgrade)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=context)
    assert any(text.startswith("INSERT INTO one") for text in stays(caught.value))
    with engine.connect() as connection:
        history.upgrade(connection, context=context)
        assert "two" in sa.inspect(connection).get_table_names()
    assert found(engine) == [1]
