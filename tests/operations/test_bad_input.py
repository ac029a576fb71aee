"""What is refused, with what to write instead."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.errors import OperationError
from nbmigrate.operations import Operations, Recorder

BAD: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no column": (lambda o: o.create_table("t", "id"), "Table 't' is given 'id', which is no column"),
    "column twice": (
        lambda o: o.create_table("t", sa.Column("a", sa.Integer), sa.Column("a", sa.Integer)),
        "op.create_table('t'): ",
    ),
    "unknown keyword": (
        lambda o: o.create_table("t", sa.Column("a", sa.Integer), wrong=1),
        "op.create_table('t'): ",
    ),
    "column without name": (lambda o: o.create_table("t", sa.Column(sa.Integer)), "A column has no name."),
    "default is no SQL": (
        lambda o: o.alter_column("t", "c", server_default=5),
        "server_default=5 is not SQL.",
    ),
    "type is none": (
        lambda o: o.alter_column("t", "c", type_="int"),
        "The type 'int' is no type of SQLAlchemy.",
    ),
    "unique of nothing": (
        lambda o: o.create_unique_constraint("u", "t", []),
        "op.create_unique_constraint() is given no column: columns=[].",
    ),
    "foreign key of nothing": (
        lambda o: o.create_foreign_key("u", "t", "t", (), ()),
        "op.create_foreign_key() is given no column: local_cols=().",
    ),
    "a table without name": (
        lambda o: o.add_column(None, sa.Column("a", sa.Integer)),
        "op.add_column() is given table_name=None, which is no name.",
    ),
    "a column that is a number": (
        lambda o: o.create_unique_constraint("u", "t", ["a", 5]),
        "op.create_unique_constraint() is given one of columns=5, which is no name.",
    ),
    "an index that is dropped without name": (
        lambda o: o.drop_index(None, "t"),
        "op.drop_index() is given index_name=None",
    ),
    "a constraint of no kind and no name": (
        lambda o: o.drop_constraint(None, "t"),
        "op.drop_constraint() does not say which constraint of table t it is about.",
    ),
    "a condition that is none": (
        lambda o: o.create_check_constraint("c", "t", 5),
        "5 is no SQL and no expression of SQLAlchemy.",
    ),
    "add no column": (lambda o: o.add_column("t", "c"), "op.add_column('t', ...) is given 'c'"),
    "index of a string": (
        lambda o: o.create_index("ix", "t", "abc"),
        "op.create_index() is given columns='abc'",
    ),
    "unique of a string": (
        lambda o: o.create_unique_constraint("uq", "t", "abc"),
        "op.create_unique_constraint() is given columns='abc'",
    ),
    "foreign key of two lengths": (
        lambda o: o.create_foreign_key("fk", "t", "u", ["a"], ["x", "y"]),
        "The foreign key of t has 1 columns that refer to 2.",
    ),
    "foreign key without column": (
        lambda o: o.create_table("t", sa.Column("a", sa.Integer), sa.ForeignKeyConstraint(["a"], ["user"])),
        "user",
    ),
    "kind": (
        lambda o: o.drop_constraint("x", "t", type_="foreign_key"),
        "op.drop_constraint() knows no type_='foreign_key'",
    ),
    "no statement": (lambda o: o.execute(5), "op.execute() is given 5, which is no statement."),
    "no table": (lambda o: o.bulk_insert("t", []), "op.bulk_insert() is given 't', which is no table."),
    "rows are no list": (
        lambda o: o.bulk_insert(sa.table("t", sa.column("a")), {"a": 1}),
        "op.bulk_insert('t', ...) is given dict for rows.",
    ),
    "row is no dictionary": (
        lambda o: o.bulk_insert(sa.table("t", sa.column("a")), [{"a": 1}, (2,)]),
        "Row 2 of op.bulk_insert('t', ...) is (2,), not a dictionary.",
    ),
    "unknown column": (
        lambda o: o.bulk_insert(sa.table("t", sa.column("firstname")), [{"fristname": 1}]),
        "Row 1 of op.bulk_insert('t', ...) has 'fristname', but the table object has no such column.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(case: str) -> None:
    call, message = BAD[case]
    recorder = Recorder()
    with pytest.raises(OperationError) as caught:
        call(Operations(recorder))
    assert message in caught.value.message
    assert recorder.operations == []


def test_the_nearest_column_is_named() -> None:
    with pytest.raises(OperationError) as caught:
        Operations(Recorder()).bulk_insert(sa.table("t", sa.column("firstname")), [{"fristname": 1}])
    assert caught.value.hint == "Did you mean 'firstname'?"


def test_columns_may_be_used_again() -> None:
    operations = Operations(Recorder())
    column = sa.Column("id", sa.Integer, sa.ForeignKey("u.id"), primary_key=True)
    unique = sa.UniqueConstraint("id", name="uq")
    first = operations.create_table("a", column, unique)
    second = operations.create_table("b", column, unique)
    assert (first.name, second.name) == ("a", "b")
    assert list(first.columns) != list(second.columns)
    assert len(unique.columns) == 0
    assert column.table is None


def test_create_table_returns_a_table_with_python_defaults() -> None:
    table = Operations(Recorder()).create_table("t", sa.Column("a", sa.Integer, default=7, info={"x": 1}))
    assert table.columns["a"].default is not None
    assert table.columns["a"].default.arg == 7  # type: ignore[attr-defined]
    assert table.columns["a"].info == {"x": 1}
