"""A copy of a database of SQLite in memory, with all its tables and none of its rows.

What SQLite is sent depends on what its tables are, and one operation changes what the next one finds; so they are done.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver import driver_connection
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import inspect, schema_names
from nbmigrate.database.backends.rehearsal import RehearsedTables
from nbmigrate.database.backends.sqlite.existing import NO_LEGACY, pragma_value, renames_quietly
from nbmigrate.operations import Operation

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored

#: What a statement of a migration must not do on a copy: touch files.
_DENIED = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}
_MISSING = re.compile(r"no such (function|collation sequence): (.+)")
#: One statement uses no more functions and collations of the application than this.
_MADE_UP = 10


class CopiedTables(RehearsedTables):
    """The copy, on which every statement is executed."""

    def read(self, operation: Operation) -> "Stored | None":
        """Return what the statements of the next operation depend on."""
        return read_stored(self.connection, operation)

    def send(self, text: str, executable: Any, parameters: Any = None) -> None:
        """Execute a statement; what the copy lacks, as a function of the application, a run may have."""
        del text
        with suppress(sa.exc.SQLAlchemyError, sqlite3.Error):
            self.connection.execute(executable, parameters)

    def has_changed(self, what: str, about: Any) -> bool:
        """Return False: the copy changes with the run."""
        del what, about
        return False

    def has_table(self, name: str, schema: str | None) -> bool:
        """Whether there is a table by then."""
        return inspect(self.connection).has_table(name, schema=schema)


@contextmanager
def rehearsed(connection: sa.Connection) -> Iterator[CopiedTables]:
    """Give the copy; the database is not read any more then."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, module=_driver_like(connection))
    with engine.connect().execution_options(schema_translate_map=schema_names(connection)) as copy:
        _copy(connection, copy)
        yield CopiedTables(copy)
    engine.dispose()


def _driver_like(connection: sa.Connection) -> Any:
    """Return the driver of a connection, whose library of SQLite has statements that others have not."""
    driver = connection.dialect.loaded_dbapi
    can_copy = hasattr(getattr(driver, "Connection", None), "set_authorizer")
    return driver if can_copy else sqlite3


def _copy(connection: sa.Connection, copy: sa.Connection) -> None:
    """Make the tables, indexes, views and triggers of a database in an empty one."""
    quote = connection.dialect.identifier_preparer.quote
    driver = driver_connection(copy)
    for _, name, _ in connection.exec_driver_sql("PRAGMA database_list").fetchall():
        if name not in ("main", "temp"):
            driver.execute(f"ATTACH ':memory:' AS {quote(name)}")
        _copy_schema(connection, copy, quote(name))
    for pragma in ("foreign_keys", "legacy_alter_table"):
        driver.execute(f"PRAGMA {pragma} = {pragma_value(connection, pragma) or 0}")
    if renames_quietly(connection) is None:
        copy.execution_options(**{NO_LEGACY: True})
    driver.set_authorizer(_authorize)


def _copy_schema(connection: sa.Connection, copy: sa.Connection, schema: str) -> None:
    rows = connection.exec_driver_sql(
        f"SELECT sql FROM {schema}.sqlite_schema WHERE sql IS NOT NULL "  # noqa: S608 - quoted
        "AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY type = 'table' DESC, type = 'view' DESC, rowid"
    ).fetchall()
    for (sql,) in rows:
        # The text that SQLite keeps says no schema: it goes after CREATE [UNIQUE] TABLE.
        words = sql.split(None, 3 if sql.split(None, 2)[1].upper() == "UNIQUE" else 2)
        text = sql if schema == "main" else f"{' '.join(words[:-1])} {schema}.{words[-1]}"
        _make(copy, text)


def _make(copy: sa.Connection, sql: str) -> None:
    """Execute a CREATE; what the application has of its own is made up for it."""
    driver = driver_connection(copy)
    for _ in range(_MADE_UP):
        try:
            driver.execute(sql)
            return
        except copy.dialect.loaded_dbapi.Error as error:
            missing = _MISSING.search(str(error))
        if missing is None:
            # A virtual table, say: the copy does without.
            return
        if missing[1] == "function":
            driver.create_function(missing[2], -1, lambda *_: None, deterministic=True)
        else:
            driver.create_collation(missing[2], lambda one, other: (one > other) - (one < other))


def _authorize(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK
