"""Alembic's names of the operations: called as there, they make ours; `isinstance` asks for ours.

A plug-in may derive a class of its own from one: that makes operations of the plug-in's class, with Alembic's
attributes, which are done as the plug-in says or else as the class that it derives from.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from nbmigrate import operations as ours
from nbmigrate.operations import MigrateOperation, Operation, Operations, Recorder
from nbmigrate.schema import Check, ForeignKey, PrimaryKey, Unique, to_column
from nbmigrate.schema.table import arguments_of


class _Named(type):
    """A class of Alembic's that stands for a class of ours, or one of a plug-in that derives from it."""

    ours: type[Operation]
    make: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__module__ != __name__:
            return super().__call__(*args, **kwargs)
        recorder = Recorder()
        cls.make(Operations(recorder), *args, **kwargs)
        return recorder.operations[0]

    def __instancecheck__(cls, instance: object) -> bool:
        if cls.__module__ != __name__ or isinstance(type(instance), _Named):
            return super().__instancecheck__(instance)
        return isinstance(instance, cls.ours) and cls.accepts(instance)  # type: ignore[attr-defined]


class _Op(MigrateOperation, metaclass=_Named):
    """One of Alembic's operations.

    Its `make` is the directive that takes what the class of Alembic takes.
    """

    ours: ClassVar[type[Operation]] = Operation
    make: ClassVar[Callable[..., Any]]
    table_name: str | None = None
    schema: str | None = None
    kw: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What Alembic keeps for itself is of no use here.
        kwargs = {name: value for name, value in kwargs.items() if not name.startswith("_")}
        bound = inspect.signature(type(self).make).bind(None, *args, **kwargs)
        bound.apply_defaults()
        given = dict(list(bound.arguments.items())[1:])
        self.__dict__.update(given if "kw" in given else {**given, "kw": {}})

    def perform(self, operations: Any) -> Any:
        """Do it as the plug-in says, or as Alembic's class does."""
        if type(self).implementation is not None:
            return super().perform(operations)
        return self.perform_as_always(operations)

    def perform_as_always(self, operations: Any) -> Any:
        """Do it as Alembic's class does, with the attributes that it has now."""
        names = list(inspect.signature(type(self).make).parameters)[1:]
        given = {name: getattr(self, name) for name in names if name != "kw"}
        return type(self).make(operations, **given, **self.kw)

    @staticmethod
    def accepts(operation: Any) -> bool:
        """Whether an operation of our class is of Alembic's class too."""
        return True


def perform_as_always(operations: Operations, operation: _Op) -> Any:
    """Do an operation as without a function of the project; Alembic has one such for each class in `toimpl`."""
    return operation.perform_as_always(operations)


def _view(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Return an operation with Alembic's attributes, which is none of ours."""
    # A class of a plug-in makes such, and its module tells it from Alembic's.
    viewing = type(cls)(cls.__name__, (cls,), {"__module__": f"{__name__}.views", "__doc__": cls.__doc__})
    return viewing(*args, **kwargs)


def _given(operation: Operation, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(operation, name)) is not None}


class CreateTableOp(_Op):
    """Make a table: `CreateTableOp(name, [columns and constraints])`."""

    ours = ours.CreateTable
    columns: Iterable[Any]

    @staticmethod
    def make(
        op: Operations, table_name: str, columns: Iterable[Any], schema: str | None = None, **kw: Any
    ) -> sa.Table:
        """Take the columns in a list."""
        return op.create_table(table_name, *columns, schema=schema, **kw)

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        items, keywords = arguments_of(operation.table)
        keywords = {name: value for name, value in keywords.items() if value} | _given(
            operation, "if_not_exists"
        )
        return _view(cls, operation.table.name, items, **keywords)

    def to_table(self, migration_context: Any = None) -> sa.Table:
        """Return the table that is made."""
        del migration_context
        items = [
            item._copy() if isinstance(item, sa.Column | sa.Constraint) else item for item in self.columns
        ]
        return sa.Table(str(self.table_name), sa.MetaData(), *items, schema=self.schema, **self.kw)


class DropTableOp(_Op):
    """Drop a table."""

    ours = ours.DropTable

    @staticmethod
    def make(
        op: Operations,
        table_name: str,
        schema: str | None = None,
        if_exists: bool | None = None,
        table_kw: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the keywords of dialects in a dictionary."""
        op.drop_table(table_name, schema=schema, if_exists=if_exists, **(table_kw or {}))

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        words = operation.schema, operation.if_exists, dict(operation.options)
        return _view(cls, operation.name, *words)


class RenameTableOp(_Op):
    """Rename a table."""

    ours = ours.RenameTable
    make = Operations.rename_table

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        return _view(cls, operation.name, operation.new_name, schema=operation.schema)


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

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        words = _given(operation, "if_not_exists", "inline_references", "inline_primary_key")
        return _view(cls, operation.table, to_column(operation.column), schema=operation.schema, **words)


class DropColumnOp(_Op):
    """Drop a column."""

    ours = ours.DropColumn
    column_name: str
    make = Operations.drop_column

    def to_column(self, migration_context: Any = None) -> sa.Column[Any]:
        """Return a column of the name; its type is not known."""
        del migration_context
        return sa.Column(self.column_name, sa.types.NullType())

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        words = _given(operation, "if_exists") | dict(operation.options)
        return _view(cls, operation.table, operation.column, schema=operation.schema, **words)


class AlterColumnOp(_Op):
    """Change a column: what is new is called `modify_...` here, and `modify_name` a new name."""

    ours = ours.AlterColumn
    _NEW: ClassVar = {"modify_nullable": "nullable", "modify_comment": "comment", "modify_type": "type_"}
    _NEW |= {"modify_server_default": "server_default", "modify_name": "new_column_name"}

    @classmethod
    def make(cls, op: Operations, table_name: str, column_name: str, **kw: Any) -> None:
        """Take what is new under Alembic's inner names."""
        op.alter_column(table_name, column_name, **{cls._NEW.get(name, name): kw[name] for name in kw})


class _IndexOp(_Op):
    """Make or drop an index."""

    index_name: str
    columns: Iterable[Any] = ("x",)
    unique: bool = False

    def to_index(self, migration_context: Any = None) -> sa.Index:
        """Return the index; of one that is dropped the columns are not known."""
        del migration_context
        table = sa.Table(str(self.table_name), sa.MetaData(), schema=self.schema)
        items = []
        for column in self.columns:
            if isinstance(column, str):
                column = sa.Column(column, sa.types.NullType())
            if isinstance(column, sa.Column):
                column = column._copy()
                table.append_column(column, replace_existing=True)
            items.append(column)
        return sa.Index(self.index_name, *items, **{"unique": self.unique, **self.kw})


class CreateIndexOp(_IndexOp):
    """Make an index."""

    ours = ours.CreateIndex
    make = Operations.create_index

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        index = operation.index
        columns = [each if isinstance(each, str) else each.clause for each in index.columns]
        words = _given(operation, "if_not_exists") | {"unique": index.unique} | dict(index.options)
        return _view(cls, index.name, operation.table, columns, schema=operation.schema, **words)


class DropIndexOp(_IndexOp):
    """Drop an index."""

    ours = ours.DropIndex
    make = Operations.drop_index

    @classmethod
    def viewed(cls, operation: Any) -> Any:
        """Return one of ours as Alembic has it."""
        words = _given(operation, "if_exists") | dict(operation.options)
        return _view(cls, operation.name, operation.table, schema=operation.schema, **words)


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
