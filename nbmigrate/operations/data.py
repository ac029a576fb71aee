"""Operations on rows, and SQL as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

import sqlalchemy as sa

from nbmigrate.operations.operation import Operation, fullname, irreversible
from nbmigrate.schema import Expression, Options, Source, SqlType, call, literal, merge_imports
from nbmigrate.schema.options import unwrap, wrap

#: A sentence shows no more of a statement than this.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ExecuteSQL(Operation):
    """Execute a statement: SQL text, or anything SQLAlchemy executes."""

    statement: Expression
    execution_options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, statement: Any, execution_options: Mapping[str, Any] | None = None) -> "ExecuteSQL":
        """Take a statement as `op.execute` does: a string is `sa.text()`, where a colon begins a parameter."""
        clause = sa.text(statement) if isinstance(statement, str) else statement
        return cls(Expression(clause), Options(execution_options))

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        words = " ".join(self._text().split())
        shown = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
        return f"Execute: {shown}"

    def _text(self) -> str:
        try:
            return str(self.statement)
        except sa.exc.CompileError:
            # A value has no literal form: it is shown by the name of its parameter.
            return str(self.statement.clause.compile(compile_kwargs={"render_postcompile": True}))

    def reverse(self) -> Operation:
        """Raise IrreversibleError: nobody knows what undoes a statement."""
        raise irreversible(
            "execute", repr(self._text()[:_SHOWN]), "nbmigrate does not know how to undo a statement"
        )

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        text = self.statement.plain_text
        statement = self.statement.source() if text is None else literal(text)
        options = self.execution_options.arguments()
        pairs = ", ".join(f"{name!r}: {value.text}" for name, value in options.items())
        keywords = (
            {"execution_options": Source(f"{{{pairs}}}", merge_imports(options.values()))} if options else {}
        )
        return call("op.execute", [statement], keywords)


@dataclass(frozen=True, slots=True)
class BulkInsert(Operation):
    """Insert rows.

    Parameters
    ----------
    table, schema
        Where.
    columns
        The name and type of each column of the table object that was given.
    rows
        One mapping of column names to values per row; see `BulkInsert.of`.
    multiinsert
        False sends every row as a statement of its own.
    target
        The table object; its Python-side defaults apply, so it is kept, but does not count in a comparison.
    """

    table: str
    columns: tuple[tuple[str, SqlType], ...]
    rows: tuple[Mapping[str, Any], ...] = field(hash=False)
    schema: str | None = None
    multiinsert: bool = True
    target: sa.TableClause | None = field(default=None, compare=False, repr=False)
    #: See `are_plain`: whether that is known of the rows, so that they are sent as they are.
    plain: bool = field(default=False, init=False, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        table: sa.TableClause,
        rows: Sequence[Mapping[str, Any]],
        *,
        multiinsert: bool = True,
        plain: bool = False,
    ) -> "BulkInsert":
        """Take a table object and rows; `plain` is what `are_plain` says of them."""
        columns = tuple((column.name, SqlType(column.type)) for column in table.columns)
        # Clauses have no ==, so they are wrapped; plain values, nearly all of them, are left alone.
        kept = tuple(
            rows if plain else (wrap(dict(row)) if _has(row, sa.ClauseElement) else row for row in rows)
        )
        found = cls(table.name, columns, kept, table.schema, multiinsert, table)
        # The class is frozen, and what `==` does not look at is no argument of it.
        object.__setattr__(found, "plain", plain)
        return found

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def insertable(self) -> sa.TableClause:
        """Return the table object to insert into."""
        if self.target is not None:
            return self.target
        columns = [sa.column(name, type_.type_) for name, type_ in self.columns]
        return sa.table(self.table, *columns, schema=self.schema)

    def values(self) -> list[dict[str, Any]]:
        """Return the rows with the clauses in them as SQLAlchemy wants them."""
        if self.plain:
            return cast("list[dict[str, Any]]", list(self.rows))
        return [unwrap(dict(row)) if _has(row, Expression) else dict(row) for row in self.rows]

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        count = len(self.rows)
        return f"Insert {count:,} {'row' if count == 1 else 'rows'} into table {self.table_name}."

    def reverse(self) -> Operation:
        """Raise IrreversibleError: rows have no name to be deleted by."""
        why = "nbmigrate does not know which rows to delete"
        raise irreversible("bulk_insert", self.table_name, why)

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        columns = [call("sa.column", [literal(name), type_.source()]) for name, type_ in self.columns]
        schema = {} if self.schema is None else {"schema": literal(self.schema)}
        table = call("sa.table", [literal(self.table), *columns], schema)
        rows = [literal(dict(row)) for row in self.rows]
        lines = "".join(f"\n    {row.text}," for row in rows)
        listed = Source(f"[{lines}\n]" if rows else "[]", merge_imports(rows))
        keywords = {} if self.multiinsert else {"multiinsert": literal(False)}
        return call("op.bulk_insert", [table, listed], keywords)


def are_plain(rows: Sequence[Any]) -> bool:
    """Whether rows are dictionaries with the same keys and without a clause, as nearly always.

    It is found out without a line of Python per row or value, of which there may be millions.
    """
    if set(map(type, rows)) != {dict} or len(set(map(tuple, rows))) > 1:
        return False
    types = set(map(type, chain.from_iterable(map(dict.values, rows))))
    return not any(issubclass(each, sa.ClauseElement) for each in types)


def _has(row: Mapping[str, Any], kind: type) -> bool:
    return any(isinstance(value, kind) for value in row.values())
