"""The tables of a database as the operations of a run leave them, found without sending any."""

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.backends.inspector import inspect
from nbmigrate.operations import Operation

if TYPE_CHECKING:
    from nbmigrate.dialects import Statement
    from nbmigrate.dialects.existing import Stored
    from nbmigrate.dialects.postgresql.existing import TypeName

OF_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|SELECT)\b", re.IGNORECASE)
#: What a statement makes or gives a name, in lower case.
_MADE = re.compile(r"\b(?:table|view|type|to)\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)")


class RehearsedTables:
    """A database that is only read, and what a run has sent by then.

    Parameters
    ----------
    connection
        The database.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        #: The statements so far that do more than change rows.
        self.sent: list[str] = []
        self._changed: set[str | None] = set()

    def read(self, operation: Operation) -> "Stored | Statement | None":
        """Return what the statements of the next operation depend on; a remark where that is not known yet."""
        is_changed = operation.table_name in self._changed
        self._changed.add(operation.table_name)
        return None if is_changed else read_stored(self.connection, operation)

    def send(self, text: str, executable: Any, parameters: Any = None) -> None:
        """Take note of a statement: the text to read, and what is executed."""
        del executable, parameters
        if not OF_ROWS.match(text):
            self.sent.append(text)

    def has_changed(self, what: str, about: Any) -> bool:
        """Whether the run may have changed what a question is about.

        Parameters
        ----------
        what, about
            The question, and the names in it; without a name it is about all tables.
        """
        if not self.sent:
            return False
        sent = " ".join(self.sent).casefold()
        names = {*inspect(self.connection).get_table_names(), *_MADE.findall(sent)}
        asked = {name.casefold() for name in names} & set(re.findall(r"\w+", f"{what} {about}".casefold()))
        if asked:
            return not asked.isdisjoint(re.findall(r"\w+", sent))
        return re.search(r"\b(create|drop|rename)\b", sent) is not None

    def has_table(self, name: str, schema: str | None) -> bool:
        """Whether there is a table by then."""
        found = inspect(self.connection).has_table(name, schema=schema)
        made = re.compile(rf"\s*CREATE\s.*?TABLE\s.*?\b{re.escape(name)}\b", re.IGNORECASE)
        gone = re.compile(rf"\s*DROP\s+TABLE\s.*?\b{re.escape(name)}\b", re.IGNORECASE)
        for text in self.sent:
            found = not gone.match(text) and (found or made.match(text) is not None)
        return found

    def has_type(self, name: "TypeName") -> bool:
        """Whether there is a type of PostgreSQL by then."""
        del name
        return False
