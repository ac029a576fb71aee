"""Two projects in one process that have modules of one name; each test in an interpreter of its own."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

#: env.py writes down what it gets by the names, and the revision what it gets when it runs.
ENV = """
from {module} import NAME, thing
from {module} import __name__ as full_name
import sys
from alembic import context
context.config.attributes["seen"] = NAME, id(thing)
assert sys.modules[full_name].thing is thing
"""
PROGRAM = """
import os, sys, threading
from pathlib import Path
from nbmigrate import Project, commands
from nbmigrate.errors import ConfigError, MigrateError
sys.modules["alembic"] = None
one, two = (Path(folder) for folder in sys.argv[1:3])

def seen(folder, inside=lambda: None):
    def act(context):
        inside()
        return context.config.attributes["seen"]
    return Project.open(folder).connect(act)
"""
LAYOUTS = {
    "module": ("models", ["models.py"]),
    "package": ("app.models", ["app/__init__.py", "app/models.py", "app/base.py"]),
    "namespace": ("app.models", ["app/models.py", "app/base.py"]),
}


def write_code(folder: Path, files: list[str], name: str) -> None:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (folder / files[0]).touch()
    base = "from .base import NAME\n" if len(files) > 1 else f"NAME = {name!r}\n"
    models = next(file for file in files if file.endswith("models.py"))
    (folder / models).write_text(f"{base}thing = object()\n\ndef lazily():\n    {lazily(models)}\n")
    if len(files) > 1:
        (folder / models).with_name("base.py").write_text(f"NAME = {name!r}\n")


def lazily(models: str) -> str:
    package = ".".join(Path(models).with_suffix("").parts)
    return f"from {package.replace('models', 'base' if '.' in package else 'models')} import NAME\n    return NAME"


def make(practice: Any, name: str, module: str, files: list[str]) -> Path:
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "prepend_sys_path = %(here)s")
    write_code(practice.folder, files, name)
    generic = (practice.location / "env.py").read_text()
    practice.env(ENV.format(module=module) + generic)
    practice.revision("a1", None, f"from {module} import NAME, lazily\nassert NAME == lazily() == {name!r}")
    folder: Path = practice.folder
    return folder


@pytest.fixture(params=LAYOUTS)
def projects(request: Any, new_practice: Callable[[str], Any]) -> tuple[str, str, str]:
    """Two folders, and the name of a module that both have."""
    module, files = LAYOUTS[request.param]
    one, two = (make(new_practice(name), name, module, files) for name in ("one", "two"))
    return str(one), str(two), module


def test_in_turn(projects: tuple[str, str, str], python: Callable[..., str]) -> None:
    """What a project's runs have loaded is the same in its next run, though another project's came between."""
    printed = python(
        PROGRAM
        + """
first = seen(one), seen(two), seen(one), seen(two)
print([name for name, _ in first], len({number for _, number in first}))
for folder in (one, two):
    assert len(commands.upgrade(Project.open(folder), "head").steps) == 1
    assert "a1" in str(commands.preview(Project.open(folder), "downgrade", "base"))
""",
        *projects,
    )
    assert printed == "['one', 'two', 'one', 'two'] 2\n"


def test_one_inside_the_other(projects: tuple[str, str, str], python: Callable[..., str]) -> None:
    """Two runs at once; the inner one fails, and names both files."""
    printed = python(
        PROGRAM
        + """
def within():
    try:
        seen(two)
    except ConfigError as error:
        print(error.message.replace(str(one.parent), ""))
print(seen(one, within)[0], seen(two)[0])
""",
        *projects,
    )
    refused, served = printed.splitlines()
    assert "/two/" in refused.partition(" in this project, and ")[0]
    assert "/one/" in refused.partition(" in this project, and ")[2]
    assert served == "one two"


@pytest.mark.parametrize("where", ["elsewhere", "in one", "in two"])
def test_what_a_notebook_imports_afterwards(
    projects: tuple[str, str, str], where: str, python: Callable[..., str], tmp_path: Path
) -> None:
    """It is what the last run has loaded, in the folder of another project too: as for every program."""
    printed = python(
        PROGRAM
        + """
where = sys.argv[4]
sys.path.insert(0, "")
os.chdir({"in one": one, "in two": two}.get(where, "/"))
ours = seen(one), seen(two)
module = __import__(sys.argv[3], fromlist=["NAME"])
print(module.NAME, module.lazily(), id(module.thing) in {number for _, number in ours})
print([name for name, _ in (seen(two), seen(one))], sys.modules[sys.argv[3]] is module)
""",
        *projects,
        where,
    )
    assert printed == "two two True\n['two', 'one'] False\n"


def test_what_a_notebook_has_imported_before(
    projects: tuple[str, str, str], python: Callable[..., str], tmp_path: Path
) -> None:
    """The same file is the same module; where it is another file the run fails, and says which."""
    printed = python(
        PROGRAM
        + """
sys.path.insert(0, str(one))
mine = __import__(sys.argv[3], fromlist=["NAME"])
print(seen(one) == (mine.NAME, id(mine.thing)))
try:
    print(seen(two))
except ConfigError as error:
    print(error.message.replace(str(one.parent), ""))
print(sys.modules[sys.argv[3]] is mine, mine.lazily(), seen(one) == (mine.NAME, id(mine.thing)))
""",
        *projects,
    )
    same, refused, after = printed.splitlines()
    assert same == "True"
    assert "/two/" in refused.partition(" in this project, and ")[0]
    assert "/one/" in refused.partition(" in this project, and ")[2]
    assert after == "True one True"


@pytest.mark.parametrize("projects", ["module", "package"], indirect=True)
def test_often_at_once(projects: tuple[str, str, str], python: Callable[..., str]) -> None:
    """Nobody gets the other's in silence, however the threads take turns; afterwards each has its own."""
    printed = python(
        PROGRAM
        + """
sys.setswitchinterval(1e-5)
wrong, served, refused = [], [], []
def work(folder):
    for _ in range(15):
        try:
            name, number = seen(folder)
        except MigrateError as error:
            # Or it met a module whose loading another thread had to give up.
            refused.append(error)
            assert "Python has one module of a name" in str(error) or "ImportError" in str(error), error
        else:
            served.append(name)
            if name != folder.name:
                wrong.append(name)
threads = [threading.Thread(target=work, args=(folder,)) for folder in (one, two, one, two)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong, len(served) + len(refused), bool(served), seen(one)[0], seen(two)[0])
""",
        *projects,
    )
    assert printed == "[] 60 True one two\n"


def test_modules_that_take_names_of_alembic(
    projects: tuple[str, str, str], python: Callable[..., str]
) -> None:
    """Those are out of `sys.modules` between the runs anyway; they too are loaded once."""
    module = projects[2]
    for folder in projects[:2]:
        path = Path(folder, *module.split(".")).with_suffix(".py")
        path.write_text("from alembic import op\n" + path.read_text())
    printed = python(
        PROGRAM
        + """
projects = {folder.name: Project.open(folder) for folder in (one, two)}
def once(name):
    return projects[name].connect(lambda context: context.config.attributes["seen"])
found = [once(name) for name in ("one", "two", "one", "two")]
print([name for name, _ in found], len({number for _, number in found}))
print([name for name in sys.modules if name in ("models", "app.models")])
""",
        *projects,
    )
    assert printed == "['one', 'two', 'one', 'two'] 2\n[]\n"


def test_what_only_the_other_one_has(new_practice: Callable[[str], Any], python: Callable[..., str]) -> None:
    """Settings that are imported where there are any, are none of another project's."""
    for name in ("one", "two"):
        practice = new_practice(name)
        practice.write_ini(f"sqlalchemy.url = {practice.url}", "prepend_sys_path = %(here)s")
        practice.env(
            "from alembic import context\ntry:\n    from local_settings import NAME\nexcept ImportError:\n"
            "    NAME = 'none'\ncontext.config.attributes['seen'] = NAME\n"
            + (practice.location / "env.py").read_text()
        )
    one = practice.folder.parent / "one"
    (one / "local_settings.py").write_text("NAME = 'of one'\n")
    printed = python(
        PROGRAM + "print(seen(one), seen(two), seen(one), sys.modules['local_settings'].NAME)\n",
        str(one),
        str(practice.folder),
    )
    assert printed == "of one none of one of one\n"


def test_a_folder_that_env_py_puts_on_the_path(
    new_practice: Callable[[str], Any], python: Callable[..., str]
) -> None:
    folders = []
    for name in ("one", "two"):
        practice = new_practice(name)
        (practice.folder / "src").mkdir()
        (practice.folder / "src" / "models.py").write_text(f"NAME, thing = {name!r}, object()\n")
        practice.env(
            "import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), '..', 'src'))\n"
            + ENV.format(module="models")
            + (practice.location / "env.py").read_text()
        )
        folders.append(str(practice.folder))
    printed = python(
        PROGRAM + "print([seen(folder)[0] for folder in (one, two, one)], 'models' in sys.modules)\n",
        *folders,
    )
    assert printed == "['one', 'two', 'one'] True\n"


def test_what_is_installed_is_everybodys(practice: Any, python: Callable[..., str]) -> None:
    """A file of the project that is called as a library is what it is for the alembic command: loaded too late."""
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "prepend_sys_path = %(here)s")
    for name in ("sqlalchemy", "logging", "nbmigrate"):
        (practice.folder / f"{name}.py").write_text("raise AssertionError\n")
    practice.env(
        "import logging, nbmigrate, sqlalchemy\nfrom sqlalchemy import pool\n"
        + (practice.location / "env.py").read_text()
    )
    printed = python(
        textwrap.dedent(PROGRAM) + "import sqlalchemy\nbefore = sqlalchemy\n"
        "print(Project.open(one).connect(lambda context: sys.modules['sqlalchemy'] is before))\n",
        str(practice.folder),
        "",
    )
    assert printed == "True\n"


def test_by_name(projects: tuple[str, str, str], python: Callable[..., str]) -> None:
    """`importlib.import_module` gets what the import statement gets."""
    for folder in projects[:2]:
        env = Path(folder) / "practice" / "env.py"
        source = env.read_text()
        module = projects[2]
        env.write_text(
            "import importlib\n"
            + source.replace(
                f"from {module} import NAME, thing\n",
                f"NAME, thing = (vars(importlib.import_module({module!r}))[n] for n in ('NAME', 'thing'))\n",
            )
        )
    printed = python(PROGRAM + "print([seen(folder)[0] for folder in (one, two, one)])\n", *projects)
    assert printed == "['one', 'two', 'one']\n"
