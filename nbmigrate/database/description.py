"""What a table is made of, as the database tells it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.inspecting import Inspector, inspect
from nbmigrate.database.lookup import find_table, looking
from nbmigrate.database.values import type_text


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """A column; `default` is the SQL of its default on the server, or None."""

    name: str
    type: str
    nullable: bool
    default: str | None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class ConstraintDescription:
    """A key, a constraint or an index.

    Parameters
    ----------
    kind
        "primary key", "foreign key", "unique", "check" or "index".
    name
        Its name; empty where the database gives none.
    columns
        Its columns; none for a check.
    what
        What it says: its columns, where they refer to, its condition.
    """

    kind: str
    name: str
    columns: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table or a view: its columns, its primary key, and everything that binds it."""

    name: str
    columns: tuple[ColumnDescription, ...]
    primary_key: tuple[str, ...]
    constraints: tuple[ConstraintDescription, ...]


def describe(connection: sa.Connection, name: str, schema: str | None = None) -> TableSchema:
    """Return what a table is made of; reads only.

    Parameters
    ----------
    name, schema
        The table; see `find_table`.

    Raises
    ------
    TableNotFoundError
        There is no such table; the nearest is named.
    """
    with looking(connection):
        table = find_table(connection, name, schema)
        inspector = inspect(connection)
        columns = tuple(
            ColumnDescription(
                column["name"],
                type_text(column["type"], connection.dialect),
                column["nullable"],
                column["default"],
                column.get("comment"),
            )
            for column in inspector.get_columns(table.name, schema=table.schema)
        )
        constraints = constraints_of(inspector, table.name, table.schema)
    keys = next((item.columns for item in constraints if item.kind == "primary key"), ())
    return TableSchema(name, columns, keys, constraints)


def constraints_of(inspector: Inspector, table: str, schema: str | None) -> tuple[ConstraintDescription, ...]:
    """Return the keys, constraints and indexes of a table, as an inspector finds them."""
    found: list[ConstraintDescription] = []
    primary = inspector.get_pk_constraint(table, schema=schema)
    if primary and primary["constrained_columns"]:
        found.append(_over("primary key", primary["name"], primary["constrained_columns"]))
    found += [
        _over("foreign key", key["name"], key["constrained_columns"], _reference(key))
        for key in inspector.get_foreign_keys(table, schema=schema)
    ]
    unique = inspector.get_unique_constraints(table, schema=schema)
    found += [_over("unique", item["name"], item["column_names"]) for item in unique]
    found += [
        ConstraintDescription("check", check["name"] or "", (), check["sqltext"])
        for check in inspector.get_check_constraints(table, schema=schema)
    ]
    for index in inspector.get_indexes(table, schema=schema):
        # PostgreSQL and MySQL make an index for a unique constraint, and tell both.
        if not index.get("duplicates_constraint") and index["name"] not in {item["name"] for item in unique}:
            names = index.get("expressions") or [column or "" for column in index["column_names"]]
            found.append(_over("index", index["name"], names, ", unique" if index["unique"] else ""))
    return tuple(found)


def _over(kind: str, name: str | None, columns: list[str], more: str = "") -> ConstraintDescription:
    return ConstraintDescription(kind, name or "", tuple(columns), f"({', '.join(columns)}){more}")


def _reference(key: Any) -> str:
    place = (
        f"{key['referred_schema']}.{key['referred_table']}"
        if key["referred_schema"]
        else key["referred_table"]
    )
    options = {name: value for name, value in (key.get("options") or {}).items() if value}
    actions = "".join(
        f" {name[:2]} {name[2:]} {options[name]}".upper()
        for name in ("ondelete", "onupdate")
        if name in options
    )
    return f" -> {place} ({', '.join(key['referred_columns'])}){actions}"
