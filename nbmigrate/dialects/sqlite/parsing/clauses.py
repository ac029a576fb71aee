"""The columns and constraints of a CREATE TABLE of SQLite, read from its text and kept as they are written."""

from dataclasses import dataclass, replace
from typing import Literal

from nbmigrate.dialects.sqlite.parsing.tokens import folded, significant, unquoted

ClauseKind = Literal[
    "primary",
    "unique",
    "check",
    "foreignkey",
    "notnull",
    "null",
    "default",
    "collate",
    "generated",
    "deferral",
    "name",
]


@dataclass(frozen=True, slots=True)
class Clause:
    """A constraint of a column or of the table, or what else is said of a column.

    Parameters
    ----------
    leading
        What is written before it: white space, comments, the comma.
    text
        As it is written, with its name.
    kind
        What it is; "name" is a CONSTRAINT of which nothing but the name is said.
    name
        Its name, if it has one.
    columns
        Those that a key is made of.
    target, target_columns
        What a foreign key refers to; no columns stand for the primary key.
    """

    leading: str
    text: str
    kind: ClauseKind
    name: str | None = None
    columns: tuple[str, ...] = ()
    target: str | None = None
    target_columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.leading + self.text

    @property
    def body(self) -> str:
        """What is in the brackets of a CHECK or of a generated column."""
        return self.text[self.text.index("(", _body_begins(self.text)) + 1 : _closing(self.text)]


def _body_begins(text: str) -> int:
    for token in significant(text):
        if token.keyword in ("CHECK", "AS", "DEFAULT"):
            return token.end
    return 0


def _closing(text: str) -> int:
    return max(token.start for token in significant(text) if token.text == ")")


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column; `type_leading` and `type_text` are empty where it has no type."""

    leading: str
    name_text: str
    type_leading: str = ""
    type_text: str = ""
    clauses: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        return "".join(
            [self.leading, self.name_text, self.type_leading, self.type_text, *map(str, self.clauses)]
        )

    @property
    def name(self) -> str:
        """Its name, without quotes."""
        return unquoted(self.name_text)

    @property
    def is_generated(self) -> bool:
        """Whether SQLite computes its values."""
        return self.clause("generated") is not None

    @property
    def affinity(self) -> str:
        """What SQLite makes of values that are stored in it, by the rules of datatype3.html, 3.1."""
        kind = self.type_text.upper()
        for name, words in (("INTEGER", ("INT",)), ("TEXT", ("CHAR", "CLOB", "TEXT")), ("BLOB", ("BLOB",))):
            if any(word in kind for word in words):
                return name
        if not kind:
            return "BLOB"
        return "REAL" if any(word in kind for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"

    def clause(self, kind: ClauseKind) -> Clause | None:
        """Return the first clause of a kind."""
        return next((clause for clause in self.clauses if clause.kind == kind), None)

    def without(self, *removed: Clause) -> "ColumnText":
        """Return the column without some of its clauses."""
        kept = tuple(clause for clause in self.clauses if not any(clause is each for each in removed))
        return replace(self, clauses=kept)

    def with_clause(self, clause: Clause) -> "ColumnText":
        """Return the column with a clause in the place of those of the same kind, or at its end."""
        old = self.clause(clause.kind)
        if old is None:
            return replace(self, clauses=(*self.clauses, replace(clause, leading=" ")))
        new = replace(clause, leading=old.leading)
        return replace(self, clauses=tuple(new if each is old else each for each in self.clauses))

    def with_type(self, text: str) -> "ColumnText":
        """Return the column with another type."""
        return replace(self, type_leading=self.type_leading or " ", type_text=text)


Item = ColumnText | Clause


def same_name(one: str, other: str) -> bool:
    """Tell whether SQLite takes two names for one."""
    return folded(one) == folded(other)
