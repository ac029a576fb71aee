"""Operations as statements, in the SQL that most databases understand."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import (
    AddConstraint,
    CreateColumn,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    DropTableComment,
    ExecutableDDLElement,
    SetColumnComment,
    SetTableComment,
)
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.alteration import Alteration, Writer, references
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import (
    Column,
    Computed,
    Identity,
    Index,
    ServerDefault,
    SqlType,
    Table,
    scratch_table,
    to_table,
)

#: What a database executes for one operation, in order.
Elements = Iterator[ExecutableDDLElement]

_DROPPED: dict[str | None, Any] = {
    "primary": lambda name: sa.PrimaryKeyConstraint(name=name),
    "unique": lambda name: sa.UniqueConstraint(name=name),
    "foreignkey": lambda name: sa.ForeignKeyConstraint([], [], name=name),
    "check": lambda name: sa.CheckConstraint("", name=name),
    None: lambda name: sa.Constraint(name=name),
}


class DefaultDialect:
    """DDL for each operation; a subclass says what a database does otherwise.

    Parameters
    ----------
    dialect
        The dialect of SQLAlchemy that compiles it.
    """

    #: Whether the foreign key and the CHECKs of a new column are always written inside of it.
    inline_constraints = False
    #: Whether an index can be made IF NOT EXISTS.
    index_if_not_exists = True

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = dialect

    # Tables

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TABLE, then its indexes and comments where they are statements of their own."""
        table = to_table(self._as_written(operation.table))
        only_if_new = bool(operation.if_not_exists)
        yield CreateTable(table, if_not_exists=only_if_new)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield CreateIndex(index, if_not_exists=only_if_new and self.index_if_not_exists)
        if self._comments_apart:
            if table.comment:
                yield SetTableComment(table)
            for column in table.columns:
                if column.comment:
                    yield SetColumnComment(column)

    def _as_written(self, table: Table) -> Table:
        """Return the table with its parts where the database takes them."""
        return table

    @property
    def _comments_apart(self) -> bool:
        return self.dialect.supports_comments and not self.dialect.inline_comments

    def drop_table(self, operation: ops.DropTable) -> Elements:
        """Yield DROP TABLE."""
        table = to_table(Table(operation.name, schema=operation.schema, options=operation.options))
        yield DropTable(table, if_exists=bool(operation.if_exists))

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield ALTER TABLE ... RENAME TO."""
        new = _table(operation.new_name, self._schema_of_new_name(operation))
        yield self._alter(
            operation.name, operation.schema, lambda ddl: f"RENAME TO {ddl.preparer.format_table(new)}"
        )

    def _schema_of_new_name(self, operation: ops.RenameTable) -> str | None:
        return operation.schema

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield what sets the comment of a table."""
        self._require_comments()
        table = _table(operation.table, operation.schema, comment=operation.comment)
        yield SetTableComment(table) if operation.comment is not None else DropTableComment(table)

    def drop_table_comment(self, operation: ops.DropTableComment) -> Elements:
        """Yield what drops the comment of a table."""
        self._require_comments()
        yield DropTableComment(_table(operation.table, operation.schema))

    def _require_comments(self) -> None:
        if not self.dialect.supports_comments:
            raise UnsupportedOperationError(
                f"{self.dialect.name} has no comments on tables and columns.",
                "Leave the comment out, or set it only where `op.get_bind().dialect.name` is another.",
            )

    # Columns

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN, then the constraints, indexes and comment of the column."""
        table = to_table(
            self._as_written(Table(operation.table, (operation.column,), schema=operation.schema))
        )
        column = table.columns[operation.column.key or operation.column.name]
        keys = sorted(table.foreign_key_constraints, key=lambda key: key.elements[0].target_fullname)
        others = [item for item in self._constraints(table) if not isinstance(item, sa.ForeignKeyConstraint)]
        inline_keys = keys if operation.inline_references or self.inline_constraints else []
        inline_others = others if self.inline_constraints else []

        def write(ddl: DDLCompiler) -> str:
            exists = "IF NOT EXISTS " if operation.if_not_exists else ""
            parts = [f"ADD COLUMN {exists}{ddl.process(CreateColumn(column))}"]
            parts += ["PRIMARY KEY"] if operation.inline_primary_key and column.primary_key else []
            parts += [references(ddl, key) for key in inline_keys]
            parts += [ddl.process(item) for item in inline_others]
            return " ".join(parts)

        yield self._alter(operation.table, operation.schema, write)
        for constraint in [] if inline_others else others:
            yield AddConstraint(constraint)
        for key in keys if not inline_keys else []:
            yield AddConstraint(key)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield CreateIndex(index)
        if column.comment and self._comments_apart:
            yield SetColumnComment(column)

    def _constraints(self, table: sa.Table) -> list[sa.Constraint]:
        """Return the constraints that are statements of their own, but for the primary key."""
        compiler = self.dialect.ddl_compiler(self.dialect, None)  # type: ignore[arg-type]
        found = []
        for constraint in table.constraints:
            # Boolean and Enum types make a CHECK that says which databases it is for; it has no public name.
            applies = getattr(constraint, "_create_rule", None)
            if not isinstance(constraint, sa.PrimaryKeyConstraint) and (applies is None or applies(compiler)):
                found.append(constraint)
        return sorted(found, key=lambda constraint: (type(constraint).__name__, str(constraint.name)))

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN."""
        exists = "IF EXISTS " if operation.if_exists else ""
        yield self._alter(
            operation.table,
            operation.schema,
            lambda ddl: f"DROP COLUMN {exists}{ddl.preparer.quote(operation.column)}",
        )

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield a statement per change: the new name comes last, so that the others find the old one."""
        yield from self._drop_type_checks(operation)
        yield from self._change_column(operation)
        yield from self._add_type_checks(operation)

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._type(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _drop_type_checks(self, operation: ops.AlterColumn) -> Elements:
        """Yield what drops the CHECK of a Boolean or Enum that the column is no more."""
        if operation.type is not None and operation.existing_type is not None:
            table = self._with_column(operation, operation.existing_type)
            for constraint in self._constraints(table):
                if constraint.name:
                    yield DropConstraint(constraint)

    def _add_type_checks(self, operation: ops.AlterColumn) -> Elements:
        """Yield what adds the CHECK of a Boolean or Enum that the column becomes."""
        if operation.type is not None:
            table = self._with_column(operation, operation.type, operation.new_name)
            for constraint in self._constraints(table):
                yield AddConstraint(constraint)

    def _nullable(self, operation: ops.AlterColumn) -> Elements:
        if operation.nullable is not None:
            yield self._alter_one(operation, "DROP NOT NULL" if operation.nullable else "SET NOT NULL")

    def _type(self, operation: ops.AlterColumn) -> Elements:
        if operation.type is not None:
            type_ = operation.type.copy()
            yield self._alter_one(
                operation, lambda ddl: f"TYPE {self._type_sql(type_)}{self._using(operation)}"
            )

    def _type_sql(self, type_: Any) -> str:
        return str(type_.compile(dialect=self.dialect))

    def _using(self, operation: ops.AlterColumn) -> str:
        return ""

    def _server_default(self, operation: ops.AlterColumn) -> Elements:
        if operation.server_default is False:
            return
        self._require_plain_default(operation)
        if operation.server_default is None:
            yield self._alter_one(operation, "DROP DEFAULT")
            return
        column = self._column(operation, default=operation.server_default)
        yield self._alter_one(operation, lambda ddl: f"SET DEFAULT {ddl.get_column_default_string(column)}")

    def _require_plain_default(self, operation: ops.AlterColumn) -> None:
        for value in (operation.server_default, operation.existing_server_default):
            if isinstance(value, (Computed, Identity)):
                what = "a computed column" if isinstance(value, Computed) else "an identity column"
                raise UnsupportedOperationError(
                    f"{self.dialect.name} cannot make column {operation.column} of table {operation.table_name} "
                    f"{what}, or an ordinary one of it.",
                    "Add a new column and drop the old one.",
                )

    def _comment(self, operation: ops.AlterColumn) -> Elements:
        if operation.comment is not False:
            self._require_comments()
            yield SetColumnComment(self._column(operation, comment=operation.comment))

    def _name(self, operation: ops.AlterColumn) -> Elements:
        if operation.new_name is not None:
            yield self._alter(operation.table, operation.schema, lambda ddl: self._rename_sql(operation, ddl))

    def _rename_sql(self, operation: ops.AlterColumn, ddl: DDLCompiler) -> str:
        quote = ddl.preparer.quote
        return f"RENAME {quote(operation.column)} TO {quote(str(operation.new_name))}"

    def _column(
        self,
        operation: ops.AlterColumn,
        *,
        type_: SqlType | None = None,
        default: ServerDefault = None,
        comment: str | None = None,
        name: str | None = None,
    ) -> sa.Column[Any]:
        """Return the column of an alteration in a scratch table."""
        of_any_type = SqlType(sa.types.NullType())
        known = type_ or operation.type or operation.existing_type or of_any_type
        named = name or operation.column
        value = Column(named, known, server_default=default, comment=comment)
        return to_table(Table(operation.table, (value,), schema=operation.schema)).columns[named]

    def _with_column(self, operation: ops.AlterColumn, type_: SqlType, name: str | None = None) -> sa.Table:
        table = self._column(operation, type_=type_, name=name).table
        assert isinstance(table, sa.Table)  # noqa: S101 - a column of a scratch table has one
        return table

    # Indexes and constraints

    def create_index(self, operation: ops.CreateIndex) -> Elements:
        """Yield CREATE INDEX."""
        table = scratch_table(operation.table, operation.schema, operation.index)
        for index in table.indexes:
            yield CreateIndex(index, if_not_exists=bool(operation.if_not_exists))

    def drop_index(self, operation: ops.DropIndex) -> Elements:
        """Yield DROP INDEX."""
        value = Index(operation.name, ("column",), options=operation.options)
        table = scratch_table(operation.table or "table", operation.schema, value)
        for index in table.indexes:
            yield DropIndex(index, if_exists=bool(operation.if_exists))

    def add_constraint(self, operation: ops.AddConstraint) -> Elements:
        """Yield ALTER TABLE ... ADD CONSTRAINT."""
        table = scratch_table(operation.table, operation.schema, operation.constraint)
        found = [item for item in table.constraints if item is not table.primary_key]
        yield AddConstraint(found[0] if found else table.primary_key)

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield ALTER TABLE ... DROP CONSTRAINT."""
        table = _table(operation.table, operation.schema)
        constraint = _DROPPED[operation.kind](operation.name)
        table.append_constraint(constraint)
        yield DropConstraint(constraint, if_exists=bool(operation.if_exists))

    # ALTER TABLE

    def _alter(self, table: str, schema: str | None, write: Writer) -> Alteration:
        target = _table(table, schema)
        return Alteration(lambda ddl: f"ALTER TABLE {ddl.preparer.format_table(target)} {write(ddl)}")

    def _alter_one(self, operation: ops.AlterColumn, change: str | Writer) -> Alteration:
        def write(ddl: DDLCompiler) -> str:
            changed = change if isinstance(change, str) else change(ddl)
            return f"ALTER COLUMN {ddl.preparer.quote(operation.column)} {changed}"

        return self._alter(operation.table, operation.schema, write)


def _table(name: str, schema: str | None, comment: str | None = None) -> sa.Table:
    return sa.Table(name, sa.MetaData(), schema=schema, comment=comment)
