"""`with op.batch_alter_table(...)`: what it asks for, as a value."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.errors import IrreversibleError, OperationError, UnsupportedOperationError
from nbmigrate.operations import Operations, Recorder


def recorded(function: Callable[[Operations], Any]) -> list[ops.Operation]:
    recorder = Recorder()
    function(Operations(recorder))
    return recorder.operations


def test_a_batch_is_one_operation_when_it_ends() -> None:
    recorder = Recorder()
    with Operations(recorder).batch_alter_table("t", schema="s") as batch_op:
        batch_op.add_column(sa.Column("c", sa.Integer), insert_after="a")
        batch_op.drop_column("d", existing_type=sa.Integer())
        assert recorder.operations == []
        batch_op.execute("UPDATE s.t SET a = 1")
        # A statement is not kept for later, as in alembic.
        assert [type(operation) for operation in recorder.operations] == [ops.ExecuteSQL]
    (_, batch) = recorder.operations
    assert isinstance(batch, ops.AlterTable)
    assert batch.render() == (
        "with op.batch_alter_table('t', schema='s') as batch_op:\n"
        "    batch_op.add_column(sa.Column('c', sa.Integer()), insert_after='a')\n"
        "    batch_op.drop_column('d')"
    )
    assert batch.describe() == (
        "Change table s.t in one go: Add column c (INTEGER) to table s.t. Drop column d of table s.t and what it holds."
    )


def test_an_error_in_the_block_leaves_nothing_of_it() -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match="mine"), Operations(recorder).batch_alter_table("t") as batch_op:
        batch_op.drop_column("a")
        raise ValueError("mine")
    assert recorder.operations == []


def test_nothing_asked_for_is_nothing() -> None:
    def nothing(op: Operations) -> None:
        with op.batch_alter_table("t"):
            pass

    assert recorded(nothing) == []


@pytest.mark.parametrize("directive", ["create_table", "drop_table", "rename_table"])
def test_a_batch_is_about_one_table(directive: str) -> None:
    with (
        pytest.raises(UnsupportedOperationError, match=f"{directive} is none of them") as caught,
        Operations(Recorder()).batch_alter_table("t") as batch_op,
    ):
        getattr(batch_op, directive)("u")
    assert caught.value.hint == f"Write op.{directive}(...) before or after the `with` block."


def test_an_unknown_directive_names_the_nearest() -> None:
    with (
        pytest.raises(AttributeError, match="no directive 'add_colum'; did you mean add_column"),
        Operations(Recorder()).batch_alter_table("t") as batch_op,
    ):
        batch_op.add_colum(sa.Column("a", sa.Integer))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "recreate": ({"recreate": "alway"}, "Did you mean 'always'?"),
    "copy_from": ({"copy_from": "t"}, "which is no sa.Table"),
    "table_args": ({"table_args": ["a"]}, "which is no column, constraint or index"),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(case: str) -> None:
    options, message = BAD[case]
    with pytest.raises(OperationError) as caught, Operations(Recorder()).batch_alter_table("t", **options):
        pass
    assert message in str(caught.value)


def batch(**options: Any) -> ops.AlterTable:
    def changes(op: Operations) -> None:
        with op.batch_alter_table("t", **options) as batch_op:
            batch_op.add_column(sa.Column("c", sa.Integer))
            batch_op.create_unique_constraint("uq", ["c"])
            batch_op.alter_column("a", nullable=False, existing_nullable=True)

    (found,) = recorded(changes)
    assert isinstance(found, ops.AlterTable)
    return found


def test_reverse_is_a_batch_backwards() -> None:
    assert batch(recreate="always").reverse().render() == (
        "with op.batch_alter_table('t', recreate='always') as batch_op:\n"
        "    batch_op.alter_column('a', nullable=True, existing_nullable=False)\n"
        "    batch_op.drop_constraint('uq', type_='unique')\n"
        "    batch_op.drop_column('c')"
    )


@pytest.mark.parametrize(
    "options", [{"partial_reordering": [("a", "b")]}, {"table_kwargs": {"sqlite_strict": True}}], ids=str
)
def test_what_a_table_was_before_is_not_known(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(IrreversibleError, match=f"what {name}= replaces is not in this revision"):
        batch(**options).reverse()


def test_what_copy_from_tells_of_a_dropped_part_brings_it_back() -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(5), nullable=False),
        sa.UniqueConstraint("a", name="uq"),
        sa.Index("ix", "b"),
    )

    def changes(op: Operations) -> None:
        with op.batch_alter_table("t", copy_from=table) as batch_op:
            batch_op.drop_index("ix")
            batch_op.drop_constraint("uq", type_="unique")
            batch_op.drop_column("b")

    (found,) = recorded(changes)
    assert found.reverse().render() == (
        "with op.batch_alter_table('t') as batch_op:\n"
        "    batch_op.add_column(sa.Column('b', sa.String(length=5), nullable=False))\n"
        "    batch_op.create_unique_constraint('uq', ['a'])\n"
        "    batch_op.create_index('ix', ['b'])"
    )


def test_the_naming_convention_of_copy_from_is_written_too() -> None:
    convention = {"ck": "ck_%(table_name)s_%(constraint_name)s"}
    table = sa.Table(
        "t",
        sa.MetaData(naming_convention=convention),
        sa.Column("flag", sa.Boolean(create_constraint=True, name="flag")),
        sa.CheckConstraint("flag > 0", name="more"),
    )
    recorder = Recorder()
    with Operations(recorder).batch_alter_table("t", copy_from=table) as batch_op:
        batch_op.drop_constraint("ck_t_more")
    (operation,) = recorder.operations
    text = operation.render()
    assert f"sa.MetaData(naming_convention={convention})" in text.replace('"', "'")
    assert "name=op.f('ck_t_more')" in text
    assert "name='flag'" in text
