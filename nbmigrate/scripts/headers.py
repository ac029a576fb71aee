"""What a revision file says about itself, read without running it."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbmigrate.config import reason
from nbmigrate.errors import UnreadableRevisionError
from nbmigrate.graph.revision import Revision

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")

# What comes before the first function is nearly always the whole header, and quicker to parse than all.
_BODY = re.compile(rb"^(?:def|async|class|@)\b", re.MULTILINE)
_ASSIGNED = re.compile(
    rb"^[ \t]*(?:" + b"|".join(name.encode() for name in NAMES) + rb")\b[^=\n]*=", re.MULTILINE
)
_CREATE_DATE = re.compile(r"^[ \t]*Create Date:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_HINT = "Mend the file; the other revisions can still be read."


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one file.

    Parameters
    ----------
    revision
        The revision it declares; None where that cannot be read.
    problem
        What is wrong with the file, in its header or below it.
    create_date
        The date in its docstring, as written; empty if there is none.
    """

    revision: Revision | None
    problem: UnreadableRevisionError | None = None
    create_date: str = ""


def shown(path: Path) -> str:
    """Return a path as a person wants to read it: from the current folder where it is below that."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_header(path: Path) -> Header:
    """Read the header of a revision file; what is wrong with it is in the result, nothing is raised."""
    try:
        source = path.read_bytes()
    except OSError as error:
        message = f"{shown(path)} cannot be read: {reason(error)}."
        return Header(None, UnreadableRevisionError(message, "Make the file readable.", path=path))
    return parse_header(source, path)


def parse_header(source: bytes, path: Path) -> Header:
    """Read the header of a revision file from what is, or is to be, in it."""
    problem = syntax_problem(source, path)
    try:
        tree = _header_tree(source, whole=problem is None)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Header(None, problem)
    doc = _docstring(tree)
    date = _CREATE_DATE.search(doc)
    create_date = date[1] if date else ""
    try:
        revision = _revision(tree, doc, path)
    except UnreadableRevisionError as error:
        return Header(None, problem or error, create_date)
    return Header(revision, problem, create_date)


def syntax_problem(source: bytes, path: Path) -> UnreadableRevisionError | None:
    """Return why Python does not take a file, or None: it is compiled, and not run."""
    try:
        compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        line, text = error.lineno, error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        line, text = None, str(error) or type(error).__name__
    else:
        return None
    place = f"{shown(path)}, line {line}" if line else shown(path)
    return UnreadableRevisionError(f"{place}: {text}", _HINT, path=path, line=line)


def _header_tree(source: bytes, *, whole: bool) -> ast.Module:
    body = _BODY.search(source)
    if body is None:
        return ast.parse(source)
    if not whole:
        return ast.parse(source[: body.start()])
    if _ASSIGNED.search(source, body.start()):
        return ast.parse(source)
    try:
        return ast.parse(source[: body.start()])
    except SyntaxError:
        # A docstring with a line that looks like code.
        return ast.parse(source)


def _docstring(tree: ast.Module) -> str:
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return text.strip()
    return ""


def _revision(tree: ast.Module, doc: str, path: Path) -> Revision:
    values: dict[str, tuple[object, int]] = {}
    for name, node in _assignments(tree.body):
        try:
            values[name] = (ast.literal_eval(node), node.lineno)
        except (ValueError, TypeError, SyntaxError):
            raise _unreadable(
                path, node.lineno, f"{name} is computed, and revision files are read without running them"
            ) from None
    for name in ("revision", "down_revision"):
        if name not in values:
            raise _unreadable(path, None, f"it does not declare {name}")
    id_, line = values["revision"]
    if not isinstance(id_, str) or not id_:
        raise _unreadable(path, line, "revision is not a text")
    return Revision(
        id=id_,
        down_revisions=_texts("down_revision", values, path),
        depends_on=_texts("depends_on", values, path),
        branch_labels=_texts("branch_labels", values, path),
        doc=doc,
        path=path,
    )


def _assignments(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names of the header with what they are set to, in the order of the file."""
    for statement in statements:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _pairs(target, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in NAMES:
                yield name, value
            case ast.AugAssign(target=ast.Name(id=name) as target) if name in NAMES:
                yield name, target
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                # Set on a condition is computed: the name itself is no literal.
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in NAMES:
                        yield node.id, node


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _ if name in NAMES:
            yield name, value
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            (ast.Tuple(elts=values) | ast.List(elts=values)),
        ):
            for one, its_value in zip(targets, values, strict=False):
                yield from _pairs(one, its_value)


def _texts(name: str, values: dict[str, tuple[object, int]], path: Path) -> tuple[str, ...]:
    value, line = values.get(name, (None, 0))
    if value is None or value == "":
        return ()
    found = (value,) if isinstance(value, str) else value
    if not isinstance(found, tuple | list | set):
        raise _unreadable(path, line, f"{name} is not a text, nor several")
    texts = tuple(item for item in found if isinstance(item, str) and item)
    if len(texts) < len(found):
        raise _unreadable(path, line, f"{name} is not made of texts")
    return tuple(sorted(texts)) if isinstance(found, set) else texts


def _unreadable(path: Path, line: int | None, text: str) -> UnreadableRevisionError:
    place = f"{shown(path)}, line {line}" if line else shown(path)
    return UnreadableRevisionError(f"{place}: {text}.", _HINT, path=path, line=line)
