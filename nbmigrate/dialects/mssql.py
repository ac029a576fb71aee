"""What SQL Server does otherwise; written for scripts, there is no server here to run it on."""

from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.alteration import Alteration
from nbmigrate.dialects.column_changes import Elements
from nbmigrate.dialects.default import DefaultDialect
from nbmigrate.errors import UnsupportedOperationError


class MSSQLDialect(DefaultDialect):
    """A column's type and NULL are said together, a default is a constraint, and a procedure renames."""

    add_words = "ADD"

    def _nullable(self, operation: ops.AlterColumn) -> Elements:
        # It is said with the type.
        yield from ()

    def _type(self, operation: ops.AlterColumn) -> Elements:
        if operation.type is None and operation.nullable is None:
            return
        type_ = operation.type or operation.existing_type
        if type_ is None:
            raise UnsupportedOperationError(
                f"SQL Server says NULL or NOT NULL with the type, and the type of column {operation.column} of table "
                f"{operation.table_name} is not said.",
                "Say it: existing_type=.",
            )
        nullable = operation.existing_nullable if operation.nullable is None else operation.nullable
        null = "" if nullable is None else " NULL" if nullable else " NOT NULL"
        yield self._alter_one(operation, f"{self._type_sql(type_.copy())}{null}")

    def _server_default(self, operation: ops.AlterColumn) -> Elements:
        new = operation.server_default
        if new is False:
            return
        self._require_plain_default(operation)
        if new is None or operation.existing_server_default:
            yield Alteration(lambda ddl: _drop_default(operation, ddl))
        if new is not None:
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
            quote = ddl.preparer.quote
            old = [quote(operation.schema)] if operation.schema else []
            return f"EXEC sp_rename {_text(*old, quote(operation.name))}, {quote(operation.new_name)}"

        yield Alteration(write)


def _table(operation: ops.AlterColumn, ddl: DDLCompiler) -> str:
    names = [operation.schema] if operation.schema else []
    return ".".join(ddl.preparer.quote(name) for name in [*names, operation.table])


def _text(*names: str) -> str:
    return "'" + ".".join(names).replace("'", "''") + "'"


def _drop_default(operation: ops.AlterColumn, ddl: DDLCompiler) -> str:
    """Return what finds the name that SQL Server gave to a default, and drops it."""
    table = _table(operation, ddl)
    return (
        "DECLARE @constraint nvarchar(300) = (SELECT QUOTENAME(name) FROM sys.default_constraints "  # noqa: S608
        f"WHERE parent_object_id = OBJECT_ID({_text(table)}) "
        f"AND COL_NAME(parent_object_id, parent_column_id) = {_text(operation.column)})\n"
        f"EXEC({_text(f'ALTER TABLE {table} DROP CONSTRAINT ')} + @constraint)"
    )
