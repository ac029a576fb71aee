"""Cutting and indenting source text without touching what is inside its strings."""

import ast
import io
import token
import tokenize

# From 3.12 a formatted string is several tokens, from 3.14 a template string too.
_STARTS = {getattr(token, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
_ENDS = {getattr(token, name, -1) for name in ("FSTRING_END", "TSTRING_END")}


def indented(source: str) -> str:
    """Return statements four columns to the right; the lines inside a string stay where they are."""
    inside = _lines_in_strings(source)
    lines = source.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(lines, 1)
    )


def without_imports(source: str, tree: ast.Module) -> tuple[tuple[str, ...], str]:
    """Return the import statements of a module, and the rest of its text."""
    offsets = line_offsets(source)
    imports: list[str] = []
    pieces: list[str] = []
    done = 0
    for nodes in _sharing_lines(tree.body):
        if not any(_is_import(node) for node in nodes):
            continue
        found = [(_is_import(node), source[slice(*extent(source, offsets, node))]) for node in nodes]
        end = offsets[(nodes[-1].end_lineno or 0)]
        after = source[extent(source, offsets, nodes[-1])[1] : end].strip().removeprefix(";").strip()
        comment = f"  {after}" if after else ""
        kept = "; ".join(text for is_import, text in found if not is_import)
        imports += [text for is_import, text in found if is_import]
        if not kept:
            imports[-1] += comment
        start = offsets[nodes[0].lineno - 1]
        pieces += [source[done:start], f"{kept}{comment}\n" if kept else ""]
        done = end
    return tuple(dict.fromkeys(imports)), "".join(pieces) + source[done:]


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _sharing_lines(statements: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Return the statements in groups: those of `x = 1; import os` stand on one line."""
    groups: list[list[ast.stmt]] = []
    for node in statements:
        if groups and groups[-1][-1].end_lineno == node.lineno:
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def comments(source: str) -> set[str]:
    """Return the comments of a module; the whole text where it is not Python."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return {source}
    return {found.string for found in tokens if found.type == tokenize.COMMENT}


def line_offsets(source: str) -> list[int]:
    """Return where each line starts; there is one more, where the text ends."""
    offsets = [0]
    for line in source.split("\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    offsets[-1] = len(source)
    return offsets


def extent(source: str, offsets: list[int], node: ast.stmt | ast.expr) -> tuple[int, int]:
    """Return where a statement or an expression starts and ends in the text; columns of the tree count bytes."""
    return (
        _offset(source, offsets, node.lineno, node.col_offset),
        _offset(source, offsets, node.end_lineno or node.lineno, node.end_col_offset or 0),
    )


def _offset(source: str, offsets: list[int], line: int, column: int) -> int:
    text = source[offsets[line - 1] : offsets[line]]
    return offsets[line - 1] + len(text.encode()[:column].decode())


def _lines_in_strings(source: str) -> set[int]:
    """Return the lines that begin inside a string."""
    inside: set[int] = set()
    open_at: list[int] = []
    for found in tokenize.generate_tokens(io.StringIO(source).readline):
        if found.type == token.STRING:
            inside.update(range(found.start[0] + 1, found.end[0] + 1))
        elif found.type in _STARTS:
            open_at.append(found.start[0])
        elif found.type in _ENDS:
            inside.update(range(open_at.pop() + 1, found.end[0] + 1))
    return inside
