"""What undoes an operation, and a list of them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate import operations as ops
from nbmigrate.errors import IrreversibleError
from nbmigrate.operations import Operations, Recorder, render_body, reverse_all
from nbmigrate.schema import Table


def undone(code: str) -> str:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        exec(code, {"op": op, "sa": sa})
    return render_body(reverse_all(recorder.operations)).text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("op.create_table('t', sa.Column('id', sa.Integer), schema='s')", "op.drop_table('t', schema='s')"),
        ("op.rename_table('a', 'b')", "op.rename_table('b', 'a')"),
        ("op.add_column('t', sa.Column('c', sa.Integer))", "op.drop_column('t', 'c')"),
        ("op.create_index('ix', 't', ['a'])", "op.drop_index('ix', table_name='t')"),
        ("op.create_primary_key('pk', 't', ['a'])", "op.drop_constraint('pk', 't', type_='primary')"),
        ("op.create_unique_constraint('uq', 't', ['a'])", "op.drop_constraint('uq', 't', type_='unique')"),
        ("op.create_check_constraint('ck', 't', 'a > 1')", "op.drop_constraint('ck', 't', type_='check')"),
        (
            "op.create_foreign_key('fk', 't', 'u', ['a'], ['b'], source_schema='s')",
            "op.drop_constraint('fk', 't', type_='foreignkey', schema='s')",
        ),
        ("op.create_exclude_constraint('ex', 't', ('p', '&&'))", "op.drop_constraint('ex', 't')"),
        (
            "op.create_table_comment('t', 'a', existing_comment=None)",
            "op.drop_table_comment('t', existing_comment='a')",
        ),
        (
            "op.create_table_comment('t', 'a', existing_comment='b')",
            "op.create_table_comment('t', 'b', existing_comment='a')",
        ),
        (
            "op.alter_column('t', 'c', comment='a')",
            "op.alter_column('t', 'c', comment=None, existing_comment='a')",
        ),
        (
            "op.drop_table_comment('t', existing_comment='a')",
            "op.create_table_comment('t', 'a')",
        ),
        (
            "op.alter_column('t', 'c', nullable=False, existing_nullable=True, new_column_name='d')",
            "op.alter_column('t', 'd', nullable=True, new_column_name='c', existing_nullable=False)",
        ),
        (
            "op.alter_column('t', 'c', existing_type=sa.Date(), server_default='1', existing_server_default=None)",
            """\
op.alter_column(
    't',
    'c',
    server_default=None,
    existing_type=sa.Date(),
    existing_server_default='1',
)""",
        ),
    ],
)
def test_reverse(code: str, expected: str) -> None:
    assert undone(code) == expected


IRREVERSIBLE: dict[str, Callable[[Any], Any]] = {
    "op.drop_table('t')": lambda o: o.drop_table("t"),
    "op.drop_column('t', 'c')": lambda o: o.drop_column("t", "c"),
    "op.drop_index('ix')": lambda o: o.drop_index("ix"),
    "op.drop_constraint('x', 't')": lambda o: o.drop_constraint("x", "t"),
    "op.drop_table_comment('t')": lambda o: o.drop_table_comment("t"),
    "op.alter_column('t', 'd')": lambda o: o.alter_column("t", "d", comment=None),
    "op.alter_column('t', 'c')": lambda o: o.alter_column("t", "c", nullable=True),
    "op.create_index(None, 't')": lambda o: o.create_index(None, "t", ["c"]),
    "op.create_unique_constraint(None, 't')": lambda o: o.create_unique_constraint(None, "t", ["c"]),
    "op.execute('SELECT 1')": lambda o: o.execute("SELECT 1"),
    "op.bulk_insert(t)": lambda o: o.bulk_insert(sa.table("t", sa.column("a")), [{"a": 1}]),
}


@pytest.mark.parametrize("named", IRREVERSIBLE)
def test_irreversible_names_the_operation(named: str) -> None:
    recorder = Recorder()
    IRREVERSIBLE[named](Operations(recorder))
    with pytest.raises(IrreversibleError) as caught:
        reverse_all(recorder.operations)
    assert caught.value.message.startswith(f"No downgrade can be generated for {named}, because ")
    assert caught.value.hint.endswith("rite def downgrade() yourself.")


def test_twice_reversed_is_the_same() -> None:
    recorder = Recorder()
    operations = Operations(recorder)
    operations.create_table("t", sa.Column("id", sa.Integer))
    operations.add_column("t", sa.Column("c", sa.Integer))
    operations.create_index("ix", "t", ["c"])
    operations.create_unique_constraint("uq", "t", ["c"])
    assert [operation.reverse().reverse() for operation in recorder.operations] == recorder.operations


def test_rows_of_a_new_table_go_with_it() -> None:
    code = (
        "t = op.create_table('t', sa.Column('id', sa.Integer))\n"
        "op.bulk_insert(t, [{'id': 1}])\n"
        "op.add_column('other', sa.Column('c', sa.Integer))\n"
        "op.rename_table('t', 'u')\n"
        "op.bulk_insert(sa.table('u', sa.column('id')), [{'id': 2}])"
    )
    assert undone(code) == "op.rename_table('u', 't')\nop.drop_column('other', 'c')\nop.drop_table('t')"


def test_rows_of_a_table_that_was_there_do_not() -> None:
    with pytest.raises(IrreversibleError, match=r"op\.bulk_insert\(s\.t\)"):
        undone(
            "op.create_table('t', sa.Column('id', sa.Integer))\n"
            "op.bulk_insert(sa.table('t', sa.column('id'), schema='s'), [{'id': 1}])"
        )


def test_a_table_made_and_dropped_cannot_be_undone() -> None:
    with pytest.raises(IrreversibleError, match="drop_table"):
        undone("op.create_table('t', sa.Column('id', sa.Integer)); op.drop_table('t')")


def test_nothing_is_pass() -> None:
    assert render_body(reverse_all([])).text == "pass"
    assert render_body([]).imports == ()


def test_describe() -> None:
    recorder = Recorder()
    o = Operations(recorder)
    o.create_table(
        "t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.Column("c", sa.Integer), schema="s"
    )
    o.drop_table("t")
    o.add_column("t", sa.Column("e", sa.String(5)))
    o.alter_column("t", "e", nullable=False, comment=None, type_=sa.Text())
    o.create_foreign_key(None, "t", "u", ["a", "b"], ["x", "y"])
    o.create_index("ix", "t", ["a", sa.text("lower(b)")], unique=True)
    o.execute("UPDATE t\n   SET a = 1, b = 2, c = 3 WHERE long_column_name = 'long value'")
    o.bulk_insert(sa.table("t", sa.column("a")), [{"a": n} for n in range(1000)])
    assert [operation.describe() for operation in recorder.operations] == [
        "Create table s.t with columns a, b and c.",
        "Drop table t and its rows.",
        "Add column e (VARCHAR(5)) to table t.",
        "Change column e of table t: NULL is not allowed, the type becomes TEXT and the comment goes.",
        "Add foreign key to table t: a and b refer to u (x, y).",
        "Create unique index ix on table t (a, lower(b)).",
        "Execute: UPDATE t SET a = 1, b = 2, c = 3 WHERE long_column_name = '…",
        "Insert 1,000 rows into table t.",
    ]


def test_a_drop_that_was_derived_keeps_what_it_dropped() -> None:
    dropped = ops.CreateTable(Table("t")).reverse()
    assert dropped == ops.DropTable("t")
    assert dropped.reverse().render() == "op.create_table('t')"
