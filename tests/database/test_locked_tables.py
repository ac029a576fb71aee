"""LOCK TABLES of MariaDB in a revision: it commits, and until UNLOCK TABLES nothing else can be read."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import Context

ONE = "CREATE TABLE one (n INTEGER)"
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
        op.execute("INSERT INTO one VALUES (1)")
        op.execute("SET autocommit = 1")
        ends[0]()
        op.execute("UNLOCK TABLES")

    history.add("a1", upgrade)
    with pytest.raises(MigrationFailedError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert "RuntimeError: for once" in caught.value.message
    assert stays(caught.value) == [ONE, "INSERT INTO one VALUES (1)"]
    assert found(engine) == [1]
    ends[0] = lambda: None
    with engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert found(engine) == [1]


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_block_that_is_run_again(engine: sa.Engine, history: Any, is_inside: bool) -> None:
    """The rows in it are not sent again, and what comes after it is not locked the second time either."""
    ends: list[Callable[[], None]] = [fail]
    context = Context()
    context.autocommit_block = lambda: context.running.autocommit_block()

    def upgrade() -> None:
        op.execute(ONE)
        if not is_inside:
            op.execute(LOCK)
        with op.get_context().autocommit_block():
            if is_inside:
                op.execute(LOCK)
            op.execute("INSERT INTO one VALUES (1)")
        op.execute("CREATE TABLE two (n INTEGER)")
        ends[0]()

    history.add("a1", upgrade)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=context)
    assert stays(caught.value) == [ONE, "INSERT INTO one VALUES (1)", "CREATE TABLE two (n INTEGER)"]
    ends[0] = lambda: None
    with engine.connect() as connection:
        history.upgrade(connection, context=context)
    assert found(engine) == [1]
