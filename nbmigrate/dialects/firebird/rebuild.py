"""A table of Firebird under another name: a new one, to which the rows are copied."""

from collections.abc import Iterator

import sqlalchemy as sa

from nbmigrate.dialects.ddl.columns import bare_table
from nbmigrate.dialects.firebird.existing import StoredFirebirdTable, StoredPart

#: Foreign keys go before what they refer to, and come after it.
_ORDER = {"foreignkey": 0, "check": 1, "unique": 2, "primary": 3}


def renamed_by_copying(table: StoredFirebirdTable, new_name: str, dialect: sa.Dialect) -> Iterator[str]:
    """Yield the statements that make a table of another name with the columns, rows and constraints of a table.

    Names of constraints and indexes are unique in a database, so that the old ones go first. Each statement that
    changes the schema is committed alone: the rows are in both tables until the old one is dropped.
    """
    preparer = dialect.identifier_preparer
    old, new = (preparer.format_table(bare_table(name, None)) for name in (table.name, new_name))
    named = sorted((part for part in table.parts if part.name and part.kind in _ORDER), key=_place)
    if table.parts:
        # It changes nothing. A run that was cut short continues from the definition of the table before its first
        # change, which the journal has only for the table that a statement alters.
        yield f"ALTER TABLE {old} ALTER COLUMN {preparer.quote(table.columns[0])} POSITION 1"
    for part in named:
        yield f"ALTER TABLE {part.table} DROP CONSTRAINT {part.name}"
    definitions = ",\n    ".join(table.definitions)
    yield f"CREATE TABLE {new} (\n    {definitions}\n)"
    copied = ", ".join(preparer.quote(name) for name in table.columns if name not in table.computed)
    yield f"INSERT INTO {new} ({copied}) SELECT {copied} FROM {old}"  # noqa: S608 - every name is quoted
    for column, last in table.numbered:
        yield f"ALTER TABLE {new} ALTER COLUMN {preparer.quote(column)} RESTART WITH {last}"
    yield f"DROP TABLE {old}"
    for part in sorted((part for part in table.parts if part.kind in _ORDER), key=_place, reverse=True):
        owner = new if part.table == old else part.table
        constraint = f"CONSTRAINT {part.name} " if part.name else ""
        yield f"ALTER TABLE {owner} ADD {constraint}{part.sql.replace('{table}', new)}"
    for part in table.parts:
        if part.kind == "index":
            yield part.sql.replace("{table}", new)
    for comment in table.comments:
        yield comment.replace("{table}", new)


def _place(part: StoredPart) -> int:
    return _ORDER[part.kind]
