from collections.abc import Callable

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.dry_run.losses import Loss, losses, losses_of_steps
from nbmigrate.database.tables.row_counts import UNKNOWN, RowCount
from nbmigrate.operations import Operation, Operations, Recorder

ID = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)


def recorded(*directives: Callable[[], object]) -> list[Operation]:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        for directive in directives:
            directive()
    return recorder.operations


@pytest.fixture
def shop(connection: sa.Connection) -> sa.Connection:
    for statement in (
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(20), phone VARCHAR(20))",
        "INSERT INTO customer VALUES (1, 'Ada', NULL), (2, 'Edgar', '555'), (3, 'Grace', NULL)",
        "CREATE TABLE nobody (id INTEGER PRIMARY KEY, name VARCHAR(20))",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()
    return connection


def test_tables_and_columns(shop: sa.Connection) -> None:
    operations = recorded(
        lambda: op.drop_column("customer", "phone"),
        lambda: op.drop_column("nobody", "name"),
        lambda: op.drop_table("customer"),
        lambda: op.drop_table("nobody"),
        lambda: op.drop_table("not_there", if_exists=True),
        lambda: op.drop_column("customer", "not_there"),
        lambda: op.drop_index("ix"),
    )

    found = losses(shop, operations)

    assert found == (Loss("customer", "phone", RowCount(1)), Loss("customer", None, RowCount(3)))
    assert [loss.describe() for loss in found] == [
        "1 value of column phone of table customer will be lost.",
        "3 rows of table customer will be lost.",
    ]
    assert not shop.in_transaction()


def test_what_the_migration_makes_itself_is_not_lost(shop: sa.Connection) -> None:
    operations = recorded(
        lambda: op.create_table("mine", ID),
        lambda: op.drop_table("mine"),
        lambda: op.add_column("customer", sa.Column("age", sa.Integer)),
        lambda: op.drop_column("customer", "age"),
        lambda: op.rename_table("customer", "client"),
        lambda: op.create_table("customer", ID),
        lambda: op.execute("DELETE FROM customer"),
        lambda: op.drop_table("customer"),
    )

    assert losses(shop, operations) == ()


def test_names_are_followed_to_what_is_there_now(shop: sa.Connection) -> None:
    operations = recorded(
        lambda: op.rename_table("customer", "client"),
        lambda: op.alter_column("client", "phone", new_column_name="telephone"),
        lambda: op.rename_table("client", "person"),
        lambda: op.drop_column("person", "telephone"),
        lambda: op.create_table("customer", ID, if_not_exists=True),
        lambda: op.drop_table("person"),
        lambda: op.drop_table("person"),
    )

    assert losses(shop, operations) == (
        Loss("customer", "phone", RowCount(1)),
        Loss("customer", None, RowCount(3)),
    )


def test_a_table_that_is_only_made_if_it_is_not_there(shop: sa.Connection) -> None:
    operations = recorded(
        lambda: op.create_table("customer", ID, if_not_exists=True), lambda: op.drop_table("customer")
    )

    assert losses(shop, operations) == (Loss("customer", None, RowCount(3)),)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM customer",
        " delete  from\tcustomer ;",
        "DELETE FROM customer -- all of them",
        "/* all */ DROP TABLE IF EXISTS customer",
        "TRUNCATE TABLE customer",
        "TRUNCATE customer",
    ],
)
def test_statements_that_take_one_table(shop: sa.Connection, statement: str) -> None:
    (found,) = losses(shop, recorded(lambda: op.execute(statement)))

    assert (found.table, found.column, found.rows) == ("customer", None, RowCount(3))
    assert found.describe() == "3 rows of table customer will be lost."


def test_a_statement_that_is_a_construct(shop: sa.Connection) -> None:
    (found,) = losses(shop, recorded(lambda: op.execute(sa.delete(sa.table("customer")))))

    assert found == Loss("customer", None, RowCount(3), "DELETE FROM customer")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM customer WHERE id > 1",
        "DROP TABLE customer, nobody",
        "ALTER TABLE customer DROP COLUMN name",
        "ALTER TABLE customer DROP name",
        "WITH gone AS (DELETE FROM customer RETURNING *) SELECT 1 FROM gone",
        "ALTER TABLE customer DROP event",
        "DROP SCHEMA public CASCADE",
        "DROP TYPE kind CASCADE",
        "DROP TYPE kind; DELETE FROM customer",
        "DELETE FROM not_there",
    ],
)
def test_statements_of_which_the_loss_is_not_known(shop: sa.Connection, statement: str) -> None:
    (found,) = losses(shop, recorded(lambda: op.execute(statement)))

    assert found == Loss("", None, UNKNOWN, statement)
    assert found.describe() == f"This deletes an unknown amount of data: {statement}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer SET name = 'DELETE FROM customer'",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (d) ON DELETE CASCADE",
        "DROP INDEX ix",
        "DROP TYPE kind",
        "DROP TYPE IF EXISTS one, two; DROP DOMAIN three;",
        "DROP SEQUENCE numbers CASCADE",
        "DROP MATERIALIZED VIEW sums",
        "DROP TABLE IF EXISTS not_there",
        "DELETE FROM nobody WHERE id > 1",
        "ALTER TABLE customer DROP CONSTRAINT pk",
        "ALTER TABLE customer ALTER COLUMN name DROP NOT NULL",
        "CREATE TABLE truncated_deletes (dropped int) -- DROP TABLE customer",
        'COMMENT ON COLUMN customer."DROP TABLE" IS NULL',
    ],
)
def test_statements_that_take_nothing(shop: sa.Connection, statement: str) -> None:
    assert losses(shop, recorded(lambda: op.execute(statement))) == ()


def test_what_is_lost_is_said_once(shop: sa.Connection) -> None:
    steps = [
        recorded(lambda: op.execute("DELETE FROM customer WHERE id > 1")),
        recorded(
            lambda: op.execute("DELETE FROM customer WHERE id > 1"),
            lambda: op.execute("DELETE FROM customer"),
        ),
        recorded(lambda: op.drop_column("customer", "phone"), lambda: op.drop_table("customer")),
    ]

    one, two, three = losses_of_steps(shop, steps)

    assert [loss.statement for loss in one] == ["DELETE FROM customer WHERE id > 1"]
    assert two == (Loss("customer", None, RowCount(3), "DELETE FROM customer"),)
    assert three == ()


def test_a_large_table_is_not_gone_through(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql(
        "CREATE TABLE large (id INTEGER PRIMARY KEY, old INTEGER, late INTEGER, never INTEGER)"
    )
    sqlite.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
        "INSERT INTO large SELECT i, i, CASE WHEN i > 190000 THEN i END, NULL FROM n"
    )
    sqlite.commit()

    found = losses(
        sqlite,
        recorded(
            lambda: op.drop_column("large", "old"),
            lambda: op.drop_column("large", "late"),
            lambda: op.drop_column("large", "never"),
            lambda: op.drop_table("large"),
        ),
    )

    # Half of the rows that were looked at, the first ones and the last ones, have a value in `late`.
    assert found == (
        Loss("large", "old", RowCount(200_000, exact=False)),
        Loss("large", "late", RowCount(100_000, exact=False)),
        Loss("large", "never", RowCount(0, exact=False)),
        Loss("large", None, RowCount(200_000, exact=False)),
    )
    assert [loss.describe() for loss in found[1:]] == [
        "~100,000 values of column late of table large will be lost.",
        "Values of column never of table large may be lost: none was found, but not all were checked.",
        "~200,000 rows of table large will be lost.",
    ]


def test_a_table_of_another_schema_and_one_with_a_dot_in_its_name(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        for statement in (
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.orders AS SELECT 1 AS n",
            'CREATE TABLE "a.b" AS SELECT 1 AS n UNION SELECT 2',
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
        found = losses(
            connection,
            recorded(lambda: op.drop_table("orders", schema="shop"), lambda: op.drop_table("a.b")),
        )

    assert found == (Loss("shop.orders", None, RowCount(1)), Loss("a.b", None, RowCount(2)))


def test_nothing_is_asked_where_nothing_goes(sqlite: sa.Connection) -> None:
    asked: list[str] = []
    sa.event.listen(sqlite, "before_cursor_execute", lambda *about: asked.append(about[2]))

    assert losses(sqlite, recorded(lambda: op.create_table("t", ID))) == ()
    assert asked == []
