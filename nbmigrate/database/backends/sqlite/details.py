"""What SQLite has only in the text of a CREATE: how columns are computed, AUTOINCREMENT, indexes of expressions."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.base import Place
from nbmigrate.database.backends.details import (
    ColumnDetails,
    OtherConstraint,
    TableDetails,
    computed,
)
from nbmigrate.database.backends.inspector import schema_of
from nbmigrate.errors import MigrateError

if TYPE_CHECKING:
    from nbmigrate.dialects.sqlite.parsing.clauses import ColumnText

#: The words without which a CREATE TABLE has nothing of what a method of SQLAlchemy's inspector returns.
_METHODS = {
    "get_pk_constraint": "primary",
    "get_foreign_keys": "references",
    "get_unique_constraints": "unique",
    "get_check_constraints": "check",
}
#: Those without which there is nothing to find in its columns.
_OF_COLUMNS = {"autoincrement", "generated", "as"}
_WORDS = re.compile(r"[a-z]+", re.IGNORECASE)

#: A reference to whatever the primary key of another table is, and a table whose columns are known to a module.
_DEPENDS = re.compile(
    r"""\breferences\b(?!\s*("[^"]*"|`[^`]*`|\[[^]]*\]|\w+)\s*\()|^\s*create\s+virtual\b""", re.IGNORECASE
)


def table_details(
    connection: sa.Connection, schema: str | None, tables: Collection[str]
) -> Mapping[str, TableDetails]:
    """Return what the texts of tables and indexes say."""
    found: dict[str, TableDetails] = defaultdict(TableDetails)
    indexed: set[str] = set()
    database = connection.dialect.identifier_preparer.quote(schema or "main")
    query = f"SELECT type, name, tbl_name, sql FROM {database}.sqlite_master WHERE sql IS NOT NULL"  # noqa: S608
    for kind, name, table, sql in connection.exec_driver_sql(query).fetchall():
        if table not in tables:
            continue
        if kind == "table":
            words = {word.lower() for word in _WORDS.findall(sql)}
            found[table].lacks.update(method for method, word in _METHODS.items() if word not in words)
            if words & _OF_COLUMNS:
                found[table].columns.update(_columns(name, sql))
        elif kind == "index":
            found[table].constraints.extend(_index(name, sql))
            indexed.add(table)
    for table in found.keys() - indexed:
        found[table].lacks.add("get_indexes")
    return found


def stored_definitions(
    connection: sa.Connection, places: Collection[Place]
) -> Mapping[Place, tuple[Any, ...]]:
    """Return all that SQLite has written down of each table whose description follows from that alone."""
    written: dict[Place, list[tuple[str, str, str]]] = {place: [] for place in places if place[0] is None}
    database = connection.dialect.identifier_preparer.quote(schema_of(connection, None) or "main")
    for table, *item in connection.exec_driver_sql(
        f"SELECT tbl_name, type, name, sql FROM {database}.sqlite_master"  # noqa: S608 - quoted
    ):
        if (None, table) in written:
            written[None, table].append((item[0], item[1], item[2] or ""))
    return {
        place: (place, *sorted(items))
        for place, items in written.items()
        if not any(_DEPENDS.search(sql) for _, _, sql in items)
    }


def _columns(table: str, sql: str) -> dict[str, ColumnDetails]:
    from nbmigrate.dialects.sqlite.parsing.create_table import read_table

    # Of a virtual table only its module knows what is in it.
    with suppress(MigrateError):
        return {column.name: _column(column) for column in read_table(sql, table).columns}
    return {}


def _column(column: "ColumnText") -> ColumnDetails:
    key, generated = column.clause("primary"), column.clause("generated")
    words = ("AUTOINCREMENT",) if key is not None and _has_word(key.text, "AUTOINCREMENT") else ()
    if generated is None:
        return ColumnDetails(words=words)
    kind = "STORED" if _has_word(generated.text, "STORED") else "VIRTUAL"
    return ColumnDetails(computed=computed(generated.body.strip(), kind), words=words)


def _has_word(sql: str, word: str) -> bool:
    from nbmigrate.dialects.sqlite.parsing.tokens import significant

    return any(token.keyword == word for token in significant(sql))


def _index(name: str, sql: str) -> list[OtherConstraint]:
    """Return an index of more than names, as it is written: its parts, and the condition of a partial one."""
    from nbmigrate.dialects.sqlite.parsing.tokens import significant

    tokens = list(significant(sql))
    start = next(place for place, token in enumerate(tokens) if token.text == "(")
    parts = list(takewhile(lambda token: token.keyword != "WHERE", tokens[start:]))
    plain = [token for token in parts[1:-1] if token.is_name or token.text == ","]
    if len(plain) == len(parts) - 2 and not any(
        token.keyword in ("ASC", "DESC", "COLLATE") for token in plain
    ):
        return []
    unique = ", unique" if any(token.keyword == "UNIQUE" for token in tokens[:start]) else ""
    what = re.sub(r"\s+", " ", sql[tokens[start].start :].strip())
    return [OtherConstraint("index", name, (), what + unique)]
