"""What says whether a statement, an operation or a revision's code is the one that ran before."""

import marshal
import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from nbmigrate.operations import BulkInsert, ExecuteSQL, MigrateOperation, Operation
from nbmigrate.scripts.reading.code_hash import code_hash

_PASSWORD = re.compile(
    r"\b((?:IDENTIFIED\s+(?:VIA\s+\w+\s+)?(?:USING|BY|AS)|PASSWORD)\s*[=(]?\s*)'(?:[^'\\]|''|\\.)*'",
    re.IGNORECASE,
)

#: So many rows are turned into bytes at a time.
_AT_ONCE = 1_000


def digest(text: str) -> str:
    """Return a short text that stands for a long one."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def fingerprint_of_sent(statement: str, parameters: Any) -> str:
    """Return the fingerprint of what a driver is given: rows are read in parts, so that memory does not grow with them.

    Parameters
    ----------
    statement
        The text.
    parameters
        Its values, or a list of those of many rows.
    """
    hasher = blake2b(_bytes(statement), digest_size=16)
    rows = parameters if isinstance(parameters, list) else [parameters]
    are_named = isinstance(rows[0], Mapping) if rows else False
    if are_named:
        # All rows have the names of the first, which need not be read again in each.
        hasher.update(_bytes(list(rows[0])))
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        hasher.update(_bytes([tuple(row.values()) for row in part] if are_named else part))
    return hasher.hexdigest()


def _bytes(value: Any) -> bytes:
    """Return what tells a value from another one, whichever process or version of Python has it."""
    try:
        # From version 3 on it depends on which objects are one.
        return marshal.dumps(value, 2)
    except ValueError:
        # A date, say, is none of the types that it takes.
        return repr(value).encode(errors="surrogatepass")


def is_whole(operation: Operation) -> bool:
    """Whether an operation says all that it does; rows and raw SQL are better known by what the driver is sent."""
    return not isinstance(operation, ExecuteSQL | BulkInsert | MigrateOperation)


def fingerprint_of(operation: Operation) -> str:
    """Return the fingerprint of an operation."""
    try:
        text = operation.render()
    except Exception:
        # A type or an expression of the project's own, that cannot be written as Python.
        text = operation.describe()
    return digest(text)


def code_fingerprint(path: Path | None) -> str:
    """Return the fingerprint of a file's code, whatever its comments and docstrings; "" where it cannot be read."""
    try:
        found = code_hash(path.read_bytes()) if path is not None else None
    except OSError:
        return ""
    return found or ""


def without_passwords(sql: str) -> str:
    """Return a statement without the passwords that it gives to users."""
    return _PASSWORD.sub(r"\1'***'", sql)
