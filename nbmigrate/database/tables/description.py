"""What a table is made of, as the database tells it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.details import ColumnDetails, OtherConstraint, TableDetails, computed
from nbmigrate.database.backends.inspector import inspect
from nbmigrate.database.tables.lookup import find_table, read_only_session
from nbmigrate.database.tables.value_types import type_text


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """A column.

    Parameters
    ----------
    name, type, nullable
        What it is called and holds.
    default
        The SQL of its default on the server, or None.
    comment
        Its comment.
    extra
        What else its definition has, as SQL: how it is computed or numbered, whether it is invisible; mostly nothing.
    """

    name: str
    type: str
    nullable: bool
    default: str | None
    comment: str | None = None
    extra: str = ""


@dataclass(frozen=True, slots=True)
class ConstraintDescription:
    """A key, a constraint or an index.

    Parameters
    ----------
    kind
        "primary key", "foreign key", "unique", "check", "exclude" or "index".
    name
        Its name; empty where the database gives none.
    columns
        Its columns; none for a check.
    what
        What it says: its columns, where they refer to, its condition.
    to_table, to_columns
        What a foreign key refers to; "schema.table" where its schema is another one.
    """

    kind: str
    name: str
    columns: tuple[str, ...]
    what: str
    to_table: str = ""
    to_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table or a view: its columns, its primary key, and everything that binds it."""

    name: str
    columns: tuple[ColumnDescription, ...]
    primary_key: tuple[str, ...]
    constraints: tuple[ConstraintDescription, ...]

    @property
    def row_key(self) -> tuple[str, ...]:
        """The columns that tell one row from another: the primary key, or a unique one without NULL."""
        nullable = {column.name for column in self.columns if column.nullable}
        unique = (
            item.columns
            for item in self.constraints
            if item.kind == "unique" and not nullable.intersection(item.columns)
        )
        return self.primary_key or next(unique, ())


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
    with read_only_session(connection):
        table = find_table(connection, name, schema)
        inspector = inspect(connection)
        columns = inspector.get_columns(table.name, schema=table.schema)
        schema = inspector.schema(table.schema)
        details = backend_of(connection).details(connection, schema, [table.name])
        place = table.schema, table.name
        return replace(description_of(connection.dialect, inspector, place, columns, details), name=name)


def description_of(
    dialect: sa.Dialect,
    inspector: Any,
    place: tuple[str | None, str],
    columns: Sequence[Any],
    details: Mapping[str, TableDetails],
) -> TableSchema:
    """Return what a table is made of, by what an inspector and its database know of it.

    Parameters
    ----------
    dialect
        The database's.
    inspector
        Has the methods of SQLAlchemy's.
    place
        The schema, None for the default one, and the table.
    columns
        Its columns, as the inspector returns them.
    details
        What the database knows besides, of tables by their names.
    """
    schema, table = place
    more = details.get(table) or TableDetails()
    constraints = _with_others(_constraints(inspector, table, schema), more.constraints)
    return TableSchema(
        table if schema is None else f"{schema}.{table}",
        tuple(_column(dialect, column, more.columns.get(column["name"])) for column in columns),
        next((item.columns for item in constraints if item.kind == "primary key"), ()),
        constraints,
    )


def _column(dialect: sa.Dialect, column: Any, details: ColumnDetails | None) -> ColumnDescription:
    more = details or ColumnDetails()
    default = more.default if column["default"] is None else column["default"]
    words = [
        more.computed or _computed(column.get("computed")),
        _numbered(column.get("identity")),
        *more.words,
    ]
    return ColumnDescription(
        column["name"],
        more.type
        if isinstance(column["type"], sa.types.NullType) and more.type
        else type_text(column["type"], dialect),
        column["nullable"],
        None if more.computed else default,
        column.get("comment"),
        " ".join(filter(None, words)),
    )


def _computed(found: Any) -> str:
    if not found:
        return ""
    text = found["sqltext"]
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    return computed(inner, "STORED" if found.get("persisted", True) else "VIRTUAL")


def _numbered(identity: Any) -> str:
    """Return how a column of identity numbers its rows: what of it is not usual."""
    if not identity:
        return ""
    words = [
        f"{word} {identity[name]}"
        for name, word, usual in (("start", "START WITH", 1), ("increment", "INCREMENT BY", 1))
        if identity.get(name, usual) != usual
    ]
    words += ["CYCLE"] if identity.get("cycle") else []
    options = f" ({' '.join(words)})" if words else ""
    return f"GENERATED {'ALWAYS' if identity.get('always') else 'BY DEFAULT'} AS IDENTITY{options}"


def _with_others(
    found: list[ConstraintDescription], others: Iterable[OtherConstraint]
) -> tuple[ConstraintDescription, ...]:
    """Return the constraints with those that the inspector did not find, or found less of."""
    for other in others:
        same = next(
            (item for item in found if item.kind == other.kind and item.name == other.name != ""), None
        )
        if same is None:
            found.append(ConstraintDescription(other.kind, other.name, other.columns, other.what))
        else:
            found[found.index(same)] = replace(same, what=other.what)
    return tuple(found)


def _constraints(inspector: Any, table: str, schema: str | None) -> list[ConstraintDescription]:
    """Return the keys, constraints and indexes of a table, as an inspector finds them."""
    found: list[ConstraintDescription] = []
    primary = inspector.get_pk_constraint(table, schema=schema)
    if primary and primary["constrained_columns"]:
        found.append(_over("primary key", primary["name"], primary["constrained_columns"], _options(primary)))
    found += [
        replace(
            _over("foreign key", key["name"], key["constrained_columns"], _reference(key)),
            to_table=_referred(key),
            to_columns=tuple(key["referred_columns"]),
        )
        for key in inspector.get_foreign_keys(table, schema=schema)
    ]
    unique = inspector.get_unique_constraints(table, schema=schema)
    found += [_over("unique", item["name"], item["column_names"], _options(item)) for item in unique]
    found += [
        ConstraintDescription("check", check["name"] or "", (), check["sqltext"] + _options(check))
        for check in inspector.get_check_constraints(table, schema=schema)
    ]
    for index in inspector.get_indexes(table, schema=schema):
        # PostgreSQL and MySQL make an index for a unique constraint, and tell both.
        if not index.get("duplicates_constraint") and index["name"] not in {item["name"] for item in unique}:
            names = index.get("expressions") or [column or "" for column in index["column_names"]]
            more = _options(index) + (", unique" if index["unique"] else "")
            item = _over("index", index["name"], names, more)
            parts = ", ".join(_part(name, index) for name in names)
            found.append(replace(item, what=f"({parts}){more}"))
    return found


def _over(kind: str, name: str | None, columns: list[str], more: str = "") -> ConstraintDescription:
    return ConstraintDescription(kind, name or "", tuple(columns), f"({', '.join(columns)}){more}")


def _of_dialect(item: Any) -> dict[str, Any]:
    """Return the options that a dialect has for a constraint or an index, without the dialect's name."""
    found = {key.partition("_")[2]: value for key, value in (item.get("dialect_options") or {}).items()}
    # A condition of SQLite's is a clause, which is neither true nor false.
    return {name: value for name, value in found.items() if isinstance(value, sa.ClauseElement) or value}


def _part(name: str, index: Any) -> str:
    """Return a part of an index: a column or an expression, and how it is in it."""
    options = _of_dialect(index)
    length = options.get("length") or {}
    text = f"{name}({length[name]})" if isinstance(length, dict) and name in length else name
    words = [options.get("ops", {}).get(name), *(index.get("column_sorting", {}).get(name) or ())]
    return " ".join(
        [text, *(word if word == words[0] else word.upper().replace("_", " ") for word in words if word)]
    )


def _options(item: Any) -> str:
    """Return what a constraint or an index has besides its columns."""
    options = _of_dialect(item)
    found = f" USING {options['using']}" if "using" in options else ""
    found += f" INCLUDE ({', '.join(options['include'])})" if "include" in options else ""
    found += " NULLS NOT DISTINCT" if "nulls_not_distinct" in options else ""
    if "with" in options:
        found += f" WITH ({', '.join(f'{name}={value}' for name, value in options['with'].items())})"
    found += f" WHERE {options['where']}" if "where" in options else ""
    # The one option that SQLAlchemy returns without the name of its dialect.
    found += " NOT VALID" if (item.get("dialect_options") or {}).get("not_valid") else ""
    return found + (f", {options['prefix'].lower()}" if "prefix" in options else "")


def _referred(key: Any) -> str:
    schema, table = key["referred_schema"], str(key["referred_table"])
    return f"{schema}.{table}" if schema else table


def _reference(key: Any) -> str:
    options = {name: value for name, value in (key.get("options") or {}).items() if value}
    actions = "".join(
        f" {name[:2]} {name[2:]} {options[name]}".upper()
        for name in ("ondelete", "onupdate")
        if name in options
    )
    match = f" MATCH {options['match']}" if "match" in options else ""
    late = " DEFERRABLE" if options.get("deferrable") else ""
    late += f" INITIALLY {options['initially']}" if "initially" in options else ""
    return f" -> {_referred(key)} ({', '.join(key['referred_columns'])}){match}{actions}{late}"
