"""Where things go in a revision file: imports, statements of a function, functions."""

import ast
import re

from nbmigrate.errors import BodyError
from nbmigrate.scripts.reading.headers import NAMES
from nbmigrate.scripts.reading.syntax import parse
from nbmigrate.scripts.writing.source_lines import extent, indented, line_offsets

# One object by two names, whichever the project uses.
_OUR_NAMES = {"alembic": "nbmigrate"}


def sets_header(node: ast.stmt) -> bool:
    """Whether a statement sets a variable of the header."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(
        isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store) and child.id in NAMES
        for target in targets
        if isinstance(target, ast.expr)
        for child in ast.walk(target)
    )


def function(name: str, statements: str) -> str:
    """Return a function of a revision file."""
    return f"def {name}() -> None:\n{indented(statements)}\n"


def header_end(text: str) -> int:
    """Return where the header ends: after the last of its variables, on that line."""
    tree = parse(text)
    ends = [node for node in tree.body if sets_header(node)]
    if not ends:
        raise BodyError(
            "The file has no header.", "Write revision, down_revision, branch_labels and depends_on."
        )
    last = ends[-1]
    early = [name for name, node in _functions(tree).items() if node.lineno < last.lineno]
    if early:
        raise BodyError(
            f"{early[0]}() stands above the header of the file.", "Move the header up, then try again."
        )
    return line_offsets(text)[last.end_lineno or last.lineno]


def defined(source: str) -> frozenset[str]:
    """Return the names of the functions that a module defines."""
    return frozenset(_functions(parse(source)))


def add_imports(text: str, imports: tuple[str, ...]) -> str:
    """Return a revision file with imports added under those above its header, without what is imported there."""
    tree = parse(text)
    header = next((node.lineno for node in tree.body if sets_header(node)), len(text))
    above = [node for node in tree.body if _imported(node) and node.lineno < header]
    present = {name for node in above for name in _imported(node)}
    first: list[str] = []
    others: list[str] = []
    for statement in imports:
        (node,) = parse(statement).body
        missing = [name for name in _imported(node) if name not in present]
        present.update(missing)
        if missing:
            added = statement if len(missing) == len(_imported(node)) else _only(node, missing)
            (first if missing[0][0] == "__future__" else others).append(added)
    lines = text.split("\n")
    top = _docstring_end(tree)
    bottom = max((node.end_lineno or 0 for node in above), default=top)
    return "\n".join([*lines[:top], *first, *lines[top:bottom], *others, *lines[bottom:]])


def with_statements(text: str, name: str, statements: str) -> str:
    """Return a module with other statements in a function; its signature and docstring stay."""
    tree = parse(text)
    node = _functions(tree).get(name)
    if node is None:
        return f"{text.rstrip()}\n\n\n{function(name, statements)}"
    lines = text.split("\n")
    head = lines[: _head_end(lines, node)]
    first = node.body[0]
    if first.lineno <= len(head) and not _is_docstring(first):
        # `def upgrade(): pass`, on one line.
        start, _ = extent(text, line_offsets(text), first)
        head = text[:start].rstrip().split("\n")
    after = function_end(lines, node.end_lineno or node.lineno)
    return "\n".join([*head, indented(statements), *lines[after:]])


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _docstring_end(tree: ast.Module) -> int:
    return tree.body[0].end_lineno or 0 if tree.body and _is_docstring(tree.body[0]) else 0


def _head_end(lines: list[str], node: ast.FunctionDef) -> int:
    """Return the last line of a function's signature, or of its docstring."""
    first = node.body[0]
    if _is_docstring(first):
        return first.end_lineno or first.lineno
    parts = [*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg, node.returns]
    number = max([node.lineno, *(part.end_lineno or 0 for part in parts if part is not None)])
    while number < first.lineno and not re.search(r":\s*(#.*)?$", lines[number - 1]):
        number += 1
    return number


def function_end(lines: list[str], number: int) -> int:
    """Return the last line of a function, with the comments that are indented under its last statement."""
    last = number
    while number < len(lines) and (not lines[number].strip() or re.match(r"[ \t]+#", lines[number])):
        number += 1
        if lines[number - 1].strip():
            last = number
    return last


def _imported(node: ast.stmt) -> list[tuple[str, str, str | None]]:
    """Return (module, name, alias) for each name of an import; the name is empty for `import module`."""
    if isinstance(node, ast.Import):
        return [(alias.name, "", alias.asname) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [(_OUR_NAMES.get(module, module), alias.name, alias.asname) for alias in node.names]
    return []


def _only(node: ast.stmt, names: list[tuple[str, str, str | None]]) -> str:
    """Return an import with those of its names alone that were missing."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        kept = zip(node.names, _imported(node), strict=True)
        node.names = [alias for alias, name in kept if name in names]
    return ast.unparse(node)
