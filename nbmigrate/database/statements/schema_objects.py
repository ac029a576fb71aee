"""Which things of the schema a statement of DDL makes, changes or drops, read from its text."""

from dataclasses import dataclass

from nbmigrate.dialects.tokens import words as words_of

#: What MariaDB and MySQL tell by SHOW CREATE.
KINDS = (
    "TABLE",
    "VIEW",
    "INDEX",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "SEQUENCE",
    "DATABASE",
    "SCHEMA",
)
#: What moves rows between files: nothing of it is seen in the schema, and twice is not once.
_UNSEEN = {"EXCHANGE", "IMPORT", "DISCARD"}
#: What may be done twice.
_REPEATABLE = {"TRUNCATE", "GRANT"}
_END = {"(", ",", ";", ""}


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A thing of the schema; `name` is as the statement has it, quoted and with a schema if it has them."""

    kind: str
    name: str


def may_be_repeated(sql: str) -> bool:
    """Whether running a statement a second time changes nothing more."""
    words = list(words_of(sql))
    text = " ".join(words)
    return (
        words[0] in _REPEATABLE
        or " IF EXISTS " in text
        or " IF NOT EXISTS " in text
        or " OR REPLACE " in text
    )


def changed_objects(sql: str) -> tuple[SchemaObject, ...]:
    """Return the things that a statement makes, changes or drops; none where the schema would not show it."""
    words = _Words(sql)
    verb = words.take()
    if verb == "RENAME":
        return words.renamed() if words.take() in ("TABLE", "TABLES") else ()
    if verb not in ("CREATE", "ALTER", "DROP"):
        return ()
    kind = words.take_until(KINDS)
    if kind in ("", "INDEX"):
        return (SchemaObject("TABLE", words.after("ON")),) if kind and words.has("ON") else ()
    words.skip_condition()
    kind = {"SCHEMA": "DATABASE", "SEQUENCE": "TABLE", "VIEW": "TABLE"}.get(kind, kind)
    if verb == "DROP" and kind == "TABLE":
        return tuple(SchemaObject(kind, name) for name in words.names())
    found = (SchemaObject(kind, words.name()),)
    if verb != "ALTER" or kind != "TABLE":
        return found
    return () if words.has(*_UNSEEN) else found + words.new_name()


class _Words:
    """The words of a statement, read from the left."""

    def __init__(self, sql: str) -> None:
        self._words = list(words_of(sql))
        self._written = list(words_of(sql, capitals=False))
        self._place = 0

    def _now(self) -> str:
        return self._words[self._place] if self._place < len(self._words) else ""

    def take(self) -> str:
        word = self._now()
        self._place += 1
        return word

    def has(self, *wanted: str) -> bool:
        return bool(set(wanted) & set(self._words[self._place :]))

    def take_until(self, wanted: tuple[str, ...]) -> str:
        while self._now() and self._now() not in wanted:
            self._place += 1
        return self.take()

    def after(self, wanted: str) -> str:
        self.take_until((wanted,))
        return self.name()

    def skip_condition(self) -> None:
        if self._now() == "IF":
            self.take_until(("EXISTS",))

    def name(self) -> str:
        """Take a name, with the schemas before it."""
        parts = [self._written[self._place] if self._now() else ""]
        self.take()
        while self._now() == ".":
            parts += self._written[self._place : self._place + 2]
            self._place += 2
        return "".join(parts)

    def names(self) -> list[str]:
        found = [self.name()]
        while self._now() == ",":
            self.take()
            found.append(self.name())
        return found

    def renamed(self) -> tuple[SchemaObject, ...]:
        """Take the names of RENAME TABLE a TO b, c TO d."""
        self.skip_condition()
        found = []
        while self._now() not in _END:
            found.append(SchemaObject("TABLE", self.name()))
            while self._now() not in ("TO", ""):
                self.take()
            self.take()
            found.append(SchemaObject("TABLE", self.name()))
            if self._now() == ",":
                self.take()
        return tuple(found)

    def new_name(self) -> tuple[SchemaObject, ...]:
        """Take the new name that ALTER TABLE gives, if it gives one."""
        while self.take_until(("RENAME",)):
            if self._now() in ("COLUMN", "INDEX", "KEY", "CONSTRAINT"):
                continue
            if self._now() in ("TO", "AS", "="):
                self.take()
            return (SchemaObject("TABLE", self.name()),)
        return ()
