"""The line of a magic: its words without comments, and the notebook's variables where `{name}` asks for one."""

import ast
import dis
import linecache
import re
import shlex
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from enum import Enum
from types import FrameType
from typing import Any

from nbmigrate.commands.parser.arguments import BODY_VERBS, Words
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


def check_no_body_below(command: Words, line: str, names: Mapping[str, Any]) -> None:
    """Refuse a magic of one line above what can only be its body.

    Parameters
    ----------
    command, line
        What the magic's line says, and the line.
    names
        The notebook's variables, by which the running cell is found.

    Raises
    ------
    UsageError
        Under the line are operations, or def upgrade() or def downgrade().
    """
    if command.verb not in BODY_VERBS or command.options.body is not None:
        return
    from nbmigrate.scripts.writing.body import FUNCTIONS

    own = "op" in names and getattr(names["op"], "__name__", "").rpartition(".")[2] != "op"
    for statement in _below(names):
        if any(_is_operation(node) and not own for node in ast.walk(statement)) or (
            isinstance(statement, ast.FunctionDef) and statement.name in FUNCTIONS
        ):
            raise UsageError(
                f"The lines under `%migrate {command.verb}` look like its body, which needs two %: "
                f"{ast.unparse(statement).splitlines()[0][:60]}",
                "Nothing was written. Put the line and its body into a cell of their own that begins with:\n"
                f"    %%migrate {line.strip()}",
            )


def _below(names: Mapping[str, Any]) -> Iterator[ast.stmt]:
    """Yield the statements of the running cell between the one that is running and the next magic of ours."""
    frame = sys._getframe()
    while frame.f_globals is not names or frame.f_code.co_name != "<module>":
        if frame.f_back is None:
            return
        frame = frame.f_back
    # IPython keeps there what it makes of a cell, for tracebacks.
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    for statement in ast.parse(source).body:
        if statement.lineno > frame.f_lineno:
            if "run_line_magic('migrate'" in ast.unparse(statement):
                return
            yield statement


def _is_operation(node: ast.AST) -> bool:
    """Whether it is `op.something`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "op"


#: Packages whose frames stand between a magic and the code that it is written in.
_BETWEEN = ("IPython", "ipykernel", "nbmigrate")
_TIMED = "<magic-timeit>"


class ValueUse(Enum):
    """What becomes of the value of an expression.

    The shell shows the one that a cell ends with. An assignment, an argument, a `return` keep it. A statement before
    the last one, or in a loop, a block or a function, drops it.
    """

    SHOWN = "shown"
    KEPT = "kept"
    DROPPED = "dropped"


def value_use() -> ValueUse:
    """Return what the code that runs a magic does with its value.

    The compiler has written it down: behind the call stands what happens to the value. So this holds wherever the call
    stands, and whichever expressions the shell is set to show (`ast_node_interactivity`).
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in _BETWEEN:
        frame = frame.f_back
    # What is run a million times for its time is not to be shown a million times.
    if frame is None or frame.f_code.co_filename == _TIMED:
        return ValueUse.KEPT
    following = next(
        (found for found in dis.get_instructions(frame.f_code) if found.offset > frame.f_lasti), None
    )
    if following is None:
        return ValueUse.KEPT
    if following.opname == "POP_TOP":
        return ValueUse.DROPPED
    # PRINT_EXPR is Python 3.11's.
    shown = following.opname == "PRINT_EXPR" or following.argrepr == "INTRINSIC_PRINT"
    return ValueUse.SHOWN if shown else ValueUse.KEPT
