"""Rows of a table as a pandas DataFrame: with the types that the columns have, shown as a table of a database."""

from collections.abc import Sequence
from copy import copy
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from nbmigrate.commands.results import html
from nbmigrate.commands.results.html import TABLE_STYLE, value_html, value_text
from nbmigrate.commands.results.terminal import PLAIN

if TYPE_CHECKING:
    from nbmigrate.database.tables.rows import RowColumn, TableRows

#: pandas' types that keep a missing value missing: an integer column with a NULL does not become floats.
_DTYPES = {"integer": "Int64", "boolean": "boolean", "float": "Float64", "text": "string"}
_NUMBERS = ("integer", "float", "decimal")
#: Rows that are shown where pandas is not set to a number, and columns that are shown where it is set to fewer.
_ROWS = 60
_FEWEST_COLUMNS = 30


class TableFrame(pd.DataFrame):
    """A DataFrame that a notebook shows as the explorer shows a table; what is made of it is a plain DataFrame.

    It shows its values of now, whatever was done to them: NULL as NULL, a date without a time, text at the left with
    numbers at the right, as many rows as pandas is set to (`display.max_rows`).
    """

    _metadata = ["columns_read", "notes"]  # noqa: RUF012 - pandas' name for attributes that are no columns

    columns_read: "Sequence[RowColumn]" = ()
    notes: Sequence[str] = ()

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def __reduce_ex__(self, protocol: Any) -> Any:
        # What is pickled is read where this class may not be.
        return copy, (self.copy(),)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not isinstance(self.index, pd.RangeIndex) or self.columns.nlevels > 1:
            # An index that somebody has set is theirs, and has pandas' look.
            return {
                "text/plain": repr(self),
                "text/html": pd.DataFrame(self).to_html(max_rows=60, notebook=True),
            }
        notes, columns = list(self.notes), self._shown_columns()
        if len(columns) < len(self.columns):
            notes.append(f"{len(columns)} of {len(self.columns)} columns are shown.")
        return {
            "text/plain": "\n".join([self._text(columns), *notes]),
            "text/html": html.page(TABLE_STYLE + self.table_html(), notes),
        }

    def table_html(self) -> str:
        """Return the rows as a table in html."""
        columns = self._shown_columns()
        head = "".join(column.head() for column in columns)
        rows = zip(*(column.cells() for column in columns), strict=True)
        body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
        if left := self._left(columns):
            body += f'<tr class="nbm-skipped"><td colspan="{len(columns)}">{left}</td></tr>'
        return (
            '<div class="nbm-scroll" tabindex="0" role="group" aria-label="rows">'
            f'<table class="nbm-data"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )

    def _text(self, columns: "Sequence[_Column]") -> str:
        texts = dict(column.texts() for column in columns)
        if len(texts) < len(columns):
            # A view may have one name twice.
            return repr(self)
        rows = [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]
        table = PLAIN.table(rows) or "  ".join(texts)
        if max(map(len, table.split("\n"))) > int(pd.get_option("display.width") or 80):
            return repr(self)
        return "\n".join(filter(None, [table, self._left(columns)]))

    def _left(self, columns: "Sequence[_Column]") -> str:
        """Return a sentence about the rows that are not shown."""
        left = len(self) - (len(columns[0].values) if columns else 0)
        return f"… {left:,} more" if left else "no rows" if self.empty else ""

    def _shown_columns(self) -> "list[_Column]":
        # pandas means "all" by None, and by 0 what fits a terminal.
        most_rows, most_columns = (pd.get_option(f"display.max_{what}") for what in ("rows", "columns"))
        rows = self if most_rows is None else self.iloc[: most_rows or _ROWS]
        if most_columns is not None:
            rows = rows.iloc[:, : max(most_columns, _FEWEST_COLUMNS)]
        read = {column.name: column for column in self.columns_read}
        return [
            _Column(str(name), rows.iloc[:, place], read.get(str(name))) for place, name in enumerate(rows)
        ]


class _Column:
    """A column of a frame to show."""

    def __init__(self, name: str, series: "pd.Series[Any]", read: "RowColumn | None") -> None:
        self.name, self.type = name, read.type if read is not None else str(series.dtype)
        numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
        self.is_number = read.kind in _NUMBERS if read is not None else numeric
        is_day = read is not None and read.kind == "date"
        self.values = [
            None if missing else value.date() if is_day and isinstance(value, pd.Timestamp) else value
            for value, missing in zip(series.astype(object), series.isna(), strict=True)
        ]
        self._css = ' class="nbm-number"' if self.is_number else ""

    def head(self) -> str:
        return f"<th{self._css}>{escape(self.name)}<small>{escape(self.type)}</small></th>"

    def cells(self) -> list[str]:
        return [f"<td{self._css}>{value_html(value)}</td>" for value in self.values]

    def texts(self) -> tuple[str, list[str]]:
        """Return the name and the values, each as text; of one width where they are numbers."""
        texts = [value_text(value) for value in self.values]
        width = max(map(len, [self.name, *texts])) if self.is_number else 0
        return self.name.rjust(width), [text.rjust(width) for text in texts]


def joined_frame(frames: "Sequence[tuple[str, pd.DataFrame]]", notes: Sequence[str]) -> TableFrame:
    """Return the rows of a table that several databases have, with the database in the first column."""
    totals = [frame.attrs.pop("total", len(frame)) for _, frame in frames]
    for place, frame in frames:
        # The table may have a column of that name.
        frame.insert(0, "database", place, allow_duplicates=True)
    found = TableFrame(pd.concat([frame for _, frame in frames], ignore_index=True))
    found.columns_read, found.notes = getattr(frames[-1][1], "columns_read", ()), notes
    if sum(totals) > len(found):
        found.attrs["total"] = sum(totals)
    return found


def typed_frame(contents: "TableRows", notes: Sequence[str] = ()) -> TableFrame:
    """Return rows as a DataFrame.

    Integers, floats, booleans and texts are pandas' types with missing values, dates and times are `datetime64`;
    everything else, and a column with a value that its type has no room for, keeps Python's values. Where not all rows
    are there, `frame.attrs` has "total", the number of rows there are.

    Parameters
    ----------
    contents
        The rows, and the types of their columns.
    notes
        What is shown under them.
    """
    # Two columns of a view may have one name, so the frame is built by position and named afterwards.
    values = list(zip(*contents.rows, strict=True)) or [()] * len(contents.columns)
    series = [_series(column, item.kind) for column, item in zip(values, contents.columns, strict=True)]
    frame = TableFrame(pd.concat(series, axis=1) if series else pd.DataFrame())
    frame.columns = pd.Index([column.name for column in contents.columns])
    frame.columns_read, frame.notes = contents.columns, tuple(notes)
    if len(contents.rows) < contents.total:
        frame.attrs["total"] = contents.total
    return frame


def _series(values: Sequence[Any], kind: str) -> "pd.Series[Any]":
    kept = pd.Series(list(values), dtype=object)
    try:
        if kind in ("datetime", "date"):
            return _moments(values)
        if kind == "text" and not all(value is None or isinstance(value, str) for value in values):
            return kept
        if kind in _DTYPES:
            return pd.Series(list(values), dtype=_DTYPES[kind])
    except (ValueError, TypeError, OverflowError):
        # SQLite keeps "n/a" in an INTEGER column, and a date may lie outside of pandas' calendar.
        return kept
    return kept


def _moments(values: Sequence[Any]) -> "pd.Series[Any]":
    # Texts would be guessed at: only what the database itself took for a date is one.
    if any(isinstance(value, str) for value in values):
        raise ValueError("not all of them are dates")
    return pd.Series(pd.to_datetime(pd.Series(list(values), dtype=object)))
