"""The table that says where a database stands: Alembic's, one row per head."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from nbmigrate.errors import PositionError

AGAIN = "Run the command again: it goes from where the database stands now."


def heads_text(heads: Iterable[str]) -> str:
    """Return heads as a sentence names them: "base" where there are none."""
    return ", ".join(sorted(heads)) or "base"


class VersionTable:
    """The version table of one database, seen through one connection.

    Parameters
    ----------
    connection
        The connection that every method uses; none of them begins or ends a transaction.
    name
        The table's name.
    schema
        The schema that it is in; the connection's default one if None.
    pk
        Whether the table is made with a primary key.
    """

    def __init__(
        self,
        connection: sa.Connection,
        name: str = "alembic_version",
        schema: str | None = None,
        pk: bool = True,
    ) -> None:
        self.connection = connection
        self.name = name
        self.schema = schema
        self._table = sa.Table(
            name, sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False), schema=schema
        )
        if pk:
            self._table.append_constraint(sa.PrimaryKeyConstraint("version_num", name=f"{name}_pkc"))

    def exists(self) -> bool:
        """Whether the database has the table."""
        return sa.inspect(self.connection).has_table(self.name, schema=self.schema)

    def heads(self) -> tuple[str, ...]:
        """Return the ids in the table, sorted; none where there is no table. Never writes."""
        if not self.exists():
            return ()
        rows = self.connection.execute(sa.select(self._table.c.version_num))
        return tuple(sorted(map(_text, rows.scalars())))

    def create(self) -> None:
        """Make the table, empty."""
        self.connection.execute(CreateTable(self._table))

    def move(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Change the rows from one position to another, each row by a statement of its own.

        Raises
        ------
        PositionError
            A row is not there, or is there more than once: nothing may be committed then.
        """
        old, new = set(before), set(after)
        gone, come = sorted(old - new), sorted(new - old)
        column = self._table.c.version_num
        # As Alembic does it: a merge deletes rows and changes one, an unmerge changes one and adds rows.
        kept = len(gone) - len(come) if len(gone) > len(come) else 0
        for head in gone[:kept]:
            self._one_row(sa.delete(self._table).where(column == head), head)
        for head, successor in zip(gone[kept:], come, strict=False):
            self._one_row(sa.update(self._table).where(column == head).values(version_num=successor), head)
        for head in come[len(gone) - kept :]:
            self.connection.execute(sa.insert(self._table).values(version_num=head).inline())

    def _one_row(self, statement: sa.Executable, head: str) -> None:
        found = self.connection.execute(statement).rowcount
        # -1: the driver does not count rows.
        if found not in (1, -1):
            raise PositionError(
                f"{self.name} was expected to hold {head!r} once, and holds it {found} times.", AGAIN
            )


def _text(value: object) -> str:
    # A table that somebody made by hand may hold bytes, numbers and NULL.
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
