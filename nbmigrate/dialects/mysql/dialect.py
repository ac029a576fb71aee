"""What MySQL and MariaDB do otherwise."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.column_order import reordered
from nbmigrate.dialects.ddl.elements import doubled
from nbmigrate.dialects.ddl.literals import readable
from nbmigrate.dialects.mysql.column_changes import (
    ON_UPDATE,
    after,
    is_only_default,
    is_only_function,
    made_columns,
    names_on_update,
    nullable,
    unknown_place,
)
from nbmigrate.dialects.mysql.existing import MYSQL, ColumnText, StoredColumns
from nbmigrate.dialects.mysql.literals import MySQLLiterals, delimited
from nbmigrate.errors import ColumnNotFoundError, UnsupportedOperationError, nearest
from nbmigrate.schema import Check, Computed, Identity, Table
from nbmigrate.schema.table import no_such_table

_FOR_MYSQL = (
    "This is MySQL's SQL; for MariaDB let the URL begin with mariadb+pymysql://, or write --dialect mariadb."
)


class MySQLDialect(DefaultDialect):
    """A column is changed by writing all of it anew, and a constraint is dropped by its kind.

    With `stored`, what a change of a column does not name is kept as the server tells it; without, for offline SQL, it
    is what `copy_from` of a batch says, or the `existing_` arguments.
    """

    syntax = MYSQL
    literals = MySQLLiterals()
    batch_options = ("partial_reordering", "table_args")
    keyword_names = ("mariadb", "mysql")
    ddl_commits = True
    deferrable = ()
    longest_name = 64

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        super().__init__(dialect, stored)
        is_mariadb = self._is_mariadb = bool(getattr(dialect, "is_mariadb", False))
        # MariaDB has it, MySQL has not.
        self.script_hint = "" if is_mariadb else _FOR_MYSQL
        self.index_if_not_exists = self.parts_if_exist = is_mariadb
        version = getattr(dialect, "server_version_info", None) or ()
        self._renames = tuple(version) >= ((10, 5, 2) if is_mariadb else (8, 0))
        columns = stored.columns if isinstance(stored, StoredColumns) else ()
        self._columns = {column.name: column for column in columns}

    @property
    def columns(self) -> tuple[ColumnText, ...]:
        """The columns as the operations so far leave them."""
        return tuple(replace(column, name=name) for name, column in self._columns.items())

    @classmethod
    def ended(cls, text: str) -> str:
        """Return a statement with what ends it, which is no semicolon where it holds statements."""
        return delimited(text) or super().ended(text)

    def _as_written(self, table: Table) -> Table:
        # MariaDB takes no name for a CHECK inside of a column.
        named = [check for column in table.columns for check in column.checks if check.name is not None]
        columns = tuple(
            replace(column, checks=tuple(check for check in column.checks if check.name is None))
            for column in table.columns
        )
        checks = tuple(Check(check.condition, check.name, check.options) for check in named)
        return replace(table, columns=columns, constraints=(*table.constraints, *checks))

    def _place(self, operation: "ops.AddColumn | ops.AlterColumn") -> str:
        quote = self.dialect.identifier_preparer.quote
        if operation.insert_after is not None:
            return f" AFTER {quote(operation.insert_after)}"
        if operation.insert_before is None:
            return ""
        own = operation.column if isinstance(operation, ops.AlterColumn) else None
        order = [name for name in self._columns or self.column_order if name != own]
        if operation.insert_before not in order:
            raise unknown_place(operation, order)
        place = order.index(operation.insert_before)
        return f" AFTER {quote(order[place - 1])}" if place else " FIRST"

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN with its place, then the constraints, index and comment of the column."""
        yield from super().add_column(operation)
        if self._columns:
            self._remember(operation)

    def _remember(self, operation: ops.AddColumn) -> None:
        """Know of a new column, for the changes of a batch that come after it."""
        (column,) = made_columns(Table(operation.table, (operation.column,)), self.dialect).columns
        self._set(column.name, column, operation)

    def _set(self, name: str, column: ColumnText, operation: "ops.AddColumn | ops.AlterColumn") -> None:
        """Know of a column as it is after an operation, at the place that it has then."""
        beside = operation.insert_before or operation.insert_after
        if isinstance(operation, ops.AlterColumn):
            column = column.naming(operation.column, name)
            self._columns = {
                (name if existing == operation.column else existing): text.naming(operation.column, name)
                for existing, text in self._columns.items()
            }
        names = [existing for existing in self._columns if existing != name or beside is None]
        if name not in names:
            place = names.index(beside) + (operation.insert_before is None) if beside in names else len(names)
            names.insert(place, name)
        existing = self._columns | {name: column}
        self._columns = {each: existing[each] for each in names}

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN."""
        yield from super().drop_column(operation)
        self._columns.pop(operation.column, None)

    def begin_batch(self, operation: ops.AlterTable) -> None:
        """Know of the columns that `copy_from` tells, where the server does not."""
        super().begin_batch(operation)
        if operation.copy_from is not None and not self._columns:
            self._columns = {
                each.name: each for each in made_columns(operation.copy_from, self.dialect).columns
            }

    def end_batch(self, operation: ops.AlterTable) -> Elements:
        """Yield what `table_args` adds, and a MODIFY for each column that shall follow another one."""
        yield from super().end_batch(operation)
        if operation.recreate != "always":
            return
        rows: Iterable[Sequence[str]] = operation.partial_reordering
        names = list(self._columns)
        if rows and {name for row in rows for name in row} <= set(names):
            ordered = reordered(operation.table_name, names, rows)
            # The first of all is moved before the others; each other one after the one before it, if it is not there.
            yield from self._move(operation, ordered[0], insert_before=names[0])
            rows = [ordered]
        for row in rows:
            for before, column in itertools.pairwise(row):
                yield from self._move(operation, column, insert_after=before)

    def _move(self, operation: ops.AlterTable, column: str, **place: str) -> Elements:
        names, (beside,) = list(self._columns), place.values()
        exists = (
            (beside, column) in itertools.pairwise(names) if "insert_after" in place else beside == column
        )
        if not exists:
            yield from self.alter_column(
                ops.AlterColumn(operation.table, column, schema=operation.schema, **place)  # type: ignore[arg-type]
            )

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        changes = operation.changes()
        moved = operation.insert_after is not None or operation.insert_before is not None
        if not changes and not moved:
            return
        if not self._columns and (is_only_default(operation, moved) or is_only_function(operation, moved)):
            yield from super()._server_default(operation)
        elif operation.column in self._columns or (self._columns and isinstance(self.stored, StoredColumns)):
            yield from self._edit(operation, moved)
        elif operation.type is None and operation.existing_type is None:
            if isinstance(self.stored, StoredColumns) and operation.table not in self.stored.tables:
                raise no_such_table(operation.table, self.stored.tables)
            raise UnsupportedOperationError(
                f"MySQL and MariaDB write a column whole to change it, and the type of column {operation.column} of "
                f"table {operation.table_name} is not given.",
                "Describe the column: existing_type=, and existing_nullable=, existing_server_default= and "
                "existing_comment= where they matter, or they are lost.",
            )
        else:
            yield self._alter(operation.table, operation.schema, lambda ddl: self._column_sql(operation, ddl))

    # A column that the server told

    def _edit(self, operation: ops.AlterColumn, moved: bool) -> Elements:
        before = self._columns.get(operation.column)
        if before is None:
            guess = nearest(operation.column, self._columns)
            raise ColumnNotFoundError(
                f"Table {operation.table_name} has no column {operation.column}.",
                f"Did you mean {guess}?" if guess else f"It has {', '.join(self._columns)}.",
            )
        if before.clause("generated") is not None:
            operation = self._of_computed(operation)
        ddl: Any = self.dialect.ddl_compiler(self.dialect, None)  # type: ignore[arg-type]
        after, quote = self._edited(operation, before, ddl), ddl.preparer.quote
        place = self._place(operation)
        new_name = operation.new_name or operation.column
        definition = doubled(after.definition, self.dialect) + place
        # SET DEFAULT and DROP DEFAULT would take ON UPDATE away.
        if is_only_default(operation, moved) and before.clause("on update") is None:
            yield from super()._server_default(operation)
        elif operation.new_name is not None and not self._renames:
            change = f"CHANGE {quote(operation.column)} {quote(new_name)} {definition}"
            yield self._alter(operation.table, operation.schema, lambda _: change)
        else:
            if after != before or place:
                modify = f"MODIFY {quote(operation.column)} {definition}"
                yield self._alter(operation.table, operation.schema, lambda _: modify)
            if operation.new_name is not None:
                rename = f"RENAME COLUMN {quote(operation.column)} TO {quote(new_name)}"
                yield self._alter(operation.table, operation.schema, lambda _: rename)
        self._set(new_name, after, operation)

    def _of_computed(self, operation: ops.AlterColumn) -> ops.AlterColumn:
        """Return what can be done to a computed column, which MariaDB would not say of a default."""
        if operation.server_default is not False:
            raise UnsupportedOperationError(
                f"Column {operation.column} of table {operation.table_name} is computed, so it has no default to "
                "change.",
                "Add a new column and drop the old one.",
            )
        if not self._is_mariadb or operation.nullable is None:
            return operation
        if not operation.nullable:
            raise UnsupportedOperationError(
                f"MariaDB has no NOT NULL for a computed column: {operation.column} of table {operation.table_name}.",
                f'A constraint does the same: op.create_check_constraint(..., "{operation.column} IS NOT NULL").',
            )
        return replace(operation, nullable=None)

    def _edited(self, operation: ops.AlterColumn, column: ColumnText, ddl: Any) -> ColumnText:
        if operation.type is not None:
            column = self._retyped(operation, column)
        if operation.nullable is not None:
            column = column.with_clause("nullable", "NULL" if operation.nullable else "NOT NULL")
            if not operation.nullable and column.clause("default") == "DEFAULT NULL":
                column = column.without("default")
        if operation.server_default is not False:
            self._require_plain_default(operation)
            # There are no other words for it: it comes and goes with a default that names it.
            gone = ("on update",) if names_on_update(operation.existing_server_default) else ()
            column = column.without("default", *gone)
            text = ddl.get_column_default_string(self._column(operation, default=operation.server_default))
            if text is not None:
                text = readable(text, self.dialect)
                gone = ("on update",) if ON_UPDATE.search(text) else ()
                column = column.without(*gone).with_clause("default", f"DEFAULT {text}")
        if operation.autoincrement is not None:
            column = column.without("auto_increment")
            if operation.autoincrement:
                column = column.without("default").with_clause("auto_increment", "AUTO_INCREMENT")
        if operation.comment is not False:
            column = column.without("comment")
            if operation.comment:
                text = readable(
                    ddl.sql_compiler.render_literal_value(operation.comment, sa.String()), self.dialect
                )
                column = column.with_clause("comment", f"COMMENT {text}")
        return column

    def _retyped(self, operation: ops.AlterColumn, column: ColumnText) -> ColumnText:
        type_ = self._column(operation).type
        text = self.dialect.type_compiler_instance.process(type_)
        check = column.clause("check")
        if check is not None and re.match(r"CHECK \(json_valid\(", check):
            # It came with the type JSON, as did its collation.
            column = column.without("check", "charset", "collate")
        is_text = isinstance(type_, (sa.String, sa.Enum)) and not isinstance(type_, sa.LargeBinary)
        # The type that it has already can only mean that its collation goes.
        is_same = text.lower() == (column.clause("type") or "").lower()
        if not is_text or is_same or re.search(r"\b(CHARACTER SET|COLLATE)\b", text):
            column = column.without("charset", "collate")
        if not is_text and "COMPRESSED" in (column.clause("version comment") or ""):
            column = column.without("version comment")
        return column.with_clause("type", text)

    # A column that the revision tells

    def _column_sql(self, operation: ops.AlterColumn, ddl: DDLCompiler) -> str:
        default = after(operation.server_default, operation.existing_server_default)
        if isinstance(operation.server_default, (Computed, Identity)):
            self._require_plain_default(operation)
        name = operation.new_name or operation.column
        column = self._column(operation, default=default, name=name)
        quote = ddl.preparer.quote
        verb = "MODIFY" if operation.new_name is None else f"CHANGE {quote(operation.column)}"
        place = self._place(operation)
        return f"{verb} {quote(name)} {self._specification(operation, column, ddl)}{place}"

    def _specification(self, operation: ops.AlterColumn, column: sa.Column[Any], ddl: DDLCompiler) -> str:
        process = self.dialect.type_compiler_instance.process
        parts = [process(column.type, type_expression=column)]
        parts += [ddl.process(column.computed)] if column.computed is not None else []
        if column.computed is None or not nullable(operation):
            # MariaDB has no word for it in a computed column, which may always be NULL.
            parts.append("NULL" if nullable(operation) else "NOT NULL")
        autoincrement = operation.autoincrement
        if operation.existing_autoincrement if autoincrement is None else autoincrement:
            parts.append("AUTO_INCREMENT")
        default = ddl.get_column_default_string(column)
        parts += [] if default is None else [f"DEFAULT {default}"]
        comment = after(operation.comment, operation.existing_comment)
        if comment:
            literal = ddl.sql_compiler.render_literal_value(comment, sa.String())
            parts.append(f"COMMENT {literal}")
        return " ".join(parts)

    def drop_index(self, operation: ops.DropIndex) -> Elements:
        """Yield DROP INDEX ... ON."""
        if operation.table is None:
            raise UnsupportedOperationError(
                f"MySQL and MariaDB drop an index of a table, and the table of {operation.name} is not given.",
                f"op.drop_index({operation.name!r}, table_name='...')",
            )
        return super().drop_index(operation)

    def drops_unnamed(self, operation: ops.DropConstraint) -> bool:
        """Tell whether it is the primary key, which needs no name."""
        return operation.kind == "primary"

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield what drops a constraint of its kind."""
        if operation.kind is None:
            raise UnsupportedOperationError(
                f"MySQL and MariaDB drop a constraint by its kind, and that of {operation.name} is not given.",
                f"op.drop_constraint({operation.name!r}, {operation.table!r}, type_='foreignkey'): or 'primary', "
                "'unique', 'check'.",
            )
        return super().drop_constraint(operation)
