"""What SHOW CREATE TABLE of MySQL and MariaDB says of each column, cut into clauses that are edited one by one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nbmigrate.dialects.tokens import Syntax, tokenize

MYSQL = Syntax(
    backslashes=True, hash_comments=True, spaced_dashes=True, version_comments=True, digit_names=True
)
#: What is for some versions alone is one clause of a column.
_STORED = replace(MYSQL, version_comments=False)
#: The word that begins a clause, and the word that must follow it, if one must.
_BEGINS = {
    "CHARACTER": ("charset", "SET"),
    "COLLATE": ("collate", None),
    "GENERATED": ("generated", None),
    "INVISIBLE": ("invisible", None),
    "WITHOUT": ("unversioned", None),
    "NOT": ("nullable", "NULL"),
    "NULL": ("nullable", None),
    "DEFAULT": ("default", None),
    "ON": ("on update", "UPDATE"),
    "AUTO_INCREMENT": ("auto_increment", None),
    "COMMENT": ("comment", None),
    "CHECK": ("check", None),
}
_QUOTES = '`"'
#: The order in which the server writes clauses, and wants some of them.
_ORDER = (
    *("type", "charset", "collate", "generated", "invisible", "unversioned", "nullable", "default"),
    *("on update", "auto_increment", "comment", "check"),
)


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column: its name, and its clauses as (kind, text), the type first."""

    name: str
    clauses: tuple[tuple[str, str], ...]

    def clause(self, kind: str) -> str | None:
        """Return the text of a clause, or None."""
        return dict(self.clauses).get(kind)

    def without(self, *kinds: str) -> "ColumnText":
        """Return the column without some clauses."""
        return replace(self, clauses=tuple(item for item in self.clauses if item[0] not in kinds))

    def with_clause(self, kind: str, text: str) -> "ColumnText":
        """Return the column with a clause, in the place of the one it had."""
        kept = [(clause, text if clause == kind else old) for clause, old in self.clauses]
        if self.clause(kind) is None:
            later = _ORDER[_ORDER.index(kind) :]
            place = next((number for number, (clause, _) in enumerate(kept) if clause in later), len(kept))
            kept.insert(place, (kind, text))
        return replace(self, clauses=tuple(kept))

    def naming(self, old: str, new: str) -> "ColumnText":
        """Return the column with another name for a column in its CHECK and in what computes it."""
        quoted = {f"{quote}{old.replace(quote, quote * 2)}{quote}": quote for quote in _QUOTES}

        def renamed(token: str) -> str:
            quote = quoted.get(token)
            return token if quote is None else f"{quote}{new.replace(quote, quote * 2)}{quote}"

        return replace(
            self,
            clauses=tuple(
                (
                    kind,
                    "".join(renamed(token.text) for token in tokenize(text, _STORED))
                    if kind in ("check", "generated")
                    else text,
                )
                for kind, text in self.clauses
            ),
        )

    @property
    def definition(self) -> str:
        """The SQL after the name."""
        return " ".join(text for _, text in self.clauses)


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """The columns of a table as the server tells them, in order; none of a table that is not among its `tables`."""

    table: str
    columns: tuple[ColumnText, ...]
    tables: tuple[str, ...] = ()


def read_columns(table: str, text: str) -> StoredColumns:
    """Return the columns of a CREATE TABLE as the server writes it."""
    inside = next((part for part in _tokens(text) if part.startswith("(")), "()")[1:-1]
    parts = [part.strip() for part in _split(inside)]
    return StoredColumns(table, tuple(_column(part) for part in parts if part[:1] and part[0] in _QUOTES))


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens of a text; what stands in brackets is one."""
    depth, held = 0, ""
    for token in tokenize(text, _STORED):
        part = token.text
        depth += (part == "(") - (part == ")")
        held += part
        if depth == 0:
            yield held
            held = ""


def _split(text: str) -> Iterator[str]:
    held = ""
    for part in _tokens(text):
        if part == ",":
            yield held
            held = ""
        else:
            held += part
    yield held


def _column(text: str) -> ColumnText:
    name = next(_tokens(text))
    return column_text(name[1:-1].replace(name[0] * 2, name[0]), text)


def column_text(name: str, text: str) -> ColumnText:
    """Return a column from its name and its SQL, which begins with the name as it is quoted there."""
    tokens = list(_tokens(text))
    clauses: list[list[str]] = [["type", ""]]
    words = [(number, token) for number, token in enumerate(tokens) if not token.isspace()]
    following = {number: after[1] for (number, _), after in itertools.pairwise(words)}
    for number, token in enumerate(tokens[1:], 1):
        kind = _begun(token, following.get(number), clauses[-1])
        if kind is not None:
            clauses.append([kind, ""])
        clauses[-1][1] += token
    return ColumnText(name, tuple((kind, text.strip()) for kind, text in clauses))


def _begun(token: str, after: str | None, current: list[str]) -> str | None:
    """Return the kind of the clause that a token begins, or None where it goes on with the current one."""
    if token.startswith("/*"):
        return "version comment"
    kind, needed = _BEGINS.get(token, (None, None))
    # The NULL of NOT NULL and of DEFAULT NULL.
    if kind is None or current[1].strip() in ("NOT", "DEFAULT"):
        return None
    return kind if needed is None or after == needed else None
