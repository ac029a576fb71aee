"""Values as a script writes them: what the database's own shell makes of the text is what a driver would have sent."""

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from nbmigrate.dialects.ddl.literals import NoLiteralError, shortened
from nbmigrate.dialects.registry import dialect_of

#: What SQLAlchemy makes of a value of a type; raises CompileError where the type has no literal form.
Standard = Callable[[Any, sa.types.TypeEngine[Any]], str]

#: The shells of SQLite, MySQL and MariaDB read a carriage return as a part of the end of a line, and drop it.
_UNREADABLE = re.compile("[\r\0]")


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
        raise NoLiteralError(f"{shortened(value)} is no value of {type_!r}") from error


def _plain(value: Any, dialect: sa.Dialect) -> str | None:
    """Return the values that mean the same whatever their type is; None for all others."""
    literals = dialect_of(dialect.name).literals
    match value:
        case None:
            return "NULL"
        case bytes() | bytearray() | memoryview():
            return literals.of_bytes(bytes(value))
        case float() | decimal.Decimal() if not math.isfinite(value):
            return _not_finite(value, dialect)
        case decimal.Decimal():
            return literals.of_decimal(value)
        case float():
            return literals.of_float(value)
        case int() if not isinstance(value, bool):
            return literals.of_integer(value)
        case str():
            return _awkward_text(value, dialect)
        case datetime.datetime() | datetime.time() | datetime.timedelta():
            return literals.of_time(value)
    return None


def _not_finite(value: "float | decimal.Decimal", dialect: sa.Dialect) -> str:
    name = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    text = dialect_of(dialect.name).literals.not_finite(name)
    if text is None:
        raise NoLiteralError(f"{dialect.name} has no literal for {name}")
    return text


def _awkward_text(value: str, dialect: sa.Dialect) -> str | None:
    """Return a text that quotes alone do not carry through a shell; None for all others."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NoLiteralError(
                f"{shortened(value)} holds half a character, which UTF-8 cannot write"
            ) from error
    return dialect_of(dialect.name).literals.of_awkward_text(value) if _UNREADABLE.search(value) else None


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
    raise NoLiteralError(f"{shortened(value)} has no literal form")


def _iso(value: "datetime.date | datetime.time") -> str:
    return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
