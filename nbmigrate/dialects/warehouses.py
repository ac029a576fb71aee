"""What BigQuery, ClickHouse and others like them do otherwise; written for scripts, there is none here to run it on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect
from nbmigrate.dialects.ddl.columns import Elements, bare_table
from nbmigrate.dialects.ddl.elements import Alteration
from nbmigrate.errors import UnsupportedOperationError


class RenamesColumns(DefaultDialect):
    """A database whose RENAME wants the word COLUMN."""

    rename_words = "RENAME COLUMN"


class RedshiftDialect(RenamesColumns):
    """The new name of a table has no schema before it."""

    new_name_has_schema = False


class BigQueryDialect(RenamesColumns):
    """Descriptions are options, types are SET DATA TYPE, and nothing is made NOT NULL afterwards."""

    ddl_commits = True
    type_words = "SET DATA TYPE"

    def _type_sql(self, type_: Any) -> str:
        # The precision of a NUMERIC is written in a column alone.
        process = self.dialect.type_compiler_instance.process
        return str(process(type_, type_expression=sa.Column("x", type_)))

    def _nullable(self, operation: ops.AlterColumn) -> Elements:
        if operation.nullable is False:
            raise UnsupportedOperationError(
                f"BigQuery cannot make column {operation.column} of table {operation.table_name} NOT NULL.",
                "Make a new table with it, copy the rows and rename it.",
            )
        yield from super()._nullable(operation)

    def _comment(self, operation: ops.AlterColumn) -> Elements:
        if operation.comment is not False:
            comment = operation.comment

            def write(ddl: DDLCompiler) -> str:
                text = (
                    "NULL" if comment is None else ddl.sql_compiler.render_literal_value(comment, sa.String())
                )
                return f"SET OPTIONS(description={text})"

            yield self._alter_one(operation, write)


class ClickHouseDialect(RenamesColumns):
    """A column is changed by writing all of it, and a table is of an engine."""

    ddl_commits = True
    updates_keys = False

    def complete_version_table(self, table: sa.Table) -> None:
        """Give the version table an engine."""
        # Of the package whose dialect it is, so that it is there.
        engines = __import__("clickhouse_connect.cc_sqlalchemy.ddl.tableengine", fromlist=["MergeTree"])
        engines.MergeTree(order_by="version_num")._set_parent(table)

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TABLE, which needs an engine."""
        if not any(option.endswith(("_engine", "_table_type")) for option in operation.table.options):
            raise UnsupportedOperationError(
                f"ClickHouse makes no table without an engine: {operation.table_name}.",
                "op.create_table(..., clickhousedb_engine=MergeTree(order_by='id')), with "
                "`from clickhouse_connect.cc_sqlalchemy.ddl.tableengine import MergeTree`.",
            )
        return super().create_table(operation)

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield MODIFY COMMENT."""
        yield self._table_comment(operation, operation.comment or "")

    def drop_table_comment(self, operation: ops.DropTableComment) -> Elements:
        """Yield MODIFY COMMENT with an empty text."""
        yield self._table_comment(operation, "")

    def _table_comment(
        self, operation: ops.CreateTableComment | ops.DropTableComment, text: str
    ) -> Alteration:
        return self._alter(
            operation.table, operation.schema, lambda ddl: f"MODIFY COMMENT {_literal(text, ddl)}"
        )

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield RENAME TABLE."""
        old, new = (bare_table(name, operation.schema) for name in (operation.name, operation.new_name))
        yield Alteration(
            lambda ddl: f"RENAME TABLE {ddl.preparer.format_table(old)} TO {ddl.preparer.format_table(new)}"
        )

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        changes = operation.changes().keys()
        if changes & {"type_", "nullable", "server_default"}:
            yield self._alter(operation.table, operation.schema, self._modify(operation))
        elif "comment" in changes:
            name, text = operation.column, operation.comment or ""
            yield self._alter(
                operation.table,
                operation.schema,
                lambda ddl: f"COMMENT COLUMN {ddl.preparer.quote(name)} {_literal(text, ddl)}",
            )
        yield from self._name(operation)

    def _modify(self, operation: ops.AlterColumn) -> Callable[[DDLCompiler], str]:
        type_ = operation.type or operation.existing_type
        if type_ is None:
            raise UnsupportedOperationError(
                f"ClickHouse writes a column whole to change it, and the type of column {operation.column} of table "
                f"{operation.table_name} is not given.",
                "Give it: existing_type=.",
            )
        default = operation.server_default
        if default is False:
            default = operation.existing_server_default or None
        comment = operation.existing_comment if operation.comment is False else operation.comment
        column = self._column(replace(operation, type=type_), default=default, comment=comment or None)
        nullable = operation.existing_nullable if operation.nullable is None else operation.nullable
        column.nullable = nullable is not False
        return lambda ddl: f"MODIFY COLUMN {ddl.process(CreateColumn(column))}"


def _literal(text: str, ddl: DDLCompiler) -> str:
    return str(ddl.sql_compiler.render_literal_value(text, sa.String()))
