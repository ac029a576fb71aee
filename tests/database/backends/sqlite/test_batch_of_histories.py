"""What batches of SQLite do in histories that alembic has run: names given twice, any order, keys mended later."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import History

PARENT = "CREATE TABLE p (id INTEGER, w INTEGER, CONSTRAINT pk_p PRIMARY KEY (id))"
TABLE = """CREATE TABLE t (
    a INTEGER NOT NULL, b INTEGER, p_id INTEGER,
    CONSTRAINT pk_t PRIMARY KEY (a),
    CONSTRAINT fk FOREIGN KEY(p_id) REFERENCES p (id),
    CONSTRAINT ck CHECK (b > 0)
)"""


@pytest.fixture
def filled(sqlite: sa.Connection) -> sa.Connection:
    for sql in (
        PARENT,
        TABLE,
        "CREATE INDEX ix_b ON t (b DESC)",
        "INSERT INTO p VALUES (1, 1)",
        "INSERT INTO t VALUES (3, 4, 1)",
    ):
        sqlite.exec_driver_sql(sql)
    sqlite.commit()
    return sqlite


def run(connection: sa.Connection, *batches: Callable[[Any], None], table: str = "t") -> None:
    """Run a revision that has a batch for each function."""

    def upgrade() -> None:
        for batch in batches:
            with op.batch_alter_table(table) as batch_op:
                batch(batch_op)

    history = History()
    history.add("r", upgrade)
    history.upgrade(connection)


def text(connection: sa.Connection, name: str = "t") -> str:
    sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar()
    return " ".join(str(sql).split())


def test_a_primary_key_takes_the_place_of_another(filled: sa.Connection) -> None:
    run(filled, lambda batch: batch.create_primary_key("pk_new", ["a", "b"]))
    assert "CONSTRAINT pk_new PRIMARY KEY (a, b)" in text(filled)
    assert "pk_t" not in text(filled)


def test_a_constraint_takes_the_place_of_one_of_its_name(filled: sa.Connection) -> None:
    run(
        filled,
        lambda batch: batch.create_check_constraint("ck", "b > 1"),
        lambda batch: batch.create_foreign_key("fk", "p", ["p_id"], ["id"], ondelete="CASCADE"),
    )
    assert text(filled).count("CONSTRAINT ck CHECK") == text(filled).count("CONSTRAINT fk FOREIGN KEY") == 1
    assert "CHECK (b > 1)" in text(filled)
    assert "ON DELETE CASCADE" in text(filled)


def test_outside_a_batch_none_does(filled: sa.Connection) -> None:
    for change in (
        lambda: op.create_primary_key("pk_new", "t", ["a", "b"]),
        lambda: op.create_check_constraint("ck", "t", "b > 1"),
    ):
        history = History()
        history.add("r", change)
        with pytest.raises(MigrationFailedError, match="already"):
            history.upgrade(filled)


def test_what_has_gone_with_a_column_may_be_dropped(filled: sa.Connection) -> None:
    def batch(batch_op: Any) -> None:
        batch_op.drop_column("b")
        batch_op.drop_index("ix_b")
        batch_op.drop_constraint("ck", type_="check")

    run(filled, batch)
    assert "CHECK" not in text(filled)


def test_what_was_never_there_may_not(filled: sa.Connection) -> None:
    def batch(batch_op: Any) -> None:
        batch_op.drop_column("b")
        batch_op.drop_index("ix_c")

    with pytest.raises(MigrationFailedError, match="has no index 'ix_c'"):
        run(filled, batch)


def test_an_index_or_a_key_may_be_asked_for_before_its_column(filled: sa.Connection) -> None:
    def batch(batch_op: Any) -> None:
        batch_op.create_index("ix_new", ["new", "b"])
        batch_op.create_unique_constraint("uq_new", ["b", "new"])
        batch_op.add_column(sa.Column("new", sa.Integer))

    run(filled, batch)
    assert "CONSTRAINT uq_new UNIQUE (b, new)" in text(filled)
    assert text(filled, "ix_new") == "CREATE INDEX ix_new ON t (new, b)"


def test_a_column_that_comes_again_has_its_index_again(filled: sa.Connection) -> None:
    def batch(batch_op: Any) -> None:
        batch_op.drop_column("b")
        batch_op.add_column(sa.Column("b", sa.BigInteger))

    run(filled, batch)
    assert "b BIGINT" in text(filled)
    assert text(filled, "ix_b") == "CREATE INDEX ix_b ON t (b DESC)"
    assert filled.exec_driver_sql("SELECT a, b FROM t").all() == [(3, None)]


def test_an_index_that_is_dropped_stays_away(filled: sa.Connection) -> None:
    def batch(batch_op: Any) -> None:
        batch_op.drop_column("b")
        batch_op.drop_index("ix_b")
        batch_op.add_column(sa.Column("b", sa.BigInteger))

    run(filled, batch)
    assert text(filled, "ix_b") == "None"


def test_a_column_of_another_batch_brings_none(filled: sa.Connection) -> None:
    run(
        filled,
        lambda batch: batch.drop_column("b"),
        lambda batch: batch.add_column(sa.Column("b", sa.Integer)),
    )
    assert text(filled, "ix_b") == "None"


# --- foreign keys


def test_a_key_that_refers_to_nothing_may_be_mended_further_down(filled: sa.Connection) -> None:
    def wider(batch_op: Any) -> None:
        batch_op.create_primary_key("pk_p", ["w", "id"])

    def mended(batch_op: Any) -> None:
        batch_op.drop_constraint("fk", type_="foreignkey")
        batch_op.add_column(sa.Column("w", sa.Integer, server_default="1"))
        batch_op.create_foreign_key("fk", "p", ["w", "p_id"], ["w", "id"])

    def upgrade() -> None:
        with op.batch_alter_table("p") as batch_op:
            wider(batch_op)
        with op.batch_alter_table("t") as batch_op:
            mended(batch_op)

    history = History()
    history.add("r", upgrade)
    history.upgrade(filled)
    assert filled.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert "REFERENCES p (w, id)" in text(filled)


def test_rows_may_be_mended_too(filled: sa.Connection) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t") as batch_op:
            batch_op.create_foreign_key("fk_b", "p", ["b"], ["id"])
        op.execute("UPDATE t SET b = 1")

    history = History()
    history.add("r", upgrade)
    history.upgrade(filled)
    assert filled.exec_driver_sql("SELECT b FROM t").scalars().all() == [1]


def test_what_nothing_mends_is_an_error_of_the_line_that_asked(filled: sa.Connection) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t") as batch_op:
            batch_op.create_foreign_key("fk_b", "p", ["b"], ["id"])
        op.execute("UPDATE t SET a = 5")

    history = History()
    history.add("r", upgrade)
    with pytest.raises(MigrationFailedError, match="1 row that refers to nothing in table p") as caught:
        history.upgrade(filled)
    assert "b=4" in str(caught.value)
    assert filled.exec_driver_sql("SELECT a FROM t").scalars().all() == [3]
    assert "fk_b" not in text(filled)


def test_what_is_committed_in_between_must_hold(filled: sa.Connection) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t") as batch_op:
            batch_op.create_foreign_key("fk_b", "p", ["b"], ["id"])
        with op.get_context().autocommit_block():
            op.execute("UPDATE t SET b = 1")

    history = History()
    history.add("r", upgrade)
    with pytest.raises(MigrationFailedError):
        history.upgrade(filled)
    assert "fk_b" not in text(filled)
