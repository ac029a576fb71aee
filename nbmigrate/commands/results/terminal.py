"""A terminal: how wide it is, whether it has colours, and tables laid out for it.

Three styles and a table are 100 lines; rich has both, and to import it takes longer than `nbmigrate heads` does whole.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, Self

from nbmigrate.commands.results import html

Style = Literal["position", "head", "failed", "faint"]
_CODES: Mapping[Style, str] = {"position": "1;32", "head": "36", "failed": "1;31", "faint": "2"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MARKS: Mapping[str, Style] = {
    "(current)": "position",
    "◉": "position",
    "(head)": "head",
    "(effective head)": "head",
    "●": "head",
    "○": "faint",
}
#: A column of text is not made narrower: below that a row is shown as lines of names and values.
_NARROWEST = 10
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Terminal:
    """What text is written to.

    Parameters
    ----------
    width
        How many characters a line has; None for a file, a pipe or a notebook, where a line has no end.
    colours
        Whether it shows colours.
    """

    width: int | None = None
    colours: bool = False

    @classmethod
    def of(cls, stream: IO[str]) -> Self:
        """Return what a stream leads to.

        Where the environment variable NO_COLOR is set there are no colours; where FORCE_COLOR is, a file has them too.
        """
        is_terminal = stream.isatty()
        colours = is_terminal and os.environ.get("TERM") != "dumb"
        if os.environ.get("FORCE_COLOR", "") not in ("", "0"):
            colours = True
        if os.environ.get("NO_COLOR"):
            colours = False
        return cls(_columns(stream) if is_terminal else None, colours)

    def paint(self, text: str, style: Style) -> str:
        """Return a text in a style, where there are colours."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colours and text else text

    def marked(self, text: str, position: Iterable[str] = ()) -> str:
        """Return a text in which heads and the position stand out.

        Parameters
        ----------
        text
            A drawing, a list of revisions, a sentence.
        position
            The ids of the revisions that the database stands at.
        """
        if not self.colours:
            return text
        ids = "|".join(map(re.escape, sorted(position, key=len, reverse=True)))
        words = "|".join(map(re.escape, _MARKS))
        pattern = rf"(?<![\w-])(?:{ids})(?![\w-])|{words}" if ids else words
        return re.sub(pattern, lambda found: self.paint(found[0], _MARKS.get(found[0], "position")), text)

    def table(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Return records as aligned columns, names on top, numbers to the right.

        Where the columns do not fit, the widest are made narrower and their values go on in the next line; where that
        is not enough, each record is shown as lines of names and values.
        """
        if not rows:
            return ""
        names = [_in_one_line(name) for name in rows[0]]
        cells = [[_in_one_line(html.cell_text(value)) for value in row.values()] for row in rows]
        numeric = [html.is_numeric(row[key] for row in rows) for key in rows[0]]
        natural = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
        widths = self._fitting(natural, numeric)
        if widths is None:
            return _records(names, cells)
        table = [names, ["-" * width for width in widths], *cells]
        return "\n".join(line for row in table for line in _lines(row, widths, numeric))

    def _fitting(self, natural: Sequence[int], numeric: Sequence[bool]) -> list[int] | None:
        """Return the widths of columns, those of text cut to one that lets all fit; None where there is no such."""
        room = None if self.width is None else self.width - len(_GAP) * (len(natural) - 1)
        if room is None or sum(natural) <= room:
            return list(natural)
        for most in range(min(max(natural), room), _NARROWEST - 1, -1):
            widths = [
                width if is_number else min(width, most)
                for width, is_number in zip(natural, numeric, strict=True)
            ]
            if sum(widths) <= room:
                return widths
        return None


#: Where a line has no end and there are no colours.
PLAIN = Terminal()


def _columns(stream: IO[str]) -> int | None:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (ValueError, OSError):
        return None


def _lines(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> list[str]:
    """Return the lines that one row takes: what is wider than its column goes on below."""
    parts = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, parts))):
        texts = [part[number] if number < len(part) else "" for part in parts]
        padded = (
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(texts, widths, numeric, strict=True)
        )
        lines.append(_GAP.join(padded).rstrip())
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    import textwrap

    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _records(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    width = max(map(len, names))
    blocks = []
    for number, row in enumerate(cells, 1):
        facts = [f"{name.ljust(width)}{_GAP}{value}".rstrip() for name, value in zip(names, row, strict=True)]
        blocks.append("\n".join([f"-- {number} --", *facts]))
    return "\n".join(blocks)


def _in_one_line(text: str) -> str:
    """Return a text with its control characters escaped: a value must not break lines, or steer the terminal."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
