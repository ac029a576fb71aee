"""Reads the columns and constraints of a CREATE TABLE of SQLite."""

from collections.abc import Iterator
from dataclasses import replace

from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ClauseKind, ColumnText, Item
from nbmigrate.dialects.sqlite.parsing.tokens import significant, unquoted
from nbmigrate.dialects.tokens import Token

#: The words that end the type of a column; GENERATED ALWAYS does too.
_AFTER_TYPE = frozenset(
    {"CONSTRAINT", "DEFAULT", "NULL", "NOT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "COLLATE", "AS"}
    | {"DEFERRABLE", "INITIALLY"}
)
_OF_TABLE = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


class UnreadableSqlError(ValueError):
    """A text is no CREATE TABLE; `at` is where reading it ended."""

    def __init__(self, at: int) -> None:
        super().__init__(f"at {at}")
        self.at = at


class Reader:
    """Reads items from where it stands in a text.

    Parameters
    ----------
    sql
        The text.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = significant(sql)
        self.at = 0
        #: Where the last token that was read ended.
        self.end = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the keyword or sign of a token that comes; nothing for a quoted name, or after the last."""
        position = self.at + ahead
        return self.tokens[position].keyword if position < len(self.tokens) else ""

    def take(self, *expected: str) -> Token:
        """Read a token, which must be one of those that are expected, if any are said."""
        if self.at >= len(self.tokens) or (expected and self.peek() not in expected):
            raise UnreadableSqlError(self.end)
        token = self.tokens[self.at]
        self.at, self.end = self.at + 1, token.end
        return token

    def take_if(self, *words: str) -> bool:
        """Read these words if they come now."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            for word in words:
                self.take(word)
            return True
        return False

    def name(self) -> str:
        """Read a name."""
        token = self.take()
        if not token.is_name and token.kind != "string":
            raise UnreadableSqlError(token.start)
        return unquoted(token.text)

    def leading(self) -> str:
        """Return what stands before the next token."""
        return self.sql[self.end : self.tokens[self.at].start] if self.at < len(self.tokens) else ""

    def group(self) -> tuple[str, ...]:
        """Read brackets and all that is in them; return the first name of each part."""
        self.take("(")
        depth, names, first = 1, [], True
        while depth:
            token = self.take()
            if first and (token.is_name or token.kind == "string"):
                names.append(unquoted(token.text))
            first = depth == 1 and token.text == ","
            depth += {"(": 1, ")": -1}.get(token.keyword, 0)
        return tuple(names)

    def items(self) -> Iterator[Item]:
        """Read columns and constraints up to the bracket that closes them; their leads have the commas in them."""
        comma = ""
        while True:
            item = self._constraint_of_table() if self.peek() in _OF_TABLE else self.column()
            yield replace(item, leading=comma + item.leading)
            if self.peek() == ")":
                return
            comma = ""
            if self.peek() == ",":
                comma = self.leading() + self.take(",").text
            elif self.peek() not in _OF_TABLE:
                raise UnreadableSqlError(self.end)

    def column(self) -> ColumnText:
        """Read a column."""
        leading = self.leading()
        name_at = self.tokens[self.at].start if self.at < len(self.tokens) else 0
        self.name()
        name_text, type_leading = self.sql[name_at : self.end], self.leading()
        begin = self.end + len(type_leading)
        while self._in_type():
            self.take()
            if self.peek() == "(":
                self.group()
                break
        type_text = self.sql[begin : self.end] if self.end > begin else ""
        clauses = []
        while self.peek() not in (",", ")"):
            clauses.append(self.clause((unquoted(name_text),)))
        return ColumnText(leading, name_text, type_leading if type_text else "", type_text, tuple(clauses))

    def _in_type(self) -> bool:
        if self.at >= len(self.tokens) or (self.peek() == "GENERATED" and self.peek(1) == "ALWAYS"):
            return False
        token = self.tokens[self.at]
        return (token.is_name or token.kind == "string") and token.keyword not in _AFTER_TYPE

    def _constraint_of_table(self) -> Clause:
        return self.clause(None)

    def clause(self, column: tuple[str] | None) -> Clause:
        """Read a constraint, of a column or, where that is None, of the table."""
        leading = self.leading()
        begin = self.end + len(leading)
        name = self.name() if self.take_if("CONSTRAINT") else None
        kind, columns, target = self._content(column, named=name is not None)
        found = Clause(leading, self.sql[begin : self.end], kind, name, columns)
        return found if target is None else replace(found, target=target[0], target_columns=target[1])

    def _content(
        self, column: tuple[str] | None, *, named: bool
    ) -> tuple[ClauseKind, tuple[str, ...], tuple[str, tuple[str, ...]] | None]:
        word = self.peek()
        if word in ("PRIMARY", "UNIQUE"):
            return self._key(column)
        if word == "CHECK":
            self.take("CHECK")
            self.group()
            self._on_conflict()
            return "check", (), None
        if word in ("REFERENCES", "FOREIGN"):
            columns: tuple[str, ...] = column or ()
            if self.take_if("FOREIGN", "KEY"):
                columns = self.group()
            return "foreignkey", columns, self._reference()
        if column is not None and (kind := self._of_column(word)) is not None:
            return kind, (), None
        if not named:
            raise UnreadableSqlError(self.end)
        return "name", (), None

    def _key(
        self, column: tuple[str] | None
    ) -> tuple[ClauseKind, tuple[str, ...], tuple[str, tuple[str, ...]] | None]:
        primary = self.take("PRIMARY", "UNIQUE").keyword == "PRIMARY"
        if primary:
            self.take("KEY")
        if column is None:
            column_names = self.group()
        else:
            column_names = column
            _ = primary and (self.take_if("ASC") or self.take_if("DESC"))
        self._on_conflict()
        if primary:
            self.take_if("AUTOINCREMENT")
        return ("primary" if primary else "unique"), column_names, None

    def _of_column(self, word: str) -> ClauseKind | None:
        """Read what only a column has; None where it is nothing of that."""
        if word == "DEFAULT":
            self._default()
            return "default"
        if word == "COLLATE":
            self.take()
            self.name()
            return "collate"
        if word in ("GENERATED", "AS"):
            _ = word == "AS" or (self.take("GENERATED") and self.take("ALWAYS"))
            self.take("AS")
            self.group()
            _ = self.take_if("STORED") or self.take_if("VIRTUAL")
            return "generated"
        if word in ("NOT", "NULL") and self.peek(1) != "DEFERRABLE":
            self.take_if("NOT")
            self.take("NULL")
            self._on_conflict()
            return "notnull" if word == "NOT" else "null"
        return "deferral" if self._deferral() else None

    def _default(self) -> None:
        self.take("DEFAULT")
        if self.peek() == "(":
            self.group()
            return
        _ = self.take_if("+") or self.take_if("-")
        if self.peek() in (",", ")"):
            raise UnreadableSqlError(self.end)
        self.take()

    def _on_conflict(self) -> None:
        if self.take_if("ON", "CONFLICT"):
            self.take()

    def _reference(self) -> tuple[str, tuple[str, ...]]:
        self.take("REFERENCES")
        table = self.name()
        columns = self.group() if self.peek() == "(" else ()
        while True:
            if self.take_if("ON"):
                self.take("DELETE", "UPDATE", "INSERT")
                _ = self.take_if("SET") or self.take_if("NO")
                self.take()
            elif self.take_if("MATCH"):
                self.name()
            elif not self._deferral():
                return table, columns

    def _deferral(self) -> bool:
        if not (self.take_if("NOT", "DEFERRABLE") or self.take_if("DEFERRABLE")):
            return False
        if self.take_if("INITIALLY"):
            self.take("DEFERRED", "IMMEDIATE")
        return True


def read_column(sql: str) -> ColumnText:
    """Cut the text of one column into pieces."""
    return Reader(sql + ")").column()


def read_constraint(sql: str) -> Clause:
    """Cut the text of one constraint of a table into pieces."""
    return Reader(sql + ")").clause(None)


def read_clause(sql: str) -> Clause:
    """Cut the text of one clause of a column into pieces."""
    return Reader(sql + ")").clause(("",))
