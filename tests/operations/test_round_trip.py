"""Every operation, written as Python source and executed, is the same operation again."""

import datetime
import decimal
import enum
import math
import uuid
import zoneinfo
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from nbmigrate import op
from nbmigrate import operations as ops
from nbmigrate.errors import OperationError
from nbmigrate.operations import Operation, Operations, Recorder, render_body
from nbmigrate.schema import (
    Check,
    Column,
    Exclude,
    Expression,
    ForeignKey,
    Index,
    Options,
    PrimaryKey,
    SqlType,
    Table,
    Unique,
    from_column,
)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Money(sa.types.TypeDecorator[decimal.Decimal]):
    impl = sa.Numeric
    cache_ok = True


def again(*operations: Operation) -> list[Operation]:
    """Return what the source of the operations records."""
    source = render_body(operations)
    names: dict[str, Any] = {"op": op, "sa": sa, __name__: type("module", (), {"Money": Money})}
    for line in source.imports:
        if not line.endswith(__name__):
            exec(line, names)
    if "." in __name__:
        package = type("package", (), {})
        names[__name__.split(".")[0]] = package
        for part in __name__.split(".")[1:-1]:
            setattr(package, part, type("package", (), {}))
            package = getattr(package, part)
        setattr(package, __name__.split(".")[-1], names[__name__])
    recorder = Recorder()
    with op.use(Operations(recorder)):
        exec(source.text, names)
    return recorder.operations


STRING = SqlType.of(sa.String(50))
EVERY_COLUMN: sa.Column[Any] = sa.Column(
    "c",
    sa.Enum(Colour, name="colour", create_constraint=True, native_enum=False),
    sa.ForeignKey("s.u.id", name="fk", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
    sa.CheckConstraint("c > 'a'", name=sa.schema.conv("ck_c")),
    nullable=False,
    index=True,
    unique=True,
    comment='it\'s "a"\ncolumn',
    server_default=sa.func.coalesce(sa.func.now(), sa.text("'x'")),
    key="other",
    autoincrement=False,
    sqlite_on_conflict_not_null="FAIL",
)

OPERATIONS: list[Operation] = [
    ops.CreateTable(
        Table(
            "t",
            (
                Column("id", SqlType.of(sa.Integer), nullable=False, primary_key=True),
                from_column(EVERY_COLUMN),
                from_column(sa.Column("i", sa.BigInteger, sa.Identity(always=True, start=3, cycle=False))),
                from_column(sa.Column("g", sa.Integer, sa.Computed("a + 1", persisted=True))),
            ),
            (
                PrimaryKey(("id",), "pk", Options({"mssql_clustered": False})),
                Unique(("id", "other"), options=Options({"deferrable": True})),
                ForeignKey(("id",), ("s.u.id",), "fk2", Options({"ondelete": "SET NULL"})),
                Check(Expression.of(sa.column("id") > 5), "ck"),
                Exclude(
                    (("p", "&&"), (Expression.of(sa.text("lower(q)")), "=")),
                    "ex",
                    Options({"using": "spgist"}),
                ),
            ),
            (
                Index(
                    "ix",
                    ("id", Expression.of("lower(c)")),
                    True,
                    Options({"postgresql_where": sa.text("id > 5")}),
                ),
            ),
            schema="s",
            comment="50% :x",
            prefixes=("TEMPORARY",),
            options=Options({"mysql_engine": "InnoDB"}),
        ),
        if_not_exists=True,
    ),
    ops.DropTable("t", "s", True, Options({"mssql_x": 1})),
    ops.RenameTable("t", "u", "s"),
    ops.CreateTableComment("t", "new", "old", "s"),
    ops.CreateTableComment("t", None),
    ops.DropTableComment("t", "old", "s"),
    ops.AddColumn("t", from_column(EVERY_COLUMN), "s", True, True, True),
    ops.DropColumn("t", "c", "s", True, Options({"mssql_drop_check": True})),
    ops.AlterColumn("t", "c"),
    ops.AlterColumn(
        "t",
        "c",
        nullable=False,
        comment=None,
        server_default=Expression.of(sa.func.now()),
        new_name="d",
        type=SqlType.of(postgresql.JSONB),
        autoincrement=True,
        existing_type=STRING,
        existing_server_default=None,
        existing_nullable=True,
        existing_comment="old",
        existing_autoincrement=False,
        schema="s",
        options=Options({"postgresql_using": "c::jsonb"}),
    ),
    ops.AddConstraint("t", PrimaryKey(("a", "b"), "pk"), "s"),
    ops.AddConstraint("t", Unique(("a",), None, Options({"postgresql_nulls_not_distinct": True}))),
    ops.AddConstraint("t", ForeignKey(("a",), ("s2.u.x",), "fk", Options({"match": "FULL"})), "s1"),
    ops.AddConstraint("t", ForeignKey(("a", "b"), ("u.x", "u.y"))),
    ops.AddConstraint("t", ForeignKey.to(("a.b",), "c.d", ("e.f",), "g.h")),
    ops.AddConstraint("t", Check(Expression.of("a > 'b:c'"), "ck"), "s"),
    ops.AddConstraint("t", Exclude((("p", "&&"),), None, Options({"where": sa.text("p > 1")}))),
    ops.DropConstraint("x", "t", "unique", "s", True),
    ops.DropConstraint("x", "t"),
    ops.DropConstraint(None, "t", "unique"),
    ops.CreateIndex("t", Index(None, ("a",)), "s", True),
    ops.DropIndex("ix", "t", "s", True, Options({"postgresql_concurrently": True})),
    ops.DropIndex("ix"),
    ops.ExecuteSQL.of("UPDATE t SET a = 'x\\:y'", {"stream_results": True}),
    ops.ExecuteSQL.of(
        sa.text("DELETE FROM t WHERE a = :a AND b = :b").bindparams(a=datetime.date(2020, 1, 1), b=None)
    ),
    ops.ExecuteSQL.of(sa.table("t", sa.column("a")).update().values(a="it's :x")),
    ops.AddColumn("t", Column("c", STRING), insert_before="a"),
    ops.AlterColumn("t", "c", nullable=True, insert_after="a"),
    ops.AlterTable("t", recreate="always"),
    ops.AlterTable(
        "t",
        (
            ops.AddColumn("t", from_column(EVERY_COLUMN), "s", True, True, True, insert_after="a"),
            ops.DropColumn("t", "d", "s", True, Options({"mssql_drop_check": True})),
            ops.AlterColumn("t", "c", type=STRING, existing_comment=None, schema="s", insert_before="a"),
            ops.AddConstraint("t", PrimaryKey(("a", "b"), "pk"), "s"),
            ops.AddConstraint("t", Unique(("a",), None, Options({"deferrable": True})), "s"),
            ops.AddConstraint("t", ForeignKey(("a",), ("s2.u.x",), "fk", Options({"match": "FULL"})), "s"),
            ops.AddConstraint("t", Check(Expression.of("a > 'b:c\nd'"), sa.schema.conv("ck")), "s"),
            ops.AddConstraint("t", Exclude((("p", "&&"),), None, Options({"where": sa.text("p > 1")})), "s"),
            ops.DropConstraint("x", "t", "unique", "s"),
            ops.CreateIndex("t", Index("ix", ("a",), True, Options({"mysql_length": 5})), "s", True),
            ops.DropIndex("ix", "t", "s", True),
            ops.CreateTableComment("t", "new", "old", "s"),
            ops.DropTableComment("t", "old", "s"),
        ),
        "s",
        "never",
        (("a", "b"), ("c", "d", "e")),
        Table("t", (Column("a", STRING, comment="it's"),), (Unique(("a",), "uq"),), schema="s"),
        (Column("n", STRING), Check(Expression.of("a > 1"), "ck2"), Index("ix2", ("a",))),
        Options({"sqlite_autoincrement": True}),
        (Column("b", SqlType.of(sa.Boolean(create_constraint=True, name="ck_b"))),),
        Options({"uq": "uq_%(table_name)s_%(column_0_name)s"}),
    ),
    ops.BulkInsert.of(
        sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.Date), schema="s"),
        [{"a": 1, "b": datetime.date(2020, 1, 1)}, {"a": sa.literal_column("1 + 1"), "b": None}],
        multiinsert=False,
    ),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: type(operation).__name__)
def test_source_makes_an_equal_operation(operation: Operation) -> None:
    assert again(operation) == [operation]
    assert hash(again(operation)[0]) == hash(operation)


def test_every_operation_is_tried() -> None:
    def below(cls: type[Operation]) -> set[type[Operation]]:
        return {found for sub in cls.__subclasses__() for found in {sub, *below(sub)}}

    # A dataclass with slots is made twice; the first one stays in __subclasses__ until it is collected.
    # What carries a class of a project has that one's name.
    of_ours = (cls for cls in below(Operation) if getattr(cls, "adopts", None) is None)
    names = {cls.__name__ for cls in of_ours if cls.__module__.startswith("nbmigrate.operations.")}
    # What these stand for is made by classes below them, and a project's own.
    assert {type(operation).__name__ for operation in OPERATIONS} == names - {
        *("Change", "MigrateOperation"),
        *("ReplacedOperation", "_Adopted"),
    }


def test_every_change_is_tried_in_a_batch() -> None:
    (full,) = (
        operation for operation in OPERATIONS if isinstance(operation, ops.AlterTable) and operation.changes
    )
    names = {cls.__name__ for cls in ops.Change.__subclasses__()}
    assert {type(change).__name__ for change in full.changes} == names


def test_operations_differ() -> None:
    assert len(set(OPERATIONS)) == len(OPERATIONS)


TYPES: list[Any] = [
    sa.String(50),
    sa.String(50, collation="nocase"),
    sa.Text(),
    sa.Integer(),
    sa.Numeric(10, 2),
    sa.Float(5),
    sa.Double(53),
    sa.DateTime(timezone=True),
    sa.Interval(),
    sa.Uuid(as_uuid=False),
    sa.PickleType(),
    sa.JSON(none_as_null=True),
    sa.LargeBinary(5),
    sa.Boolean(create_constraint=True, name="ck"),
    sa.Enum("a", "b"),
    sa.Enum("a", "b", name="e", length=10, schema="s"),
    sa.ARRAY(sa.String(5), dimensions=2),
    sa.types.NullType(),
    sa.VARCHAR(5),
    sa.String(5).with_variant(postgresql.CITEXT(), "postgresql").with_variant(mysql.TINYTEXT(), "mysql"),
    Money(10, 2),
    postgresql.JSONB(),
    postgresql.JSONB(astext_type=sa.String(5)),
    postgresql.ARRAY(postgresql.UUID()),
    postgresql.ENUM("a", name="e", create_type=False),
    postgresql.DOMAIN("d", sa.Integer, check="VALUE > 1", not_null=True),
    postgresql.TIMESTAMP(timezone=True, precision=3),
    postgresql.INTERVAL(fields="day"),
    postgresql.TSVECTOR(),
    postgresql.INT4RANGE(),
    mysql.INTEGER(unsigned=True, display_width=4),
    mysql.ENUM("a", "b", charset="utf8mb4"),
    mysql.SET("a", "b"),
    mysql.DATETIME(fsp=6),
    mysql.LONGTEXT(charset="utf8mb4"),
    sqlite.DATETIME(),  # type: ignore[no-untyped-call]
]


@pytest.mark.parametrize("type_", TYPES, ids=repr)
def test_types(type_: Any) -> None:
    operation = ops.AddColumn("t", Column("c", SqlType.of(type_)))
    assert again(operation) == [operation]


def test_types_of_a_dialect_bring_their_import() -> None:
    operation = ops.AddColumn("t", Column("c", SqlType.of(postgresql.JSONB())))
    source = operation.source()
    assert source.text == "op.add_column('t', sa.Column('c', postgresql.JSONB()))"
    assert source.imports == ("from sqlalchemy.dialects import postgresql",)


def test_types_that_differ_are_not_equal() -> None:
    assert SqlType.of(sa.String(5)) != SqlType.of(sa.String(6))
    assert SqlType.of(sa.JSON()) != SqlType.of(postgresql.JSON())
    assert SqlType.of(sa.String(5)) == SqlType.of(sa.String(5))


names = st.text(min_size=1, max_size=20).filter(lambda name: "." not in name)
types: st.SearchStrategy[Any] = st.one_of(
    st.builds(sa.String, st.integers(1, 500)),
    st.builds(sa.Numeric, st.integers(1, 20), st.integers(0, 5)),
    st.builds(sa.DateTime, timezone=st.booleans()),
    st.builds(
        lambda values, name: sa.Enum(*values, name=name), st.lists(names, min_size=1, unique=True), names
    ),
    st.sampled_from(
        [sa.Integer(), sa.Boolean(), sa.Date(), postgresql.JSONB(), mysql.TINYINT(unsigned=True)]
    ),
)
defaults = st.one_of(st.none(), st.text(), st.builds(sa.text, st.text(min_size=1)), st.just(sa.func.now()))


@st.composite
def columns(draw: st.DrawFn) -> sa.Column[Any]:
    primary_key = draw(st.booleans())
    return sa.Column(
        draw(names),
        draw(types),
        *draw(
            st.sampled_from([(), ("u.id",), ("s.u.id", "v.id")]).map(
                lambda targets: map(sa.ForeignKey, targets)
            )
        ),
        primary_key=primary_key,
        nullable=draw(st.booleans()),
        server_default=draw(defaults),
        comment=draw(st.none() | st.text()),
        index=draw(st.none() | st.booleans()),
        unique=draw(st.none() | st.booleans()),
    )


@settings(deadline=None, max_examples=150)
@given(columns())
def test_any_column(column: sa.Column[Any]) -> None:
    operation = ops.AddColumn("t", from_column(column))
    assert again(operation) == [operation]
    # The column was only looked at.
    assert column.table is None


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.just(datetime.UTC) | st.just(zoneinfo.ZoneInfo("Europe/Oslo"))),
    st.timedeltas(),
    st.uuids(),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(scalars, max_size=4))
def test_any_row(values: list[Any]) -> None:
    table = sa.table("t", *(sa.column(f"c{number}") for number in range(4)))
    rows = [{f"c{number}": value for number, value in enumerate(values)}]
    (found,) = again(ops.BulkInsert.of(table, rows))
    assert isinstance(found, ops.BulkInsert)
    assert list(map(_comparable, found.values()[0].values())) == list(map(_comparable, values))


def _comparable(value: Any) -> Any:
    return (type(value), str(value) if isinstance(value, float) and math.isnan(value) else value)


def test_what_has_no_source_says_so() -> None:
    operation = ops.BulkInsert.of(sa.table("t", sa.column("a")), [{"a": object()}])
    with pytest.raises(OperationError, match="cannot be written as Python source"):
        operation.render()


def test_uuid_source() -> None:
    value = uuid.UUID(int=5)
    operation = ops.BulkInsert.of(sa.table("t", sa.column("a", sa.Uuid)), [{"a": value}])
    assert operation.source().imports == ("import uuid",)
