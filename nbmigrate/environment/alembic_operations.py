"""Alembic's names of the operations: called as there, they make ours; `isinstance` asks for ours."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from nbmigrate import operations as ours
from nbmigrate.operations import Operation, Operations, Recorder
from nbmigrate.schema import Check, ForeignKey, PrimaryKey, Unique


class _Named(type):
    """A class of Alembic's that stands for a class of ours."""

    ours: type[Operation]
    make: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Operation:
        recorder = Recorder()
        cls.make(Operations(recorder), *args, **kwargs)
        return recorder.operations[0]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.ours) and cls.accepts(instance)  # type: ignore[attr-defined]


class _Op(metaclass=_Named):
    """One of Alembic's operations.

    Its `make` is the directive that takes what the class of Alembic takes.
    """

    ours: ClassVar[type[Operation]] = Operation

    @staticmethod
    def accepts(operation: Any) -> bool:
        """Whether an operation of our class is of Alembic's class too."""
        return True


class CreateTableOp(_Op):
    """Make a table: `CreateTableOp(name, [columns and constraints])`."""

    ours = ours.CreateTable

    @staticmethod
    def make(op: Operations, table_name: str, columns: Iterable[Any], **kw: Any) -> None:
        """Take the columns in a list."""
        op.create_table(table_name, *columns, **kw)


class DropTableOp(_Op):
    """Drop a table."""

    ours = ours.DropTable
    make = Operations.drop_table


class RenameTableOp(_Op):
    """Rename a table."""

    ours = ours.RenameTable
    make = Operations.rename_table


class CreateTableCommentOp(_Op):
    """Say what a table is for."""

    ours = ours.CreateTableComment
    make = Operations.create_table_comment


class DropTableCommentOp(_Op):
    """Take a table's comment away."""

    ours = ours.DropTableComment
    make = Operations.drop_table_comment


class AddColumnOp(_Op):
    """Add a column."""

    ours = ours.AddColumn
    make = Operations.add_column


class DropColumnOp(_Op):
    """Drop a column."""

    ours = ours.DropColumn
    make = Operations.drop_column


class AlterColumnOp(_Op):
    """Change a column: what is new is called `modify_...` here, and `modify_name` a new name."""

    ours = ours.AlterColumn
    _NEW: ClassVar = {"modify_nullable": "nullable", "modify_comment": "comment", "modify_type": "type_"}
    _NEW |= {"modify_server_default": "server_default", "modify_name": "new_column_name"}

    @classmethod
    def make(cls, op: Operations, table_name: str, column_name: str, **kw: Any) -> None:
        """Take what is new under Alembic's inner names."""
        op.alter_column(table_name, column_name, **{cls._NEW.get(name, name): kw[name] for name in kw})


class CreateIndexOp(_Op):
    """Make an index."""

    ours = ours.CreateIndex
    make = Operations.create_index


class DropIndexOp(_Op):
    """Drop an index."""

    ours = ours.DropIndex
    make = Operations.drop_index


class DropConstraintOp(_Op):
    """Drop a constraint."""

    ours = ours.DropConstraint
    make = Operations.drop_constraint


class ExecuteSQLOp(_Op):
    """Run a statement."""

    ours = ours.ExecuteSQL
    make = Operations.execute


class BulkInsertOp(_Op):
    """Insert rows."""

    ours = ours.BulkInsert
    make = Operations.bulk_insert


class _AddConstraintOp(_Op):
    """Add a constraint of one kind."""

    ours = ours.AddConstraint
    kind: ClassVar[type] = object

    @classmethod
    def accepts(cls, operation: Any) -> bool:
        """Whether it is of this kind."""
        return isinstance(operation.constraint, cls.kind)


class CreatePrimaryKeyOp(_AddConstraintOp):
    """Add a primary key."""

    kind = PrimaryKey
    make = Operations.create_primary_key


class CreateUniqueConstraintOp(_AddConstraintOp):
    """Add a unique constraint."""

    kind = Unique
    make = Operations.create_unique_constraint


class CreateCheckConstraintOp(_AddConstraintOp):
    """Add a check constraint."""

    kind = Check
    make = Operations.create_check_constraint


class CreateForeignKeyOp(_AddConstraintOp):
    """Add a foreign key."""

    kind = ForeignKey
    make = Operations.create_foreign_key
