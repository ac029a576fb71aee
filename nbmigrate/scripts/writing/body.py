"""The body of a `%%migrate` cell: checked, taken apart, and put into a revision file."""

import ast
import re
from dataclasses import dataclass

from nbmigrate.errors import BodyError
from nbmigrate.scripts.reading.syntax import parse
from nbmigrate.scripts.writing.multidb_body import check_arguments, databases_in, with_functions
from nbmigrate.scripts.writing.placement import (
    add_imports,
    defined,
    function,
    header_end,
    sets_header,
    with_statements,
)
from nbmigrate.scripts.writing.source_lines import comments, without_imports

FUNCTIONS = ("upgrade", "downgrade")

_MAGIC = re.compile(r"\s*(?:\w+\s*=\s*)?[%!]")
_CREATE_DATE = re.compile(r"^[ \t]*Create Date:.*$\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Body:
    """What a cell says a revision does.

    Parameters
    ----------
    imports
        Its import statements, one each.
    functions
        Everything else, where it has `def upgrade()`: functions, constants, classes, in its order; else None.
    upgrade
        The statements of the upgrade, not indented; where it is written as a function, that.
    downgrade
        The same for the downgrade; None if there is none, and one must be derived or the body be refused.
    """

    imports: tuple[str, ...]
    functions: str | None
    upgrade: str
    downgrade: str | None = None


def parse_body(source: str) -> Body:
    """Take the body of a cell apart.

    A body with `def upgrade()` is the functions of the revision file; one without is the upgrade itself.

    Parameters
    ----------
    source
        The body; for a cell, with an empty line in the place of its `%%migrate` line, so that lines count alike.

    Raises
    ------
    BodyError
        It does not compile, or is no migration; with the line.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    tree = _parsed(source)
    functions = _checked_functions(tree, source)
    _refuse_header(tree, source)
    imports, rest = without_imports(source, tree)
    rest = rest.strip("\n").rstrip()
    if not functions:
        empty = not any(not isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
        statements = "\n".join(filter(None, (rest, "pass"))) if empty else rest
        return Body(imports, None, statements)
    parts = {name: ast.get_source_segment(source, node) for name, node in functions.items()}
    return Body(imports, rest, parts["upgrade"] or "", parts.get("downgrade"))


def replace_body(file_text: str, body: Body) -> str:
    """Return a revision file with another body; its docstring, imports and header stay.

    Raises
    ------
    BodyError
        The functions of the file stand above its header, or are for several databases and the body's are not.
    """
    ending = "\r\n" if "\r\n" in file_text else "\n"
    text = add_imports(file_text.replace("\r\n", "\n"), body.imports)
    names = databases_in(text)
    if body.functions is not None:
        check_arguments(text, body.functions)
    if body.functions is None and names:
        text = with_functions(text, names, body.upgrade)
    elif body.functions is None:
        for name, statements in (("upgrade", body.upgrade), ("downgrade", body.downgrade or "pass")):
            text = with_statements(text, name, statements)
    else:
        text = _join(text[: header_end(text)], body.functions)
        if "downgrade" not in defined(body.functions):
            text = _join(text, function("downgrade", body.downgrade or "pass"))
    return text.replace("\n", ending)


def same_migration(a: str, b: str) -> bool:
    """Return whether two revision files say the same: comments, format and Create Date do not count."""
    try:
        return _meaning(a) == _meaning(b)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return a == b


def is_empty(text: str, template: str) -> bool:
    """Return whether a revision file is as a template makes it: its functions do nothing, and nothing else is in it.

    Parameters
    ----------
    template
        The template, as it is: it is not rendered, since that runs what is in it.
    """
    try:
        statements = parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(comment in template for comment in comments(text)) and all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or sets_header(node)
        or _is_constant(node)
        or (isinstance(node, ast.FunctionDef) and all(map(_does_nothing, node.body)))
        or (ast.get_source_segment(text, node) or "") in template
        for node in statements
    )


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or _is_constant(node)


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _meaning(text: str) -> str:
    tree = parse(text)
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str(doc)) as constant), *_]:
            constant.value = "\n".join(
                line.rstrip() for line in _CREATE_DATE.sub("", doc).strip().split("\n")
            )
    return ast.dump(tree)


def _parsed(source: str) -> ast.Module:
    try:
        # Compiled too: parsing alone does not see a `return` outside a function.
        compile(source, "<body>", "exec", dont_inherit=True)
        return parse(source)
    except SyntaxError as error:
        line = error.lineno or 1
        text = _line(source, line)
        if _MAGIC.match(text):
            raise _refused(
                source, line, None, "a magic or shell line; the body of a migration is Python"
            ) from None
        raise _refused(source, line, error.offset, error.msg) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BodyError(
            f"The body is not Python: {error or type(error).__name__}.", "Fix it; nothing was written."
        ) from None


def _checked_functions(tree: ast.Module, source: str) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name in FUNCTIONS:
            raise _refused(source, node.lineno, 1, f"{node.name}() is async; a migration is a plain function")
        if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS:
            if node.name in found:
                raise _refused(source, node.lineno, 1, f"{node.name}() is there twice")
            found[node.name] = node
    if "downgrade" in found and "upgrade" not in found:
        line = found["downgrade"].lineno
        raise _refused(source, line, 1, "def downgrade() without def upgrade()", "Write both functions.")
    if "downgrade" not in found and "upgrade" in found and _demands_argument(found["upgrade"]):
        # What it does depends on the argument, so it cannot be recorded.
        text = "upgrade() takes an argument, so no downgrade can be generated"
        raise _refused(source, found["upgrade"].lineno, 1, text, "Write both functions.")
    return found


def _demands_argument(node: ast.FunctionDef) -> bool:
    positional = [*node.args.posonlyargs, *node.args.args]
    return len(positional) > len(node.args.defaults) or None in node.args.kw_defaults


def _refuse_header(tree: ast.Module, source: str) -> None:
    for node in tree.body:
        if sets_header(node):
            hint = "Leave the docstring and the header out of the cell."
            raise _refused(
                source, node.lineno, 1, "this is part of the header, which is written for you", hint
            )


def _refused(
    source: str, line: int, offset: int | None, text: str, hint: str = "Fix the line; nothing was written."
) -> BodyError:
    """Return an error that shows the line, with a caret under the column."""
    shown = _line(source, line)
    message = f"line {line}: {text}"
    if shown.strip():
        message += f"\n    {shown}"
        if offset is not None:
            message += "\n    " + re.sub(r"[^\t]", " ", shown[: max(offset - 1, 0)]) + "^"
    return BodyError(message, hint, line=line)


def _line(source: str, number: int) -> str:
    lines = source.split("\n")
    return lines[number - 1][:200] if number <= len(lines) else ""


def _join(above: str, below: str) -> str:
    return (
        f"{above.rstrip()}\n\n\n{below.strip(chr(10)).rstrip()}\n" if above.strip() else f"{below.rstrip()}\n"
    )
