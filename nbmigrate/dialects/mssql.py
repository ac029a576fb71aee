"""What SQL Server does otherwise; written for scripts, there is no server here to run it on."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import DropColumnComment, DropTableComment, SetColumnComment, SetTableComment
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect
from nbmigrate.dialects.ddl.columns import Elements, bare_table
from nbmigrate.dialects.ddl.elements import Alteration
from nbmigrate.dialects.ddl.literals import Literals
from nbmigrate.dialects.ddl.unsupported import changes_of
from nbmigrate.dialects.tokens import Syntax
from nbmigrate.errors import UnsupportedOperationError

_OF_COLUMN = (
    "SELECT QUOTENAME(name) FROM sys.{kind} WHERE parent_object_id = OBJECT_ID({{table}}) "
    "AND COL_NAME(parent_object_id, parent_column_id) = {{column}}"
)
_DEFAULTS = _OF_COLUMN.format(kind="default_constraints")
_KEYS = (
    "SELECT QUOTENAME(k.name) FROM sys.foreign_keys k JOIN sys.foreign_key_columns c "
    "ON k.object_id = c.constraint_object_id WHERE c.parent_object_id = OBJECT_ID({table}) "
    "AND COL_NAME(c.parent_object_id, c.parent_column_id) = {column}"
)
#: By option of drop_column, the query for the name of what stands in the way of it.
_DROPPED_FIRST = {
    "mssql_drop_default": _DEFAULTS,
    "mssql_drop_check": _OF_COLUMN.format(kind="check_constraints"),
    "mssql_drop_foreign_key": _KEYS,
}


class MSSQLLiterals(Literals):
    """Bytes are a number."""

    def of_bytes(self, value: bytes) -> str:
        """Return bytes."""
        return f"0x{value.hex().upper()}"


class MSSQLDialect(DefaultDialect):
    """A column's type and NULL are said together, a default is a constraint, and a procedure renames."""

    literals = MSSQLLiterals()
    syntax = Syntax(brackets=True, nested_comments=True)
    # No separator after it: a batch of SQL Server goes on.
    begin_sql = "BEGIN TRANSACTION"
    batch_separator = "GO"
    add_words = "ADD"
    column_options: ClassVar[Mapping[type, tuple[str, ...]]] = {ops.DropColumn: tuple(_DROPPED_FIRST)}

    @classmethod
    def prepare_offline(cls, dialect: Any) -> None:
        """Give it the schema that a server would name; comments are made with it."""
        dialect.default_schema_name = dialect.schema_name

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield which columns a new type makes NULL."""
        yield from super().remarks(operation)
        for change in changes_of(operation):
            if not isinstance(change, ops.AlterColumn) or change.type is None:
                continue
            if change.nullable is None and change.existing_nullable is None:
                yield (
                    f"SQL Server makes column {change.column} of table {change.table_name} NULL with its new type, "
                    "unless nullable= or existing_nullable= is False"
                )

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield what drops the constraints that the options name, then DROP COLUMN."""
        for option, query in _DROPPED_FIRST.items():
            if operation.options.get(option):
                yield Alteration(
                    lambda ddl, query=query: _drop_found(query, operation, ddl)  # type: ignore[misc]
                )
        yield from super().drop_column(operation)

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield what sets the comment of a table, or changes one that is known to be there."""
        table = bare_table(operation.table, operation.schema, comment=operation.comment)
        if operation.comment is None:
            yield DropTableComment(table)
        else:
            yield from self._comment_element(SetTableComment(table), operation.existing_comment)

    def _comment(self, operation: ops.AlterColumn) -> Elements:
        if operation.comment is None:
            yield DropColumnComment(self._column(operation))
        elif operation.comment is not False:
            column = self._column(operation, comment=operation.comment)
            yield from self._comment_element(SetColumnComment(column), operation.existing_comment)

    def _comment_element(self, element: Any, existing: str | None) -> Elements:
        if existing is None:
            yield element
            return
        # It is an error to add one that is there.
        add, update = "sp_addextendedproperty", "sp_updateextendedproperty"
        yield Alteration(lambda ddl: ddl.process(element).replace(add, update, 1))

    def rows_begin(self, table: sa.TableClause, rows: list[dict[str, Any]]) -> Iterator[str]:
        """Yield what lets rows have values for the column that the database numbers."""
        return self._identity_insert(table, rows, "ON")

    def rows_end(self, table: sa.TableClause, rows: list[dict[str, Any]]) -> Iterator[str]:
        """Yield what takes that back."""
        return self._identity_insert(table, rows, "OFF")

    def _identity_insert(self, table: sa.TableClause, rows: list[dict[str, Any]], word: str) -> Iterator[str]:
        keys = list(dict.fromkeys(key for row in rows for key in row))
        name = self.dialect.identifier_preparer.format_table(table)
        statement = f"SET IDENTITY_INSERT {name} {word}"
        if isinstance(table, sa.Table):
            numbered = table.autoincrement_column
            if numbered is not None and numbered.key in keys:
                yield statement
            return
        # Which column the database numbers is not known of an ad-hoc table, and it is an error where there is none.
        whole = [key for key in keys if all(_is_whole(row.get(key)) for row in rows)]
        names = ", ".join(_text(table.columns[key].name) for key in whole)
        if names:
            yield (
                f"IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID({_text(name)}) "  # noqa: S608
                f"AND name IN ({names})) {statement}"
            )

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A default stands in the way of a new type, and may not fit the old one.
        self._require_plain_default(operation)
        if operation.server_default is None or (
            operation.server_default is not False and operation.existing_server_default is not False
        ):
            yield Alteration(lambda ddl: _drop_found(_DEFAULTS, operation, ddl))
        yield from self._type(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _type(self, operation: ops.AlterColumn) -> Elements:
        if operation.type is None and operation.nullable is None:
            return
        type_ = operation.type or operation.existing_type
        if type_ is None:
            raise UnsupportedOperationError(
                f"SQL Server says NULL or NOT NULL with the type, and the type of column {operation.column} of table "
                f"{operation.table_name} is not given.",
                "Add existing_type=.",
            )
        nullable = operation.existing_nullable if operation.nullable is None else operation.nullable
        null = "" if nullable is None else " NULL" if nullable else " NOT NULL"
        yield self._alter_one(operation, f"{self._type_sql(type_.copy())}{null}")

    def _server_default(self, operation: ops.AlterColumn) -> Elements:
        new = operation.server_default
        if new is not None and new is not False:
            column = self._column(operation, default=new)
            name = operation.column
            yield self._alter(
                operation.table,
                operation.schema,
                lambda ddl: (
                    f"ADD DEFAULT {ddl.get_column_default_string(column)} FOR {ddl.preparer.quote(name)}"
                ),
            )

    def _name(self, operation: ops.AlterColumn) -> Elements:
        new = operation.new_name
        if new is not None:
            yield Alteration(
                lambda ddl: (
                    f"EXEC sp_rename {_text(_table(operation, ddl), ddl.preparer.quote(operation.column))}, "
                    f"{ddl.preparer.quote(new)}, 'COLUMN'"
                )
            )

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield the call that renames a table, which stays in its schema."""

        def write(ddl: DDLCompiler) -> str:
            old = ddl.preparer.format_table(bare_table(operation.name, operation.schema))
            return f"EXEC sp_rename {_text(old)}, {ddl.preparer.quote(operation.new_name)}"

        yield Alteration(write)


def _is_whole(value: Any) -> bool:
    """Whether a value may be a number that SQL Server gave to a row."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _table(operation: ops.AlterColumn | ops.DropColumn, ddl: DDLCompiler) -> str:
    return ddl.preparer.format_table(bare_table(operation.table, operation.schema))


def _text(*names: str) -> str:
    return "'" + ".".join(names).replace("'", "''") + "'"


def _drop_found(query: str, operation: ops.AlterColumn | ops.DropColumn, ddl: DDLCompiler) -> str:
    """Return what finds the name that SQL Server gave to a constraint of a column, and drops it."""
    table = _table(operation, ddl)
    found = query.format(table=_text(table), column=_text(operation.column))
    return (
        f"DECLARE @constraint nvarchar(300) = ({found})\n"
        f"EXEC({_text(f'ALTER TABLE {table} DROP CONSTRAINT ')} + @constraint)"
    )
