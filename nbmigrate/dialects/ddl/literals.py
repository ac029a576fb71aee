"""Values inside of SQL text, for reading."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement

from nbmigrate.dialects.tokens import outside

_PARAMETER = r"(?<![:\w]):(?P<name>\w+)"


def readable(text: str, dialect: sa.Dialect) -> str:
    """Return compiled SQL as the database gets it: drivers that format with `%` want every one of them doubled."""
    return text.replace("%%", "%") if doubles_percents(dialect) else text


def doubles_percents(dialect: sa.Dialect) -> bool:
    """Whether SQL is compiled for a driver that formats with `%`; pg8000 and mysqlconnector do so with values alone."""
    return dialect.identifier_preparer._double_percents


def literal(value: Any, type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
    """Return a value as SQL; what has no literal form is shown as well as can be."""
    if value is None and not isinstance(type_, sa.JSON):
        return "NULL"
    if isinstance(value, (bytes, bytearray, memoryview)):
        # SQLAlchemy writes bytes as a string, which is another value, or none at all.
        return _bytes(bytes(value), dialect)
    try:
        typed = None if isinstance(type_, sa.types.NullType) else type_
        clause = value if isinstance(value, sa.ClauseElement) else sa.literal(value, typed)
        return readable(str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})), dialect)
    except Exception:
        # A type's own code runs here; whatever it raises, the value itself may still be sent as it is.
        quoted = str(value).replace("'", "''")
        return f"'{quoted}'"


def _bytes(value: bytes, dialect: sa.Dialect) -> str:
    if dialect.name == "postgresql":
        return f"'\\x{value.hex()}'"
    digits = value.hex().upper()
    return f"unhex('{digits}')" if dialect.name == "duckdb" else f"X'{digits}'"


def statement_text(statement: Any, dialect: sa.Dialect) -> str:
    """Return a statement as SQL with its values in place."""
    if isinstance(statement, ExecutableDDLElement):
        return readable(str(statement.compile(dialect=dialect)), dialect)
    try:
        literally = {"literal_binds": True}
        return readable(str(statement.compile(dialect=dialect, compile_kwargs=literally)), dialect)
    except Exception:
        return _with_parameters_replaced(statement, dialect)


def _with_parameters_replaced(statement: Any, dialect: sa.Dialect) -> str:
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
        return literal(values[name], type_, dialect)

    return outside(_PARAMETER).sub(replace, str(compiled))
