"""The one seam between the errors of SQLAlchemy and of the drivers, and ours."""

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, quote_plus, unquote

import sqlalchemy as sa

from nbmigrate.config import mask_url
from nbmigrate.database.drivers import PACKAGES, raised_in, url_error
from nbmigrate.errors import (
    ConnectionFailedError,
    DatabaseError,
    DatabaseLockedError,
    MigrateError,
    TableNotFoundError,
)

#: Codes that mean one thing: SQLSTATE (PostgreSQL), the number of MySQL and MariaDB, SQLite's primary result code, and
#: for DuckDB, which has none, what its message begins with.
LOCKED = {"55P03", "40P01", 1205, 1213, ("sqlite", 5), ("sqlite", 6), ("duckdb", "locked")}
OPEN_HERE = {("duckdb", "open here")}
#: Zero is PyMySQL's, for a connection that it finds closed.
LOST = {"57P01", "57P02", "57P03", 0, 2006, 2013, 2055, 4031}
NO_TABLE = {"42P01", 1146, ("duckdb", "no table")}
READ_ONLY = {"25006", 1290, 1792, ("sqlite", 8), ("duckdb", "read only")}
DISK_FULL = {"53100", 1021, ("sqlite", 13)}
DISK_FAILED = {("sqlite", 10)}
#: A right is missing: to a schema, a database, a table, a column, a statement.
DENIED = {"42501", 1044, 1142, 1143, 1227}
NOT_A_DATABASE = {("sqlite", 26), ("duckdb", "not a database")}
CANNOT_OPEN = {("sqlite", 14), ("duckdb", "cannot open")}

#: What SQLite itself calls its codes, for drivers that have the text alone.
_SQLITE = {
    5: r"database is locked|Locking error: ",
    6: r"database table is locked",
    7: r"out of memory$",
    8: r"attempt to write a readonly database",
    9: r"interrupted$",
    10: r"disk I/O error",
    11: r"database disk image is malformed",
    13: r"database or disk is full",
    14: r"unable to open database file|open: NotFound|Failed to connect to database: `Unable to open connection",
    19: r"[\w ]+ constraint failed",
    20: r"datatype mismatch$",
    23: r"not authorized$|authorization denied",
    26: r"file is not a database|file is encrypted or is not a database",
}
_DUCKDB = {
    "locked": r"IO Error: Could not set lock on file|TransactionContext Error: .*\bconflict\b",
    "open here": r"Connection Error: Can't open a connection to same database file with a different configuration",
    "no table": r"Catalog Error: Table with name .* does not exist",
    "read only": r"(TransactionContext|Invalid Input) Error: Cannot (write|execute statement) .*read-only",
    "not a database": r"IO Error: The file .* is not a valid DuckDB database file",
    "cannot open": r"IO Error: Cannot open file",
    "disk full": r"IO Error: .*No space left on device",
    "rows": r"Constraint Error: |Conversion Error: ",
    "memory": r"Out of Memory Error: ",
    "denied": r"Permission Error: ",
    "stopped": r"INTERRUPT Error: ",
}

#: What drivers put before the words of the database: MySQL's own its codes, SQLAlchemy's asyncpg a class.
_NUMBER = re.compile(r"\d+ \(\w+\): ")
_CLASS = re.compile(r"<class '[\w.]+'>: ")

#: How a server that takes few connections refuses another, and what may be the reason.
_NOT_SERVED = r"connection timeout expired|timeout expired|server closed the connection unexpectedly"
_BUSY = (
    " Or another program has the only connection that the server takes: let it finish, then run this again."
)

SECRET_OPTIONS = ("password", "passwd", "sslpassword", "secret", "token")


def secrets_of(url: str | None) -> tuple[str, ...]:
    """Return what must not be shown of a url, as it stands in it and decoded; the longest first."""
    if not url:
        return ()
    found = re.findall(r"://[^:/@\s]*:(.*)@", url)
    # A password with an "@" in it that is not encoded ends there for SQLAlchemy, and the rest becomes the host.
    found += [part for text in found if "@" in text for part in _parts(text)]
    found += re.findall(rf"(?:{'|'.join(SECRET_OPTIONS)})=([^&\s]+)", url, re.IGNORECASE)
    every = {form for text in found for form in _forms(text) if form}
    return tuple(sorted(every, key=len, reverse=True))


def _parts(text: str) -> list[str]:
    # It may also end at its first "@", where a query has another; a part that is a word of every text is none to hide.
    parts = [*text.split("@"), *re.split(r"[@/:?#]", text), text.partition("@")[2]]
    return [part for part in parts if len(part) > 3]


def _forms(secret: str) -> set[str]:
    plain = unquote(secret)
    # A KeyError says its key as Python writes it.
    forms = {secret, plain, quote(plain), quote(plain, safe=""), quote_plus(plain), repr(plain)[1:-1]}
    # A driver whose parameters are %s, and an ini, have every percent sign twice.
    return forms | {form.replace("%", "%%") for form in forms}


def masked(text: str, url: str | None) -> str:
    """Return a text without the secrets of a url, however they are encoded in it."""
    for secret in secrets_of(url):
        text = re.sub(_pattern(secret), "***", text)
    return mask_url(text)


def url_text(url: sa.URL) -> str:
    """Return a url as it is shown: its secrets masked, and DuckDB's name for memory as people write it."""
    return mask_url(url.render_as_string(hide_password=True)).replace("%3Amemory%3A", ":memory:")


def _pattern(secret: str) -> str:
    # A short password would take a piece out of every word that it is in, and so tell what it is.
    return re.escape(secret) if len(secret) > 7 else rf"(?<!\w){re.escape(secret)}(?!\w)"


def cause_of(error: BaseException, url: str | None) -> BaseException | None:
    """Return an error to raise ours from; None where its traceback would show a secret of the url."""
    if isinstance(error, ValueError) and raised_in(error, "sqlalchemy/engine/url.py"):
        return None
    text = "".join(traceback.format_exception(error))
    return None if any(re.search(_pattern(secret), text) for secret in secrets_of(url)) else error


def code_of(error: BaseException) -> object:
    """Return the database's own code for an error: an SQLSTATE, a number, ("sqlite", number), or None.

    That of DuckDB is ("duckdb", a key of the patterns for its messages).
    """
    extended = getattr(error, "sqlite_errorcode", None)
    if isinstance(extended, int):
        return "sqlite", extended & 0xFF
    if type(error).__module__ in ("duckdb", "_duckdb"):
        return next((("duckdb", key) for key, text in _DUCKDB.items() if re.match(text, str(error))), None)
    if error.args and isinstance(error.args[0], int):
        return error.args[0]
    # pg8000 has the fields of the server's message; psycopg2 another name than psycopg and asyncpg.
    sqlstate = _fields(error).get("C") or getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if sqlstate is not None:
        return sqlstate
    message = str(error)
    return next((("sqlite", code) for code, text in _SQLITE.items() if re.match(text, message)), None)


def _fields(error: BaseException) -> Mapping[str, str]:
    """Return the fields of PostgreSQL's message, by their letters, where the driver's error is not the message."""
    if error.args and isinstance(error.args[0], dict):
        return error.args[0]
    # SQLAlchemy's asyncpg keeps the driver's own as the cause.
    cause = error.__cause__
    if type(cause).__module__.partition(".")[0] != "asyncpg":
        return {}
    found = {"C": "sqlstate", "M": "message", "D": "detail"}
    return {letter: text for letter, name in found.items() if (text := getattr(cause, name, None))}


def words(error: BaseException) -> str:
    """Return what the database itself said, in one line, without what SQLAlchemy adds to it."""
    if isinstance(error, sa.exc.StatementError) and error.orig is not None:
        return words(error.orig)
    if isinstance(error, sa.exc.SQLAlchemyError):
        text = f"{type(error).__name__}: {error.args[0] if error.args else ''}".rstrip(": ")
    elif len(error.args) >= 2 and isinstance(error.args[0], int):
        text = _NUMBER.sub("", str(error.args[1]))
    elif "M" in (fields := _fields(error)):
        text = f"{fields['M']}\nDETAIL:  {fields.get('D', '')}".removesuffix("\nDETAIL:  ")
    else:
        text = _CLASS.sub("", str(error)) or type(error).__name__
    lines = (line.strip() for line in text.splitlines())
    # PostgreSQL repeats the statement under its message, with a caret.
    kept = [
        line for line in lines if line and not re.match(r"LINE \d+:|\^$|\(Background on this error", line)
    ]
    return " ".join(line for line in kept if line.strip() != "^")


def translate(error: BaseException, url: str | None = None) -> MigrateError:
    """Return our error for one of SQLAlchemy's or of a driver's.

    Parameters
    ----------
    error
        What was raised; one of ours is returned as it is.
    url
        The url in use, with its password, which is taken out of every text; None where it is not known.
    """
    if isinstance(error, MigrateError):
        return error
    found = url_error(error) or _from_driver(error) or _from_database(error)
    # The hints are ours alone: a password that is a word of theirs stays in them, unrecognised.
    found.message = masked(found.message, url)
    found.args = (found.message,)
    return found


def is_database_error(error: BaseException) -> bool:
    """Whether an error is the database's, its driver's or its url's, and not that of somebody's Python."""
    if isinstance(error, MigrateError):
        # Some of ours are SQLAlchemy's too.
        return False
    return isinstance(error, sa.exc.SQLAlchemyError) or is_from_driver(error) or url_error(error) is not None


def is_from_driver(error: BaseException) -> bool:
    """Whether an error is a driver's own, as where SQLAlchemy asks for more than a statement."""
    if type(error).__module__.partition(".")[0] in PACKAGES:
        return True
    # Whichever driver it is, PEP 249 names its classes.
    names = [base.__name__ for base in type(error).__mro__]
    named = "Error" in names and not {"DatabaseError", "InterfaceError"}.isdisjoint(names)
    return named or code_of(error) in CANNOT_OPEN


def is_lost(error: BaseException) -> bool:
    """Whether an error says that a connection that was there has ended."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated
    return is_from_driver(error) and code_of(error) in LOST


def lost_text(error: BaseException) -> str:
    """Return what is said of a connection that has ended; its driver may have no words for it."""
    message = words(error).rstrip(".")
    return f"the connection to the database was lost{f': {message}' if message else ''}"


@contextmanager
def translating(url: str | None = None) -> Iterator[None]:
    """Raise ours for every error of SQLAlchemy and of the drivers; everything else passes."""
    try:
        yield
    except Exception as error:
        if not is_database_error(error):
            raise
        raise translate(error, url) from cause_of(error, url)


def _from_driver(error: BaseException) -> MigrateError | None:
    """Return the error that a code of the database stands for, or None."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if cause is None:
        return None
    code, message = code_of(cause), words(error).rstrip(".")
    if code in LOCKED:
        return DatabaseLockedError(
            f"Another program is using the database: {message}.",
            "Let the other program finish, then run this again.",
        )
    if code in OPEN_HERE:
        return DatabaseLockedError(
            "The DuckDB file is open in this process already, with other settings.",
            "Close that connection, as by con.close(), then run this again.",
        )
    if code in CANNOT_OPEN:
        return ConnectionFailedError(
            f"The database file cannot be opened: {message}.", "Its folder must exist and be writable."
        )
    if code in NOT_A_DATABASE:
        return ConnectionFailedError(
            f"The file is not {'a DuckDB' if code[0] == 'duckdb' else 'an SQLite'} database: {message}.",
            "Check the path in sqlalchemy.url, and the key if the file is encrypted.",
        )
    if code in READ_ONLY:
        return DatabaseError(
            f"The database cannot be written to: {message}.", "Check the permissions of its file or user."
        )
    if code in DISK_FULL:
        return DatabaseError(f"The disk is full: {message}.", "Free disk space, then run this again.")
    if code in NO_TABLE or re.match(r"no such table: ", message):
        return TableNotFoundError(
            f"The database has no such table: {message}.", "`tables` lists those it has."
        )
    return None


#: What SQLAlchemy answers where a transaction that env.py began was ended by a revision.
_ENDED = "transaction is inactive|closed transaction inside context manager"
_LEFT_OUT = (
    "If a revision commits, leave connection.begin() out of env.py: the run begins and commits by itself."
)


def _from_database(error: BaseException) -> MigrateError:
    if isinstance(error, sa.exc.NoSuchTableError):
        return TableNotFoundError(f"There is no table {error}.", "`tables` lists those there are.")
    message = words(error).rstrip(".")
    if is_lost(error):
        return ConnectionFailedError(
            f"T{lost_text(error)[1:]}.", "Run this again when the database can be reached."
        )
    if isinstance(error, sa.exc.DBAPIError) and error.statement is None:
        return ConnectionFailedError(
            f"The database cannot be reached: {message}.",
            "Check the host, the user, the password and the database in sqlalchemy.url."
            + (_BUSY if re.search(_NOT_SERVED, message) else ""),
        )
    refusing = "The database" if is_from_driver(getattr(error, "orig", error)) else "SQLAlchemy"
    hint = _LEFT_OUT if re.search(_ENDED, message) else ""
    return DatabaseError(f"{refusing} refused: {message}.", hint)
