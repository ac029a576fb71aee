import datetime
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.snapshots import capture
from nbmigrate.database.snapshots.capture import Snapshot, TableChange, TableSnapshot, compare, take
from nbmigrate.database.tables import reader, row_counts
from nbmigrate.database.tables.long_values import LongValue, blob_text, size_text
from nbmigrate.database.tables.row_counts import UNKNOWN, RowCount
from nbmigrate.database.tables.rows import RowColumn, describe


def do(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def make(
    connection: sa.Connection, name: str, *columns: sa.Column[Any], rows: list[dict[str, Any]]
) -> sa.Table:
    table = sa.Table(name, sa.MetaData(), *columns)
    table.create(connection)
    if rows:
        connection.execute(table.insert(), rows)
    connection.commit()
    return table


def number_table(connection: sa.Connection, rows: int, start: int = 1) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    make(
        connection,
        "numbers",
        id_,
        sa.Column("n", sa.Integer),
        rows=[{"id": start + i, "n": 7 * i} for i in range(rows)],
    )


def only(taken: Snapshot) -> TableSnapshot:
    assert len(taken.tables) == 1
    return taken.tables[0]


def change_of(before: Snapshot, after: Snapshot) -> TableChange:
    changes = compare(before, after).tables
    assert len(changes) == 1
    return changes[0]


# ------------------------------------------------------------------------------------------------ taking


def test_a_small_table_is_there_as_a_whole(connection: sa.Connection) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    rows: list[dict[str, Any]] = [
        {"id": 2, "name": "Ada", "born": datetime.date(1815, 12, 10), "paid": Decimal("1.50")},
        {"id": 1, "name": None, "born": None, "paid": None},
    ]
    make(
        connection,
        "customer",
        id_,
        sa.Column("name", sa.Text),
        sa.Column("born", sa.Date),
        sa.Column("paid", sa.Numeric(10, 2)),
        rows=rows,
    )

    found = only(take(connection))

    assert found.name == "customer"
    assert found.schema == describe(connection, "customer")
    assert found.key == ("id",)
    assert found.count == RowCount(2)
    assert found.whole
    assert found.problem == ""
    assert found.rows.rows == (
        (1, None, None, None),
        (2, "Ada", datetime.date(1815, 12, 10), Decimal("1.50")),
    )
    assert [column.kind for column in found.rows.columns] == ["integer", "text", "date", "decimal"]
    assert isinstance(found.rows.columns[0], RowColumn)
    assert (found.rows.total, found.rows.limit, found.rows.order_by) == (2, 200, ("id",))
    assert not connection.in_transaction()


def test_keys_and_indexes_are_those_that_describe_tells(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "b",
        metadata,
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("a_id", sa.ForeignKey("a.id", name="fk_a", ondelete="CASCADE"), index=True),
        sa.Column("name", sa.String(20), server_default="x"),
        sa.UniqueConstraint("number", name="uq_number"),
        sa.CheckConstraint("number > 0", name="ck_number"),
    )
    metadata.create_all(connection)
    connection.commit()

    found = take(connection)

    assert [table.schema for table in found.tables] == [describe(connection, "a"), describe(connection, "b")]
    assert [table.key for table in found.tables] == [("id",), ("number",)]
    b = found.get("b")
    assert b is not None
    assert {item.kind for item in b.schema.constraints} == {"foreign key", "unique", "check", "index"}


@pytest.mark.parametrize(
    "columns",
    [
        "id INTEGER",
        "id INTEGER PRIMARY KEY AUTOINCREMENT, n INT unique",
        "a INT, b INT CONSTRAINT positive Check (b > 0), PRIMARY KEY (a, b)",
        "a INT REFERENCES other (id), b TEXT DEFAULT 'primary unique check references'",
        "a INT, b INT as (a + 1), c INT GENERATED ALWAYS AS (a * 2) STORED, CONSTRAINT one UNIQUE (a)",
        'a INT, "unique" INT, FOREIGN KEY("unique") references/* it */other(id) ON DELETE CASCADE',
    ],
)
@pytest.mark.parametrize(
    "index", ["", "CREATE UNIQUE INDEX i ON t (1 + 1)", "CREATE INDEX i ON t ({}) WHERE 1"]
)
def test_nothing_is_missed_that_a_table_of_sqlite_has(columns: str, index: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        do(connection, "CREATE TABLE other (id INTEGER PRIMARY KEY)", f"CREATE TABLE t ({columns})")
        if index:
            do(connection, index.format(columns.split()[0]))
        found = take(connection, cache={})
        assert [table.schema for table in found.tables] == [
            describe(connection, name) for name in ("other", "t")
        ]


def test_tables_that_are_asked_for(connection: sa.Connection) -> None:
    do(connection, "CREATE TABLE a (n INTEGER)", "CREATE TABLE b (n INTEGER)", "CREATE TABLE c (n INTEGER)")

    assert [table.name for table in take(connection, tables=["c", "nowhere.x", "a", "gone"]).tables] == [
        "a",
        "c",
    ]
    assert take(connection, tables=[]) == Snapshot(())
    assert take(connection).get("nothing") is None


def test_a_table_of_another_schema(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        do(
            connection,
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.orders (id int PRIMARY KEY)",
            "INSERT INTO shop.orders VALUES (7)",
        )
        found = only(take(connection, tables=["shop.orders"]))

    assert (found.name, found.key, found.count, found.rows.rows) == (
        "shop.orders",
        ("id",),
        RowCount(1),
        ((7,),),
    )


def test_names_that_need_quotes(connection: sa.Connection) -> None:
    id_ = sa.Column("my id", sa.Integer, primary_key=True, autoincrement=False)
    text = sa.Column('50% "of" it:x', sa.Text)
    make(
        connection,
        "Order of 5%",
        id_,
        text,
        rows=[{"my id": 1, text.name: "a:b%c" * 500}]
        + [{"my id": n + 2, text.name: None} for n in range(250)],
    )

    found = only(take(connection, limit=3))

    assert found.rows.rows == ((1, LongValue("text", 2500, ("a:b%c" * 40))), (2, None), (3, None))
    assert found.count == RowCount(251)


def test_a_table_larger_than_the_window_is_counted(connection: sa.Connection) -> None:
    number_table(connection, 777)

    found = only(take(connection))

    assert found.count == RowCount(777)
    assert found.rows.rows == tuple((n, 7 * (n - 1)) for n in range(1, 201))
    assert (found.rows.total, found.whole) == (777, False)
    assert only(take(connection, limit=776)).rows.rows[-1] == (776, 7 * 775)
    assert only(take(connection, limit=777)).whole


@pytest.mark.parametrize("limit", [0, 1])
def test_a_window_of_hardly_anything(connection: sa.Connection, limit: int) -> None:
    number_table(connection, 2)

    found = only(take(connection, limit=limit))

    assert (len(found.rows.rows), found.count, found.whole) == (limit, RowCount(2), False)


@pytest.fixture
def large(connection: sa.Connection) -> Iterator[sa.Connection]:
    """200,000 rows, far more than are counted, in a table with ids from 1,001 on."""
    table = "CREATE TABLE large (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL)"
    numbers = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n",
        "postgresql": "SELECT i FROM generate_series(1, 200000) AS n(i)",
        "mysql": "SELECT seq AS i FROM seq_1_to_200000",
    }[connection.dialect.name]
    fill = f"INSERT INTO large SELECT i + 1000, 'somebody of some name' FROM ({numbers}) AS all_of_them"
    analyze = {"sqlite": "SELECT 1", "postgresql": "ANALYZE large", "mysql": "ANALYZE TABLE large"}
    do(connection, table, fill, analyze[connection.dialect.name])
    yield connection


def test_a_large_table_is_estimated_and_not_gone_through(large: sa.Connection) -> None:
    sent: list[str] = []
    sa.event.listen(large, "before_cursor_execute", lambda *about: sent.append(about[2]))

    found = only(take(large))

    assert not found.count.exact
    assert not found.count.least
    assert 150_000 < found.count.rows < 250_000
    assert str(found.count).startswith("~")
    assert [row[0] for row in found.rows.rows] == list(range(1001, 1201))
    counts = [statement for statement in sent if "count(" in statement.lower()]
    assert len(counts) == 1
    assert "LIMIT 10001" in counts[0]


def test_a_large_table_that_nobody_has_analyzed(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        do(
            connection,
            'CREATE TABLE "50%% of" (id bigint PRIMARY KEY, n int) WITH (autovacuum_enabled = off)',
            'INSERT INTO "50%% of" SELECT i, i FROM generate_series(1, 300000) AS n(i)',
            "CREATE TABLE parts (id int, n int) PARTITION BY RANGE (id)",
            "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (1000000)",
            "INSERT INTO parts SELECT i, i FROM generate_series(1, 100000) AS n(i)",
        )
        taken = take(connection, tables=["50% of", "parts"])

    large, parts = (table.count for table in taken.tables)
    assert not large.exact
    assert 200_000 < large.rows < 400_000
    assert not parts.exact
    assert parts.rows > 10_000


def test_sqlite_believes_analyze_unless_it_is_old(sqlite: sa.Connection) -> None:
    do(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "CREATE INDEX ix ON t (n)")
    fill = (
        "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
        "INSERT INTO t SELECT i, i FROM n"
    )
    do(sqlite, fill.format(1, 20_000), "ANALYZE", "DELETE FROM t WHERE id BETWEEN 2 AND 5000")
    assert only(take(sqlite, tables=["t"])).count == RowCount(20_000, exact=False)

    do(sqlite, "UPDATE sqlite_stat1 SET stat = '12 1'")
    assert only(take(sqlite, tables=["t"])).count == RowCount(20_000, exact=False)

    # Numbers with gaps: no more rows than fit into the file.
    do(sqlite, "DELETE FROM sqlite_stat1", f"INSERT INTO t VALUES ({10**15}, 1)")
    found = only(take(sqlite, tables=["t"])).count
    size = (
        sqlite.exec_driver_sql("PRAGMA page_count").scalar_one()
        * sqlite.exec_driver_sql("PRAGMA page_size").scalar_one()
    )
    assert 10_000 < found.rows < size / 6


def test_sqlite_has_no_estimate_for_a_table_without_row_numbers(sqlite: sa.Connection) -> None:
    do(
        sqlite,
        "CREATE TABLE t (name TEXT PRIMARY KEY) WITHOUT ROWID",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) INSERT INTO t SELECT i FROM n",
    )

    found = only(take(sqlite))

    assert found.count == RowCount(10_000, exact=False, least=True)
    assert str(found.count) == "over 10,000"


def test_long_values_are_cut_by_the_database(connection: sa.Connection) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    text = sa.Text().with_variant(sa.Text(2**24), "mysql")
    binary = sa.LargeBinary().with_variant(sa.LargeBinary(2**24), "mysql")
    columns: list[sa.Column[Any]] = [sa.Column("t", text), sa.Column("b", binary), sa.Column("j", sa.JSON)]
    columns.append(sa.Column("n", sa.Integer))
    rows: list[dict[str, Any]] = [
        {"id": 1, "t": "é" * 500_000, "b": b"\x01\xff" * 524_288, "j": {"a": ["x" * 2000]}},
        {"id": 2, "t": "é" * 500, "b": b"\x00" * 1000, "j": {"a": 1}},
        {"id": 3, "t": "", "b": b"", "j": None},
        {"id": 4, "t": None, "b": None, "j": None},
    ]
    make(connection, "things", id_, *columns, rows=[{**row, "n": -row["id"]} for row in rows])

    found = only(take(connection))

    first, second, third, empty = found.rows.rows
    assert first[:3] == (
        1,
        LongValue("text", 1_000_000, "é" * 200),
        LongValue("binary", 1_048_576, "01ff" * 16),
    )
    assert isinstance(first[3], LongValue)
    assert first[3].size > 2000
    assert first[3].head.startswith('{"a": ["xxx')
    assert str(first[2]) == "1.0 MB blob"
    assert str(first[1]) == "é" * 200 + "… (1.0 MB)"
    assert second[:3] == (2, "é" * 500, b"\x00" * 1000)
    assert third[:3] == (3, "", b"")
    assert empty[:3] == (4, None, None)
    assert [row[4] for row in found.rows.rows] == [-1, -2, -3, -4]
    assert found.whole


def test_a_window_holds_few_rows_of_many_bytes(connection: sa.Connection) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    blob = sa.LargeBinary().with_variant(sa.LargeBinary(2**24), "mysql")
    make(connection, "blobs", id_, sa.Column("b", blob), rows=[])
    for number in range(40):
        connection.execute(sa.text("INSERT INTO blobs VALUES (:n, :b)"), {"n": number, "b": bytes(1_000_000)})
    connection.commit()
    if connection.dialect.name == "mysql":
        do(connection, "ANALYZE TABLE blobs")

    found = only(take(connection))

    assert found.count == RowCount(40)
    assert {row[1] for row in found.rows.rows} == {LongValue("binary", 1_000_000, "00" * 32)}
    # PostgreSQL tells a size without reading the value.
    least, most = (40, 40) if connection.dialect.name == "postgresql" else (1, 12)
    assert least <= len(found.rows.rows) <= most
    assert found.whole == (connection.dialect.name == "postgresql")


def test_rows_are_ordered_by_a_key_of_any_name(connection: sa.Connection) -> None:
    key = sa.Column("c0", sa.Integer, primary_key=True, autoincrement=False)
    make(connection, "t", sa.Column("x", sa.Integer), key, rows=[{"x": 9 - n, "c0": n} for n in range(9)])

    assert [row[1] for row in only(take(connection, limit=3)).rows.rows] == [0, 1, 2]


def test_a_wide_table_has_a_shorter_window(connection: sa.Connection) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    columns = [sa.Column(f"c{n}", sa.Integer) for n in range(299)]
    make(connection, "wide", id_, *columns, rows=[{"id": n, "c298": n} for n in range(100)])

    found = only(take(connection))

    assert len(found.rows.columns) == 300
    assert len(found.rows.rows) == found.rows.limit == reader.CELLS // 300
    assert [row[0] for row in found.rows.rows] == [row[299] for row in found.rows.rows] == list(range(66))
    assert found.count == RowCount(100)


def test_values_that_are_not_of_their_columns_type(sqlite: sa.Connection) -> None:
    do(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, d DATE, untyped)")
    do(sqlite, "INSERT INTO t VALUES (1, 'many', 'yesterday', x'00ff'), (2, NULL, '2020-02-29', 1.5)")
    sqlite.execute(
        sa.text("INSERT INTO t VALUES (3, :long, NULL, CAST(x'ff41' AS TEXT))"), {"long": "y" * 5000}
    )
    sqlite.commit()

    assert only(take(sqlite)).rows.rows == (
        (1, "many", "yesterday", b"\x00\xff"),
        (2, None, datetime.date(2020, 2, 29), 1.5),
        (3, LongValue("text", 5000, "y" * 200), None, "�A"),
    )


def test_types_of_postgresql(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        do(
            connection,
            "CREATE TYPE mood AS ENUM ('fine')",
            "CREATE TABLE t (id int PRIMARY KEY, m mood, a int[], d date, j jsonb, c char(3), n int4range)",
            "INSERT INTO t VALUES (1, 'fine', '{1,2}', 'infinity', '{\"k\": 1}', 'ab', '[1,3)')",
            "INSERT INTO t (id, a) SELECT 2, array_agg(i) FROM generate_series(1, 1000) AS g(i)",
        )
        found = only(take(connection)).rows.rows

    assert found[0][:6] == (1, "fine", [1, 2], "infinity", {"k": 1}, "ab ")
    assert found[1][2] == LongValue("text", 3894, ("{" + ",".join(map(str, range(1, 100))))[:200])


def test_a_table_that_may_not_be_read_does_not_hide_the_others(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    role = f"reader_{sa.make_url(postgresql_url).database}"
    with engine.connect() as connection:
        do(
            connection,
            "CREATE TABLE free (id int PRIMARY KEY)",
            "INSERT INTO free VALUES (1)",
            "CREATE TABLE secret (id int PRIMARY KEY)",
            f"CREATE ROLE {role}",
            f"GRANT SELECT ON free TO {role}",
        )
        try:
            do(connection, f"SET ROLE {role}")
            found = take(connection)
        finally:
            do(connection, "RESET ROLE", "DROP TABLE free", f"DROP ROLE {role}")

    free, secret = found.tables
    assert (free.count, free.rows.rows, free.problem) == (RowCount(1), ((1,),), "")
    assert (secret.count, secret.rows.rows, secret.whole) == (UNKNOWN, (), False)
    assert "permission denied for table secret" in secret.problem
    assert str(secret.count) == "unknown"


def test_what_takes_too_long_is_given_up(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "SECONDS_EACH", 0.2)
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection, engine.connect() as other:
        do(connection, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)")
        other.exec_driver_sql("LOCK TABLE a")
        started = time.monotonic()
        found = take(connection)
        seconds = time.monotonic() - started
        before = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()

    a, b = found.tables
    assert "locked the table" in a.problem
    assert (a.described, a.count) == (False, UNKNOWN)
    free = replace(b, schema=replace(b.schema, name="a"))
    assert compare(found, Snapshot((free, b))).changed == ()
    assert (b.problem, b.count) == ("", RowCount(0))
    assert seconds < 5
    assert before == "0"


def test_tables_that_have_no_time_left_are_described(
    sqlite: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_table(sqlite, 3)
    monkeypatch.setattr(capture, "SECONDS", -1.0)

    found = only(take(sqlite))

    assert [column.name for column in found.schema.columns] == ["id", "n"]
    assert (found.rows.rows, found.count) == ((), UNKNOWN)
    assert found.problem.startswith("The rows were not read")


def test_500_tables(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    for number in range(500):
        sa.Table(f"t{number:03}", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(connection, checkfirst=False)
    connection.commit()

    found = take(connection)

    assert [table.name for table in found.tables] == [f"t{number:03}" for number in range(500)]
    assert all(table.key == ("id",) for table in found.tables)
    assert len(take(connection, tables=["t007"]).tables) == 1


def test_the_session_is_left_as_it_was(mariadb_url: str) -> None:
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        do(connection, "CREATE TABLE t (id int PRIMARY KEY)", "SET SESSION max_statement_time = 12.5")
        take(connection)
        do(connection, "INSERT INTO t VALUES (1)")
        assert connection.exec_driver_sql("SELECT @@session.max_statement_time").scalar_one() == 12.5


def test_inside_of_a_transaction_of_the_user(connection: sa.Connection) -> None:
    number_table(connection, 1)
    connection.exec_driver_sql("INSERT INTO numbers VALUES (2, 2)")

    assert only(take(connection)).count == RowCount(2)
    assert connection.in_transaction()
    connection.rollback()
    assert only(take(connection)).count == RowCount(1)


def test_a_database_that_is_not_there() -> None:
    engine = sa.create_engine("sqlite:////nowhere/at/all.db", poolclass=sa.NullPool)
    with pytest.raises(sa.exc.OperationalError), engine.connect() as connection:
        take(connection)


def test_the_bound_is_no_more_than_a_moment() -> None:
    assert row_counts.BOUND <= 10_000


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_048_576, "1.0 MB"),
        (5 * 10**9, "5.0 GB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text
    assert blob_text(size) == f"{text} blob"


# --------------------------------------------------------------------------------------------- comparing


@pytest.fixture
def customers(connection: sa.Connection) -> sa.Connection:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    rows = [{"id": n, "name": f"name {n}", "paid": n} for n in range(1, 6)]
    make(
        connection,
        "customer",
        id_,
        sa.Column("name", sa.String(20)),
        sa.Column("paid", sa.Integer),
        rows=rows,
    )
    return connection


def test_nothing_has_changed(customers: sa.Connection) -> None:
    change = change_of(take(customers), take(customers))

    assert change == TableChange("customer", "same", ("id",), before=RowCount(5), after=RowCount(5))


def test_rows_and_cells(customers: sa.Connection) -> None:
    before = take(customers)
    do(
        customers,
        "DELETE FROM customer WHERE id = 2",
        "INSERT INTO customer VALUES (9, 'Ada', NULL)",
        "UPDATE customer SET name = 'Grace', paid = NULL WHERE id = 3",
        "UPDATE customer SET paid = 50 WHERE id = 5",
    )

    assert change_of(before, take(customers)) == TableChange(
        "customer",
        "changed",
        ("id",),
        rows_new=((9,),),
        rows_gone=((2,),),
        rows_changed={(3,): ("name", "paid"), (5,): ("paid",)},
        before=RowCount(5),
        after=RowCount(5),
    )


def test_columns(customers: sa.Connection) -> None:
    before = take(customers)
    do(customers, "ALTER TABLE customer ADD COLUMN born DATE", "ALTER TABLE customer DROP COLUMN paid")

    change = change_of(before, take(customers))

    assert change == TableChange(
        "customer",
        "changed",
        ("id",),
        columns_new=("born",),
        columns_gone=("paid",),
        before=RowCount(5),
        after=RowCount(5),
    )


@pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
def test_another_type_and_an_index(connection: sa.Connection) -> None:
    do(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO t VALUES (1, 5)")
    before = take(connection)
    alter = "ALTER COLUMN n TYPE BIGINT" if connection.dialect.name == "postgresql" else "MODIFY n BIGINT"
    do(connection, f"ALTER TABLE t {alter}", "CREATE INDEX ix ON t (n)")

    change = change_of(before, take(connection))

    assert (change.kind, change.columns_changed, change.rows_changed) == ("changed", ("n",), {})
    assert [(item.kind, item.name) for item in change.constraints_new] == [("index", "ix")]
    assert change.constraints_gone == ()


def test_tables_that_come_and_go(customers: sa.Connection) -> None:
    before = take(customers)
    do(
        customers,
        "DROP TABLE customer",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY)",
        "INSERT INTO orders VALUES (4)",
    )

    changes = compare(before, take(customers))

    assert changes.tables == (
        TableChange(
            "customer", "gone", ("id",), rows_gone=((1,), (2,), (3,), (4,), (5,)), before=RowCount(5)
        ),
        TableChange("orders", "new", ("id",), rows_new=((4,),), after=RowCount(1)),
    )
    assert changes.changed == changes.tables
    assert changes.get("orders") is changes.tables[1]
    assert changes.get("nothing") is None


def test_rows_that_nothing_tells_apart(connection: sa.Connection) -> None:
    do(connection, "CREATE TABLE t (a INTEGER, b INTEGER)", "INSERT INTO t VALUES (1, 1), (1, 1), (2, NULL)")
    before = take(connection)
    do(connection, "INSERT INTO t VALUES (1, 1), (3, 3)", "DELETE FROM t WHERE a = 2")

    assert change_of(before, take(connection)) == TableChange(
        "t",
        "changed",
        ("a", "b"),
        rows_new=((1, 1), (3, 3)),
        rows_gone=((2, None),),
        before=RowCount(3),
        after=RowCount(4),
    )


def test_a_key_that_is_made_later_tells_rows_apart_before(sqlite: sa.Connection) -> None:
    do(sqlite, "CREATE TABLE t (a INTEGER, b INTEGER)", "INSERT INTO t VALUES (1, 10), (2, 20)")
    before = take(sqlite)
    do(
        sqlite,
        "DROP TABLE t",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)",
        "INSERT INTO t VALUES (1, 10), (2, 21)",
    )

    change = change_of(before, take(sqlite))

    assert (change.key, change.rows_changed, change.rows_new) == (("a",), {(2,): ("b",)}, ())


def test_beyond_the_window_only_what_is_certain_is_said(connection: sa.Connection) -> None:
    number_table(connection, 1000, start=100)
    before = take(connection)
    do(
        connection,
        "DELETE FROM numbers WHERE id IN (100, 150, 900)",
        "INSERT INTO numbers VALUES (50, 0), (5000, 0)",
        "UPDATE numbers SET n = -1 WHERE id IN (160, 950)",
    )

    change = change_of(before, take(connection))

    # 300 and 301 are in sight now, and were there before; 5000 and 950 are out of sight.
    assert change == TableChange(
        "numbers",
        "changed",
        ("id",),
        rows_new=((50,),),
        rows_gone=((100,), (150,)),
        rows_changed={(160,): ("n",)},
        before=RowCount(1000),
        after=RowCount(999),
        complete=False,
    )


def test_windows_that_have_no_row_in_common(connection: sa.Connection) -> None:
    number_table(connection, 1000)
    before = take(connection)
    do(connection, "DELETE FROM numbers WHERE id <= 200")

    change = change_of(before, take(connection))

    assert change.rows_gone == tuple((n,) for n in range(1, 201))
    assert change.rows_new == ()
    assert (change.kind, change.complete) == ("changed", False)


def test_texts_are_in_the_databases_order(connection: sa.Connection) -> None:
    word = sa.Column("word", sa.String(20), primary_key=True)
    make(connection, "words", word, rows=[{"word": f"w{n:04}"} for n in range(300)])
    before = take(connection)
    do(connection, "DELETE FROM words WHERE word = 'w0003'", "INSERT INTO words VALUES ('w0010a'), ('zz')")

    change = change_of(before, take(connection))

    assert (change.rows_new, change.rows_gone) == ((("w0010a",),), (("w0003",),))
    assert (change.before, change.after, change.complete) == (RowCount(300), RowCount(301), False)


def test_only_the_count_tells_that_there_are_more(connection: sa.Connection) -> None:
    number_table(connection, 500)
    before = take(connection)
    do(connection, "INSERT INTO numbers VALUES (900, 1)")

    change = change_of(before, take(connection))

    assert (change.kind, change.rows_new, change.complete) == ("changed", (), False)
    assert (change.before, change.after) == (RowCount(500), RowCount(501))


def test_two_estimates_are_no_change(large: sa.Connection) -> None:
    before = take(large)
    estimated = before.tables[0]
    other = TableSnapshot(estimated.schema, RowCount(123_456, exact=False), estimated.rows, estimated.key)

    change = change_of(before, Snapshot((other,)))

    assert (change.kind, change.complete) == ("same", False)


def test_long_values_are_compared_by_what_is_known(connection: sa.Connection) -> None:
    id_ = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    rows = [{"id": 1, "t": "x" * 5000}, {"id": 2, "t": "y" * 5000}]
    make(connection, "texts", id_, sa.Column("t", sa.Text), rows=rows)
    before = take(connection)
    connection.execute(sa.text("UPDATE texts SET t = :t WHERE id = 2"), {"t": "y" * 5001})
    connection.commit()

    change = change_of(before, take(connection))

    assert change.rows_changed == {(2,): ("t",)}
    assert not change.complete


def test_values_without_a_hash_and_nan(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        do(connection, "CREATE TABLE t (j jsonb, f float)", "INSERT INTO t VALUES ('{\"a\": [1]}', 'nan')")
        do(connection, "CREATE TABLE u (id int PRIMARY KEY, f float)", "INSERT INTO u VALUES (1, 'nan')")
        before = take(connection)
        do(connection, "INSERT INTO t VALUES ('{\"a\": [2]}', 1)")
        t, u = compare(before, take(connection)).tables

    assert t.rows_new == (("{'a': [2]}", 1.0),)
    assert u.kind == "same"


def test_what_could_not_be_read_is_no_change(sqlite: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    number_table(sqlite, 3)
    before = take(sqlite)
    monkeypatch.setattr(capture, "SECONDS", -1.0)

    change = change_of(before, take(sqlite))

    assert (change.kind, change.rows_gone, change.after, change.complete) == ("same", (), UNKNOWN, False)
