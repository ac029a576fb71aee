"""Rows of a table as a pandas DataFrame with the types that the columns have."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.database.reading import TableRows

#: pandas' types that keep a missing value missing: an integer column with a NULL does not become floats.
_DTYPES = {"integer": "Int64", "boolean": "boolean", "float": "Float64"}


def typed_frame(contents: "TableRows") -> "pd.DataFrame":
    """Return rows as a DataFrame.

    Integers, floats and booleans are pandas' types with missing values, dates and times are `datetime64`; everything
    else, and a column with a value that its type has no room for, keeps Python's values. Where not all rows are there,
    `frame.attrs` has "total", the number of rows there are.
    """
    import pandas as pd

    # Two columns of a view may have one name, so the frame is built by position and named afterwards.
    values = list(zip(*contents.rows, strict=True)) or [()] * len(contents.columns)
    series = [_series(column, item.kind) for column, item in zip(values, contents.columns, strict=True)]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame()
    frame.columns = pd.Index([column.name for column in contents.columns])
    if len(contents.rows) < contents.total:
        frame.attrs["total"] = contents.total
    return frame


def _series(values: Sequence[Any], kind: str) -> "pd.Series[Any]":
    import pandas as pd

    kept = pd.Series(list(values), dtype=object)
    try:
        if kind in ("datetime", "date"):
            return _moments(values)
        if kind in _DTYPES:
            return pd.Series(list(values), dtype=_DTYPES[kind])
    except (ValueError, TypeError, OverflowError):
        # SQLite keeps "n/a" in an INTEGER column, and a date may lie outside of pandas' calendar.
        return kept
    return kept


def _moments(values: Sequence[Any]) -> "pd.Series[Any]":
    import pandas as pd

    # Texts would be guessed at: only what the database itself took for a date is one.
    if any(isinstance(value, str) for value in values):
        raise ValueError("not all of them are dates")
    return pd.Series(pd.to_datetime(pd.Series(list(values), dtype=object)))
