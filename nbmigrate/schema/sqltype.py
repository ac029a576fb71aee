"""Column types as values: a type of SQLAlchemy that compares by what it says."""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import SchemaType, TypeDecorator, TypeEngine
from sqlalchemy.util import immutabledict

from nbmigrate.errors import OperationError
from nbmigrate.schema.expression import Expression
from nbmigrate.schema.source import ComparedBySource, Source, call, literal, merge_imports

_MISSING: Any = object()
#: Arguments that say where a type is kept in Python, and nothing of what it is.
_INTERNAL = {"metadata", "inherit_schema"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SqlType(ComparedBySource):
    """The type of a column; two are equal when their source is."""

    type_: TypeEngine[Any]

    @classmethod
    def of(cls, type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> "SqlType":
        """Wrap a type, or make an instance of a type class."""
        return cls(sa.types.to_instance(type_))

    def source(self) -> Source:
        """Return the Python expression that makes the type again."""
        return _type_source(self.type_)

    def copy(self) -> TypeEngine[Any]:
        """Return a type that can be given to a new column."""
        made = self.type_.copy()
        if isinstance(made, SchemaType):
            _restore(made, self.type_)
        return made

    def __str__(self) -> str:
        # These are spelled in SQL in a way of their own by every database.
        if isinstance(self.type_, (sa.Enum, sa.Interval, sa.Uuid, TypeDecorator)):
            return type(self.type_).__name__
        try:
            return str(self.type_)
        except sa.exc.CompileError:
            return type(self.type_).__name__


def _restore(copied: Any, original: Any) -> None:
    """Give a copy what `copy()` loses.

    That is, with SQLAlchemy 2.1: of mysql.ENUM the character set, the collation and more, of Enum `create_type`,
    `inherit_schema` and the variants.
    """
    for name, value in vars(original).items():
        if value is None or isinstance(value, (str, int)):
            setattr(copied, name, value)
    # No public name tells the variants of a type.
    if original._variant_mapping:
        variants = {name: SqlType(type_).copy() for name, type_ in original._variant_mapping.items()}
        copied._variant_mapping = immutabledict(variants)


def _type_source(type_: TypeEngine[Any]) -> Source:
    name, imports = _type_name(type(type_))
    positional, keyword = _arguments(type_)
    made = call(name, positional, keyword)
    parts = [Source(made.text, merge_imports([made, Source("", imports)]))]
    # No public name tells the variants of a type.
    for dialect_name, variant in getattr(type_, "_variant_mapping", {}).items():
        other = _type_source(variant)
        parts.append(Source(f".with_variant({other.text}, {dialect_name!r})", other.imports))
    return Source("".join(part.text for part in parts), merge_imports(parts))


def _type_name(cls: type[Any]) -> tuple[str, tuple[str, ...]]:
    """Return how revision files call the class, and the import that takes."""
    if getattr(sa, cls.__name__, None) is cls:
        return f"sa.{cls.__name__}", ()
    if getattr(sa.types, cls.__name__, None) is cls:
        return f"sa.types.{cls.__name__}", ()
    parts = cls.__module__.split(".")
    if parts[:2] == ["sqlalchemy", "dialects"] and len(parts) > 2:
        package = sys.modules.get(".".join(parts[:3]))
        if getattr(package, cls.__name__, None) is cls:
            return f"{parts[2]}.{cls.__name__}", (f"from sqlalchemy.dialects import {parts[2]}",)
    return f"{cls.__module__}.{cls.__qualname__}", (f"import {cls.__module__}",)


def _arguments(type_: TypeEngine[Any]) -> tuple[list[Source], dict[str, Source]]:
    """Return the constructor arguments that make the type, those that are as by default left out."""
    positional: list[Source] = []
    optional: dict[str, Source] = {}
    if isinstance(type_, sa.Enum):
        positional += [literal(name) for name in type_.enums]
        optional = _enum_options(type_)
    for parameter in _parameters(type(type_), type_):
        value = getattr(type_, parameter.name, _MISSING)
        if value is _MISSING or parameter.name in optional or _follows(type_, parameter.name, value):
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            if not positional:
                positional += [literal(item) for item in value]
            continue
        try:
            made = literal(_wrapped(value))
        except OperationError:
            continue
        if parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
            positional.append(made)
        elif made != _default_source(parameter.default):
            optional[parameter.name] = made
    # What the constructor sets by itself (JSONB's astext_type, say) need not be said.
    plain = _plain(type(type_), positional, type_) if optional else None
    if plain is not None:
        optional = {
            name: made for name, made in optional.items() if made != _attribute_source(plain, name, made)
        }
    return positional, optional


def _enum_options(type_: sa.Enum) -> dict[str, Source]:
    longest = max((len(name) for name in type_.enums), default=0)
    options: dict[str, Any] = {}
    if type_.name is not None:
        options["name"] = type_.name
    if type_.schema is not None:
        options["schema"] = type_.schema
    elif vars(type_).get("_inherit_schema") or vars(type_).get("inherit_schema"):
        options["inherit_schema"] = True
    if not getattr(type_, "create_type", True):
        options["create_type"] = False
    if not type_.native_enum:
        options["native_enum"] = False
    if type_.create_constraint:
        options["create_constraint"] = True
    if (type_.length or longest) != longest:
        options["length"] = type_.length
    if getattr(type_, "validate_strings", False):
        options["validate_strings"] = True
    return {name: literal(value) for name, value in options.items()}


def _parameters(cls: type[Any], type_: TypeEngine[Any]) -> Iterator[inspect.Parameter]:
    """Yield the parameters of the constructors, the nearest class's first, while they pass **keywords on."""
    seen: set[str] = set()
    decorated = isinstance(type_, TypeDecorator) and cls.__init__ is TypeDecorator.__init__
    inspected = type(type_.impl_instance) if decorated and isinstance(type_, TypeDecorator) else cls
    for ancestor in inspected.__mro__:
        if "__init__" not in vars(ancestor) or ancestor is object:
            continue
        passes_on = False
        for parameter in list(inspect.signature(vars(ancestor)["__init__"]).parameters.values())[1:]:
            if parameter.kind is parameter.VAR_KEYWORD:
                passes_on = True
            elif parameter.name not in seen | _INTERNAL:
                seen.add(parameter.name)
                yield parameter
        if not passes_on:
            return


def _follows(type_: TypeEngine[Any], name: str, value: Any) -> bool:
    """Tell whether an argument follows from the others: a length from the longest of the values."""
    values = getattr(type_, "enums", None) or getattr(type_, "values", None)
    if name == "length" and isinstance(values, (list, tuple)):
        return bool(value == max(map(len, values)))
    return name == "schema" and value is None


def _wrapped(value: Any) -> Any:
    if isinstance(value, TypeEngine):
        return SqlType(value)
    if isinstance(value, sa.ClauseElement):
        return Expression.of(value)
    return value


def _default_source(value: Any) -> Source | None:
    try:
        return literal(_wrapped(value))
    except OperationError:
        return None


def _plain(cls: type[Any], positional: list[Source], type_: TypeEngine[Any]) -> Any:
    """Return the type as made with its required arguments alone, or None where that cannot be had."""
    if positional or isinstance(type_, sa.Enum):
        return None
    try:
        return cls()
    except Exception:
        return None


def _attribute_source(plain: Any, name: str, made: Source) -> Source | None:
    value = getattr(plain, name, _MISSING)
    return None if value is _MISSING else _default_source(value)
