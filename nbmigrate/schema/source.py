"""Python source that makes a value again, with the imports it needs."""

import datetime
import decimal
import enum
import uuid
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import conv

from nbmigrate.errors import OperationError

#: A call longer than this is written with one argument to a line.
LINE_LENGTH = 88


@dataclass(frozen=True, slots=True)
class Source:
    """Python source text; `imports` are the lines it needs beside those for `op` and `sa`."""

    text: str
    imports: tuple[str, ...] = ()


class ComparedBySource:
    """A wrapper for something of SQLAlchemy's that has no `==` of its own: equal when its source is."""

    __slots__ = ()

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.source() == other.source()

    def __hash__(self) -> int:
        return hash(self.source())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source().text})"


def call(name: str, positional: Iterable[Source] = (), keyword: Mapping[str, Source] | None = None) -> Source:
    """Return the source of a call: on one line when that is short, else with one argument to a line."""
    arguments = list(positional)
    arguments += [Source(f"{key}={value.text}", value.imports) for key, value in (keyword or {}).items()]
    imports = merge_imports(arguments)
    line = f"{name}({', '.join(argument.text for argument in arguments)})"
    if len(line) <= LINE_LENGTH and "\n" not in line:
        return Source(line, imports)
    # String literals are written with repr(), so no line break here is inside of one.
    lines = "".join(f"    {part}\n" for argument in arguments for part in f"{argument.text},".split("\n"))
    return Source(f"{name}(\n{lines})", imports)


def merge_imports(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the imports of all `sources`, sorted, each once."""
    return tuple(sorted({line for source in sources for line in source.imports}))


def literal(value: Any) -> Source:
    """Return the source of a plain Python value, or of a value of this package.

    Raises
    ------
    OperationError
        When the value cannot be written as source.
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, (str, bytes, bool, int, float)) or value is None:
        return _scalar(value)
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _container(value)
    source = getattr(value, "source", None)
    if callable(source):
        made = source()
        if isinstance(made, Source):
            return made
    return _standard_library(value)


def _scalar(value: Any) -> Source:
    if isinstance(value, enum.Enum):
        # A column of an enum class keeps the names of its members.
        return Source(repr(value.name))
    if isinstance(value, conv):
        return Source(f"op.f({str(value)!r})")
    if isinstance(value, sa.quoted_name) and value.quote is not None:
        return Source(f"sa.quoted_name({str(value)!r}, {value.quote!r})")
    if isinstance(value, str):
        return Source(repr(str(value)))
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Source(f"float({str(value)!r})")
    return Source(repr(value))


def _container(value: Any) -> Source:
    if isinstance(value, dict):
        pairs = [(literal(key), literal(item)) for key, item in value.items()]
        text = ", ".join(f"{key.text}: {item.text}" for key, item in pairs)
        return Source(f"{{{text}}}", merge_imports(part for pair in pairs for part in pair))
    items = [literal(item) for item in value]
    imports = merge_imports(items)
    if isinstance(value, (set, frozenset)):
        text = ", ".join(sorted(item.text for item in items))
        return Source(f"{type(value).__name__}([{text}])", imports)
    text = ", ".join(item.text for item in items)
    if isinstance(value, tuple):
        return Source(f"({text},)" if len(items) == 1 else f"({text})", imports)
    return Source(f"[{text}]", imports)


def _standard_library(value: Any) -> Source:
    if isinstance(value, enum.Enum):
        return Source(repr(value.name))
    if isinstance(value, decimal.Decimal):
        return Source(f"decimal.{value!r}", ("import decimal",))
    if isinstance(value, uuid.UUID):
        return Source(f"uuid.{value!r}", ("import uuid",))
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return _moment(value)
    raise OperationError(
        f"{value!r} cannot be written as Python source.",
        "Write the operation in the revision file itself.",
    )


def _moment(value: datetime.date | datetime.time | datetime.timedelta) -> Source:
    if type(value).__module__ != "datetime":
        raise OperationError(
            f"{value!r} cannot be written as Python source.", "Make it a plain datetime value first."
        )
    zone = getattr(value, "tzinfo", None)
    if isinstance(zone, zoneinfo.ZoneInfo):
        bare = repr(value.replace(tzinfo=None))  # type: ignore[union-attr, call-arg]
        text = f"{bare[:-1]}, tzinfo=zoneinfo.ZoneInfo({zone.key!r}))"
        return Source(text, ("import datetime", "import zoneinfo"))
    return Source(repr(value), ("import datetime",))
