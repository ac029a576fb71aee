"""Keyword arguments that are passed through to SQLAlchemy, as a value."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from nbmigrate.schema.expression import Expression
from nbmigrate.schema.source import ComparedBySource, Source, call, literal
from nbmigrate.schema.sqltype import SqlType


class Options(ComparedBySource, Mapping[str, Any]):
    """The keywords a directive got beside its own, `postgresql_using='gin'` say; they never change."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values = {name: wrap(value) for name, value in (values or {}).items()}

    def __getitem__(self, name: str) -> Any:
        return unwrap(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    # Mapping has an == of its own, which would compare clauses.
    __eq__ = ComparedBySource.__eq__
    __hash__ = ComparedBySource.__hash__
    __repr__ = ComparedBySource.__repr__

    def source(self) -> Source:
        """Return the source of a call of `dict` with the options, in the order of their names."""
        return call("dict", [], dict(sorted(self.arguments().items())))

    def arguments(self) -> dict[str, Source]:
        """Return the source of each value by name."""
        return {name: literal(value) for name, value in self._values.items()}

    def for_dialect(self, name: str) -> dict[str, Any]:
        """Return the options of one dialect, without its prefix."""
        prefix = f"{name}_"
        return {key.removeprefix(prefix): self[key] for key in self if key.startswith(prefix)}


#: None are given.
NO_OPTIONS = Options()


def options_of(item: Any) -> Options:
    """Return the keywords of dialects that an item of SQLAlchemy's was given."""
    # It makes a place for them when they are asked for, which takes longer than the item itself.
    return Options(item.dialect_kwargs) if "dialect_options" in vars(item) else NO_OPTIONS


def wrap(value: Any) -> Any:
    """Return the value with everything of SQLAlchemy's in it made comparable."""
    if isinstance(value, sa.ClauseElement):
        return Expression.of(value)
    if isinstance(value, TypeEngine):
        return SqlType(value)
    if isinstance(value, dict):
        return {key: wrap(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(wrap(item) for item in value)
    return value


def unwrap(value: Any) -> Any:
    """Return what `wrap` was given."""
    if isinstance(value, Expression):
        return value.clause
    if isinstance(value, SqlType):
        return value.type_
    if isinstance(value, dict):
        return {key: unwrap(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(unwrap(item) for item in value)
    return value
