"""What a database holds at one moment, as values."""

from dataclasses import dataclass

from nbmigrate.database.tables.description import TableSchema
from nbmigrate.database.tables.row_counts import RowCount
from nbmigrate.database.tables.rows import TableRows


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
