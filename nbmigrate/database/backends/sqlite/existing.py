"""A table of SQLite and all that hangs on it, read from `sqlite_schema`."""

import re
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.inspector import schema_of
from nbmigrate.dialects.sqlite.compiled_parts import Pieces
from nbmigrate.dialects.sqlite.existing import TEMPORARY_NAME, StoredObject, StoredTable
from nbmigrate.dialects.sqlite.native import refuses_null_in_checks
from nbmigrate.dialects.sqlite.parsing.create_table import read_table
from nbmigrate.dialects.sqlite.parsing.tokens import folded
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Check
from nbmigrate.schema.table import no_such_table


def read_stored_table(connection: sa.Connection, name: str, schema: str | None = None) -> StoredTable | None:
    """Return a table of SQLite as it is kept; None where there is none of this name.

    What is asked does not show among the statements of a migration.

    Parameters
    ----------
    connection
        A connection to SQLite.
    name
        The table.
    schema
        An attached database, "main" or "temp", or what stands for one in operations; None is where SQLite finds the
        name first, unless that stands for one.

    Raises
    ------
    UnsupportedOperationError
        It is a view.
    """
    return _Reader(connection).named(name, schema)


def stored_table(connection: sa.Connection, name: str, schema: str | None = None) -> StoredTable:
    """Return a table of SQLite as it is kept, as `read_stored_table` does.

    Raises
    ------
    TableNotFoundError
        There is none; the nearest is named.
    UnsupportedOperationError
        It is a view.
    """
    reader = _Reader(connection)
    found = reader.named(name, schema)
    if found is None:
        raise no_such_table(name, sorted(reader.tables(schema_of(connection, schema))))
    return found


def with_rowids(connection: sa.Connection, stored: StoredTable) -> StoredTable:
    """Return a table that is to be rebuilt with what its rowids are; its rows are counted for that.

    Parameters
    ----------
    connection
        A connection to SQLite.
    stored
        The table.

    Raises
    ------
    OperationError
        The text of the table cannot be read.
    """
    table, reader = read_table(stored.sql, stored.table_name), _Reader(connection)
    rowid = table.free_rowid()
    # Rows come in the reverse order where somebody asked for it, to find out who relies on an order.
    if rowid is None or table.rowid_alias is not None or reader.is_on("reverse_unordered_selects"):
        return stored
    quote = connection.dialect.identifier_preparer.quote
    name = quote(stored.name) if stored.database is None else f"{quote(stored.database)}.{quote(stored.name)}"
    # Each of the three is answered by itself without reading rows.
    least, most, count = reader.fetch(
        f"SELECT (SELECT min({rowid}) FROM {name}), (SELECT max({rowid}) FROM {name}), (SELECT count(*) FROM {name})"  # noqa: S608 - all of it quoted
    )[0]
    return replace(stored, rowids_run_on=count == 0 or (least, most) == (1, count))


def with_checks(connection: sa.Connection, stored: StoredTable, batch: ops.AlterTable) -> StoredTable:
    """Return a table with whether SQLite may refuse a new CHECK of it that a CREATE TABLE would take.

    ALTER TABLE ... ADD CONSTRAINT of SQLite 3.53 refuses what is NULL of a row; everywhere else that passes a CHECK.
    """
    added = [each.constraint for each in batch.changes if isinstance(each, ops.AddConstraint)]
    checks = [each for each in added if isinstance(each, Check)]
    if not checks or not refuses_null_in_checks(connection.dialect):
        return stored
    pieces = Pieces(connection.dialect, stored.name, stored.database)
    unknown = " OR ".join(f"({pieces.constraint(check).body}) IS NULL" for check in checks)
    quote = connection.dialect.identifier_preparer.quote
    name = quote(stored.name) if stored.database is None else f"{quote(stored.database)}.{quote(stored.name)}"
    try:
        found = bool(_Reader(connection).fetch(f"SELECT 1 FROM {name} WHERE {unknown} LIMIT 1"))  # noqa: S608 - quoted
    except sa.exc.DBAPIError:
        # It is about a column that comes with the same batch.
        found = True
    return replace(stored, has_null_checks=found)


class _Reader:
    """Asks SQLite through the driver itself, past the listeners of SQLAlchemy's connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.preparer = connection.dialect.identifier_preparer

    def fetch(self, sql: str, *values: Any) -> list[Any]:
        return list(read_text(self.connection, sql, values))

    def tables(self, schema: str | None) -> list[str]:
        found: list[str] = []
        for each in self._schemas() if schema is None else [schema]:
            if each in self._schemas():
                sql = f"SELECT name FROM {self._in(each)} WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"  # noqa: S608
                found += [row[0] for row in self.fetch(sql)]
        return found

    def named(self, name: str, schema: str | None) -> StoredTable | None:
        place = schema_of(self.connection, schema)
        found = self._read(name, place)
        return found if place == schema or found is None else replace(found, schema=schema, file=place)

    def _read(self, name: str, schema: str | None) -> StoredTable | None:
        schemas = self._schemas()
        for each in schemas if schema is None else [s for s in schemas if folded(s) == folded(schema)]:
            rows = self.fetch(
                f"SELECT type, name, sql FROM {self._in(each)} "  # noqa: S608
                "WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
                name,
            )
            for kind, found, sql in rows:
                if kind == "view":
                    raise UnsupportedOperationError(
                        f"{name} is a view: it has no columns or constraints of its own to change.",
                        f"Create it again: op.execute('DROP VIEW {name}'), then op.execute('CREATE VIEW ...').",
                    )
                return self._stored(each, found, sql or "")
        return None

    def _schemas(self) -> list[str]:
        """Return the databases in the order in which SQLite looks for a name."""
        names = [row[1] for row in self.fetch("PRAGMA database_list")]
        return ["temp", "main", *(name for name in names if name not in ("main", "temp"))]

    def _in(self, schema: str) -> str:
        return f"{self.preparer.quote(schema)}.sqlite_schema"

    def _stored(self, schema: str, name: str, sql: str) -> StoredTable:
        quoted = self.preparer.quote(schema)
        columns = self.fetch(f"PRAGMA {quoted}.table_xinfo({self.preparer.quote_identifier(name)})")
        return StoredTable(
            name,
            sql,
            None if schema == "main" else schema,
            columns=tuple(row[1] for row in columns if row[-1] != 1),
            indexes=self._objects(self._in(schema), "type = 'index' AND tbl_name = ? COLLATE NOCASE", name),
            triggers=self._triggers(schema, name),
            temporary_triggers=() if schema == "temp" else self._temporary_triggers(schema, name),
            dependents=self._dependents(schema, name),
            referrers=self._referrers(quoted, schema, name),
            foreign_keys=self.is_on("foreign_keys"),
            legacy_alter_table=renames_quietly(self.connection),
            temporary_name=self._temporary_name(),
        )

    def _objects(self, where_from: str, condition: str, *values: str) -> tuple[StoredObject, ...]:
        sql = f"SELECT name, sql FROM {where_from} WHERE {condition} AND sql IS NOT NULL ORDER BY rowid"  # noqa: S608
        return tuple(StoredObject(*row) for row in self.fetch(sql, *values))

    def _triggers(self, schema: str, name: str) -> tuple[StoredObject, ...]:
        return self._objects(self._in(schema), "type = 'trigger' AND tbl_name = ? COLLATE NOCASE", name)

    def _temporary_triggers(self, schema: str, name: str) -> tuple[StoredObject, ...]:
        """Return the triggers of this connection alone; those of a temporary table of the same name are not meant."""
        found = self._objects(self._in("temp"), "type = 'trigger' AND tbl_name = ? COLLATE NOCASE", name)
        own = f"SELECT 1 FROM {self._in('temp')} WHERE name = ? COLLATE NOCASE AND type = 'table'"  # noqa: S608
        shadowed = bool(self.fetch(own, name))
        return found if not shadowed else tuple(each for each in found if f"{schema}." in each.sql)

    def _dependents(self, schema: str, name: str) -> tuple[StoredObject, ...]:
        condition = "type IN ('view', 'trigger') AND (type = 'view' OR tbl_name <> ? COLLATE NOCASE)"
        found = self._objects(self._in(schema), condition, name)
        return found if schema == "temp" else (*found, *self._objects(self._in("temp"), condition, name))

    def _referrers(self, quoted: str, schema: str, name: str) -> tuple[StoredObject, ...]:
        # As much of the name as stands in every text that has it, whichever marks are around it there.
        piece = max(re.split(r"""["'`\]]""", name), key=len)
        condition = (
            "type = 'table' AND name <> ? COLLATE NOCASE "
            "AND instr(lower(sql), 'references') AND instr(lower(sql), lower(?))"
        )
        found = self._objects(self._in(schema), condition, name, piece)
        return tuple(child for child in found if folded(name) in self._parents(quoted, child.name))

    def _parents(self, quoted: str, name: str) -> set[str]:
        """Return the tables that the foreign keys of a table name."""
        # Not the function of the same name, which Turso does not ask about a schema.
        keys = self.fetch(f"PRAGMA {quoted}.foreign_key_list({self.preparer.quote_identifier(name)})")
        return {folded(key[2]) for key in keys}

    def is_on(self, pragma: str) -> bool:
        return bool(pragma_value(self.connection, pragma))

    def _temporary_name(self) -> str:
        """Return a name for the old table that nothing has, in any of the databases."""
        taken = self._names_like(TEMPORARY_NAME)
        name, number = TEMPORARY_NAME, 0
        while name in taken or f"{name}_" in taken:
            number += 1
            name = f"{TEMPORARY_NAME}_{number}"
        return name

    def _names_like(self, begin: str) -> set[str]:
        found: list[Any] = []
        for schema in self._schemas():
            found += self.fetch(f"SELECT name FROM {self._in(schema)} WHERE name LIKE ?", f"{begin}%")  # noqa: S608
        return {folded(row[0]) for row in found}


#: The option of a connection to a copy of a database whose library has no PRAGMA legacy_alter_table.
NO_LEGACY = "nbmigrate_no_legacy_alter_table"


def pragma_value(connection: sa.Connection, name: str) -> int | None:
    """Return the number that a PRAGMA has; None where the library does not have the PRAGMA."""
    rows = read_text(connection, f"PRAGMA {name}")
    return int(rows[0][0]) if rows else None


def renames_quietly(connection: sa.Connection) -> bool | None:
    """Return PRAGMA legacy_alter_table; None where there is none, also in what a connection is a copy of."""
    if connection.get_execution_options().get(NO_LEGACY):
        return None
    found = pragma_value(connection, "legacy_alter_table")
    return None if found is None else bool(found)
