"""What is to be done about a failure: the file is to be corrected only where the file is at fault."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError, OffendingRowsError

FILE = "Correct the file"
ROWS = "Correct the rows or the file"
LOG = "Check the server's log"
OTHERS = "Let the other program finish"
REACHED = "Wait until the database can be reached"
LIMIT = "Raise the time limit"


def raising(error: BaseException) -> Callable[[], None]:
    def upgrade() -> None:
        raise error

    return upgrade


def executing(*statements: str) -> Callable[[], None]:
    def upgrade() -> None:
        for statement in statements:
            op.get_bind().exec_driver_sql(statement)

    return upgrade


def remedy(history: Any, connection: sa.Connection, upgrade: Callable[[], None]) -> str:
    """Return what the message of a failed run says is to be done, before the command is run again."""
    history.add("a1", upgrade)
    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection)
    assert str(caught.value).count("then run the same command again.") == 1
    last = caught.value.hint.splitlines()[-1].removesuffix(", then run the same command again.")
    return last.rpartition(". ")[2]


def importing_nothing() -> None:
    import package_that_nobody_has  # type: ignore[import-not-found]  # noqa: F401


def importing_another_version() -> None:
    from sqlalchemy import NoSuchName  # type: ignore[attr-defined]  # noqa: F401


def opening_nothing() -> None:
    open("seeds/that/are/not/there.csv")  # noqa: PTH123, SIM115


@pytest.mark.parametrize(
    ("upgrade", "said"),
    [
        (raising(ValueError("x")), FILE),
        (raising(SystemExit(1)), FILE),
        (importing_nothing, "Install the package, or name its folder in prepend_sys_path"),
        (importing_another_version, "Correct the import or the package"),
        (opening_nothing, "Restore that file, or correct its name in the revision"),
        (raising(PermissionError(errno.EACCES, "denied")), "Check the permissions of that file"),
        (raising(OSError(errno.ENOSPC, "full")), "Free disk space"),
        (raising(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "Wait until that can be reached"),
        (raising(TimeoutError("timed out")), "Wait until that can be reached"),
        (raising(MemoryError()), "Free memory"),
        (raising(OffendingRowsError("Table t has 1 row with NULL.")), ROWS),
        (raising(sa.exc.NoSuchTableError("t")), FILE),
        (raising(sa.exc.TimeoutError("QueuePool limit")), "Wait until a connection is free"),
    ],
)
def test_errors_of_python(
    sqlite: sa.Connection, history: Any, upgrade: Callable[[], None], said: str
) -> None:
    assert remedy(history, sqlite, upgrade) == said


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("SELECT nonsense",), FILE),
        (("SELEC 1",), FILE),
        (("CREATE TABLE t (i INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (1)"), ROWS),
        (("CREATE TABLE t (i INTEGER PRIMARY KEY)", "INSERT INTO t VALUES ('x')"), ROWS),
        (
            ("PRAGMA query_only = 1", "CREATE TABLE t (i)"),
            "Check the permissions of the database's file or user",
        ),
    ],
)
def test_sqlite(sqlite: sa.Connection, history: Any, statements: tuple[str, ...], said: str) -> None:
    assert remedy(history, sqlite, executing(*statements)) == said


def test_sqlite_that_the_revision_itself_has_locked(sqlite: sa.Connection, history: Any) -> None:
    def upgrade() -> None:
        executing("CREATE TABLE t (i)", "INSERT INTO t VALUES (1), (2)")()
        rows = op.get_bind().exec_driver_sql("SELECT i FROM t")
        rows.fetchone()
        op.drop_table("t")

    assert remedy(history, sqlite, upgrade) == FILE


def test_sqlite_that_another_program_has_locked(sqlite_url: str, history: Any, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
    other.execute("CREATE TABLE t (i)")
    with sa.create_engine(sqlite_url, connect_args={"timeout": 0}).connect() as connection:
        other.execute("BEGIN EXCLUSIVE")
        attach = f"ATTACH '{tmp_path}/other.db' AS other"
        assert remedy(history, connection, executing(attach, "INSERT INTO other.t VALUES (1)")) == OTHERS
    other.close()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("42601", FILE),
        ("0A000", FILE),
        ("P0001", FILE),
        ("23505", ROWS),
        ("23514", ROWS),
        ("22P02", ROWS),
        ("42501", "Grant the user the right that is missing"),
        ("28000", "Grant the user the right that is missing"),
        ("25006", "Check the permissions of the database's file or user"),
        ("40001", OTHERS),
        ("40P01", OTHERS),
        ("55006", OTHERS),
        ("53100", "Free disk space"),
        ("53200", "Give the database more memory"),
        ("53300", "Wait until a connection is free"),
        ("57014", LIMIT),
        ("57P01", REACHED),
        ("08006", REACHED),
        ("58030", LOG),
        ("XX000", LOG),
        ("XX001", "Repair the database"),
    ],
)
def test_postgresql(postgresql_url: str, history: Any, state: str, said: str) -> None:
    raised = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        assert remedy(history, connection, executing(raised)) == said


def test_postgresql_and_a_limit(postgresql_url: str, history: Any) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        limited = executing("SET LOCAL statement_timeout = 20", "SELECT pg_sleep(5)")
        assert remedy(history, connection, limited) == LIMIT


def test_postgresql_and_a_user_without_rights(postgresql_url: str, history: Any) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        refused = executing("SET LOCAL ROLE pg_monitor", "CREATE TABLE t (i INTEGER)")
        assert remedy(history, connection, refused) == "Grant the user the right that is missing"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1064, FILE),
        (1146, FILE),
        (1062, ROWS),
        (4025, ROWS),
        (1142, "Grant the user the right that is missing"),
        (1227, "Grant the user the right that is missing"),
        (1290, "Check the permissions of the database's file or user"),
        (1021, "Free disk space"),
        (1114, "Free disk space"),
        (1030, "Check the disk"),
        (1205, OTHERS),
        (1213, OTHERS),
        (1020, OTHERS),
        (1040, "Wait until a connection is free"),
        (1969, LIMIT),
        (1317, "Find out what stopped the statement"),
        (1047, REACHED),
        (1034, "Repair the database"),
    ],
)
def test_mariadb(mariadb_url: str, history: Any, number: int, said: str) -> None:
    signal = f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'x'"
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        assert remedy(history, connection, executing(signal)) == said


def test_mariadb_and_a_limit(mariadb_url: str, history: Any) -> None:
    limited = executing(
        "SET STATEMENT max_statement_time = 0.02 FOR SELECT count(DISTINCT md5(seq)) FROM seq_1_to_9999999"
    )
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        assert remedy(history, connection, limited) == LIMIT


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("SELECT nonsense",), FILE),
        (("CREATE TABLE t (i INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (1)"), ROWS),
        (("SELECT CAST('x' AS INTEGER)",), ROWS),
    ],
)
def test_duckdb(tmp_path: Path, history: Any, statements: tuple[str, ...], said: str) -> None:
    with sa.create_engine(f"duckdb:///{tmp_path / 'test.db'}").connect() as connection:
        assert remedy(history, connection, executing(*statements)) == said
