"""The code of a revision file, whatever it looks like: told from other code by a hash, and shown in one style."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from nbmigrate.scripts.reading.syntax import parse

#: What the same code has, or has not, in one version of Python and another, and what comments make.
_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_WITH_DOCSTRINGS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
#: Where a statement has others.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a file, as Python reads it: without comments, docstrings and the way it is set.

    Parameters
    ----------
    hash
        What tells it from other code; the same in every version of Python.
    text
        The code in the one style that `ast.unparse` has.
    """

    hash: str
    text: str


def content_hash(content: bytes) -> str:
    """Return what tells a file from another, on every system: whichever way its lines end."""
    return blake2b(content.replace(b"\r\n", b"\n"), digest_size=16).hexdigest()


def code_in(content: bytes) -> Code | None:
    """Return the code of a file; None where it has none that Python reads.

    Parameters
    ----------
    content
        The source, in the encoding that it declares.
    """
    try:
        tree = _code(content)
        return Code(_hash(tree), ast.unparse(tree))
    except (SyntaxError, ValueError, RecursionError):
        return None


def code_hash(content: bytes) -> str | None:
    """Return the hash of `code_in` alone, in half the time.

    Parameters
    ----------
    content
        The source, in the encoding that it declares.
    """
    try:
        return _hash(_code(content))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _code(content: bytes) -> ast.Module:
    tree = parse(content)
    _strip_docstrings(tree)
    return tree


def _strip_docstrings(node: ast.AST) -> None:
    if isinstance(node, _WITH_DOCSTRINGS) and ast.get_docstring(node, clean=False) is not None:
        del node.body[0]
        if not node.body and not isinstance(node, ast.Module):
            node.body.append(ast.Pass())
    # In expressions there are none.
    for name in _BLOCKS:
        for child in getattr(node, name, ()):
            _strip_docstrings(child)


def _hash(tree: ast.Module) -> str:
    parts: list[str] = []
    _feed(tree, parts.append)
    return blake2b("".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _feed(value: Any, write: Callable[[str], None]) -> None:
    """Write a tree as text that leaves out what is empty: newer versions of Python have more of that."""
    if isinstance(value, ast.AST):
        write(f"{type(value).__name__}(")
        for name in value._fields:
            part = getattr(value, name, None)
            if part is not None and part != [] and name not in _IGNORED:
                write(f"{name}=")
                _feed(part, write)
        write(")")
    elif isinstance(value, list):
        write("[")
        for part in value:
            _feed(part, write)
            write(",")
        write("]")
    else:
        write(repr(value))
