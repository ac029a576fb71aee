"""A table that is made when it is looked at is, from then on, like any other."""

import copy
import datetime
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.schema import LaterTable, from_table, table_of, to_table

VALUE = table_of(
    "t",
    (
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("u_id", sa.Integer, sa.ForeignKey("u.id"), default=7),
        sa.UniqueConstraint("u_id", name="uq"),
    ),
    {"info": {"a": 1}, "comment": "it"},
)


def unmade(table: sa.Table) -> bool:
    return type(table) is LaterTable


def test_nothing_is_made_before_it_is_looked_at() -> None:
    table = LaterTable(VALUE)
    assert isinstance(table, sa.Table)
    assert table == table
    assert {table: 1}[table] == 1
    assert unmade(table)
    table.name  # noqa: B018
    assert type(table) is sa.Table


LOOKS: list[Callable[[Any], object]] = [
    lambda table: table.c.id,
    lambda table: table.insert(),
    lambda table: sa.insert(table).values(u_id=1),
    lambda table: sa.select(table),
    lambda table: sa.select(table.c.id).join(table.alias()),
    lambda table: sa.schema.CreateTable(table),
    lambda table: sa.Index("ix", table.c.u_id),
    lambda table: table.to_metadata(sa.MetaData()),
    lambda table: setattr(table, "comment", "other"),
    lambda table: delattr(table, "info"),
    lambda table: table.append_column(sa.Column("more", sa.Integer)),
    copy.copy,
    copy.deepcopy,
    pickle.dumps,
    repr,
    str,
    vars,
    dir,
]


@pytest.mark.parametrize("look", LOOKS)
def test_any_look_makes_it(look: Callable[[Any], object]) -> None:
    table, other = LaterTable(VALUE), to_table(VALUE)
    found, expected = look(table), look(other)
    assert type(found) is type(expected)
    assert type(table) is sa.Table
    assert all(column.table is table for column in table.columns)
    assert table.metadata.tables["t"] is table
    assert list(table.metadata.tables) == list(other.metadata.tables)
    assert from_table(table) == from_table(other)


def test_it_is_the_same_through_pickle() -> None:
    table = pickle.loads(pickle.dumps(LaterTable(VALUE)))
    assert type(table) is sa.Table
    assert from_table(table) == from_table(to_table(VALUE))


def test_rows_go_through_its_types() -> None:
    engine = sa.create_engine("sqlite://")
    table = LaterTable(
        table_of("t", (sa.Column("id", sa.Integer, primary_key=True), sa.Column("day", sa.Date)), {})
    )
    with engine.begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(table.insert(), [{"day": datetime.date(2024, 2, 29)}])
        assert connection.execute(sa.select(table)).all()[0].day.month == 2
