"""A table as SQLite keeps it, with all that hangs on it."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from nbmigrate.dialects.sqlite.parsing.tokens import significant
from nbmigrate.schema import Table, to_table

#: What the old table is called while its rows are copied, unless something has that name.
TEMPORARY_NAME = "_nbmigrate_old"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A table, index, trigger or view: its name and the text of its CREATE, as in `sqlite_schema`."""

    name: str
    sql: str

    @property
    def is_unique(self) -> bool:
        """Whether it is a unique index."""
        return [token.keyword for token in significant(self.sql)[:2]] == ["CREATE", "UNIQUE"]

    def create(self, schema: str | None) -> str:
        """Return the statement that makes it again in a schema; the text that SQLite keeps says none."""
        if schema is None:
            return self.sql
        for token in significant(self.sql):
            if token.keyword in ("INDEX", "TRIGGER"):
                quoted = schema.replace('"', '""')
                where = f' "{quoted}".' if schema != "temp" or token.keyword == "INDEX" else " "
                kept = self.sql[token.end :].lstrip()
                word = f"TEMP {token.text}" if where == " " else token.text
                return f"{self.sql[: token.start]}{word}{where}{kept}"
        return self.sql


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table, and what a rebuild of it has to know.

    Parameters
    ----------
    name, schema
        Which, as operations name it; None is the main database.
    file
        The attached database that it is in, where another name stands for that in operations.
    sql
        The text of its CREATE TABLE.
    declared_sql
        The text that its user says it has, in `copy_from=`; the changes are made to that.
    columns
        The names of its columns as SQLite itself says them; none where only the text is known.
    indexes
        Its indexes, without those that SQLite makes for keys.
    triggers, temporary_triggers
        Its triggers, and those of this connection alone.
    dependents
        Views, and triggers of other tables: what may use its columns.
    referrers
        The tables whose foreign keys refer to it; itself is not among them.
    foreign_keys
        Whether this connection enforces foreign keys.
    legacy_alter_table
        Whether it renames tables as SQLite did before 3.25; None where it cannot be made to, as in Turso.
    rowids_run_on
        Whether the rowids of its rows are known to be 1, 2, 3 ... without a gap.
    has_null_checks
        Whether a CHECK that it is to get is, or may be, NULL of one of its rows.
    temporary_name
        A name that nothing has.
    """

    name: str
    sql: str
    schema: str | None = None
    declared_sql: str | None = None
    columns: tuple[str, ...] = ()
    indexes: tuple[StoredObject, ...] = ()
    triggers: tuple[StoredObject, ...] = ()
    temporary_triggers: tuple[StoredObject, ...] = ()
    dependents: tuple[StoredObject, ...] = ()
    referrers: tuple[StoredObject, ...] = ()
    foreign_keys: bool = False
    legacy_alter_table: bool | None = False
    rowids_run_on: bool = False
    has_null_checks: bool = False
    temporary_name: str = TEMPORARY_NAME
    file: str | None = None

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    @property
    def database(self) -> str | None:
        """The database that it is in, as SQLite knows it; None for the main one."""
        return self.schema if self.file is None else self.file


def stored_as(table: Table, dialect: sa.Dialect) -> StoredTable:
    """Return a table as SQLite would keep it if it were made now: for offline SQL, where `copy_from=` says it.

    Parameters
    ----------
    table
        The table.
    dialect
        A dialect of SQLite.
    """
    made = to_table(table)
    sql = str(CreateTable(made).compile(dialect=dialect)).strip()
    return StoredTable(table.name, sql, table.schema, indexes=tuple(_indexes(made, dialect)))


def _indexes(table: sa.Table, dialect: sa.Dialect) -> Iterator[StoredObject]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield StoredObject(str(index.name), str(CreateIndex(index).compile(dialect=dialect)).strip())
