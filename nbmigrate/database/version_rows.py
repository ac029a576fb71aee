"""What the version table is and how its rows change, as elements of SQL: run online, written out offline."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

if TYPE_CHECKING:
    from nbmigrate.operations import AlterColumn

#: How many characters Alembic's table holds.
USUAL_WIDTH = 32


@dataclass(frozen=True, slots=True)
class RowChange:
    """A statement about one row; `head` is what the row must hold before, None for a new row."""

    statement: sa.Executable
    head: str | None


class VersionRows:
    """The version table, whatever database it is in.

    Parameters
    ----------
    name
        The table's name.
    schema
        The schema that it is in; the connection's default one if None.
    pk
        Whether the table is made with a primary key.
    """

    def __init__(self, name: str = "alembic_version", schema: str | None = None, pk: bool = True) -> None:
        self.name = name
        self.schema = schema
        self._pk = pk
        self.table = self._table(USUAL_WIDTH)

    @property
    def full_name(self) -> str:
        """The table, with the schema before it if any."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def _table(self, width: int) -> sa.Table:
        column = sa.Column("version_num", sa.String(width), nullable=False)
        table = sa.Table(self.name, sa.MetaData(), column, schema=self.schema)
        if self._pk:
            table.append_constraint(sa.PrimaryKeyConstraint("version_num", name=f"{self.name}_pkc"))
        return table

    def create(self, width: int) -> CreateTable:
        """Return what makes the table, for ids of up to `width` characters."""
        return CreateTable(self._table(max(width, USUAL_WIDTH)))

    def widen(self, before: int, width: int) -> "AlterColumn":
        """Return what makes the column hold `width` characters instead of `before`."""
        # To read the rows, which is most that is done with them, no operation is needed.
        from nbmigrate.operations import AlterColumn
        from nbmigrate.schema import SqlType

        return AlterColumn(
            self.name,
            "version_num",
            schema=self.schema,
            type=SqlType(sa.String(width)),
            existing_type=SqlType(sa.String(before)),
            existing_nullable=False,
        )

    def clear(self) -> sa.Delete:
        """Return what deletes every row."""
        return sa.delete(self.table)

    def changes(self, before: Iterable[str], after: Iterable[str]) -> Iterator[RowChange]:
        """Yield what changes the rows from one position to another, each row by a statement of its own."""
        old, new = set(before), set(after)
        gone, come = sorted(old - new), sorted(new - old)
        column: Any = self.table.c.version_num
        # As Alembic does it: a merge deletes rows and changes one, an unmerge adds rows and changes one.
        kept = len(gone) - len(come) if len(gone) > len(come) else 0
        for head in gone[:kept]:
            yield RowChange(sa.delete(self.table).where(column == head), head)
        for head in come[len(gone) - kept :]:
            yield RowChange(sa.insert(self.table).values(version_num=head).inline(), None)
        for head, successor in zip(gone[kept:], come, strict=False):
            change = sa.update(self.table).where(column == head).values(version_num=successor)
            yield RowChange(change, head)
