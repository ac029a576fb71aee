"""Operations of a project's own: made, registered, done, undone."""

import gc
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate import operations as ops
from nbmigrate.errors import IrreversibleError, OperationError, UnsupportedOperationError
from nbmigrate.operations import (
    BatchOperations,
    MigrateOperation,
    Operations,
    Recorder,
    render_body,
    reverse_all,
)


@Operations.register_operation("create_view_here")
class CreateView(MigrateOperation):
    """Create a view."""

    def __init__(self, name: str, query: str, *, schema: str | None = None) -> None:
        self.name = name
        self.query = query
        self.schema = schema

    @classmethod
    def create_view_here(cls, operations: Operations, name: str, query: str, **kw: Any) -> Any:
        return operations.invoke(cls(name, query, **kw))

    def reverse(self) -> "DropView":
        return DropView(self.name)


@Operations.register_operation("drop_view_here", "drop")
class DropView(MigrateOperation):
    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def drop(cls, operations: Operations, name: str) -> Any:
        return operations.invoke(cls(name))


@Operations.implementation_for(CreateView)
def create_view(operations: Operations, operation: CreateView) -> str:
    operations.execute(f"CREATE VIEW {operation.name} AS {operation.query}")
    return operation.name


@Operations.implementation_for(DropView)
def drop_view(operations: Operations, operation: DropView) -> None:
    operations.execute(f"DROP VIEW {operation.name}")


def test_a_directive_of_a_project() -> None:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        # What the implementation returns comes back.
        assert op.create_view_here("v", "SELECT 1") == "v"  # type: ignore[attr-defined]
        op.drop_view_here("w")  # type: ignore[attr-defined]
    assert recorder.operations == [CreateView("v", "SELECT 1"), DropView("w")]
    assert recorder.operations[0] != CreateView("v", "SELECT 2")
    assert [part for operation in recorder.operations for part in operation.parts()] == [
        ops.ExecuteSQL.of("CREATE VIEW v AS SELECT 1"),
        ops.ExecuteSQL.of("DROP VIEW w"),
    ]


def test_it_says_what_it_does_and_is_written_and_undone() -> None:
    operation = CreateView("v", "SELECT 1")
    assert operation.describe() == "Create a view. (name='v', query='SELECT 1', schema=None)"
    assert operation.render() == "op.create_view_here(name='v', query='SELECT 1', schema=None)"
    assert render_body(reverse_all([operation])).text == "op.drop_view_here(name='v')"
    with pytest.raises(IrreversibleError, match="DropView"):
        DropView("v").reverse()


def test_source_makes_an_equal_operation() -> None:
    recorder = Recorder()
    with op.use(Operations(recorder)):
        exec(CreateView("v", "SELECT 'a'", schema="s").render(), {"op": op})
    assert recorder.operations == [CreateView("v", "SELECT 'a'", schema="s")]


def test_outside_a_migration() -> None:
    with pytest.raises(OperationError, match=r"op.create_view_here\(\) was called outside a migration"):
        op.create_view_here("v", "SELECT 1")  # type: ignore[attr-defined]


def test_a_batch_has_its_own() -> None:
    @BatchOperations.register_operation("add_two_here")
    class AddTwo(MigrateOperation):
        @classmethod
        def add_two_here(cls, operations: BatchOperations) -> None:
            operations.invoke(cls())

    @BatchOperations.implementation_for(AddTwo)
    def add_two(operations: BatchOperations, _: AddTwo) -> None:
        operations.add_column(sa.Column("a", sa.Integer))
        operations.add_column(sa.Column("b", sa.Integer))

    recorder = Recorder()
    with Operations(recorder).batch_alter_table("t") as batch_op:
        batch_op.add_two_here()
    (batch,) = recorder.operations
    assert isinstance(batch, ops.AlterTable)
    assert [type(change) for change in batch.changes] == [ops.AddColumn, ops.AddColumn]
    with pytest.raises(AttributeError, match="add_two_here"):
        Operations(recorder).add_two_here()


def test_operations_of_ours_can_be_invoked() -> None:
    recorder = Recorder()
    Operations(recorder).invoke(ops.DropTable("t"))
    assert recorder.operations == [ops.DropTable("t")]
    with pytest.raises(OperationError, match="is given 5, which is no operation"):
        Operations(recorder).invoke(5)


def test_a_class_that_derives_from_none_of_ours() -> None:
    """As those of sqlalchemy_declarative_extensions: Alembic looks at no base class."""

    @Operations.register_operation("grant_here")
    class Grant:
        def __init__(self, role: str, *, back: bool = False) -> None:
            self.role = role
            self.back = back

        def __repr__(self) -> str:
            return f"{'Revoke' if self.back else 'Grant'}({self.role})"

        @classmethod
        def grant_here(cls, operations: Operations, role: str) -> Any:
            return operations.invoke(cls(role))

        def reverse(self) -> "Grant":
            return Grant(self.role, back=True)

    @Operations.implementation_for(Grant)
    def grant(operations: Operations, operation: Grant) -> str:
        operations.execute(f"GRANT {operation.role} TO me")
        return operation.role

    recorder = Recorder()
    with op.use(Operations(recorder)):
        assert op.grant_here("reader") == "reader"  # type: ignore[attr-defined]
    (operation,) = recorder.operations
    assert operation.describe() == "Grant(reader)"
    assert operation.reverse().describe() == "Revoke(reader)"
    assert operation.parts() == (ops.ExecuteSQL.of("GRANT reader TO me"),)
    with pytest.raises(OperationError, match="has an implementation already"):
        Operations.implementation_for(Grant)(grant)


def test_one_name_in_two_threads_is_two_operations() -> None:
    together = threading.Barrier(2)
    found: dict[str, list[str]] = {}

    def project(name: str) -> None:
        class Mine(MigrateOperation):
            @classmethod
            def mine_here(cls, operations: Operations) -> Any:
                return operations.invoke(cls())

        Operations.implementation_for(Mine)(
            lambda operations, operation: operations.execute(f"SELECT '{name}'")
        )
        Operations.register_operation("mine_here")(Mine)
        together.wait()
        recorder = Recorder()
        with op.use(Operations(recorder)):
            op.mine_here()  # type: ignore[attr-defined]
        found[name] = [part.describe() for operation in recorder.operations for part in operation.parts()]

    threads = [threading.Thread(target=project, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": ["Execute: SELECT 'a'"], "b": ["Execute: SELECT 'b'"]}
    # Classes that nobody holds any more are no directives any more either.
    gc.collect()
    with pytest.raises(AttributeError):
        op.mine_here  # type: ignore[attr-defined]  # noqa: B018


def test_refused() -> None:
    with pytest.raises(OperationError, match=r"op.create_table\(\) is there already"):
        Operations.register_operation("create_table")(CreateView)
    with pytest.raises(OperationError, match="has no class method 'other_here'"):
        Operations.register_operation("other_here")(DropView)
    with pytest.raises(UnsupportedOperationError, match="only a project's own operations"):
        Operations.implementation_for(ops.CreateTable, replace=True)
    with pytest.raises(OperationError, match="has an implementation already"):
        Operations.implementation_for(DropView)(drop_view)
    Operations.implementation_for(DropView, replace=True)(drop_view)

    class Bare(MigrateOperation):
        pass

    with pytest.raises(OperationError, match="Bare has no implementation"):
        Operations(Recorder()).invoke(Bare())
    with pytest.raises(OperationError, match="Bare cannot be written as Python source"):
        Bare().render()
