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
        change data recorder runner
        tables migrate_operation
        columns constraints replacing
        alter_table
        directives reverse values
    """,
    "scripts": """
        reading
        writing
        new_project directory
    """,
    "dialects": """
        tokens
        statement bind
        ddl
        base
        sqlite postgresql mysql mssql oracle warehouses registry
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
        isolation base_context
        migration_context
        offline_context
        environment_context
        context run effects
        programmatic
    """,
    "commands": """
        results signposts
        history project
        database
        files parser
    """,
    "notebook": """
        assets body_below engines interrupts line progress value_use
        state drawing in_the_way
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
