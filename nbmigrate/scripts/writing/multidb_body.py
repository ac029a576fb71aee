"""Revision files with functions for each of several databases, as Alembic's template multidb makes them.

There `upgrade(engine_name)` calls `upgrade_<name>()`, so the statements of a revision go into those.
"""

import ast

from nbmigrate.errors import BodyError
from nbmigrate.scripts.reading.syntax import parse
from nbmigrate.scripts.writing.placement import function_end, with_statements

_VERBS = ("upgrade", "downgrade")


def databases_in(text: str) -> tuple[str, ...]:
    """Return the names of the databases that a revision file has functions for; none in a file for one database."""
    functions = _functions(text)
    if not _takes_argument(functions.get("upgrade")):
        return ()
    names = [name.removeprefix("upgrade_") for name in functions if name.startswith("upgrade_")]
    return tuple(name for name in names if f"downgrade_{name}" in functions)


def with_functions(text: str, names: tuple[str, ...], source: str) -> str:
    """Return a revision file with other functions for its databases.

    Parameters
    ----------
    names
        The databases, as `databases_in` returns them.
    source
        The functions of one database or more; those of the others become empty.

    Raises
    ------
    BodyError
        There is something else in it, or one of the two functions of a database is missing.
    """
    given = _given(names, source)
    for name in names:
        for verb in _VERBS:
            function = f"{verb}_{name}"
            if function in given:
                lines = text.split("\n")
                node = _functions(text)[function]
                after = lines[function_end(lines, node.end_lineno or node.lineno) :]
                text = "\n".join([*lines[: node.lineno - 1], given[function], *after])
            else:
                text = with_statements(text, function, "pass")
    return text


def check_arguments(text: str, functions: str) -> None:
    """Check that the functions of a body take what those of the file take.

    Raises
    ------
    BodyError
        Those of the file take an argument, and one of the body does not.
    """
    wanted, found = _functions(text), _functions(functions)
    for verb in _VERBS:
        if _takes_argument(wanted.get(verb)) and verb in found and not _takes_argument(found[verb]):
            signature = f"{verb}({ast.unparse(wanted[verb].args)})"
            raise BodyError(
                f"{verb}() is without an argument, and env.py runs it with one: {signature}.",
                f"Write `def {signature}:`; nothing was written.",
                line=found[verb].lineno,
            )


def _given(names: tuple[str, ...], source: str) -> dict[str, str]:
    """Return the functions of a body, each with the comments above it."""
    expected = [f"{verb}_{name}" for name in names for verb in _VERBS]
    lines = source.split("\n")
    given: dict[str, str] = {}
    done = 0
    for node in parse(source).body:
        if isinstance(node, ast.Pass):
            continue
        if not isinstance(node, ast.FunctionDef) or node.name not in expected:
            raise BodyError(
                f"A revision has functions for each of the databases {', '.join(names)}, and this is in none.",
                f"Write for each that changes: def upgrade_{names[0]}(): and def downgrade_{names[0]}():",
            )
        if node.name in given:
            raise BodyError(f"{node.name}() is there twice.", "Take one out; nothing was written.")
        end = function_end(lines, node.end_lineno or node.lineno)
        given[node.name] = "\n".join(lines[done:end]).strip("\n")
        done = end
    if given:
        given[next(reversed(given))] += "\n".join(["", *lines[done:]]).rstrip()
    for name in names:
        one = [verb for verb in _VERBS if f"{verb}_{name}" in given]
        if len(one) == 1:
            raise BodyError(
                f"{one[0]}_{name}() is there alone.", f"Write upgrade_{name}() and downgrade_{name}()."
            )
    return given


def _functions(text: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in parse(text).body if isinstance(node, ast.FunctionDef)}


def _takes_argument(node: ast.FunctionDef | None) -> bool:
    return node is not None and bool(
        node.args.posonlyargs or node.args.args or node.args.kwonlyargs or node.args.vararg or node.args.kwarg
    )
