"""Columns and constraints of operations as pieces of a CREATE TABLE, in the words of SQLAlchemy's compiler."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate.dialects.ddl.elements import references
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText
from nbmigrate.dialects.sqlite.parsing.parser import read_column, read_constraint
from nbmigrate.schema import Column, Constraint, ServerDefault, SqlType, Table, scratch_table, to_table

#: A type that every compiler writes, for columns whose own does not matter.
_ANY_TYPE = SqlType(sa.Integer())


class Pieces:
    """Writes pieces for one table.

    Parameters
    ----------
    dialect
        A dialect of SQLite.
    table
        The table's name.
    schema
        Its schema, if one is said.
    """

    def __init__(self, dialect: sa.Dialect, table: str, schema: str | None) -> None:
        self.ddl: DDLCompiler = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
        self.quote = dialect.identifier_preparer.quote
        self.table = table
        self.schema = schema

    def column(
        self, column: Column, *, is_key: bool = False, convention: Mapping[str, Any] | None = None
    ) -> ColumnText:
        """Return a column with its keys and CHECKs inside of it.

        Parameters
        ----------
        column
            The column.
        is_key
            Whether it is the primary key.
        convention
            The naming convention for what has no name.
        """
        table = self._table(column, convention)
        made = table.columns[column.key or column.name]
        parts = [self.ddl.process(CreateColumn(made))]
        parts += ["PRIMARY KEY"] if is_key else []
        for constraint in self._constraints(table):
            if isinstance(constraint, sa.ForeignKeyConstraint):
                parts.append(references(self.ddl, constraint))
            elif isinstance(constraint, sa.UniqueConstraint):
                name = self.ddl.preparer.format_constraint(constraint) if constraint.name else None
                parts.append(f"CONSTRAINT {name} UNIQUE" if name else "UNIQUE")
            else:
                parts.append(self.ddl.process(constraint))
        return read_column(" ".join(parts))

    def type(self, type_: SqlType) -> tuple[str, Clause | None]:
        """Return a type, and its COLLATE if it says one."""
        made = read_column(f"x {type_.copy().compile(dialect=self.ddl.dialect)}")
        return made.type_text, made.clause("collate")

    def default(self, default: ServerDefault) -> Clause:
        """Return a DEFAULT, or what makes a column a generated one."""
        made = self.column(Column("column", _ANY_TYPE, server_default=default))
        clause = made.clause("default") or made.clause("generated")
        assert clause is not None  # noqa: S101 - it was made with one
        return clause

    def type_checks(
        self, name: str, type_: SqlType, convention: Mapping[str, Any] | None
    ) -> tuple[Clause, ...]:
        """Return the CHECKs that a Boolean or an Enum makes for its column."""
        made = self.column(Column(name, type_), convention=convention)
        return tuple(clause for clause in made.clauses if clause.kind == "check")

    def constraint(self, constraint: Constraint) -> Clause:
        """Return a constraint of a table."""
        table = scratch_table(self.table, self.schema, constraint)
        found = [item for item in table.constraints if item is not table.primary_key]
        made: sa.Constraint = found[0] if found else table.primary_key
        if made is table.primary_key:
            # SQLAlchemy leaves out a key that it takes to be in its column.
            quoted = ", ".join(self.quote(column.name) for column in table.primary_key.columns)
            named = f"CONSTRAINT {self.ddl.preparer.format_constraint(made)} " if made.name else ""
            conflict = constraint.options.get("sqlite_on_conflict")
            return read_constraint(
                f"{named}PRIMARY KEY ({quoted})" + (f" ON CONFLICT {conflict}" if conflict else "")
            )
        return read_constraint(str(self.ddl.process(made)))

    def _table(self, column: Column, convention: Mapping[str, Any] | None) -> sa.Table:
        # With index=True, unique=True is about the index.
        unique = column.unique and not column.index
        value = replace(column, primary_key=False, index=False, unique=unique, nullable=column.nullable)
        table = Table(self.table, (value,), schema=self.schema, naming_convention=convention)
        return to_table(table)

    def _constraints(self, table: sa.Table) -> list[sa.Constraint]:
        found = []
        for constraint in table.constraints:
            # Boolean and Enum types make a CHECK that says which databases it is for; it has no public name.
            applies = getattr(constraint, "_create_rule", None)
            if not isinstance(constraint, sa.PrimaryKeyConstraint) and (applies is None or applies(self.ddl)):
                found.append(constraint)
        return sorted(found, key=lambda constraint: (type(constraint).__name__, str(constraint.name)))
