"""The names in SQL of SQLite, as SQLite compares them."""

from collections.abc import Iterator, Mapping
from functools import partial

from nbmigrate.dialects import tokens
from nbmigrate.dialects.tokens import Syntax, Token

SQLITE = Syntax(brackets=True)
tokenize = partial(tokens.tokenize, syntax=SQLITE)
significant = partial(tokens.significant, syntax=SQLITE)
#: SQLite tells only these letters apart from their small forms.
_SMALL = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def unquoted(text: str) -> str:
    """Return the name that a token stands for."""
    if text[:1] == "[":
        return text[1:-1]
    if text[:1] in ('"', "`", "'"):
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def folded(name: str) -> str:
    """Return a name as SQLite compares it."""
    return name.lower() if name.isascii() else name.translate(_SMALL)


def string(value: str) -> str:
    """Return a string as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def mentions(sql: str, name: str) -> bool:
    """Tell whether an expression or a statement has a name in it, other than as that of a function."""
    return any(_named(sql, {folded(name)}))


def qualifies(sql: str, name: str) -> bool:
    """Tell whether an expression has a name with a point after it, as in `name.column`."""
    found = significant(sql)
    following = [*found[1:], None]
    return any(
        token.is_name
        and folded(unquoted(token.text)) == folded(name)
        and after is not None
        and after.text == "."
        for token, after in zip(found, following, strict=True)
    )


def renamed(sql: str, names: Mapping[str, str]) -> str:
    """Return an expression with other names in it.

    Parameters
    ----------
    sql
        The expression.
    names
        What stands instead of each name, which is given folded.
    """
    parts, end = [], 0
    for token in _named(sql, set(names)):
        parts += [sql[end : token.start], names[folded(unquoted(token.text))]]
        end = token.end
    return "".join([*parts, sql[end:]])


def _named(sql: str, names: set[str]) -> Iterator[Token]:
    found = significant(sql)
    for token, after in zip(found, [*found[1:], None], strict=True):
        called = token.kind == "word" and after is not None and after.text == "("
        if token.is_name and not called and folded(unquoted(token.text)) in names:
            yield token


def same_sql(one: str, other: str) -> bool:
    """Tell whether two texts are the same but for white space, comments, quotes around names and capitals."""
    return _plain(one) == _plain(other)


def _plain(sql: str) -> list[str]:
    return [
        folded(unquoted(token.text))
        if token.is_name
        else folded(token.text)
        if token.kind != "string"
        else token.text
        for token in significant(sql)
    ]
