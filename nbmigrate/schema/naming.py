"""The names that a naming convention gives to constraints and indexes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa

from nbmigrate.schema.constraint import Check, Exclude, ForeignKey, Index, PrimaryKey, Unique
from nbmigrate.schema.table import scratch_table

Item = TypeVar("Item", bound=PrimaryKey | Unique | ForeignKey | Check | Exclude | Index)
#: A constraint of each kind that `op.drop_constraint` knows, of which no more than the name is known.
BARE: Mapping[str | None, Any] = {
    "primary": lambda name: sa.PrimaryKeyConstraint(name=name),
    "unique": lambda name: sa.UniqueConstraint(name=name),
    "foreignkey": lambda name: sa.ForeignKeyConstraint([], [], name=name),
    "check": lambda name: sa.CheckConstraint("", name=name),
}


def convention_of(metadata: Any) -> Mapping[str, Any] | None:
    """Return the naming convention of target_metadata: a MetaData, or a list of them, whose first counts."""
    first = next(iter(metadata), None) if isinstance(metadata, (list, tuple)) else metadata
    found: Mapping[str, Any] | None = getattr(first, "naming_convention", None)
    return found or None


def doubled_name_hint(name: str, names: Iterable[str]) -> str:
    """Return what to write where a convention put `ck_t_` before `ck_t_positive`, one of `names`; else nothing."""
    for each in names:
        start = name.removesuffix(each)
        if name != each and name.endswith(each) and start.endswith("_") and each.startswith(start):
            return (
                f"The naming convention put {start} before a name that has it already. Write op.f({each!r})."
            )
    return ""


def named(item: Item, table: str, schema: str | None, convention: Mapping[str, Any] | None) -> Item:
    """Return a constraint or an index of a table with the name that a convention gives it; `op.f()` is final."""
    if not convention:
        return item
    scratch = scratch_table(table, schema, item, convention)
    others: list[sa.Constraint | sa.Index]
    others = [*scratch.indexes, *(each for each in scratch.constraints if each is not scratch.primary_key)]
    name = (others[0] if others else scratch.primary_key).name
    return replace(item, name=name) if isinstance(name, str) else item


def name_to_drop(
    name: str | None, kind: str | None, table: str, schema: str | None, convention: Mapping[str, Any] | None
) -> str | None:
    """Return the name of a constraint that is dropped: `ck_t_positive` for `positive`, by many a convention."""
    if not convention or kind is None or name is None:
        return name
    constraint = BARE[kind](name)
    sa.Table(table, sa.MetaData(naming_convention=convention), schema=schema).append_constraint(constraint)
    return constraint.name if isinstance(constraint.name, str) else name
