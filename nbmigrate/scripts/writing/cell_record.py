"""The last line of a revision file that nbmigrate wrote: it remembers what was written, and is a comment to Alembic.

    # nbmigrate wrote this file: cell 5ad0c3f19b20, text 77be01aa42c3

`cell` stands for the message and body of the revision cell, so that a cell which runs again finds its file; `text` for
the file, so that what is edited there is seen before a cell replaces it. After `edit` it is `edit` in place of `text`.
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.errors import ScriptError
from nbmigrate.scripts.writing.reparent import with_parents
from nbmigrate.scripts.writing.source_lines import comments

_LINE = re.compile(
    r"\s*^# nbmigrate wrote this file: (?:cell (?P<cell>[0-9a-f]{12}), )?"
    r"(?P<kind>text|edit) (?P<text>[0-9a-f]{12})(?=\s|\Z)\s*",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class CellRecord:
    """What a revision file remembers.

    Parameters
    ----------
    cell
        The digest of the revision cell; None where no such cell wrote the file.
    edited
        Whether an `edit` has replaced the body of the revision cell.
    text
        The digest of the file as it was written.
    """

    cell: str | None
    edited: bool
    text: str


def cell_digest(message: str | None, body: str | None) -> str:
    """Return what a revision cell is recognized by; spaces at the ends of its lines do not count."""
    lines = "\n".join(line.rstrip() for line in (body or "").splitlines()).strip("\n")
    return _digest(f"{(message or '').strip()}\0{lines}".encode("utf-8", "surrogatepass"))


def read_record(text: str) -> CellRecord | None:
    """Return what a revision file remembers; None where it remembers nothing."""
    found = _LINE.search(text)
    return CellRecord(found["cell"], found["kind"] == "edit", found["text"]) if found else None


def with_record(text: str, cell: str | None, *, edited: bool = False) -> str:
    """Return a revision file that remembers itself, as it is, in its last line."""
    ending = _ending(text)
    kept = without_record(text).rstrip()
    source = f"cell {cell}, " if cell else ""
    record = f"# nbmigrate wrote this file: {source}{'edit' if edited else 'text'} {_text_digest(kept)}"
    return f"{kept}{ending * 3}{record}{ending}"


def without_record(text: str) -> str:
    """Return a revision file without what it remembers."""
    ending = _ending(text)
    return _LINE.sub(lambda found: ending if found.end() == len(text) else ending * 3, text)


def is_as_written(text: str) -> bool:
    """Whether a revision file is as it was written; where its parents are changed (`rebase`), it still is."""
    record = read_record(text)
    return record is not None and record.text == _text_digest(without_record(text))


def has_comments_of(text: str, source: str) -> bool:
    """Whether every comment of a revision file, `source`, stands in a text that may replace it."""
    return comments(without_record(source)) <= comments(without_record(text))


def _text_digest(text: str) -> str:
    # Git may turn one ending of lines into another.
    content = text.replace("\r\n", "\n").rstrip().encode("utf-8", "surrogatepass")
    # Where its parents cannot be changed by `rebase`, they count.
    with suppress(ScriptError, SyntaxError, UnicodeError):
        content = with_parents(content, Path("revision.py"), ())
    return _digest(content)


def _ending(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
