"""No module keeps anything that a run changes: two projects in two threads share nothing but what is named here.

Read from the source: a name of a module (its own, or one that it imported, as `sys` in `sys.path.remove(...)`) that a
function binds, stores into, or calls a method of that changes what it is called on.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbmigrate

ROOT = Path(nbmigrate.__file__).parent
CHANGING = {
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "popleft",
}
CHANGING |= {
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
    "__setitem__",
    "move_to_end",
    "reset",
    "set",
}
CACHES = {"cache", "lru_cache"}

#: What there is, and why it does no harm in threads.
EXPLAINED = {
    "config/run_scope.py: _scope": "a ContextVar: each thread has its own",
    "database/backends/timeouts.py: _SECONDS": "a ContextVar: each thread has its own",
    "dialects/ddl/table_events.py: sa.event": "listeners of one connection",
    "environment/alembic/stand_ins.py: stand_in": "what stands for a name is the same for all projects",
    "operations/replacing.py: _registry": "by project, whose runs all register the same; an entry is put in whole",
    "environment/isolation/import_hook.py: _running": "a ContextVar: each thread has its own",
    "environment/isolation/import_hook.py: builtins": "asks the context of its caller during a run; under a lock",
    "environment/isolation/import_hook.py: importlib": "asks the context of its caller during a run; under a lock",
    "environment/isolation/import_hook.py: sys.path": "put back as it was, when the last run ends",
    "environment/isolation/modules.py: sys.modules": "a project's modules that took names from us, while its run is on",
    "environment/isolation/modules.py: _left": "by project, what runs have left in sys.modules; under a lock",
    "operations/directives/operations.py: _running": "a ContextVar: each thread has its own",
    "environment/active.py: _running": "a ContextVar: each thread has its own",
    "operations/directives/custom.py: _registered": "a ContextVar: each thread has its own",
    "environment/isolation/trial_guard.py: _GUARD": "a ContextVar: each thread has its own",
    "environment/isolation/trial_guard.py: _listen": "an audit hook is for the process, and cannot be taken back",
    "environment/isolation/shown_warnings.py: warnings": "put back as it was; of two runs at once the last one does",
    "environment/run.py: sys.modules": "env.py under a name that has the thread's number in it",
    "environment/isolation/search_path.py: sys.path": "each run puts in, and takes out, entries of its own",
    "dialects/registry.py: _REGISTERED": "what a database understands is the same for all projects; put in whole",
    "commands/__init__.py: sys.modules": "once, when the package is imported",
    "database/statements/interception.py: sa.event": "listeners of one connection",
    "database/statements/recording.py: sa.event": "listeners of one connection",
    "commands/parser/arguments.py: DECLARATIONS": "filled by decorators, once, when the modules are imported",
    "database/backends/__init__.py: _backend": "a cache of objects without state, one for each kind of database",
    "dialects/tokens.py: _tokens": "a cache of compiled patterns",
    "dialects/tokens.py: outside": "a cache of compiled patterns",
    "notebook/magics.py: MigrateMagics.migrate": "its help text, once, when the module is imported",
}


def changes(source: str) -> Iterator[str]:
    """Yield the names of a module that its functions change, each as it is written."""
    tree = ast.parse(source)
    globals_ = {name for node in tree.body for name in bound(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if written(called).rpartition(".")[2] in CACHES:
                    yield node.name
            yield from in_function(node, globals_)
    yield from (
        text for node in tree.body if not isinstance(node, ast.ClassDef) for text in of_others(node, globals_)
    )


def bound(node: ast.AST) -> set[str]:
    """Return the names that a statement at the top of a module binds."""
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).partition(".")[0] for alias in names}
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            return {name}
        case ast.Assign() | ast.AnnAssign() | ast.For() | ast.With():
            return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        case ast.If() | ast.Try():
            return {name for child in ast.iter_child_nodes(node) for name in bound(child)}
    return set()


def in_function(function: ast.FunctionDef | ast.AsyncFunctionDef, globals_: set[str]) -> Iterator[str]:
    """Yield what a function changes of the names that are not its own."""
    arguments = function.args
    own = {a.arg for a in (*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs)}
    own |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
    local_imports = {name for node in ast.walk(function) for name in bound_by_import(node)}
    for node in ast.walk(function):
        yield from changed(node, (globals_ | local_imports) - own)


def bound_by_import(node: ast.AST) -> set[str]:
    return bound(node) if isinstance(node, ast.Import | ast.ImportFrom) else set()


def of_others(node: ast.AST, globals_: set[str]) -> Iterator[str]:
    """Yield what a module changes of other modules when it is imported; its own names it may make as it likes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for child in ast.walk(node):
        yield from (text for text in changed(child, globals_) if "." in text)


def changed(node: ast.AST, names: set[str]) -> Iterator[str]:
    """Yield what a node changes, if it hangs on one of the names."""
    targets: list[ast.expr] = []
    match node:
        case ast.Assign(targets=found) | ast.Delete(targets=found):
            targets = found
        case ast.AugAssign(target=one) | ast.AnnAssign(target=one):
            targets = [one]
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CHANGING:
            targets = [ast.Attribute(value, attr)]
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[value, *_]):
            targets = [ast.Attribute(value, "")]
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(part, ast.Attribute | ast.Subscript):
                text = written(part.value)
                # A function of SQLAlchemy's own, as sa.insert(), is no change of it.
                if text != "sa" and text.partition(".")[0] in names:
                    yield text


def written(node: ast.expr) -> str:
    """Return "a.b.c" for names joined by dots, also with something in brackets after them; otherwise nothing."""
    match node:
        case ast.Name(id=id_):
            return id_
        case ast.Attribute(value=value, attr=attr):
            return f"{before}.{attr}" if (before := written(value)) else ""
        case ast.Subscript(value=value):
            return written(value)
    return ""


def test_every_state_of_a_module_is_explained() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {text}"
        for path in sorted(ROOT.rglob("*.py"))
        for text in changes(path.read_text(encoding="utf-8"))
    }
    assert found == set(EXPLAINED)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("seen = []\ndef f(x):\n    seen.append(x)\n", ["seen"]),
        ("seen = {}\nclass A:\n    def f(self, x):\n        seen[x] = 1\n", ["seen"]),
        ("count = 0\ndef f():\n    global count\n    count += 1\n", ["count"]),
        ("import sys\ndef f():\n    sys.path.insert(0, '')\n", ["sys.path"]),
        ("def f():\n    import os\n    os.environ['A'] = 'b'\n", ["os.environ"]),
        ("import sys\nsys.modules['a'].__class__ = int\n", ["sys.modules"]),
        ("from a import state\ndef f():\n    state.last = 1\n", ["state"]),
        ("import builtins\ndef f(g):\n    setattr(builtins, '__import__', g)\n", ["builtins"]),
        ("from functools import cache\n@cache\ndef f(x):\n    return x\n", ["f"]),
        ("class A:\n    seen = []\n    def f(self, x):\n        A.seen.append(x)\n", ["A.seen"]),
        ("seen = [1]\nseen.append(2)\ndef f(seen):\n    seen.append(1)\n", []),
        ("names = {}\nnames['a'] = 1\ndef f():\n    names = []\n    names.append(1)\n", []),
    ],
)
def test_it_is_found(source: str, found: list[str]) -> None:
    assert list(changes(source)) == found
