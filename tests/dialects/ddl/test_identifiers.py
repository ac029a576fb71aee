"""Names that are longer than a database takes: cut and told on PostgreSQL, refused before anything else elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError

from nbmigrate import op
from nbmigrate import operations as ops
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.dry_run.losses import losses
from nbmigrate.dialects import Statement, statements
from nbmigrate.dialects.ddl.identifiers import cut_name, names
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations import Operations, Recorder

LONG = "a" * 70
#: 63 characters and less, and more than 63 bytes.
WIDE = "ü" * 40
ID = sa.Column("id", sa.Integer)

#: Every operation that makes a name, and what the name is of.
MAKING: dict[str, tuple[Callable[[str], Any], str]] = {
    "table": (lambda name: op.create_table(name, ID), "table"),
    "column": (lambda name: op.create_table("n", sa.Column(name, sa.Integer)), "column"),
    "new column": (lambda name: op.add_column("t", sa.Column(name, sa.Integer)), "column"),
    "column's new name": (
        lambda name: op.alter_column("t", "a", new_column_name=name, existing_type=sa.Integer()),
        "column",
    ),
    "table's new name": (lambda name: op.rename_table("t", name), "table"),
    "column in a batch": (lambda name: in_batch("add_column", sa.Column(name, sa.Integer)), "column"),
    "index": (lambda name: op.create_index(name, "t", ["a"]), "index"),
    "unique": (lambda name: op.create_unique_constraint(name, "t", ["a"]), "constraint"),
    "check": (lambda name: op.create_check_constraint(name, "t", "a > 0"), "constraint"),
    "primary key": (lambda name: op.create_primary_key(name, "t", ["a"]), "constraint"),
    "foreign key": (lambda name: op.create_foreign_key(name, "t", "u", ["a"], ["id"]), "constraint"),
    "constraint of a table": (
        lambda name: op.create_table("n", sa.Column("x", sa.Integer), sa.UniqueConstraint("x", name=name)),
        "constraint",
    ),
    "index of a table": (
        lambda name: op.create_table("n", sa.Column("x", sa.Integer), sa.Index(name, "x")),
        "index",
    ),
}
#: What SQLAlchemy itself refuses when it has too many characters.
CHECKED = {"index", "constraint"}


def in_batch(directive: str, *arguments: Any) -> None:
    with op.batch_alter_table("t") as batch_op:
        getattr(batch_op, directive)(*arguments)


def recorded(*directives: Callable[[], object], convention: Any = None) -> list[ops.Operation]:
    recorder = Recorder(convention)
    with op.use(Operations(recorder)):
        for directive in directives:
            directive()
    return recorder.operations


def run(connection: sa.Connection, *directives: Callable[[], object]) -> list[Statement]:
    done = []
    for operation in recorded(*directives):
        for statement in statements(operation, connection.dialect, read_stored(connection, operation)):
            connection.execute(statement.executable, statement.parameters)
            done.append(statement)
    return done


def with_tables(connection: sa.Connection) -> None:
    run(
        connection,
        lambda: op.create_table("u", sa.Column("id", sa.Integer, primary_key=True)),
        lambda: op.create_table("t", sa.Column("a", sa.Integer, nullable=False)),
    )


def there(connection: sa.Connection) -> set[str]:
    """Every name in the database."""
    inspector = sa.inspect(connection)
    found: set[str] = set()
    for table in inspector.get_table_names():
        parts: list[Any] = [
            *inspector.get_columns(table),
            *inspector.get_indexes(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_check_constraints(table),
            inspector.get_pk_constraint(table),
        ]
        found |= {table, *(str(part["name"]) for part in parts)}
    return found


@pytest.mark.parametrize("name", [LONG, WIDE], ids=["characters", "bytes"])
@pytest.mark.parametrize("case", MAKING)
def test_postgresql_cuts_and_it_is_told(postgresql: sa.Connection, case: str, name: str) -> None:
    with_tables(postgresql)
    make, kind = MAKING[case]
    if kind in CHECKED and name == LONG:
        with pytest.raises(UnsupportedOperationError) as caught:
            run(postgresql, lambda: make(name))
        assert (
            f"takes names of at most 63 characters, and that of {kind} {name} has 70." in caught.value.message
        )
        assert "Make it shorter, or write op.f('...')" in caught.value.hint
        return
    said = run(postgresql, lambda: make(name))[0].text
    size, kept = len(name.encode()), cut_name(name, 63)
    remark = f"-- PostgreSQL cuts the name of {kind} {name} ({size} bytes) to 63 bytes: {kept}\n"
    assert said.startswith(remark), said
    assert len(kept.encode()) <= 63
    assert kept in there(postgresql)


@pytest.mark.parametrize("case", MAKING)
def test_mariadb_is_not_asked(mariadb: sa.Connection, case: str) -> None:
    with_tables(mariadb)
    before = there(mariadb)
    make, kind = MAKING[case]
    with pytest.raises(UnsupportedOperationError) as caught:
        run(mariadb, lambda: make(LONG))
    assert (
        caught.value.message
        == f"mysql takes names of at most 64 characters, and that of {kind} {LONG} has 70."
    )
    assert ("op.f('...')" in caught.value.hint) is (kind in CHECKED)
    assert there(mariadb) == before
    # Its characters are no bytes, and the limit is what the server has.
    name = "ü" * 64
    said = run(mariadb, lambda: make(name))
    assert not said[0].text.startswith("--")
    assert name in there(mariadb) or case == "primary key"


def test_mariadb_itself_refuses_one_more(mariadb: sa.Connection) -> None:
    with pytest.raises(DBAPIError):
        mariadb.exec_driver_sql(f"CREATE TABLE t (`{'a' * 65}` INTEGER)")


@pytest.mark.parametrize("case", MAKING)
def test_sqlite_takes_any(sqlite: sa.Connection, case: str) -> None:
    with_tables(sqlite)
    make, _ = MAKING[case]
    remarks = [line for line in run(sqlite, lambda: make(LONG))[0].text.splitlines() if line.startswith("--")]
    assert not any(LONG in remark for remark in remarks)
    assert LONG in there(sqlite)


@pytest.mark.parametrize("connection", ["postgresql", "mariadb"], indirect=True)
def test_names_of_a_convention_are_cut_with_a_hash(connection: sa.Connection) -> None:
    convention = {"uq": f"uq_{LONG}_%(column_0_name)s", "ix": f"ix_{LONG}_%(column_0_name)s"}
    run(connection, lambda: op.create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)))
    for operation in recorded(
        lambda: op.create_unique_constraint(None, "t", ["a"]),
        lambda: op.create_unique_constraint(None, "t", ["b"]),
        lambda: op.create_index(None, "t", ["a"]),
        lambda: op.drop_constraint(op.f(f"uq_{LONG}_a"), "t", type_="unique"),
        convention=convention,
    ):
        for statement in statements(operation, connection.dialect):
            assert not statement.text.startswith("--")
            connection.execute(statement.executable)
    made = [name for name in there(connection) if name.startswith(("uq_", "ix_"))]
    # SQLAlchemy leaves room for the hash, and alembic gives the same names.
    assert sorted(name[:3] for name in made) == ["ix_", "uq_"]
    assert all(len(name) <= 64 and name[-5] == "_" for name in made)


def test_what_is_cut_is_found_again(postgresql: sa.Connection) -> None:
    mood = sa.Enum("good", "bad", name="mood" * 20)
    run(
        postgresql,
        lambda: op.create_table(LONG, sa.Column(WIDE, sa.Integer), sa.Column("m", mood)),
        # The type is there: it is not made again.
        lambda: op.create_table("other", sa.Column("m", mood)),
        lambda: op.add_column("other", sa.Column("n", mood)),
    )
    postgresql.exec_driver_sql(f"INSERT INTO {LONG} VALUES (1, 'good'), (NULL, NULL)")
    operations = recorded(lambda: op.drop_column(LONG, WIDE), lambda: op.drop_table(LONG))
    # Counting wants a transaction, which the test's connection has none of.
    with postgresql.engine.execution_options(isolation_level="READ COMMITTED").connect() as another:
        another.exec_driver_sql(f"SET search_path TO {postgresql.dialect.default_schema_name}")
        another.commit()
        lost = losses(another, operations)
    assert [loss.describe() for loss in lost] == [
        f"1 value of column {WIDE} of table {LONG} will be lost.",
        f"2 rows of table {LONG} will be lost.",
    ]
    said = run(postgresql, lambda: op.drop_table(LONG))
    assert said[0].text.startswith(f"-- PostgreSQL cuts the name of table {LONG} ")
    assert sa.inspect(postgresql).get_table_names() == ["other"]


@pytest.mark.parametrize("part", ["column", "constraint", "index"])
def test_two_names_that_would_be_one_are_refused(postgresql: sa.Connection, part: str) -> None:
    one, two = f"{WIDE}_one", f"{WIDE}_two"

    def make() -> None:
        columns = [sa.Column(name, sa.Integer) for name in ((one, two) if part == "column" else ("a", "b"))]
        constraints: list[Any] = [
            sa.UniqueConstraint(column, name=name) for column, name in (("a", one), ("b", two))
        ]
        indexes: list[Any] = [sa.Index(name, column) for column, name in (("a", one), ("b", two))]
        parts = {"column": [], "constraint": constraints, "index": indexes}
        op.create_table("t", *columns, *parts[part])

    with pytest.raises(UnsupportedOperationError) as caught:
        run(postgresql, make)
    assert caught.value.message == (
        f"PostgreSQL keeps 63 bytes of a name, so that in table t the names of {part} {one} and {two} would both "
        f"become {'ü' * 31}."
    )
    assert sa.inspect(postgresql).get_table_names() == []


def test_a_name_that_is_not_there_may_be_too_long_to_drop(mariadb: sa.Connection) -> None:
    with_tables(mariadb)
    run(mariadb, lambda: op.drop_column("t", LONG, if_exists=True))
    with pytest.raises(UnsupportedOperationError, match="takes names of at most 64 characters"):
        run(mariadb, lambda: op.drop_index(LONG, "t"))


def test_what_sqlalchemy_refuses_for_any_dialect() -> None:
    dialect = DefaultDialect(max_identifier_length=10)
    (operation,) = recorded(lambda: op.drop_constraint("it's 'one' of mine", "t", type_="unique"))
    with pytest.raises(UnsupportedOperationError) as caught:
        statements(operation, dialect)
    assert caught.value.message == (
        "SQLAlchemy's default dialect takes names of at most 10 characters, and that of constraint it's 'one' of mine "
        "has 18."
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a" * 63, "a" * 63),
        ("a" * 64, "a" * 63),
        ("ü" * 32, "ü" * 31),
        ("aü" * 21, "aü" * 21),
        ("🦉" * 16, "🦉" * 15),
    ],
)
def test_cut_as_postgresql_cuts(postgresql: sa.Connection, name: str, kept: str) -> None:
    assert cut_name(name, 63) == kept
    postgresql.exec_driver_sql(f'CREATE TABLE "{name}" (id INTEGER)')
    assert sa.inspect(postgresql).get_table_names() == [kept]


def test_every_name_of_an_operation_is_looked_at() -> None:
    mood = sa.Enum("x", name="mood")
    flag = sa.Boolean(create_constraint=True, name="of_flag")
    operations = recorded(
        lambda: op.create_table(
            "t",
            sa.Column("a", mood, sa.ForeignKey("u.id", name="fk")),
            sa.Column("b", flag, sa.CheckConstraint("b", name="ck")),
            sa.PrimaryKeyConstraint("a", name="pk"),
            sa.Index("ix", "b"),
            schema="s",
        ),
        lambda: op.add_column("t", sa.Column("a", mood)),
        lambda: op.alter_column("t", "a", type_=mood, new_column_name="b"),
        lambda: op.drop_column("t", "a"),
        lambda: op.create_table_comment("t", "told"),
        lambda: op.execute("SELECT 1"),
    )
    assert [sorted(f"{kind} {text}" for kind, text in names(each)) for each in operations] == [
        [
            *(
                "column a",
                "column b",
                "constraint ck",
                "constraint fk",
                "constraint pk",
                "index ix",
                "schema s",
            ),
            *("table t", "type mood"),
        ],
        ["column a", "table t", "type mood"],
        ["column a", "column b", "table t", "type mood"],
        ["column a", "table t"],
        ["table t"],
        [],
    ]
