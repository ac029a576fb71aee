"""Naming conventions of target_metadata: what has no name gets one, what `op.f()` marks keeps its own."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from nbmigrate.dialects import statements
from nbmigrate.operations import Operations, Recorder

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
CASES: dict[str, tuple[Callable[[Operations], Any], list[str]]] = {
    "unique": (lambda o: o.create_unique_constraint(None, "t", ["a"]), ["ADD CONSTRAINT uq_t_a UNIQUE (a)"]),
    "primary key": (
        lambda o: o.create_primary_key(None, "t", ["a"]),
        ["ADD CONSTRAINT pk_t PRIMARY KEY (a)"],
    ),
    "foreign key": (
        lambda o: o.create_foreign_key(None, "t", "u", ["a"], ["id"]),
        ["ADD CONSTRAINT fk_t_a_u FOREIGN KEY(a) REFERENCES u (id)"],
    ),
    "foreign key to names with points": (
        lambda o: o.create_foreign_key(None, "t", "u.v", ["a"], ["i.d"], referent_schema="s.x"),
        ['ADD CONSTRAINT "fk_t_a_u.v" FOREIGN KEY(a) REFERENCES "s.x"."u.v" ("i.d")'],
    ),
    "check": (
        lambda o: o.create_check_constraint("positive", "t", "a > 0"),
        ["ADD CONSTRAINT ck_t_positive CHECK (a > 0)"],
    ),
    "check that is final": (
        lambda o: o.create_check_constraint(o.f("positive"), "t", "a > 0"),
        ["ADD CONSTRAINT positive CHECK (a > 0)"],
    ),
    "drop check": (lambda o: o.drop_constraint("positive", "t", "check"), ["DROP CONSTRAINT ck_t_positive"]),
    "drop final": (lambda o: o.drop_constraint(o.f("positive"), "t", "check"), ["DROP CONSTRAINT positive"]),
    "drop unique": (lambda o: o.drop_constraint("uq_t_a", "t", "unique"), ["DROP CONSTRAINT uq_t_a"]),
    "index": (lambda o: o.create_index(None, "t", ["a", "b"]), ["CREATE INDEX ix_t_a ON t (a, b)"]),
    "table": (
        lambda o: o.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, sa.ForeignKey("u.id"), unique=True),
            sa.Column("i", sa.Integer, index=True),
            sa.Column("b", sa.Boolean(create_constraint=True, name="b")),
            sa.Column("e", sa.Enum("x", name="mood", create_constraint=True, native_enum=False)),
        ),
        [
            "CONSTRAINT pk_t PRIMARY KEY (id)",
            "CONSTRAINT fk_t_a_u FOREIGN KEY(a) REFERENCES u (id)",
            "CONSTRAINT uq_t_a UNIQUE (a)",
            "CONSTRAINT ck_t_b CHECK (b IN (0, 1))",
            "CONSTRAINT ck_t_mood CHECK (e IN ('x'))",
            "CREATE INDEX ix_t_i ON t (i)",
        ],
    ),
    "column": (
        lambda o: o.add_column("t", sa.Column("a", sa.Integer, sa.ForeignKey("u.id"), unique=True)),
        ["ADD CONSTRAINT uq_t_a UNIQUE (a)", "ADD CONSTRAINT fk_t_a_u FOREIGN KEY"],
    ),
    "column with index": (
        lambda o: o.add_column("t", sa.Column("a", sa.Integer, index=True)),
        ["CREATE INDEX ix_t_a ON t (a)"],
    ),
    "type": (
        lambda o: o.alter_column(
            "t",
            "b",
            type_=sa.Boolean(create_constraint=True, name="new"),
            existing_type=sa.Boolean(create_constraint=True, name="old"),
        ),
        ["DROP CONSTRAINT ck_t_old", "ADD CONSTRAINT ck_t_new CHECK"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_named(case: str) -> None:
    do, expected = CASES[case]
    recorder = Recorder(CONVENTION)
    do(Operations(recorder))
    texts = [
        each.text for operation in recorder.operations for each in statements(operation, DefaultDialect())
    ]
    whole = "\n".join(texts)
    assert [part for part in expected if part not in whole] == [], whole


def test_the_name_is_part_of_the_operation() -> None:
    recorder = Recorder(CONVENTION)
    Operations(recorder).create_unique_constraint(None, "t", ["a"])
    (operation,) = recorder.operations
    assert operation.describe() == "Add unique constraint uq_t_a to table t: a."
    assert operation.reverse().render() == "op.drop_constraint(op.f('uq_t_a'), 't', type_='unique')"


def test_a_batch_names_as_well() -> None:
    recorder = Recorder(CONVENTION)
    with Operations(recorder).batch_alter_table("t") as batch_op:
        batch_op.create_unique_constraint(None, ["a"])
        batch_op.create_check_constraint(batch_op.f("mine"), "a > 0")
    assert recorder.operations[0].render() == (
        "with op.batch_alter_table('t') as batch_op:\n"
        "    batch_op.create_unique_constraint(op.f('uq_t_a'), ['a'])\n"
        "    batch_op.create_check_constraint(op.f('mine'), 'a > 0')"
    )


def test_without_a_convention_the_database_names() -> None:
    recorder = Recorder()
    Operations(recorder).create_unique_constraint(None, "t", ["a"])
    (made,) = statements(recorder.operations[0], DefaultDialect())
    assert made.text == "ALTER TABLE t ADD UNIQUE (a)"
