"""SQL as SQLite cuts it into tokens, none of which is lost: the tokens of a text, put together, are the text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["space", "comment", "string", "blob", "quoted", "number", "word", "sign"]

#: All of ASCII but letters and _, and but what is in a word besides: a class of what is beyond ASCII compiles slowly.
_NO_LETTER = r"\x00-@\[-\^`{-\x7f"
_NOT_IN_WORD = r"\x00-#%-/:-@\[-\^`{-\x7f"
_TOKENS = re.compile(
    rf"""(?P<space>[ \t\n\f\r]+)
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<blob>[xX]'[0-9a-fA-F]*')
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^{_NO_LETTER}][^{_NOT_IN_WORD}]*)
    |(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
#: SQLite tells only these letters apart from their small forms.
_SMALL = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL, and where it begins."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def is_name(self) -> bool:
        """Whether it may be the name of something; SQLite takes a string for one where nothing else can stand."""
        return self.kind in ("word", "quoted")

    @property
    def keyword(self) -> str:
        """The word in capitals, or the sign; nothing for what is quoted."""
        if self.kind == "word":
            return self.text.upper()
        return self.text if self.kind == "sign" else ""


def tokenize(sql: str) -> Iterator[Token]:
    """Yield all tokens of a text, white space and comments too."""
    for match in _TOKENS.finditer(sql):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        yield Token(kind, match[0], match.start())


def significant(sql: str) -> list[Token]:
    """Return the tokens of a text without white space and comments."""
    return [token for token in tokenize(sql) if token.kind not in ("space", "comment")]


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
    tokens = significant(sql)
    following = [*tokens[1:], None]
    return any(
        token.is_name
        and folded(unquoted(token.text)) == folded(name)
        and after is not None
        and after.text == "."
        for token, after in zip(tokens, following, strict=True)
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
    tokens = significant(sql)
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
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
