"""The types of columns, as kinds and as text."""

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
