"""What is said of a name that the database does not know, and of a change that its rows do not let be."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET

from nbmigrate import op
from nbmigrate.errors import MigrateError, MigrationFailedError
from tests.database.conftest import History

UNKNOWN: dict[str, tuple[Callable[[], Any], str]] = {
    "a table": (
        lambda: op.add_column("persn", sa.Column("c", sa.Integer)),
        "Did you mean person? The tables at that point: ",
    ),
    "a table to drop": (lambda: op.drop_table("persn"), "Did you mean person? The tables at that point: "),
    "a column": (
        lambda: op.alter_column("person", "nmae", new_column_name="c", existing_type=sa.String(20)),
        "Did you mean name?",
    ),
    "a column in a batch": (lambda: in_batch("drop_column", "nmae"), "Did you mean name?"),
    "a column of an index": (lambda: op.create_index("i", "person", ["nmae"]), "Did you mean name?"),
    "an index in a batch": (lambda: in_batch("drop_index", "ix_nmae"), "Did you mean ix_name?"),
    "a constraint that a convention names twice": (
        lambda: in_batch("drop_constraint", "uq_person_uq_person_b", type_="unique"),
        "The naming convention put uq_person_ before a name that has it already. Write op.f('uq_person_b').",
    ),
    "a constraint": (
        lambda: in_batch("drop_constraint", "uq_nmae", type_="unique"),
        "Did you mean uq_name?",
    ),
}


def in_batch(directive: str, *arguments: Any, **options: Any) -> None:
    with op.batch_alter_table("person") as batch_op:
        getattr(batch_op, directive)(*arguments, **options)


def failure(connection: sa.Connection, upgrade: Callable[[], Any]) -> MigrateError:
    history = History()
    history.add("made", _make)
    history.upgrade(connection)
    history.add("failing", upgrade)
    with pytest.raises(MigrateError) as caught:
        history.upgrade(connection)
    return caught.value


def _make() -> None:
    name = sa.Column("name", sa.String(20), server_default="x")
    op.create_table("person", name, sa.Column("b", sa.Integer), sa.UniqueConstraint("name", name="uq_name"))
    with op.batch_alter_table("person") as batch_op:
        batch_op.create_unique_constraint("uq_person_b", ["b"])
    op.create_index("ix_name", "person", ["name", "b"])


@pytest.mark.parametrize("case", UNKNOWN)
def test_the_nearest_is_named(connection: sa.Connection, case: str) -> None:
    upgrade, said = UNKNOWN[case]
    assert said in failure(connection, upgrade).hint


def test_rows_that_are_not_shown_are_counted_once(sqlite: sa.Connection) -> None:
    rows = [{"name": str(number)} for number in range(40)]
    error = failure(sqlite, lambda: op.bulk_insert(sa.table("persn", sa.column("name", sa.String)), rows))
    assert error.message.splitlines()[-2:] == ["      ('19')", "  -- and 20 more rows"]


def test_what_the_revision_made_itself_counts(connection: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table("address", sa.Column("id", sa.Integer))
        op.add_column("adress", sa.Column("street", sa.String(20)))

    assert "Did you mean address?" in failure(connection, upgrade).hint


def test_a_foreign_key_names_the_column_of_the_other_table(postgresql_url: str) -> None:
    def upgrade() -> None:
        op.create_table("other", sa.Column("id", sa.Integer))
        op.create_foreign_key("fk", "other", "person", ["id"], ["bb"])

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        assert "Did you mean b? Table person has: name, b." in failure(connection, upgrade).hint


ROWS: dict[str, tuple[Callable[[], Any], str]] = {
    "NOT NULL": (
        lambda: op.add_column("t", sa.Column("n", sa.Integer, nullable=False)),
        "Table t has 2 rows, and the new column n has no default.",
    ),
    "NOT NULL, after another change of the batch": (
        lambda: two_columns(),
        "Table t has 2 rows, and the new column n has no default.",
    ),
    "unique index": (
        lambda: op.create_index("i", "t", ["b"], unique=True),
        "Table t has 2 rows that are not unique in b: one value more than once. b=5 (2 times).",
    ),
    "a view": (
        lambda: op.drop_column("t", "a"),
        "Column a of table t cannot be dropped: view v does not work",
    ),
    "rows without a rowid": (
        lambda: op.create_foreign_key("fk", "w", "t", ["ref"], ["id"]),
        "Table w has 1 row that refers to nothing in table t. k='two', ref=9.",
    ),
    "no such table": (
        lambda: op.create_foreign_key("fk", "w", "tt", ["ref"], ["id"]),
        "There is no table 'tt'.",
    ),
    "no such column": (
        lambda: op.create_foreign_key("fk", "w", "t", ["ref"], ["idd"]),
        "Table t has no column 'idd' that a foreign key of w could refer to.",
    ),
    "a column that SQLite takes for a string, in an index": (
        lambda: op.create_index("i", "t", ["Not There"]),
        "Table t has no column 'Not There'.",
    ),
    "in an expression": (
        lambda: op.create_index("i", "t", [sa.func.lower(sa.column("Not There"))]),
        "Table t has no column 'Not There'.",
    ),
    "in a CHECK": (
        lambda: op.create_check_constraint("ck", "t", sa.column("Not There") > 0),
        "Table t has no column 'Not There'.",
    ),
    "a type of another database": (
        lambda: op.alter_column("t", "b", type_=INET()),
        "sqlite has no type INET: Change column b of table t: the type becomes INET.",
    ),
}


def two_columns() -> None:
    with op.batch_alter_table("t") as batch_op:
        batch_op.add_column(sa.Column("m", sa.Integer))
        batch_op.add_column(sa.Column("n", sa.Integer, nullable=False))


@pytest.mark.parametrize("case", ROWS)
def test_what_sqlite_would_say_in_a_word_is_explained(sqlite: sa.Connection, case: str) -> None:
    upgrade, said = ROWS[case]
    for sql in (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT)",
        "INSERT INTO t VALUES (1, 2, 5), (2, 3, 5)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE w (k TEXT PRIMARY KEY, ref INT) WITHOUT ROWID",
        "INSERT INTO w VALUES ('one', 1), ('two', 9)",
    ):
        sqlite.exec_driver_sql(sql)
    sqlite.commit()
    before = sqlite.exec_driver_sql("SELECT sql FROM sqlite_schema").fetchall()
    sqlite.commit()
    history = History()
    history.add("r", upgrade)
    with pytest.raises(MigrateError) as caught:
        history.upgrade(sqlite)
    assert said in caught.value.message
    assert "INSERT" not in caught.value.message
    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_schema").fetchall() == before


def test_of_a_wide_table_the_first_columns_are_shown(sqlite: sa.Connection, history: History) -> None:
    def twice() -> None:
        op.create_table("t", *(sa.Column(f"c{number}", sa.Integer) for number in range(2_000)))
        op.execute("CREATE TABLE t (\n" + ",\n".join(f"c{number} INTEGER" for number in range(2_000)) + ")")

    history.add("a1", twice, lambda: None)
    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite)
    lines = caught.value.message.splitlines()
    assert "table t already exists" in lines[0]
    assert lines[2:4] == ["  CREATE TABLE t (", "  c0 INTEGER,"]
    assert lines[23] == "  c20 INTEGER,"
    assert lines[24].startswith("  -- and ")
    assert len(lines) == 25


ADVICE: dict[str, tuple[Callable[[], Any], str]] = {
    "an index made concurrently": (
        lambda: op.create_index("i", "person", ["name"], postgresql_concurrently=True),
        "with op.get_context().autocommit_block(): ...",
    ),
    "a label of the same transaction": (
        lambda: [
            op.execute("ALTER TYPE mood ADD VALUE 'new'"),
            op.execute("INSERT INTO person VALUES ('new')"),
        ],
        "The value may be used after the block.",
    ),
    "a type": (
        lambda: op.alter_column("person", "name", type_=sa.Integer()),
        'Add how its values are converted: postgresql_using="...::the_type".',
    ),
    "the type of a default": (
        lambda: op.alter_column("person", "name", type_=sa.Integer(), postgresql_using="length(name::text)"),
        "server_default=None removes it",
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_what_postgresql_asks_for_is_said_in_our_words(postgresql_url: str, case: str) -> None:
    upgrade, said = ADVICE[case]
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        for sql in ("CREATE TYPE mood AS ENUM ('old')", "CREATE TABLE person (name mood DEFAULT 'old')"):
            connection.exec_driver_sql(sql)
        connection.commit()
        history = History()
        history.add("r", upgrade)
        with pytest.raises(MigrationFailedError) as caught:
            history.upgrade(connection)
        assert said in caught.value.hint.splitlines()[0]
