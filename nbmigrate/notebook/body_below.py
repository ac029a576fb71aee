"""The body of a revision under `%migrate revision`, a line magic that does not see it: `%%migrate` was meant."""

import ast
import linecache
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from nbmigrate.commands.parser.arguments import BODY_VERBS, Words
from nbmigrate.errors import UsageError


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
