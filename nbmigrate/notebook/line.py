"""The line of a magic: its words without comments, and the notebook's variables where `{name}` asks for one."""

import re
import shlex
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from nbmigrate.errors import MigrateError, MigrationFailedError, UsageError

#: What stands before a comment: words, which may be quoted in whole or in part. A `#` inside a word is no comment.
_UNCOMMENTED = re.compile(
    r"""(?: \s+(?!\#) | (?![\#\s]) (?: \\. | "(?:\\.|[^"\\])*" | '[^']*' | [^\s\\] )+ )*""", re.VERBOSE
)
_VARIABLE = re.compile(r"\{([^\W\d]\w*)\}")
_EXPRESSION = re.compile(r"\{(.+)\}")
_SHELL_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def split(line: str) -> list[str]:
    """Return the words of a magic's line, without quotes, a comment after them and a semicolon at the end.

    Raises
    ------
    UsageError
        A quote is not closed.
    """
    try:
        return shlex.split(_uncommented(line).removesuffix(";"))
    except ValueError as error:
        raise UsageError(
            f"A quote is not closed: {line.strip()}",
            'Put "double quotes" around a text that has an apostrophe.',
        ) from error


def is_silenced(line: str, body: str | None = None) -> bool:
    """Tell whether a magic ends with a semicolon, which shows nothing, as elsewhere in IPython."""
    return _uncommented(line).endswith(";") or (body or "").rstrip().endswith(";")


def _uncommented(line: str) -> str:
    match = _UNCOMMENTED.match(line)
    return (match[0] if match else line).strip()


def with_variables(
    words: Sequence[str], names: Mapping[str, Any], revisions: Callable[[], Container[str]] = tuple
) -> list[str]:
    """Return words in which `{name}`, alone as a word, is the value of that variable.

    Braces around what is no variable, and a name in braces inside a longer word, stay as they are: a message or a
    condition may hold them. So does a revision that is called so.

    Parameters
    ----------
    words
        The words of a command.
    names
        The notebook's variables by name.
    revisions
        Returns the ids and labels that there are; called where a word could be a variable.
    """
    matches = [_VARIABLE.fullmatch(word) for word in words]
    if not any(match and match[1] in names for match in matches):
        return list(words)
    called = revisions()
    return [
        str(names[match[1]]) if match and match[1] in names and word not in called else word
        for word, match in zip(words, matches, strict=True)
    ]


def explain(error: MigrateError, words: Sequence[str], names: Mapping[str, Any]) -> None:
    """Add to an error what only a notebook's user could mean: a variable of the notebook.

    Parameters
    ----------
    error
        The error; its hint is extended.
    words
        The words of the command, as they were written.
    names
        The notebook's variables by name.
    """
    hints = [_meant(word, names) for word in words if word in error.message]
    cause = error.__cause__
    if isinstance(error, MigrationFailedError) and isinstance(cause, NameError) and cause.name in names:
        hints.append(
            f"`{cause.name}` is a variable of the notebook, which a revision file does not see: "
            "write its value, or an import, into the revision."
        )
    error.hint = "\n".join(filter(None, (error.hint, *hints)))


def _meant(word: str, names: Mapping[str, Any]) -> str:
    """Return how a variable is passed, where a word looks as if one was meant."""
    if shell := _SHELL_VARIABLE.fullmatch(word):
        name = shell[1] or shell[2]
        return f"To pass the notebook's variable, write {{{name}}}." if name in names else ""
    if found := _VARIABLE.fullmatch(word):
        name = found[1]
        if name in names:
            return ""
        return f"The notebook has no variable {name!r} either: set it in a cell before, {name} = '...'."
    if found := _EXPRESSION.fullmatch(word):
        return (
            f"Only a variable's name is taken in braces: write x = {found[1].strip()} above, and {{x}} here."
        )
    return ""
