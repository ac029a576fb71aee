"""Values that may be a megabyte each: cut by the server, so that they make no journey, or else when they are here."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.tables.value_types import kind_of

#: Values of more bytes than this are cut; all others are fetched, and compared, whole.
LONG = 1_000
#: What is kept of a long text, in characters, and of long binary data, in bytes.
TEXT_HEAD = 200
BINARY_HEAD = 32


@dataclass(frozen=True, slots=True)
class LongValue:
    """A value that is too long to show, or to fetch: its beginning and its size.

    Parameters
    ----------
    kind
        "text" or "binary".
    size
        In bytes.
    head
        How it begins; of binary ones in hexadecimal.
    """

    kind: Literal["text", "binary"]
    size: int
    head: str

    def __str__(self) -> str:
        return f"{self.head}… ({size_text(self.size)})" if self.kind == "text" else blob_text(self.size)


def is_long(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> bool:
    """Whether a column's values may be long, so that the database should be asked for their size first."""
    kind = kind_of(type_)
    length = getattr(type_, "length", None)
    # No character has more than four bytes.
    is_short = length is not None and length <= LONG // 4
    return kind in backend_of(dialect).cut_kinds and not is_short


def short_and_long(
    column: sa.ColumnClause[Any], dialect: sa.Dialect
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Return two expressions, one of which is NULL: the value, and what `parse_long` reads where it is long.

    They are text already: putting such expressions together takes SQLAlchemy half a second for 300 columns.
    """
    quote = dialect.identifier_preparer.initial_quote
    name = quote + column.name.replace(quote, quote * 2) + quote
    size, described = backend_of(dialect).cut_value(name, kind_of(column.type), TEXT_HEAD, BINARY_HEAD)
    value = f"CASE WHEN {size} > {LONG} THEN NULL ELSE {name} END"
    long = f"CASE WHEN {size} > {LONG} THEN {described} END"
    return sa.literal_column(value, column.type), sa.literal_column(long, sa.String)


def parse_long(text: str) -> LongValue:
    """Return the value that the second expression of `short_and_long` describes."""
    size, _, head = text[1:].partition(":")
    return LongValue("binary" if text[0] == "b" else "text", int(size), head)


def shortened(value: Any) -> Any:
    """Return a value, cut if it is long."""
    if isinstance(value, str) and len(value) > LONG // 4:
        size = len(value.encode(errors="replace"))
        return LongValue("text", size, value[:TEXT_HEAD]) if size > LONG else value
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return LongValue("binary", len(data), data[:BINARY_HEAD].hex()) if len(data) > LONG else data
    if isinstance(value, dict | list) and len(text := json.dumps(value, default=str)) > LONG:
        return LongValue("text", len(text), text[:TEXT_HEAD])
    return value


def size_text(size: int) -> str:
    """Return a number of bytes as people write it: 812 bytes, 1.5 kB, 1.0 MB."""
    if size < 1000:
        return f"{size} {'byte' if size == 1 else 'bytes'}"
    value, unit = float(size), 0
    while value >= 999.95:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {('', 'kB', 'MB', 'GB', 'TB', 'PB')[unit]}"


def blob_text(size: int) -> str:
    """Return what stands for binary data of a size."""
    return f"{size_text(size)} blob"
