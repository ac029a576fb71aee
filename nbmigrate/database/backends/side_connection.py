"""The locks of the servers: advisory ones, held by a connection and gone with it."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import is_plain, read_text, send_text
from nbmigrate.database.backends.postgresql.pooler import prepare_nothing
from nbmigrate.database.backends.timeouts import DEFAULT_TIMEOUT, connecting_within

_SILENT = logging.Logger("nbmigrate.database.backends.side_connection", logging.CRITICAL + 1)
#: Seconds, as many as every server takes: that MariaDB leaves a connection alone on which nothing happens.
_PATIENCE = 2_147_483


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
#: What a connection is; since when it does what it does, which is nothing for one that holds a lock.
_PROCESS = sa.text(
    "SELECT user, host, NOW() - INTERVAL time SECOND FROM information_schema.processlist WHERE id = :id"
)


class OwnConnection:
    """A connection beside one that is in use, whatever the pool of its engine.

    Parameters
    ----------
    beside
        The connection that is in use.
    isolation_level
        How the new one is to be.
    timeout
        Seconds that connecting may take, where the driver can be told that.
    """

    def __init__(self, beside: sa.Connection, isolation_level: Any, timeout: float = DEFAULT_TIMEOUT) -> None:
        engine = beside.engine
        # A pool of one connection would give that again, or none; a url alone lacks what create_engine() was told.
        pool = engine.pool.recreate()
        # That a connection which was broken off cannot be closed is no news, and SQLAlchemy logs a traceback.
        pool.logger = _SILENT
        self._engine = sa.Engine(pool, engine.dialect, engine.url)
        self._isolation_level = isolation_level
        self._timeout = timeout
        self._connection: sa.Connection | None = None

    def get(self) -> sa.Connection:
        """Return the connection, made when it is first needed."""
        if self._connection is None:
            with connecting_within(self._timeout):
                connection = self._engine.connect()
            prepare_nothing(connection)
            self._connection = connection.execution_options(isolation_level=self._isolation_level)
        return self._connection

    def close(self, last: str = "") -> None:
        """Close it, also a broken one, after one last statement: the server notices later that a connection is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if last:
                    connection.exec_driver_sql(last)
                connection.close()
            except sa.exc.SQLAlchemyError:
                if not connection.closed:
                    connection.invalidate()
                    connection.close()
        self._engine.dispose()


def postgresql_key(connection: sa.Connection, table: str, schema: str | None) -> int:
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
            send_text(self._own.get(), _STAY)
        except sa.exc.DBAPIError:
            self._own.close("ROLLBACK")
            return False
        return True

    def release(self) -> None:
        """Let others have the lock; where the transaction is the user's, its end does that."""
        if self._own is not None:
            self._own.close("ROLLBACK")


def mysql_name(connection: sa.Connection, table: str, schema: str | None) -> str:
    """Return the lock's name on MariaDB and MySQL: one for the whole server, and of 64 characters at the most."""
    database = schema or connection.exec_driver_sql("SELECT DATABASE()").scalar_one()
    return "nbmigrate:" + blake2b(f"{database}\0{table}".encode(), digest_size=16).hexdigest()


class MySQLLock:
    """A lock of MariaDB's and MySQL's GET_LOCK, held by a connection that does nothing else.

    The connection of the run holds a second one: the server goes on with the statement of a process that was killed,
    and nobody is to come near the database before that has ended.

    Parameters
    ----------
    connection
        The connection of the run.
    lock
        The lock's name.
    in_users
        Whether its transaction is its user's: who may give it back to a pool before the lock can be released.
    """

    def __init__(self, connection: sa.Connection, lock: str, *, in_users: bool) -> None:
        self._own = OwnConnection(connection, "AUTOCOMMIT")
        self._run = connection
        self._lock = lock
        self._second = None if in_users else f"{lock}:run"
        self._id: int | None = None

    def _ask(self, sql: str) -> Sequence[Any]:
        """Return what the connection of the run is told, and leave no transaction behind."""
        if is_plain(self._run):
            # Asked of no table, it begins none.
            return read_text(self._run, sql)[0]
        within = self._run.in_transaction()
        try:
            return self._run.exec_driver_sql(sql).one()
        finally:
            if not within and self._run.in_transaction():
                self._run.rollback()

    @property
    def connections(self) -> Sequence[sa.Connection]:
        """What the server is asked by."""
        return (self._own.get(), self._run)

    def take(self) -> bool:
        """Take the lock if it is free."""
        connection = self._own.get()
        if self._id is None:
            connection.exec_driver_sql(f"SET SESSION wait_timeout = {_PATIENCE}")
            self._id = connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()
        if not connection.exec_driver_sql(f"SELECT GET_LOCK('{self._lock}', 0)").scalar_one():
            return False
        return self._second is None or bool(self._ask(f"SELECT GET_LOCK('{self._second}', 0)")[0])

    def holder(self) -> str:
        """Return who has the lock; nothing where it is free by now."""
        connection = self._own.get()
        for name in filter(None, (self._lock, self._second)):
            id_ = connection.exec_driver_sql(f"SELECT IS_USED_LOCK('{name}')").scalar_one()
            if id_ is not None and id_ != self._id:
                # Of other users' connections a user may see nothing.
                found = connection.execute(_PROCESS, {"id": id_}).first()
                where = f", from {found[1]}, since {found[2]}" if found else ""
                return f"{found[0] if found else 'somebody'} (connection {id_}{where})"
        return ""

    def check(self) -> bool:
        """Whether the lock is still held; asked elsewhere, so that its own connection shows since when."""
        second = "1" if self._second is None else f"IS_USED_LOCK('{self._second}') = CONNECTION_ID()"
        holder, is_ours = self._ask(f"SELECT IS_USED_LOCK('{self._lock}'), {second}")
        held = bool(holder == self._id and is_ours)
        if not held:
            self.release()
        return held

    def release(self) -> None:
        """Let others have the lock."""
        if self._second is not None and not self._run.closed and not self._run.invalidated:
            # A connection that is lost has lost its lock.
            with suppress(sa.exc.SQLAlchemyError):
                self._ask(f"SELECT RELEASE_LOCK('{self._second}')")
        self._own.close(f"DO RELEASE_LOCK('{self._lock}')")
        self._id = None
