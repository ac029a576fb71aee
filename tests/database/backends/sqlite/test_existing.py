"""Tables as SQLite keeps them, and rebuilds that fail: what is said, and that everything is as before."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.sqlite.existing import read_stored_table, stored_table
from nbmigrate.database.backends.sqlite.rebuild import run_rebuild
from nbmigrate.dialects.sqlite.existing import StoredObject, StoredTable
from nbmigrate.dialects.sqlite.rebuild import rebuild
from nbmigrate.errors import OperationError, TableNotFoundError, UnsupportedOperationError
from nbmigrate.schema import (
    Check,
    Column,
    ColumnCheck,
    Computed,
    Expression,
    ForeignKey,
    Index,
    Options,
    PrimaryKey,
    SqlType,
    Unique,
)

INTEGER = SqlType(sa.Integer())
LONG_NAME = "n" * 100


@contextmanager
def made(*statements: str, foreign_keys: str = "OFF", url: str = "sqlite://") -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.isolation_level = None
        for statement in statements:
            driver.execute(statement)
        driver.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        yield connection
    engine.dispose()


def ask(connection: sa.Connection, sql: str) -> list[Any]:
    driver: Any = connection.connection.driver_connection
    return list(driver.execute(sql).fetchall())


def test_all_that_hangs_on_a_table() -> None:
    script = [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a UNIQUE REFERENCES parent, b, g AS (a) VIRTUAL, s AS (a) STORED)",
        "CREATE INDEX ix ON t (b DESC) WHERE b > 0",
        "CREATE TABLE child (x REFERENCES T (a))",
        "CREATE TABLE other (x REFERENCES child, y CHECK (y <> 'references t'))",
        "CREATE TRIGGER own AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER other_one AFTER INSERT ON child BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE TEMP TRIGGER for_now AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TEMP VIEW w AS SELECT * FROM t",
        "PRAGMA legacy_alter_table = ON",
    ]
    with made(*script, foreign_keys="ON") as connection:
        assert read_stored_table(connection, "T") == StoredTable(
            "t",
            script[1],
            columns=("a", "b", "g", "s"),
            indexes=(StoredObject("ix", script[2]),),
            triggers=(StoredObject("own", script[5]),),
            temporary_triggers=(StoredObject("for_now", script[8].replace("TEMP ", "")),),
            dependents=(
                StoredObject("other_one", script[6]),
                StoredObject("v", script[7]),
                StoredObject("w", script[9].replace("TEMP ", "")),
            ),
            referrers=(StoredObject("child", script[3]),),
            foreign_keys=True,
            legacy_alter_table=True,
        )


def test_a_table_called_like_the_temporary_one() -> None:
    script = ["CREATE TABLE _nbmigrate_old (a, b)", "CREATE TEMP TABLE _NBMIGRATE_OLD_1 (a)"]
    with made(*script, "INSERT INTO _nbmigrate_old VALUES (1, 2)") as connection:
        stored = stored_table(connection, "_nbmigrate_old")
        assert stored.temporary_name == "_nbmigrate_old_2"
        change = ops.AlterColumn("_nbmigrate_old", "a", nullable=False)
        run_rebuild(connection, rebuild(stored, ops.AlterTable(stored.name, (change,)), connection.dialect))
        assert ask(connection, "SELECT * FROM _nbmigrate_old") == [(1, 2)]
        assert ask(connection, "SELECT count(*) FROM sqlite_schema") == [(1,)]


def test_a_table_that_is_not_there() -> None:
    with made(
        "CREATE TABLE customers (a)", "CREATE VIEW v AS SELECT 1", "ATTACH ':memory:' AS aux"
    ) as connection:
        assert read_stored_table(connection, "costumers") is None
        assert read_stored_table(connection, "customers", "aux") is None
        assert read_stored_table(connection, "customers", "nowhere") is None
        assert read_stored_table(connection, "Customers", "MAIN") is not None
        with pytest.raises(TableNotFoundError, match="no table 'costumers'") as caught:
            stored_table(connection, "costumers")
        assert "Did you mean customers?" in str(caught.value)
        with pytest.raises(UnsupportedOperationError, match="v is a view"):
            stored_table(connection, "v")


def test_what_is_asked_does_not_show() -> None:
    sent: list[str] = []
    with made("CREATE TABLE t (a)") as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
        stored_table(connection, "t")
    assert sent == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREATE TABLE t(a, b", "cannot be read, near: "),
        ("CREATE TABLE t(b, c)", "is read as having other columns than SQLite says: b, c."),
    ],
)
def test_a_schema_that_is_damaged(text: str, said: str) -> None:
    with made("CREATE TABLE t(a, b)") as connection:
        stored = stored_table(connection, "t")
        damaged = StoredTable("t", text, columns=stored.columns)
        change = ops.AlterColumn("t", "b", nullable=False)
        with pytest.raises(OperationError, match=said):
            rebuild(damaged, ops.AlterTable("t", (change,)), connection.dialect)


def test_a_file_with_a_damaged_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    with made("CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 2)", url=f"sqlite:///{path}") as connection:
        ask(connection, "PRAGMA writable_schema = ON")
        ask(connection, "UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a, b'")
    before = path.read_bytes()
    with made(url=f"sqlite:///{path}") as connection, pytest.raises(sa.exc.DatabaseError, match="malformed"):
        stored_table(connection, "t")
    assert path.read_bytes() == before


SCRIPT = [
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, code UNIQUE)",
    "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT, ref, g AS (a || '!'))",
    (
        "INSERT INTO t (id, a, b, ref) VALUES (1, NULL, 'x', 1), (2, 5, 'x', 7), (3, NULL, 'y', NULL), "
        f"(4, -1, 'z', 8), (5, NULL, '{'long ' * 30}', 9), (6, 'word', 'x', 9)"
    ),
    "CREATE TABLE child (t_id REFERENCES t (id))",
    "INSERT INTO child VALUES (1), (2)",
    "CREATE INDEX ix ON t (a)",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO child VALUES (new.ref); END",
    "CREATE VIEW v AS SELECT b AS letters FROM t",
]

text = Expression.of

#: A change that rows do not allow, and what is said.
VIOLATIONS: list[tuple[ops.Change, str]] = [
    (
        ops.AlterColumn("t", "a", nullable=False),
        ("Table t has 3 rows with NULL in column a, which becomes NOT NULL. id=1, a=NULL; id=3, a=NULL; id=5, a=NULL.\n"
        'Fill it first: op.execute("UPDATE t SET a = ... WHERE a IS NULL").'),
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, nullable=False)),
        "Table t has 6 rows, and the new column n has no default.\nGive it a server_default=",
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, nullable=False), insert_after="a"),
        "Table t has 6 rows, and the new column n has no default.\nGive it a server_default=",
    ),
    (
        ops.AddConstraint("t", Unique(("b",), name="uq")),
        "Table t has 3 rows that are not unique in b: one value more than once. b='x' (3 times).",
    ),
    (
        ops.AddConstraint("t", Unique(("b",), name="uq", options=Options({"sqlite_on_conflict": "IGNORE"}))),
        "Table t has 3 rows that are not unique in b: one value more than once. b='x' (3 times).",
    ),
    (
        ops.CreateIndex("t", Index("uq", ("b",), unique=True)),
        "Table t has 3 rows that are not unique in b: one value more than once. b='x' (3 times).",
    ),
    (
        ops.AddConstraint("t", PrimaryKey(("b",), name="pk")),
        "Table t has 3 rows that are not unique in b",
    ),
    (
        ops.CreateIndex("t", Index("uq", (text("b DESC"),), True, Options({"sqlite_where": sa.text("ref > 1")}))),
        "Table t has 2 rows that are not unique in b: one value more than once. b='x' (2 times).",
    ),
    (
        ops.CreateIndex("t", Index("uq", (text("length(b)"),), unique=True)),
        "Table t has 5 rows that are not unique in length(b): one value more than once. length(b)=1 (5 times).",
    ),
    (
        ops.CreateIndex("t", Index("uq", (text("b COLLATE NOCASE"), text("typeof(g)")), unique=True)),
        "not unique in b COLLATE NOCASE, typeof(g): one value more than once. b COLLATE NOCASE='x', typeof(g)='text'",
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, unique=True, server_default="7")),
        ("Table t has 6 rows that are not unique in n: one value more than once. n=7 (6 times).\n"
        "Add it without unique=True"),
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, server_default="7", checks=(ColumnCheck(text("n <> ref")),))),
        ("Table t has 1 row with values that CHECK (n <> ref) refuses. id=2, ref=7, n=7.\n"
        "Add n without it, fill it"),
    ),
    (
        ops.AddColumn(
            "t", Column("n", INTEGER, server_default="7", checks=(ColumnCheck(text("n > 8")),)), insert_after="a"
        ),
        "Table t has 6 rows with values that CHECK (n > 8) refuses. The first 3: id=1, n=7;",
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, nullable=False, server_default=Computed(text("ref + 1"), True))),
        "Table t has 1 row with NULL in column n, which is computed and NOT NULL. id=3, n=NULL.\nCompute it",
    ),
    (
        ops.AddColumn("t", Column("n", INTEGER, nullable=False, server_default=Computed(text("ref + 1"), False))),
        "Table t has 1 row with NULL in column n, which is computed and NOT NULL. id=3, n=NULL.\nCompute it",
    ),
    (
        ops.AddConstraint("t", Check(Expression.of("length(b) < 2"), name="short")),
        ("Table t has 1 row with values that CHECK (length(b) < 2) refuses. id=5, "
        f"b='{('long ' * 30)[:59]}....\nCorrect them first."),
    ),
    (
        ops.AddConstraint("t", Check(Expression.of("a > 0 or g is null"))),
        "Table t has 1 row with values that CHECK (a > 0 or g is null) refuses. id=4, a=-1",
    ),
    (
        ops.AddConstraint("t", ForeignKey(("ref",), ("parent.id",), name="fk")),
        ("has 4 rows that refer to nothing in table parent. The first 3: id=2, ref=7; id=4, ref=8; id=5, ref=9.\n"
        "First delete or correct"),
    ),
    (
        ops.AddConstraint("t", ForeignKey(("b",), ("parent.id",), name="fk")),
        "refer to nothing in table parent. The first 3: id=1, b='x'; id=2, b='x'; id=3, b='y'.",
    ),
    (
        ops.DropColumn("t", "b"),
        "Column b of table t cannot be dropped: view v does not work without",
    ),
    (
        ops.DropConstraint(None, "t", "primary"),
        "Table child would have a foreign key that refers to columns that are not unique",
    ),
]  # fmt: skip


def everything(connection: sa.Connection) -> list[Any]:
    found = [ask(connection, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2")]
    found += [ask(connection, f"SELECT * FROM {name}") for name in ("t", "child", "parent", "v")]
    settings = ("legacy_alter_table", "writable_schema", "foreign_keys", "defer_foreign_keys")
    return [*found, *(ask(connection, f"PRAGMA {name}") for name in settings)]


@pytest.mark.parametrize(("change", "said"), VIOLATIONS, ids=[said[:60] for _, said in VIOLATIONS])
@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
def test_rows_that_a_change_would_not_let_stay(change: ops.Change, said: str, foreign_keys: str) -> None:
    with made(*SCRIPT, foreign_keys=foreign_keys) as connection:
        before = everything(connection)
        ask(connection, "BEGIN")
        plan = rebuild(stored_table(connection, "t"), ops.AlterTable("t", (change,)), connection.dialect)
        with pytest.raises(OperationError) as caught:
            run_rebuild(connection, plan)
        assert said in str(caught.value)
        # Somebody may catch the error and go on.
        assert everything(connection) == before
        ask(connection, "COMMIT")
        assert everything(connection) == before


def test_a_trigger_that_uses_a_column() -> None:
    script = [*SCRIPT, "CREATE INDEX iy ON t (ref)"]
    with made(*script) as connection:
        before = everything(connection)
        alteration = ops.AlterTable("t", (ops.DropColumn("t", "ref"),))
        plan = rebuild(stored_table(connection, "t"), alteration, connection.dialect)
        with pytest.raises(OperationError, match="trigger tr does not work without") as caught:
            run_rebuild(connection, plan)
        assert "op.execute('DROP TRIGGER tr')" in caught.value.hint
        assert everything(connection) == before


#: A type, the value of a row, a change of a STRICT table, or to an INTEGER PRIMARY KEY, and what is said.
WRONG_TYPES = [
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT) STRICT",
        ops.AlterColumn("t", "a", type=INTEGER),
        "1 row with TEXT values in column a, which takes INTEGER alone, as the table is STRICT. id=1, a='word'.",
    ),
    (
        "CREATE TABLE t (id INTEGER, a TEXT PRIMARY KEY)",
        ops.AlterColumn("t", "a", type=INTEGER),
        "1 row with values in column a that are no integers, which an INTEGER PRIMARY KEY must have. a='word'.",
    ),
]


@pytest.mark.parametrize(("table", "change", "said"), WRONG_TYPES)
def test_values_of_another_type(table: str, change: ops.Change, said: str) -> None:
    with made(table, "INSERT INTO t VALUES (1, 'word'), (2, '12')") as connection:
        plan = rebuild(stored_table(connection, "t"), ops.AlterTable("t", (change,)), connection.dialect)
        with pytest.raises(OperationError) as caught:
            run_rebuild(connection, plan)
        assert said in str(caught.value)
        assert ask(connection, "SELECT sql FROM sqlite_schema WHERE type = 'table'") == [(table,)]


def test_a_type_that_a_strict_table_has_not() -> None:
    with made("CREATE TABLE t (a TEXT, b) STRICT".replace(", b", ", b INT")) as connection:
        before = ask(connection, "SELECT sql FROM sqlite_schema")
        change = ops.AlterColumn("t", "a", type=SqlType(sa.String(20)))
        plan = rebuild(stored_table(connection, "t"), ops.AlterTable("t", (change,)), connection.dialect)
        with pytest.raises(OperationError) as caught:
            run_rebuild(connection, plan)
        assert caught.value.message == "Table t is STRICT, so no column of it can have the type VARCHAR(20)."
        assert "sqlite_strict" in caught.value.hint
        assert ask(connection, "SELECT sql FROM sqlite_schema") == before


@pytest.mark.parametrize(
    "name",
    ["order", "sp ace", 'qu"ote', "qu'ote", "do.t", "em😀ji", LONG_NAME, "per%cent", "co:lon", "[x]", "`y`"],
)
def test_any_name(name: str) -> None:
    q = '"' + name.replace('"', '""') + '"'
    script = [
        f"CREATE TABLE {q} ({q} INTEGER PRIMARY KEY AUTOINCREMENT, x, up REFERENCES {q})",
        f"INSERT INTO {q} VALUES (5, NULL, 5)",
        f'CREATE INDEX {q[:-1]}_i" ON {q} (x) WHERE {q} > 0',
        f'CREATE TRIGGER {q[:-1]}_t" AFTER UPDATE ON {q} BEGIN DELETE FROM {q} WHERE {q} < 0; END',
        f"CREATE TABLE child (x REFERENCES {q} ON DELETE CASCADE)",
        "INSERT INTO child VALUES (5)",
    ]
    with made(*script, foreign_keys="ON") as connection:
        schema = "SELECT name, sql FROM sqlite_schema WHERE name <> ? ORDER BY 1"
        driver: Any = connection.connection.driver_connection
        before = driver.execute(schema, (name,)).fetchall()
        changes = (
            ops.AlterColumn(name, "x", server_default="d", type=INTEGER),
            ops.AddConstraint(name, Unique(("x",), name=f"u {name}")),
            ops.AlterColumn(name, "x", new_name=f"x {name}"),
        )
        alteration = ops.AlterTable(name, changes[:2])
        run_rebuild(connection, rebuild(stored_table(connection, name), alteration, connection.dialect))
        assert [
            row for row in driver.execute(schema, (name,)).fetchall() if "autoindex" not in row[0]
        ] == before
        alteration = ops.AlterTable(name, (ops.DropConstraint(f"u {name}", name), changes[2]))
        run_rebuild(connection, rebuild(stored_table(connection, name), alteration, connection.dialect))
        assert ask(connection, f"SELECT * FROM {q}, child") == [(5, None, 5, 5)]
        change = ops.AlterColumn(name, f"x {name}", nullable=False)
        plan = rebuild(stored_table(connection, name), ops.AlterTable(name, (change,)), connection.dialect)
        with pytest.raises(OperationError, match="has 1 row with NULL in column x ") as caught:
            run_rebuild(connection, plan)
        # What is said to do next is Python, and SQL.
        call = caught.value.hint.removeprefix("Fill it first: op.execute(").removesuffix(").")
        ask(connection, ast.literal_eval(call).replace("...", "1"))
        run_rebuild(connection, plan)


def test_old_violations_are_no_ones_fault() -> None:
    script = [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a REFERENCES parent, b REFERENCES nowhere, c)",
        "INSERT INTO t VALUES (1, 404, 5, NULL)",
        "CREATE TABLE child (x REFERENCES t (c))",
        "INSERT INTO child VALUES (1)",
    ]
    for foreign_keys in ("ON", "OFF"):
        with made(*script, foreign_keys=foreign_keys) as connection:
            change = ops.AlterColumn("t", "id", type=SqlType(sa.BigInteger()))
            plan = rebuild(stored_table(connection, "t"), ops.AlterTable("t", (change,)), connection.dialect)
            run_rebuild(connection, plan)
            assert ask(connection, "SELECT * FROM t") == [(1, 404, 5, None)]
            assert ask(connection, "SELECT type FROM pragma_table_info('t')")[0] == ("BIGINT",)


def test_a_rebuild_by_itself_is_one_transaction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with made(*SCRIPT, url=url) as connection:
        change = ops.AlterColumn("t", "b", nullable=False)
        plan = rebuild(stored_table(connection, "t"), ops.AlterTable("t", (change,)), connection.dialect)
        run_rebuild(connection, plan)
        driver: Any = connection.connection.driver_connection
        assert not driver.in_transaction
    with made(url=url) as connection:
        assert "b TEXT NOT NULL" in stored_table(connection, "t").sql
