"""`op` as a module: its directives, where they go, and what it says outside a migration."""

import inspect
import threading

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


#: The signatures of alembic 1.20.1, without types; what is ours alone is after `|`.
SIGNATURES = {
    "create_table": "table_name *columns if_not_exists **kw",
    "drop_table": "table_name schema if_exists **kw",
    "rename_table": "old_table_name new_table_name schema",
    "add_column": "table_name column schema if_not_exists inline_references inline_primary_key "
    "| insert_before insert_after",
    "drop_column": "table_name column_name schema | if_exists **kw",
    "alter_column": "table_name column_name nullable comment server_default new_column_name type_ existing_type "
    "existing_server_default existing_nullable existing_comment schema | autoincrement existing_autoincrement "
    "insert_before insert_after **kw",
    "create_index": "index_name table_name columns schema unique if_not_exists **kw",
    "drop_index": "index_name table_name schema if_exists **kw",
    "create_primary_key": "constraint_name table_name columns schema | **kw",
    "create_unique_constraint": "constraint_name table_name columns schema **kw",
    "create_check_constraint": "constraint_name table_name condition schema **kw",
    "create_foreign_key": "constraint_name source_table referent_table local_cols remote_cols onupdate ondelete "
    "deferrable initially match source_schema referent_schema **dialect_kw",
    "create_exclude_constraint": "constraint_name table_name *elements | schema **kw",
    "drop_constraint": "constraint_name table_name type_ schema if_exists",
    "create_table_comment": "table_name comment existing_comment schema",
    "drop_table_comment": "table_name existing_comment schema",
    "execute": "sqltext execution_options",
    "bulk_insert": "table rows multiinsert",
    "inline_literal": "value type_",
    "f": "name",
    "get_bind": "",
    "get_context": "",
    "batch_alter_table": "table_name schema recreate partial_reordering copy_from table_args table_kwargs "
    "reflect_args reflect_kwargs naming_convention",
    "invoke": "operation",
    "run_async": "async_function *args **kw_args",
}
#: Those of a batch.
BATCH_SIGNATURES = {
    "add_column": "column insert_before insert_after if_not_exists inline_references inline_primary_key",
    "alter_column": "column_name nullable comment server_default new_column_name type_ existing_type "
    "existing_server_default existing_nullable existing_comment insert_before insert_after **kw",
    "create_check_constraint": "constraint_name condition **kw",
    "create_exclude_constraint": "constraint_name *elements **kw",
    "create_foreign_key": "constraint_name referent_table local_cols remote_cols referent_schema onupdate ondelete "
    "deferrable initially match **dialect_kw",
    "create_index": "index_name columns **kw",
    "create_primary_key": "constraint_name columns",
    "create_table_comment": "comment existing_comment",
    "create_unique_constraint": "constraint_name columns **kw",
    "drop_column": "column_name **kw",
    "drop_constraint": "constraint_name type_",
    "drop_index": "index_name **kw",
    "drop_table_comment": "existing_comment",
    "execute": "sqltext execution_options",
    "f": "name",
    "get_bind": "",
    "get_context": "",
    "inline_literal": "value type_",
    "invoke": "operation",
    "run_async": "async_function *args **kw_args",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    parameters = inspect.signature(getattr(op, name)).parameters.values()
    found = [str(parameter).partition(":")[0].partition("=")[0] for parameter in parameters]
    assert found == SIGNATURES[name].replace("| ", "").split()
    method = list(inspect.signature(getattr(Operations, name)).parameters)
    assert method[1:] == [parameter.name for parameter in parameters]


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
    parameters = list(inspect.signature(getattr(BatchOperations, name)).parameters.values())[1:]
    found = [str(parameter).partition(":")[0].partition("=")[0] for parameter in parameters]
    assert found == BATCH_SIGNATURES[name].split()


def test_recorder_has_no_database() -> None:
    operations = Operations(Recorder())
    for ask in (operations.get_bind, operations.get_context):
        with pytest.raises(OperationError, match=f"op.{ask.__name__}\\(\\) asks for the database"):
            ask()


def test_f_is_final() -> None:
    name = Operations(Recorder()).f("uq")
    assert isinstance(name, sa.schema.conv)
    assert name == "uq"
