"""SQL cut into tokens, none of which is lost: the tokens of a text, put together, are the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

Kind = Literal["space", "comment", "string", "blob", "quoted", "number", "word", "sign"]

#: All of ASCII but letters and _, and but what is in a word besides: a class of what is beyond ASCII compiles slowly.
_NO_LETTER = r"\x00-@\[-\^`{-\x7f"
_NOT_IN_WORD = r"\x00-#%-/:-@\[-\^`{-\x7f"
_WORD = rf"[^{_NO_LETTER}][^{_NOT_IN_WORD}]*+"
_NUMBER = r"0[xX][0-9a-fA-F]+|(?:\d[\d_]*+(?:\.\d*)?|(?<![\w\"`\]])\.\d+)(?:[eE][+-]?\d+)?"
_WITH_BACKSLASHES = r"'(?:[^'\\]++|''|\\.)*'"
#: Comments in comments, as deep as anybody nests them.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the SQL of a database has besides that of the standard, as far as it matters where a token ends.

    Backticks quote names everywhere: no database has them for anything else.
    """

    #: Whether a backslash in a string takes the quote after it into the string.
    backslashes: bool = False
    #: Whether it does so in E'...'.
    escape_strings: bool = False
    #: Whether $$...$$ and $tag$...$tag$ are strings.
    dollar_quotes: bool = False
    #: Whether [...] is a quoted name.
    brackets: bool = False
    #: Whether # begins a comment.
    hash_comments: bool = False
    #: Whether -- begins a comment only before white space.
    spaced_dashes: bool = False
    #: Whether a comment may hold others.
    nested_comments: bool = False
    #: Whether /*! and /*M! begin what is no comment, but SQL.
    version_comments: bool = False
    #: Whether a name may begin with a digit.
    digit_names: bool = False


STANDARD = Syntax()
#: What any of the databases may mean, for a statement of which it is not clear whose it is.
LENIENT = Syntax(
    backslashes=True, dollar_quotes=True, hash_comments=True, version_comments=True, digit_names=True
)


class Token(NamedTuple):
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


def tokenize(sql: str, syntax: Syntax = STANDARD) -> Iterator[Token]:
    """Yield all tokens of a text, white space and comments too."""
    for match in _tokens(syntax).finditer(sql):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        yield Token(kind, match[0], match.start())


def significant(sql: str, syntax: Syntax = STANDARD) -> list[Token]:
    """Return the tokens of a text without white space and comments."""
    return [token for token in tokenize(sql, syntax) if token.kind not in ("space", "comment")]


def words(sql: str, syntax: Syntax = LENIENT, *, capitals: bool = True) -> Iterator[str]:
    """Yield the words of a text in capitals, and all else but white space and comments as it is."""
    for match in _tokens(syntax).finditer(sql):
        kind = match.lastgroup
        if kind == "word" and capitals:
            yield match[0].upper()
        elif kind not in ("space", "comment"):
            yield match[0]


@cache
def outside(pattern: str, syntax: Syntax = STANDARD) -> re.Pattern[str]:
    """Return what finds a pattern outside of what is commented and quoted, which are groups of these names."""
    return re.compile(rf"(?P<comment>{_comment(syntax)})|(?P<quoted>{_quoted(syntax)})|{pattern}", re.DOTALL)


def without_comments(sql: str, syntax: Syntax = STANDARD) -> str:
    """Return SQL with a space in the place of each comment."""
    return "".join(" " if token.kind == "comment" else token.text for token in tokenize(sql, syntax))


def without_quoted(sql: str, syntax: Syntax = STANDARD) -> str:
    """Return SQL with a space in the place of each comment, and '' in that of each string and quoted name."""
    quoted = {"comment": " ", "string": " '' ", "blob": " '' ", "quoted": " '' "}
    return "".join(quoted.get(token.kind, token.text) for token in tokenize(sql, syntax))


def ends_in_comment(sql: str, syntax: Syntax = STANDARD) -> bool:
    """Tell whether what follows a text in its last line would be a part of a comment."""
    last = sql.rpartition("\n")[2]
    if "--" not in last and "#" not in last:
        return False
    *_, token = tokenize(sql, syntax)
    return token.kind == "comment" and not token.text.startswith("/*")


@cache
def _tokens(syntax: Syntax) -> re.Pattern[str]:
    digits = r"(?!0[xX][0-9a-fA-F]+\b|\d+[eE]\d)\d+[^\W\d]\w*|" if syntax.digit_names else ""
    return re.compile(
        rf"""(?P<space>[ \t\n\v\f\r]+)
        |(?P<comment>{_comment(syntax)})
        |(?P<blob>[xX]'[0-9a-fA-F]*')
        |(?P<string>{_string(syntax)})
        |(?P<quoted>{_name(syntax)})
        |(?P<word>{digits}{_WORD})
        |(?P<number>{_NUMBER})
        |(?P<sign>{r"/[*]M?!|" if syntax.version_comments else ""}.)""",
        re.DOTALL | re.VERBOSE,
    )


def _comment(syntax: Syntax) -> str:
    nested = r"/[*].*?[*]/"
    if syntax.nested_comments:
        for _ in range(_DEPTH):
            nested = rf"/[*](?:[^*/]|[*](?!/)|/(?![*])|{nested})*+[*]/"
    begin = r"/[*](?!M?!)" if syntax.version_comments else r"/[*]"
    within = rf"(?:[^*/]|[*](?!/)|/(?![*])|{nested})*+" if syntax.nested_comments else ".*?"
    line = r"--(?=\s|\Z)[^\n]*" if syntax.spaced_dashes else r"--[^\n]*"
    return rf"{line}|{begin}{within}(?:[*]/|\Z)" + (r"|[#][^\n]*" if syntax.hash_comments else "")


def _quoted(syntax: Syntax) -> str:
    return f"{_string(syntax)}|{_name(syntax)}"


def _string(syntax: Syntax) -> str:
    found = _WITH_BACKSLASHES if syntax.backslashes else r"'(?:[^']++|'')*'"
    if syntax.escape_strings:
        found += rf"|[eE]{_WITH_BACKSLASHES}"
    if syntax.dollar_quotes:
        found += r"|(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)"
    return found


def _name(syntax: Syntax) -> str:
    double = r'"(?:[^"\\]++|""|\\.)*"' if syntax.backslashes else r'"(?:[^"]++|"")*"'
    return rf"{double}|`(?:[^`]++|``)*`" + (r"|\[[^\]]*\]" if syntax.brackets else "")
