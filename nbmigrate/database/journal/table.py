"""The journal: a table, beside the version table, of the statements of an interrupted revision."""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable

from nbmigrate.database.backends.inspector import inspect, pinned, translated_as
from nbmigrate.database.backends.side_connection import OwnConnection
from nbmigrate.database.bookkeeping.own_table import FORMAT, OwnTable, bookkeeping, format_column
from nbmigrate.database.bookkeeping.version_table import VersionTable, journal_name
from nbmigrate.errors import BookkeepingError

#: The columns without which nothing can be read.
_NEEDED = ("number", "revision", "direction", "state")
_PURPOSE = "Where DDL commits by itself, this table is how a later run goes on after one that was cut short."


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement of the revision that is running or interrupted.

    Parameters
    ----------
    number
        Which of the revision's, from 1 on.
    fingerprint
        Says whether it is the same statement, with the same values.
    statement
        Its text, to be read; cut where it is long.
    state
        "intent" before it runs, "done" after; "failed" for one whose failure the revision did not mind, "undone" for
        one that it rolled back to a savepoint, "read" for a query.
    operation
        The fingerprint of the operation that it is of, "" for one that the revision sent itself.
    following
        How many statements of the operation come after it.
    before
        What the schema said of the things it changes, as JSON; "" where nothing can be said.
    outcome
        What the database answered, as JSON: the rowcount and the lastrowid, or the error.
    """

    number: int
    fingerprint: str
    statement: str
    state: str = "done"
    operation: str = ""
    following: int = 0
    before: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class OpenStep:
    """An interrupted revision.

    Parameters
    ----------
    revision, direction
        Which, and which way.
    heads
        The version rows, before the step as during it.
    code
        The fingerprint of its file's code.
    since, who
        When it was begun, in UTC, and by whom.
    entries
        Its statements, in order.
    format
        The format of the journal that has it.
    """

    revision: str
    direction: str
    heads: tuple[str, ...]
    code: str = ""
    since: str = ""
    who: str = ""
    entries: tuple[Entry, ...] = ()
    format: int = FORMAT

    @property
    def done(self) -> tuple[Entry, ...]:
        """The statements that are in effect."""
        return tuple(entry for entry in self.entries if entry.state == "done")

    @property
    def in_flight(self) -> Entry | None:
        """The statement in flight when the run stopped: only the schema shows whether it was applied."""
        return next((entry for entry in self.entries if entry.state == "intent"), None)


class JournalTable:
    """The journal of one database.

    Parameters
    ----------
    connection
        The connection that every method uses; none of them begins or ends a transaction.
    versions
        The version table that it is beside.
    """

    def __init__(self, connection: sa.Connection, versions: VersionTable) -> None:
        self.connection = connection
        self._versions = versions
        self.name = journal_name(versions.name)
        self.schema = versions.schema
        #: Whether this run has seen it, where nothing undoes that it was made.
        self.is_seen = False
        #: Whether rows can have their format: a table of format 1 may be one that this user must not alter.
        self._has_format = True

    @cached_property
    def table(self) -> sa.Table:
        """The table."""
        return _table(self.name, self.schema)

    @cached_property
    def _own(self) -> OwnTable:
        return OwnTable(self.connection, self.table)

    @property
    def _names(self) -> list[str]:
        return [name for name in self._own.names if name != "format" or self._has_format]

    @contextmanager
    def beside(self) -> Iterator["JournalTable"]:
        """Give the table as a connection of its own sees it: with what is committed, and nothing else."""
        side = OwnConnection(self.connection, "AUTOCOMMIT")
        try:
            yield JournalTable(translated_as(side.get(), self.connection), self._versions)
        finally:
            side.close()

    def exists(self) -> bool:
        """Whether the database has the table: only while a revision is running or interrupted."""
        return inspect(self.connection, own=True).has_table(self.name, schema=self.schema)

    def prepare(self) -> None:
        """Make the table, or bring it up to date where another version has made it.

        Raises
        ------
        BookkeepingError
            The database refuses that, and nothing can be written into the table as it is.
        """
        columns = self._own.column_names()
        if columns is None:
            with self._guarded("could not be made", "CREATE and DROP tables"):
                self.connection.execute(CreateTable(self.table))
        elif self._own.missing(columns):
            columns = self._own.upgraded(columns)
            self._has_format = "format" in columns
            self._require(columns, self._names)

    def drop(self) -> None:
        """Drop the table."""
        self.connection.execute(DropTable(self.table))

    def holds(self, revision: str, entry: Entry) -> bool:
        """Whether the table is there, with an entry of a revision."""
        if not self.exists():
            return False
        columns = self.table.c
        found = sa.select(columns.number).where(
            columns.revision == revision,
            columns.number == entry.number,
            columns.fingerprint == entry.fingerprint,
        )
        return self.connection.execute(found).first() is not None

    def is_empty(self) -> bool:
        """Whether no revision is interrupted. The table must exist."""
        return self.connection.execute(sa.select(self.table.c.number).limit(1)).first() is None

    def read(self) -> OpenStep | None:
        """Return the interrupted revision, None if there is none. The table must exist."""
        columns = self._own.column_names() or frozenset()
        self._require(columns, _NEEDED)
        selected = self._own.selected(self._own.names, columns)
        rows = self.connection.execute(sa.select(*selected).order_by(self.table.c.number)).mappings().all()
        if not rows:
            return None
        first = rows[0]
        return OpenStep(
            first["revision"],
            first["direction"],
            tuple(json.loads(first["heads"] or "[]")),
            first["code"] or "",
            first["since"] or "",
            first["who"] or "",
            tuple(_entry(row) for row in rows),
            max(row["format"] or 1 for row in rows),
        )

    def _require(self, columns: frozenset[str], names: Iterable[str]) -> None:
        lacking = [name for name in names if name not in columns]
        if lacking:
            raise BookkeepingError(
                f"{self.name} is no journal that this version of nbmigrate can use: it has no column {lacking[0]}.",
                "Run the version of nbmigrate that made it, or rename the table if it is another one.",
            )

    def _guarded(self, task: str, right: str) -> AbstractContextManager[None]:
        """Raise BookkeepingError for what the database refuses in the block."""
        return bookkeeping(self.connection, f"the journal {self.name} {task}", right, _PURPOSE)

    def insert(self, step: OpenStep, entries: Iterable[Entry]) -> None:
        """Add entries of a step."""
        common = {**asdict(replace(step, entries=())), "heads": json.dumps(step.heads)}
        del common["entries"]
        common["format"] = FORMAT
        every = ({**common, **asdict(entry)} for entry in entries)
        rows = [{name: row[name] for name in self._names} for row in every]
        with self._guarded("could not be written", "INSERT into it"):
            if rows:
                self.connection.execute(sa.insert(self.table).inline(), rows)

    def finish(self, number: int, outcome: str) -> None:
        """Say that a statement is done."""
        with self._guarded("could not be written", "UPDATE it"):
            done = sa.update(self.table).where(self.table.c.number == number)
            self.connection.execute(done.values(state="done", outcome=outcome))

    def forget(self, number: int) -> None:
        """Take a statement out, which the database refused."""
        with self._guarded("could not be written", "DELETE from it"):
            self.connection.execute(sa.delete(self.table).where(self.table.c.number == number))

    def clear(self) -> None:
        """Take everything out."""
        with self._guarded("could not be emptied", "DELETE from it"):
            self.connection.execute(sa.delete(self.table))


def read_open_step(connection: sa.Connection, versions: VersionTable) -> OpenStep | None:
    """Return the interrupted revision of a database, None if there is none; writes nothing."""
    journal = JournalTable(connection, versions)
    return journal.read() if journal.exists() else None


def _table(name: str, schema: str | None) -> sa.Table:
    # What only asks whether there is a journal does without the dialect.
    from sqlalchemy.dialects.mysql import MEDIUMTEXT

    long = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
    # What a transaction does not undo there would be a journal of nothing; and a statement may hold any character.
    options: dict[str, Any] = {
        f"{dialect}_{option}": value
        for dialect in ("mysql", "mariadb")
        for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"))
    }
    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.String(255), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("heads", sa.Text),
        sa.Column("code", sa.String(64)),
        sa.Column("since", sa.String(40)),
        sa.Column("who", sa.String(255)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("operation", sa.Text),
        sa.Column("following", sa.Integer),
        sa.Column("statement", long),
        sa.Column("before", long),
        sa.Column("outcome", sa.Text),
        format_column(),
        schema=schema,
        **options,
    )
    return pinned(table)


def _entry(row: Any) -> Entry:
    """Return an entry; Oracle has NULL for a text of no characters."""
    texts = ("fingerprint", "statement", "state", "operation", "before", "outcome")
    return Entry(row["number"], **{key: row[key] or "" for key in texts}, following=row["following"] or 0)
