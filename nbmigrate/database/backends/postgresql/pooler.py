"""Whether a connection reaches PostgreSQL through a pooler, which may give each transaction another session."""

from typing import Any

import sqlalchemy as sa

#: What holds between transactions is a session's: what was prepared or SET, and tables that are temporary.
ADVICE = (
    "This connection goes through a pooler, which may give each transaction another session of the server: "
    "what is SET or prepared in an autocommit_block() may be lost, or be found by others. "
    "A url of the server itself is safer for migrations."
)


def is_pooled(connection: sa.Connection) -> bool:
    """Whether another process of the server answers than the one that the driver was told of when it connected.

    Parameters
    ----------
    connection
        A connection to PostgreSQL. Where its driver does not tell, nothing is said of a pooler.
    """
    process_id = server_process(connection.connection.driver_connection)
    return (
        process_id is not None
        and process_id != connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    )


def prepare_nothing(connection: sa.Connection) -> None:
    """Keep psycopg from preparing what it often runs: the next transaction's session would not know it.

    Parameters
    ----------
    connection
        A connection that goes through a pooler; it stays so.
    """
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "prepare_threshold"):
        driver.prepare_threshold = None


def server_process(driver: Any) -> int | None:
    """Return the number of the server's process, as it was told to psycopg, psycopg2 or asyncpg."""
    info = getattr(driver, "info", None)
    found = getattr(info, "backend_pid", None)
    if found is None and hasattr(driver, "get_server_pid"):
        found = driver.get_server_pid()
    return found if isinstance(found, int) else None
