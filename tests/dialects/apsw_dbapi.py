"""The SQLite that apsw carries, newer than that of sqlite3, as a driver for SQLAlchemy's dialect of SQLite.

As much of the DB-API as SQLAlchemy and nbmigrate ask for: `sa.create_engine("sqlite://", module=apsw_dbapi)`.
"""

from typing import Any

import apsw

apilevel, paramstyle, threadsafety = "2.0", "qmark", 1
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(map(int, sqlite_version.split(".")))
PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2
Binary = bytes


class Error(Exception):
    pass


class DatabaseError(Error):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class ProgrammingError(DatabaseError):
    pass


class Cursor:
    """A cursor; what it reads is read at once."""

    lastrowid = None
    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.description: Any = None
        self.rowcount = -1
        self._rows: list[Any] = []

    def execute(self, sql: str, values: Any = ()) -> "Cursor":
        driver = self.connection.driver
        before = driver.total_changes()
        try:
            # apsw takes no description of what returns no row; so it is asked for while the statement is prepared.
            cursor = driver.cursor()
            found: list[Any] = []

            def describe(cursor: apsw.Cursor, *_: Any) -> bool:
                found.append(cursor.get_description())
                return True

            cursor.exec_trace = describe
            self._rows = list(cursor.execute(sql, values or ()))
        except apsw.ConstraintError as error:
            raise IntegrityError(str(error)) from error
        except apsw.Error as error:
            raise OperationalError(str(error)) from error
        columns = found[-1] if found else ()
        self.description = tuple((name, None, None, None, None, None, None) for name, *_ in columns) or None
        self.rowcount = -1 if columns else driver.total_changes() - before
        return self

    def executemany(self, sql: str, rows: Any) -> "Cursor":
        for row in rows:
            self.execute(sql, row)
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    def fetchall(self) -> list[Any]:
        found, self._rows = self._rows, []
        return found

    def close(self) -> None:
        self._rows = []


class Connection:
    """A connection that begins no transaction by itself."""

    isolation_level = None
    Error = Error
    #: sqlite3 makes values of TEXT by this; apsw always makes a str.
    text_factory = str

    def __init__(self, path: str) -> None:
        self.driver = apsw.Connection(path)

    @property
    def in_transaction(self) -> bool:
        return self.driver.in_transaction

    def cursor(self, *_: Any) -> Cursor:
        return Cursor(self)

    def execute(self, sql: str, values: Any = ()) -> Cursor:
        return self.cursor().execute(sql, values)

    def create_function(self, name: str, count: int, function: Any, **_: Any) -> None:
        self.driver.create_scalar_function(name, function, count)

    def create_collation(self, name: str, function: Any) -> None:
        self.driver.create_collation(name, function)

    def set_authorizer(self, function: Any) -> None:
        self.driver.set_authorizer(function)

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self.driver.close()


def connect(path: str, **_: Any) -> Connection:
    return Connection(path)
