import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.errors import masked, translate, translating, words
from nbmigrate.errors import (
    ConfigError,
    ConnectionFailedError,
    DatabaseError,
    DatabaseLockedError,
    DriverMissingError,
    MigrateError,
    TableNotFoundError,
    UsageError,
)


def failure(url: str, statement: str | None = None) -> MigrateError:
    """Connect, and run a statement; return what it is translated to."""
    with pytest.raises(MigrateError) as caught, translating(url):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            if statement is not None:
                connection.exec_driver_sql(statement)
    assert caught.value.__context__ is not None
    return caught.value


@pytest.mark.parametrize(
    ("url", "kind", "message", "hint"),
    [
        (
            "",
            ConfigError,
            "The database URL is empty or malformed.",
            "It is written like sqlite:///file.db",
        ),
        ("db_file.db", ConfigError, "The database URL is empty or malformed.", "It is written like"),
        (
            "driver://user:pass@localhost/dbname",
            ConfigError,
            "sqlalchemy.url is still the placeholder of the template, driver://...",
            "Set yours: config sqlalchemy.url sqlite:///db_file.db",
        ),
        (
            "postgres://user:s3cret@localhost/dbname",
            DriverMissingError,
            "Unknown database 'postgres' in the URL.",
            "Did you mean postgresql://?",
        ),
        (
            "sqllite:///db_file.db",
            DriverMissingError,
            "Unknown database 'sqllite' in the URL.",
            "Did you mean sqlite://?",
        ),
        (
            "postgresql+psycopg4://user:s3cret@localhost/dbname",
            DriverMissingError,
            "Unknown driver 'psycopg4' for postgresql.",
            'Try postgresql+psycopg://, after %pip install "psycopg[binary]".',
        ),
        (
            "mssql://user:s3cret@localhost/dbname",
            DriverMissingError,
            "The Python package 'pyodbc', which connects to this database, is not installed.",
            "Install it: %pip install pyodbc",
        ),
        (
            "mysql+mysqldb://user:s3cret@localhost/dbname",
            DriverMissingError,
            "The Python package 'MySQLdb', which connects to this database, is not installed.",
            "Install it: %pip install mysqlclient\nOr begin the URL with mysql+pymysql://, whose driver is installed.",
        ),
        (
            "snowflake://user:s3cret@account/dbname",
            DriverMissingError,
            "SQLAlchemy needs a package of its own for snowflake.",
            "Install it: %pip install snowflake-sqlalchemy",
        ),
        (
            "sqlite+turso:///x.db",
            DriverMissingError,
            "SQLAlchemy needs a package of its own for sqlite+turso.",
            "Install it: %pip install pyturso",
        ),
        (
            "sqlite+pysqlcipher://:s3cret@/x.db",
            DriverMissingError,
            "The Python package 'pysqlcipher3', which connects to this database, is not installed.",
            "Install it: %pip install sqlcipher3",
        ),
        (
            "postgresql://user:s3@cret:wo/rd@localhost/dbname",
            ConfigError,
            "The database URL cannot be read: its port is not a number.",
            "Write `@ : / %` in a password as %40 %3A %2F %25 (each % twice in an ini file).",
        ),
    ],
)
def test_a_url_that_leads_nowhere(url: str, kind: type[MigrateError], message: str, hint: str) -> None:
    error = failure(url)

    assert (type(error), error.message) == (kind, message)
    assert error.hint.startswith(hint)
    assert "s3" not in str(error)


def test_no_url_at_all() -> None:
    with pytest.raises(ConfigError) as caught, translating():
        sa.engine_from_config({}, prefix="sqlalchemy.")

    assert caught.value.message == "No database URL is configured."


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError, match="mine"), translating():
        raise KeyError("mine")
    with pytest.raises(ImportError, match="mine"), translating():
        raise ImportError("mine", name="mine")


def test_ours_stay_what_they_are() -> None:
    error = UsageError("no")

    assert translate(error) is error


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    error = failure(f"sqlite:///{tmp_path}/none/test.db")

    assert type(error) is ConnectionFailedError
    assert error.message == "The database file cannot be opened: unable to open database file."


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_text("lorem ipsum " * 100)

    error = failure(f"sqlite:///{tmp_path}/test.db", "SELECT * FROM sqlite_master")

    assert type(error) is ConnectionFailedError
    assert error.message == "The file is not an SQLite database: file is not a database."


def test_a_locked_file(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    error = failure(f"sqlite:///{tmp_path}/test.db?timeout=0.1", "CREATE TABLE t (a)")

    other.close()
    assert type(error) is DatabaseLockedError
    assert error.message == "Another program is using the database: database is locked."


def test_a_read_only_file(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "test.db").execute("CREATE TABLE t (a)").connection.close()

    error = failure(f"sqlite:///file:{tmp_path}/test.db?mode=ro&uri=true", "CREATE TABLE u (a)")

    assert type(error) is DatabaseError
    assert error.message == "The database cannot be written to: attempt to write a readonly database."


def test_no_such_table(url: str) -> None:
    error = failure(url, "SELECT * FROM nowhere")

    assert type(error) is TableNotFoundError
    assert "nowhere" in error.message


def test_what_postgresql_says_of_a_wrong_password(postgresql_url: str) -> None:
    url = (
        sa.make_url(postgresql_url)
        .set(username="nobody", password="s3cr@t")
        .render_as_string(hide_password=False)
    )

    error = failure(url)

    assert type(error) is ConnectionFailedError
    assert error.message.startswith("The database cannot be reached: ")
    assert 'role "nobody" does not exist' in error.message or "nobody" in error.message
    assert "s3cr" not in str(error)


def test_what_mariadb_says_of_a_wrong_password(mariadb_url: str) -> None:
    url = (
        sa.make_url(mariadb_url)
        .set(username="nobody", password="s3cr@t")
        .render_as_string(hide_password=False)
    )

    error = failure(url)

    assert type(error) is ConnectionFailedError
    assert "Access denied for user 'nobody'" in error.message
    assert "s3cr" not in str(error)


def test_a_server_that_is_not_there() -> None:
    error = failure("mysql+pymysql://user:s3cret@127.0.0.1:1/dbname")

    assert type(error) is ConnectionFailedError
    assert "Connection refused" in error.message


def test_a_connection_that_postgresql_ended(postgresql_url: str) -> None:
    error = failure(postgresql_url, "SELECT pg_terminate_backend(pg_backend_pid())")

    assert type(error) is ConnectionFailedError
    assert error.message == (
        "The connection to the database was lost: terminating connection due to administrator command."
    )
    assert error.hint == "Run this again when the database can be reached."


def test_a_connection_that_ended_without_a_word(mariadb_url: str) -> None:
    """PyMySQL has none for what it finds closed."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with pytest.raises(ConnectionFailedError) as caught, translating(), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver._force_close()
        connection.exec_driver_sql("SELECT 1")

    assert caught.value.message == "The connection to the database was lost."


def test_the_words_of_postgresql_without_its_caret(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError) as caught:
        connection.execute(sa.text("SELECT 1 FRO :x"), {"x": 1})

    assert words(caught.value) == 'syntax error at or near "$1"'


def test_the_words_of_a_value_that_does_not_fit(sqlite: sa.Connection) -> None:
    table = sa.table("t", sa.column("a", sa.DateTime))
    sqlite.exec_driver_sql("CREATE TABLE t (a)")
    with pytest.raises(sa.exc.StatementError) as caught:
        sqlite.execute(table.insert().values(a="yesterday"))

    assert words(caught.value) == (
        "SQLite DateTime type only accepts Python datetime and date objects as input."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password p@ss/wo rd is wrong", "password *** is wrong"),
        ("password p%40ss%2Fwo%20rd is wrong", "password *** is wrong"),
        ("password p%40ss%2Fwo+rd is wrong", "password *** is wrong"),
        ("postgresql://me:p%40ss%2Fwo%20rd@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:other@host/db", "postgresql://me:***@host/db"),
    ],
)
def test_a_password_is_taken_out_however_it_is_written(text: str, expected: str) -> None:
    assert masked(text, "postgresql://me:p%40ss%2Fwo%20rd@host/db") == expected


def test_a_short_password_does_not_take_letters_out_of_words() -> None:
    assert masked("a cat: a", "postgresql://me:a@host/db") == "*** cat: ***"


def test_translating_in_two_threads() -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda url=url: found.append(failure(url).message))
        for url in ("nosuch1://h/d", "nosuch2://h/d")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [
        "Unknown database 'nosuch1' in the URL.",
        "Unknown database 'nosuch2' in the URL.",
    ]
