"""A table of nbmigrate's own, which another version may have made: what it has, and bringing it up to date."""

import getpass
import socket
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.inspector import inspect
from nbmigrate.database.errors import DENIED, LOCKED, code_of, is_database_error, is_lost, words
from nbmigrate.database.remedies import FAULTS_OF_REVISIONS, remedy
from nbmigrate.errors import BookkeepingError

if TYPE_CHECKING:
    from nbmigrate.dialects.base import DefaultDialect

#: The format that this version writes. 1 is that of tables without a column for it; a column that is added here makes
#: the next one, and is one that may be NULL, for rows of an older format have nothing in it.
FORMAT = 2


def format_column() -> sa.Column[int]:
    """Return the column that has the format of each row; an older version, which does not know it, leaves it at 1."""
    return sa.Column("format", sa.Integer, server_default=sa.text("1"))


class OwnTable:
    """A table of nbmigrate's own, as one database has it.

    Parameters
    ----------
    connection
        The connection that every method uses; none of them begins or ends a transaction.
    table
        The table as this version makes it.
    """

    def __init__(self, connection: sa.Connection, table: sa.Table) -> None:
        self.connection = connection
        self.table = table
        #: The names of the columns that this version has.
        self.names = tuple(column.name for column in table.columns)

    def column_names(self) -> frozenset[str] | None:
        """Return the names of the columns that the database has; None where there is no table."""
        try:
            columns = inspect(self.connection, own=True).get_columns(self.table.name, self.table.schema)
        except sa.exc.NoSuchTableError:
            return None
        return frozenset(column["name"].lower() for column in columns)

    def missing(self, columns: frozenset[str]) -> list[sa.Column[Any]]:
        """Return the columns of this version that the table does not have."""
        return [column for column in self.table.columns if column.name not in columns]

    def newest_format(self, columns: frozenset[str]) -> int:
        """Return the highest format of a row; 1 where rows have none."""
        if "format" not in columns:
            return 1
        found = self.connection.execute(sa.select(sa.func.max(self.table.c.format))).scalar()
        return int(found or 1)

    def upgrade(self, columns: frozenset[str]) -> None:
        """Add the columns that are missing; a table that a newer version writes to is left as it is."""
        if self.newest_format(columns) > FORMAT:
            return
        for column in self.missing(columns):
            self._add(column)

    def upgraded(self, columns: frozenset[str]) -> frozenset[str]:
        """Add the columns that are missing, where the database lets that be; return the names of those there are."""
        with suppress(sa.exc.DBAPIError), ddl_savepoint(self.connection):
            self.upgrade(columns)
        return self.column_names() or frozenset()

    def _add(self, column: sa.Column[Any]) -> None:
        # What only reads the table does without the operations.
        from nbmigrate.dialects import statements
        from nbmigrate.dialects.ddl.elements import as_compiled
        from nbmigrate.operations import AddColumn
        from nbmigrate.schema import from_column

        bare = sa.Column(column.name, column.type, server_default=column.server_default)
        addition = AddColumn(self.table.name, from_column(bare), schema=self.table.schema)
        for statement in statements(addition, self.connection.dialect):
            self.connection.execute(as_compiled(statement.compiled))

    def selected(self, names: Iterable[str], columns: frozenset[str], defaults: Any = None) -> list[Any]:
        """Return columns to read, by name; in the place of one that the table does not have, its default or NULL."""
        given = defaults or {}
        return [
            self.table.c[name]
            if name in columns
            else sa.literal(given.get(name), self.table.c[name].type).label(name)
            for name in names
        ]


def ddl_savepoint(connection: sa.Connection) -> AbstractContextManager[object]:
    """Let DDL that fails in the block be undone alone.

    Where DDL commits there is nothing to undo; on DuckDB, which has no savepoints, the whole transaction is undone.
    """
    database = dialect_class(connection)
    has_point = database.savepoints and not database.ddl_commits
    return connection.begin_nested() if has_point else nullcontext()


def dialect_class(connection: sa.Connection) -> "type[DefaultDialect]":
    """Return the class that has what the database does otherwise."""
    # What only reads does without the dialects.
    from nbmigrate.dialects.registry import dialect_of

    return dialect_of(connection.dialect.name)


@contextmanager
def bookkeeping(connection: sa.Connection, task: str, right: str, purpose: str = "") -> Iterator[None]:
    """Raise BookkeepingError for what the database refuses in the block: it is not the revision that is at fault.

    Parameters
    ----------
    connection
        The connection; one that is lost raises as it does.
    task
        What could not be done, as "the journal j could not be made".
    right
        What the user of the database must be allowed for it, as "CREATE".
    purpose
        A sentence on what it is for.
    """
    try:
        yield
    except Exception as error:
        refusal = refusal_of(connection, error, task, right, purpose)
        if refusal is None:
            raise
        raise refusal from error


def refusal_of(
    connection: sa.Connection, error: Exception, task: str, right: str, purpose: str = ""
) -> BookkeepingError | None:
    """Return what `bookkeeping` raises for an error; None where it is no refusal, as a lost connection or a lock."""
    code = code_of(getattr(error, "orig", None) or error)
    if not is_database_error(error) or is_lost(error) or connection.invalidated or code in LOCKED:
        return None
    cure = f"Grant the database user the right to {right}" if code in DENIED else remedy(error)
    hint = purpose if cure in FAULTS_OF_REVISIONS else f"{purpose} {cure}."
    return BookkeepingError(f"{task}: {words(error).rstrip('.')}.", hint.strip())


def user_and_host() -> str:
    """Return the user and the machine, as user@host, in 255 characters at the most."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that nobody is called by.
        user = "somebody"
    return f"{user}@{socket.gethostname()}"[:255]
