"""What MySQL and MariaDB do otherwise."""

import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.default import DefaultDialect, Elements
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Check, Computed, Expression, Identity, ServerDefault, Table

#: A default that SET DEFAULT takes: a number or a string.
_CONSTANT = re.compile(r"\s*(?:[-+]?\d+(?:\.\d+)?|'(?:[^']|'')*'|NULL)\s*", re.IGNORECASE)


class MySQLDialect(DefaultDialect):
    """A column is changed by writing all of it anew, and a constraint is dropped by its kind."""

    def __init__(self, dialect: sa.Dialect) -> None:
        super().__init__(dialect)
        # MariaDB has it, MySQL has not.
        self.index_if_not_exists = bool(getattr(dialect, "is_mariadb", False))

    def _as_written(self, table: Table) -> Table:
        # MariaDB takes no name for a CHECK inside of a column.
        named = [check for column in table.columns for check in column.checks if check.name is not None]
        columns = tuple(
            replace(column, checks=tuple(check for check in column.checks if check.name is None))
            for column in table.columns
        )
        checks = tuple(Check(check.condition, check.name, check.options) for check in named)
        return replace(table, columns=columns, constraints=(*table.constraints, *checks))

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        changes = operation.changes()
        if not changes:
            return
        if changes.keys() == {"server_default"} and _is_constant(operation.server_default):
            yield from super()._server_default(operation)
            return
        if operation.type is None and operation.existing_type is None:
            raise UnsupportedOperationError(
                f"MySQL and MariaDB write a column whole to change it, and the type of column {operation.column} of "
                f"table {operation.table_name} is not said.",
                "Say what the column is: existing_type=, and existing_nullable=, existing_server_default= and "
                "existing_comment= where they matter, or they are lost.",
            )
        yield self._alter(operation.table, operation.schema, lambda ddl: self._column_sql(operation, ddl))

    def _column_sql(self, operation: ops.AlterColumn, ddl: DDLCompiler) -> str:
        default = _after(operation.server_default, operation.existing_server_default)
        if isinstance(operation.server_default, (Computed, Identity)):
            self._require_plain_default(operation)
        name = operation.new_name or operation.column
        column = self._column(operation, default=default, name=name)
        quote = ddl.preparer.quote
        verb = "MODIFY" if operation.new_name is None else f"CHANGE {quote(operation.column)}"
        return f"{verb} {quote(name)} {self._specification(operation, column, ddl)}"

    def _specification(self, operation: ops.AlterColumn, column: sa.Column[Any], ddl: DDLCompiler) -> str:
        process = self.dialect.type_compiler_instance.process
        parts = [process(column.type, type_expression=column)]
        parts += [ddl.process(column.computed)] if column.computed is not None else []
        parts.append("NULL" if _nullable(operation) else "NOT NULL")
        autoincrement = operation.autoincrement
        if operation.existing_autoincrement if autoincrement is None else autoincrement:
            parts.append("AUTO_INCREMENT")
        default = ddl.get_column_default_string(column)
        parts += [] if default is None else [f"DEFAULT {default}"]
        comment = _after(operation.comment, operation.existing_comment)
        if comment:
            literal = ddl.sql_compiler.render_literal_value(comment, sa.String())
            parts.append(f"COMMENT {literal}")
        return " ".join(parts)

    def drop_index(self, operation: ops.DropIndex) -> Elements:
        """Yield DROP INDEX ... ON."""
        if operation.table is None:
            raise UnsupportedOperationError(
                f"MySQL and MariaDB drop an index of a table, and the table of {operation.name} is not said.",
                f"op.drop_index({operation.name!r}, table_name='...')",
            )
        return super().drop_index(operation)

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield what drops a constraint of its kind."""
        if operation.kind is None:
            raise UnsupportedOperationError(
                f"MySQL and MariaDB drop a constraint by its kind, and that of {operation.name} is not said.",
                f"op.drop_constraint({operation.name!r}, {operation.table!r}, type_='foreignkey'): or 'primary', "
                "'unique', 'check'.",
            )
        return super().drop_constraint(operation)


def _is_constant(default: ServerDefault | bool) -> bool:
    text = default.plain_text if isinstance(default, Expression) else None
    return default is None or isinstance(default, str) or bool(text and _CONSTANT.fullmatch(text))


def _after(new: Any, existing: Any) -> Any:
    """Return what a column has afterwards: what is new, else what was."""
    value = existing if new is False else new
    return None if value is False else value


def _nullable(operation: ops.AlterColumn) -> bool:
    if operation.nullable is not None:
        return operation.nullable
    return operation.existing_nullable is not False
