"""Running a revision file."""

import builtins
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbmigrate.errors import ScriptError, UnreadableRevisionError
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.directory import ScriptDirectory

BODY = "\n\ndef upgrade():\n    found.append(1)\n\n\ndef downgrade():\n    found.append(2)\n"
Write = Callable[..., Path]


def test_its_functions_run(scripts: ScriptDirectory, write: Write) -> None:
    path = write(
        "a", text="import sys\nrevision = 'a'\ndown_revision = None\nfound = []\nplace = __file__" + BODY
    )
    revision = scripts.graph()["a"]
    migration = scripts.load(revision)
    migration.upgrade()
    migration.downgrade()
    names = migration.upgrade.__globals__
    assert (migration.revision, names["found"], names["place"]) == (revision, [1, 2], str(path))
    assert names["__name__"] == "a_x_py"
    assert "a_x_py" not in sys.modules


def test_every_time_anew_and_as_the_file_is_now(scripts: ScriptDirectory, write: Write) -> None:
    path = write("a")
    revision = scripts.graph()["a"]
    first = scripts.load(revision)
    path.write_text(path.read_text().replace("pass", "raise LookupError", 1))
    second = scripts.load(revision)
    first.upgrade()
    with pytest.raises(LookupError):
        second.upgrade()


def test_its_imports_go_through_the_importer(scripts: ScriptDirectory, write: Write) -> None:
    write(
        "a",
        text="import alembic.op as op\nimport json\nrevision = 'a'\ndown_revision = None\nfound = []" + BODY,
    )
    asked: list[str] = []

    def importer(name: str, *arguments: Any) -> Any:
        asked.append(name)
        return (
            SimpleNamespace(op="ours")
            if name.startswith("alembic")
            else builtins.__import__(name, *arguments)
        )

    names = scripts.load(scripts.graph()["a"], {**vars(builtins), "__import__": importer}).upgrade.__globals__
    assert (names["op"], names["json"], asked) == ("ours", json, ["alembic.op", "json"])
    assert builtins.__import__ is not importer


def test_an_error_in_a_function_shows_its_line(scripts: ScriptDirectory, write: Write) -> None:
    write(
        "a",
        text="revision = 'a'\ndown_revision = None\ndef upgrade():\n    1 / 0  # here\ndef downgrade(): pass\n",
    )
    with pytest.raises(ZeroDivisionError) as caught:
        scripts.load(scripts.graph()["a"]).upgrade()
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (Path(frame.filename).name, frame.lineno, frame.line) == ("a_x.py", 4, "1 / 0  # here")


@pytest.mark.parametrize(
    ("text", "line", "message", "cause"),
    [
        ("\nimport nbm_none\n", 4, "ModuleNotFoundError: No module named 'nbm_none'", ModuleNotFoundError),
        ("x = make()\n", 3, "NameError: name 'make' is not defined", NameError),
        ("def f():\n    raise ValueError('a://u:secret@h')\nf()\n", 4, "ValueError: a://u:***@h", ValueError),
        ("import sys\nsys.exit(3)\n", 4, "SystemExit: 3", SystemExit),
    ],
)
def test_an_error_in_the_module(
    scripts: ScriptDirectory,
    write: Write,
    text: str,
    line: int,
    message: str,
    cause: type[BaseException],
) -> None:
    path = write("a", text=f"revision = 'a'\ndown_revision = None\n{text}{BODY}")
    with pytest.raises(ScriptError) as caught:
        scripts.load(scripts.graph()["a"])
    assert caught.value.message == f"practice/versions/a_x.py, line {line}: {message}"
    assert (caught.value.path, caught.value.line, type(caught.value.__cause__)) == (path, line, cause)


def test_an_interrupt_is_not_swallowed(scripts: ScriptDirectory, write: Write) -> None:
    write("a", text=f"revision = 'a'\ndown_revision = None\nraise KeyboardInterrupt{BODY}")
    with pytest.raises(KeyboardInterrupt):
        scripts.load(scripts.graph()["a"])


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("def downgrade(): pass\n", 1, "practice/versions/a_x.py has no upgrade()."),
        ("def upgrade(): pass\n", 1, "practice/versions/a_x.py has no downgrade()."),
        (
            "async def upgrade(): pass\ndef downgrade(): pass\n",
            3,
            "practice/versions/a_x.py, line 3: upgrade is not a plain function.",
        ),
        ("upgrade = 1\n", 1, "practice/versions/a_x.py, line 1: upgrade is not a plain function."),
    ],
)
def test_a_function_that_is_missing(
    scripts: ScriptDirectory, write: Write, body: str, line: int, message: str
) -> None:
    path = write("a", text=f"revision = 'a'\ndown_revision = None\n{body}")
    migration = scripts.load(scripts.graph()["a"])
    with pytest.raises(ScriptError) as caught:
        _ = migration.downgrade if "downgrade" in message else migration.upgrade
    assert (caught.value.message, caught.value.path, caught.value.line) == (message, path, line)


def test_a_file_that_does_not_parse(scripts: ScriptDirectory, write: Write) -> None:
    path = write("a", text="revision = 'a'\ndown_revision = None\ndef upgrade(:\n")
    with pytest.raises(UnreadableRevisionError) as caught:
        scripts.load(Revision("a", path=path))
    assert (caught.value.path, caught.value.line) == (path, 3)


def test_a_file_in_another_encoding(scripts: ScriptDirectory, write: Write) -> None:
    path = write("a")
    text = f"# coding: latin-1\nrevision = 'a'\ndown_revision = None\nfound = ['ß']{BODY}"
    path.write_bytes(text.encode("latin-1"))
    assert scripts.load(scripts.graph()["a"]).upgrade.__globals__["found"] == ["ß"]
