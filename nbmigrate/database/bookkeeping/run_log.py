"""The table of runs: a row for each step that was done, failed or was interrupted, and for each stamp."""

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from nbmigrate.clock import Clock, SystemClock
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import pinned
from nbmigrate.database.bookkeeping.own_table import FORMAT, OwnTable, format_column, user_and_host
from nbmigrate.database.bookkeeping.version_table import VersionTable, log_name
from nbmigrate.errors import BookkeepingError
from nbmigrate.graph.plan import Step
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.stamp import StampStep
from nbmigrate.scripts.reading.code_hash import Code, code_in, content_hash

_ID_WIDTH = 255
#: What stands in the place of a column that another version has not made; without the others nothing can be read.
_DEFAULTS: dict[str, Any] = {"run": "", "who": "", "pid": 0, "source": "", "destination": "", "seconds": 0.0}
_DEFAULTS |= dict.fromkeys(("error", "code_hash", "content_hash", "code"), "")


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """A row of the table.

    Parameters
    ----------
    entry
        Rows are counted from 1, in the order they were written.
    run
        What the steps of one run have in common.
    ended_at
        When the step ended, in UTC.
    who
        The user and the machine, as user@host.
    pid
        The process there.
    revision
        The revision; of a stamp the one that is stamped, or that gives way.
    direction
        "upgrade", "downgrade" or "stamp".
    source, destination
        From where to where, as the run tells it; nothing for base.
    seconds
        How long it took.
    code_hash
        What tells the revision's code from other code; empty for a stamp, which runs none.
    result
        "done", "failed" or "interrupted".
    error
        The first line of the error.
    """

    entry: int
    run: str
    ended_at: datetime
    who: str
    pid: int
    revision: str
    direction: str
    source: str
    destination: str
    seconds: float
    code_hash: str
    result: str
    error: str


@dataclass(slots=True)
class RunLog:
    """The table of runs of one database, and a run that is written into it.

    Parameters
    ----------
    connection
        The connection that every method uses; none of them begins or ends a transaction.
    versions
        The version table: this one is in its schema, and is called after it.
    read
        Returns the content of a revision's file; None where it has no source.
    clock
        Tells when a step ended.
    """

    connection: sa.Connection
    versions: VersionTable
    read: Callable[[Revision], bytes | None]
    clock: Clock = field(default_factory=SystemClock)
    table: sa.Table = field(init=False)
    _own: OwnTable = field(init=False)
    _columns: frozenset[str] | None = field(init=False, default=None)
    _run: str = field(init=False)
    _who: str = field(init=False)

    def __post_init__(self) -> None:
        self.table = _table(log_name(self.versions.name), self.versions.schema)
        self._own = OwnTable(self.connection, self.table)
        self._run = uuid.uuid4().hex[-12:]
        self._who = user_and_host()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def exists(self) -> bool:
        """Whether the database has the table, which the other methods need; what it has is looked up here.

        Raises
        ------
        BookkeepingError
            The table is not one of runs.
        """
        self._columns = self._own.column_names()
        if self._columns is None:
            return False
        for name in self.lacking:
            if name not in _DEFAULTS and name != "format":
                raise BookkeepingError(
                    f"{self.name} is no table of runs that this version of nbmigrate can use: it has no column {name}.",
                    "Run the version of nbmigrate that made it, or rename the table if it is another one.",
                )
        return True

    @property
    def was_found(self) -> bool:
        """Whether the table was there when it was last looked for."""
        return self._columns is not None

    @property
    def lacking(self) -> tuple[str, ...]:
        """The columns of this version that the table did not have then; none without a table."""
        missing = () if self._columns is None else self._own.missing(self._columns)
        return tuple(column.name for column in missing)

    def is_newer(self) -> bool:
        """Whether a newer version of nbmigrate has written rows."""
        return self._columns is not None and self._own.newest_format(self._columns) > FORMAT

    def prepare(self, patience: float | None = None) -> None:
        """Make the table, or add the columns that an older version did not make; see `OwnTable.upgrade`.

        Parameters
        ----------
        patience
            After how many seconds a server gives up adding one, in a transaction that ends with it; None for never.
        """
        if not self.exists():
            self.connection.execute(CreateTable(self.table))
            backend_of(self.connection).publish(self.connection)
        elif self._columns is not None and self.lacking:
            backend = backend_of(self.connection)
            with nullcontext() if patience is None else backend.statement_timeout(self.connection, patience):
                self._own.upgrade(self._columns)
        else:
            return
        self.exists()

    def add_done(self, step: Step, seconds: float) -> None:
        """Write that a step is done, into the transaction of the step."""
        self._add(self._of_step(step, seconds, "done"))

    def add_failed(self, step: Step, seconds: float, result: str, error: str) -> None:
        """Write that a step failed, after it was rolled back.

        Parameters
        ----------
        result
            "failed" or "interrupted".
        error
            What is told of it, without secrets.
        """
        self._add({**self._of_step(step, seconds, result), "error": error.partition("\n")[0]})

    def add_stamp(self, step: StampStep, seconds: float) -> None:
        """Write that the version rows were changed, into the transaction that changes them."""
        source, destination = ", ".join(step.source), ", ".join(step.destination)
        values = {"direction": "stamp", "result": "done", "seconds": seconds}
        revision = (destination or source)[:_ID_WIDTH]
        self._add({**values, "revision": revision, "source": source, "destination": destination})

    def add_nothing(self) -> None:
        """Write a row of no step, to be rolled back: it shows whether the table takes rows."""
        texts = dict.fromkeys(("revision", "direction", "source", "destination", "result"), "")
        self._add({**texts, "seconds": 0.0})

    def _of_step(self, step: Step, seconds: float, result: str) -> dict[str, Any]:
        content = self.read(step.revision)
        code = (code_in(content) if content is not None else None) or Code("", "")
        return {
            "revision": step.revision.id,
            "direction": step.direction,
            "source": ", ".join(step.source),
            "destination": ", ".join(step.destination),
            "seconds": seconds,
            "result": result,
            "code_hash": code.hash,
            "code": code.text,
            "content_hash": content_hash(content) if content is not None else "",
        }

    def _add(self, values: Mapping[str, Any]) -> None:
        columns = self.table.c
        row = {
            "run": self._run,
            "ended_at": self.clock.now().astimezone(UTC).replace(tzinfo=None),
            "who": self._who,
            "pid": os.getpid(),
            "format": FORMAT,
            **dict.fromkeys(("error", "code_hash", "content_hash", "code"), ""),
            **values,
        }
        row = {name: value for name, value in row.items() if name in (self._columns or ())}
        # Numbered by the statement itself: nobody else writes, since a run holds the lock.
        number = sa.func.coalesce(sa.func.max(columns.entry), 0) + 1
        found = sa.select(number, *(sa.literal(value, columns[name].type) for name, value in row.items()))
        self.connection.execute(sa.insert(self.table).from_select(["entry", *row], found))

    def count(self, revision: str | None = None) -> int:
        """Return how many rows there are, or those of a revision."""
        query = sa.select(sa.func.count()).select_from(self.table)
        return int(self.connection.execute(self._of(query, revision)).scalar_one())

    def steps(self, limit: int, revision: str | None = None) -> tuple[LoggedStep, ...]:
        """Return rows, newest first.

        Parameters
        ----------
        limit
            How many at the most.
        revision
            Those of this one alone.
        """
        names = list(LoggedStep.__slots__)
        query = sa.select(*self._selected(*names)).order_by(self.table.c.entry.desc())
        rows = self.connection.execute(self._of(query, revision).limit(limit)).mappings()
        found = []
        for row in rows:
            # Oracle has no empty text, and a column that was added later has nothing in older rows.
            values: dict[str, Any] = {
                name: _DEFAULTS.get(name, "") if row[name] is None else row[name] for name in names
            }
            found.append(LoggedStep(**values | {"ended_at": row["ended_at"].replace(tzinfo=UTC)}))
        return tuple(found)

    def last_done(self) -> dict[str, tuple[int, str, str]]:
        """Return for each revision that was upgraded last, and not downgraded or stamped since: row and hashes.

        The hashes are those of its code and of its file's content.
        """
        columns, last = self.table.c, self.table.alias("last")
        newest = (
            sa.select(sa.func.max(last.c.entry).label("entry"))
            .where(last.c.result == "done")
            .group_by(last.c.revision)
            .subquery()
        )
        query = (
            sa.select(*self._selected("revision", "entry", "code_hash", "content_hash"))
            .join(newest, newest.c.entry == columns.entry)
            .where(columns.direction == "upgrade")
        )
        return {row[0]: (row[1], row[2] or "", row[3] or "") for row in self.connection.execute(query)}

    def codes(self, numbers: Iterable[int]) -> dict[int, tuple[datetime, str]]:
        """Return when the steps of rows ended, and the code that ran."""
        found: dict[int, tuple[datetime, str]] = {}
        numbers = list(numbers)
        for start in range(0, len(numbers), 500):
            query = sa.select(*self._selected("entry", "ended_at", "code")).where(
                self.table.c.entry.in_(numbers[start : start + 500])
            )
            for number, at, code in self.connection.execute(query):
                found[number] = at.replace(tzinfo=UTC), code or ""
        return found

    def _selected(self, *names: str) -> list[Any]:
        return self._own.selected(names, self._columns or frozenset(), _DEFAULTS)

    def _of(self, query: "sa.Select[Any]", revision: str | None) -> "sa.Select[Any]":
        return query if revision is None else query.where(self.table.c.revision == revision)


def _table(name: str, schema: str | None) -> sa.Table:
    # What only asks whether there is such a table does without the dialect.
    from sqlalchemy.dialects import mysql

    # MariaDB's and MySQL's own TEXT ends at 64 kB, and their DATETIME has whole seconds.
    text = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

    def column(name: str, type_: Any) -> sa.Column[Any]:
        return sa.Column(name, type_, nullable=False)

    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
        column("run", sa.String(12)),
        column("ended_at", moment),
        column("who", sa.String(255)),
        column("pid", sa.Integer),
        column("revision", sa.String(_ID_WIDTH)),
        column("direction", sa.String(9)),
        # Empty for base, which is NULL to Oracle.
        *(sa.Column(name, text) for name in ("source", "destination")),
        column("seconds", sa.Float),
        column("result", sa.String(11)),
        *(sa.Column(name, text) for name in ("error",)),
        *(sa.Column(name, sa.String(32)) for name in ("code_hash", "content_hash")),
        sa.Column("code", text),
        format_column(),
        schema=schema,
        # What a revision says in another script than Latin must not make its step fail.
        mysql_charset="utf8mb4",
        mariadb_charset="utf8mb4",
    )
    return pinned(table)
