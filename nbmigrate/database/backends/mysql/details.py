"""What MariaDB and MySQL know of columns: types without a word in SQLAlchemy, defaults, INVISIBLE, CHECKs."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.details import ColumnDetails, OtherConstraint, TableDetails

_COLUMNS = """
SELECT table_name, column_name, column_type, column_default, extra, data_type
FROM information_schema.columns WHERE table_schema = coalesce(:schema, database()) AND table_name IN :tables
"""
#: Those that are written inside of a column, which only MariaDB keeps there.
_CHECKS = """
SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
WHERE constraint_schema = coalesce(:schema, database()) AND table_name IN :tables AND level = 'Column'
ORDER BY constraint_name
"""
#: What stands in `extra`, and in a definition.
_WORDS = {"auto_increment": "AUTO_INCREMENT", "invisible": "INVISIBLE"}
#: The types whose defaults MySQL returns as they are, without quotes.
_NUMBERS = {"bit", "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"}


def table_details(
    connection: sa.Connection, schema: str | None, tables: Collection[str]
) -> Mapping[str, TableDetails]:
    """Return the columns as the database writes them, and the CHECKs inside of columns."""
    found: dict[str, TableDetails] = defaultdict(TableDetails)
    is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    for row in _rows(connection, _COLUMNS, schema, tables):
        found[row[0]].columns[row[1]] = _column(row, is_mariadb)
    if is_mariadb:
        for table, name, clause in _rows(connection, _CHECKS, schema, tables):
            found[table].constraints.append(OtherConstraint("check", "", (), clause))
            del name
    return found


def _rows(
    connection: sa.Connection, query: str, schema: str | None, tables: Collection[str]
) -> list[tuple[Any, ...]]:
    statement = sa.text(query).bindparams(sa.bindparam("tables", expanding=True))
    rows = connection.execute(statement, {"schema": schema, "tables": [*tables]})
    # A driver may return the information schema's texts as bytes.
    return [tuple(_text(value) for value in row) for row in rows]


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _column(row: tuple[Any, ...], is_mariadb: bool) -> ColumnDetails:
    _, _, type_, default, extra, kind = row
    extra = extra or ""
    if default is not None and not is_mariadb and kind not in _NUMBERS and "DEFAULT_GENERATED" not in extra:
        default = "'" + default.replace("'", "''") + "'"
    is_generated = "GENERATED" in extra.replace("DEFAULT_GENERATED", "")
    words = tuple(word for name, word in _WORDS.items() if name in extra.lower())
    return ColumnDetails(type_, None if is_generated or default == "NULL" else default, words=words)
