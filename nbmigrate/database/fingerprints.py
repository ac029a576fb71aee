"""What says whether a statement, an operation or a revision's code is the one that ran before."""

import re
from hashlib import blake2b
from pathlib import Path

from nbmigrate.operations import BulkInsert, ExecuteSQL, MigrateOperation, Operation
from nbmigrate.scripts.code import code_hash

_PASSWORD = re.compile(
    r"\b((?:IDENTIFIED\s+(?:VIA\s+\w+\s+)?(?:USING|BY|AS)|PASSWORD)\s*[=(]?\s*)'(?:[^'\\]|''|\\.)*'",
    re.IGNORECASE,
)


def digest(text: str) -> str:
    """Return a short text that stands for a long one."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


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
