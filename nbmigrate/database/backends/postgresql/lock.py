"""The lock of a run on PostgreSQL: an advisory one, held by a transaction and gone with it."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import sqlalchemy as sa

from nbmigrate.database.backends.driver import in_autocommit
from nbmigrate.database.backends.lock import Lock, holder_name
from nbmigrate.database.backends.postgresql.one_session import SessionLock, why_one_session
from nbmigrate.database.backends.postgresql.pooler import ADVICE, is_pooled, prepare_nothing
from nbmigrate.database.backends.side_connection import OwnConnection

#: Lets nobody end a transaction for its idleness. It comes last, since what comes last stays open on the server until
#: something else does, with its snapshot if it has one: SET has none.
_STAY = "SET LOCAL idle_in_transaction_session_timeout = 0"
#: Who holds an advisory lock; its number is shown in two halves.
_HOLDER = sa.text(
    r"SELECT a.application_name, a.pid, host(a.client_addr), to_char(a.xact_start, 'YYYY-MM-DD HH24\:MI\:SS TZ') "
    "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) "
    "AND l.classid = CAST(:high AS oid) AND l.objid = CAST(:low AS oid)"
)


def run_lock(
    connection: sa.Connection,
    table: str,
    schema: str | None,
    *,
    caller_owns_transaction: bool,
    timeout: float,
    warn: Callable[[str], None],
) -> Lock:
    """Return the lock of another connection, or of the run's own where the server has no other."""
    key = _key(connection, table, schema)
    pooled = is_pooled(connection)
    if pooled:
        prepare_nothing(connection)
    if not caller_owns_transaction:
        # A server of one session lets nobody connect while a transaction is open.
        connection.rollback()
    if caller_owns_transaction and not in_autocommit(connection):
        own, note = None, ""
    else:
        own = OwnConnection(connection, "READ COMMITTED", timeout)
        note = why_one_session(connection, own, pooled=pooled)
    for each in filter(None, (ADVICE if pooled else "", note)):
        warn(each)
    return SessionLock(connection, key) if note else PostgreSQLLock(connection, key, holder_name(), own)


def _key(connection: sa.Connection, table: str, schema: str | None) -> int:
    """Return the lock's number on PostgreSQL, whose numbers each database has for itself.

    The schema is the one that the table is in, or will be, by whichever name it was meant.
    """
    schema = (
        schema
        or connection.execute(
            sa.text(
                "SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class c "
                "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.oid = to_regclass(quote_ident(:table))), current_schema(), '')"
            ),
            {"table": table},
        ).scalar_one()
    )
    digest = blake2b(f"nbmigrate\0{schema}\0{table}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


class PostgreSQLLock:
    """An advisory lock of PostgreSQL, held by a transaction that does nothing else.

    It is polled: a waiter inside the server has a snapshot, and CREATE INDEX CONCURRENTLY waits for every snapshot, so
    that the two would wait for each other. A transaction at READ COMMITTED has none after a SET. It is not
    the lock of a session: a pooler that gives every transaction the next free session would leave that behind.

    Parameters
    ----------
    connection
        The connection of the run.
    key
        The lock's number.
    name
        Who wants the lock, for those who wait for it.
    own
        A connection beside it. None where the transaction of the run is its user's: it holds the lock itself then,
        until the user ends it.
    """

    def __init__(self, connection: sa.Connection, key: int, name: str, own: OwnConnection | None) -> None:
        self._own = own
        self._users = connection
        self._key = key
        # What does not fit PostgreSQL cuts off, and warns.
        self._name = name[:63]

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """What the server is asked by."""
        return (self._connection,)

    @property
    def _connection(self) -> sa.Connection:
        return self._users if self._own is None else self._own.get()

    def take(self) -> bool:
        """Take the lock if it is free."""
        connection = self._connection
        taken = bool(
            connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({self._key})").scalar_one()
        )
        if self._own is None:
            return taken
        if not taken:
            connection.rollback()
            return False
        # Shown to those who wait.
        name = self._name.replace("'", "").replace("%", "")
        connection.exec_driver_sql(f"SET LOCAL application_name = '{name}'")
        if (connection.dialect.server_version_info or ()) >= (17,):
            connection.exec_driver_sql("SET LOCAL transaction_timeout = 0")
        connection.exec_driver_sql(_STAY)
        return True

    def holder(self) -> str:
        """Return who has the lock; nothing where it is free by now."""
        connection = self._connection
        found = connection.execute(
            _HOLDER, {"high": self._key >> 32 & 0xFFFFFFFF, "low": self._key & 0xFFFFFFFF}
        ).first()
        if self._own is not None:
            connection.rollback()
        if found is None:
            return ""
        name, pid, address, since = found
        parts = (f"server process {pid}", address and f"from {address}", since and f"since {since}")
        return f"{name or 'a connection'} ({', '.join(filter(None, parts))})"

    def check(self) -> bool:
        """Whether the lock is still held: whether the transaction that holds it is still there."""
        if self._own is None:
            return True
        try:
            self._own.get().exec_driver_sql(_STAY)
        except sa.exc.DBAPIError:
            self._own.close("ROLLBACK")
            return False
        return True

    def release(self) -> None:
        """Let others have the lock; where the transaction is the user's, its end does that."""
        if self._own is not None:
            self._own.close("ROLLBACK")
