"""A table of Firebird, read from the catalog as a migration needs it to change the table."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import inspect
from nbmigrate.dialects.firebird.existing import StoredFirebirdTable, StoredPart
from nbmigrate.schema.table import no_such_table

_COLUMNS = """
SELECT TRIM(r.rdb$field_name), TRIM(f.rdb$computed_source), TRIM(COALESCE(r.rdb$default_source, f.rdb$default_source)),
    COALESCE(r.rdb$null_flag, f.rdb$null_flag, 0), TRIM(r.rdb$generator_name), r.rdb$description
FROM rdb$relation_fields r JOIN rdb$fields f ON f.rdb$field_name = r.rdb$field_source
WHERE r.rdb$relation_name = ? ORDER BY r.rdb$field_position
"""
#: The constraints of a table, and the foreign keys of others that refer to it.
_KEYS = """
SELECT TRIM(c.rdb$constraint_name), TRIM(c.rdb$constraint_type), TRIM(c.rdb$relation_name), TRIM(c.rdb$index_name),
    TRIM(u.rdb$relation_name), TRIM(u.rdb$index_name), TRIM(f.rdb$update_rule), TRIM(f.rdb$delete_rule)
FROM rdb$relation_constraints c
LEFT JOIN rdb$ref_constraints f ON f.rdb$constraint_name = c.rdb$constraint_name
LEFT JOIN rdb$relation_constraints u ON u.rdb$constraint_name = f.rdb$const_name_uq
WHERE c.rdb$constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
    AND ? IN (c.rdb$relation_name, u.rdb$relation_name)
ORDER BY c.rdb$constraint_name
"""
_CHECKS = """
SELECT TRIM(c.rdb$constraint_name), TRIM(t.rdb$trigger_source)
FROM rdb$relation_constraints c JOIN rdb$check_constraints k ON k.rdb$constraint_name = c.rdb$constraint_name
JOIN rdb$triggers t ON t.rdb$trigger_name = k.rdb$trigger_name AND t.rdb$trigger_type = 1
WHERE c.rdb$constraint_type = 'CHECK' AND c.rdb$relation_name = ? ORDER BY 1
"""
_INDEXES = """
SELECT TRIM(i.rdb$index_name), COALESCE(i.rdb$unique_flag, 0), COALESCE(i.rdb$index_type, 0), i.rdb$expression_source
FROM rdb$indices i LEFT JOIN rdb$relation_constraints c ON c.rdb$index_name = i.rdb$index_name
WHERE i.rdb$relation_name = ? AND c.rdb$constraint_name IS NULL ORDER BY 1
"""
_SEGMENTS = (
    "SELECT TRIM(rdb$field_name) FROM rdb$index_segments WHERE rdb$index_name = ? ORDER BY rdb$field_position"
)
_USERS = """
SELECT DISTINCT TRIM(d.rdb$dependent_name), d.rdb$dependent_type FROM rdb$dependencies d
LEFT JOIN rdb$triggers t ON t.rdb$trigger_name = d.rdb$dependent_name
LEFT JOIN rdb$check_constraints k ON k.rdb$trigger_name = d.rdb$dependent_name
WHERE d.rdb$depended_on_name = ? AND d.rdb$dependent_type IN (1, 2, 5, 15, 18, 19)
    AND k.rdb$constraint_name IS NULL AND COALESCE(t.rdb$system_flag, 0) = 0
UNION SELECT TRIM(rdb$trigger_name), 2 FROM rdb$triggers WHERE rdb$relation_name = ? AND rdb$system_flag = 0
"""
_USER_KINDS = {1: "view", 2: "trigger", 5: "procedure", 15: "function", 18: "package", 19: "package"}
_KINDS = {"PRIMARY KEY": "primary", "UNIQUE": "unique", "FOREIGN KEY": "foreignkey"}
#: What Firebird calls a constraint that has no name.
_UNNAMED = "INTEG_"


def read_stored_table(
    connection: sa.Connection, operation: ops.Operation, table_sql: str
) -> StoredFirebirdTable | None:
    """Return the table that an operation needs to know; None where it needs none.

    Parameters
    ----------
    table_sql
        What `definition` returned for it, before a run that was cut short had changed it.
    """
    if isinstance(operation, ops.RenameTable):
        return parsed(table_sql) if table_sql else read_table(connection, operation.name)
    changes = operation.changes if isinstance(operation, ops.AlterTable) else (operation,)
    moved = [
        each
        for each in changes
        if isinstance(each, ops.AddColumn | ops.AlterColumn) and (each.insert_before or each.insert_after)
    ]
    if not moved:
        return None
    table = moved[0].table
    names = [column["name"] for column in inspect(connection).get_columns(table)]
    return StoredFirebirdTable(table, tuple(names))


def definition(connection: sa.Connection, kind: str, name: str) -> str | None:
    """Return a table as JSON; "" where there is none, None for what is no table."""
    if kind != "TABLE":
        return None
    plain = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
    if not inspect(connection).has_table(plain):
        return ""
    return json.dumps(asdict(read_table(connection, plain)))


def parsed(text: str) -> StoredFirebirdTable:
    """Return what `definition` made a text of."""
    found = json.loads(text)
    parts = tuple(StoredPart(**part) for part in found.pop("parts"))
    numbered = tuple((column, last) for column, last in found.pop("numbered"))
    name = found.pop("name")
    others = {key: tuple(values) for key, values in found.items()}
    return StoredFirebirdTable(name, **others, parts=parts, numbered=numbered)


def read_table(connection: sa.Connection, name: str) -> StoredFirebirdTable:
    """Return a table with all that a copy of it needs."""
    if not inspect(connection).has_table(name):
        raise no_such_table(name, sorted(inspect(connection).get_table_names()))
    return _Reader(connection, name).table()


class _Reader:
    """Reads one table from the catalog.

    Parameters
    ----------
    connection
        The database.
    name
        The table, as a migration has it.
    """

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._stored = connection.dialect.denormalize_name(name)

    def table(self) -> StoredFirebirdTable:
        """Return the table."""
        types = {
            column["name"]: column["type"] for column in inspect(self._connection).get_columns(self._name)
        }
        columns, definitions, computed, numbered, comments = [], [], [], [], []
        for name, formula, default, required, sequence, comment in self._rows(_COLUMNS, self._stored):
            plain, quoted = self._plain(name), self._quoted(name)
            columns.append(plain)
            if formula:
                computed.append(plain)
                definitions.append(f"{quoted} GENERATED ALWAYS AS {formula}")
                continue
            text = f"{quoted} {types[plain].compile(dialect=self._connection.dialect)}"
            if sequence:
                last = self._rows(f'SELECT GEN_ID("{sequence}", 0) FROM RDB$DATABASE')[0][0]  # noqa: S608
                numbered.append((plain, last))
                text += " GENERATED BY DEFAULT AS IDENTITY"
            text += f" {default}" if default and not sequence else ""
            definitions.append(f"{text} NOT NULL" if required and not sequence else text)
            if comment:
                comments.append(f"COMMENT ON COLUMN {{table}}.{quoted} IS {_literal(comment)}")
        described = self._rows(
            "SELECT rdb$description FROM rdb$relations WHERE rdb$relation_name = ?", self._stored
        )
        if described[0][0]:
            comments.insert(0, f"COMMENT ON TABLE {{table}} IS {_literal(described[0][0])}")
        return StoredFirebirdTable(
            self._name,
            tuple(columns),
            tuple(definitions),
            tuple(computed),
            tuple(numbered),
            (*self._keys(), *self._checks(), *self._indexes()),
            tuple(comments),
            tuple(f"{_USER_KINDS[kind]} {self._plain(name)}" for name, kind in self._users()),
        )

    def _keys(self) -> Iterator[StoredPart]:
        for name, kind, table, index, target, target_index, update, delete in self._rows(_KEYS, self._stored):
            sql = f"{kind} ({self._segments(index)})"
            if target:
                referred = "{table}" if target == self._stored else self._quoted(target)
                sql += f" REFERENCES {referred} ({self._segments(target_index)})"
                sql += "".join(
                    f" ON {verb} {rule}"
                    for verb, rule in (("UPDATE", update), ("DELETE", delete))
                    if rule not in ("RESTRICT", "NO ACTION")
                )
            yield StoredPart(self._constraint_name(name, table), self._quoted(table), sql, _KINDS[kind])

    def _constraint_name(self, name: str, table: str) -> str:
        """Return its name; that of another table's constraint is needed to drop it, though Firebird gave it."""
        is_unnamed = name.startswith(_UNNAMED) and table == self._stored
        return "" if is_unnamed else self._quoted(name)

    def _checks(self) -> Iterator[StoredPart]:
        for name, source in self._rows(_CHECKS, self._stored):
            yield StoredPart(
                self._constraint_name(name, self._stored), self._quoted(self._stored), source, "check"
            )

    def _indexes(self) -> Iterator[StoredPart]:
        for name, unique, descending, expression in self._rows(_INDEXES, self._stored):
            words = f"CREATE {'UNIQUE ' * bool(unique)}{'DESCENDING ' * bool(descending)}INDEX"
            columns = f"COMPUTED BY {expression}" if expression else f"({self._segments(name)})"
            sql = f"{words} {self._quoted(name)} ON {{table}} {columns}"
            yield StoredPart(self._quoted(name), self._quoted(self._stored), sql, "index")

    def _users(self) -> Sequence[Any]:
        return sorted(self._rows(_USERS, self._stored, self._stored))

    def _segments(self, index: str) -> str:
        return ", ".join(self._quoted(row[0]) for row in self._rows(_SEGMENTS, index))

    def _rows(self, query: str, *values: str) -> Sequence[Any]:
        return self._connection.exec_driver_sql(query, values).all()

    def _plain(self, stored: str) -> str:
        return str(self._connection.dialect.normalize_name(stored))

    def _quoted(self, stored: str) -> str:
        return self._connection.dialect.identifier_preparer.quote(self._plain(stored))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
