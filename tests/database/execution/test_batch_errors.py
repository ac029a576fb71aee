"""What a batch lacks raises an error of ours that is also of the kind that Alembic raises, on every database.

Revisions written for Alembic catch these: `except ValueError` around the constraint that may be missing.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.backends.sqlite.existing import stored_table
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.errors import (
    ColumnNotFoundError,
    ConstraintNotFoundError,
    MigrateError,
    MigrationFailedError,
    TableNotFoundError,
    UnsupportedOperationError,
)
from nbmigrate.operations import BatchOperations
from nbmigrate.schema.table import NoSuchTableError
from tests.database.backends.sqlite.test_batch import run

Change = Callable[[BatchOperations], Any]
LACKING: dict[str, tuple[str, Change, type[MigrateError], type[Exception]]] = {
    "constraint": ("t", lambda b: b.drop_constraint("nope", "check"), ConstraintNotFoundError, ValueError),
    "unique": ("t", lambda b: b.drop_constraint("nope", "unique"), ConstraintNotFoundError, ValueError),
    "foreign key": (
        "t",
        lambda b: b.drop_constraint("nope", "foreignkey"),
        ConstraintNotFoundError,
        ValueError,
    ),
    "index": ("t", lambda b: b.drop_index("nope"), ConstraintNotFoundError, ValueError),
    "dropped column": ("t", lambda b: b.drop_column("nope"), ColumnNotFoundError, KeyError),
    "altered column": ("t", lambda b: b.alter_column("nope", nullable=False), ColumnNotFoundError, KeyError),
    "renamed column": (
        "t",
        lambda b: b.alter_column("nope", new_column_name="x", existing_type=sa.Integer()),
        ColumnNotFoundError,
        KeyError,
    ),
    "column of a unique constraint": (
        "t",
        lambda b: b.create_unique_constraint("uq", ["nope"]),
        ColumnNotFoundError,
        KeyError,
    ),
    "column of an index": ("t", lambda b: b.create_index("ix", ["nope"]), ColumnNotFoundError, KeyError),
    "table": ("no_t", lambda b: b.drop_column("a"), TableNotFoundError, sa.exc.NoSuchTableError),
    "table of a new column": (
        "no_t",
        lambda b: b.add_column(sa.Column("n", sa.Integer)),
        TableNotFoundError,
        sa.exc.NoSuchTableError,
    ),
    "table of a changed column": (
        "no_t",
        lambda b: b.alter_column("a", nullable=False),
        TableNotFoundError,
        sa.exc.NoSuchTableError,
    ),
}


def _change(table: str, change: Change) -> None:
    with op.batch_alter_table(table) as batch_op:
        change(batch_op)


def _table() -> None:
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))
    op.create_table("u", sa.Column("t_id", sa.Integer, sa.ForeignKey("t.id", name="fk_u")))


@pytest.mark.parametrize("case", LACKING)
def test_what_is_not_there_is_both_kinds(connection: sa.Connection, case: str) -> None:
    table, change, ours, alembics = LACKING[case]
    caught: list[BaseException] = []

    def upgrade() -> None:
        _table()
        try:
            _change(table, change)
        except alembics as error:
            caught.append(error)
        # The revision goes on, with the table as it was.
        op.add_column("t", sa.Column("later", sa.Integer))

    run(connection, upgrade)
    (error,) = caught
    assert isinstance(error, ours)
    assert "nope" in str(error) or "no_t" in str(error)
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id", "a", "later"]


@pytest.mark.parametrize("case", LACKING)
def test_uncaught_it_is_one_plain_error(connection: sa.Connection, case: str) -> None:
    table, change, _, _ = LACKING[case]

    def upgrade() -> None:
        _table()
        _change(table, change)

    with pytest.raises(MigrationFailedError) as caught:
        run(connection, upgrade)
    assert "nope" in caught.value.message or "no_t" in caught.value.message
    assert f"line {_change.__code__.co_firstlineno + 1}" in caught.value.message
    assert "KeyError" not in caught.value.message


@pytest.mark.parametrize("kind", [None, "check"])
def test_a_constraint_without_a_name_that_is_not_there(connection: sa.Connection, kind: str | None) -> None:
    def upgrade() -> None:
        _table()
        with pytest.raises(ValueError, match=r"has no name|does not say which constraint"):
            _change("t", lambda b: b.drop_constraint(None, type_=kind))
        op.add_column("t", sa.Column("later", sa.Integer))

    run(connection, upgrade)


def test_a_batch_on_a_server_keeps_the_kind_that_its_driver_has(postgresql_url: str) -> None:
    def upgrade() -> None:
        _table()
        with pytest.raises(sa.exc.ProgrammingError, match="nope") as caught:
            _change("t", lambda b: b.drop_constraint("nope"))
        assert caught.value.orig is not None
        assert "nope" in str(caught.value.statement)

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        run(connection, upgrade)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_batch_that_fails_in_the_middle_leaves_nothing(connection: sa.Connection) -> None:
    def upgrade() -> None:
        _table()
        with pytest.raises(ValueError, match="nope"), op.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("half", sa.Integer))
            batch_op.drop_index("nope")

    run(connection, upgrade)
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id", "a"]


def test_what_a_batch_cannot_be_asked_for() -> None:
    def refused(connection: sa.Connection) -> None:
        with pytest.raises(ValueError, match="recreate='sometimes'"):
            op.batch_alter_table("t", recreate="sometimes").__enter__()  # type: ignore[arg-type]
        with pytest.raises(NotImplementedError), op.batch_alter_table("t") as batch_op:
            batch_op.rename_table("t", "v")
        with pytest.raises(NotImplementedError), op.batch_alter_table("t", recreate="never") as batch_op:
            batch_op.alter_column("a", nullable=False)
        with (
            pytest.raises(UnsupportedOperationError),
            op.batch_alter_table("t", recreate="never") as batch_op,
        ):
            batch_op.create_unique_constraint("uq", ["a"])

    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        run(connection, lambda: refused(connection))


@pytest.mark.parametrize("kind", ["foreignkey", "unique", "primary", "check"])
@pytest.mark.parametrize("in_batch", [True, False])
def test_a_wrong_name_drops_no_other_constraint(sqlite: sa.Connection, kind: str, in_batch: bool) -> None:
    sqlite.exec_driver_sql("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    sqlite.exec_driver_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, c INTEGER REFERENCES p (id), CHECK (a > 0))"
    )
    before = sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar()
    sqlite.commit()

    def upgrade() -> None:
        with pytest.raises(ValueError, match="has no constraint 'not_there'") as caught:
            if in_batch:
                _change("t", lambda b: b.drop_constraint("not_there", type_=kind))
            else:
                op.drop_constraint("not_there", "t", type_=kind)
        assert f"drop_constraint(None, type_={kind!r})" in str(caught.value)

    run(sqlite, upgrade)
    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar() == before


@pytest.mark.parametrize("kind", ["foreignkey", "unique", "primary", "check"])
def test_the_kind_decides_where_no_name_is_given(sqlite: sa.Connection, kind: str) -> None:
    sqlite.exec_driver_sql("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    sqlite.exec_driver_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, c INTEGER REFERENCES p (id), CHECK (a > 0))"
    )
    sqlite.commit()
    words = {"foreignkey": "REFERENCES", "unique": "UNIQUE", "primary": "PRIMARY", "check": "CHECK"}

    def upgrade() -> None:
        _change("t", lambda b: b.drop_constraint(None, type_=kind))
        with pytest.raises(ValueError, match="none of that kind"):
            _change("t", lambda b: b.drop_constraint(None, type_=kind))

    run(sqlite, upgrade)
    text = str(sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar())
    assert [word for word in words.values() if word not in text] == [words[kind]]


@pytest.mark.parametrize("case", LACKING)
def test_on_duckdb_too(case: str) -> None:
    table, change, ours, alembics = LACKING[case]
    caught: list[BaseException] = []

    def upgrade() -> None:
        _table()
        with pytest.raises(alembics) as failed:
            _change(table, change)
        caught.append(failed.value)

    with sa.create_engine("duckdb:///:memory:").connect() as connection, suppress(MigrateError):
        # DuckDB has no savepoint to go back to: the revision cannot go on.
        run(connection, upgrade)
    assert [isinstance(error, ours) for error in caught] == [True]


def test_ours_that_is_sqlalchemys_too_is_raised_as_it_is(sqlite: sa.Connection) -> None:
    with pytest.raises(NoSuchTableError) as caught, read_only_session(sqlite):
        stored_table(sqlite, "nope")
    assert caught.value.__cause__ is None
    assert str(caught.value) == "There is no table 'nope'.\nThe database has no tables."
