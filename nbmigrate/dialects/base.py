"""Operations as statements, in the SQL that most databases understand."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

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
from nbmigrate.dialects.ddl.columns import ColumnChanges, Elements, bare_table
from nbmigrate.dialects.ddl.elements import RenameTable, Writer, references
from nbmigrate.dialects.ddl.identifiers import too_long_names
from nbmigrate.dialects.ddl.literals import Literals
from nbmigrate.dialects.ddl.table_events import event_of, table_to_drop
from nbmigrate.dialects.ddl.unsupported import (
    CONSTRAINTS,
    Refusals,
    not_across_schemas,
    not_deferrable,
    not_if_exists,
    unused_options,
)
from nbmigrate.dialects.tokens import LENIENT, Syntax, ends_in_comment
from nbmigrate.errors import ConstraintNotFoundError, UnsupportedOperationError
from nbmigrate.schema import BARE, Index, Table, scratch_table, to_table

#: What keywords for one database begin with.
_DIALECTS = {"duckdb", "firebird", "mariadb", "mssql", "mysql", "oracle", "postgresql", "sqlite"}
_DROPPED: dict[str | None, Any] = {**BARE, None: lambda name: sa.Constraint(name=name)}


class DefaultDialect(ColumnChanges):
    """DDL for each operation; a subclass says what a database does otherwise."""

    #: How its SQL is cut into tokens.
    syntax: Syntax = LENIENT
    #: How it writes values.
    literals: Literals = Literals()
    #: Whether the foreign key and the CHECKs of a new column are always written inside of it.
    inline_constraints = False
    #: What stands before a new column.
    add_words = "ADD COLUMN"
    #: Whether an index can be made IF NOT EXISTS.
    index_if_not_exists = True
    #: Whether the database commits before and after every statement of DDL, so that no migration is undone whole.
    ddl_commits = False
    #: Whether a batch is sent in a savepoint: one that fails leaves nothing, and a revision that catches that goes on.
    batch_in_savepoint = False
    #: Whether the changes of a table are planned together, as where it must be rebuilt for some of them.
    plans_changes = False
    #: Whether recreate='always' makes a new table by statements that are to be one transaction.
    rebuilds_tables = False
    #: Whether a part of a transaction can be undone, without the rest.
    savepoints = True
    #: Whether the value of a key column can be changed in its row.
    updates_keys = True
    #: The kinds of constraints that may be looked at as late as the end of a transaction.
    deferrable: tuple[type, ...] = CONSTRAINTS
    #: Whether enums and domains are types that are made by statements of their own.
    makes_types = False
    #: Whether a foreign key may refer to a table of another schema.
    keys_across_schemas = True
    #: Whether the new name of a table is written with its schema.
    new_name_has_schema = True
    #: Whether columns, indexes and constraints know IF EXISTS and IF NOT EXISTS.
    parts_if_exist = True
    #: How many characters a name may have; None where nothing is refused for that.
    longest_name: int | None = None
    #: The options of this database that `alter_column` and `drop_column` use, by operation.
    column_options: ClassVar[Mapping[type, Collection[str]]] = {}
    #: The options of a batch for a rebuilt table that the database can do all the same.
    batch_options: tuple[str, ...] = ()
    #: What the keywords of a table for this database begin with, besides its name.
    keyword_names: tuple[str, ...] = ()
    #: What begins a transaction in a script, and whether it is a batch of its own.
    begin_sql, begins_batch = "BEGIN", False
    #: What the database's shell wants after each statement of a script, unless env.py has another.
    batch_separator = ""
    #: How a script is to be run, where that is not obvious.
    script_hint = ""

    def check_supported(self, operation: ops.Operation) -> None:
        """Refuse an operation that asks for what the database has no words for.

        Raises
        ------
        UnsupportedOperationError
            It does.
        """
        for refusal in self.refusals(operation):
            raise refusal

    def refusals(self, operation: ops.Operation) -> Refusals:
        """Yield an error for each thing that the database has no words for."""
        name = self.name
        yield from not_deferrable(operation, name, self.deferrable)
        if not self.keys_across_schemas:
            yield from not_across_schemas(operation, self.dialect)
        if not self.parts_if_exist:
            yield from not_if_exists(operation, name)
        if self.longest_name is not None:
            yield from too_long_names(operation, name, self.longest_name)

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what the database does otherwise than is asked for, and tells nobody; told with the statements."""
        return unused_options(operation, self.name, self.column_options)

    def affected(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what becomes of views and triggers that nothing else would name, as far as they are known."""
        del operation
        return ()

    def stored_name(self, name: str) -> str:
        """Return what the database calls a thing that a migration calls `name`."""
        return name

    # Scripts

    @classmethod
    def prepare_offline(cls, dialect: Any) -> None:
        """Give a dialect of SQLAlchemy what it would learn from a server, where it compiles nothing without that."""

    @classmethod
    def ended(cls, text: str) -> str:
        """Return a statement with what ends it in the shell of the database."""
        body = text.rstrip().rstrip(";").rstrip()
        # A comment at the end would take the semicolon with it.
        return f"{body}\n;" if ends_in_comment(body, cls.syntax) else f"{body};"

    # Batches

    def begin_batch(self, operation: ops.AlterTable) -> None:
        """Refuse what no ALTER TABLE does."""
        if operation.copy_from is not None:
            self.column_order = tuple(column.name for column in operation.copy_from.columns)
        for name in ("table_args", "table_kwargs", "partial_reordering"):
            # Where the table need not be rebuilt they are not asked for, as with alembic.
            wanted = getattr(operation, name)
            if name == "table_kwargs":
                wanted = [key for key in wanted if not self._is_of_another(key)]
            if operation.recreate == "always" and wanted and name not in self.batch_options:
                raise UnsupportedOperationError(
                    f"{self.name} cannot do what {name}= says for table {operation.table_name}.",
                    "Leave it out, or make a new table, copy the rows and rename it.",
                )

    def _is_of_another(self, keyword: str) -> bool:
        """Whether a keyword of a table is for another database than this one, where it means nothing."""
        return keyword.partition("_")[0] in _DIALECTS - {self.name, *self.keyword_names}

    def rebuild_table(self, operation: ops.AlterTable) -> Elements:
        """Yield what makes a new table of the old one before the changes of a batch, where the database does so."""
        del operation
        yield from ()

    def end_batch(self, operation: ops.AlterTable) -> Elements:
        """Yield what comes after the changes: what `table_args` adds, where the database can."""
        if operation.recreate != "always" or "table_args" not in self.batch_options:
            return
        for change in operation.additions():
            match change:
                case ops.AddColumn():
                    yield from self.add_column(change)
                case ops.AddConstraint():
                    yield from self.add_constraint(change)
                case ops.CreateIndex():
                    yield from self.create_index(change)

    # Tables

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TABLE, then its indexes and comments where they are statements of their own."""
        written = self._as_written(operation.table)
        table = operation.built() if written is operation.table else to_table(written)
        only_if_new = bool(operation.if_not_exists)
        yield from event_of("before_create", table, self.dialect)
        yield CreateTable(table, if_not_exists=only_if_new)
        made: set[sa.Index] = set()
        yield from event_of("after_create", table, self.dialect, made)
        for index in sorted(table.indexes - made, key=lambda index: str(index.name)):
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
        table = table_to_drop(operation)
        yield from event_of("before_drop", table, self.dialect)
        yield DropTable(table, if_exists=bool(operation.if_exists))
        yield from event_of("after_drop", table, self.dialect)

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield ALTER TABLE ... RENAME TO."""
        new, qualified = bare_table(operation.new_name, operation.schema), self.new_name_has_schema
        alteration = self._alter(
            operation.name,
            operation.schema,
            lambda ddl: f"RENAME TO {ddl.preparer.format_table(new, use_schema=qualified)}",
        )
        yield RenameTable(operation.name, operation.new_name, operation.schema, alteration.write)

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield what sets the comment of a table."""
        self._require_comments()
        table = bare_table(operation.table, operation.schema, comment=operation.comment)
        yield SetTableComment(table) if operation.comment is not None else DropTableComment(table)

    def drop_table_comment(self, operation: ops.DropTableComment) -> Elements:
        """Yield what drops the comment of a table."""
        self._require_comments()
        yield DropTableComment(bare_table(operation.table, operation.schema))

    def complete_version_table(self, table: sa.Table) -> None:
        """Give the version table what every table of the database must have; nothing more, for most."""

    # Columns

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN, then the constraints, indexes and comment of the column."""
        place = self._place(operation)
        definition, others = self._new_column(operation)
        exists = "IF NOT EXISTS " if operation.if_not_exists else ""
        yield self._alter(
            operation.table,
            operation.schema,
            lambda ddl: f"{self.add_words} {exists}{definition(ddl)}{place}",
        )
        yield from others

    def _new_column(self, operation: ops.AddColumn) -> tuple[Writer, Elements]:
        """Return what writes the definition of a new column, and the statements for what is not written in it."""
        value = Table(operation.table, (operation.column,), schema=operation.schema)
        value = replace(value, naming_convention=operation.naming_convention)
        table = to_table(self._as_written(value))
        column = table.columns[operation.column.key or operation.column.name]
        keys = sorted(table.foreign_key_constraints, key=lambda key: key.elements[0].target_fullname)
        others = [item for item in self._constraints(table) if not isinstance(item, sa.ForeignKeyConstraint)]
        inline_keys = keys if operation.inline_references or self.inline_constraints else []
        inline_others = others if self.inline_constraints else []

        def write(ddl: DDLCompiler) -> str:
            parts = [ddl.process(CreateColumn(column))]
            parts += ["PRIMARY KEY"] if operation.inline_primary_key and column.primary_key else []
            parts += [references(ddl, key) for key in inline_keys]
            parts += [ddl.process(item) for item in inline_others]
            return " ".join(parts)

        apart = [*([] if inline_others else others), *([] if inline_keys else keys)]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        elements: list[ExecutableDDLElement] = [*map(AddConstraint, apart), *map(CreateIndex, indexes)]
        if column.comment and self._comments_apart:
            elements.append(SetColumnComment(column))
        return write, iter(elements)

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN."""
        exists = "IF EXISTS " if operation.if_exists else ""
        yield self._alter(
            operation.table,
            operation.schema,
            lambda ddl: f"DROP COLUMN {exists}{ddl.preparer.quote(operation.column)}",
        )

    # Rows in a script

    def rows_begin(self, table: sa.TableClause, rows: list[dict[str, Any]]) -> Iterator[str]:
        """Yield what comes before the INSERTs of a bulk insert."""
        del table, rows
        yield from ()

    def rows_end(self, table: sa.TableClause, rows: list[dict[str, Any]]) -> Iterator[str]:
        """Yield what comes after them."""
        del table, rows
        yield from ()

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

    def drops_unnamed(self, operation: ops.DropConstraint) -> bool:
        """Tell whether the database drops a constraint of this kind without its name."""
        del operation
        return False

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield ALTER TABLE ... DROP CONSTRAINT."""
        if operation.name is None and not self.drops_unnamed(operation):
            raise ConstraintNotFoundError(
                f"{operation.describe().rstrip('.')}: {self.name} drops a constraint by its name.",
                "Use the name that the database gave it: sa.inspect(op.get_bind()).get_unique_constraints(...) ...",
            )
        table = bare_table(operation.table, operation.schema)
        constraint = _DROPPED[operation.kind](operation.name)
        table.append_constraint(constraint)
        yield DropConstraint(constraint, if_exists=bool(operation.if_exists))


__all__ = ["DefaultDialect", "Elements"]
