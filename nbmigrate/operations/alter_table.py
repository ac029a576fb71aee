"""Several changes to one table that are made in one go."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from nbmigrate.errors import InvalidOptionError, OperationError, nearest
from nbmigrate.operations.columns import AddColumn
from nbmigrate.operations.constraints import AddConstraint, CreateIndex
from nbmigrate.operations.operation import Change, Operation, fullname, irreversible
from nbmigrate.schema import (
    Column,
    Constraint,
    Index,
    Options,
    Source,
    Table,
    call,
    from_table,
    literal,
    merge_imports,
    table_of,
)

Recreate = Literal["auto", "always", "never"]
RECREATE: tuple[Recreate, ...] = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class AlterTable(Operation):
    """A batch: changes to one table, which SQLite makes by one rebuild of it where it must.

    Parameters
    ----------
    table, schema
        Which.
    changes
        In order.
    recreate
        "auto" rebuilds a table of SQLite where a change needs it, "always" rebuilds one of SQLite or PostgreSQL in any
        case, "never" sends ALTER TABLE whatever happens. Other databases alter the table in any case.
    partial_reordering
        Columns that shall follow one another, one tuple for each such row of them.
    copy_from
        What the table is, instead of what the database says; offline SQL for SQLite must have it.
    table_args, table_kwargs
        What the rebuilt table gets besides.
    reflect_args
        Columns of the table as alembic shall take them; here they are kept as the database has them.
    naming_convention
        What constraints without a name are called, so that they can be dropped.
    alone
        Whether it stands for one change outside of any batch. In a batch, as in alembic's, a constraint takes the place
        of one of the same name, and a primary key that of the one there is.
    """

    table: str
    changes: tuple[Change, ...] = ()
    schema: str | None = None
    recreate: Recreate = "auto"
    partial_reordering: tuple[tuple[str, ...], ...] = ()
    copy_from: Table | None = None
    table_args: tuple[Column | Constraint | Index, ...] = ()
    table_kwargs: Options = field(default_factory=Options)
    reflect_args: tuple[Column, ...] = ()
    naming_convention: Options = field(default_factory=Options)
    alone: bool = False

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    @property
    def remakes(self) -> bool:
        """Whether it asks for something that no change of a single part of the table gives."""
        return bool(
            self.recreate == "always" or self.partial_reordering or self.table_args or self.table_kwargs
        )

    def parts(self) -> tuple[Operation, ...]:
        """Return the changes."""
        return self.changes

    def additions(self) -> tuple[Change, ...]:
        """Return what `table_args` adds to the table, as changes."""
        return tuple(self._addition(item) for item in self.table_args)

    def _addition(self, item: Column | Constraint | Index) -> Change:
        if isinstance(item, Column):
            return AddColumn(self.table, item, self.schema)
        if isinstance(item, Index):
            return CreateIndex(self.table, item, self.schema)
        return AddConstraint(self.table, item, self.schema)

    def describe(self) -> str:
        """Return what it does, as sentences."""
        lines = [change.describe() for change in self.changes]
        if self.partial_reordering:
            rows = "; ".join(", ".join(columns) for columns in self.partial_reordering)
            lines.append(f"Put these columns one after another: {rows}.")
        if self.table_args or self.table_kwargs:
            lines.append("Apply table_args and table_kwargs to the table.")
        if self.recreate == "always":
            lines.append("Always rebuild the table on SQLite and PostgreSQL; other databases alter it.")
        return " ".join([f"Change table {self.table_name} in one go:", *(lines or ["nothing."])])

    def reverse(self) -> "AlterTable":
        """Return the batch that undoes the changes, the last one first."""
        for name in ("partial_reordering", "table_args", "table_kwargs"):
            if getattr(self, name):
                why = f"what {name}= replaces is not in this revision"
                raise irreversible("batch_alter_table", repr(self.table), why)
        undone = tuple(_reversed(change) for change in reversed(self.changes))
        return AlterTable(
            self.table, undone, self.schema, self.recreate, naming_convention=self.naming_convention
        )

    def source(self) -> Source:
        """Return the `with op.batch_alter_table(...)` that asks for it."""
        opened = call("op.batch_alter_table", [literal(self.table)], self._keywords())
        body = [change.batch_source() for change in self.changes] or [Source("pass")]
        lines = "\n".join(textwrap.indent(line.text, "    ") for line in body)
        return Source(f"with {opened.text} as batch_op:\n{lines}", merge_imports([opened, *body]))

    def _keywords(self) -> dict[str, Source]:
        given: dict[str, Any] = {"schema": self.schema}
        given["recreate"] = None if self.recreate == "auto" else self.recreate
        given["partial_reordering"] = list(self.partial_reordering) or None
        given["copy_from"] = None if self.copy_from is None else _table_source(self.copy_from)
        given |= {"table_args": self.table_args or None, "reflect_args": self.reflect_args or None}
        given["table_kwargs"] = dict(self.table_kwargs) or None
        given["naming_convention"] = dict(self.naming_convention) or None
        return {name: literal(value) for name, value in given.items() if value is not None}


def _reversed(change: Change) -> Change:
    undone = change.reverse()
    assert isinstance(undone, Change)  # noqa: S101 - what undoes a change of a table is one
    return undone


def _table_source(table: Table) -> Source:
    convention = {key: text for key, text in (table.naming_convention or {}).items() if isinstance(text, str)}
    is_usual = convention == sa.MetaData().naming_convention
    metadata = call("sa.MetaData", [], {} if is_usual else {"naming_convention": literal(convention)})
    return call("sa.Table", [literal(table.name), metadata, *table.items()], table.keywords())


def alter_table_of(
    table_name: str,
    schema: str | None,
    recreate: str,
    partial_reordering: Sequence[Sequence[str]] | None,
    copy_from: sa.Table | None,
    table_args: Sequence[Any],
    table_kwargs: Mapping[str, Any],
    reflect_args: Sequence[Any],
    naming_convention: Mapping[str, Any] | None,
) -> AlterTable:
    """Return a batch without changes from the arguments of `op.batch_alter_table`.

    Raises
    ------
    OperationError
        One of them is not what it must be.
    """
    choices = {str(choice): choice for choice in RECREATE}
    if recreate not in choices:
        guess = nearest(str(recreate), choices)
        raise InvalidOptionError(
            f"op.batch_alter_table({table_name!r}) is given recreate={recreate!r}.",
            f"{f'Did you mean {guess!r}? ' if guess else ''}It is one of {', '.join(map(repr, choices))}.",
        )
    if copy_from is not None and not isinstance(copy_from, sa.Table):
        raise OperationError(
            f"op.batch_alter_table({table_name!r}) is given copy_from={copy_from!r}, which is no sa.Table.",
            "copy_from=sa.Table('name', sa.MetaData(), sa.Column(...), ...)",
        )
    extra = table_of(table_name, tuple(table_args), {})
    return AlterTable(
        table_name,
        schema=schema,
        recreate=choices[recreate],
        partial_reordering=tuple(tuple(columns) for columns in partial_reordering or ()),
        copy_from=None if copy_from is None else from_table(copy_from),
        table_args=(*extra.columns, *extra.constraints, *extra.indexes),
        table_kwargs=Options(table_kwargs),
        reflect_args=table_of(table_name, tuple(reflect_args), {}).columns,
        naming_convention=Options(naming_convention),
    )
