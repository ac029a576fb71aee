"""Values as Python has them, from columns whose database does not insist on their type."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

#: The kinds of columns that a reader of rows tells apart, the narrower first.
KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Float, "float"),
    (sa.Numeric, "decimal"),
    (sa.DateTime, "datetime"),
    (sa.Date, "date"),
    (sa.Time, "time"),
    (sa.Interval, "interval"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "binary"),
    (sa.String, "text"),
)


#: The types of SQL whose values SQLite returns as they are to be.
_AS_STORED = frozenset({sa.BIGINT, sa.CHAR, sa.INTEGER, sa.REAL, sa.SMALLINT, sa.TEXT, sa.VARCHAR})


def kind_of(type_: TypeEngine[Any]) -> str:
    """Return the kind of a column's type: one of `KINDS`, or "other"."""
    return next((kind for class_, kind in KINDS if isinstance(type_, class_)), "other")


def type_text(type_: TypeEngine[Any], dialect: sa.Dialect) -> str:
    """Return a type as the database writes it."""
    try:
        return type_.compile(dialect=dialect)
    except sa.exc.CompileError:
        # SQLite takes a column without a type, and any word for one.
        return ""


def converter(type_: TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    """Return what makes a typed value of one that SQLite returned, and leaves alone what is of another type.

    SQLite has types for values, not for columns: a DATETIME column holds "yesterday" if somebody wrote it.
    """
    if type(type_) in _AS_STORED:
        return unchanged
    if isinstance(type_, sa.Boolean):
        return _boolean
    process = type_.dialect_impl(dialect).result_processor(dialect, None)
    if process is None or isinstance(type_, sa.Float):
        return unchanged

    def convert(value: Any) -> Any:
        if value is None:
            return None
        try:
            return process(value)
        except (ValueError, TypeError, ArithmeticError):
            return value

    return convert


def unchanged(value: Any) -> Any:
    """Return a value as it is."""
    return value


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) and isinstance(value, int) else value
