"""Operations on constraints and indexes of a table."""

from dataclasses import dataclass, field

from nbmigrate.operations.operation import Arguments, Change, enumerated, fullname, irreversible
from nbmigrate.operations.tables import given
from nbmigrate.schema import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    Index,
    Options,
    PrimaryKey,
    Source,
    Unique,
    call,
    literal,
)

_DIRECTIVES = {
    PrimaryKey: "create_primary_key",
    Unique: "create_unique_constraint",
    ForeignKey: "create_foreign_key",
    Check: "create_check_constraint",
    Exclude: "create_exclude_constraint",
}
#: What `op.drop_constraint` calls each kind; an EXCLUDE has no name there.
_KINDS = {PrimaryKey: "primary", Unique: "unique", ForeignKey: "foreignkey", Check: "check", Exclude: None}
_WORDS = {
    PrimaryKey: "primary key",
    Unique: "unique constraint",
    ForeignKey: "foreign key",
    Check: "check constraint",
    Exclude: "exclude constraint",
}


@dataclass(frozen=True, slots=True)
class AddConstraint(Change):
    """Add a primary key, unique, foreign key, check or exclude constraint."""

    table: str
    constraint: Constraint
    schema: str | None = None

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return _DIRECTIVES[type(self.constraint)]

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        named = _word(self.constraint) + (f" {self.constraint.name}" if self.constraint.name else "")
        return f"Add {named} to table {self.table_name}: {_content(self.constraint)}."

    def reverse(self) -> "DropConstraint":
        """Return the operation that drops the constraint."""
        if self.constraint.name is None:
            why = "the constraint has no name to drop it by"
            raise irreversible(self.directive, f"None, {self.table!r}", why, "Give it one")
        kind = _KINDS[type(self.constraint)]
        return DropConstraint(self.constraint.name, self.table, kind, self.schema, original=self.constraint)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        constraint = self.constraint
        keywords, schema = constraint.options.arguments(), given(schema=self.schema)
        if isinstance(constraint, ForeignKey):
            schema = given(source_schema=self.schema)
            keywords |= given(referent_schema=constraint.target_schema)
        content = tuple(_arguments(constraint))
        return Arguments((literal(constraint.name),), self.table, content, keywords, schema)


def _word(constraint: Constraint) -> str:
    return _WORDS[type(constraint)]


def _content(constraint: Constraint) -> str:
    if isinstance(constraint, ForeignKey):
        targets = ", ".join(constraint.target_columns)
        verb = "refers" if len(constraint.columns) == 1 else "refer"
        return f"{enumerated(constraint.columns)} {verb} to {constraint.target_table} ({targets})"
    if isinstance(constraint, Check):
        return str(constraint.condition)
    if isinstance(constraint, Exclude):
        return ", ".join(f"{element} {operator}" for element, operator in constraint.elements)
    return enumerated(constraint.columns)


def _arguments(constraint: Constraint) -> list[Source]:
    if isinstance(constraint, Check):
        return [constraint.condition_source()]
    if isinstance(constraint, Exclude):
        return constraint.pairs()
    if isinstance(constraint, ForeignKey):
        names = [list(constraint.columns), list(constraint.target_columns)]
        return [literal(constraint.target_name), *map(literal, names)]
    return [literal(list(constraint.columns))]


@dataclass(frozen=True, slots=True)
class DropConstraint(Change):
    """Drop a constraint by name; `kind` is foreignkey, primary, unique, check, or None where not said.

    `name` is None of one that has none, as the only one of its kind; not both are None.
    """

    name: str | None
    table: str
    kind: str | None = None
    schema: str | None = None
    if_exists: bool | None = None
    original: Constraint | None = field(default=None, compare=False, repr=False)

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "drop_constraint"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        words = {kind: _WORDS[of] for of, kind in _KINDS.items()} | {None: "constraint"}
        if self.name is None:
            return f"Drop the {words[self.kind]} of table {self.table_name} that has no name."
        return f"Drop {words[self.kind]} {self.name} of table {self.table_name}."

    def reverse(self) -> AddConstraint:
        """Return the operation that adds the constraint again."""
        if self.original is None:
            what = f"{self.name!r}, {self.table!r}"
            raise irreversible("drop_constraint", what, "the constraint's columns are not in this revision")
        return AddConstraint(self.table, self.original, self.schema)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(type_=self.kind, if_exists=self.if_exists)
        return Arguments(
            (literal(self.name),), self.table, keywords=keywords, schema=given(schema=self.schema)
        )


@dataclass(frozen=True, slots=True)
class CreateIndex(Change):
    """Make an index on a table."""

    table: str
    index: Index
    schema: str | None = None
    if_not_exists: bool | None = None

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "create_index"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        word = "unique index" if self.index.unique else "index"
        named = f"{word} {self.index.name}" if self.index.name else word
        columns = ", ".join(map(str, self.index.columns))
        return f"Create {named} on table {self.table_name} ({columns})."

    def reverse(self) -> "DropIndex":
        """Return the operation that drops the index."""
        if self.index.name is None:
            raise irreversible(
                "create_index", f"None, {self.table!r}", "the index has no name to drop it by", "Give it one"
            )
        # Options that say how the index is made, and not how it is dropped, do no harm in dropping it.
        return DropIndex(
            self.index.name, self.table, self.schema, None, self.index.options, original=self.index
        )

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        columns = literal(list(self.index.columns))
        keywords = given(unique=self.index.unique or None, if_not_exists=self.if_not_exists)
        return Arguments(
            (literal(self.index.name),),
            self.table,
            (columns,),
            keywords | self.index.options.arguments(),
            given(schema=self.schema),
        )


@dataclass(frozen=True, slots=True)
class DropIndex(Change):
    """Drop an index; `table` is None where it is not said, which MySQL and MariaDB do not accept."""

    name: str
    table: str | None = None
    schema: str | None = None
    if_exists: bool | None = None
    options: Options = field(default_factory=Options)
    original: Index | None = field(default=None, compare=False, repr=False)

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "drop_index"

    @property
    def table_name(self) -> str | None:
        """The table, with the schema before it if any."""
        return None if self.table is None else fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        where = "" if self.table_name is None else f" of table {self.table_name}"
        return f"Drop index {fullname(self.name, self.schema if self.table is None else None)}{where}."

    def reverse(self) -> CreateIndex:
        """Return the operation that makes the index again."""
        if self.original is None or self.table is None:
            raise irreversible("drop_index", repr(self.name), "the index's columns are not in this revision")
        return CreateIndex(self.table, self.original, self.schema)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(if_exists=self.if_exists) | self.options.arguments()
        return Arguments((literal(self.name),), keywords=keywords, schema=given(schema=self.schema))

    def source(self) -> Source:
        """Return the `op` call that asks for it, with the table by keyword: it may be left out."""
        arguments = self.arguments()
        keywords = given(table_name=self.table) | arguments.schema | arguments.keywords
        return call("op.drop_index", arguments.before_table, keywords)
