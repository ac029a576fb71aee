"""Views and triggers that a change of a column affects are named before it happens: in preview, with its statements."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.tables.dependents import affected_by_steps
from nbmigrate.errors import MigrationFailedError
from nbmigrate.operations import Operations, Recorder
from tests.database.backends.sqlite.test_batch import run, texts

SCHEMA = (
    "CREATE TABLE t (id INTEGER, a INTEGER, b INTEGER, c INTEGER, d INTEGER)",
    "CREATE TABLE other (a INTEGER, b INTEGER)",
)
SQLITE = (
    *SCHEMA,
    "CREATE VIEW a AS SELECT count(*) * 2 AS n FROM t",
    "CREATE VIEW shows AS SELECT a, id AS k FROM t",
    "CREATE VIEW whole AS SELECT t.* FROM t",
    "CREATE VIEW elsewhere AS SELECT * FROM other WHERE a > b",
    "CREATE TRIGGER only_b AFTER UPDATE OF b ON t BEGIN SELECT 1; END",
    "CREATE TRIGGER b_and_c AFTER UPDATE OF c, [b] ON t BEGIN UPDATE other SET a = 1; END",
    "CREATE TRIGGER on_d AFTER UPDATE OF d ON t WHEN new.d > 1 BEGIN SELECT 1; END",
    "CREATE TRIGGER from_other AFTER INSERT ON other BEGIN UPDATE t SET c = 1; END",
)
DUCKDB = (
    *SCHEMA,
    "CREATE VIEW a AS SELECT count(*) * 2 AS n FROM t",
    "CREATE VIEW shows AS SELECT a, id AS k FROM t",
    "CREATE SCHEMA s",
    "CREATE VIEW s.whole AS SELECT * FROM main.t",
    "CREATE VIEW elsewhere AS SELECT * FROM other WHERE a > b",
)
Upgrade = Callable[[Any], Any]
RENAMED = "SQLite lets the view read z, and its own column is called so too, unless AS names it."
GONE = "View whole shows all columns of table t: {} will be gone from it."
ON_SQLITE: dict[str, tuple[Upgrade, list[str]]] = {
    "a column that a view reads": (
        lambda o: o.drop_column("t", "a"),
        [
            "View shows reads column a of table t: SQLite does not drop the column while it does.",
            GONE.format("a"),
        ],
    ),
    "another name for it": (
        lambda o: o.alter_column("t", "a", new_column_name="z"),
        [
            f"View shows reads column a of table t: {RENAMED}",
            "View whole shows all columns of table t: a will be called z in it.",
        ],
    ),
    "the only column of UPDATE OF": (
        lambda o: o.drop_column("t", "b"),
        [
            GONE.format("b"),
            "Trigger only_b runs at updates of b: once column b of table t is gone, it never runs again.",
            "Trigger b_and_c runs at updates of c, b: once column b of table t is gone, it runs at those of c alone.",
        ],
    ),
    "a column that triggers use": (
        lambda o: (o.drop_column("t", "c"), o.drop_column("t", "d")),
        [
            GONE.format("c"),
            "Trigger from_other uses column c of table t: it fails once that is gone.",
            "Trigger b_and_c runs at updates of c, b: once column c of table t is gone, it runs at those of b alone.",
            GONE.format("d"),
            "Trigger on_d uses column d of table t: it fails once that is gone.",
        ],
    ),
    "UPDATE OF another name": (
        lambda o: o.alter_column("t", "b", new_column_name="z"),
        ["View whole shows all columns of table t: b will be called z in it."],
    ),
    "views that go first": (
        lambda o: (
            o.execute("DROP VIEW shows"),
            o.execute("DROP VIEW IF EXISTS main.whole"),
            o.execute('DROP TRIGGER "only_b"'),
            o.drop_column("t", "b"),
        ),
        [
            "Trigger b_and_c runs at updates of c, b: once column b of table t is gone, it runs at those of c alone."
        ],
    ),
    "nothing of a column": (
        lambda o: (o.add_column("t", sa.Column("n", sa.Integer)), o.alter_column("t", "a", nullable=False)),
        [],
    ),
    "a table that is not there": (lambda o: o.drop_column("none", "a"), []),
    "a view": (lambda o: o.drop_column("shows", "a"), []),
}
ON_DUCKDB: dict[str, tuple[Upgrade, list[str]]] = {
    "a column that a view reads": (
        lambda o: o.drop_column("t", "a"),
        [
            "View shows reads column a of table t: it fails once that is gone, until it is created again.",
            GONE.format("a"),
        ],
    ),
    "another name for it": (
        lambda o: o.alter_column("t", "a", new_column_name="z"),
        [
            "View shows reads column a of table t: it fails once that is called z, until it is created again.",
            "View whole shows all columns of table t: a will be called z in it.",
        ],
    ),
    "a table that is not there": (lambda o: o.drop_column("none", "a"), []),
}


def recorded(upgrade: Upgrade) -> list[Any]:
    recorder = Recorder()
    upgrade(Operations(recorder))
    return list(recorder.operations)


@pytest.mark.parametrize("case", ON_SQLITE)
@pytest.mark.parametrize("in_batch", [False, True])
def test_on_sqlite(sqlite: sa.Connection, case: str, in_batch: bool) -> None:
    for statement in SQLITE:
        sqlite.exec_driver_sql(statement)
    sqlite.commit()
    upgrade, expected = ON_SQLITE[case]
    operations = recorded(upgrade)
    if in_batch:
        operations = [_batched(operation) for operation in operations]
    assert list(affected_by_steps(sqlite, [operations])[0]) == expected


def _batched(operation: Any) -> Any:
    def inside(o: Any) -> None:
        with o.batch_alter_table(operation.table) as batch_op:
            batch_op.invoke(operation)

    return recorded(inside)[0] if hasattr(operation, "table") else operation


def test_a_table_with_another_name_before(sqlite: sa.Connection) -> None:
    for statement in SQLITE:
        sqlite.exec_driver_sql(statement)
    sqlite.commit()
    operations = recorded(lambda o: (o.rename_table("t", "u"), o.drop_column("u", "b")))
    assert list(affected_by_steps(sqlite, [operations])[0]) == ON_SQLITE["the only column of UPDATE OF"][1]


@pytest.mark.parametrize("case", ON_DUCKDB)
def test_on_duckdb(case: str) -> None:
    upgrade, expected = ON_DUCKDB[case]
    with sa.create_engine("duckdb:///:memory:").connect() as connection:
        for statement in DUCKDB:
            connection.exec_driver_sql(statement)
        connection.commit()
        assert list(affected_by_steps(connection, [recorded(upgrade)])[0]) == expected


def test_a_run_has_it_with_the_statement(sqlite: sa.Connection) -> None:
    for statement in SQLITE:
        sqlite.exec_driver_sql(statement)
    sqlite.commit()

    def upgrade() -> None:
        op.drop_column("t", "b")
        with op.batch_alter_table("t", recreate="always") as batch_op:
            batch_op.alter_column("id", new_column_name="number")

    found = texts(run(sqlite, upgrade))
    _, expected = ON_SQLITE["the only column of UPDATE OF"]
    assert "\n".join([*(f"-- {text}" for text in expected), "ALTER TABLE t DROP COLUMN b"]) in found
    begun = next(text for text in found if "is rebuilt" in text)
    assert begun.splitlines()[1].startswith(
        "-- View shows reads column id of table t: SQLite lets the view read number"
    )
    # What was said is so.
    sqlite.exec_driver_sql("INSERT INTO t (number, a, c) VALUES (1, 2, 3)")
    assert sqlite.exec_driver_sql("SELECT * FROM whole").keys() == ["number", "a", "c", "d"]


def test_what_sqlite_refuses_it_refuses(sqlite: sa.Connection) -> None:
    for statement in SQLITE:
        sqlite.exec_driver_sql(statement)
    sqlite.commit()
    for column in ("a", "d"):
        with pytest.raises(MigrationFailedError, match=r"cannot be dropped: (view|trigger)"):
            run(sqlite, lambda column=column: op.drop_column("t", column))


def test_a_run_on_duckdb_has_it_with_the_statement() -> None:
    with sa.create_engine("duckdb:///:memory:").connect() as connection:
        for statement in DUCKDB:
            connection.exec_driver_sql(statement)
        connection.commit()
        found = texts(run(connection, lambda: op.drop_column("t", "a")))
        assert any(
            text.splitlines()[:2] == [f"-- {each}" for each in ON_DUCKDB["a column that a view reads"][1]]
            for text in found
        )
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql("SELECT * FROM shows")
