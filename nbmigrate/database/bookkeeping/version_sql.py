"""What the version table is and how its rows change, as elements of SQL: run online, written out offline."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from nbmigrate.database.backends.inspector import pinned
from nbmigrate.graph.revision import ID_WIDTH

if TYPE_CHECKING:
    from nbmigrate.operations import AlterColumn


@dataclass(frozen=True, slots=True)
class RowChange:
    """What becomes of one row: `before` is what it must hold, None for a new row; `after` is None for one that goes."""

    before: str | None
    after: str | None


class VersionRows:
    """The version table, whatever database it is in.

    Parameters
    ----------
    name
        The table's name.
    schema
        The schema that it is in, by its own name; the connection's default one if None.
    pk
        Whether the table is made with a primary key.
    """

    def __init__(self, name: str = "alembic_version", schema: str | None = None, pk: bool = True) -> None:
        self.name = name
        self.schema = schema
        self._pk = pk
        self.table = self._table(ID_WIDTH)
        self._prepared: dict[tuple[bool, bool], sa.Executable] = {}
        #: Reads the rows.
        self.query = sa.select(self.table.c.version_num)

    @property
    def full_name(self) -> str:
        """The table, with the schema before it if any."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def _table(self, width: int) -> sa.Table:
        column = sa.Column("version_num", sa.String(width), nullable=False)
        table = pinned(sa.Table(self.name, sa.MetaData(), column, schema=self.schema))
        if self._pk:
            table.append_constraint(sa.PrimaryKeyConstraint("version_num", name=f"{self.name}_pkc"))
        return table

    def create(self, width: int, dialect: sa.Dialect) -> CreateTable:
        """Return what makes the table in a database, for ids of up to `width` characters."""
        # Most that is done with the rows needs no knowledge of dialects.
        from nbmigrate.dialects.registry import dialect_of

        table = self._table(max(width, ID_WIDTH))
        dialect_of(dialect.name)(dialect).complete_version_table(table)
        return CreateTable(table)

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
        """Yield what becomes of the rows from one position to another."""
        old, new = set(before), set(after)
        gone, come = sorted(old - new), sorted(new - old)
        # As Alembic does it: a merge deletes rows and changes one, an unmerge adds rows and changes one.
        kept = len(gone) - len(come) if len(gone) > len(come) else 0
        for head in gone[:kept]:
            yield RowChange(head, None)
        for head in come[len(gone) - kept :]:
            yield RowChange(None, head)
        for head, successor in zip(gone[kept:], come, strict=False):
            yield RowChange(head, successor)

    def statement(self, change: RowChange) -> sa.Executable:
        """Return the statement for a change, with its values in it."""
        return self._statement(change, change.before, change.after)

    def prepared(self, change: RowChange) -> tuple[sa.Executable, dict[str, str]]:
        """Return the statement for changes of this kind, made once, and the values for this one."""
        kind = (change.before is None, change.after is None)
        if kind not in self._prepared:
            self._prepared[kind] = self._statement(change, sa.bindparam("before"), sa.bindparam("after"))
        values = {"before": change.before, "after": change.after}
        return self._prepared[kind], {name: value for name, value in values.items() if value is not None}

    def _statement(self, change: RowChange, before: Any, after: Any) -> sa.Executable:
        column: Any = self.table.c.version_num
        if change.before is None:
            return sa.insert(self.table).values(version_num=after).inline()
        if change.after is None:
            return sa.delete(self.table).where(column == before)
        return sa.update(self.table).where(column == before).values(version_num=after)
