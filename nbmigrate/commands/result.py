"""What a command returns: data first, with a text for a terminal and a page for a notebook."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmigrate.commands import html

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


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
        """Return what a terminal shows, without the notes."""
        return text_table(self.rows())

    def to_html(self) -> str:
        """Return what a notebook shows, without the notes; everything in it is escaped."""
        return html.table(self.rows())

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
        return {"text/plain": relative(plain), "text/html": relative(html.page(self.to_html(), self.notes))}


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


def text_table(rows: Sequence[Row]) -> str:
    """Return records as aligned columns, names on top; numbers to the right."""
    if not rows:
        return ""
    names = [_in_one_line(name) for name in rows[0]]
    cells = [[_in_one_line(html.cell_text(value)) for value in row.values()] for row in rows]
    numeric = [html.is_numeric(row[key] for row in rows) for key in rows[0]]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join(
        [line(names), line(["-" * width for width in widths]), *(line(values) for values in cells)]
    )


def _in_one_line(text: str) -> str:
    """Return a text with its control characters escaped: a value must not break lines, or steer the terminal."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
