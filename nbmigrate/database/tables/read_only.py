"""Looking at a database without being able to change it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import sqlalchemy as sa

from nbmigrate.database.backends.base import driver_connection
from nbmigrate.database.transaction import in_autocommit, is_sqlite


@contextmanager
def reading(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Let the database refuse every change made through a connection.

    SQLite is told by `PRAGMA query_only`, PostgreSQL, DuckDB, MariaDB and MySQL by a read-only transaction; other
    databases are only looked at in a transaction that is rolled back. What could be
    changed all the same, where the connection is in a transaction of its user on MariaDB or MySQL, is undone.
    """
    if is_sqlite(connection):
        with _query_only(connection):
            yield connection
    elif connection.dialect.name == "duckdb":
        # It has no savepoints: in a transaction of its user, nothing keeps the reader from writing.
        with nullcontext() if connection.in_transaction() else _read_only_duckdb(connection):
            yield connection
    elif connection.in_transaction():
        savepoint = connection.begin_nested()
        try:
            # The transaction may write again once it is back at the savepoint.
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
        finally:
            savepoint.rollback()
    elif connection.dialect.name in {"mysql", "mariadb"}:
        transaction = connection.begin()
        try:
            with _read_only_session(connection):
                yield connection
        finally:
            transaction.rollback()
    else:
        transaction = connection.begin()
        by_hand = in_autocommit(connection)
        try:
            if by_hand:
                connection.exec_driver_sql("BEGIN")
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
        finally:
            if by_hand:
                connection.exec_driver_sql("ROLLBACK")
            transaction.rollback()


@contextmanager
def _read_only_duckdb(connection: sa.Connection) -> Iterator[None]:
    with connection.begin() as transaction:
        # A transaction is read only from its beginning or not at all.
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN TRANSACTION READ ONLY")
        try:
            yield
        finally:
            transaction.rollback()


@contextmanager
def _read_only_session(connection: sa.Connection) -> Iterator[None]:
    # MariaDB would end a read-only transaction by itself for DDL, so the session is read only as well.
    name = "tx_read_only" if getattr(connection.dialect, "is_mariadb", False) else "transaction_read_only"
    before = connection.exec_driver_sql(f"SELECT @@session.{name}").scalar()
    connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
    connection.exec_driver_sql("START TRANSACTION READ ONLY")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")
        if not before:
            connection.exec_driver_sql("SET SESSION TRANSACTION READ WRITE")


@contextmanager
def _query_only(connection: sa.Connection) -> Iterator[None]:
    driver = driver_connection(connection)
    outside = not connection.in_transaction()
    before = connection.exec_driver_sql("PRAGMA query_only").scalar()
    # What libsql gives is a text or an error; there is nothing to set.
    text_factory = getattr(driver, "text_factory", None)
    # Turso takes a number alone.
    connection.exec_driver_sql("PRAGMA query_only = 1")
    if text_factory is not None:
        # SQLite keeps whatever bytes it was given as text.
        driver.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        if text_factory is not None:
            driver.text_factory = text_factory
        connection.exec_driver_sql(f"PRAGMA query_only = {int(bool(before))}")
        if outside:
            connection.rollback()
