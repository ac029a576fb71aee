"""The types of PostgreSQL as the operations of a run leave them, for a rehearsal of the run."""

import re
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.backends.postgresql.types import read_stored, read_types
from nbmigrate.dialects import Statement, statements
from nbmigrate.dialects.postgresql.existing import StoredTypes, TypeName, named_types
from nbmigrate.dialects.postgresql.rebuild import is_remade

_OF_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|SELECT)\b", re.IGNORECASE)
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


class RehearsedTypes:
    """What a run has made and dropped by then, by its operations and by the SQL of `op.execute`.

    Parameters
    ----------
    connection
        A connection to PostgreSQL.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        #: The labels of each type that is another one than the database has; None for one that is gone.
        self._changed: dict[TypeName, tuple[str, ...] | None] = {}
        #: The statements so far that do more than change rows.
        self._sent: list[str] = []

    def statements(self, operation: ops.Operation) -> tuple[Statement, ...]:
        """Return the statements for an operation that comes after those that were asked for before.

        Parameters
        ----------
        operation
            What is done next.

        Raises
        ------
        OperationError
            The database has no statement for it.
        """
        if (
            isinstance(operation, ops.AlterTable)
            and is_remade(operation)
            and self._is_changed(operation.table)
        ):
            found = _as_it_is_then(operation)
        else:
            found = self._statements(operation)
        self._sent += [each.text for each in found if not _OF_ROWS.match(each.text)]
        return found

    def sent(self, text: str) -> None:
        """Take note of SQL that the migration would send itself."""
        self._read(text)
        if not _OF_ROWS.match(text):
            self._sent.append(text)

    def has(self, name: TypeName) -> bool:
        """Whether there is a type by then."""
        if name in self._changed:
            return self._changed[name] is not None
        return name in read_types(self.connection, [name[1]]).labels

    def _is_changed(self, table: str) -> bool:
        """Whether the run has done something before that may be about a table."""
        name = re.compile(rf"(?<!\w){re.escape(table)}(?!\w)", re.IGNORECASE)
        return any(name.search(text) for text in self._sent)

    def _statements(self, operation: ops.Operation) -> tuple[Statement, ...]:
        read = read_stored(self.connection, operation)
        if not isinstance(read, StoredTypes):
            found = statements(operation, dialect_for(self.connection), read)
            if isinstance(operation, ops.ExecuteSQL):
                self._read(" ".join(statement.text for statement in found))
            return found
        labels = {**read.labels, **self._changed}
        stored = replace(read, labels={name: each for name, each in labels.items() if each is not None})
        for name, type_ in named_types(operation, dialect_for(self.connection)).items():
            if name not in stored.labels:
                self._changed[name] = tuple(getattr(type_, "enums", ()))
        return statements(operation, dialect_for(self.connection), stored)

    def _read(self, text: str) -> None:
        """Take note of what SQL of the migration's own makes, changes and drops."""
        for created in _CREATED.finditer(text):
            self._changed[_name(created[1])] = tuple(_labels(created[2]))
        for extended in _EXTENDED.finditer(text):
            name = _name(extended[1])
            before = self._changed[name] if name in self._changed else self._labels_of(name)
            self._changed[name] = (*(before or ()), *_labels(extended[2]))
        for dropped in _DROPPED.finditer(text):
            for each in re.findall(_NAME, dropped[1]):
                self._changed[_name(each)] = None

    def _labels_of(self, name: TypeName) -> tuple[str, ...]:
        return read_types(self.connection, [name[1]]).labels.get(name, ())


def _as_it_is_then(operation: ops.AlterTable) -> tuple[Statement, ...]:
    """Return a remark in place of what rebuilds a table that the run itself has changed by then."""
    text = (
        f"-- Table {operation.table_name} is rebuilt, and its rows are copied. The operations before this one change "
        "what is on it, so its statements are not known yet"
    )
    return (Statement(text, sa.text(text)),)


def _name(text: str) -> TypeName:
    parts = [
        part[1:-1].replace('""', '"') if part[0] == '"' else part.lower() for part in re.findall(_PART, text)
    ]
    return (parts[0] if len(parts) > 1 else None), parts[-1]


def _labels(text: str) -> Iterator[str]:
    return (label[1:-1].replace("''", "'") for label in re.findall(_LABEL, text))
