"""Operations as the text of a script: what the shells read is tested in tests/commands/database/test_sql_script.py."""

import datetime
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from nbmigrate import operations as ops
from nbmigrate.database.dry_run.script_writer import ScriptWriter
from nbmigrate.dialects.script.statements import ended, script_dialect
from nbmigrate.errors import OperationError
from nbmigrate.operations import Operations, Recorder


class Words(sa.TypeDecorator[Any]):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        return ",".join(value)


class Shouted(sa.TypeDecorator[Any]):
    impl = sa.String
    cache_ok = True

    def process_literal_param(self, value: Any, dialect: sa.Dialect) -> str:
        return str(value).upper()


class Colour(enum.Enum):
    RED = 1


class Lowered(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> Any:
        return sa.func.lower(bindvalue)


DAY = datetime.date(2020, 1, 2)
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
ZONED = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)

#: A value, the type of its column, and how it is written: by every dialect, or by name.
VALUES: list[tuple[Any, Any, dict[str, str]]] = [
    (None, sa.String(), {"*": "NULL"}),
    (None, sa.JSON(), {"*": "'null'"}),
    (None, sa.JSON(none_as_null=True), {"*": "NULL"}),
    ({"a": "'\\"}, sa.JSON(), {"postgresql": "'{\"a\": \"''\\\\\"}'", "mysql": "'{\"a\": \"''\\\\\\\\\"}'"}),
    ([1], postgresql.JSONB(), {"postgresql": "'[1]'"}),
    ("a'b", None, {"*": "'a''b'"}),
    ("100% %s :x ::y", sa.Text(), {"*": "'100% %s :x ::y'"}),
    ("a\\b", sa.String(), {"*": "'a\\b'", "mysql": "'a\\\\b'", "mariadb": "'a\\\\b'"}),
    (
        "a\rb'\\",
        None,
        {"sqlite": "('a' || char(13) || 'b''\\')", "mysql": "'a\\rb''\\\\'", "postgresql": "'a\rb''\\'"},
    ),
    ("a\0", None, {"sqlite": "('a' || char(0))", "mariadb": "'a\\0'"}),
    ("5", sa.Integer(), {"*": "5"}),
    (5, sa.String(), {"*": "5"}),
    (1.5, sa.Integer(), {"*": "1.5", "mysql": "1.5e0", "mariadb": "1.5e0", "duckdb": "1.5e0"}),
    (1e300, sa.Float(), {"*": "1e+300"}),
    (-0.0, None, {"postgresql": "'-0.0'::float8", "sqlite": "-0.0"}),
    (float("nan"), sa.Float(), {"postgresql": "'NaN'", "sqlite": "NULL"}),
    (float("-inf"), sa.Float(), {"postgresql": "'-Infinity'", "sqlite": "-9e999"}),
    (decimal.Decimal("1E+3"), sa.Numeric(), {"*": "1000", "sqlite": "1000.0"}),
    (decimal.Decimal("0.10"), None, {"*": "0.10", "sqlite": "0.1"}),
    (True, sa.Boolean(), {"postgresql": "true", "sqlite": "1", "mssql": "1"}),
    (1, sa.Boolean(), {"postgresql": "true", "sqlite": "1"}),
    (True, None, {"postgresql": "true", "sqlite": "1", "mysql": "1"}),
    (2**63 - 1, None, {"*": "9223372036854775807"}),
    (DAY, sa.Date(), {"*": "'2020-01-02'", "oracle": "TO_DATE('2020-01-02', 'YYYY-MM-DD')"}),
    (DAY, None, {"*": "'2020-01-02'", "oracle": "TO_DATE('2020-01-02', 'YYYY-MM-DD')"}),
    (
        MOMENT,
        sa.DateTime(),
        {"postgresql": "'2020-01-02 03:04:05.000006'", "mysql": "'2020-01-02 03:04:05.000006'"},
    ),
    (ZONED, None, {"postgresql": "'2020-01-02 00:00:00+00:00'", "mysql": "'2020-01-02 00:00:00'"}),
    (datetime.time(1, 2), sa.Time(), {"postgresql": "'01:02:00'", "mysql": "'01:02:00'"}),
    (
        datetime.timedelta(days=1),
        sa.Interval(),
        {
            "postgresql": "make_interval(secs=>86400.0)",
            "duckdb": "to_microseconds(86400000000)",
            "sqlite": "'1970-01-02 00:00:00.000000'",
        },
    ),
    (
        b"\x00\xff",
        sa.LargeBinary(),
        {
            "*": "X'00FF'",
            "postgresql": "'\\x00FF'::bytea",
            "mssql": "0x00FF",
            "oracle": "HEXTORAW('00FF')",
            "duckdb": "unhex('00FF')",
        },
    ),
    (
        memoryview(b"a"),
        None,
        {
            "*": "X'61'",
            "postgresql": "'\\x61'::bytea",
            "mssql": "0x61",
            "oracle": "HEXTORAW('61')",
            "duckdb": "unhex('61')",
        },
    ),
    (
        uuid.UUID(int=5),
        sa.Uuid(),
        {
            "postgresql": "'00000000-0000-0000-0000-000000000005'",
            "sqlite": "'00000000000000000000000000000005'",
        },
    ),
    (Colour.RED, sa.Enum(Colour, native_enum=False), {"*": "'RED'"}),
    (["a", "b'"], Words(), {"*": "'a,b'''"}),
    ("loud", Shouted(), {"*": "'LOUD'"}),
    ("X", Lowered(), {"*": "lower('X')"}),
    ([1, 2], postgresql.ARRAY(sa.Integer), {"postgresql": "ARRAY[1, 2]"}),
    ({"a": "b"}, postgresql.HSTORE(), {"postgresql": '\'"a"=>"b"\''}),
    (sa.func.now(), None, {"postgresql": "now()"}),
]
NAMES = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle", "duckdb")


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    dialect = script_dialect(name=name)
    for value, type_, written in VALUES:
        expected = written.get(name, written.get("*"))
        if expected is None or (value == DAY and type_ is None and name == "oracle"):
            continue
        insert = ops.BulkInsert.of(sa.table("t", sa.column("x", type_)), [{"x": value}])
        found = [text for text in texts_of(dialect, insert) if "IDENTITY_INSERT" not in text]
        assert found == [f"INSERT INTO t (x) VALUES ({expected})"]


CANNOT = [
    ("sqlite", 2**63, None, "too large for SQLite's 64 bits"),
    ("mysql", float("inf"), sa.Float(), "mysql has no literal for Infinity"),
    ("oracle", decimal.Decimal("NaN"), sa.Numeric(), "oracle has no literal for NaN"),
    ("postgresql", "a\0b", sa.Text(), "'a\\x00b' holds a zero byte"),
    ("postgresql", "\ud800", sa.Text(), "holds half a character, which UTF-8 cannot write"),
    ("postgresql", object, None, "<class 'object'> has no literal form"),
    ("postgresql", {"a": 1}, None, "{'a': 1} has no literal form"),
    ("postgresql", 5, sa.Enum(Colour, native_enum=False), "5 is no value of Enum"),
    ("sqlite", "no", sa.Date(), "'no' is no value of DATE"),
]


@pytest.mark.parametrize(("name", "value", "type_", "said"), CANNOT)
def test_values_without_a_literal(name: str, value: Any, type_: Any, said: str) -> None:
    insert = ops.BulkInsert.of(sa.table("t", sa.column("x", type_)), [{"x": value}])
    with pytest.raises(OperationError) as caught:
        texts_of(script_dialect(name=name), insert)
    assert caught.value.message.startswith("This cannot be written as SQL: Insert 1 row into table t: ")
    assert said in caught.value.message


ENDS = [
    ("sqlite", "SELECT 1", "SELECT 1;"),
    ("sqlite", "SELECT 1 ; ", "SELECT 1;"),
    ("sqlite", "SELECT 1 -- all", "SELECT 1 -- all\n;"),
    ("sqlite", "SELECT '--'", "SELECT '--';"),
    ("sqlite", "CREATE TRIGGER t BEGIN a; b; END", "CREATE TRIGGER t BEGIN a; b; END;"),
    ("mysql", "SELECT 1 # all", "SELECT 1 # all\n;"),
    (
        "mysql",
        "CREATE TRIGGER t BEGIN a; END",
        "DELIMITER //\nCREATE TRIGGER t BEGIN a; END\n//\nDELIMITER ;",
    ),
    (
        "mariadb",
        "BEGIN NOT ATOMIC a; /* // */ END",
        "DELIMITER $$\nBEGIN NOT ATOMIC a; /* // */ END\n$$\nDELIMITER ;",
    ),
    ("mysql", "INSERT INTO t VALUES (';')", "INSERT INTO t VALUES (';');"),
    ("oracle", "BEGIN a; END;", "BEGIN a; END;"),
]


@pytest.mark.parametrize(("name", "text", "expected"), ENDS)
def test_the_end_of_a_statement(name: str, text: str, expected: str) -> None:
    assert ended(text, script_dialect(name=name)) == expected


def written(name: str, ask: Any) -> list[str]:
    """Return the statements of what is asked of `op`, in one script."""
    recorder = Recorder()
    ask(Operations(recorder))
    return texts_of(script_dialect(name=name), *recorder.operations)


def texts_of(dialect: sa.Dialect, *operations: ops.Operation) -> list[str]:
    writer = ScriptWriter(dialect, lambda _: None)
    for operation in operations:
        writer.operation(operation)
    return writer.statements


def test_defaults_of_python() -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer, default=5),
        sa.Column("c", sa.String, default=lambda: "it's", onupdate=lambda: "new"),
        sa.Column("d", sa.String, default=sa.func.lower("X")),
    )

    def ask(op: Operations) -> None:
        op.bulk_insert(table, [{"a": 1}, {"a": 2, "b": 3, "c": "x", "d": "y"}])
        op.execute(table.insert().values(a=4))
        op.execute(table.update().values(a=6))

    assert written("postgresql", ask) == [
        "INSERT INTO t (a, b, c, d) VALUES (1, 5, 'it''s', lower('X'))",
        "INSERT INTO t (a, b, c, d) VALUES (2, 3, 'x', 'y')",
        "INSERT INTO t (a, b, c, d) VALUES (4, 5, 'it''s', lower('X'))",
        "UPDATE t SET a=6, c='new'",
    ]


def test_a_default_of_other_values_is_refused() -> None:
    column = sa.Column("b", sa.Integer, default=lambda context: context.get_current_parameters()["a"])
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), column)
    with pytest.raises(OperationError, match="the default of column b is computed when it runs"):
        written("sqlite", lambda op: op.bulk_insert(table, [{"a": 1}]))


def test_text_of_a_person_is_kept_to_the_letter() -> None:
    text = "CREATE FUNCTION f() RETURNS text AS $$\n\tSELECT 'a\n  \tb'; \n$$ LANGUAGE sql"
    assert written("postgresql", lambda op: op.execute(text.replace(":", "\\:"))) == [text]
    assert written("mysql", lambda op: op.execute(r"SELECT 'a\:b', 100 % 7")) == ["SELECT 'a:b', 100 % 7"]


def test_a_type_is_made_once_in_a_script() -> None:
    def column() -> sa.Column[Any]:
        return sa.Column("c", sa.Enum("x", "y", name="colour"))

    def ask(op: Operations) -> None:
        op.create_table("a", column())
        op.create_table("b", column())
        op.add_column("c", column())
        op.execute("DROP TYPE colour")
        op.create_table("d", column())

    made = [text.startswith("CREATE TYPE colour") for text in written("postgresql", ask)]
    assert made == [True, False, False, False, False, True, False]
    # A column's type may have been there before the script begins.
    assert (
        "EXCEPTION WHEN duplicate_object" in written("postgresql", lambda op: op.add_column("c", column()))[0]
    )


def test_many_rows_are_all_there() -> None:
    rows = [{"id": number} for number in range(1_000)]
    found = written("sqlite", lambda op: op.bulk_insert(sa.table("t", sa.column("id")), rows))
    assert found == [f"INSERT INTO t (id) VALUES ({number})" for number in range(1_000)]
    assert written("sqlite", lambda op: op.bulk_insert(sa.table("t", sa.column("id")), [{}])) == [
        "INSERT INTO t DEFAULT VALUES"
    ]


def alterations(op: Operations) -> None:
    op.add_column("t", sa.Column("n", sa.Integer, nullable=False, server_default="1"))
    op.alter_column("t", "n", type_=sa.String(5), existing_type=sa.Integer(), existing_nullable=False)
    op.alter_column("t", "n", nullable=True, existing_type=sa.Integer())
    op.alter_column("t", "n", server_default="it's", existing_type=sa.String(5))
    op.alter_column("t", "n", server_default=None, existing_type=sa.String(5))
    op.alter_column("t", "n", new_column_name="m n", schema="s")
    op.rename_table("t", "z", schema="s")
    op.alter_column("t", "n", comment="it's", existing_type=sa.Integer())
    op.drop_index("ix", "t")


DROPPED_DEFAULT = (
    "DECLARE @constraint nvarchar(300) = (SELECT QUOTENAME(name) FROM sys.default_constraints "
    "WHERE parent_object_id = OBJECT_ID('t') AND COL_NAME(parent_object_id, parent_column_id) = 'n')\n"
    "EXEC('ALTER TABLE t DROP CONSTRAINT ' + @constraint)"
)

#: What alembic writes too, but for the way a default of SQL Server is dropped.
ALTERED = {
    "mssql": [
        "ALTER TABLE t ADD n INTEGER NOT NULL DEFAULT '1'",
        "ALTER TABLE t ALTER COLUMN n VARCHAR(5) NOT NULL",
        "ALTER TABLE t ALTER COLUMN n INTEGER NULL",
        "ALTER TABLE t ADD DEFAULT 'it''s' FOR n",
        DROPPED_DEFAULT,
        "EXEC sp_rename 's.t.n', [m n], 'COLUMN'",
        "EXEC sp_rename 's.t', z",
        "execute sp_addextendedproperty 'MS_Description', N'it''s', 'schema', dbo, 'table', t, 'column', n",
        "DROP INDEX ix ON t",
    ],
    "oracle": [
        "ALTER TABLE t ADD n INTEGER DEFAULT '1' NOT NULL",
        "ALTER TABLE t MODIFY n VARCHAR2(5 CHAR)",
        "ALTER TABLE t MODIFY n NULL",
        "ALTER TABLE t MODIFY n DEFAULT 'it''s'",
        "ALTER TABLE t MODIFY n DEFAULT NULL",
        'ALTER TABLE s.t RENAME COLUMN n TO "m n"',
        "ALTER TABLE s.t RENAME TO z",
        "COMMENT ON COLUMN t.n IS 'it''s'",
        "DROP INDEX ix",
    ],
}


@pytest.mark.parametrize("name", ALTERED)
def test_databases_that_alter_in_their_own_way(name: str) -> None:
    assert written(name, alterations) == ALTERED[name]


def dropped(kind: str) -> str:
    return DROPPED_DEFAULT.replace("default_constraints", kind)


def on_mssql(ask: Callable[[Operations], Any]) -> list[str]:
    return written("mssql", ask)


def test_sql_server_drops_what_stands_in_the_way_of_a_column_first() -> None:
    found = on_mssql(
        lambda op: op.drop_column(
            "t", "n", mssql_drop_default=True, mssql_drop_check=True, mssql_drop_foreign_key=True
        )
    )
    assert found[:2] == [DROPPED_DEFAULT, dropped("check_constraints")]
    assert "sys.foreign_keys k JOIN sys.foreign_key_columns c" in found[2]
    assert found[2].endswith("EXEC('ALTER TABLE t DROP CONSTRAINT ' + @constraint)")
    assert found[3:] == ["ALTER TABLE t DROP COLUMN n"]
    assert on_mssql(lambda op: op.drop_column("t", "n", mssql_drop_check=False)) == [
        "ALTER TABLE t DROP COLUMN n"
    ]


def test_sql_server_changes_the_type_between_the_old_default_and_the_new() -> None:
    known: dict[str, Any] = {
        "existing_nullable": False,
        "existing_server_default": "0",
        "existing_type": sa.String(5),
    }
    assert on_mssql(
        lambda op: op.alter_column("t", "n", type_=sa.Integer(), server_default="1", **known)
    ) == [
        DROPPED_DEFAULT,
        "ALTER TABLE t ALTER COLUMN n INTEGER NOT NULL",
        "ALTER TABLE t ADD DEFAULT '1' FOR n",
    ]


def test_sql_server_is_told_whether_a_comment_is_there() -> None:
    def words(**options: Any) -> str:
        (text,) = on_mssql(lambda op: op.alter_column("t", "n", **options))
        return text

    of_column = "'schema', dbo, 'table', t, 'column', n"
    assert words(comment="a") == f"execute sp_addextendedproperty 'MS_Description', N'a', {of_column}"
    assert words(comment="sp_addextendedproperty", existing_comment="b") == (
        f"execute sp_updateextendedproperty 'MS_Description', N'sp_addextendedproperty', {of_column}"
    )
    assert words(comment=None) == f"execute sp_dropextendedproperty 'MS_Description', {of_column}"
    (text,) = on_mssql(lambda op: op.create_table_comment("t", "a", existing_comment="b"))
    assert text == "execute sp_updateextendedproperty 'MS_Description', N'a', 'schema', dbo, 'table', t"


def test_a_type_alone_makes_a_column_of_sql_server_null_and_is_said() -> None:
    for text in (
        *on_mssql(lambda op: op.alter_column("t", "n", type_=sa.Integer())),
        *on_mssql(lambda op: batch_of_type(op)),
    ):
        assert text == (
            "-- SQL Server makes column n of table t NULL with its new type, unless nullable= or existing_nullable= is "
            "False\nALTER TABLE t ALTER COLUMN n INTEGER"
        )
    assert on_mssql(lambda op: op.alter_column("t", "n", type_=sa.Integer(), existing_nullable=True)) == [
        "ALTER TABLE t ALTER COLUMN n INTEGER NULL"
    ]


def batch_of_type(op: Operations) -> None:
    with op.batch_alter_table("t") as batch_op:
        batch_op.alter_column("n", type_=sa.Integer())


def test_ids_of_a_table_of_which_little_is_known() -> None:
    names = ("id", "it's", "x")
    table = sa.table("t", *(sa.column(name) for name in names), schema="s")
    guard = (
        "IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID('s.t') AND name IN ('id', 'it''s')) "
        "SET IDENTITY_INSERT s.t {}"
    )
    assert on_mssql(lambda op: op.bulk_insert(table, [{"id": 1, "it's": 2, "x": "y"}])) == [
        guard.format("ON"),
        "INSERT INTO s.t (id, [it's], x) VALUES (1, 2, 'y')",
        guard.format("OFF"),
    ]
    assert on_mssql(lambda op: op.bulk_insert(table, [])) == []


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("mssql", "mssql_using"),
        ("postgresql", "postgresql_usng"),
        ("mysql", "mysql_using"),
        ("oracle", "oracle_x"),
    ],
)
def test_an_option_that_has_no_effect_is_said(name: str, option: str) -> None:
    options: dict[str, Any] = {option: "x", "firebird_y": 1}

    def ask(op: Operations) -> None:
        op.alter_column("t", "n", existing_type=sa.Integer(), nullable=True, **options)

    (text,) = written(name, ask)
    remark, _, statement = text.partition("\n")
    assert remark == f"-- alter_column of column n of table t: {option}= has no effect"
    assert statement.startswith("ALTER TABLE t")
    assert "has no effect" not in "".join(
        written(
            "postgresql", lambda op: op.alter_column("t", "n", type_=sa.Integer(), postgresql_using="n::int")
        )
    )


def test_oracle_has_an_empty_text_for_no_comment() -> None:
    assert written("oracle", lambda op: op.alter_column("t", "n", comment=None)) == [
        "COMMENT ON COLUMN t.n IS ''"
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"server_default": sa.Identity()}, ["MODIFY n GENERATED BY DEFAULT AS IDENTITY"]),
        (
            {"server_default": sa.Identity(always=True, start=3), "existing_server_default": "7"},
            ["MODIFY n GENERATED ALWAYS AS IDENTITY (START WITH 3)"],
        ),
        (
            {
                "server_default": sa.Identity(oracle_on_null=True, cache=5, oracle_order=True),
                "existing_server_default": sa.Identity(always=True),
            },
            ["MODIFY n GENERATED BY DEFAULT ON NULL AS IDENTITY (CACHE 5 ORDER)"],
        ),
        (
            {"server_default": sa.Identity(always=None, start=3)},
            ["MODIFY n GENERATED  AS IDENTITY (START WITH 3)"],
        ),
        ({"server_default": None, "existing_server_default": sa.Identity()}, ["MODIFY n DROP IDENTITY"]),
        (
            {"server_default": "7", "existing_server_default": sa.Identity(always=True)},
            ["MODIFY n DROP IDENTITY", "MODIFY n DEFAULT '7'"],
        ),
        (
            {"nullable": False, "existing_server_default": sa.Identity()},
            ["MODIFY n NOT NULL"],
        ),
    ],
)
def test_oracle_makes_a_column_an_identity_column_and_an_ordinary_one(
    change: dict[str, Any], expected: list[str]
) -> None:
    statements = written("oracle", lambda op: op.alter_column("t", "n", existing_type=sa.Integer(), **change))
    assert statements == [f"ALTER TABLE t {one}" for one in expected]


@pytest.mark.parametrize("name", ["mysql", "mariadb"])
def test_the_default_of_a_function_leaves_the_rest_of_the_column(name: str) -> None:
    change = {"server_default": sa.func.foo()}
    for known in (
        {},
        {"existing_type": sa.String(5)},
        {"existing_type": sa.String(5), "existing_nullable": False},
    ):
        assert written(name, lambda op, known=known: op.alter_column("t", "n", **change, **known)) == [
            "ALTER TABLE t ALTER COLUMN n SET DEFAULT foo()"
        ]
    of_time = {"existing_type": sa.DateTime(), "existing_nullable": False}
    assert written(name, lambda op: op.alter_column("t", "n", **change, **of_time)) == [
        "ALTER TABLE t MODIFY n DATETIME NOT NULL DEFAULT foo()"
    ]
