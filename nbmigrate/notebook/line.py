"""The line of a magic: its words without comments, and the notebook's variables where `{name}` asks for one."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from nbmigrate.errors import MigrateError, MigrationFailedError, RevisionNotFoundError, UsageError

#: What stands before a comment: words, which may be quoted in whole or in part. A `#` inside a word is no comment.
_UNCOMMENTED = re.compile(
    r"""(?: \s+(?!\#) | (?![\#\s]) (?: \\. | "(?:\\.|[^"\\])*" | '[^']*' | [^\s\\] )+ )*""", re.VERBOSE
)
_VARIABLE = re.compile(r"\{(\w+)\}")
_SHELL_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def split(line: str) -> list[str]:
    """Return the words of a magic's line, without quotes, a comment after them and a semicolon at the end.

    Raises
    ------
    UsageError
        A quote is not closed.
    """
    match = _UNCOMMENTED.match(line)
    text = (match[0] if match else line).strip().removesuffix(";")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"A quote is not closed: {line.strip()}",
            'Put "double quotes" around a text that has an apostrophe.',
        ) from error


def with_variables(words: Sequence[str], names: Mapping[str, Any]) -> list[str]:
    """Return words in which `{name}`, alone as a word, is the value of that variable.

    Braces around what is no variable, and a name in braces inside a longer word, stay as they are: a message or a
    condition may hold them.

    Parameters
    ----------
    words
        The words of a command.
    names
        The notebook's variables by name.
    """
    asked = (_VARIABLE.fullmatch(word) for word in words)
    return [
        str(names[match[1]]) if match and match[1] in names else word
        for word, match in zip(words, asked, strict=True)
    ]


def explain(error: MigrateError, names: Mapping[str, Any]) -> None:
    """Add to an error what only a notebook's user could mean: a variable of the notebook.

    Parameters
    ----------
    error
        The error; its hint is extended.
    names
        The notebook's variables by name.
    """
    hint = ""
    if isinstance(error, RevisionNotFoundError):
        if _VARIABLE.fullmatch(error.target):
            hint = f"The notebook has no variable {error.target[1:-1]!r} either."
        elif (asked := _SHELL_VARIABLE.fullmatch(error.target)) and asked[1] in names:
            hint = f"To pass the notebook's variable, write {{{asked[1]}}}."
    elif isinstance(error, MigrationFailedError):
        cause = error.__cause__
        if isinstance(cause, NameError) and cause.name in names:
            hint = (
                f"`{cause.name}` is a variable of the notebook, which a revision file does not see: "
                "write its value, or an import, into the revision."
            )
    error.hint = "\n".join(filter(None, (error.hint, hint)))
