"""`op` as a module: its directives, where they go, and what it says outside a migration."""

import inspect
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import OperationError
from nbmigrate.op import drop_table
from nbmigrate.operations import BatchOperations, DropTable, Operations, Recorder


def test_outside_a_migration() -> None:
    with pytest.raises(OperationError) as caught:
        op.drop_table("t")
    assert caught.value.message == "op.drop_table() was called outside a migration."


def test_imported_directive_is_resolved_when_called() -> None:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        drop_table("t")
    assert recorder.operations == [DropTable("t")]
    with pytest.raises(OperationError):
        drop_table("t")


def test_use_nests() -> None:
    outer, inner = Recorder(), Recorder()
    with op.use(Operations(outer)):
        with op.use(Operations(inner)):
            op.drop_table("a")
        op.drop_table("b")
    assert (inner.operations, outer.operations) == ([DropTable("a")], [DropTable("b")])


def test_threads_do_not_meet() -> None:
    recorders = {name: Recorder() for name in ("a", "b", "c")}
    together = threading.Barrier(len(recorders))

    def migrate(name: str) -> None:
        with op.use(Operations(recorders[name])):
            together.wait()
            for _ in range(50):
                op.drop_table(name)

    threads = [threading.Thread(target=migrate, args=(name,)) for name in recorders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: recorder.operations for name, recorder in recorders.items()} == {
        name: [DropTable(name)] * 50 for name in recorders
    }


def test_module_has_every_directive() -> None:
    methods = {
        name for name, value in inspect.getmembers(Operations, inspect.isroutine) if not name.startswith("_")
    }
    # What lets `op` be another object is none of its directives.
    methods.remove("context")
    assert set(op.__all__) == methods
    assert dir(op) == sorted([*methods, "use"])


#: The signatures of alembic 1.20.1, with their defaults and without types.
SIGNATURES = {
    "create_table": "(table_name, *columns, if_not_exists=None, **kw)",
    "drop_table": "(table_name, *, schema=None, if_exists=None, **kw)",
    "rename_table": "(old_table_name, new_table_name, *, schema=None)",
    "add_column": "(table_name, column, *, schema=None, if_not_exists=None, inline_references=None, "
    "inline_primary_key=None)",
    "drop_column": "(table_name, column_name, *, schema=None, **kw)",
    "alter_column": "(table_name, column_name, *, nullable=None, comment=False, server_default=False, "
    "new_column_name=None, type_=None, existing_type=None, existing_server_default=False, "
    "existing_nullable=None, existing_comment=None, schema=None, **kw)",
    "create_index": "(index_name, table_name, columns, *, schema=None, unique=False, if_not_exists=None, **kw)",
    "drop_index": "(index_name, table_name=None, *, schema=None, if_exists=None, **kw)",
    "create_primary_key": "(constraint_name, table_name, columns, *, schema=None)",
    "create_unique_constraint": "(constraint_name, table_name, columns, *, schema=None, **kw)",
    "create_check_constraint": "(constraint_name, table_name, condition, *, schema=None, **kw)",
    "create_foreign_key": "(constraint_name, source_table, referent_table, local_cols, remote_cols, *, onupdate=None, "
    "ondelete=None, deferrable=None, initially=None, match=None, source_schema=None, "
    "referent_schema=None, **dialect_kw)",
    "create_exclude_constraint": "(constraint_name, table_name, *elements, **kw)",
    "drop_constraint": "(constraint_name, table_name, type_=None, *, schema=None, if_exists=None)",
    "create_table_comment": "(table_name, comment, *, existing_comment=None, schema=None)",
    "drop_table_comment": "(table_name, *, existing_comment=None, schema=None)",
    "execute": "(sqltext, *, execution_options=None)",
    "bulk_insert": "(table, rows, *, multiinsert=True)",
    "inline_literal": "(value, type_=None)",
    "f": "(name)",
    "get_bind": "()",
    "get_context": "()",
    "batch_alter_table": "(table_name, schema=None, recreate='auto', partial_reordering=None, copy_from=None, "
    "table_args=(), table_kwargs=immutabledict({}), reflect_args=(), reflect_kwargs=immutabledict({}), "
    "naming_convention=None)",
    "invoke": "(operation)",
    "run_async": "(async_function, *args, **kw_args)",
}
#: The parameters that are ours alone.
OURS = {
    "add_column": ["insert_before", "insert_after"],
    "drop_column": ["if_exists"],
    "alter_column": ["autoincrement", "existing_autoincrement", "insert_before", "insert_after"],
    "create_primary_key": ["kw"],
    "create_exclude_constraint": ["schema"],
}
#: Those of a batch.
BATCH_SIGNATURES = {
    "add_column": "(column, *, insert_before=None, insert_after=None, if_not_exists=None, inline_references=None, "
    "inline_primary_key=None)",
    "alter_column": "(column_name, *, nullable=None, comment=False, server_default=False, new_column_name=None, "
    "type_=None, existing_type=None, existing_server_default=False, existing_nullable=None, "
    "existing_comment=None, insert_before=None, insert_after=None, **kw)",
    "create_check_constraint": "(constraint_name, condition, **kw)",
    "create_exclude_constraint": "(constraint_name, *elements, **kw)",
    "create_foreign_key": "(constraint_name, referent_table, local_cols, remote_cols, *, referent_schema=None, "
    "onupdate=None, ondelete=None, deferrable=None, initially=None, match=None, **dialect_kw)",
    "create_index": "(index_name, columns, **kw)",
    "create_primary_key": "(constraint_name, columns)",
    "create_table_comment": "(comment, *, existing_comment=None)",
    "create_unique_constraint": "(constraint_name, columns, **kw)",
    "drop_column": "(column_name, **kw)",
    "drop_constraint": "(constraint_name, type_=None)",
    "drop_index": "(index_name, **kw)",
    "drop_table_comment": "(*, existing_comment=None)",
    "execute": "(sqltext, *, execution_options=None)",
    "f": "(name)",
    "get_bind": "()",
    "get_context": "()",
    "inline_literal": "(value, type_=None)",
    "invoke": "(operation)",
    "run_async": "(async_function, *args, **kw_args)",
}


def signature(method: Callable[..., Any], *but: str) -> str:
    """The parameters as alembic's are written above."""
    parameters = inspect.signature(method).parameters.values()
    bare = [each.replace(annotation=each.empty) for each in parameters if each.name not in ("self", *but)]
    return str(inspect.Signature(bare))


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    assert signature(getattr(Operations, name), *OURS.get(name, ())) == SIGNATURES[name]
    assert signature(getattr(op, name)) == signature(getattr(Operations, name))


def test_documentation_is_that_of_the_method() -> None:
    assert op.create_table.__doc__ == Operations.create_table.__doc__
    assert op.create_table.__name__ == "create_table"


def test_unknown_directive_names_the_nearest() -> None:
    with pytest.raises(
        AttributeError, match=r"op has no directive 'create_tabel'; did you mean op\.create_table\?"
    ):
        op.create_tabel  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(op, "wholly_unknown")


@pytest.mark.parametrize("name", BATCH_SIGNATURES)
def test_signature_in_a_batch(name: str) -> None:
    assert signature(getattr(BatchOperations, name)) == BATCH_SIGNATURES[name]


def test_recorder_has_no_database() -> None:
    operations = Operations(Recorder())
    for ask in (operations.get_bind, operations.get_context):
        with pytest.raises(OperationError, match=f"op.{ask.__name__}\\(\\) needs a database"):
            ask()


def test_one_letter_is_a_column() -> None:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        op.create_index("ix", "t", "x")
        op.create_unique_constraint("uq", "t", "x")
        with op.batch_alter_table("t") as batch_op:
            batch_op.create_index("iy", "y")
    made = [part.render() for operation in recorder.operations for part in operation.parts()]
    assert made == [
        "op.create_index('ix', 't', ['x'])",
        "op.create_unique_constraint('uq', 't', ['x'])",
        "op.create_index('iy', 't', ['y'])",
    ]


def test_a_literal_in_a_text() -> None:
    """As alembic_enums writes it."""
    with op.use(Operations(Recorder())):
        value = op.inline_literal("it's")
        assert f"SET DEFAULT {value}" == "SET DEFAULT 'it''s'"
        assert [str(op.inline_literal(value)) for value in (5, "a'b", "50% :x")] == [
            "5",
            "'a''b'",
            "'50% :x'",
        ]


def test_f_is_final() -> None:
    name = Operations(Recorder()).f("uq")
    assert isinstance(name, sa.schema.conv)
    assert name == "uq"


def test_drop_index_takes_what_create_index_takes() -> None:
    recorder = Recorder()
    Operations(recorder).drop_index("ix", "t", unique=True, postgresql_concurrently=True)
    assert [operation.render() for operation in recorder.operations] == [
        "op.drop_index('ix', table_name='t', postgresql_concurrently=True)"
    ]
