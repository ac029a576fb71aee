"""Rows of bulk_insert and statements of operations come to the database as SQLAlchemy itself would send them."""

import datetime
import decimal
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.statements.sending import CHUNK
from nbmigrate.errors import MigrationFailedError, PositionError
from nbmigrate.scripts.directory import ScriptDirectory

MANY = 2 * CHUNK + 7
DAY = datetime.datetime(2026, 1, 2, 3, 4, 5)


def typed() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("moment", sa.DateTime),
        sa.Column("cost", sa.Numeric(10, 2)),
        sa.Column("active", sa.Boolean),
        sa.Column("said", sa.JSON),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("kind", sa.Enum("a", "b", native_enum=False)),
        sa.Column("token", sa.Uuid),
    ]


def typed_row(number: int) -> dict[str, Any]:
    nothing = number % 5 == 4
    return {
        "id": number,
        "day": None if nothing else DAY.date(),
        "moment": DAY + datetime.timedelta(seconds=number),
        "cost": decimal.Decimal(number) / 4,
        "active": number % 2 == 0,
        "said": None if nothing else {"n": [number, "ü"]},
        "raw": None if nothing else b"\x00%" + bytes([number % 256]),
        "kind": "ab"[number % 2],
        "token": uuid.UUID(int=number),
    }


CASES: dict[str, tuple[list[sa.Column[Any]], Any]] = {
    "types that are converted": (typed(), typed_row),
    "types that are not": (
        [sa.Column("id", sa.Integer), sa.Column("name", sa.String(50)), sa.Column("price", sa.Float)],
        lambda n: {"id": n, "name": None if n % 3 else f"näme % {n} :id ?", "price": n / 3},
    ),
    "one column": ([sa.Column("id", sa.Integer)], lambda n: {"id": n}),
    "odd names": (
        [sa.Column("a b", sa.Integer), sa.Column("100%", sa.Integer), sa.Column("x:y", sa.String(9))],
        lambda n: {"a b": n, "100%": n + 1, "x:y": str(n)},
    ),
    "keys that are no names": (
        [sa.Column("id", sa.Integer, key="number"), sa.Column("name", sa.String(9), key="id")],
        lambda n: {"number": n, "id": str(n)},
    ),
    "a default of Python's": (
        [sa.Column("id", sa.Integer), sa.Column("more", sa.Integer, default=7)],
        lambda n: {"id": n},
    ),
    "rows that are not alike": (
        [sa.Column("id", sa.Integer), sa.Column("more", sa.Integer)],
        lambda n: {"id": n} if n % 700 else {"more": n, "id": n},
    ),
    "a clause among the values": (
        [sa.Column("id", sa.Integer), sa.Column("more", sa.String(9))],
        lambda n: {"id": n, "more": sa.func.upper("a") if n == 5 else "b"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_are_as_sqlalchemy_sends_them(connection: sa.Connection, history: Any, case: str) -> None:
    columns, row = CASES[case]
    rows = [row(number) for number in range(MANY)]
    given = [dict(each) for each in rows]
    is_alike = case not in ("rows that are not alike", "a clause among the values")

    def upgrade() -> None:
        ours = op.create_table("ours", *columns)
        op.bulk_insert(ours, rows)
        theirs = op.create_table("theirs", *columns)
        if is_alike:
            op.get_bind().execute(sa.insert(theirs), given)
        for each in [] if is_alike else given:
            op.get_bind().execute(sa.insert(theirs).values(each))

    history.add("r", upgrade)
    report = history.upgrade(connection)

    def stored(name: str) -> list[tuple[Any, ...]]:
        wanted: Any = sa.select(*(sa.column(column.name) for column in columns)).select_from(sa.table(name))
        found = connection.execute(wanted).all()
        return sorted(map(tuple, found), key=repr)

    assert len(stored("ours")) == MANY
    assert stored("ours") == stored("theirs")
    assert rows == given or case == "a clause among the values"
    inserts = [each for each in report.steps[0].statements if "INTO ours" in each.text]
    # Of an INSERT with a clause in it PostgreSQL does not say.
    assert sum(1 if each.rowcount is None else each.rowcount for each in inserts) == MANY
    assert (len(inserts) == 1) == is_alike


def test_a_value_of_another_type_is_refused_as_by_sqlalchemy(sqlite: sa.Connection, history: Any) -> None:
    rows = [{"day": DAY.date()} for _ in range(CHUNK)] + [{"day": "tomorrow"}]

    def upgrade() -> None:
        op.bulk_insert(op.create_table("t", sa.Column("day", sa.Date)), rows)

    history.add("r", upgrade)
    with pytest.raises(MigrationFailedError, match="SQLite Date type only accepts Python date objects"):
        history.upgrade(sqlite)
    assert not sa.inspect(sqlite).has_table("t")


def test_schemas_that_are_mapped_stay_mapped(sqlite: sa.Connection, history: Any) -> None:
    sqlite.exec_driver_sql("ATTACH ':memory:' AS other")
    sqlite.rollback()
    mapped = sqlite.execution_options(schema_translate_map={None: "other"})

    def upgrade() -> None:
        table = op.create_table("t", sa.Column("id", sa.Integer))
        op.bulk_insert(table, [{"id": 1}, {"id": 2}])

    history.add("r", upgrade)
    history.upgrade(mapped)
    assert sqlite.exec_driver_sql("SELECT count(*) FROM other.t").scalar() == 2
    assert sqlite.exec_driver_sql("SELECT version_num FROM other.alembic_version").scalar() == "r"
    assert sqlite.exec_driver_sql("SELECT count(*) FROM main.sqlite_schema").scalar() == 0


def test_a_version_table_that_goes_between_steps(sqlite: sa.Connection, history: Any) -> None:
    history.add("a", lambda: op.execute("CREATE TABLE t (a)"))
    history.add("b", lambda: op.execute("CREATE TABLE u (a)"))

    def drop(event: Any) -> None:
        if type(event).__name__ == "StepDone":
            sqlite.exec_driver_sql("DROP TABLE alembic_version")
            sqlite.commit()

    with pytest.raises(PositionError, match="stands at base, and a was expected"):
        history.upgrade(sqlite, listener=drop)
    assert not sa.inspect(sqlite).has_table("u")


def test_a_version_table_that_cannot_be_read_is_no_empty_one(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE alembic_version (other TEXT)")
    with pytest.raises((sa.exc.OperationalError, sqlite3.OperationalError), match="no such column"):
        VersionTable(sqlite).heads()


def test_a_table_that_is_changed_later_was_made_as_it_was(sqlite: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        table = op.create_table("t", sa.Column("a", sa.Integer))
        sa.Index("ix", table.c.a)

    history.add("r", upgrade)
    (operation,) = history.upgrade(sqlite).steps[0].operations
    assert not operation.built().indexes


def test_a_file_that_changes_after_its_syntax_was_checked(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    text = "revision = 'a1'\ndown_revision = None\ndef upgrade():\n    return 1\ndef downgrade():\n    pass\n"
    path = versions / "a1_.py"
    path.write_text(text)
    scripts = ScriptDirectory(tmp_path)
    revision = scripts.graph()["a1"]
    scripts.check_syntax([revision])
    path.write_text(text.replace("1\ndef", "2\ndef"))
    assert scripts.load(revision).upgrade() == 2
    scripts.check_syntax([revision])
    assert scripts.load(revision).upgrade() == 2
