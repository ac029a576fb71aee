"""Values inside of SQL text, for reading."""

import datetime
import decimal
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement

from nbmigrate.dialects.tokens import outside

_PARAMETER = r"(?<![:\w]):(?P<name>\w+)"
_LITERALLY = {"literal_binds": True}


def readable(text: str, dialect: sa.Dialect) -> str:
    """Return compiled SQL as the database gets it: drivers that format with `%` want every one of them doubled."""
    return text.replace("%%", "%") if doubles_percents(dialect) else text


def doubles_percents(dialect: sa.Dialect) -> bool:
    """Whether SQL is compiled for a driver that formats with `%`; pg8000 and mysqlconnector do so with values alone."""
    return dialect.identifier_preparer._double_percents


class NoLiteralError(Exception):
    """A value cannot be written into a statement; the words say why."""


class Literals:
    """Values as SQL, where a database does not take what SQLAlchemy writes, or takes it for another value.

    What returns None leaves the value to SQLAlchemy.
    """

    def of_bytes(self, value: bytes) -> str:
        """Return bytes."""
        return f"X'{value.hex().upper()}'"

    def shown_bytes(self, value: bytes) -> str:
        """Return bytes as people read them."""
        return self.of_bytes(value)

    def of_integer(self, value: int) -> str:
        """Return a whole number; not the repr() of a kind of number of a project's own."""
        return int.__repr__(value)

    def of_decimal(self, value: decimal.Decimal) -> str:
        """Return a number that is finite."""
        return format(value, "f")

    def of_float(self, value: float) -> str:
        """Return a number that is finite."""
        return float.__repr__(value)

    def not_finite(self, name: str) -> str | None:
        """Return NaN, Infinity or -Infinity; None where the database has no literal for it."""
        del name
        return None

    def of_time(self, value: datetime.datetime | datetime.time | datetime.timedelta) -> str | None:
        """Return a moment, a time of the day or an interval."""
        del value
        return None

    def of_awkward_text(self, value: str) -> str | None:
        """Return a text with carriage returns or zero bytes, which quotes alone do not carry through a shell."""
        if "\0" in value:
            raise NoLiteralError(f"{shortened(value)} holds a zero byte")
        return None

    def shown(self, value: Any, type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
        """Return a value as people read it; what has no literal form is shown as well as can be."""
        if value is None and not isinstance(type_, sa.JSON):
            return "NULL"
        if isinstance(value, (bytes, bytearray, memoryview)):
            # SQLAlchemy writes bytes as a string, which is another value, or none at all.
            return self.shown_bytes(bytes(value))
        try:
            typed = None if isinstance(type_, sa.types.NullType) else type_
            clause = value if isinstance(value, sa.ClauseElement) else sa.literal(value, typed)
            return readable(str(clause.compile(dialect=dialect, compile_kwargs=_LITERALLY)), dialect)
        except Exception:
            # A type's own code runs here; whatever it raises, the value itself may still be sent as it is.
            return quoted(str(value))


def quoted(text: str) -> str:
    """Return a text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def shortened(value: Any) -> str:
    """Return a value as Python writes it, cut where that is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def statement_text(statement: Any, dialect: sa.Dialect, literals: Literals) -> str:
    """Return a statement as SQL with its values in place."""
    if isinstance(statement, ExecutableDDLElement):
        return readable(str(statement.compile(dialect=dialect)), dialect)
    try:
        return readable(str(statement.compile(dialect=dialect, compile_kwargs=_LITERALLY)), dialect)
    except Exception:
        return _with_parameters_replaced(statement, dialect, literals)


def _with_parameters_replaced(statement: Any, dialect: sa.Dialect, literals: Literals) -> str:
    # A column without a type says nothing of how its values are written, so SQLAlchemy refuses; the value does.
    named = type(dialect)(paramstyle="named")  # type: ignore[call-arg]
    compiled = statement.compile(dialect=named, compile_kwargs={"render_postcompile": True})
    values = compiled.params

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or name not in values:
            return match[0]
        # A value of a list, as in IN (1, 2), has a name of its own.
        type_ = compiled.binds[name].type if name in compiled.binds else sa.types.NullType()
        return literals.shown(values[name], type_, dialect)

    return outside(_PARAMETER).sub(replace, str(compiled))
