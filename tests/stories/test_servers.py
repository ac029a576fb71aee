"""The tutorial on PostgreSQL and on MariaDB: up, down, up again, looked at, and a revision that fails."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.errors import MigrationFailedError, PositionError, TableNotFoundError, UsageError

CUSTOMER = """
op.create_table(
    'customer',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('firstname', sa.String(150), nullable=False),
    sa.Column('lastname', sa.String(150), nullable=False),
    sa.Column('recentvisit', sa.DateTime),
)
"""
BIRTHDAY = "op.add_column('customer', sa.Column('birthday', sa.Date))\n"
ORDERS = """
import datetime
import decimal


def upgrade():
    orders = op.create_table(
        'order',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('customer_id', sa.Integer, sa.ForeignKey('customer.id'), nullable=False),
        sa.Column('pieces', sa.Integer),
        sa.Column('price', sa.Numeric(10, 2)),
        sa.Column('note', sa.Text),
    )
    customer = sa.table('customer', sa.column('id'), sa.column('firstname'), sa.column('lastname'),
                        sa.column('recentvisit', sa.DateTime), sa.column('birthday', sa.Date))
    op.bulk_insert(customer, [
        {'id': 1, 'firstname': 'Ada', 'lastname': "O'Lovelace", 'recentvisit': datetime.datetime(2021, 6, 20, 3, 58, 6),
         'birthday': datetime.date(1815, 12, 10)},
        {'id': 2, 'firstname': '<script>', 'lastname': 'ünïcödé 100%', 'recentvisit': None, 'birthday': None},
    ])
    op.bulk_insert(orders, [
        {'id': 1, 'customer_id': 1, 'pieces': 500, 'price': decimal.Decimal('9.99'), 'note': 'a:b %s'},
        {'id': 2, 'customer_id': 2, 'pieces': None, 'price': None, 'note': None},
    ])


def downgrade():
    op.drop_table('order')
    op.execute('DELETE FROM customer')
"""
FAILING = """
def upgrade():
    op.create_table('invoice', sa.Column('id', sa.Integer))
    op.execute('INSERT INTO invoice VALUES (1)')
    op.execute('INSERT INTO nowhere VALUES (1)')


def downgrade():
    op.drop_table('invoice')
"""


@pytest.fixture(params=["PostgreSQL", "MariaDB"])
def server(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> tuple[str, sa.URL]:
    """A database of its own on a server: the server's name, and the url."""
    return request.param, sa.make_url(new_database(request.param.lower()))


@pytest.fixture
def project(server: tuple[str, sa.URL], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The tutorial's three revisions, for the server; nothing is applied."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=server[1].render_as_string(hide_password=False))
    project = Project.open()
    for rev_id, message, body in (
        ("29cf196546aa", "first example", CUSTOMER),
        ("5f0c6e2a91b7", "remember the birthday", BIRTHDAY),
        ("a3d94c07be12", "orders", ORDERS),
    ):
        commands.revision(project, message, body=body, rev_id=rev_id)
    return project


def tables(project: Project) -> dict[str, int]:
    return {row["table"]: row["rows"] for row in commands.tables(project).rows()}


def test_up_and_down_and_up(project: Project) -> None:
    assert (commands.current(project).rows(), tables(project)) == ([], {})
    assert commands.upgrade(project, "+1").standing == "Now at 29cf196546aa."
    assert tables(project) == {"alembic_version": 1, "customer": 0}
    done = commands.upgrade(project, "head")
    assert done.standing == "Now at a3d94c07be12 (head)."
    assert [row["to"] for row in done.rows()] == ["5f0c6e2a91b7", "a3d94c07be12"]
    assert "ALTER TABLE customer ADD COLUMN birthday DATE" in done.sql
    assert "O''Lovelace" in done.sql
    assert tables(project) == {"alembic_version": 1, "customer": 2, "order": 2}
    assert commands.downgrade(project, "-1").standing == "Now at 5f0c6e2a91b7."
    assert tables(project) == {"alembic_version": 1, "customer": 0}
    assert [row["column"] for row in commands.schema(project, "customer").rows()][-1] == "birthday"
    assert commands.downgrade(project, "base").standing == "Now at base."
    assert tables(project) == {"alembic_version": 0}
    assert commands.upgrade(project, "head").standing == "Now at a3d94c07be12 (head)."
    assert (
        str(commands.upgrade(project, "head"))
        == "Nothing to upgrade: the database is at a3d94c07be12 (head)."
    )


def test_the_tables(project: Project) -> None:
    commands.upgrade(project, "head")
    customer = commands.table(project, "customer")
    assert customer.rows() == [
        {
            "id": 1,
            "firstname": "Ada",
            "lastname": "O'Lovelace",
            "recentvisit": datetime.datetime(2021, 6, 20, 3, 58, 6),
            "birthday": datetime.date(1815, 12, 10),
        },
        {"id": 2, "firstname": "<script>", "lastname": "ünïcödé 100%", "recentvisit": None, "birthday": None},
    ]
    frame = customer.to_frame()
    assert str(frame["id"].dtype) == "Int64"
    assert frame["recentvisit"][0] == pd.Timestamp(2021, 6, 20, 3, 58, 6)
    assert frame["birthday"].isna().tolist() == [False, True]
    assert "&lt;script&gt;" in customer._repr_mimebundle_()["text/html"]
    orders = commands.table(project, "order", order_by=["id desc"])
    assert [list(row.values()) for row in orders.rows()] == [
        [2, 2, None, None, None],
        [1, 1, 500, Decimal("9.99"), "a:b %s"],
    ]
    assert str(orders.to_frame()["pieces"].dtype) == "Int64"
    assert commands.table(project, "order", where="note LIKE '%:b %'", columns=["id"]).rows() == [{"id": 1}]
    assert commands.table(project, "order", limit=1).notes == ("1 of 2 rows.",)
    schema = commands.schema(project, "order")
    assert [row["key"] for row in schema.rows()] == ["primary", "", "", "", ""]
    assert "(customer_id) -> customer (id)" in str(schema)


def test_what_is_not_there_and_what_writes(project: Project) -> None:
    commands.upgrade(project, "head")
    with pytest.raises(TableNotFoundError, match="There is no table 'custmer'"):
        commands.table(project, "custmer")
    with pytest.raises(TableNotFoundError, match="There is no table"):
        commands.table(project, 'x"; DROP TABLE customer; --')
    with pytest.raises(UsageError, match="it holds a semicolon"):
        commands.table(project, "customer", where="1 = 1; DROP TABLE customer")
    assert tables(project)["customer"] == 2


def test_a_revision_that_fails(server: tuple[str, sa.URL], project: Project) -> None:
    name, _ = server
    commands.upgrade(project, "head")
    commands.revision(project, "invoices", body=FAILING, rev_id="bad1")
    with pytest.raises(MigrationFailedError) as caught:
        commands.upgrade(project, "head")
    error = caught.value
    assert (error.revision, error.statement) == ("bad1", "INSERT INTO nowhere VALUES (1)")
    assert error.position == ("a3d94c07be12",)
    assert str(commands.current(project)) == "a3d94c07be12"
    if name == "PostgreSQL":
        assert "\nIt was rolled back: nothing of it remains. " in error.hint
        assert "invoice" not in tables(project)
    else:
        assert (
            "\nMariaDB commits DDL by itself, so this stays in effect:\n  CREATE TABLE invoice ( ...\n"
            "The database stands at a3d94c07be12, with revision bad1 interrupted. "
            "Correct the file, then run the same command again: it goes on after those."
        ) in error.hint
        # The INSERT was rolled back.
        assert tables(project)["invoice"] == 0
    commands.edit(project, "bad1", FAILING.replace("nowhere", "invoice"))
    assert commands.upgrade(project, "head").standing == "Now at bad1 (head)."
    assert tables(project)["invoice"] == 2


def test_a_database_at_an_unknown_revision(server: tuple[str, sa.URL], project: Project) -> None:
    commands.upgrade(project, "29cf")
    engine = sa.create_engine(server[1], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'gone'")
    with pytest.raises(PositionError, match="The database stands at 'gone', which no revision file has"):
        commands.upgrade(project, "head")
    assert tables(project) == {"alembic_version": 1, "customer": 0}


def test_an_id_that_is_as_long_as_can_be(project: Project) -> None:
    commands.revision(project, "long", rev_id="é" * 32)
    assert commands.upgrade(project, "head").standing == f"Now at {'é' * 32} (head)."
    assert commands.downgrade(project, "-1").standing == "Now at a3d94c07be12."
