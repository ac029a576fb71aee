"""What a migration would do, read from its source: nothing of its file runs."""

import ast
import datetime
import decimal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import Visitable

from nbmigrate import op
from nbmigrate.errors import MigrateError, TrialStoppedError
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision
from nbmigrate.operations import BatchOperations, Operation, Operations, Recorder
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.reading.loading import file_of
from nbmigrate.scripts.reading.syntax import parse

#: The modules whose names may be used, each loaded when a revision imports it.
_MODULES = frozenset(
    {"sqlalchemy", "sqlalchemy.dialects", "sqlalchemy.types", "sqlalchemy.sql", "datetime", "decimal"}
    | {f"sqlalchemy.dialects.{name}" for name in ("mysql", "postgresql", "sqlite")}
)
#: Classes of Python's own that only hold a value.
_VALUES = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal)
#: The functions of SQLAlchemy that only build a value; of its classes, types, schema items and expressions do.
_FUNCTIONS = frozenset(
    {
        "text",
        "table",
        "column",
        "literal",
        "literal_column",
        "bindparam",
        "null",
        "true",
        "false",
        "and_",
        "or_",
    }
    | {"not_", "func", "cast", "select", "insert", "update", "delete", "values", "desc", "asc", "case"}
)
#: What of `op` does not write an operation down: it has the database, or code of the project.
_NOT_WRITTEN = frozenset(
    {"context", "get_bind", "get_context", "impl", "implementation_for", "invoke", "migration_context"}
    | {"register_operation", "run_async"}
)
#: The modules that `op` comes from.
_OPS = ("nbmigrate", "alembic", "nbmigrate.op", "alembic.op")
#: Lines that are named.
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What the source of a function tells.

    Parameters
    ----------
    operations
        The operations, in order.
    unread
        The lines of the statements whose effect depends on more than their text.
    """

    operations: tuple[Operation, ...]
    unread: tuple[int, ...] = ()

    @property
    def problem(self) -> str:
        """Why that is not all, in a sentence; empty where it is."""
        if not self.unread:
            return ""
        lines = [f"{line:,}" for line in self.unread[:_MOST_LINES]]
        if more := len(self.unread) - len(lines):
            lines.append(f"{more:,} more")
        *most, last = lines
        if most:
            return f"What lines {', '.join(most)} and {last} do is known only when they run."
        return f"What line {last} does is known only when it runs."


class _NotStaticError(Exception):
    """An expression depends on more than its text."""


def read_step(
    scripts: ScriptDirectory,
    revision: Revision,
    direction: Direction,
    naming_convention: Mapping[str, Any] | None = None,
    *,
    after: int | None = None,
) -> SourceReading:
    """Return the operations of a revision's `upgrade()` or `downgrade()` that its source tells.

    Parameters
    ----------
    naming_convention
        That of env.py's target_metadata, where there is one.
    after
        A line of the function: what comes before the statement there is done, and the statement was begun.

    Raises
    ------
    ScriptError
        The file cannot be read.
    """
    source = scripts.source(revision)
    try:
        tree = parse(source, shown(file_of(revision)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return SourceReading((), (getattr(error, "lineno", None) or 1,))
    function = _function(tree, direction)
    if not isinstance(function, ast.FunctionDef):
        return SourceReading((), (getattr(function, "lineno", 1),))
    recorder = Recorder(naming_convention)
    reader = _Reader(Operations(recorder))
    reader.run(tree.body)
    reader.forget(argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg))
    begun = [statement for statement in function.body if after is not None and statement.lineno <= after]
    reader.run(begun)
    # What the module does besides is no part of the step; a name that it makes in another way is missed at its use.
    recorder.operations.clear()
    # What is left of a loop, say; who stopped at a line of its own has said so.
    reader.unread[:] = [statement.lineno for statement in begun[-1:] if hasattr(statement, "body")]
    reader.run(function.body[len(begun) :])
    return SourceReading(tuple(recorder.operations), tuple(reader.unread))


def rest_of_source(
    scripts: ScriptDirectory,
    revision: Revision,
    direction: Direction,
    stopped: TrialStoppedError,
    naming_convention: Mapping[str, Any] | None = None,
) -> tuple[tuple[Operation, ...], str]:
    """Return the operations after what a trial was stopped at, and why these are not all."""
    try:
        found = read_step(scripts, revision, direction, naming_convention, after=stopped.statement)
    except MigrateError as error:
        return (), f"{stopped.message}\n{error}"
    note = f"{stopped.message} The rest is read from the source; a run does all of it."
    return found.operations, "\n".join(filter(None, (note, found.problem)))


def _function(tree: ast.Module, name: str) -> ast.stmt | None:
    """Return the last statement of a module that gives a name its value; a function only if it is a plain one."""
    found: ast.stmt | None = None
    for statement in tree.body:
        if name in _bound(statement):
            found = statement
    return None if isinstance(found, ast.FunctionDef) and found.decorator_list else found


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives values, or may."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


class _Reader:
    """Performs statements that call `op` with what is written out, and notes the lines of others."""

    def __init__(self, operations: Operations) -> None:
        self._op = operations
        self._names: dict[str, Any] = {}
        self.unread: list[int] = []

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Perform statements, one after the other; one that cannot be read does nothing."""
        for statement in statements:
            if isinstance(statement, ast.Return):
                return
            if isinstance(statement, ast.With) and _is_autocommit(statement):
                self.run(statement.body)
                continue
            try:
                self._perform(statement)
            except Exception:
                self.unread.append(statement.lineno)
                self._forget_touched(statement)

    def forget(self, names: Iterable[str]) -> None:
        """Take the values of names as unknown; "*" stands for all."""
        for name in names:
            if name == "*":
                self._names.clear()
            self._names.pop(name, None)

    def _forget_touched(self, statement: ast.stmt) -> None:
        """Forget what a statement that is not read gives another value, or may change."""
        self.forget(_bound(statement))
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        changed = [self._names[name] for name in used if name in self._names]
        changed = [value for value in changed if isinstance(value, list | dict | set | Visitable)]
        self.forget([name for name, value in self._names.items() if any(value is one for one in changed)])

    def _perform(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=value):
                self._value(value)
            case ast.Import(names=names):
                self.forget(_bound(statement))
                for name in names:
                    if name.name in _MODULES:
                        found = name.name if name.asname else name.name.partition(".")[0]
                        self._names[name.asname or found] = import_module(found)
            case ast.ImportFrom(module=module, names=names):
                self.forget(_bound(statement))
                for name in names:
                    self._import(str(module) if not statement.level else "", name)
            case ast.Assign(targets=[ast.Name(id=id_)], value=value):
                self._names[id_] = self._value(value)
            case ast.AnnAssign(target=ast.Name(id=id_), value=ast.expr() as value):
                self._names[id_] = self._value(value)
            case ast.With(items=[ast.withitem(ast.Call() as call, ast.Name(id=id_))]):
                self._batch(call, id_, statement.body)
            case _:
                raise _NotStaticError

    def _import(self, module: str, name: ast.alias) -> None:
        bound = name.asname or name.name
        if name.name == "op" and module in _OPS:
            self._names[bound] = self._op
        elif f"{module}.{name.name}" in _MODULES:
            self._names[bound] = import_module(f"{module}.{name.name}")
        elif module in _MODULES:
            found = getattr(import_module(module), name.name, None)
            if _is_harmless(name.name, found):
                self._names[bound] = found

    def _batch(self, call: ast.Call, id_: str, body: list[ast.stmt]) -> None:
        """Perform `with op.batch_alter_table(...) as batch_op:`, all of it or nothing."""
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "batch_alter_table"):
            raise _NotStaticError
        with self._value(call) as self._names[id_]:
            for statement in body:
                self._perform(statement)

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=id_) if id_ in self._names:
                return self._names[id_]
            case ast.List(elts=items):
                return [self._value(item) for item in items]
            case ast.Tuple(elts=items):
                return tuple(self._value(item) for item in items)
            case ast.Set(elts=items):
                return {self._value(item) for item in items}
            case ast.Dict(keys=keys, values=values):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key]
                if len(pairs) == len(keys):
                    return {self._value(key): self._value(value) for key, value in pairs}
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.JoinedStr(values=parts):
                return "".join(self._text(part) for part in parts)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._text(left) + self._text(right)
            case ast.Attribute(value=owner, attr=name):
                return self._attribute(self._value(owner), name)
            case ast.Call():
                return self._call(node)
        raise _NotStaticError

    def _text(self, node: ast.expr) -> str:
        is_plain = isinstance(node, ast.FormattedValue) and node.format_spec is None and node.conversion == -1
        value = self._value(node.value if is_plain else node)  # type: ignore[attr-defined]
        if not isinstance(value, str):
            raise _NotStaticError
        return value

    def _attribute(self, owner: Any, name: str) -> Any:
        if name.startswith("_"):
            raise _NotStaticError
        if owner is self._op or isinstance(owner, BatchOperations):
            # What a project has registered is code of its own.
            if name in op.__all__ and name not in _NOT_WRITTEN:
                return getattr(owner, name)
        elif isinstance(owner, ModuleType):
            if f"{owner.__name__}.{name}" in _MODULES:
                return import_module(f"{owner.__name__}.{name}")
            found = getattr(owner, name, None)
            if _is_harmless(name, found):
                return found
        elif owner is sa.func or (
            isinstance(owner, Visitable) and name not in ("compile", "execute", "metadata")
        ):
            return getattr(owner, name)
        raise _NotStaticError

    def _call(self, node: ast.Call) -> Any:
        called = self._value(node.func)
        given = [self._value(argument) for argument in node.args]
        named = {keyword.arg: self._value(keyword.value) for keyword in node.keywords if keyword.arg}
        if len(named) < len(node.keywords):
            raise _NotStaticError
        return called(*given, **named)


def _is_autocommit(block: ast.With) -> bool:
    """Whether a block is `with op.get_context().autocommit_block():`, in which the statements are the same."""
    return [ast.unparse(item) for item in block.items] == ["op.get_context().autocommit_block()"]


def _is_harmless(name: str, found: Any) -> bool:
    """Whether a name of SQLAlchemy is a function, or a class, that only builds a value."""
    if isinstance(found, type):
        return issubclass(found, (Visitable, *_VALUES))
    return found is not None and name in _FUNCTIONS
