"""Tables as values, from MetaData and back."""

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from nbmigrate.schema import Column, SqlType, Table, from_column, from_table, table_of, to_column, to_table


def build(metadata: sa.MetaData) -> sa.Table:
    sa.Table("u", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("u_id", sa.Integer, sa.ForeignKey("u.id", ondelete="CASCADE"), index=True),
        sa.Column("name", sa.String(50), sa.CheckConstraint("name <> ''"), unique=True, nullable=False),
        sa.Column("flag", sa.Boolean(create_constraint=True, name="ck_flag"), server_default=sa.false()),
        sa.Column("mine", sa.Integer, sa.ForeignKey("t.id")),
        comment="a table",
    )


def test_two_like_tables_are_equal() -> None:
    assert from_table(build(sa.MetaData())) == from_table(build(sa.MetaData()))


def test_it_does_not_matter_where_the_keys_are_written() -> None:
    inside = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer, primary_key=True),
        sa.Column("b", sa.Integer, unique=True),
    )
    apart = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer, nullable=False),
        sa.Column("b", sa.Integer),
        sa.UniqueConstraint("b"),
        sa.PrimaryKeyConstraint("a"),
    )
    assert from_table(inside) == from_table(apart)
    assert from_table(inside) != from_table(sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer)))


def test_to_table_and_back() -> None:
    value = from_table(build(sa.MetaData()))
    assert from_table(to_table(value)) == value


def test_ddl_of_a_table_made_again() -> None:
    made = str(CreateTable(to_table(from_table(build(sa.MetaData())))))
    assert [line.strip(", ") for line in made.strip().split("\n\t")] == [
        "CREATE TABLE t (",
        "id INTEGER NOT NULL",
        "u_id INTEGER",
        "name VARCHAR(50) NOT NULL CHECK (name <> '')",
        "flag BOOLEAN DEFAULT false",
        "mine INTEGER",
        "PRIMARY KEY (id)",
        "FOREIGN KEY(mine) REFERENCES t (id)",
        "FOREIGN KEY(u_id) REFERENCES u (id) ON DELETE CASCADE",
        "UNIQUE (name)\n)",
    ]


def test_a_type_is_not_shared_between_columns() -> None:
    value = Column("e", SqlType.of(sa.Enum("a", name="e")))
    assert to_column(value).type is not to_column(value).type


def test_a_column_is_left_free() -> None:
    column = sa.Column("a", sa.Integer, sa.ForeignKey("u.id"))
    value = table_of("t", (column,), {})
    assert value == Table("t", (from_column(column),))
    assert to_table(value).columns["a"] is not column
    assert column.table is None
