"""What DuckDB does otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import CreateSequence, DropSequence

from nbmigrate import operations as ops
from nbmigrate.dialects.base import Elements
from nbmigrate.dialects.duckdb.existing import StoredDuckDBTable, sequence_name
from nbmigrate.dialects.duckdb.literals import DuckDBLiterals
from nbmigrate.dialects.duckdb.rebuild import (
    NEW_TABLE,
    RebuildingDialect,
    own_options,
    refuse,
    require_no_action,
)
from nbmigrate.dialects.duckdb.types import Virtual, written_type
from nbmigrate.dialects.sqlite.dependents import column_ends, in_duckdb
from nbmigrate.dialects.tokens import Syntax
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import (
    Column,
    Computed,
    ForeignKey,
    Identity,
    SqlType,
    Table,
    from_index,
    server_default,
    to_table,
)


class DuckDBDialect(RebuildingDialect):
    """Sequences for numbered columns, enums without a name, columns that are added bare."""

    literals = DuckDBLiterals()
    syntax = Syntax(escape_strings=True, dollar_quotes=True, nested_comments=True)
    deferrable = ()
    keys_across_schemas = False
    column_options: ClassVar[Mapping[type, tuple[str, ...]]] = {ops.AlterColumn: ("duckdb_using",)}
    new_name_has_schema = False
    savepoints = False

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield which views fail afterwards."""
        yield from super().remarks(operation)
        yield from self.affected(operation)

    def affected(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what becomes of the views that read a column which goes or gets another name."""
        if isinstance(self.stored, StoredDuckDBTable):
            for end in column_ends(operation):
                yield from in_duckdb(end, self.stored.views)

    # Tables

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE SEQUENCE for the columns that are numbered, then what any table has."""
        for name, identity in self._numbered(operation.table).items():
            sequence = _sequence(operation.table, name, identity)
            yield CreateSequence(sequence, if_not_exists=True)
        yield from super().create_table(operation)

    def _numbered(self, table: Table) -> dict[str, Identity]:
        """Return the columns that the database numbers, with how."""
        found = {
            column.name: column.server_default
            for column in table.columns
            if isinstance(column.server_default, Identity)
        }
        number = to_table(table).autoincrement_column
        if number is not None and number.server_default is None and number.identity is None:
            found.setdefault(number.name, Identity())
        return found

    def _as_written(self, table: Table) -> Table:
        numbered = self._numbered(table)
        inside = [each.options for column in table.columns for each in column.references]
        apart = [each.options for each in table.constraints if isinstance(each, ForeignKey)]
        for options in inside + apart:
            require_no_action(table.fullname, options)
        columns = tuple(self._column_as_written(table, column, numbered) for column in table.columns)
        constraints = tuple(own_options(each) for each in table.constraints)
        indexes = tuple(own_options(each) for each in table.indexes)
        written: Table = own_options(table)
        return replace(written, columns=columns, constraints=constraints, indexes=indexes)

    def _column_as_written(self, table: Table, column: Column, numbered: dict[str, Identity]) -> Column:
        if column.name in numbered:
            default = server_default(_sequence(table, column.name, numbered[column.name]).next_value())
            column = replace(column, server_default=default, autoincrement=False)
        elif isinstance(column.server_default, Computed):
            computed = column.server_default
            if computed.persisted:
                raise UnsupportedOperationError(
                    f"DuckDB stores no computed column, as {column.name} of table {table.fullname} shall be.",
                    "Leave persisted=True out: it is computed when it is read.",
                )
            column = replace(column, server_default=Virtual(computed.expression))
        return replace(column, type=SqlType(written_type(column.type.copy())))

    def drop_table(self, operation: ops.DropTable) -> Elements:
        """Yield DROP TABLE, then DROP SEQUENCE for those that came with it."""
        yield from super().drop_table(operation)
        for name in self._table.sequences() if self._table is not None else ():
            yield DropSequence(sa.Sequence(name, schema=operation.schema), if_exists=True)

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield ALTER TABLE ... RENAME TO."""
        yield from self._changing(operation, super().rename_table(operation))
        if self._table is not None:
            self._table = replace(self._table, name=operation.new_name)
        yield from self._changed()

    # Columns

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN; what binds it comes after it, since DuckDB adds a column bare."""
        column = operation.column
        _require_bare(operation)
        if isinstance(column.server_default, Identity):
            value = Table(operation.table, (column,), schema=operation.schema)
            yield CreateSequence(_sequence(value, column.name, column.server_default), if_not_exists=True)
        bare = replace(column, nullable=True, index=False)
        elements = super().add_column(replace(operation, column=bare))
        yield from self._changing(operation, elements)
        if not column.nullable:
            required = ops.AlterColumn(operation.table, column.name, nullable=False, schema=operation.schema)
            yield from self._nullable(required)
        if column.index:
            named = Table(operation.table, (column,), naming_convention=operation.naming_convention)
            for index in to_table(replace(named, schema=operation.schema)).indexes:
                made = ops.CreateIndex(operation.table, from_index(index), operation.schema)
                yield from self.create_index(made)
        yield from self._changed()

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN; an index of the column goes with it."""
        self._require_no_key(operation)
        yield from self._changing(operation, super().drop_column(operation))
        self._dropped.append(operation.column)
        yield from self._changed()

    def _require_no_key(self, operation: ops.DropColumn) -> None:
        if self._table is None or operation.column not in self._table.columns:
            return
        place = self._table.columns.index(operation.column)
        keys = [each.columns for each in self._table.constraints if each.kind in ("PRIMARY KEY", "UNIQUE")]
        for key in keys:
            bound = [name for name in key if name in self._table.columns[place:]]
            if bound:
                raise UnsupportedOperationError(
                    f"DuckDB cannot drop column {operation.column} of table {operation.table_name}: it is, or comes "
                    f"before, column {bound[0]} of a primary key or UNIQUE constraint.",
                    NEW_TABLE,
                )

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield a statement per change."""
        yield from self._changing(operation, super().alter_column(operation))
        if operation.new_name is not None:
            self._renamed[operation.column] = operation.new_name
        yield from self._changed()

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A default of the old type may not fit the new one.
        yield from self._type(operation)
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _drop_type_checks(self, operation: ops.AlterColumn) -> Elements:
        if any(True for _ in super()._drop_type_checks(operation)):
            refuse(f"drop the CHECK of column {operation.column} of table {operation.table_name}")
        yield from ()

    def _add_type_checks(self, operation: ops.AlterColumn) -> Elements:
        if any(True for _ in super()._add_type_checks(operation)):
            refuse(f"give column {operation.column} of table {operation.table_name} a CHECK with its type")
        yield from ()

    def _type(self, operation: ops.AlterColumn) -> Elements:
        if operation.column not in self._retyped:
            yield from super()._type(operation)

    def _type_sql(self, type_: Any) -> str:
        return super()._type_sql(written_type(type_))

    def _using(self, operation: ops.AlterColumn) -> str:
        using = operation.options.get("duckdb_using")
        if isinstance(using, sa.ClauseElement):
            using = str(using.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
        return f" USING {using}" if using else ""


def _sequence(table: Table, column: str, identity: Identity) -> sa.Sequence:
    options = {key: value for key, value in identity.options.items() if key != "always"}
    return sa.Sequence(sequence_name(table.name, column), schema=table.schema, **options)


def _require_bare(operation: ops.AddColumn) -> None:
    column = operation.column
    table = operation.table_name
    if column.references or column.checks:
        raise UnsupportedOperationError(
            f"DuckDB adds no column with a foreign key or a CHECK, as column {column.name} to table {table}.",
            "Add the column without it, then op.create_foreign_key() or op.create_check_constraint().",
        )
    if isinstance(column.server_default, Computed) or (column.primary_key and operation.inline_primary_key):
        what = "as a primary key" if column.primary_key else "that is computed"
        raise UnsupportedOperationError(
            f"DuckDB adds no column {what}, as column {column.name} to table {table}.", NEW_TABLE
        )
