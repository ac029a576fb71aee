"""The floors of the design: a module imports from its own package or from below, never from above."""

import ast
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nbmigrate

ROOT = Path(nbmigrate.__file__).parent

FLOORS = {
    "notebook": 8,
    "compat": 8,
    "cli": 8,
    "commands": 7,
    "project": 6,
    "environment": 5,
    "autogenerate": 4,
    "database": 4,
    "dialects": 3,
    "scripts": 3,
    "operations": 2,
    "op": 2,
    "schema": 1,
    "graph": 1,
    "config": 1,
    "clock": 0,
    "errors": 0,
    "version": 0,
}
#: The wings and files of each package, from the ground up: each imports from those of a line above it, and from itself.
WINGS = {
    "graph": """
        order revision trail
        labels problems
        graph
        drawing entry position relative
        target
        plan stamp
    """,
    "operations": """
        operation implementation
        data recorder
        tables migrate_operation
        columns constraints replacing
        alter_table
        directives reverse
    """,
    "scripts": """
        reading
        writing
        folder
        new_project directory
    """,
    "dialects": """
        tokens
        statement bind
        ddl
        base
        sqlite postgresql mysql firebird mssql oracle warehouses registry
        duckdb
        existing
        compiler
        script
    """,
    "database": """
        drivers value_text
        errors events
        remedies backends
        transaction statements
        bookkeeping tables
        lock journal snapshots
        diagnosis
        execution
        dry_run
    """,
    "environment": """
        active connectable engine_options module_files
        alembic
        isolation base_context caller_transaction
        migration_context
        offline_context
        environment_context
        context run effects
        programmatic
    """,
    "commands": """
        results signposts verbs
        history project
        database
        files parser
    """,
    "notebook": """
        assets engines interrupts line progress
        state drawing held_locks
        explorer completion
        magics
        extension
    """,
}
#: `op` is the facade of `operations`: one package as far as the floors go.
SAME_PACKAGE = {("op", "operations")}
#: The package's own face and `python -m nbmigrate` stand above the floors.
FACES = {"__init__", "__main__"}
#: Where a third-party package may be imported; what is not named here is not allowed at all.
ALLOWED = {
    "IPython": {"notebook"},
    "anywidget": {"notebook"},
    "comm": {"notebook"},
    "graphviz": {"notebook"},
    "ipywidgets": {"notebook"},
    "pygraphviz": {"notebook"},
    "traitlets": {"notebook"},
    "mako": {"scripts"},
    "pandas": {"commands", "notebook"},
    "pygments": {"commands"},
    "sqlalchemy": {
        "schema",
        "operations",
        "op",
        "dialects",
        "database",
        "autogenerate",
        "environment",
        "project",
        "commands",
    },
}
STANDARD_LIBRARY_ONLY = {"clock", "errors", "config", "graph", "version"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "templates" not in path.parts)


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[int, str]]:
    """Every module that a file imports, with the line, inside functions and under TYPE_CHECKING too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found += (
                [(node.lineno, f"nbmigrate.{alias.name}") for alias in node.names]
                if module == "nbmigrate"
                else [(node.lineno, module)]
            )
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    package = package_of(path)
    if package in FACES:
        return
    wrong = []
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] == "nbmigrate":
            target = parts[1] if len(parts) > 1 else "__init__"
            same = target == package or (package, target) in SAME_PACKAGE
            if not same and FLOORS.get(target, 99) >= FLOORS[package]:
                wrong.append(f"line {line}: {package} imports {name}")
        elif parts[0] in ALLOWED and (package in STANDARD_LIBRARY_ONLY or package not in ALLOWED[parts[0]]):
            wrong.append(f"line {line}: {package} imports {name}")
    assert wrong == []


def test_every_package_has_a_floor() -> None:
    assert {package_of(path) for path in modules()} - FACES <= set(FLOORS)


def test_third_party_packages_are_named() -> None:
    import sys

    outside = {
        name.split(".")[0]
        for path in modules()
        for _, name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("nbmigrate")
    }
    assert outside <= set(ALLOWED)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def uses() -> dict[str, dict[str, int]]:
    """The modules that each module imports, with the line; inside functions and under TYPE_CHECKING too."""
    names = {name_of(path) for path in modules()}
    found: dict[str, dict[str, int]] = {}
    for path in modules():
        used = found[name_of(path)] = {}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                wanted = [name if name in names else str(node.module) for name in inner]
            else:
                continue
            used |= {name: node.lineno for name in wanted if name in names and name != name_of(path)}
    return found


def floors_of(package: str) -> dict[str, int]:
    lines = WINGS[package].split("\n")
    return {wing: floor for floor, line in enumerate(lines) for wing in line.split()}


@pytest.mark.parametrize("package", WINGS)
def test_imports_point_down_inside_a_package(package: str) -> None:
    floors, wrong = floors_of(package), []
    for name, used in uses().items():
        for other, line in used.items():
            inside = [one.split(".")[2:3] for one in (name, other) if one.startswith(f"nbmigrate.{package}.")]
            if len(inside) == 2 and inside[0] != inside[1] and floors[inside[1][0]] >= floors[inside[0][0]]:
                wrong.append(f"{name}, line {line}: {inside[0][0]} imports {other}")
    assert wrong == []


@pytest.mark.parametrize("package", WINGS)
def test_every_wing_has_a_floor(package: str) -> None:
    assert set(floors_of(package)) == {
        name.split(".")[2] for name in uses() if name.startswith(f"nbmigrate.{package}.")
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The names that lead back to where they begin, if any do."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        # It is told from what is imported to what imports it.
        return found[::-1]
    return []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle({name: set(used) for name, used in uses().items()}) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) in (["b", "c", "b"], ["c", "b", "c"])


def test_no_folder_has_more_than_sixteen_files() -> None:
    files = [path for path in ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in files)
    assert {folder: count for folder, count in counts.items() if count > 16} == {}


#: What the kind of a database is called, in SQLAlchemy and here.
DATABASES = {"duckdb", "firebird", "mariadb", "mssql", "mysql", "oracle", "postgresql", "sqlite"}
#: Folders and files of one database or some, and the two tables in which a database's class is found by its name.
OF_DATABASES = (
    *(f"database/backends/{name}/" for name in ("duckdb", "firebird", "mysql", "postgresql", "sqlite")),
    *(f"dialects/{name}/" for name in ("duckdb", "firebird", "mysql", "postgresql", "sqlite")),
    "dialects/mssql.py",
    "dialects/oracle.py",
    "dialects/warehouses.py",
    "database/backends/__init__.py",
    "dialects/registry.py",
)
#: Drivers and their errors, which are found by what a driver is, not by a dialect.
OF_DRIVERS = {"database/drivers.py", "database/errors.py"}
#: What still has to move into the folders.
NOT_YET = {
    "dialects/compiler.py",
    "dialects/ddl/identifiers.py",
    "dialects/ddl/literals.py",
    "dialects/script/literals.py",
    "dialects/script/statements.py",
}


def names_in(node: ast.expr) -> set[str]:
    return {
        part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and part.value in DATABASES
    }


def questions(tree: ast.AST) -> list[int]:
    """The lines that ask which database it is: they compare, match or look up a name of one."""
    found = []
    for node in ast.walk(tree):
        is_question = (
            (isinstance(node, ast.Compare) and names_in(node))
            or (isinstance(node, ast.MatchValue) and names_in(node.value))
            or (isinstance(node, ast.Attribute) and node.attr in ("is_sqlite", "is_mariadb"))
            or (isinstance(node, ast.Name) and node.id == "is_sqlite")
            or (isinstance(node, ast.Call) and looks_up(node))
            or (isinstance(node, ast.Subscript) and is_name_of_dialect(node.slice))
        )
        found += [node.lineno] if is_question else []  # type: ignore[attr-defined]
    return found


def looks_up(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    if called == "getattr":
        return len(call.args) > 1 and ast.unparse(call.args[1]).strip("'\"") in ("is_sqlite", "is_mariadb")
    return called.endswith((".get", ".startswith")) and any(map(is_name_of_dialect, call.args))


def is_name_of_dialect(node: ast.expr) -> bool:
    return ast.unparse(node).endswith("dialect.name")


def test_only_the_folders_of_databases_ask_which_database_it_is() -> None:
    asked = {
        f"{name}, line {line}"
        for path in modules()
        if not (name := path.relative_to(ROOT).as_posix()).startswith(OF_DATABASES)
        and name not in OF_DRIVERS | NOT_YET
        for line in questions(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert asked == set()


@pytest.mark.parametrize(
    "text",
    [
        "connection.dialect.name == 'sqlite'",
        "name in ('mysql', 'mariadb')",
        "match name:\n    case 'duckdb': pass",
        "TABLE.get(dialect.name)",
        "TABLE[self.dialect.name]",
        "getattr(dialect, 'is_mariadb', False)",
        "is_sqlite(connection)",
    ],
)
def test_a_question_for_the_database_is_found(text: str) -> None:
    assert questions(ast.parse(text))


#: How long a file may be.
LONGEST_FILE = 350


def test_no_file_is_long() -> None:
    counts = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: count for name, count in counts.items() if count > LONGEST_FILE} == {}


#: How long a function may be, its docstring aside.
LONGEST_FUNCTION = 40
#: Alembic's own list of parameters is most of the one; the other still has to be cut.
LONG_FUNCTIONS = {"alter_column", "stamp"}


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_no_function_is_long() -> None:
    lengths = [
        (f"{name_of(path)}.{node.name}", length_of(node))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in LONG_FUNCTIONS
    ]
    assert [(name, length) for name, length in lengths if length > LONGEST_FUNCTION] == []
