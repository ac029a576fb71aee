"""The schemas that names of schemas stand for: `schema_translate_map`, by which one project serves many tenants.

Only what SQLAlchemy compiles for a connection is translated by SQLAlchemy; names that go into texts, and names that a
database is asked for, are translated here, by the same rules.
"""

import copy
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa


class _Translation:
    """What an identifier preparer takes for the schema of a table, an index or a type."""

    def __init__(self, names: Mapping[str | None, str | None], default: str | None) -> None:
        self._names = names
        self._default = default

    def __call__(self, item: Any) -> str | None:
        # Tables of sa.table() stay where they are, as in a statement that SQLAlchemy sends.
        return self.of(item.schema) if item._use_schema_map else item.schema

    def of(self, schema: str | None) -> str | None:
        """Return the schema that a name stands for."""
        return (self._names[schema] or self._default) if schema in self._names else schema


def translated_dialect(dialect: sa.Dialect, names: Mapping[str | None, str | None] | None) -> sa.Dialect:
    """Return a dialect that writes schemas as a `schema_translate_map` has them; the same one where there is no map.

    Parameters
    ----------
    dialect
        The dialect of a connection.
    names
        The schema that each name stands for; None stands for the default one.
    """
    if not names:
        return dialect
    found: Any = copy.copy(dialect)
    found.identifier_preparer = copy.copy(dialect.identifier_preparer)
    found.identifier_preparer.dialect = found
    found.identifier_preparer.schema_for_object = _Translation(names, dialect.default_schema_name)
    # It writes the names of types, by the preparer of its dialect.
    found.type_compiler_instance = found.type_compiler = type(dialect.type_compiler_instance)(found)
    return found  # type: ignore[no-any-return]


def actual_schema(dialect: sa.Dialect, schema: str | None) -> str | None:
    """Return the schema of a database that a name stands for with a dialect; None is the connection's default one."""
    translation = dialect.identifier_preparer.schema_for_object
    return translation.of(schema) if isinstance(translation, _Translation) else schema
