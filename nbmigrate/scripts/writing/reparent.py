"""Another parent in a revision file: its down_revision, and the line of the docstring that names it."""

import ast
import re
import tokenize
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from nbmigrate.errors import ScriptError
from nbmigrate.scripts.reading.headers import parse_header, shown, syntax_problem
from nbmigrate.scripts.reading.syntax import parse
from nbmigrate.scripts.writing.source_lines import extent, line_offsets

_REVISES = re.compile(r"^([ \t]*Revises:[ \t]*)([^\r\n]*)", re.MULTILINE)


def with_parents(content: bytes, path: Path, parents: tuple[str, ...]) -> bytes:
    """Return what is in a revision file with other parents in it; all else stays, to the byte.

    Raises
    ------
    ScriptError
        The file is not Python, or its down_revision is not set in a statement of its own.
    """
    problem = syntax_problem(content, path)
    if problem is not None:
        raise problem
    encoding = tokenize.detect_encoding(BytesIO(content).readline)[0]
    text = content.decode(encoding)
    tree = parse(text)
    offsets = line_offsets(text)
    value = _value(tree)
    before = parse_header(content, path).revision
    if before is not None and value is not None:
        start, end = extent(text, offsets, value)
        new = text[:start] + _literal(parents, text[start:end]) + text[end:]
        new = _with_revises(new, tree, offsets, parents)
        changed = new.encode(encoding)
        after = parse_header(changed, path).revision
        if after is not None and replace(after, doc=before.doc) == replace(before, down_revisions=parents):
            return changed
    line = f", line {value.lineno}" if value is not None else ""
    raise ScriptError(
        f"{shown(path)}{line}: down_revision is not written so that it can be changed here.",
        f"Write down_revision = {_literal(parents, '')} into it yourself.",
        path=path,
    )


def _value(tree: ast.Module) -> ast.expr | None:
    """Return what down_revision is set to, the last time."""
    found = None
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == "down_revision" for target in targets
        ):
            found = node.value
    return found


def _literal(parents: tuple[str, ...], replaced: str) -> str:
    """Return parents as source, in the quotes of what is replaced."""
    plain = not re.search(r"[\"'\\]", "".join(parents))
    names = [f'"{name}"' if plain and '"' in replaced else repr(name) for name in parents]
    if not names:
        return "None"
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _with_revises(text: str, tree: ast.Module, offsets: list[int], parents: tuple[str, ...]) -> str:
    # The docstring stands above the header, so what the tree says of where it is still holds.
    if not tree.body or ast.get_docstring(tree) is None:
        return text
    start, end = extent(text, offsets, tree.body[0])
    named = ", ".join(parents)
    doc = _REVISES.sub(lambda found: found[1] + named, text[start:end], count=1)
    return text[:start] + doc + text[end:]
