"""A condition in SQL that a person wrote, looked at before it goes into a statement."""

import re

from nbmigrate.database.backends import backend_of
from nbmigrate.errors import UsageError

#: What ends a quote, by what begins it; a quote inside is written twice.
QUOTES = {"'": "'", '"': '"', "`": "`"}


def checked_condition(text: str, dialect: str) -> str:
    """Return a condition that is one expression, as far as can be told without the database's own parser.

    Stricter than SQL: what the databases read differently (a backslash before a quote, dollar quotes, comments) is
    refused, since a text that ends a string here and not there could hide a second statement.

    Raises
    ------
    UsageError
        It holds a semicolon or a comment, or its quotes or parentheses do not match.
    """
    if "\0" in text or not text.strip():
        raise _refused("it is empty, or holds a zero byte")
    symbols = backend_of(dialect).has_symbol_operators
    depth, position = 0, 0
    while position < len(text):
        character = text[position]
        if character in QUOTES:
            if character == "`" and symbols:
                raise _refused("a backtick is no quote here")
            position = _end_of_quote(text, position)
            continue
        if character == ";":
            raise _refused("it holds a semicolon")
        if text.startswith(("--", "/*", "#"), position) and not (character == "#" and symbols):
            raise _refused("it holds a comment")
        if re.match(r"\$\w*\$", text[position:]):
            raise _refused("it holds a dollar quote")
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        position += 1
    if depth:
        raise _refused("its parentheses do not match")
    return text


def _end_of_quote(text: str, start: int) -> int:
    """Return the position after a quoted text."""
    quote = QUOTES[text[start]]
    position = start + 1
    while True:
        position = text.find(quote, position)
        if position < 0:
            raise _refused(f"a {quote} has no other that ends it")
        if text[position - 1] == "\\":
            raise _refused("it holds a backslash before a quote")
        if not text.startswith(quote, position + 1):
            return position + 1
        position += 2


def _refused(why: str) -> UsageError:
    return UsageError(
        f"The condition cannot be used: {why}.",
        "Write one expression, such as lastname = 'Marsh' and id < 10.",
    )
