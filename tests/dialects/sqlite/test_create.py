"""CREATE TABLE of ordinary tables is what SQLAlchemy writes, byte for byte, and others are left to it."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles, deregister
from sqlalchemy.schema import CreateColumn, CreateTable

from nbmigrate import operations as ops
from nbmigrate.dialects import statements
from nbmigrate.dialects.sqlite.dialect import written_table
from nbmigrate.dialects.statement import tidy
from nbmigrate.schema import is_ordinary, table_of, to_table

DIALECT = sqlite.dialect()
NAMES = st.one_of(
    st.sampled_from(
        ["id", "name", "order", "select", "Mixed", "with space", 'quo"te', "naïve", "a.b", "1st", "_x"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8),
)
TYPES = st.one_of(
    st.sampled_from(
        [sa.Integer, sa.SmallInteger, sa.BigInteger, sa.Text, sa.UnicodeText, sa.Float, sa.Double]
    ),
    st.sampled_from([sa.Date, sa.DateTime, sa.Time, sa.Boolean, sa.LargeBinary, sa.JSON, sa.REAL, sa.BLOB]),
    st.builds(sa.String, st.none() | st.integers(1, 500), collation=st.none() | st.just("NOCASE")),
    st.builds(sa.Unicode, st.integers(1, 500)),
    st.builds(sa.CHAR, st.integers(1, 9)),
    st.builds(sa.Numeric, st.none() | st.integers(1, 20), st.none() | st.integers(0, 5)),
    st.builds(sa.DateTime, timezone=st.booleans()),
    # Not ordinary: what is written for them is SQLAlchemy's business.
    st.just(sa.Enum("a", "b", name="letters")),
    st.just(sa.Boolean(create_constraint=True)),
    st.just(sa.String(9).with_variant(sa.Text(), "sqlite")),
)
DEFAULTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.builds(
        sa.text,
        st.sampled_from(
            ["0", "CURRENT_TIMESTAMP", "(1 + 2)", "'x'", "(datetime('now'))", "-1", "1.5", "a || 'b'"]
        ),
    ),
    st.just(sa.func.now()),
)
RULES = st.none() | st.sampled_from(["CASCADE", "SET NULL", "RESTRICT"])
OPTIONAL_NAMES = st.none() | NAMES


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what `op.create_table` is given after the name."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.lower))
    some = st.lists(st.sampled_from(names), min_size=1, unique=True)
    key_in_columns = draw(st.booleans())
    items: list[Any] = [_column(draw, name, key_in_columns) for name in names]
    if not key_in_columns and draw(st.booleans()):
        items.append(sa.PrimaryKeyConstraint(*draw(some), name=draw(OPTIONAL_NAMES)))
    uniques = range(draw(st.integers(0, 2)))
    items += [sa.UniqueConstraint(*draw(some), name=draw(OPTIONAL_NAMES)) for _ in uniques]
    if draw(st.booleans()):
        columns, name = draw(some), draw(OPTIONAL_NAMES)
        targets = [f"other.{number}" for number in range(len(columns))]
        items.append(
            sa.ForeignKeyConstraint(columns, targets, name=name, ondelete=draw(RULES), onupdate=draw(RULES))
        )
    if draw(st.booleans()):
        condition = draw(st.sampled_from(["a > 0", "b <> 'x\n'", "c % 2 = 0", "d <> ':e'"]))
        items.append(sa.CheckConstraint(condition, name=draw(OPTIONAL_NAMES)))
    return tuple(draw(st.permutations(items))), draw(
        st.sampled_from([{}, {}, {}, {"comment": "x"}, {"schema": "s"}])
    )


def _column(draw: st.DrawFn, name: str, key_in_columns: bool) -> "sa.Column[Any]":
    items: list[Any] = []
    if draw(st.integers(0, 4)) == 0:
        items.append(sa.ForeignKey("parent.id", name=draw(OPTIONAL_NAMES), ondelete=draw(RULES)))
    if draw(st.integers(0, 4)) == 0:
        items.append(sa.CheckConstraint("1 < 2", name=draw(OPTIONAL_NAMES)))
    keywords: dict[str, Any] = {"server_default": draw(DEFAULTS)}
    if key_in_columns and draw(st.booleans()):
        keywords["primary_key"] = True
    if draw(st.booleans()):
        keywords["nullable"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        keywords["unique"] = True
    return sa.Column(name, draw(TYPES), *items, **keywords)


def by_sqlalchemy(operation: ops.CreateTable) -> str:
    return str(
        CreateTable(to_table(operation.table), if_not_exists=bool(operation.if_not_exists)).compile(
            dialect=DIALECT
        )
    )


@settings(max_examples=300)
@given(NAMES, tables(), st.booleans())
def test_ordinary_tables_are_written_as_sqlalchemy_writes_them(
    name: str, given_: tuple[tuple[Any, ...], dict[str, Any]], if_not_exists: bool
) -> None:
    operation = ops.CreateTable(table_of(name, *given_), if_not_exists)
    written = written_table(operation, DIALECT)
    assert (written is not None) == is_ordinary(operation.table)
    if written is not None:
        assert written.compiled == by_sqlalchemy(operation)
        assert written.text == tidy(written.compiled)
        assert str(written.compile(dialect=DIALECT)) == written.compiled


def written(*items: Any, **keywords: Any) -> bool:
    return written_table(ops.CreateTable(table_of("t", items, keywords)), DIALECT) is not None


KEY = sa.Column("id", sa.Integer, primary_key=True)


@pytest.mark.parametrize(
    "items",
    [
        (KEY,),
        (KEY, sa.Column("name", sa.String(50), nullable=False, unique=True, comment="what it is called")),
        (sa.Column("id", sa.Integer), sa.PrimaryKeyConstraint("id", name="pk_t")),
        (KEY, sa.Column("at", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP"))),
        (KEY, sa.Column("u_id", sa.Integer, sa.ForeignKey("u.id", ondelete="CASCADE"))),
        (KEY, sa.CheckConstraint("id > 0", name="ck"), sa.UniqueConstraint("id")),
    ],
)
def test_these_are_ordinary(items: tuple[Any, ...]) -> None:
    assert written(*items)


class Money(sa.types.TypeDecorator[int]):
    """A type of a project's own."""

    impl = sa.Integer
    cache_ok = True


@pytest.mark.parametrize(
    "items",
    [
        (KEY, sa.Column("name", sa.String(50), index=True)),
        (KEY, sa.Column("price", Money)),
        (KEY, sa.Column("letter", sa.Enum("a", "b", create_constraint=True, name="letters"))),
        (KEY, sa.Column("flag", sa.Boolean(create_constraint=True))),
        (KEY, sa.Column("twice", sa.Integer, sa.Computed("id * 2"))),
        (KEY, sa.Column("low", sa.Integer, server_default=sa.text("-1"))),
        (KEY, sa.Column("at", sa.DateTime, server_default=sa.func.now())),
        (KEY, sa.Column("u_id", sa.Integer, sa.ForeignKey("s.u.id"))),
        (KEY, sa.Column("mine", sa.Integer, sa.ForeignKey("t.id"))),
        (KEY, sa.Column("id", sa.Integer)),
        (KEY, sa.PrimaryKeyConstraint("id")),
        (KEY, sa.UniqueConstraint("absent")),
        (KEY, sa.UniqueConstraint("id", sqlite_on_conflict="IGNORE")),
        (KEY, sa.CheckConstraint("id > :x")),
        (),
    ],
)
def test_these_are_not(items: tuple[Any, ...]) -> None:
    assert not written(*items)


@pytest.mark.parametrize(
    "keywords", [{"schema": "s"}, {"prefixes": ["TEMPORARY"]}, {"sqlite_autoincrement": True}], ids=str
)
def test_keywords_are_for_sqlalchemy(keywords: dict[str, Any]) -> None:
    assert not written(KEY, **keywords)


def test_a_naming_convention_counts_where_it_names_something() -> None:
    value = table_of("t", (KEY,), {})
    assert is_ordinary(replace(value, naming_convention=sa.MetaData().naming_convention))
    assert not is_ordinary(replace(value, naming_convention={"pk": "pk_%(table_name)s"}))


def test_a_compiler_of_the_projects_own_is_asked() -> None:
    @compiles(CreateColumn, "sqlite")
    def shout(element: CreateColumn, compiler: Any, **keywords: Any) -> str:
        return str(compiler.visit_create_column(element, **keywords)).upper()

    try:
        assert not written(KEY)
        (statement,) = statements(ops.CreateTable(table_of("t", (KEY,), {})), DIALECT)
        assert "ID INTEGER" in statement.text
    finally:
        deregister(CreateColumn)
    assert written(KEY)


def test_who_listens_to_tables_is_told_of_every_one() -> None:
    def add(table: sa.Table, _: sa.MetaData) -> None:
        table.append_column(sa.Column("added", sa.Integer))

    sa.event.listen(sa.Table, "after_parent_attach", add)
    try:
        (statement,) = statements(ops.CreateTable(table_of("t", (KEY,), {})), DIALECT)
    finally:
        sa.event.remove(sa.Table, "after_parent_attach", add)
    assert "added INTEGER" in statement.text
    assert written(KEY)


def test_schemas_put_in_when_it_runs_are_put_in() -> None:
    (statement,) = statements(ops.CreateTable(table_of("t", (KEY,), {})), DIALECT)
    text = str(
        statement.executable.compile(
            dialect=DIALECT, schema_translate_map={None: "other"}, render_schema_translate=True
        )
    )
    assert text.startswith("\nCREATE TABLE other.t (")
