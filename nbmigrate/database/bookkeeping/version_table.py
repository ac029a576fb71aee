"""The table that says where a database stands: Alembic's, one row per head."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import blake2b

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import inspect, schema_of
from nbmigrate.database.bookkeeping.own_table import bookkeeping, refusal_of
from nbmigrate.database.bookkeeping.version_sql import VersionRows
from nbmigrate.database.errors import code_of
from nbmigrate.errors import OperationError, PositionError

_LONGEST_NAME = 63
AGAIN = "Run the command again: it goes from where the database stands now."


def name_beside(version_table: str, suffix: str) -> str:
    """Return what another table of ours is called, by the name of the version table.

    PostgreSQL keeps 63 bytes of a name, and MariaDB takes 64 characters: of a longer one a hash says what was cut off.

    Parameters
    ----------
    version_table
        Its name.
    suffix
        What the other table's name ends with.
    """
    whole = version_table.encode(errors="replace")
    if len(whole) + len(suffix) <= _LONGEST_NAME:
        return version_table + suffix
    end = f"_{blake2b(whole, digest_size=4).hexdigest()}{suffix}"
    return whole[: _LONGEST_NAME - len(end)].decode(errors="ignore") + end


def log_name(version_table: str) -> str:
    """Return what the table of runs is called beside a version table."""
    return name_beside(version_table, "_log")


def journal_name(version_table: str) -> str:
    """Return what the journal is called beside a version table."""
    return name_beside(version_table, "_journal")


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
        self._named = name, schema, pk

    @cached_property
    def _rows(self) -> VersionRows:
        # Where it is when it is first looked for, it stays: a revision may let names stand for other schemas.
        name, schema, pk = self._named
        return VersionRows(name, schema_of(self.connection, schema), pk)

    @property
    def name(self) -> str:
        """The table's name."""
        return self._named[0]

    @property
    def schema(self) -> str | None:
        """The schema that it is in; None for the connection's default one."""
        return self._rows.schema

    def exists(self) -> bool:
        """Whether the database has the table."""
        return inspect(self.connection, own=True).has_table(self.name, schema=self.schema)

    def heads(self, *, expected: bool = False) -> tuple[str, ...]:
        """Return the ids in the table, sorted; none where there is no table. Never writes.

        Parameters
        ----------
        expected
            Whether there are some, so that a server need not be asked first whether there is a table. PostgreSQL, where
            there is none after all, does nothing more in the transaction.
        """
        backend = backend_of(self.connection)
        can_fail = not backend.errors_end_transactions or backend.absent_table
        if not (expected and can_fail) and not self.exists():
            return ()
        try:
            rows = self.connection.execute(self._rows.query).scalars()
        except sa.exc.DBAPIError as error:
            if backend.errors_end_transactions:
                is_absent = code_of(error.orig or error) == backend.absent_table
            else:
                is_absent = not error.connection_invalidated and not self.exists()
            if not is_absent:
                raise
            return ()
        return tuple(sorted(map(_text, rows)))

    def preparation(self, ids: Iterable[str]) -> tuple[sa.Executable, ...]:
        """Return what must run before `ids` can be rows: nothing, or what makes the table, or its column wider.

        A column that Alembic made holds 32 characters; MySQL and MariaDB, not in strict mode, cut off the rest.

        Raises
        ------
        OperationError
            The column is too narrow, and how this database makes it wider is not known here.
        """
        needed = max(map(len, ids), default=0)
        if not self.exists():
            return (self._rows.create(needed, self.connection.dialect),)
        width = self.width()
        if width is None or width >= needed:
            return ()
        dialect = self.connection.dialect
        if backend_of(dialect).widens_columns:
            from nbmigrate.dialects import statements
            from nbmigrate.dialects.ddl.elements import as_compiled

            widening = statements(self._rows.widen(width, needed), dialect)
            return tuple(as_compiled(statement.compiled) for statement in widening)
        raise OperationError(
            f"An id of {needed} characters is to be written, and version_num of {self._rows.full_name} holds {width}.",
            f"Make the column wider: its type must be VARCHAR({needed}) or more. Then run this again.",
        )

    def prepare(self, ids: Iterable[str]) -> None:
        """Make the table if there is none, and its column wide enough for `ids`; see `preparation`."""
        self.make(self.preparation(ids))

    def make(self, preparation: Iterable[sa.Executable]) -> None:
        """Run what `preparation` returns.

        Raises
        ------
        BookkeepingError
            The database refuses it.
        """
        task = f"the version table {self.name} could not be made, or made wider"
        for statement in preparation:
            with bookkeeping(self.connection, task, "CREATE and ALTER tables"):
                self.connection.execute(statement)
                backend_of(self.connection).publish(self.connection)

    def width(self) -> int | None:
        """Return how many characters an id may have; None where the column, or SQLite, sets no limit."""
        if not backend_of(self.connection).limits_text:
            return None
        columns = inspect(self.connection, own=True).get_columns(self.name, schema=self.schema)
        types = [column["type"] for column in columns if column["name"].lower() == "version_num"]
        length = getattr(types[0], "length", None) if types else None
        return length if isinstance(length, int) else None

    def clear(self) -> None:
        """Delete every row."""
        self.connection.execute(self._rows.clear())

    def move(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Change the rows from one position to another, each row by a statement of its own.

        Parameters
        ----------
        before, after
            The positions, or what of them is not in both.

        Raises
        ------
        PositionError
            A row is not there, or is there more than once: nothing may be committed then.
        """
        for change in self._rows.changes(before, after):
            try:
                found = self.connection.execute(*self._rows.prepared(change)).rowcount
            except Exception as error:
                task = f"the version table {self.name} could not be written"
                refusal = refusal_of(self.connection, error, task, "INSERT, UPDATE and DELETE its rows")
                raise (refusal or error) from (error if refusal else error.__cause__)
            counts = self.connection.dialect.supports_sane_rowcount
            if change.before is not None and counts and found not in (1, -1):
                raise self._not_one(change.before, found)

    def _not_one(self, head: str, found: int) -> PositionError:
        message = f"{self.name} was expected to hold {head!r} once, and holds it {found} times."
        if found < 1:
            return PositionError(message, AGAIN)
        again = f"Rewrite its rows with `stamp --purge {head}`, naming every head that the database stands at"
        return PositionError(message, f"{again}; then run this again.")


def _text(value: object) -> str:
    # A table that somebody made by hand may hold bytes, numbers and NULL.
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
