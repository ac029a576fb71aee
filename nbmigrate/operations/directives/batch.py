"""The object of `with op.batch_alter_table(...) as batch_op`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NoReturn

import sqlalchemy as sa

from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations.alter_table import AlterTable
from nbmigrate.operations.columns import DropColumn
from nbmigrate.operations.constraints import DropConstraint, DropIndex
from nbmigrate.operations.directives import custom
from nbmigrate.operations.directives.columns import DefaultArgument, TypeArgument
from nbmigrate.operations.directives.common import CommonDirectives, SingleDirectives
from nbmigrate.operations.implementation import BatchImplementation
from nbmigrate.operations.migrate_operation import MigrateOperation
from nbmigrate.operations.operation import Change
from nbmigrate.operations.recorder import Recorder, Runner


class BatchOperations(CommonDirectives):
    """The directives of a batch, which know their table; the batch is made when its `with` block ends.

    Parameters
    ----------
    runner
        Does at once what is no change of the table.
    batch
        The table, and the options of the batch.
    at_once
        The `op` around the batch.
    kept
        An `op` that keeps what it is asked for in a list.
    """

    def __init__(
        self,
        runner: Runner,
        batch: AlterTable,
        at_once: SingleDirectives,
        kept: tuple[SingleDirectives, Recorder],
    ) -> None:
        super().__init__(runner)
        self._batch = batch
        self._at_once = at_once
        self._op, self._recorder = kept
        self._where: dict[str, Any] = {"schema": batch.schema}

    def done(self) -> AlterTable:
        """Return the batch with everything requested."""
        changes = [change for change in self._recorder.operations if isinstance(change, Change)]
        return replace(self._batch, changes=tuple(map(self._with_dropped, changes)))

    def _with_dropped(self, change: Change) -> Change:
        """Return a change with what copy_from tells of what it drops, for the way back."""
        table = self._batch.copy_from
        if table is None:
            return change
        found: dict[str | None, Any] = {}
        if isinstance(change, DropColumn):
            found = {column.name: column for column in table.columns}
            return replace(change, original=found.get(change.column))
        if isinstance(change, DropConstraint):
            found = {constraint.name: constraint for constraint in table.constraints}
            return replace(change, original=found.get(change.name))
        if isinstance(change, DropIndex):
            found = {index.name: index for index in table.indexes}
            return replace(change, original=found.get(change.name))
        return change

    def add_column(
        self,
        column: sa.Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column, last or beside another one; see `op.add_column`."""
        self._op.add_column(
            self._batch.table,
            column,
            if_not_exists=if_not_exists,
            inline_references=inline_references,
            inline_primary_key=inline_primary_key,
            insert_before=insert_before,
            insert_after=insert_after,
            **self._where,
        )

    def drop_column(self, column_name: str, **kw: Any) -> None:
        """Drop a column; see `op.drop_column`. `existing_type` may be said, as for alembic; it is not needed."""
        kw.pop("existing_type", None)
        self._op.drop_column(self._batch.table, column_name, **self._where, **kw)

    def alter_column(
        self,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: DefaultArgument = False,
        new_column_name: str | None = None,
        type_: TypeArgument = None,
        existing_type: TypeArgument = None,
        existing_server_default: DefaultArgument = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column, or move it beside another one; see `op.alter_column`."""
        self._op.alter_column(
            self._batch.table,
            column_name,
            nullable=nullable,
            comment=comment,
            server_default=server_default,
            new_column_name=new_column_name,
            type_=type_,
            existing_type=existing_type,
            existing_server_default=existing_server_default,
            existing_nullable=existing_nullable,
            existing_comment=existing_comment,
            insert_before=insert_before,
            insert_after=insert_after,
            **self._where,
            **kw,
        )

    def create_index(
        self,
        index_name: str | None,
        columns: Sequence[str | sa.TextClause | sa.ColumnElement[Any]],
        **kw: Any,
    ) -> None:
        """Create an index; see `op.create_index`."""
        self._op.create_index(index_name, self._batch.table, columns, **self._where, **kw)

    def drop_index(self, index_name: str, **kw: Any) -> None:
        """Drop an index; see `op.drop_index`."""
        self._op.drop_index(index_name, self._batch.table, **self._where, **kw)

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str]) -> None:
        """Add a primary key, or put another one in its place; see `op.create_primary_key`."""
        self._op.create_primary_key(constraint_name, self._batch.table, columns, **self._where)

    def create_unique_constraint(
        self, constraint_name: str | None, columns: Sequence[str], **kw: Any
    ) -> None:
        """Add a unique constraint; see `op.create_unique_constraint`."""
        self._op.create_unique_constraint(constraint_name, self._batch.table, columns, **self._where, **kw)

    def create_check_constraint(
        self,
        constraint_name: str | None,
        condition: str | sa.ColumnElement[bool] | sa.TextClause,
        **kw: Any,
    ) -> None:
        """Add a check constraint; see `op.create_check_constraint`."""
        self._op.create_check_constraint(constraint_name, self._batch.table, condition, **self._where, **kw)

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Add a foreign key; see `op.create_foreign_key`."""
        self._op.create_foreign_key(
            constraint_name,
            self._batch.table,
            referent_table,
            local_cols,
            remote_cols,
            source_schema=self._batch.schema,
            referent_schema=referent_schema,
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            **dialect_kw,
        )

    def create_exclude_constraint(
        self, constraint_name: str | None, *elements: tuple[Any, str], **kw: Any
    ) -> None:
        """Add an exclude constraint of PostgreSQL; see `op.create_exclude_constraint`."""
        self._op.create_exclude_constraint(constraint_name, self._batch.table, *elements, **self._where, **kw)

    def drop_constraint(self, constraint_name: str | None, type_: str | None = None) -> None:
        """Drop a constraint; see `op.drop_constraint`."""
        self._op.drop_constraint(constraint_name, self._batch.table, type_, **self._where)

    def create_table_comment(self, comment: str | None, *, existing_comment: str | None = None) -> None:
        """Set the comment of the table; see `op.create_table_comment`."""
        self._op.create_table_comment(
            self._batch.table, comment, existing_comment=existing_comment, **self._where
        )

    def drop_table_comment(self, *, existing_comment: str | None = None) -> None:
        """Drop the comment of the table; see `op.drop_table_comment`."""
        self._op.drop_table_comment(self._batch.table, existing_comment=existing_comment, **self._where)

    def execute(
        self, sqltext: sa.Executable | str, *, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Execute a statement at once, before the changes of the batch; see `op.execute`."""
        self._at_once.execute(sqltext, execution_options=execution_options)

    def invoke(self, operation: Any) -> Any:
        """Do an operation that is given as a value; what a project's own asks for of the table joins the batch."""
        found = custom.adopted(operation)
        if isinstance(found, MigrateOperation):
            return found.perform(self)
        if isinstance(operation, Change):
            return self._recorder.invoke(operation)
        return super().invoke(operation)

    @property
    def impl(self) -> BatchImplementation:
        """What Alembic's operations of a plug-in call to alter the table."""
        return BatchImplementation(self, self._batch.table, self._batch.schema)

    def create_table(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: a batch is about the one table."""
        raise self._no_change("create_table")

    def drop_table(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: a batch is about the one table."""
        raise self._no_change("drop_table")

    def rename_table(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: a batch keeps the name of its table."""
        raise self._no_change("rename_table")

    def _no_change(self, directive: str) -> UnsupportedOperationError:
        return UnsupportedOperationError(
            f"A batch changes parts of table {self._batch.table_name}; {directive} is none of them.",
            f"Write op.{directive}(...) before or after the `with` block.",
        )
