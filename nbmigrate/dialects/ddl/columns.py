"""ALTER COLUMN in the SQL that most databases understand, and what every dialect writes statements with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, DropConstraint, ExecutableDDLElement, SetColumnComment
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.elements import Alteration, Writer
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Column, Computed, Identity, ServerDefault, SqlType, Table, to_table

#: What a database executes for one operation, in order.
Elements = Iterator[ExecutableDDLElement]


class ColumnChanges:
    """The part of a dialect that changes columns.

    Parameters
    ----------
    dialect
        The dialect of SQLAlchemy that compiles it.
    stored
        What the database has already, of the kind that the dialect wants to know; None without a database.
    """

    #: What stands before the old name of a column.
    rename_words = "RENAME"
    #: What stands before the new type of a column.
    type_words = "TYPE"

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        self.dialect = dialect
        self.stored = stored
        #: The columns of a batch's table, where the batch says them.
        self.column_order: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the database, without that of a driver which some packages add after a point."""
        return self.dialect.name.partition(".")[0]

    def _place(self, operation: "ops.AddColumn | ops.AlterColumn") -> str:
        """Return the words that put a column beside another one."""
        if operation.insert_before is not None or operation.insert_after is not None:
            word = "insert_before" if operation.insert_after is None else "insert_after"
            raise UnsupportedOperationError(
                f"{self.name} puts a new column last and moves none, so it cannot do what {word}= says for "
                f"table {operation.table_name}.",
                f"Leave {word}= out; SQLite, MySQL and MariaDB can do it.",
            )
        return ""

    def _require_comments(self) -> None:
        if not self.dialect.supports_comments:
            raise UnsupportedOperationError(
                f"{self.name} has no comments on tables and columns.",
                "Leave the comment out, or set it only where `op.get_bind().dialect.name` is another.",
            )

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

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield a statement per change: the new name comes last, so that the others find the old one."""
        self._place(operation)
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
                operation, lambda ddl: f"{self.type_words} {self._type_sql(type_)}{self._using(operation)}"
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
                    f"{self.name} cannot make column {operation.column} of table {operation.table_name} "
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
        return f"{self.rename_words} {quote(operation.column)} TO {quote(str(operation.new_name))}"

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
        column_type = type_ or operation.type or operation.existing_type or of_any_type
        named = name or operation.column
        value = Column(named, column_type, server_default=default, comment=comment)
        table = Table(operation.table, (value,), schema=operation.schema)
        return to_table(replace(table, naming_convention=operation.naming_convention)).columns[named]

    def _with_column(self, operation: ops.AlterColumn, type_: SqlType, name: str | None = None) -> sa.Table:
        table = self._column(operation, type_=type_, name=name).table
        assert isinstance(table, sa.Table)  # noqa: S101 - a column of a scratch table has one
        return table

    # ALTER TABLE

    def _alter(self, table: str, schema: str | None, write: Writer) -> Alteration:
        target = bare_table(table, schema)
        return Alteration(lambda ddl: f"ALTER TABLE {ddl.preparer.format_table(target)} {write(ddl)}")

    def _alter_one(self, operation: ops.AlterColumn, change: str | Writer) -> Alteration:
        def write(ddl: DDLCompiler) -> str:
            changed = change if isinstance(change, str) else change(ddl)
            return f"ALTER COLUMN {ddl.preparer.quote(operation.column)} {changed}"

        return self._alter(operation.table, operation.schema, write)


def bare_table(name: str, schema: str | None, comment: str | None = None) -> sa.Table:
    """Return a table without columns."""
    return sa.Table(name, sa.MetaData(), schema=schema, comment=comment)
