"""What a database holds at one moment, as values."""

from dataclasses import dataclass
from typing import Literal

from nbmigrate.database.tables.description import TableSchema
from nbmigrate.database.tables.rows import TableRows


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows there are, or about how many.

    Parameters
    ----------
    rows
        The number.
    exact
        Whether they were counted; if not, the number is the database's estimate.
    least
        Whether it is only known that there are more than `rows`; with no rows, nothing is known.
    """

    rows: int
    exact: bool = True
    least: bool = False

    def __str__(self) -> str:
        if self.exact:
            return f"{self.rows:,}"
        if self.least:
            return f"over {self.rows:,}" if self.rows else "unknown"
        return f"~{self.rows:,}"


#: The count of a table that cannot be counted.
UNKNOWN = RowCount(0, exact=False, least=True)


@dataclass(frozen=True, slots=True)
class LongValue:
    """A value that is too long to show, or to fetch: its beginning and its size.

    Parameters
    ----------
    kind
        "text" or "binary".
    size
        In bytes.
    head
        How it begins; of binary ones in hexadecimal.
    """

    kind: Literal["text", "binary"]
    size: int
    head: str

    def __str__(self) -> str:
        return f"{self.head}… ({size_text(self.size)})" if self.kind == "text" else blob_text(self.size)


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """A table: what it is made of, how many rows it has, and the first of them.

    Parameters
    ----------
    schema
        The columns, keys and indexes.
    count
        All rows.
    rows
        The first rows in the order of `key`; `total` is `count.rows`, and long values are `LongValue`s.
    key
        The columns that tell one row from another; none where the table has no such columns.
    problem
        Why the rows are not there, where they could not be read.
    """

    schema: TableSchema
    count: RowCount
    rows: TableRows
    key: tuple[str, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """The table."""
        return self.schema.name

    @property
    def described(self) -> bool:
        """Whether it is known what the table is made of."""
        return bool(self.schema.columns) or not self.problem

    @property
    def whole(self) -> bool:
        """Whether all rows are there."""
        return self.count.exact and len(self.rows.rows) == self.count.rows and not self.problem


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tables of a database, in the order of their names."""

    tables: tuple[TableSnapshot, ...]

    def get(self, name: str) -> TableSnapshot | None:
        """Return a table by its name, or None."""
        return next((table for table in self.tables if table.name == name), None)


def size_text(size: int) -> str:
    """Return a number of bytes as people write it: 812 bytes, 1.5 kB, 1.0 MB."""
    if size < 1000:
        return f"{size} {'byte' if size == 1 else 'bytes'}"
    value, unit = float(size), 0
    while value >= 999.95:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {('', 'kB', 'MB', 'GB', 'TB', 'PB')[unit]}"


def blob_text(size: int) -> str:
    """Return what stands for binary data of a size."""
    return f"{size_text(size)} blob"
