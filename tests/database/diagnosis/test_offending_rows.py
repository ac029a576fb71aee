"""Rows that do not let a change be are counted and the first ones shown, on every database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError

ROWS = [
    {"id": number, "Code": None if number % 3 == 0 else "a%" if number % 2 else str(number), "n": number - 2}
    for number in range(1, 9)
]


def make() -> None:
    op.create_table("p", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    key = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    table = op.create_table("t", key, sa.Column("Code", sa.String(20)), sa.Column("n", sa.Integer))
    op.bulk_insert(table, ROWS)
    op.bulk_insert(sa.table("p", sa.column("id")), [{"id": number} for number in range(-1, 5)])


def batch() -> None:
    with op.batch_alter_table("t") as batch_op:
        batch_op.alter_column("Code", nullable=False, existing_type=sa.String(20))
        batch_op.alter_column("n", server_default="7", existing_type=sa.Integer)


NULLS = (
    "Table t has 2 rows with NULL in column Code, which becomes NOT NULL. id=3, Code=NULL; id=6, Code=NULL."
)
TWICE = "Table t has 3 rows that are not unique in Code: one value more than once. Code='a%' (3 times)."
CHANGES: dict[str, tuple[Callable[[], None], str]] = {
    "not null": (lambda: op.alter_column("t", "Code", nullable=False, existing_type=sa.String(20)), NULLS),
    "not null in a batch": (batch, NULLS),
    "unique": (lambda: op.create_unique_constraint("uq", "t", ["Code"]), TWICE),
    "unique index": (lambda: op.create_index("uq", "t", ["Code"], unique=True), TWICE),
    "check": (
        lambda: op.create_check_constraint("ck", "t", "n % 9 > 0"),
        "Table t has 2 rows with values that CHECK (n % 9 > 0) refuses. id=1, n=-1; id=2, n=0.",
    ),
    "check of an expression": (
        lambda: op.create_check_constraint("ck", "t", sa.column("n") > 3),
        "Table t has 5 rows with values that CHECK (n > 3) refuses. The first 3: id=1, n=-1; id=2, n=0; id=3, n=1.",
    ),
    "foreign key": (
        lambda: op.create_foreign_key("fk", "t", "p", ["n"], ["id"]),
        "Table t has 2 rows that refer to nothing in table p. id=7, n=5; id=8, n=6.",
    ),
    "a column without a default": (
        lambda: op.add_column("t", sa.Column("z", sa.Integer, nullable=False)),
        "Table t has 8 rows, and the new column z has no default.",
    ),
}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "duckdb"])
def there(request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path) -> Any:
    is_file = request.param in ("sqlite", "duckdb")
    url = f"{request.param}:///{tmp_path / 'test.db'}" if is_file else new_database(request.param)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def rows(connection: sa.Connection) -> list[Any]:
    found = connection.execute(sa.text("SELECT * FROM t ORDER BY id")).all()
    connection.rollback()
    return [tuple(row) for row in found]


def test_they_are_counted_and_shown(there: sa.Connection, history: Any) -> None:
    history.add("a1", make, lambda: None)
    history.upgrade(there)
    before = rows(there)
    assert before == [tuple(row.values()) for row in ROWS]
    for name, (change, said) in CHANGES.items():
        if there.dialect.name == "mysql" and name == "a column without a default":
            # The server fills it with the zero of its type.
            continue
        again = type(history)()
        again.add("a1", make, lambda: None)
        again.add("b2", change, lambda: None)
        with pytest.raises(MigrationFailedError) as caught:
            again.upgrade(there)
        # SQLite has them in place of its own words.
        where = caught.value.message if there.dialect.name == "sqlite" else caught.value.hint
        assert said in where, name
        assert not there.in_transaction()
        assert rows(there) == before


CODE: sa.ColumnClause[str] = sa.column("Code")
ON_POSTGRESQL: dict[str, tuple[Callable[[], None], str]] = {
    "in part": (
        lambda: op.create_index("uq", "t", ["Code"], unique=True, postgresql_where=sa.text("id > 1")),
        "Table t has 2 rows that are not unique in Code: one value more than once. Code='a%' (2 times).",
    ),
    "text": (
        lambda: op.create_index("uq", "t", [sa.text('upper("Code") DESC NULLS LAST')], unique=True),
        "one value more than once. upper(\"Code\") DESC NULLS LAST='A%' (3 times).",
    ),
    "expressions": (
        lambda: op.create_index(
            "uq", "t", [sa.func.coalesce(CODE, "%").desc(), sa.text("(n % 2)")], unique=True
        ),
        "Table t has 2 rows that are not unique in",
    ),
    "with NULL": (
        lambda: op.create_unique_constraint("uq", "t", ["Code"], postgresql_nulls_not_distinct=True),
        "Table t has 5 rows that are not unique in Code: 2 values more than once. ",
    ),
    "a primary key": (
        lambda: op.create_primary_key("pk", "t", ["Code"]),
        "Table t has 2 rows with NULL in Code. id=3, Code=NULL, n=1; id=6, Code=NULL, n=4. Fill them first.",
    ),
}


@pytest.mark.parametrize("case", ON_POSTGRESQL)
def test_unique_as_postgresql_compares(postgresql_url: str, history: Any, case: str) -> None:
    change, said = ON_POSTGRESQL[case]
    history.add("a1", make, lambda: None)
    history.add("b2", lambda: op.drop_constraint("t_pkey", "t"), lambda: None)
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        history.upgrade(connection)
        if case == "a primary key":
            connection.execute(sa.text("DELETE FROM t WHERE id IN (1, 5)"))
            connection.commit()
        history.add("c3", change, lambda: None)
        with pytest.raises(MigrationFailedError) as caught:
            history.upgrade(connection)
        assert said in caught.value.hint


def test_what_the_step_made_itself_cannot_be_asked(there: sa.Connection, history: Any) -> None:
    """It is gone with the step where DDL is undone; SQLite is asked before that, and MariaDB undoes none."""

    def made_and_broken() -> None:
        make()
        op.create_unique_constraint("uq", "t", ["Code"])

    history.add("a1", made_and_broken, lambda: None)
    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(there)
    assert (TWICE in str(caught.value)) == (there.dialect.name in ("mysql", "sqlite"))
    assert not there.in_transaction()
