"""What a statement is to its transaction: undone with it, out of its reach, or nothing to keep."""

import re
from collections.abc import Iterator
from enum import Enum
from itertools import islice

from nbmigrate.dialects.tokens import LENIENT, Syntax
from nbmigrate.dialects.tokens import words as words_of


class Kind(Enum):
    """What becomes of a statement, and what a journal has to know of it."""

    #: It changes nothing: it is run whenever the revision comes by.
    READ = "read"
    #: It changes the session alone, or costs nothing but time: so is this, but it may end the transaction.
    REPEATABLE = "repeatable"
    #: It makes a table that is gone with the session.
    TEMPORARY = "temporary"
    #: It is undone with its transaction.
    TRANSACTIONAL = "transactional"
    #: It commits by itself, or cannot be in a transaction.
    NON_TRANSACTIONAL = "non-transactional"


_READS = re.compile(
    r"SELECT|SHOW|EXPLAIN|DESCRIBE|DESC|VALUES|TABLE|HELP|FETCH|SET|USE|SAVEPOINT|RELEASE|ROLLBACK|DEALLOCATE|DECLARE"
    r"|CLOSE|HANDLER|LISTEN|UNLISTEN|NOTIFY|PRAGMA|ATTACH|DETACH|INSTALL|CHECKSUM|KILL|SIGNAL|PREPARE|RESET|DISCARD"
)
_AGAIN = re.compile(
    r"BEGIN|START|COMMIT|END|ABORT|LOCK|UNLOCK|ANALYZE|CHECK|FLUSH|OPTIMIZE|REPAIR|CACHE|VACUUM|REINDEX|CHECKPOINT"
    r"|CLUSTER|LOAD"
)
_ROWS = re.compile(r"INSERT|UPDATE|DELETE|REPLACE|MERGE|UPSERT|DO|COPY")
_IN_NO_TRANSACTION = (
    r"CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|ALTER TABLE .*DETACH PARTITION .*CONCURRENTLY"
    r"|(CREATE|DROP|ALTER) (DATABASE|TABLESPACE|SUBSCRIPTION|SYSTEM)|CALL"
)
_ALONE = re.compile(rf"({_IN_NO_TRANSACTION})\b")
#: Statements of MySQL that end the transaction, though they begin with a word of those that do not.
_ENDING = re.compile(r"SET (.* )?AUTOCOMMIT\b|SET (SESSION |LOCAL )?PASSWORD\b|RESET\b")
#: Words of a SET that ends the transaction: SET autocommit = 1, SET STATEMENT max_statement_time = 9 FOR COMMIT.
_ENDS = frozenset({"AUTOCOMMIT", "COMMIT", "ROLLBACK"})
#: What a statement that ends a transaction has in it somewhere.
_CONTROL = re.compile(r"\b(COMMIT|ROLLBACK|END|ABORT|PREPARE|BEGIN|START|AUTOCOMMIT)\b", re.IGNORECASE)
#: Words that say what a statement is, with all that may stand before them.
_HEAD = 12
_COMPOUND = re.compile(r"BEGIN NOT\b|LOAD (DATA|XML)\b")


def kind_of(sql: str, *, ddl_commits: bool, syntax: Syntax = LENIENT) -> Kind:
    """Return what a statement is.

    Parameters
    ----------
    sql
        The statement.
    ddl_commits
        Whether the database commits before and after every statement of DDL.
    syntax
        The database's.
    """
    several = ";" in sql.strip().rstrip(";")
    # Of millions of values in an INSERT nothing is asked.
    words = list(words_of(sql, syntax) if several else islice(words_of(sql, syntax), _HEAD))
    if not words:
        return Kind.READ
    if words[0] in ("WITH", "SELECT", "ALTER", "("):
        words = list(words_of(sql, syntax))
    if several and ";" in words[: _last(words)]:
        # Several at once: which of them are done is not known when one of them is not.
        return Kind.NON_TRANSACTIONAL if ddl_commits else Kind.TRANSACTIONAL
    return _kind(words, ddl_commits)


def ends_transaction(sql: str, *, ddl_commits: bool, syntax: Syntax = LENIENT) -> bool:
    """Whether a text has a statement that may end the transaction; of DDL that commits nothing is said.

    Parameters
    ----------
    sql
        One statement or several.
    ddl_commits
        Whether the database commits before DDL, and so before BEGIN too.
    syntax
        The database's.
    """
    if _CONTROL.search(sql) is None:
        return False
    statements = list(_statements(sql, syntax))
    # The END of a trigger's body is none of a transaction.
    has_body = statements[0][0] in ("CREATE", "ALTER") and any("BEGIN" in words for words in statements)
    return any(_is_end(words, has_body, ddl_commits) for words in statements)


def rolls_back_among_others(sql: str, syntax: Syntax = LENIENT) -> bool:
    """Whether a text has several statements, and one of them rolls a transaction back."""
    if _CONTROL.search(sql) is None:
        return False
    statements = list(_statements(sql, syntax))
    return len(statements) > 1 and any(
        words[0] == "ABORT" or (words[0] == "ROLLBACK" and "TO" not in words) for words in statements
    )


def begins_transaction(sql: str, syntax: Syntax = LENIENT) -> bool:
    """Whether a text begins with BEGIN or START TRANSACTION."""
    return next(words_of(sql, syntax), "") in ("BEGIN", "START")


def _statements(sql: str, syntax: Syntax) -> Iterator[list[str]]:
    """Yield the words of each statement of a text, without what is quoted; at least one."""
    words: list[str] = []
    for word in words_of(sql, syntax):
        if word != ";":
            words.append(word)
        elif words:
            yield words
            words = []
    yield words or [""]


def _is_end(words: list[str], has_body: bool, ddl_commits: bool) -> bool:
    first = words[0]
    if first in ("BEGIN", "START", "SET"):
        return ddl_commits and (first != "SET" or not _ENDS.isdisjoint(words))
    if first == "ROLLBACK":
        return "TO" not in words
    if first == "PREPARE":
        return words[1:2] == ["TRANSACTION"]
    return first in ("COMMIT", "ABORT") or (first == "END" and not has_body)


def _last(words: list[str]) -> int:
    """Return the place after the last word that is no semicolon."""
    return max((place for place, word in enumerate(words, 1) if word != ";"), default=0)


def _kind(words: list[str], ddl_commits: bool) -> Kind:
    while words[0] == "(":
        words = words[1:]
    first, text = _main_verb(words), " ".join(words)
    if first == "SELECT" and not ddl_commits and _makes_table(words):
        return Kind.TRANSACTIONAL
    if _COMPOUND.match(text):
        return Kind.TRANSACTIONAL if first == "LOAD" else Kind.NON_TRANSACTIONAL
    if (
        _AGAIN.fullmatch(first)
        or _ENDING.match(text)
        or (not ddl_commits and text.startswith("ALTER SYSTEM"))
    ):
        return Kind.REPEATABLE
    if _READS.fullmatch(first):
        return Kind.READ
    if first in ("CREATE", "DROP") and {"TEMPORARY", "TEMP"} & set(words[1:4]):
        return Kind.TEMPORARY
    if first == "DO" and not ddl_commits and re.search(r"\b(COMMIT|ROLLBACK)\b", text, re.IGNORECASE):
        # PostgreSQL takes a COMMIT in there only outside of a transaction.
        return Kind.NON_TRANSACTIONAL
    if _ROWS.fullmatch(first) or (not ddl_commits and not _ALONE.match(text)):
        return Kind.TRANSACTIONAL
    return Kind.NON_TRANSACTIONAL


def _main_verb(words: list[str]) -> str:
    """Return the word that says what is done; that of WITH comes after what it names."""
    if words[0] != "WITH":
        return words[0]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in (
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "REPLACE",
            "MERGE",
            "VALUES",
            "TABLE",
        ):
            # PostgreSQL also has rows changed by what WITH names.
            return "UPDATE" if {"INSERT", "UPDATE", "DELETE", "MERGE"} & set(words) else word
    return words[0]


def _makes_table(words: list[str]) -> bool:
    """Whether a SELECT is PostgreSQL's SELECT ... INTO a new table."""
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in ("INTO", "FROM"):
            return word == "INTO"
    return False
