"""What `import alembic` means in the modules that a project's code imports; each test in an interpreter of its own.

The alembic package is installed or not: where it is, it is a stand-in with the names that matter, made in a folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HELPERS = """
from alembic import op
import alembic.op
from alembic.operations import MigrateOperation
import sqlalchemy as sa

LOADED = []
LOADED.append(1)

def create(name):
    assert alembic.op is op
    op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))

def lazily(name):
    from alembic.op import create_table
    create_table(name, sa.Column("id", sa.Integer, primary_key=True))
"""
LATE = """
import sqlalchemy as sa

def create(name):
    from alembic import op
    op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))
"""
PROGRAM = """
import sys
from pathlib import Path
from nbmigrate import Project, commands
folder = Path(sys.argv[1])
"""


@pytest.fixture
def project(practice: Any) -> Any:
    """A project whose revisions create their tables through modules of its own."""
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "prepend_sys_path = %(here)s")
    package = practice.folder / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helpers.py").write_text(HELPERS)
    (package / "late.py").write_text(LATE)
    (package / "base.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    (package / "models.py").write_text(
        "import sqlalchemy as sa\nfrom shop import helpers\nfrom shop.base import metadata\n"
        "item = sa.Table('item', metadata, sa.Column('id', sa.Integer))\n"
    )
    env = practice.location / "env.py"
    practice.env("from shop.models import metadata\n" + env.read_text())
    head = "from shop import helpers, late"
    practice.revision("a1", None, "helpers.create('one')\nhelpers.lazily('two')", head=head)
    practice.revision("b2", "a1", "late.create('three')", head=head)
    return practice


@pytest.fixture
def installed(practice: Any) -> Path:
    """A folder with a package called alembic."""
    folder: Path = practice.folder / "site"
    package = folder / "alembic"
    (package / "operations").mkdir(parents=True)
    (package / "__init__.py").write_text("from . import op, context\n")
    (package / "op.py").write_text("def create_table(*a): raise NameError('the proxy is not established')\n")
    (package / "context.py").write_text("")
    (package / "operations" / "__init__.py").write_text("class MigrateOperation: pass\n")
    return folder


@pytest.mark.parametrize("is_installed", [False, True])
def test_a_projects_own_modules(
    project: Any, installed: Path, python: Callable[..., str], is_installed: bool
) -> None:
    printed = python(
        PROGRAM
        + """
if sys.argv[2] == "True":
    sys.path.insert(0, sys.argv[3])
else:
    sys.modules["alembic"] = None
before = dict(sys.modules)
project = Project.open(folder)
commands.upgrade(project, "a1")
commands.upgrade(project, "head")
new = sorted(name for name in set(sys.modules) - set(before) if "shop" in name or "alembic" in name)
print(commands.current(project), new, sys.path == sys.path)
print(__import__("builtins").__import__)
""",
        str(project.folder),
        str(is_installed),
        str(installed),
    )

    first, second = printed.splitlines()
    assert first.startswith("b2 (head) [")
    assert "shop" not in first
    assert "nbmigrate.environment.alembic.config" in first
    assert second == "<built-in function __import__>"
    assert project.tables() == ["alembic_version", "one", "three", "two"]


def test_the_package_is_as_before_for_everybody_else(
    project: Any, installed: Path, python: Callable[..., str]
) -> None:
    """The user's models, loaded before and after a run, have the alembic package; the run has ours."""
    printed = python(
        PROGRAM
        + """
sys.path[:0] = [sys.argv[2], str(folder)]
import alembic
from shop import helpers
real = alembic.op
project = Project.open(folder)
commands.upgrade(project, "a1")
import shop
assert sys.modules["shop.helpers"] is helpers is shop.helpers and helpers.op is real
commands.upgrade(project, "head")
from shop import models
assert models.helpers is helpers and models.metadata is sys.modules["shop.base"].metadata
commands.downgrade(project, "base")
from alembic import op
print(op is real, helpers.MigrateOperation.__module__)
""",
        str(project.folder),
        str(installed),
    )

    assert printed == "True alembic.operations\n"


def test_after_a_run_the_package_is_imported_afresh(
    project: Any, installed: Path, python: Callable[..., str]
) -> None:
    printed = python(
        PROGRAM
        + """
sys.path[:0] = [sys.argv[2], str(folder)]
project = Project.open(folder)
commands.upgrade(project, "head")
assert "alembic" not in sys.modules
from shop import models
import alembic
print(models.helpers.op is alembic.op)
""",
        str(project.folder),
        str(installed),
    )

    assert printed == "True\n"


def test_the_runs_modules_are_loaded_once_unless_they_are_edited(
    project: Any, python: Callable[..., str]
) -> None:
    """Loading a module of tables twice on one MetaData would fail; an edit of the last minute counts."""
    printed = python(
        PROGRAM
        + """
sys.modules["alembic"] = None
project = Project.open(folder)
seen = []
def look(context):
    seen.append(sys.modules["shop.models"])
for _ in range(3):
    project.connect(look)
print(seen[0] is seen[1] is seen[2])
path = folder / "shop" / "helpers.py"
path.write_text(path.read_text() + "EDITED = True\\n")
project.connect(look)
print(seen[3] is seen[0], seen[3].helpers.EDITED, seen[3].metadata is seen[0].metadata)
""",
        str(project.folder),
    )

    assert printed == "True\nFalse True False\n"


def test_what_the_notebook_has_loaded_is_what_env_py_gets(project: Any, python: Callable[..., str]) -> None:
    """A setting that was changed in a module must count in the run."""
    printed = python(
        PROGRAM
        + """
sys.modules["alembic"] = None
sys.path.insert(0, str(folder))
project = Project.open(folder)
seen = []
project.connect(lambda context: seen.append(sys.modules["shop.base"]))
from shop import base
base.changed = True
project.connect(lambda context: seen.append(sys.modules["shop.base"]))
print(seen[0] is base, seen[1] is base)
""",
        str(project.folder),
    )

    assert printed == "False True\n"


def test_two_threads(project: Any, installed: Path, python: Callable[..., str]) -> None:
    """While one thread is inside of env.py, another one imports the alembic package."""
    printed = python(
        PROGRAM
        + """
import builtins, threading
sys.path.insert(0, sys.argv[2])
inside, seen = threading.Event(), threading.Event()
found = []
def act(context):
    from alembic import op
    found.append(op.__name__)
    inside.set()
    assert seen.wait(30)
run = threading.Thread(target=lambda: Project.open(folder).connect(act))
run.start()
assert inside.wait(30)
from alembic import op
found.append(op.__name__)
other = threading.Thread(target=lambda: Project.open(folder).connect(lambda context: None))
other.start()
other.join()
print(builtins.__import__ is not None and type(builtins.__import__).__name__)
seen.set()
run.join()
print(found, builtins.__import__)
""",
        str(project.folder),
        str(installed),
    )

    assert printed == "_Runs\n['nbmigrate.op', 'alembic.op'] <built-in function __import__>\n"


def test_the_process_is_left_as_it_was(project: Any, python: Callable[..., str]) -> None:
    env = project.location / "env.py"
    env.write_text(
        "import logging, os, sys\nsys.path.insert(0, '/nowhere')\nos.chdir('/')\n"
        "logging.basicConfig(level='DEBUG')\nlogging.getLogger('mine').disabled = True\n" + env.read_text()
    )
    printed = python(
        PROGRAM
        + """
import logging, os
sys.modules["alembic"] = None
mine = logging.getLogger("mine")
before = list(sys.path), os.getcwd(), logging.root.level, list(logging.root.handlers), mine.disabled
commands.upgrade(Project.open(folder), "head")
print(before == (list(sys.path), os.getcwd(), logging.root.level, list(logging.root.handlers), mine.disabled))
""",
        str(project.folder),
    )

    assert printed == "True\n"


@pytest.mark.parametrize("is_installed", [False, True])
def test_modules_imported_by_their_names(
    project: Any, installed: Path, python: Callable[..., str], is_installed: bool
) -> None:
    """By `importlib.import_module`, in env.py, a revision, and what they import, at its top or in a function."""
    package = project.folder / "shop"
    (package / "by_name.py").write_text(
        "import importlib\nfrom importlib import import_module\n"
        "op = import_module('.op', package='alembic')\n"
        "assert importlib.import_module('alembic').op is op\n"
        "def create(name):\n"
        "    late = importlib.import_module('alembic.op')\n"
        "    import sqlalchemy as sa\n"
        "    late.create_table(name, sa.Column('id', sa.Integer, primary_key=True))\n"
        "    assert importlib.import_module('shop.by_name').op is late is op\n"
    )
    env = project.location / "env.py"
    head = "import importlib\nassert importlib.import_module('alembic.context') is context\n"
    env.write_text(env.read_text().replace("config = context.config", f"{head}config = context.config"))
    head = "import importlib\nby_name = importlib.import_module('shop.by_name')"
    project.revision(
        "c3",
        "b2",
        "importlib.import_module('alembic.op').drop_table('two')\nby_name.create('four')",
        head=head,
    )
    printed = python(
        PROGRAM
        + """
import importlib, threading
if sys.argv[2] == "True":
    sys.path.insert(0, sys.argv[3])
    importlib.import_module("alembic.op")
else:
    sys.modules["alembic"] = None
def name_outside():
    try:
        return importlib.import_module("alembic.op").__name__
    except ImportError:
        return "none"
before, found = importlib.import_module, []
def act(context):
    found.append(importlib.import_module("alembic.op").__name__)
    other = threading.Thread(target=lambda: found.append(name_outside()))
    other.start()
    other.join()
project = Project.open(folder)
project.connect(act)
commands.upgrade(project, "head")
print(*found, name_outside(), importlib.import_module is before, "shop.by_name" in sys.modules)
try:
    project.connect(lambda context: importlib.import_module("alembic.testing"))
except ImportError as error:
    print(error)
try:
    project.connect(lambda context: importlib.import_module(".op"))
except TypeError as error:
    print(type(error).__name__)
""",
        str(project.folder),
        str(is_installed),
        str(installed),
    )

    outside = "alembic.op" if is_installed else "none"
    first, second, third = printed.splitlines()
    assert first == f"nbmigrate.op {outside} {outside} True False"
    assert second.startswith("<string> imports alembic.testing, which nbmigrate does not have.")
    assert third == "TypeError"
    assert project.tables() == ["alembic_version", "four", "one", "three"]
