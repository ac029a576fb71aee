"""Columns as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from nbmigrate.errors import OperationError
from nbmigrate.schema.expression import Expression
from nbmigrate.schema.options import Options, options_of
from nbmigrate.schema.source import Source, call, literal
from nbmigrate.schema.sqltype import SqlType

_IDENTITY_FIELDS = (
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
)
#: Until SQLAlchemy 2.1 these were plain attributes; since then they are keywords of the Oracle dialect.
_IDENTITY_FIELDS_2_0 = ("on_null", "order")


@dataclass(frozen=True, slots=True)
class Computed:
    """GENERATED ALWAYS AS: a column the database computes."""

    expression: Expression
    persisted: bool | None = None

    @classmethod
    def of(cls, computed: sa.Computed) -> "Computed":
        """Take what a `sa.Computed` says."""
        return cls(Expression.of(computed.sqltext), computed.persisted)

    def build(self) -> sa.Computed:
        """Return a new `sa.Computed`."""
        text = self.expression.plain_text
        return sa.Computed(text if text is not None else self.expression.clause, self.persisted)  # type: ignore[arg-type]

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        keyword = {} if self.persisted is None else {"persisted": literal(self.persisted)}
        return call("sa.Computed", [text_or_expression(self.expression)], keyword)


@dataclass(frozen=True, slots=True)
class Identity:
    """GENERATED AS IDENTITY: a column numbered by the database."""

    options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, identity: sa.Identity) -> "Identity":
        """Take what a `sa.Identity` says."""
        of_dialects = getattr(identity, "dialect_kwargs", None)
        names = _IDENTITY_FIELDS if of_dialects is not None else _IDENTITY_FIELDS + _IDENTITY_FIELDS_2_0
        given = {name: getattr(identity, name) for name in names} | dict(of_dialects or {})
        # None is not False: Oracle is left its own default, which is ALWAYS.
        always = {} if identity.always is False else {"always": identity.always}
        return cls(Options(always | {name: value for name, value in given.items() if value is not None}))

    def build(self) -> sa.Identity:
        """Return a new `sa.Identity`."""
        return sa.Identity(**self.options)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        return call("sa.Identity", [], self.options.arguments())


#: A server default: a string is a literal, as for SQLAlchemy; None is none.
ServerDefault = str | Expression | Computed | Identity | None


def server_default(given: Any) -> ServerDefault:
    """Return a server default as a value, from any form SQLAlchemy takes."""
    if isinstance(given, sa.Computed):
        return Computed.of(given)
    if isinstance(given, sa.Identity):
        return Identity.of(given)
    if isinstance(given, sa.DefaultClause):
        given = given.arg
    if given is None or isinstance(given, (str, Expression, Computed, Identity)):
        return given
    if isinstance(given, sa.FetchedValue):
        # It says that a trigger or the like fills the column: the table's definition has nothing of it.
        return None
    if isinstance(given, sa.ClauseElement):
        return Expression.of(given)
    raise OperationError(
        f"server_default={given!r} is not SQL.",
        f"Give a string, server_default={str(given)!r}, or an expression: sa.text({str(given)!r}).",
    )


def text_or_expression(expression: Expression) -> Source:
    """Return the source of an expression where SQLAlchemy takes a plain string as SQL too."""
    text = expression.plain_text
    return expression.source() if text is None else literal(text)


@dataclass(frozen=True, slots=True)
class Reference:
    """A `sa.ForeignKey` in a column: `target` is "table.column", with the schema before it if any."""

    target: str
    name: str | None = None
    options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, key: sa.ForeignKey) -> "Reference":
        """Take what a `sa.ForeignKey` says."""
        return cls(key.target_fullname, _name(key.name), Options(reference_options(key)))

    def build(self) -> sa.ForeignKey:
        """Return a new `sa.ForeignKey`."""
        return sa.ForeignKey(self.target, name=self.name, **self.options)

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        name = {} if self.name is None else {"name": literal(self.name)}
        return call("sa.ForeignKey", [literal(self.target)], name | self.options.arguments())


def reference_options(key: sa.ForeignKey | sa.ForeignKeyConstraint) -> dict[str, Any]:
    """Return the keywords of a foreign key beside its columns and name."""
    names = ("onupdate", "ondelete", "deferrable", "initially", "match", "comment")
    given = {name: getattr(key, name, None) for name in names}
    # Such a key is no part of CREATE TABLE where the database can add it afterwards: a history does that itself.
    given["use_alter"] = key.use_alter or None
    return {name: value for name, value in given.items() if value is not None} | dict(key.dialect_kwargs)


def _name(name: Any) -> str | None:
    return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """A CHECK written inside of a column."""

    condition: Expression
    name: str | None = None
    options: Options = field(default_factory=Options)

    @classmethod
    def of(cls, check: sa.CheckConstraint) -> "ColumnCheck":
        """Take what a `sa.CheckConstraint` says."""
        return cls(Expression.of(check.sqltext), _name(check.name), constraint_options(check))

    def build(self) -> sa.CheckConstraint:
        """Return a new `sa.CheckConstraint`."""
        return sa.CheckConstraint(self.condition.clause, name=self.name, **self.options)  # type: ignore[arg-type]

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        name = {} if self.name is None else {"name": literal(self.name)}
        return call(
            "sa.CheckConstraint", [text_or_expression(self.condition)], name | self.options.arguments()
        )


def constraint_options(constraint: sa.Constraint) -> Options:
    """Return the keywords of a constraint beside its columns and name."""
    names = ("deferrable", "initially", "comment")
    given = {name: value for name in names if (value := getattr(constraint, name, None)) is not None}
    own = options_of(constraint)
    return Options(given | dict(own)) if given else own


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name, type
        What it is called and holds.
    nullable
        Whether NULL may stand in it; a primary key is not nullable unless said so.
    server_default
        A string (a literal), an expression, `Computed`, `Identity`, or None.
    autoincrement
        As in `sa.Column`: True, False, "auto" or "ignore_fk".
    index, unique
        True makes an index or a UNIQUE constraint along with the column.
    key
        The name Python code knows it by, where that is another one.
    references, checks
        The foreign keys and CHECKs written inside of the column.
    options
        Keywords of dialects.
    python_side
        `default`, `onupdate`, `info`, `doc`: for `bulk_insert`; the database never sees them, so they do not
        count in a comparison.
    """

    name: str
    type: SqlType
    nullable: bool = True
    primary_key: bool = False
    server_default: ServerDefault = None
    autoincrement: bool | Literal["auto", "ignore_fk"] = "auto"
    index: bool = False
    unique: bool = False
    comment: str | None = None
    key: str | None = None
    system: bool = False
    references: tuple[Reference, ...] = ()
    checks: tuple[ColumnCheck, ...] = ()
    options: Options = field(default_factory=Options)
    python_side: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def keywords(self) -> dict[str, Any]:
        """Return the keywords of `sa.Column` that differ from its defaults."""
        # Nullability is said only where SQLAlchemy would take the other: a table's PRIMARY KEY changes it.
        follows = not self.primary_key and not isinstance(self.server_default, Identity)
        given: dict[str, Any] = {"key": self.key, "primary_key": self.primary_key or None}
        given["autoincrement"] = None if self.autoincrement == "auto" else self.autoincrement
        given["nullable"] = None if self.nullable == follows else self.nullable
        if not isinstance(self.server_default, (Computed, Identity)):
            given["server_default"] = self.server_default
        given |= {"index": self.index or None, "unique": self.unique or None, "comment": self.comment}
        given["system"] = self.system or None
        return {name: value for name, value in given.items() if value is not None}

    def items(self) -> list[Reference | ColumnCheck | Computed | Identity]:
        """Return what `sa.Column` takes after the type, without keyword."""
        generated = [self.server_default] if isinstance(self.server_default, (Computed, Identity)) else []
        return [*generated, *self.references, *self.checks]

    def source(self) -> Source:
        """Return the Python expression that makes the column."""
        positional = [literal(self.name), self.type.source(), *(item.source() for item in self.items())]
        keyword = {name: literal(value) for name, value in self.keywords().items()}
        return call("sa.Column", positional, keyword | self.options.arguments())


def from_column(column: "sa.Column[Any]") -> Column:
    """Return what a column says; the column is left as it was, and free."""
    if not column.name:
        raise OperationError(
            "A column has no name.", "sa.Column('name', sa.String(50)): the name comes first."
        )
    generated = column.computed if column.computed is not None else column.identity
    python_side: dict[str, Any] = {}
    for name in ("default", "onupdate", "doc"):
        if (value := getattr(column, name)) is not None:
            python_side[name] = value
    if column.info:
        python_side["info"] = column.info
    default = generated if generated is not None else column.server_default
    references = map(Reference.of, column.foreign_keys) if column.foreign_keys else ()
    return Column(
        name=column.name,
        type=SqlType(column.type),
        nullable=bool(column.nullable),
        primary_key=column.primary_key,
        server_default=None if default is None else server_default(default),
        autoincrement=column.autoincrement,
        index=bool(column.index),
        unique=bool(column.unique),
        comment=column.comment,
        key=column.key if column.key != column.name else None,
        system=column.system,
        references=tuple(sorted(references, key=lambda reference: reference.target)),
        checks=tuple(map(ColumnCheck.of, _checks(column))) if column.constraints else (),
        options=options_of(column),
        python_side=python_side,
    )


def _checks(column: "sa.Column[Any]") -> list[sa.CheckConstraint]:
    checks = [item for item in column.constraints if isinstance(item, sa.CheckConstraint)]
    return sorted(checks, key=lambda check: (str(check.name or ""), str(check.sqltext)))


def to_column(value: Column) -> "sa.Column[Any]":
    """Return a new `sa.Column`, of no table yet."""
    keywords = value.keywords() | dict(value.options) | dict(value.python_side)
    default = keywords.get("server_default")
    if isinstance(default, Expression):
        keywords["server_default"] = default.clause
    for name in ("default", "onupdate"):
        if isinstance(keywords.get(name), sa.schema.DefaultGenerator):
            keywords[name] = getattr(keywords[name], "arg", keywords[name])
    items = [item.build() for item in value.items()]
    return sa.Column(value.name, value.type.copy(), *items, **keywords)
