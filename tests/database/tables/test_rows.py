import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.tables.description import ColumnDescription, ConstraintDescription
from nbmigrate.database.tables.rows import (
    RowColumn,
    TableCount,
    TableRows,
    count_tables,
    describe,
    read_rows,
    reading,
    table_names,
)
from nbmigrate.errors import DatabaseError, TableNotFoundError, UsageError


@pytest.fixture
def shop(connection: sa.Connection) -> sa.Connection:
    metadata = sa.MetaData()
    customer = sa.Table(
        "customer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lastname", sa.String(50), nullable=False, server_default="unknown"),
        sa.Column("visit", sa.DateTime),
        sa.Column("born", sa.Date),
        sa.Column("balance", sa.Numeric(10, 2)),
        sa.Column("score", sa.Double),
    )
    order = sa.Table(
        "orders",
        metadata,
        sa.Column("customer_id", sa.ForeignKey("customer.id", name="fk_customer", ondelete="CASCADE")),
        sa.Column("number", sa.Integer),
        sa.PrimaryKeyConstraint("number", "customer_id", name="pk_orders"),
        sa.UniqueConstraint("number", name="uq_number"),
        sa.CheckConstraint("number > 0", name="ck_number"),
    )
    sa.Index("ix_lastname", customer.c.lastname)
    metadata.create_all(connection)
    connection.execute(
        customer.insert(),
        [
            {"id": 2, "lastname": "Marsh", "visit": None, "born": None, "balance": None, "score": None},
            {
                "id": 1,
                "lastname": "O'Hara; --",
                "visit": datetime.datetime(2024, 5, 6, 7, 8, 9),
                "born": datetime.date(1999, 12, 31),
                "balance": Decimal("10.50"),
                "score": 0.5,
            },
            {"id": 3, "lastname": "100%", "visit": None, "born": None, "balance": Decimal(0), "score": 1.0},
        ],
    )
    connection.execute(order.insert(), [{"customer_id": 2, "number": 7}, {"customer_id": 1, "number": 5}])
    connection.commit()
    return connection


def names(connection: sa.Connection) -> list[str]:
    found = sorted(sa.inspect(connection).get_table_names())
    connection.rollback()
    return found


def test_tables_and_counts(shop: sa.Connection) -> None:
    assert table_names(shop) == ("customer", "orders")
    assert count_tables(shop) == (TableCount("customer", 3), TableCount("orders", 2))
    assert not shop.in_transaction()


def test_rows_are_typed_and_in_primary_key_order(shop: sa.Connection) -> None:
    found = read_rows(shop, "customer")

    assert found.rows == (
        (
            1,
            "O'Hara; --",
            datetime.datetime(2024, 5, 6, 7, 8, 9),
            datetime.date(1999, 12, 31),
            Decimal("10.50"),
            0.5,
        ),
        (2, "Marsh", None, None, None, None),
        (3, "100%", None, None, Decimal(0), 1.0),
    )
    assert [column.name for column in found.columns] == [
        "id",
        "lastname",
        "visit",
        "born",
        "balance",
        "score",
    ]
    assert [column.kind for column in found.columns] == [
        "integer",
        "text",
        "datetime",
        "date",
        "decimal",
        "float",
    ]
    assert (found.name, found.total, found.limit, found.order_by) == ("customer", 3, None, ("id",))
    assert not shop.in_transaction()


def test_some_columns_some_rows_in_another_order(shop: sa.Connection) -> None:
    found = read_rows(
        shop, "customer", columns=["lastname", "id"], where="id > 1", order_by=["visit", "id desc"], limit=1
    )

    assert found == TableRows(
        "customer",
        (
            RowColumn("lastname", "VARCHAR(50)", "text"),
            RowColumn("id", "INTEGER(11)" if shop.dialect.name == "mysql" else "INTEGER", "integer"),
        ),
        (("100%", 3),),
        2,
        1,
        ("visit", "id desc"),
    )


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("lastname like '100%'", [3]),
        ("lastname = 'O''Hara; --'", [1]),
        ("visit > '2024-01-01 10:20:30'", [1]),
        ("id = 1 or id = 2", [1, 2]),
        ("id in (select customer_id from orders where number > 6)", [2]),
    ],
)
def test_conditions(shop: sa.Connection, where: str, ids: list[int]) -> None:
    found = read_rows(shop, "customer", where=where, columns=["id"])

    assert ([row[0] for row in found.rows], found.total) == (ids, len(ids))


def test_a_composite_key_orders_as_it_is_written(shop: sa.Connection) -> None:
    found = read_rows(shop, "orders")

    assert sorted(found.order_by) == ["customer_id", "number"]
    assert found.rows == ((1, 5), (2, 7))


def test_a_condition_that_is_more_than_one_is_refused(shop: sa.Connection) -> None:
    for where in ("1=1); DROP TABLE customer; --", "1=1; DROP TABLE customer", "1=1) UNION SELECT (1"):
        with pytest.raises((UsageError, DatabaseError)):
            read_rows(shop, "customer", where=where)

    assert names(shop) == ["customer", "orders"]
    assert count_tables(shop)[0].rows == 3


@pytest.mark.parametrize("where", ["nonsense = 1", "id = = 1", "id = 1 ORDER BY id", "1 = 1 LIMIT 1"])
def test_a_condition_that_the_database_does_not_understand(shop: sa.Connection, where: str) -> None:
    with pytest.raises(DatabaseError, match="The database refused"):
        read_rows(shop, "customer", where=where)

    assert count_tables(shop)[0].rows == 3


@pytest.mark.parametrize(
    "name", ["custmer", 'x"; DROP TABLE customer; --', "customer; --", "nowhere.customer", ""]
)
def test_no_such_table(shop: sa.Connection, name: str) -> None:
    with pytest.raises(TableNotFoundError) as caught:
        read_rows(shop, name)

    assert caught.value.choices == ("customer", "orders")
    assert names(shop) == ["customer", "orders"]
    if name == "custmer":
        assert str(caught.value) == (
            "There is no table 'custmer'.\nDid you mean customer? There are: customer, orders."
        )


@pytest.mark.parametrize("options", [{"columns": ["lastnam"]}, {"order_by": ["lastnam desc"]}])
def test_no_such_column(shop: sa.Connection, options: dict[str, Any]) -> None:
    with pytest.raises(TableNotFoundError) as caught:
        read_rows(shop, "customer", **options)

    assert caught.value.message == "There is no column in customer: 'lastnam'."
    assert caught.value.hint.startswith("Did you mean lastname?")


def test_an_empty_database(connection: sa.Connection) -> None:
    assert (table_names(connection), count_tables(connection)) == ((), ())
    with pytest.raises(TableNotFoundError, match="The database has no tables"):
        describe(connection, "customer")


def test_odd_names(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    odd = sa.Table(
        'o"dd % t;able',
        metadata,
        sa.Column("a b", sa.Integer, primary_key=True),
        sa.Column("x:y", sa.Integer),
    )
    metadata.create_all(connection)
    connection.execute(odd.insert().values({"a b": 1, "x:y": 2}))
    connection.commit()

    found = read_rows(connection, 'o"dd % t;able', order_by=["a b desc"])

    assert ([column.name for column in found.columns], found.rows) == (["a b", "x:y"], ((1, 2),))
    assert count_tables(connection) == (TableCount('o"dd % t;able', 1),)


def test_a_view_is_read_when_it_is_asked_for(shop: sa.Connection) -> None:
    shop.exec_driver_sql("CREATE VIEW marshes AS SELECT id FROM customer WHERE lastname = 'Marsh'")
    shop.commit()

    assert read_rows(shop, "marshes").rows == ((2,),)
    assert table_names(shop) == ("customer", "orders")


def test_what_a_table_is_made_of(shop: sa.Connection) -> None:
    customer, orders = describe(shop, "customer"), describe(shop, "orders")

    assert customer.primary_key == ("id",)
    assert [column.name for column in customer.columns if not column.nullable] == ["id", "lastname"]
    assert "unknown" in (customer.columns[1].default or "")
    assert customer.columns[2].default in (None, "NULL")
    assert ConstraintDescription("index", "ix_lastname", ("lastname",), "(lastname)") in customer.constraints
    assert sorted(orders.primary_key) == ["customer_id", "number"]
    found = {item.kind: item for item in orders.constraints}
    assert found["foreign key"] == ConstraintDescription(
        "foreign key",
        "fk_customer",
        ("customer_id",),
        "(customer_id) -> customer (id) ON DELETE CASCADE",
        "customer",
        ("id",),
    )
    assert found["unique"] == ConstraintDescription("unique", "uq_number", ("number",), "(number)")
    assert (found["check"].name, found["check"].columns) == ("ck_number", ())
    assert not shop.in_transaction()


def test_a_table_of_sqlite_to_the_letter(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(5) DEFAULT 'x' NOT NULL, b, c WEIRD)"
    )

    found = describe(sqlite, "t")

    assert found.columns == (
        ColumnDescription("id", "INTEGER", True, None),
        ColumnDescription("a", "VARCHAR(5)", False, "'x'"),
        ColumnDescription("b", "", True, None),
        ColumnDescription("c", "NUMERIC", True, None),
    )
    assert found.constraints == (ConstraintDescription("primary key", "", ("id",), "(id)"),)


def test_what_does_not_fit_the_column_stays_as_it_is(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql(
        "CREATE TABLE t (i INTEGER, b BOOLEAN, n NUMERIC(10, 2), d DATE, dt DATETIME, tm TIME,"
        " s VARCHAR(5), j JSON, f FLOAT)"
    )
    sqlite.exec_driver_sql(
        "INSERT INTO t VALUES"
        " (1, 1, 1.5, '2020-01-02', '2020-01-02 03:04:05', '03:04:05', 'x', '{\"a\": 1}', 0.5),"
        " ('one', 'yes', 'much', 'soon', 1577934245, 'noon', 7, '{', 'half'),"
        " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (x'00ff', 2, x'01', x'02', '2020-01-02T03:04:05+00:00', 5, CAST(x'ff41' AS TEXT), 'nothing', x'03')"
    )

    found = read_rows(sqlite, "t")

    assert found.rows[0] == (
        1,
        True,
        Decimal("1.50"),
        datetime.date(2020, 1, 2),
        datetime.datetime(2020, 1, 2, 3, 4, 5),
        datetime.time(3, 4, 5),
        "x",
        {"a": 1},
        0.5,
    )
    assert found.rows[1] == ("one", "yes", "much", "soon", 1577934245, "noon", "7", "{", "half")
    assert found.rows[2] == (None,) * 9
    assert found.rows[3][:2] == (b"\x00\xff", 2)
    assert found.rows[3][6] == "\ufffdA"
    assert [column.kind for column in found.columns] == [
        "integer",
        "boolean",
        "decimal",
        "date",
        "datetime",
        "time",
        "text",
        "json",
        "float",
    ]


def test_without_a_key_rows_come_in_the_order_they_were_put_in(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE t (a)")
    sqlite.exec_driver_sql("INSERT INTO t VALUES (3), (1), (2)")

    found = read_rows(sqlite, "t")

    assert (found.rows, found.order_by) == (((3,), (1,), (2,)), ())


def test_dates_that_python_does_not_have(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 'infinity')")
        connection.commit()

        assert read_rows(connection, "t").rows == ((1, "infinity"),)


def test_a_table_of_another_schema(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA meta")
        connection.exec_driver_sql("CREATE TABLE meta.things (a INTEGER)")
        connection.exec_driver_sql("INSERT INTO meta.things VALUES (1)")
        connection.commit()

        assert read_rows(connection, "meta.things").rows == ((1,),)
        assert count_tables(connection, "meta") == (TableCount("things", 1),)
        assert describe(connection, "meta.things").name == "meta.things"
        with pytest.raises(TableNotFoundError, match="There is no table 'thins'\\.\nDid you mean things"):
            describe(connection, "meta.thins")


CHANGES = [
    "INSERT INTO customer (id, lastname) VALUES (9, 'x')",
    "UPDATE customer SET lastname = 'x'",
    "DELETE FROM orders",
    "DROP TABLE orders",
    "CREATE TABLE more (id INTEGER)",
]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_can_be_changed_while_reading(shop: sa.Connection, change: str) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError), reading(shop):
        shop.exec_driver_sql(change)

    assert count_tables(shop) == (TableCount("customer", 3), TableCount("orders", 2))
    shop.exec_driver_sql(change)


@pytest.mark.parametrize("change", CHANGES[:3])
def test_nor_inside_a_transaction_of_the_user(shop: sa.Connection, change: str) -> None:
    with shop.begin() as transaction:
        shop.exec_driver_sql("INSERT INTO customer (id, lastname) VALUES (8, 'mine')")
        assert count_tables(shop)[0].rows == 4
        if shop.dialect.name in {"mysql", "mariadb"}:
            with reading(shop):
                shop.exec_driver_sql(change)
        else:
            with pytest.raises(sa.exc.SQLAlchemyError), reading(shop):
                shop.exec_driver_sql(change)
        assert count_tables(shop) == (TableCount("customer", 4), TableCount("orders", 2))
        shop.exec_driver_sql("INSERT INTO customer (id, lastname) VALUES (9, 'mine too')")
        transaction.commit()

    assert count_tables(shop)[0].rows == 5


def test_a_function_of_postgresql_that_changes_rows(postgresql_url: str) -> None:
    for options in ({}, {"isolation_level": "AUTOCOMMIT"}):
        engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool, **options)
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
            connection.exec_driver_sql(
                "CREATE OR REPLACE FUNCTION change() RETURNS boolean LANGUAGE sql"
                " AS 'INSERT INTO t VALUES (1); SELECT true'"
            )
            connection.exec_driver_sql("DELETE FROM t")
            connection.exec_driver_sql("INSERT INTO t VALUES (5)")
            connection.commit()
            for where in (
                "change()",
                "set_config('transaction_read_only', 'off', true) = 'off' and change()",
            ):
                with pytest.raises(DatabaseError):
                    read_rows(connection, "t", where=where)

            assert count_tables(connection) == (TableCount("t", 1),)


def test_a_function_of_mariadb_that_changes_rows(mariadb_url: str) -> None:
    for options in ({}, {"isolation_level": "AUTOCOMMIT"}, {"connect_args": {"client_flag": 65536}}):
        engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool, **options)
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (id INTEGER)")
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS u (id INTEGER)")
            connection.exec_driver_sql(
                "CREATE OR REPLACE FUNCTION change_() RETURNS INTEGER MODIFIES SQL DATA"
                " BEGIN INSERT INTO u VALUES (1); RETURN 1; END"
            )
            connection.exec_driver_sql("DELETE FROM t")
            connection.exec_driver_sql("INSERT INTO t VALUES (5)")
            connection.commit()
            for where in ("change_()", "1=1); DROP TABLE t; --", "'\\'' = '); DROP TABLE t; -- '"):
                with pytest.raises((DatabaseError, UsageError)):
                    read_rows(connection, "t", where=where)

            assert count_tables(connection) == (TableCount("t", 1), TableCount("u", 0))


def test_the_modes_of_sqlite_are_put_back(sqlite: sa.Connection) -> None:
    driver = sqlite.connection.driver_connection
    assert driver is not None
    factory = driver.text_factory
    with reading(sqlite):
        assert sqlite.exec_driver_sql("PRAGMA query_only").scalar_one() == 1

    assert sqlite.exec_driver_sql("PRAGMA query_only").scalar_one() == 0
    assert driver.text_factory is factory

    sqlite.exec_driver_sql("PRAGMA query_only = ON")
    with reading(sqlite):
        pass
    assert sqlite.exec_driver_sql("PRAGMA query_only").scalar_one() == 1
