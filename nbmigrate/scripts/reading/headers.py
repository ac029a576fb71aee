"""What a revision file says about itself, read without running it."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import CodeType

from nbmigrate.config import reason
from nbmigrate.errors import UnreadableRevisionError
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.syntax import parse

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")

# The one name that says nothing about where the revision stands.
_LABELS = "branch_labels"
# Files of Alembic's first versions declare no `revision`.
_ID_IN_NAME = re.compile(r"([0-9a-f]+)\.py")

# What comes before the first function is nearly always the whole header, and quicker to parse than all.
_BODY = re.compile(rb"^(?:def|async|class|@)\b", re.MULTILINE)
_ASSIGNED = re.compile(
    rb"^[ \t]*(?:" + b"|".join(name.encode() for name in NAMES) + rb")\b[^=\n]*=", re.MULTILINE
)
# Less than a search for all that, and hardly a body has them.
_WORDS = (b"revision", b"branch_labels", b"depends_on")
_CREATE_DATE = re.compile(r"^[ \t]*Create Date:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_HINT = "Fix the file; the other revisions can still be read."
_COMPUTED_HINT = "Write it as a literal, or set revision_headers = execute so that such a file is run."

#: Stands for a value that is known only when the file runs.
COMPUTED = object()

#: What Python's parser raises for a file, whatever is in it.
_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one file.

    Parameters
    ----------
    revision
        The revision it declares; None where that cannot be read.
    problem
        Why it cannot be read.
    is_computed
        Whether the file would have to be run to know it.
    note
        Why the revision is here without its branch labels, where they are computed.
    """

    revision: Revision | None
    problem: UnreadableRevisionError | None = None
    is_computed: bool = False
    note: UnreadableRevisionError | None = None


def shown(path: Path) -> str:
    """Return a path as a person wants to read it: from the current folder where it is below that."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_header(path: Path) -> Header:
    """Read the header of a revision file; what is wrong with it is in the result, nothing is raised."""
    try:
        # Thousands of files may be read in a row, and each is read once.
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            source = file.read()
    except OSError as error:
        return unreadable_file(path, reason(error))
    return parse_header(source, path)


def unreadable_file(path: Path, why: str) -> Header:
    """Return the header of a file that gives nothing to read."""
    message = f"{shown(path)} cannot be read: {why}."
    return Header(None, UnreadableRevisionError(message, "Make the file readable, or remove it.", path=path))


def parse_header(source: bytes, path: Path) -> Header:
    """Read the header of a revision file from what is, or is to be, in it.

    Only what comes before the first function is looked at; whether the rest is Python is for `syntax_problem` to say.
    """
    try:
        tree = _header_tree(source, str(path))
    except _UNPARSABLE as error:
        return Header(None, _syntax_error(path, error))
    values = {name: (_literal(node), node.lineno) for name, node in _assignments(tree.body)}
    header = header_of(values, _docstring(tree), path)
    if header.problem is not None and not header.is_computed:
        # What is missing may stand below an error.
        return Header(None, syntax_problem(source, path) or header.problem)
    return header


def header_of(values: Mapping[str, tuple[object, int | None]], doc: object, path: Path) -> Header:
    """Return the header that some variables make.

    Parameters
    ----------
    values
        The variables in `NAMES` that the file sets, each with its value, or COMPUTED, and the line where it is set.
    doc
        The docstring, or what is in its place.
    """
    doc = doc.strip() if isinstance(doc, str) else ""
    computed = {name: line for name, (value, line) in values.items() if value is COMPUTED}
    for name, line in computed.items():
        if name != _LABELS:
            problem = _computed(
                path, line, f"{name} is computed, and revision files are read without running them."
            )
            return Header(None, problem, is_computed=True)
    constants = {name: values[name] for name in values if name not in computed} if computed else values
    try:
        revision = _revision(constants, doc, path)
    except UnreadableRevisionError as problem:
        return Header(None, problem)
    if not computed:
        return Header(revision)
    text = f"{_LABELS} is computed, so revision {revision.id} is listed without its labels."
    return Header(revision, is_computed=True, note=_computed(path, computed[_LABELS], text))


def declared_encoding(source: bytes) -> str:
    """Return the encoding that a file declares; SyntaxError if it is unknown, or is not the one it is in."""
    import tokenize

    return tokenize.detect_encoding(BytesIO(source).readline)[0]


def create_date(doc: str) -> str:
    """Return the date in the docstring of a revision, as written there; empty if there is none."""
    date = _CREATE_DATE.search(doc)
    return date[1] if date else ""


def syntax_problem(source: bytes, path: Path) -> UnreadableRevisionError | None:
    """Return why Python does not take a file, or None: it is compiled, and not run."""
    try:
        compile_source(source, path)
    except UnreadableRevisionError as problem:
        return problem
    return None


def compile_source(source: bytes, path: Path) -> CodeType:
    """Return the code of a file; UnreadableRevisionError where Python does not take it."""
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except _UNPARSABLE as error:
        raise _syntax_error(path, error) from None


def _syntax_error(path: Path, error: Exception) -> UnreadableRevisionError:
    # Python says line 0 of an encoding that it does not know.
    line = (error.lineno or None) if isinstance(error, SyntaxError) else None
    text = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
    return _error(path, line, text, _HINT)


def _header_tree(source: bytes, name: str) -> ast.Module:
    body = _BODY.search(source)
    if body is None:
        return parse(source, name)
    head = source[: body.start()]
    start = body.start()
    if not any(source.find(word, start) >= 0 for word in _WORDS) or not _ASSIGNED.search(source, start):
        try:
            return parse(head, name)
        except SyntaxError:
            # A docstring with a line that looks like code.
            return parse(source, name)
    try:
        return parse(source, name)
    except _UNPARSABLE:
        return parse(head, name)


def _docstring(tree: ast.Module) -> str:
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str(text))), *_]:
            return text
    return ""


def _literal(node: ast.expr | ast.stmt) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    try:
        return ast.literal_eval(node) if isinstance(node, ast.expr) else COMPUTED
    except (TypeError, *_UNPARSABLE):
        return COMPUTED


def _assignments(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr | ast.stmt]]:
    """Yield the names of the header with what they are set to, in the order of the file."""
    for statement in statements:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                if value is not None and name in NAMES:
                    yield name, value
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _pairs(target, value)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    if (alias.asname or alias.name) in NAMES:
                        yield alias.asname or alias.name, statement
            case ast.Expr() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                # Set on a condition is computed: the name itself is no literal.
                yield from _names_set_in(statement)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _:
            if name in NAMES:
                yield name, value
        case (
            (ast.Tuple(elts=targets) | ast.List(elts=targets)),
            (ast.Tuple(elts=values) | ast.List(elts=values)),
        ) if len(targets) == len(values) and not any(isinstance(one, ast.Starred) for one in targets):
            for one, its_value in zip(targets, values, strict=True):
                yield from _pairs(one, its_value)
        case _:
            yield from _names_set_in(target)


def _names_set_in(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store | ast.Del) and one.id in NAMES:
            yield one.id, one


def _revision(values: Mapping[str, tuple[object, int | None]], doc: str, path: Path) -> Revision:
    if "revision" not in values and (named := _ID_IN_NAME.fullmatch(path.name)):
        values = {**values, "revision": (named[1], None)}
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


def _texts(name: str, values: Mapping[str, tuple[object, int | None]], path: Path) -> tuple[str, ...]:
    value, line = values.get(name, (None, None))
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, tuple | list | set | frozenset):
        raise _unreadable(path, line, f"{name} is not a text, nor several")
    texts = tuple(item for item in value if isinstance(item, str) and item)
    if len(texts) < len(value):
        raise _unreadable(path, line, f"{name} is not made of texts")
    return tuple(sorted(texts)) if isinstance(value, set | frozenset) else texts


def _unreadable(path: Path, line: int | None, text: str) -> UnreadableRevisionError:
    return _error(path, line, f"{text}.", _HINT)


def _computed(path: Path, line: int | None, text: str) -> UnreadableRevisionError:
    return _error(path, line, text, _COMPUTED_HINT)


def _error(path: Path, line: int | None, text: str, hint: str) -> UnreadableRevisionError:
    place = f"{shown(path)}, line {line}" if line else shown(path)
    return UnreadableRevisionError(f"{place}: {text}", hint, path=path, line=line)
