"""What SQLite has only in the text of a CREATE: how columns are computed, AUTOINCREMENT, indexes of expressions."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import takewhile

import sqlalchemy as sa

from nbmigrate.database.backends.details import (
    ColumnDetails,
    Details,
    OtherConstraint,
    TableDetails,
    computed,
)
from nbmigrate.dialects.sqlite_clauses import ColumnText
from nbmigrate.dialects.sqlite_text import read_table
from nbmigrate.dialects.sqlite_tokens import significant
from nbmigrate.errors import MigrateError


class SQLiteDetails(Details):
    """What `sqlite_master` has besides."""

    def of_tables(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return what the texts of tables and indexes say."""
        found: dict[str, TableDetails] = defaultdict(TableDetails)
        database = connection.dialect.identifier_preparer.quote(schema or "main")
        query = f"SELECT type, name, tbl_name, sql FROM {database}.sqlite_master WHERE sql IS NOT NULL"  # noqa: S608
        for kind, name, table, sql in connection.exec_driver_sql(query):
            if table not in tables:
                continue
            # Of a virtual table only its module knows what is in it.
            with suppress(MigrateError):
                if kind == "table":
                    columns = read_table(sql, name).columns
                    found[table].columns.update((column.name, _column(column)) for column in columns)
                elif kind == "index":
                    found[table].constraints.extend(_index(name, sql))
        return found


def _column(column: ColumnText) -> ColumnDetails:
    key, generated = column.clause("primary"), column.clause("generated")
    words = ("AUTOINCREMENT",) if key is not None and _has_word(key.text, "AUTOINCREMENT") else ()
    if generated is None:
        return ColumnDetails(words=words)
    kind = "STORED" if _has_word(generated.text, "STORED") else "VIRTUAL"
    return ColumnDetails(computed=computed(generated.body.strip(), kind), words=words)


def _has_word(sql: str, word: str) -> bool:
    return any(token.keyword == word for token in significant(sql))


def _index(name: str, sql: str) -> list[OtherConstraint]:
    """Return an index of more than names, as it is written: its parts, and the condition of a partial one."""
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
