"""Reading Python as a tree, in any thread."""

import ast
from threading import RLock

#: Before 3.11.8 the parsers of two threads count in one place, and one may end in "SystemError: AST constructor
#: recursion depth mismatch" (cpython 106905). Reentrant: what is collected while a tree is built may parse too.
_ONE_AT_A_TIME = RLock()


def parse(source: str | bytes, filename: str = "<unknown>") -> ast.Module:
    """Return the tree of a module; it is not compiled, so that some of what Python refuses is let through.

    Parameters
    ----------
    source
        The text, or the content of a file in the encoding that it declares.
    filename
        What errors name.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        Python cannot read it.
    """
    with _ONE_AT_A_TIME:
        tree: ast.Module = compile(source, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)  # type: ignore[assignment]
    return tree
