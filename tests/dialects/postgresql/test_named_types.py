"""Enums and domains of PostgreSQL: made once, before the first column of them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.dialects import statements
from nbmigrate.errors import OperationError
from nbmigrate.operations import Operations, Recorder


def mood(*labels: str, **options: Any) -> sa.Enum:
    return sa.Enum(*(labels or ("sad", "glad")), name="mood", **options)


def do(connection: sa.Connection, function: Callable[[Operations], Any]) -> list[str]:
    recorder = Recorder()
    function(Operations(recorder))
    sent = []
    for operation in recorder.operations:
        for statement in statements(operation, connection.dialect, read_stored(connection, operation)):
            connection.execute(statement.executable)
            sent.append(" ".join(statement.text.split()))
    return sent


MADE = "CREATE TYPE mood AS ENUM ('sad', 'glad')"


def test_a_shared_type_is_made_once(postgresql: sa.Connection) -> None:
    sent = do(
        postgresql, lambda o: o.create_table("t", sa.Column("a", mood()), sa.Column("b", sa.ARRAY(mood())))
    )
    assert sent == [MADE, "CREATE TABLE t ( a mood, b mood[] )"]
    assert do(postgresql, lambda o: o.create_table("u", sa.Column("a", mood()))) == [
        "CREATE TABLE u ( a mood )"
    ]


def test_a_type_outlives_its_table_and_is_used_again(postgresql: sa.Connection) -> None:
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", mood())))
    # Others may use it: no drop takes it along. alembic leaves it as well.
    assert do(postgresql, lambda o: o.drop_table("t")) == ["DROP TABLE t"]
    assert do(postgresql, lambda o: o.create_table("t", sa.Column("a", mood()))) == [
        "CREATE TABLE t ( a mood )"
    ]


def test_a_new_column_brings_its_type(postgresql: sa.Connection) -> None:
    do(postgresql, lambda o: o.create_table("t", sa.Column("id", sa.Integer)))
    sent = do(postgresql, lambda o: o.add_column("t", sa.Column("a", mood())))
    assert sent == [MADE, "ALTER TABLE t ADD COLUMN a mood"]
    assert do(postgresql, lambda o: o.add_column("t", sa.Column("b", mood()))) == [
        "ALTER TABLE t ADD COLUMN b mood"
    ]


def test_a_column_becomes_an_enum(postgresql: sa.Connection) -> None:
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", sa.String(5))))
    postgresql.exec_driver_sql("INSERT INTO t VALUES ('glad')")
    sent = do(postgresql, lambda o: o.alter_column("t", "a", type_=mood(), postgresql_using="a::mood"))
    assert sent == [MADE, "ALTER TABLE t ALTER COLUMN a TYPE mood USING a::mood"]
    assert postgresql.scalar(sa.text("SELECT a FROM t WHERE a > 'sad'")) == "glad"


def test_a_column_with_a_default_becomes_an_enum(postgresql: sa.Connection) -> None:
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", sa.String(5), server_default="sad")))
    change: dict[str, Any] = {"type_": mood(), "postgresql_using": "a::mood"}
    sent = do(postgresql, lambda o: o.alter_column("t", "a", server_default="glad", **change))
    assert sent == [
        MADE,
        "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
        "ALTER TABLE t ALTER COLUMN a TYPE mood USING a::mood",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'glad'",
    ]
    back: dict[str, Any] = {"type_": sa.String(5), "postgresql_using": "a::varchar"}
    do(postgresql, lambda o: o.alter_column("t", "a", server_default="", **back))
    sent = do(postgresql, lambda o: o.alter_column("t", "a", server_default=None, **change))
    assert sent == [
        "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
        "ALTER TABLE t ALTER COLUMN a TYPE mood USING a::mood",
    ]


def test_a_batch_makes_it_once(postgresql: sa.Connection) -> None:
    do(postgresql, lambda o: o.create_table("t", sa.Column("id", sa.Integer)))

    def batch(o: Operations) -> None:
        with o.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("a", mood()))
            batch_op.add_column(sa.Column("b", mood()))

    assert do(postgresql, batch) == [
        MADE,
        "ALTER TABLE t ADD COLUMN a mood",
        "ALTER TABLE t ADD COLUMN b mood",
    ]


def test_domains_and_schemas(postgresql: sa.Connection) -> None:
    schema = postgresql.dialect.default_schema_name
    age = pg.DOMAIN("age", sa.Integer, check="VALUE >= 0")
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", age), sa.Column("m", mood(schema=schema))))
    sent = do(
        postgresql, lambda o: o.create_table("u", sa.Column("a", age), sa.Column("m", mood(schema=schema)))
    )
    assert len(sent) == 1


def test_create_type_false_is_left_alone(postgresql: sa.Connection) -> None:
    postgresql.exec_driver_sql(MADE)
    type_ = pg.ENUM("sad", "glad", name="mood", create_type=False)
    assert do(postgresql, lambda o: o.create_table("t", sa.Column("a", type_))) == [
        "CREATE TABLE t ( a mood )"
    ]


def test_a_type_that_lacks_labels_is_said(postgresql: sa.Connection) -> None:
    postgresql.exec_driver_sql(MADE)
    with pytest.raises(OperationError) as caught:
        do(postgresql, lambda o: o.create_table("t", sa.Column("a", mood("sad", "angry"))))
    assert caught.value.message == (
        "The type mood is there already, with the labels 'sad', 'glad': it lacks 'angry'."
    )
    assert "ALTER TYPE mood ADD VALUE 'angry'" in caught.value.hint
    # One that has more than is asked for does.
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", mood("glad"))))


def test_a_type_that_is_there_serves_a_column_as_it_is(postgresql: sa.Connection) -> None:
    # Histories do that, and alembic lets them: what the column is to have is said again in a type of the same name.
    postgresql.exec_driver_sql(MADE)
    do(postgresql, lambda o: o.create_table("t", sa.Column("a", mood("sad", "glad"))))
    more = mood("sad", "glad", "angry")
    assert do(postgresql, lambda o: o.alter_column("t", "a", type_=more)) == [
        "ALTER TABLE t ALTER COLUMN a TYPE mood"
    ]
    assert do(postgresql, lambda o: o.add_column("t", sa.Column("b", more))) == [
        "ALTER TABLE t ADD COLUMN b mood"
    ]


def test_a_script_cannot_look(postgresql: sa.Connection) -> None:
    recorder = Recorder()
    op = Operations(recorder)
    op.create_table("t", sa.Column("id", sa.Integer))
    op.add_column("t", sa.Column("a", mood("it's", "50%", "$$")))
    op.add_column("t", sa.Column("b", mood("it's", "50%", "$$")))
    sent = [each for operation in recorder.operations for each in statements(operation, postgresql.dialect)]
    for statement in sent:
        postgresql.execute(statement.executable)
    assert sent[1].text == (
        "DO $make_type$ BEGIN CREATE TYPE mood AS ENUM ('it''s', '50%', '$$'); "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $make_type$"
    )
    labels = postgresql.execute(sa.text("SELECT enum_range(NULL::mood)::text[]")).scalar_one()
    assert labels == ["it's", "50%", "$$"]
