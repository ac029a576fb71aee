"""Databases that are locked, are none, stand elsewhere, or are asked for what they do not have."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import (
    ConfigError,
    ConnectionFailedError,
    DatabaseError,
    DatabaseLockedError,
    DriverMissingError,
    MigrateError,
    PositionError,
    TableNotFoundError,
    UsageError,
)

MakeProject = Callable[..., Project]
Refused = Callable[..., MigrateError]
Tree = Callable[[], dict[str, bytes]]

INJECTION = 'x"; DROP TABLE customer; --'
KNOWN = "There are: alembic_version, customer, orders."


@pytest.fixture
def upgraded(project: Project) -> Project:
    """The tutorial's database, at its head."""
    commands.upgrade(project, "head")
    return project


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """Another connection to the database of the test, without transactions of its own."""
    connection = sqlite3.connect("db_file.db", isolation_level=None)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("url", "kind", "message", "hint"),
    [
        (
            "postgress://u@h/d",
            DriverMissingError,
            "Unknown database 'postgress' in the URL.",
            "Did you mean postgresql://? ",
        ),
        (
            "nothing://u@h/d",
            DriverMissingError,
            "Unknown database 'nothing' in the URL.",
            "SQLAlchemy knows sqlite, ",
        ),
        (
            "postgresql+psycopgg://u@h/d",
            DriverMissingError,
            "Unknown driver 'psycopgg' for postgresql.",
            'Try postgresql+psycopg://, after %pip install "psycopg[binary]".',
        ),
        (
            "oracle://u@h/d",
            DriverMissingError,
            "The Python package 'oracledb', which connects to this database, is not installed.",
            "Install it: %pip install oracledb",
        ),
        (
            "mysql+mysqldb://u@h/d",
            DriverMissingError,
            "The Python package 'MySQLdb', which connects to this database, is not installed.",
            "Install it: %pip install mysqlclient",
        ),
        (
            "snowflake://u@h/d",
            DriverMissingError,
            "SQLAlchemy needs a package of its own for snowflake.",
            "Install it: %pip install snowflake-sqlalchemy",
        ),
        (
            "driver://user:pass@localhost/dbname",
            ConfigError,
            "sqlalchemy.url is still the placeholder of the template, driver://...",
            "Set yours: config sqlalchemy.url ",
        ),
        (
            "sqlite:///no/such/folder.db",
            ConnectionFailedError,
            "The database file cannot be opened: unable to open database file.",
            "Its folder must exist and be writable.",
        ),
        (
            "sqlite:///practice",
            ConnectionFailedError,
            "The database file cannot be opened: unable to open database file.",
            "Its folder must exist and be writable.",
        ),
        (
            "postgresql+psycopg://u@127.0.0.1:1/d",
            ConnectionFailedError,
            "The database cannot be reached: ",
            "Check the host, the user, the password and the database in sqlalchemy.url.",
        ),
    ],
)
def test_urls(
    refused: Refused, project: Project, url: str, kind: type[MigrateError], message: str, hint: str
) -> None:
    commands.config(project, "sqlalchemy.url", url, force=True)
    for command in (commands.current, commands.tables, lambda project: commands.upgrade(project, "head")):
        error = refused(kind, command, project)
        assert error.message.startswith(message)
        assert error.hint.startswith(hint)
    assert commands.graph(project).notes[0].startswith(f"The position is not shown: {message}")
    assert str(commands.heads(project)) == "a3d94c07be12 (head)"


def test_a_locked_file(refused: Refused, make_project: MakeProject, database: sqlite3.Connection) -> None:
    project = make_project(url="sqlite:///db_file.db?timeout=0.05")
    commands.revision(project, "one", body="op.create_table('t', sa.Column('id', sa.Integer))\n")
    commands.revision(project, "two", body="op.create_table('u', sa.Column('id', sa.Integer))\n")
    commands.upgrade(project, "+1")
    database.execute("BEGIN EXCLUSIVE")
    for command in (
        lambda: commands.upgrade(project, "head"),
        lambda: commands.downgrade(project, "base"),
        lambda: commands.current(project),
        lambda: commands.tables(project),
        lambda: commands.table(project, "t"),
    ):
        error = refused(DatabaseLockedError, command)
        assert error.message == "Another program is using the database: database is locked."
        assert error.hint == "Let the other program finish, then run this again."
    assert commands.graph(project).notes[0].startswith("The position is not shown: Another program is using ")
    database.execute("ROLLBACK")
    database.execute("BEGIN IMMEDIATE")
    refused(DatabaseLockedError, commands.upgrade, project, "head")
    assert str(commands.current(project)) == "0001"
    database.execute("ROLLBACK")
    assert commands.upgrade(project, "head").standing == "Now at 0002 (head)."


def test_a_file_that_is_no_database(refused: Refused, project: Project) -> None:
    Path("db_file.db").write_text("Dear diary, " * 500, encoding="utf-8")
    for command in (commands.current, commands.tables, lambda project: commands.upgrade(project, "head")):
        error = refused(ConnectionFailedError, command, project)
        assert error.message == "The file is not an SQLite database: file is not a database."
        assert error.hint == "Check the path in sqlalchemy.url, and the key if the file is encrypted."


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("0123456789ab", "'0123456789ab'"),
        ("", "''"),
        ("29cf", "'29cf'"),
        (None, "'None'"),
        (5, "'5'"),
        (b"\xff", ""),
    ],
)
def test_a_database_at_an_unknown_revision(
    refused: Refused, upgraded: Project, database: sqlite3.Connection, row: object, shown: str
) -> None:
    database.execute("DROP TABLE alembic_version")
    database.execute("CREATE TABLE alembic_version (version_num)")
    database.execute("INSERT INTO alembic_version VALUES (?)", (row,))
    for command in (
        lambda: commands.current(upgraded),
        lambda: commands.upgrade(upgraded, "head"),
        lambda: commands.downgrade(upgraded, "-1"),
        lambda: commands.history(upgraded, rev_range="current:"),
        lambda: commands.show(upgraded, "current"),
    ):
        error = refused(PositionError, command)
        assert error.message.startswith(f"The database stands at {shown}")
        assert "which no revision file has" in error.message
        assert "`stamp --purge`" in error.hint
        assert {problem.hint for problem in commands.doctor(upgraded).problems} == {error.hint}
    drawn = commands.graph(upgraded)
    assert drawn.notes[0].startswith(f"The database stands at {shown}")
    assert drawn.marks.applied == frozenset()
    assert len(commands.history(upgraded, indicate_current=True).rows()) == 3


def test_rows_that_overlap(upgraded: Project, database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO alembic_version VALUES ('29cf196546aa')")
    assert str(commands.current(upgraded)) == "a3d94c07be12 (head)"
    assert commands.downgrade(upgraded, "-1").standing == "Now at 5f0c6e2a91b7."
    assert database.execute("SELECT * FROM alembic_version").fetchall() == [("5f0c6e2a91b7",)]


def test_a_row_that_is_there_twice(refused: Refused, upgraded: Project, database: sqlite3.Connection) -> None:
    database.execute("DROP TABLE alembic_version")
    database.execute("CREATE TABLE alembic_version (version_num)")
    database.executemany("INSERT INTO alembic_version VALUES (?)", [("5f0c6e2a91b7",), ("5f0c6e2a91b7",)])
    error = refused(PositionError, commands.downgrade, upgraded, "-1")
    assert error.message == "alembic_version was expected to hold '5f0c6e2a91b7' once, and holds it 2 times."
    assert str(commands.current(upgraded)) == "5f0c6e2a91b7"


def test_a_version_table_of_somebody_else(
    refused: Refused, upgraded: Project, database: sqlite3.Connection
) -> None:
    database.execute("DROP TABLE alembic_version")
    database.execute("CREATE TABLE alembic_version (id INTEGER)")
    for command in (commands.current, lambda project: commands.upgrade(project, "head")):
        error = refused(DatabaseError, command, upgraded)
        assert error.message == "The database refused: no such column: alembic_version.version_num."


@pytest.mark.parametrize("command", [commands.table, commands.schema])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("custmer", f"Did you mean customer? {KNOWN}"),
        ("CUSTOMER", KNOWN),
        (INJECTION, KNOWN),
        ("", KNOWN),
        ("nowhere.customer", f"Did you mean customer? {KNOWN}"),
        ("sqlite_master", KNOWN),
        ("x" * 10_000, KNOWN),
        ("customer\0", f"Did you mean customer? {KNOWN}"),
        ("🦆", KNOWN),
    ],
)
def test_tables_that_are_not_there(
    refused: Refused, upgraded: Project, command: Callable[..., object], name: str, hint: str
) -> None:
    error = refused(TableNotFoundError, command, upgraded, name)
    assert error.message == f"There is no table {name!r}."
    assert error.hint == hint


@pytest.mark.parametrize("option", ["columns", "order_by"])
def test_columns_that_are_not_there(refused: Refused, upgraded: Project, option: str) -> None:
    error = refused(TableNotFoundError, commands.table, upgraded, "customer", **{option: ["lastnam"]})
    assert error.message == "There is no column in customer: 'lastnam'."
    assert error.hint.startswith("Did you mean lastname? There are: birthday, ")
    refused(TableNotFoundError, commands.table, upgraded, "customer", **{option: [INJECTION]})
    refused(TableNotFoundError, commands.table, upgraded, "customer", **{option: [""]})
    refused(
        TableNotFoundError, commands.table, upgraded, "customer", **{option: ["id desc; DROP TABLE customer"]}
    )


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("1 = 1; DROP TABLE customer", UsageError),
        ("1 = 1) ; DELETE FROM customer --", UsageError),
        ("1 = 1) OR (1 = 1", UsageError),
        ("id = 1 -- all", UsageError),
        ("firstname = 'x\\''", UsageError),
        ("", UsageError),
        ("'", UsageError),
        ("id IN (DELETE FROM customer RETURNING id)", DatabaseError),
        ("id = (INSERT INTO customer VALUES (9, 'a', 'b', NULL, NULL) RETURNING id)", DatabaseError),
        ("1 UNION SELECT 1", DatabaseError),
        ("writefile('owned', 'x')", DatabaseError),
        ("load_extension('x')", DatabaseError),
        ("nothing = 1", DatabaseError),
        ("id =", DatabaseError),
        ("id = :x", DatabaseError),
        ("id = ?", DatabaseError),
        ("id = %(x)s", DatabaseError),
    ],
)
def test_conditions_that_write_or_are_none(
    refused: Refused, upgraded: Project, database: sqlite3.Connection, where: str, kind: type[MigrateError]
) -> None:
    refused(kind, commands.table, upgraded, "customer", where=where)
    assert database.execute("SELECT id FROM customer").fetchall() == [(1,), (2,)]


@pytest.mark.parametrize("limit", [-1, 2**63, 10**40])
def test_limits_that_are_none(refused: Refused, upgraded: Project, limit: int) -> None:
    error = refused(UsageError, commands.table, upgraded, "customer", limit=limit)
    assert error.message == f"There is no limit of {limit} rows."
