"""Values as a script writes them: what the database's own shell makes of the text is what a driver would have sent."""

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

#: What SQLAlchemy makes of a value of a type; raises CompileError where the type has no literal form.
Standard = Callable[[Any, sa.types.TypeEngine[Any]], str]

#: The shells of SQLite, MySQL and MariaDB read a carriage return as a part of the end of a line, and drop it.
_UNREADABLE = re.compile("[\r\0]")
#: Of SQLite's integers.
_LIMIT = 2**63

_BYTES: dict[str, Callable[[str], str]] = {
    "duckdb": lambda digits: f"unhex('{digits}')",
    "postgresql": lambda digits: f"'\\x{digits}'::bytea",
    "mssql": lambda digits: f"0x{digits}",
    "oracle": lambda digits: f"HEXTORAW('{digits}')",
}


class NoLiteralError(Exception):
    """A value cannot be written into a statement; the words say why."""


def value_text(value: Any, type_: sa.types.TypeEngine[Any], dialect: sa.Dialect, standard: Standard) -> str:
    """Return a value as SQL.

    Parameters
    ----------
    value
        What a migration gives.
    type_
        The type of its column or parameter; the value speaks for itself where it is `NullType`.
    dialect
        The database's.
    standard
        SQLAlchemy's own way, for what it writes right.

    Raises
    ------
    NoLiteralError
        It has no form that means this value.
    """
    value, type_ = _undecorated(value, type_.dialect_impl(dialect), dialect)
    if isinstance(type_, sa.JSON):
        value, type_ = _processed(value, _json(type_, dialect)), sa.String()
    plain = _plain(value, dialect)
    # These two say themselves which numbers are values of theirs.
    if plain is not None and not (isinstance(type_, sa.Boolean | sa.Enum) and isinstance(value, int | float)):
        return plain
    try:
        if not isinstance(type_, sa.types.NullType):
            return standard(value, type_)
    except (sa.exc.CompileError, TypeError, ValueError, AttributeError):
        value = _as_sent(value, type_, dialect)
    return _by_itself(value, dialect, standard)


def _json(type_: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    # Not the method of a driver's own JSON, which may want the driver.
    own: Any = sa.JSON.bind_processor
    process: Callable[[Any], Any] | None = own(type_, dialect)
    return process


def _undecorated(value: Any, type_: Any, dialect: sa.Dialect) -> tuple[Any, sa.types.TypeEngine[Any]]:
    """Return what a project's own type makes of a value, and the type under it."""
    while isinstance(type_, sa.TypeDecorator):
        kind = type(type_)
        if kind.process_literal_param is not sa.TypeDecorator.process_literal_param:
            return value, type_
        if kind.bind_processor is not sa.TypeDecorator.bind_processor:
            # Interval and PickleType, which make a date and bytes of theirs.
            return _processed(value, type_.bind_processor(dialect)), sa.types.NullType()
        if kind.process_bind_param is not sa.TypeDecorator.process_bind_param:
            value = type_.process_bind_param(value, dialect)
        type_ = type_.impl_instance.dialect_impl(dialect)
    return value, type_


def _processed(value: Any, process: Callable[[Any], Any] | None) -> Any:
    return value if process is None else process(value)


def _as_sent(value: Any, type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Any:
    """Return what the type gives to a driver, for one that has no literal form."""
    try:
        return _processed(value, type_.bind_processor(dialect))
    except Exception as error:
        raise NoLiteralError(f"{_shown(value)} is no value of {type_!r}") from error


def _plain(value: Any, dialect: sa.Dialect) -> str | None:
    """Return the values that mean the same whatever their type is; None for all others."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes | bytearray | memoryview):
        digits = bytes(value).hex().upper()
        return _BYTES[dialect.name](digits) if dialect.name in _BYTES else f"X'{digits}'"
    if isinstance(value, decimal.Decimal) and value.is_finite():
        # SQLite has no decimals: a driver sends the nearest binary number, which the text must be as well.
        return repr(float(value)) if dialect.name == "sqlite" else format(value, "f")
    if isinstance(value, float | decimal.Decimal) and not math.isfinite(value):
        return _not_finite(value, dialect)
    if isinstance(value, float):
        return _float(value, dialect)
    if isinstance(value, int) and not isinstance(value, bool):
        if dialect.name == "sqlite" and not -_LIMIT <= value < _LIMIT:
            raise NoLiteralError(f"{value} is too large for SQLite's 64 bits")
        # Not the repr() of a kind of number of somebody's own.
        return int.__repr__(value)
    if isinstance(value, str):
        return _awkward_text(value, dialect)
    if isinstance(value, datetime.timedelta) and dialect.name == "duckdb":
        return f"to_microseconds({value // datetime.timedelta(microseconds=1)})"
    if isinstance(value, datetime.datetime | datetime.time) and dialect.name in {"mysql", "mariadb"}:
        # Its drivers drop the time zone too.
        return f"'{_iso(value.replace(tzinfo=None))}'"
    return None


def _float(value: float, dialect: sa.Dialect) -> str:
    text = float.__repr__(value)
    if dialect.name in {"duckdb", "mysql", "mariadb"} and "e" not in text:
        # Without an exponent it is a decimal.
        return f"{text}e0"
    if dialect.name == "postgresql" and text == "-0.0":
        return f"'{text}'::float8"
    return text


def _not_finite(value: "float | decimal.Decimal", dialect: sa.Dialect) -> str:
    name = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if dialect.name in {"duckdb", "postgresql"}:
        return f"'{name}'"
    if dialect.name == "sqlite":
        # What the sqlite3 module stores.
        return "NULL" if name == "NaN" else name.replace("Infinity", "9e999")
    raise NoLiteralError(f"{dialect.name} has no literal for {name}")


def _awkward_text(value: str, dialect: sa.Dialect) -> str | None:
    """Return a text that quotes alone do not carry through a shell; None for all others."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NoLiteralError(
                f"{_shown(value)} holds half a character, which UTF-8 cannot write"
            ) from error
    if _UNREADABLE.search(value) is None:
        return None
    if dialect.name in {"mysql", "mariadb"}:
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        return "'" + escaped.replace("\r", "\\r").replace("\0", "\\0") + "'"
    if dialect.name == "sqlite":
        parts = re.split("([\r\0])", value)
        texts = [f"char({ord(part)})" if part in ("\r", "\0") else _quoted(part) for part in parts if part]
        return "(" + " || ".join(texts) + ")"
    if "\0" in value:
        raise NoLiteralError(f"{_shown(value)} holds a zero byte")
    return None


def _by_itself(value: Any, dialect: sa.Dialect, standard: Standard) -> str:
    """Return a value that no type says anything about."""
    plain = _plain(value, dialect)
    if plain is not None:
        return plain
    if isinstance(value, bool):
        native = dialect.supports_native_boolean
        return str(value).lower() if native else str(int(value))
    if isinstance(value, str):
        return standard(value, sa.String())
    if isinstance(value, datetime.date | datetime.time):
        return standard(_iso(value), sa.String())
    if isinstance(value, uuid.UUID):
        return standard(str(value), sa.String())
    raise NoLiteralError(f"{_shown(value)} has no literal form")


def _iso(value: "datetime.date | datetime.time") -> str:
    return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
