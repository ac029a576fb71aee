"""The databases that the programs run on, and all that there is to know about what is in one."""

import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

Found = dict[str, Any]
#: The kinds of databases, and how their makers write them.
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
#: What people made in PostgreSQL, each catalog as texts that do not depend on oids.
CATALOGS = {
    "relations": """
        SELECT n.nspname, c.relname, c.relkind::text, c.relpersistence::text, obj_description(c.oid, 'pg_class')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {made}""",
    "columns": """
        SELECT c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text, a.attgenerated::text,
            pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {made} AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT t.conrelid::regclass::text, t.conname, t.convalidated, pg_get_constraintdef(t.oid)
        FROM pg_constraint t JOIN pg_namespace n ON n.oid = t.connamespace
        WHERE {made}""",
    "indexes": """
        SELECT c.relname, i.indisvalid, i.indisready, pg_get_indexdef(c.oid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {made}""",
    "types": """
        SELECT n.nspname, t.typname,
            (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE {made}""",
    "views": """
        SELECT c.relname, pg_get_viewdef(c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {made} AND c.relkind IN ('v', 'm')""",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {made}""",
    "triggers": """
        SELECT g.tgname, pg_get_triggerdef(g.oid)
        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {made} AND NOT g.tgisinternal""",
}
MADE = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"


class Database(ABC):
    """One database of its own, empty at first."""

    url: str

    @abstractmethod
    def empty(self) -> None:
        """Make it as new, whatever is in it and whoever is connected."""

    @abstractmethod
    def contents(self, connection: sa.Connection) -> Found:
        """Return what there is besides rows."""

    def everything(self) -> Found:
        """Return all that is in it: the definition of every object, and every row."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            found = self.contents(connection)
            quote = connection.dialect.identifier_preparer.quote
            for table in sa.inspect(connection).get_table_names():
                rows = connection.exec_driver_sql(f"SELECT * FROM {quote(table)}")
                found[f"rows of {table}"] = sorted(map(repr, map(tuple, rows)))
        return found


class SQLite(Database):
    """A file in a folder where nothing else is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.url = f"sqlite:///{folder / 'test.db'}"

    def empty(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()

    def contents(self, connection: sa.Connection) -> Found:
        def ask(sql: str) -> list[Any]:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

        return {
            "objects": sorted(map(repr, ask("SELECT type, name, tbl_name, sql FROM sqlite_master"))),
            "faults": ask("PRAGMA integrity_check") + ask("PRAGMA foreign_key_check"),
            # A lock, a journal or a copy that was left behind.
            "files": sorted(path.name for path in self._folder.iterdir()),
        }


class _OnServer(Database):
    force = ""

    def __init__(self, server: str) -> None:
        self._server = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        self._name = f"nbm_{uuid.uuid4().hex[:12]}"
        self.url = self._server.url.set(database=self._name).render_as_string(hide_password=False)
        self._do(f"CREATE DATABASE {self._name}")

    def _do(self, *statements: str) -> None:
        with self._server.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def empty(self) -> None:
        self._do(f"DROP DATABASE {self._name}{self.force}", f"CREATE DATABASE {self._name}")

    def drop(self) -> None:
        """Take it away."""
        self._do(f"DROP DATABASE {self._name}{self.force}")
        self._server.dispose()


class PostgreSQL(_OnServer):
    """A database of a PostgreSQL server."""

    force = " WITH (FORCE)"

    def contents(self, connection: sa.Connection) -> Found:
        return {
            name: sorted(repr(tuple(row)) for row in connection.exec_driver_sql(query.format(made=MADE)))
            for name, query in CATALOGS.items()
        }


class MariaDB(_OnServer):
    """A database of a MariaDB server."""

    def contents(self, connection: sa.Connection) -> Found:
        def names(column: str, table: str, schema: str) -> list[str]:
            query = f"SELECT {column} FROM information_schema.{table} WHERE {schema} = DATABASE()"
            return sorted(connection.exec_driver_sql(query).scalars())

        found: Found = {
            "triggers": names("trigger_name", "triggers", "trigger_schema"),
            "routines": names("routine_name", "routines", "routine_schema"),
        }
        for table in names("table_name", "tables", "table_schema"):
            shown = connection.exec_driver_sql(f"SHOW CREATE TABLE `{table}`").one()[1]
            # A counter that a row rolled back has moved stays moved.
            found[f"definition of {table}"] = re.sub(r" AUTO_INCREMENT=\d+", "", shown).replace(
                self._name, "db"
            )
        return found


@contextmanager
def made(name: str, folder: Path, servers: Mapping[str, str]) -> Iterator[Database]:
    """Make a database, "sqlite", "postgresql" or "mariadb", and take it away after the block.

    Parameters
    ----------
    name
        Which kind.
    folder
        Where a file of SQLite may be made.
    servers
        The urls of the others.
    """
    if name == "sqlite":
        yield SQLite(folder / "database")
        return
    database = (PostgreSQL if name == "postgresql" else MariaDB)(servers[name])
    try:
        yield database
    finally:
        database.drop()
