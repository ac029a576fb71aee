"""Tables as values, and the scratch `sa.Table` that SQLAlchemy's compilers want."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from nbmigrate.errors import OperationError, TableNotFoundError, nearest
from nbmigrate.schema.column import Column, from_column, to_column
from nbmigrate.schema.constraint import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    Index,
    PrimaryKey,
    from_constraint,
    from_index,
)
from nbmigrate.schema.options import NO_OPTIONS, Options
from nbmigrate.schema.source import Source, literal
from nbmigrate.schema.sqltype import SqlType


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, constraints and indexes, in the order they were given.

    `info` is for Python code only and does not count in a comparison, nor does `naming_convention`, which names what
    has no name.
    """

    name: str
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    schema: str | None = None
    comment: str | None = None
    prefixes: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    info: Mapping[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    naming_convention: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def fullname(self) -> str:
        """The name, with the schema before it if any."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def items(self) -> list[Source]:
        """Return the source of each column, constraint and index."""
        return [item.source() for item in (*self.columns, *self.constraints, *self.indexes)]

    def keywords(self) -> dict[str, Source]:
        """Return the source of the keywords that differ from the defaults."""
        given = {"schema": self.schema, "comment": self.comment, "prefixes": list(self.prefixes) or None}
        return {
            name: literal(value) for name, value in given.items() if value is not None
        } | self.options.arguments()


def table_of(
    name: str,
    items: tuple[Any, ...],
    keywords: Mapping[str, Any],
    naming_convention: Mapping[str, Any] | None = None,
) -> Table:
    """Return a table from what `sa.Table` takes after its metadata; nothing given is changed.

    Raises
    ------
    OperationError
        For an item that is no column, constraint or index.
    """
    columns: list[Column] = []
    constraints: list[Constraint] = []
    indexes: list[Index] = []
    for item in items:
        if isinstance(item, sa.Column):
            columns.append(from_column(item))
        elif isinstance(item, sa.Constraint):
            constraints.append(from_constraint(item))
        elif isinstance(item, sa.Index):
            indexes.append(from_index(item))
        else:
            raise OperationError(
                f"Table {name!r} is given {item!r}, which is no column, constraint or index.",
                "Every item is a sa.Column('name', sa.String(50)), a constraint such as "
                "sa.UniqueConstraint('name'), or a sa.Index.",
            )
    rest = dict(keywords)
    return Table(
        name,
        tuple(columns),
        tuple(constraints),
        tuple(indexes),
        schema=rest.pop("schema", None),
        comment=rest.pop("comment", None),
        prefixes=tuple(rest.pop("prefixes", None) or ()),
        info=rest.pop("info", None) or {},
        options=Options(rest) if rest else NO_OPTIONS,
        naming_convention=naming_convention,
    )


def from_table(table: sa.Table) -> Table:
    """Return what a table of a MetaData says, its keys and indexes all said of the table, none in a column.

    So two tables are equal however their keys were written down. The names that it has by the naming convention of its
    MetaData are final; the convention is kept for those of CHECKs that its types make.
    """
    columns = (from_column(column) for column in table.columns)
    # The CHECKs that Boolean and Enum make are said by the type already; that has no public mark.
    own = (item for item in table.constraints if not getattr(item, "_type_bound", False))
    values = [from_constraint(item) for item in own if not _empty(item)]
    indexes = [from_index(index) for index in table.indexes]
    return Table(
        table.name,
        tuple(
            replace(column, primary_key=False, unique=False, index=False, references=()) for column in columns
        ),
        tuple(sorted(values, key=_order)),
        tuple(sorted(indexes, key=lambda index: (index.name or "", repr(index.columns)))),
        schema=table.schema,
        comment=table.comment,
        prefixes=tuple(map(str, getattr(table, "_prefixes", ()))),
        options=Options(table.dialect_kwargs),
        info=dict(table.info),
        naming_convention=table.metadata.naming_convention,
    )


def _empty(constraint: sa.Constraint) -> bool:
    return isinstance(constraint, sa.PrimaryKeyConstraint) and not constraint.columns


def _order(constraint: Constraint) -> tuple[bool, str, str, str]:
    is_key = isinstance(constraint, PrimaryKey)
    return (not is_key, type(constraint).__name__, constraint.name or "", constraint.source().text)


def to_table(value: Table, metadata: sa.MetaData | None = None) -> sa.Table:
    """Return a `sa.Table`; tables it refers to are made beside it, with no more than the columns referred to."""
    metadata = sa.MetaData(naming_convention=value.naming_convention) if metadata is None else metadata
    items, keywords = arguments_of(value)
    table = sa.Table(value.name, metadata, *items, **keywords)
    for target in _targets(value):
        _ensure_target(metadata, target)
    return table


def arguments_of(value: Table) -> tuple[list[Any], dict[str, Any]]:
    """Return what `sa.Table` takes for a table after its name and metadata, all of it new."""
    columns: list[Any] = [*map(to_column, value.columns)]
    built = [item.build() for item in (*value.constraints, *value.indexes)]
    keywords: dict[str, Any] = {"schema": value.schema, "comment": value.comment, "info": dict(value.info)}
    if value.prefixes:
        keywords["prefixes"] = list(value.prefixes)
    return columns + built, keywords | dict(value.options)


def scratch_table(
    name: str, schema: str | None, item: Constraint | Index, convention: Mapping[str, Any] | None = None
) -> sa.Table:
    """Return a table that has the constraint or the index, and columns of no type for what it names."""
    columns = tuple(Column(column, SqlType.of(sa.types.NullType)) for column in dict.fromkeys(_names(item)))
    bare = Table(name, columns, schema=schema, naming_convention=convention)
    if isinstance(item, Index):
        return to_table(replace(bare, indexes=(item,)))
    return to_table(replace(bare, constraints=(item,)))


def _names(item: Constraint | Index) -> list[str]:
    if isinstance(item, Exclude):
        return [element for element, _ in item.elements if isinstance(element, str)]
    if isinstance(item, Check):
        return []
    names = [column for column in item.columns if isinstance(column, str)]
    # INCLUDE (...) and the like name columns too, and SQLAlchemy looks them up in the table.
    for option, named in item.options.items():
        if option.endswith("_include") and isinstance(named, (list, tuple)):
            names += [column for column in named if isinstance(column, str)]
    return names


def _targets(value: Table) -> list[str]:
    targets = [reference.target for column in value.columns for reference in column.references]
    for constraint in value.constraints:
        if isinstance(constraint, ForeignKey) and constraint.referred is None:
            targets += constraint.targets
    return targets


def _ensure_target(metadata: sa.MetaData, target: str) -> None:
    fullname, _, column = target.rpartition(".")
    if not fullname:
        raise OperationError(
            f"The foreign key to {target!r} does not say which column.",
            f"Write it as 'table.column': '{target}.id'.",
        )
    table = metadata.tables.get(fullname)
    if table is None:
        schema, _, name = fullname.rpartition(".")
        table = sa.Table(name, metadata, schema=schema or None)
    if column not in table.columns:
        table.append_column(sa.Column(column, sa.types.NullType()))


#: How many names an error lists.
_SHOWN = 20


class NoSuchTableError(TableNotFoundError, sa.exc.NoSuchTableError):
    """The database has no such table; SQLAlchemy, and so Alembic's batches, raise its NoSuchTableError."""


def no_such_table(name: str, tables: Sequence[str]) -> NoSuchTableError:
    """Return the error for a table that is not among those of the database."""
    guess = nearest(name, tables)
    more = ", ..." if len(tables) > _SHOWN else ""
    listed = f"There are: {', '.join(tables[:_SHOWN])}{more}." if tables else "The database has no tables."
    hint = f"Did you mean {guess}? {listed}" if guess else listed
    return NoSuchTableError(f"There is no table {name!r}.", hint, choices=tables)
