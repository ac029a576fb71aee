"""What a command returns: data first, with a text for a terminal and a page for a notebook."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbmigrate.commands.results import html
from nbmigrate.commands.results.terminal import PLAIN, Terminal

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Result:
    """The base of everything that commands return; compares with `==`.

    Parameters
    ----------
    notes
        What a person should know besides the result: on stderr in a terminal, under the result in a notebook.
    is_partial
        Whether something may be missing in it, because revision files are at fault; the notes have which.
    """

    #: The attributes that results of several databases put together; of others there is that of the last one.
    summed: ClassVar[tuple[str, ...]] = ()
    #: Whether a cell gets the result as a DataFrame.
    is_frame: ClassVar[bool] = False

    notes: tuple[str, ...] = field(default=())
    is_partial: bool = False

    @property
    def exit_code(self) -> int:
        """How the terminal's command ends: 1 for a result that says something is wrong, or is not whole."""
        return int(self.is_partial)

    def rows(self) -> list[Row]:
        """Return the result as records: one dictionary per row, all with the same keys."""
        raise NotImplementedError(type(self).__name__)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame.from_records(self.rows())

    def to_text(self) -> str:
        """Return the result as plain text, without the notes."""
        return PLAIN.table(self.rows())

    def to_terminal(self, terminal: Terminal) -> str:
        """Return what a terminal of this width and with these colours shows, without the notes."""
        return self.to_text()

    def to_html(self) -> str:
        """Return what a notebook shows, without the notes; everything in it is escaped."""
        return html.table(self.rows())

    def to_value(self) -> Any:
        """Return what a cell gets as its value: this, or its DataFrame."""
        return self.to_frame() if self.is_frame else self

    @property
    def page_notes(self) -> tuple[str, ...]:
        """The notes under the result in a notebook."""
        return self.notes

    @staticmethod
    def text_of_each(databases: Sequence[tuple[str, Any]], terminal: Terminal) -> str:
        """Return what a terminal shows of results for several databases, each under its own."""
        return "\n\n".join(f"{place}\n{result.to_terminal(terminal)}".rstrip() for place, result in databases)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        # What a debugger or a log shows must not fail where the result itself is odd.
        try:
            return self.to_text() or f"<{type(self).__name__}: {' '.join(self.notes)}>"
        except Exception as error:
            return f"<{type(self).__name__} that cannot be shown: {type(error).__name__}: {error}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        plain = "\n".join(part for part in (repr(self) if self.to_text() else "", *self.notes) if part)
        return {
            "text/plain": relative(plain),
            "text/html": relative(html.page(self.to_html(), self.page_notes)),
        }


class TabularResult(Result):
    """A result with tables, which are laid out for the width of a terminal."""

    def to_text(self) -> str:
        """Return the result as plain text, its tables as wide as they are."""
        return self.to_terminal(PLAIN)

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the records as a table."""
        return terminal.table(self.rows())


def relative(text: str) -> str:
    """Return a text for a notebook: paths under the current folder are written as from there.

    A notebook is stored and passed on with what it shows, and should say the same on every machine.
    """
    folder = Path.cwd()
    if folder == folder.parent:
        return text
    names = "|".join(re.escape(name) for name in {str(folder), escape(str(folder))})
    under = rf"(?<![\w.-])(?:{names})(?:(?P<within>{re.escape(os.sep)})(?=[^\s<])|(?![\w-]|\.\w))"
    return re.sub(under, lambda found: "" if found["within"] else ".", text)
