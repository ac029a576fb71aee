"""Constraints and indexes of a table, as values."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.errors import OperationError
from nbmigrate.schema.column import constraint_options, reference_options, text_or_expression
from nbmigrate.schema.expression import Expression
from nbmigrate.schema.options import NO_OPTIONS, Options
from nbmigrate.schema.source import Source, call, literal

if TYPE_CHECKING:
    # Loaded with its drivers, it would cost every command on another database a tenth of a second.
    from sqlalchemy.dialects import postgresql


def _named(name: str | None, options: Options) -> dict[str, Source]:
    return ({} if name is None else {"name": literal(name)}) | options.arguments()


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """PRIMARY KEY over `columns`."""

    columns: tuple[str, ...]
    name: str | None = None
    options: Options = field(default_factory=Options)

    def build(self) -> sa.PrimaryKeyConstraint:
        """Return a new constraint, of no table yet."""
        return sa.PrimaryKeyConstraint(*self.columns, name=self.name, **self.options)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        columns = [literal(column) for column in self.columns]
        return call("sa.PrimaryKeyConstraint", columns, _named(self.name, self.options))


@dataclass(frozen=True, slots=True)
class Unique:
    """UNIQUE over `columns`."""

    columns: tuple[str, ...]
    name: str | None = None
    options: Options = field(default_factory=Options)

    def build(self) -> sa.UniqueConstraint:
        """Return a new constraint, of no table yet."""
        return sa.UniqueConstraint(*self.columns, name=self.name, **self.options)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        columns = [literal(column) for column in self.columns]
        return call("sa.UniqueConstraint", columns, _named(self.name, self.options))


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """FOREIGN KEY from `columns` to `targets`, each "table.column" with the schema before it if any.

    `referred` is the schema and the table where they were said apart and a name has a point in it: then `targets`
    cannot be cut at their points, as SQLAlchemy cuts them.
    """

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    name: str | None = None
    options: Options = field(default_factory=Options)
    referred: tuple[str | None, str] | None = None

    @staticmethod
    def to(
        columns: tuple[str, ...],
        table: str,
        target_columns: tuple[str, ...],
        schema: str | None = None,
        name: str | None = None,
        options: Options = NO_OPTIONS,
    ) -> "ForeignKey":
        """Return a foreign key to a table and its columns, whatever their names are."""
        fullname = table if schema is None else f"{schema}.{table}"
        targets = tuple(f"{fullname}.{column}" for column in target_columns)
        referred = (
            (schema, table) if any("." in part for part in (schema or "", table, *target_columns)) else None
        )
        return ForeignKey(columns, targets, name, options, referred)

    @property
    def target_table(self) -> str:
        """The table it refers to, with the schema before it if any."""
        if self.referred is None:
            return self.targets[0].rpartition(".")[0]
        schema, table = self.referred
        return table if schema is None else f"{schema}.{table}"

    @property
    def target_name(self) -> str:
        """The table it refers to, without its schema."""
        return self.target_table.rpartition(".")[2] if self.referred is None else self.referred[1]

    @property
    def target_schema(self) -> str | None:
        """The schema of the table it refers to, if it is said."""
        return self.target_table.rpartition(".")[0] or None if self.referred is None else self.referred[0]

    @property
    def target_columns(self) -> tuple[str, ...]:
        """The columns it refers to."""
        if self.referred is None:
            return tuple(target.rpartition(".")[2] for target in self.targets)
        return tuple(target[len(self.target_table) + 1 :] for target in self.targets)

    def build(self) -> sa.ForeignKeyConstraint:
        """Return a new constraint, of no table yet."""
        targets: Any = self.targets
        if self.referred is not None:
            columns = [sa.Column(name, sa.types.NullType()) for name in self.target_columns]
            targets = list(
                sa.Table(self.target_name, sa.MetaData(), *columns, schema=self.target_schema).columns
            )
        return sa.ForeignKeyConstraint(self.columns, targets, name=self.name, **self.options)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        lists = [literal(list(self.columns)), literal(list(self.targets))]
        return call("sa.ForeignKeyConstraint", lists, _named(self.name, self.options))


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK of a condition."""

    condition: Expression
    name: str | None = None
    options: Options = field(default_factory=Options)

    def build(self) -> sa.CheckConstraint:
        """Return a new constraint, of no table yet."""
        return sa.CheckConstraint(self.condition.clause, name=self.name, **self.options)  # type: ignore[arg-type]

    def condition_source(self) -> Source:
        """Return the source of the condition: a plain string where it is nothing but text."""
        return text_or_expression(self.condition)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        return call("sa.CheckConstraint", [self.condition_source()], _named(self.name, self.options))


@dataclass(frozen=True, slots=True)
class Exclude:
    """EXCLUDE of PostgreSQL: no two rows for which all `elements`, (what, operator), hold."""

    elements: tuple[tuple[str | Expression, str], ...]
    name: str | None = None
    options: Options = field(default_factory=Options)

    def build(self) -> "postgresql.ExcludeConstraint":
        """Return a new constraint, of no table yet."""
        from sqlalchemy.dialects import postgresql

        # A plain string is quoted as a column's name is; it need not be one of the table's columns.
        elements = [(_clause(element), operator) for element, operator in self.elements]
        return postgresql.ExcludeConstraint(*elements, name=self.name, **self.options)

    def pairs(self) -> list[Source]:
        """Return the source of each element."""
        return [literal((element, operator)) for element, operator in self.elements]

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        made = call("postgresql.ExcludeConstraint", self.pairs(), _named(self.name, self.options))
        needed = "from sqlalchemy.dialects import postgresql"
        return Source(made.text, tuple(sorted({*made.imports, needed})))


def _clause(element: str | Expression) -> Any:
    return sa.column(element) if isinstance(element, str) else element.clause


@dataclass(frozen=True, slots=True)
class Index:
    """An index over `columns`: names of columns, or expressions."""

    name: str | None
    columns: tuple[str | Expression, ...]
    unique: bool = False
    options: Options = field(default_factory=Options)

    def build(self) -> sa.Index:
        """Return a new index, of no table yet."""
        columns = [column if isinstance(column, str) else column.clause for column in self.columns]
        return sa.Index(self.name, *columns, unique=self.unique, **self.options)  # type: ignore[arg-type]

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        unique = {"unique": literal(True)} if self.unique else {}
        columns = [literal(column) for column in self.columns]
        return call("sa.Index", [literal(self.name), *columns], unique | self.options.arguments())


Constraint = PrimaryKey | Unique | ForeignKey | Check | Exclude


def from_constraint(constraint: sa.Constraint) -> Constraint:
    """Return what a constraint says; the constraint is left as it was.

    Raises
    ------
    OperationError
        For a kind of constraint that is not known.
    """
    name = constraint.name if isinstance(constraint.name, str) else None
    options = constraint_options(constraint)
    if getattr(constraint, "__visit_name__", "") == "exclude_constraint":
        return _from_exclude(constraint, name)
    if isinstance(constraint, sa.CheckConstraint):
        return Check(Expression.of(constraint.sqltext), name, options)
    if isinstance(constraint, sa.ForeignKeyConstraint):
        targets = tuple(element.target_fullname for element in constraint.elements)
        columns = tuple(map(str, constraint.column_keys))
        return ForeignKey(columns, targets, name, Options(reference_options(constraint)))
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        return PrimaryKey(_column_names(constraint), name, options)
    if isinstance(constraint, sa.UniqueConstraint):
        return Unique(_column_names(constraint), name, options)
    raise OperationError(
        f"{type(constraint).__name__} is a constraint nbmigrate does not know.",
        "Make the table without it and add it with op.execute('ALTER TABLE ...').",
    )


def _column_names(constraint: Any) -> tuple[str, ...]:
    """Return the columns of a constraint, whether it has a table already or not."""
    # Before it has a table there is no public name for them.
    columns = list(constraint.columns) or constraint._pending_colargs
    return tuple(column if isinstance(column, str) else column.key for column in columns)


def _from_exclude(constraint: Any, name: str | None) -> Exclude:
    given: dict[str, Any] = {"using": constraint.using} if constraint.using != "gist" else {}
    given |= {
        name: value
        for name in ("deferrable", "initially")
        if (value := getattr(constraint, name)) is not None
    }
    if constraint.where is not None:
        given["where"] = constraint.where
    if constraint.ops:
        given["ops"] = constraint.ops
    # The elements as given have no public name; SQLAlchemy's own compiler reads this one.
    elements = tuple((_element(what), operator) for what, _, operator in constraint._render_exprs)
    return Exclude(elements, name, Options(given))


def _element(what: Any) -> str | Expression:
    if isinstance(what, str):
        return what
    if isinstance(what, sa.ColumnClause) and not what.is_literal:
        # A table finds its columns by key, which is the name unless said otherwise.
        return str(what.key)
    return Expression.of(what)


def from_index(index: sa.Index) -> Index:
    """Return what an index says; the index is left as it was."""
    columns = tuple(_element(expression) for expression in index.expressions)
    return Index(
        index.name if isinstance(index.name, str) else None,
        columns,
        bool(index.unique),
        Options(index.dialect_kwargs),
    )
