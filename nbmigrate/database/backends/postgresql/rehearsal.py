"""The types of PostgreSQL as the operations of a run leave them, for a rehearsal of the run."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.backends.postgresql.types import read_stored, read_types
from nbmigrate.database.backends.rehearsal import OF_ROWS, RehearsedTables
from nbmigrate.dialects import Statement
from nbmigrate.dialects.postgresql.existing import TypeName, named_types
from nbmigrate.dialects.postgresql.rebuild import is_remade

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored

_PART = r'(?:"(?:[^"]|"")+"|[^\W\d]\w*)'
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})?"
_LABEL = r"'(?:[^']|'')*'"
_CREATED = re.compile(rf"CREATE\s+TYPE\s+({_NAME})\s+AS\s+ENUM\s*\(([^)]*)\)", re.IGNORECASE)
_EXTENDED = re.compile(
    rf"ALTER\s+TYPE\s+({_NAME})\s+ADD\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?({_LABEL})", re.IGNORECASE
)
_DROPPED = re.compile(
    rf"DROP\s+(?:TYPE|DOMAIN)\s+(?:IF\s+EXISTS\s+)?({_NAME}(?:\s*,\s*{_NAME})*)", re.IGNORECASE
)


def rehearsed(connection: sa.Connection) -> AbstractContextManager[RehearsedTables]:
    """Give the tables, with types as the operations leave them."""
    return nullcontext(RehearsedTypes(connection))


class RehearsedTypes(RehearsedTables):
    """A database whose types are those that a run has made, by its operations and by SQL of its own.

    Parameters
    ----------
    connection
        A connection to PostgreSQL, which is only read.
    """

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        #: The labels of each type that is another one than the database has; None for one that is gone.
        self._types: dict[TypeName, tuple[str, ...] | None] = {}

    def read(self, operation: ops.Operation) -> "Stored | Statement | None":
        """Return the types of an operation; a remark for a table that is rebuilt, and that the run has changed."""
        is_remaking = isinstance(operation, ops.AlterTable) and is_remade(operation)
        if is_remaking and self._is_changed(operation.table):  # type: ignore[attr-defined]
            return _unknown_rebuild(operation)
        found = read_stored(self.connection, operation)
        if found is None:
            return None
        labels = {**found.labels, **self._types}
        for name, type_ in named_types(operation, dialect_for(self.connection)).items():
            if labels.get(name) is None:
                self._types[name] = tuple(getattr(type_, "enums", ()))
        return replace(found, labels={name: each for name, each in labels.items() if each is not None})

    def send(self, text: str, executable: Any, parameters: Any = None) -> None:
        """Take note of a statement, and of the types that it changes."""
        super().send(text, executable, parameters)
        if not OF_ROWS.match(text):
            self._read(text)

    def has_type(self, name: TypeName) -> bool:
        """Whether there is a type by then."""
        if name in self._types:
            return self._types[name] is not None
        return name in read_types(self.connection, [name[1]]).labels

    def _is_changed(self, table: str) -> bool:
        """Whether the run has done something before that may be about a table."""
        name = re.compile(rf"(?<!\w){re.escape(table)}(?!\w)", re.IGNORECASE)
        return any(name.search(text) for text in self.sent)

    def _read(self, text: str) -> None:
        """Take note of what SQL of the migration's own makes, changes and drops."""
        for created in _CREATED.finditer(text):
            self._types[_name(created[1])] = tuple(_labels(created[2]))
        for extended in _EXTENDED.finditer(text):
            name = _name(extended[1])
            before = self._types[name] if name in self._types else self._labels_of(name)
            self._types[name] = (*(before or ()), *_labels(extended[2]))
        for dropped in _DROPPED.finditer(text):
            for each in re.findall(_NAME, dropped[1]):
                self._types[_name(each)] = None

    def _labels_of(self, name: TypeName) -> tuple[str, ...]:
        return read_types(self.connection, [name[1]]).labels.get(name, ())


def _unknown_rebuild(operation: ops.Operation) -> Statement:
    """Return a remark in place of what rebuilds a table that the run itself has changed by then."""
    text = (
        f"-- Table {operation.table_name} is rebuilt, and its rows are copied. The operations before this one change "
        "what is on it, so its statements are not known yet"
    )
    return Statement(text, sa.text(text))


def _name(text: str) -> TypeName:
    parts = [
        part[1:-1].replace('""', '"') if part[0] == '"' else part.lower() for part in re.findall(_PART, text)
    ]
    return (parts[0] if len(parts) > 1 else None), parts[-1]


def _labels(text: str) -> Iterator[str]:
    return (label[1:-1].replace("''", "'") for label in re.findall(_LABEL, text))
