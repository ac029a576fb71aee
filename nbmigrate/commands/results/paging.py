"""Long lists of revisions, which a notebook shows page by page; as text, records and frames they are whole."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from nbmigrate.errors import UsageError

T = TypeVar("T")

#: How many revisions a notebook shows at once where nothing else is said.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list a result is, and how a notebook gets to the next.

    Parameters
    ----------
    total
        How many there are altogether.
    skip
        How many come before the part.
    limit
        How many were asked for at the most; None for all.
    words
        The command that gave the list, without the part: "history -v".
    """

    total: int
    skip: int = 0
    limit: int | None = None
    words: str = ""

    @property
    def size(self) -> int:
        """How many of the part a notebook shows."""
        return PAGE if self.limit is None else self.limit

    def part(self, found: Sequence[T]) -> Sequence[T]:
        """Return the requested part of a list."""
        if self.skip < 0 or (self.limit or 0) < 0:
            raise UsageError("--skip and --limit are counted from 0.", "Leave the minus out.")
        return found[self.skip : None if self.limit is None else self.skip + self.limit]

    def note(self, count: int) -> str:
        """Return what a notebook that shows `count` of them does not show, and the command that does."""
        end = self.skip + count
        if count == self.total:
            return ""
        text = (
            f"{self.skip + 1:,} to {end:,} of {self.total:,} are shown."
            if count
            else f"None of {self.total:,} is shown."
        )
        if end >= self.total:
            return text
        limit = "" if self.limit is None else f" --limit {self.limit}"
        return f"{text} The next: %migrate {self.words} --skip {end}{limit}"


def words_of(verb: str, *flags: tuple[str, bool | str | None]) -> str:
    """Return a command line from a verb and its flags, those that are not set left out."""
    words = [verb]
    for flag, value in flags:
        if isinstance(value, str):
            words.append(f"{flag}={shlex.quote(value)}")
        elif value:
            words.append(flag)
    return " ".join(words)
