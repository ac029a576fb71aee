"""What statements say, and what they leave in a database."""

import datetime
import decimal
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.dialects import Statement, statements
from nbmigrate.dialects.ddl.elements import doubled
from nbmigrate.dialects.ddl.literals import readable
from nbmigrate.dialects.statement import tidy
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations import Operations, Recorder

EVERYWHERE = pytest.mark.parametrize("connection", ["sqlite", "postgresql", "mariadb"], indirect=True)


def execute(connection: sa.Connection, recorder: Recorder) -> list[Statement]:
    done = [
        statement
        for operation in recorder.operations
        for statement in statements(operation, connection.dialect)
    ]
    for statement in done:
        connection.execute(statement.executable, statement.parameters)
    return done


@EVERYWHERE
def test_rows_arrive_as_they_were_given(connection: sa.Connection) -> None:
    recorder = Recorder()
    op = Operations(recorder)
    table = op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), server_default="50%"),
        sa.Column("day", sa.Date),
        sa.Column("amount", sa.Numeric(10, 2)),
        sa.Column("data", sa.LargeBinary),
        sa.Column("made", sa.Integer, default=7),
    )
    rows: list[dict[str, Any]] = [
        {
            "id": 1,
            "name": "O'Hara :x %s",
            "day": datetime.date(1906, 12, 9),
            "amount": decimal.Decimal("1.50"),
        },
        {"id": 2, "name": "Ø🦉\n", "day": None, "amount": None},
        {"id": 3, "data": b"\x00\xff"},
        {"id": 4, "name": op.inline_literal("in%line")},
    ]
    op.bulk_insert(table, rows)
    execute(connection, recorder)
    assert [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))] == [
        (1, "O'Hara :x %s", datetime.date(1906, 12, 9), decimal.Decimal("1.50"), None, 7),
        (2, "Ø🦉\n", None, None, None, 7),
        (3, "50%", None, None, b"\x00\xff", 7),
        (4, "in%line", None, None, None, 7),
    ]


@EVERYWHERE
def test_what_create_table_makes(connection: sa.Connection) -> None:
    recorder = Recorder()
    op = Operations(recorder)
    op.create_table("u", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("u_id", sa.Integer, sa.ForeignKey("u.id", name="fk_u", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(50), index=True),
        sa.UniqueConstraint("name", "u_id", name="uq_name"),
        sa.CheckConstraint("name <> ''", name="ck_name"),
    )
    op.add_column("t", sa.Column("note", sa.String(20), server_default="it's"))
    op.alter_column("t", "note", new_column_name="New note", existing_type=sa.String(20))
    op.rename_table("t", "T 2")
    execute(connection, recorder)
    inspector = sa.inspect(connection)
    columns = inspector.get_columns("T 2")
    assert [(column["name"], column["nullable"]) for column in columns] == [
        ("id", False),
        ("u_id", False),
        ("name", True),
        ("New note", True),
    ]
    (key,) = inspector.get_foreign_keys("T 2")
    assert (key["name"], key["constrained_columns"], key["referred_table"]) == ("fk_u", ["u_id"], "u")
    assert key["options"]["ondelete"] == "CASCADE"
    indexes = [index for index in inspector.get_indexes("T 2") if index["name"] == "ix_t_name"]
    assert [index["column_names"] for index in indexes] == [["name"]]
    assert [check["name"] for check in inspector.get_check_constraints("T 2")] == ["ck_name"]
    assert [unique["name"] for unique in inspector.get_unique_constraints("T 2")] == ["uq_name"]


def test_new_column_of_sqlite_keeps_its_foreign_key(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    op = Operations(recorder)
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("t", sa.Column("up", sa.Integer, sa.ForeignKey("t.id", name="fk_up", onupdate="CASCADE")))
    execute(sqlite, recorder)
    # SQLAlchemy's reflection reads the actions of a key only from a constraint of the table; the pragma has all.
    (key,) = sqlite.exec_driver_sql("PRAGMA foreign_key_list(t)").mappings()
    assert (key["table"], key["from"], key["to"], key["on_update"]) == ("t", "up", "id", "CASCADE")
    text = sqlite.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 't'"))
    assert "up INTEGER CONSTRAINT fk_up REFERENCES t (id) ON UPDATE CASCADE" in str(text)


def test_many_rows_are_one_executemany(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    op = Operations(recorder)
    table = op.create_table("t", sa.Column("a", sa.Integer))
    op.bulk_insert(table, [{"a": number} for number in range(1000)])
    _, insert = execute(sqlite, recorder)
    assert insert.parameters == [{"a": number} for number in range(1000)]
    assert insert.text.endswith("    (19)\n-- and 980 more rows")
    assert sqlite.scalar(sa.select(sa.func.count()).select_from(table)) == 1000


def test_execution_options_are_kept(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    Operations(recorder).execute("SELECT 1", execution_options={"mine": 5})
    (statement,) = statements(recorder.operations[0], sqlite.dialect)
    assert statement.executable.get_execution_options()["mine"] == 5


def test_no_rows_are_no_statement(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    Operations(recorder).bulk_insert(sa.table("t", sa.column("a")), [])
    assert statements(recorder.operations[0], sqlite.dialect) == ()


def test_statements_compare_by_text() -> None:
    assert Statement("SELECT 1", sa.text("a")) == Statement("SELECT 1", sa.text("b"), [{}])
    assert repr(Statement("SELECT 1", sa.text("a"))) == "Statement(text='SELECT 1')"


def test_a_column_without_type_is_refused(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    Operations(recorder).create_table("t", sa.Column("u_id", sa.ForeignKey("u.id")))
    with pytest.raises(UnsupportedOperationError) as caught:
        statements(recorder.operations[0], sqlite.dialect)
    assert caught.value.message == "sqlite cannot do this: Create table t with column u_id."
    assert "NullType" in caught.value.hint


def test_a_type_that_the_dialect_has_not(sqlite: sa.Connection) -> None:
    recorder = Recorder()
    Operations(recorder).create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.ARRAY(sa.Integer)))
    Operations(recorder).add_column("t", sa.Column("b", sa.ARRAY(sa.Integer)))
    for operation, said in zip(recorder.operations, (" (column b): Create", ": Add"), strict=True):
        with pytest.raises(UnsupportedOperationError) as caught:
            statements(operation, sqlite.dialect)
        assert caught.value.message.startswith(f"sqlite has no type ARRAY{said}")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "\nCREATE TABLE t (\n\ta INTEGER, \n\tb INTEGER\n)\n\n",
            "CREATE TABLE t (\n    a INTEGER,\n    b INTEGER\n)",
        ),
        ("\n    UPDATE t\n       SET a = 1;\n  ", "UPDATE t\n   SET a = 1"),
        ("SELECT 'a;'", "SELECT 'a;'"),
        ("\n    SELECT 'a \n\t  b', 1 \n", "SELECT 'a \n\t  b', 1"),
        ('SELECT "a \n b"', 'SELECT "a \n b"'),
        ("", ""),
    ],
)
def test_tidy(given: str, expected: str) -> None:
    assert tidy(given) == expected


def test_a_foreign_key_that_sqlite_leaves_out_is_told(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("ATTACH ':memory:' AS aux")
    recorder = Recorder()
    op = Operations(recorder)
    op.create_table("u", sa.Column("id", sa.Integer, primary_key=True), schema="aux")
    op.create_table(
        "t",
        sa.Column("a", sa.Integer, sa.ForeignKey("aux.u.id")),
        sa.Column("b", sa.Integer),
        sa.ForeignKeyConstraint(["b"], ["aux.u.id"]),
        sa.ForeignKeyConstraint(["b"], ["t.a"], name="kept"),
    )
    op.create_table("t", sa.Column("a", sa.Integer, sa.ForeignKey("u.id")), schema="aux")
    op.create_table("v", sa.Column("a", sa.Integer, sa.ForeignKey("aux.u.id")), schema="aux")
    _, main, other, same = execute(sqlite, recorder)
    no_key = "-- SQLite has no foreign keys from one schema to another: that to {} is left out of table {}\n"
    assert main.text.startswith(no_key.format("aux.u", "t") * 2 + "CREATE TABLE t (")
    assert other.text.startswith(no_key.format("u", "aux.t") + "CREATE TABLE aux.t (")
    assert same.text.startswith("CREATE TABLE aux.v (")
    # What is told is what is so.
    inspector = sa.inspect(sqlite)
    assert [key["name"] for key in inspector.get_foreign_keys("t")] == ["kept"]
    assert inspector.get_foreign_keys("t", schema="aux") == []
    assert len(inspector.get_foreign_keys("v", schema="aux")) == 1


def test_percent_signs_are_as_a_driver_takes_them() -> None:
    # Of these two, which both format with `%`, SQLAlchemy doubles them for one.
    for driver, compiled in (("psycopg", "x = '50%%'"), ("pg8000", "x = '50%'")):
        kind: Any = sa.make_url(f"postgresql+{driver}://").get_dialect()
        dialect = kind()
        assert doubled("x = '50%'", dialect) == compiled
        assert readable(compiled, dialect) == "x = '50%'"
        assert str(sa.text("x = '50%'").compile(dialect=dialect)) == compiled
