"""A table of SQLAlchemy that is made when somebody looks at it.

Few revisions do, and to make it takes longer than everything else in a step that makes a table of SQLite.
"""

from typing import Any

import sqlalchemy as sa

from nbmigrate.schema.table import Table, add_targets, arguments_of


class LaterTable(sa.Table):
    """An ordinary table, not made yet; once anything of it is asked for, it is a `sa.Table` like any other.

    It is made in place, and its class is `sa.Table` from then on: whoever holds it holds the table itself. What could
    go wrong must be known not to, see `is_ordinary`, for nobody expects an error where it is looked at.

    Parameters
    ----------
    value
        What it is.
    """

    inherit_cache = True

    # SQLAlchemy makes an empty table for pickle where it is given nothing.
    def __new__(cls, value: Table) -> "LaterTable":
        """Return it with nothing in it."""
        return object.__new__(cls)

    def __init__(self, value: Table) -> None:
        object.__setattr__(self, "_value", value)

    def __getattribute__(self, name: str) -> Any:
        _make(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _make(self)
        setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        _make(self)
        delattr(self, name)


def _make(table: LaterTable) -> None:
    value: Table = object.__getattribute__(table, "__dict__").pop("_value")
    items, keywords = arguments_of(value)
    metadata = sa.MetaData(naming_convention=value.naming_convention)
    made: Any = table
    object.__setattr__(table, "__class__", sa.Table)
    # What `sa.Table(...)` does; it has no public name for an object that is there already.
    made.dispatch.before_parent_attach(made, metadata)
    metadata._add_table(value.name, value.schema, made)
    made.__init__(value.name, metadata, *items, **keywords, _no_init=False)
    made.dispatch.after_parent_attach(made, metadata)
    add_targets(value, metadata)
