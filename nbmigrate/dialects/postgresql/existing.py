"""The types of PostgreSQL that have a name of their own, and so are made before the columns of them: enums, domains."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.elements import Alteration
from nbmigrate.dialects.ddl.identifiers import cut_name
from nbmigrate.errors import OperationError
from nbmigrate.schema import SqlType

if TYPE_CHECKING:
    # Loaded with its drivers, it would cost every command on another database a tenth of a second.
    from sqlalchemy.dialects import postgresql

    from nbmigrate.dialects.postgresql.rebuild import StoredPostgreSQLTable

    NamedType = postgresql.ENUM | postgresql.DOMAIN
else:
    NamedType = Any

#: The schema, None where it is on the search path, and the name.
TypeName = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class StoredTypes:
    """The types that a database has, of those that were asked for; the labels of each, for an enum.

    `table` is the table of a batch that rebuilds it.
    """

    labels: Mapping[TypeName, tuple[str, ...]] = field(default_factory=dict)
    table: "StoredPostgreSQLTable | None" = None


def named_types(operation: ops.Operation, dialect: sa.Dialect) -> "dict[TypeName, NamedType]":
    """Return the types that the columns of an operation need, each once, but for those made elsewhere."""
    found: dict[TypeName, NamedType] = {}
    for type_, schema in _types(operation):
        named = _named(_in_schema(type_.copy(), schema), dialect)
        if named is not None and named.create_type and named.name:
            found.setdefault(_name_of(named, dialect), named)
    return found


def _name_of(type_: "NamedType", dialect: sa.Dialect) -> TypeName:
    return dialect.identifier_preparer.schema_for_object(type_), cut_name(
        str(type_.name), dialect.max_identifier_length
    )


def changed_type(statement: Any, dialect: sa.Dialect) -> tuple[TypeName, bool] | None:
    """Return the type that a statement makes, with True, or drops, with False; None for any other statement."""
    if dialect.name != "postgresql":
        return None
    from sqlalchemy.dialects import postgresql

    made = isinstance(statement, postgresql.CreateEnumType | postgresql.CreateDomainType)
    if not made and not isinstance(statement, postgresql.DropEnumType | postgresql.DropDomainType):
        return None
    return _name_of(statement.element, dialect), made


def _types(operation: ops.Operation) -> Iterator[tuple[SqlType, str | None]]:
    """Yield each type with the schema of the table that it comes with, None where its table is there already."""
    match operation:
        case ops.CreateTable():
            yield from ((column.type, operation.table.schema) for column in operation.table.columns)
        case ops.AddColumn():
            yield operation.column.type, operation.schema
        case ops.AlterColumn() if operation.type is not None:
            yield operation.type, None
        case ops.AlterTable():
            for change in (*operation.changes, *operation.additions()):
                yield from _types(change)


def _in_schema(type_: Any, schema: str | None) -> Any:
    """Return a type that may be made with `inherit_schema`, in the schema of its table."""
    # A private name since SQLAlchemy 2.1, as the argument is deprecated.
    if vars(type_).get("_inherit_schema") or vars(type_).get("inherit_schema"):
        type_.schema = schema
    return type_


def _named(type_: Any, dialect: sa.Dialect) -> "NamedType | None":
    from sqlalchemy.dialects import postgresql

    type_ = type_.dialect_impl(dialect)
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.impl_instance.dialect_impl(dialect)
    if isinstance(type_, sa.ARRAY):
        type_ = type_.item_type.dialect_impl(dialect)
    return type_ if isinstance(type_, (postgresql.ENUM, postgresql.DOMAIN)) else None


def create(type_: "NamedType") -> ExecutableDDLElement:
    """Return CREATE TYPE, or CREATE DOMAIN."""
    from sqlalchemy.dialects import postgresql

    if isinstance(type_, postgresql.DOMAIN):
        return postgresql.CreateDomainType(type_)
    return postgresql.CreateEnumType(type_)


def create_if_missing(type_: "NamedType") -> ExecutableDDLElement:
    """Return what makes the type unless it is there: for a script, which cannot look first."""

    def write(ddl: DDLCompiler) -> str:
        made = " ".join(ddl.process(create(type_)).split())
        quote = "$make_type$" if "$$" in made else "$$"
        return f"DO {quote} BEGIN {made}; EXCEPTION WHEN duplicate_object THEN NULL; END {quote}"

    return Alteration(write)


def require_labels(name: TypeName, type_: "NamedType", stored: StoredTypes) -> None:
    """Make sure that an enum that is there has the labels that a column needs.

    Raises
    ------
    OperationError
        It lacks some.
    """
    from sqlalchemy.dialects import postgresql

    if isinstance(type_, postgresql.DOMAIN):
        return
    kept = stored.labels[name]
    lacking = [label for label in type_.enums if label not in kept]
    if lacking and kept:
        shown = ", ".join(map(repr, lacking))
        raise OperationError(
            f"The type {type_.name} is there already, with the labels {', '.join(map(repr, kept))}: it lacks {shown}.",
            f"Add what it lacks first, in an autocommit_block(): ALTER TYPE {type_.name} ADD VALUE {lacking[0]!r}; "
            "or give the new type another name.",
        )
