"""A table of Firebird as the database has it: what a new one in its place is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A constraint or an index.

    Parameters
    ----------
    name
        Its name, quoted where it needs that; "" for one that the database named.
    table
        The table that it belongs to, quoted likewise: another one for a foreign key that refers to the table.
    sql
        Its definition: `UNIQUE (a)`, or the whole of CREATE INDEX.
    kind
        "check", "foreignkey", "index", "primary" or "unique".
    """

    name: str
    table: str
    sql: str
    kind: str


@dataclass(frozen=True, slots=True)
class StoredFirebirdTable:
    """A table.

    Parameters
    ----------
    name
        Its name, as a migration has it.
    columns
        The names of its columns in order, as a migration has them.
    definitions
        What CREATE TABLE says of each, the quoted name first.
    computed
        The columns that are computed, which takes no value.
    numbered
        By column: the number that the database gave to a row last.
    parts
        Its constraints and indexes, and the foreign keys of other tables that refer to it.
    comments
        COMMENT ON statements for the table and its columns, with `{table}` for its name.
    users
        What else uses it and cannot be moved to another table: views, triggers, procedures.
    """

    name: str
    columns: tuple[str, ...]
    definitions: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    numbered: tuple[tuple[str, int], ...] = ()
    parts: tuple[StoredPart, ...] = ()
    comments: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
