"""Reading what a revision file says, without running it."""

from pathlib import Path

import pytest

from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.headers import create_date, read_header, syntax_problem

WHOLE = '''"""add a column

More about it.

Revision ID: b2
Revises: a1
Create Date: 2021-06-20 03:58:06.808542

"""
from alembic import op
import does_not_exist

revision: str = "b2"
down_revision = ("a1", "a0")
branch_labels = ["x", "y"]
depends_on = None

raise SystemExit("this file is not to be run")


def upgrade():
    op.execute("SELECT 1")
'''


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "b2_x.py"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_whole_header(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    header = read_header(path)
    doc = WHOLE.split('"""')[1].strip()
    assert header.revision == Revision("b2", ("a1", "a0"), (), ("x", "y"), doc, path)
    assert header.revision.message == "add a column"
    assert (header.problem, create_date(doc)) == (None, "2021-06-20 03:58:06.808542")


@pytest.mark.parametrize(
    ("text", "id_", "down"),
    [
        ("revision = 'a'\ndown_revision = None\n", "a", ()),
        ("revision = 'a'\ndown_revision = ''\n", "a", ()),
        ("revision = 'a'\ndown_revision = 'b' 'c'\n", "a", ("bc",)),
        ("revision, down_revision = 'a', 'b'\n", "a", ("b",)),
        ("def f(): pass\nrevision = 'a'\ndown_revision = 'b'\n", "a", ("b",)),
        ("revision = 'z'\ndown_revision = 'b'\ndef f(): pass\nrevision = 'a'\n", "a", ("b",)),
        (
            "'''\ndef old():\n'''\nrevision = 'a'\ndown_revision = {'c', 'b'}\ndef f(): pass\n",
            "a",
            ("b", "c"),
        ),
        ("\ufeffrevision = 'a'\ndown_revision = 'b'\n", "a", ("b",)),
        ("revision = make()\nrevision = 'a'\ndown_revision = None\n", "a", ()),
        ("revision = 'a'\nx: int\ndown_revision = None\nfor i in ():\n    print(i)\n", "a", ()),
        ("revision = 'a'\ndown_revision = 'b'\ndef f(:\n    revision = 'z'\n", "a", ("b",)),
    ],
)
def test_ways_to_write_it(tmp_path: Path, text: str, id_: str, down: tuple[str, ...]) -> None:
    header = read_header(write(tmp_path, text))
    assert header.problem is None
    assert header.revision is not None
    assert (header.revision.id, header.revision.down_revisions) == (id_, down)


def test_the_encoding_that_the_file_declares(tmp_path: Path) -> None:
    text = "# coding: latin-1\n'''größer'''\nrevision = 'a'\ndown_revision = None\n"
    header = read_header(write(tmp_path, text.encode("latin-1")))
    assert header.revision is not None
    assert header.revision.doc == "größer"


HINT = "Fix the file; the other revisions can still be read."
COMPUTED = "Write it as a literal, or set revision_headers = execute so that such a file is run."


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("revision = 'a'\ndown_revision = 'b' +\n", 2, "line 2: invalid syntax"),
        ("revision = make()\ndown_revision = None\n", 1, "line 1: revision is computed"),
        ("revision = 'a'\ndown_revision = None\ndepends_on = x\n", 3, "line 3: depends_on is computed"),
        ("revision = 'a'\nif True:\n    down_revision = None\n", 3, "line 3: down_revision is computed"),
        (
            "revision = 'a'\ndown_revision = 'b'\ndown_revision += 'c'\n",
            3,
            "line 3: down_revision is computed",
        ),
        ("revision, down_revision = f()\n", 1, "line 1: revision is computed"),
        ("from x import y as revision\ndown_revision = None\n", 1, "line 1: revision is computed"),
        ("revision = 'a'\ndown_revision = f'{revision}'\n", 2, "line 2: down_revision is computed"),
        ("revision = 'a'\ndown_revision = 'b'\ndel down_revision\n", 3, "line 3: down_revision is computed"),
        ("revision = " + "+".join("1" * 9999) + "\ndown_revision = None\n", None, "recursion"),
        ("revision = 12\ndown_revision = None\n", 1, "line 1: revision is not a text"),
        ("revision = 'a'\ndown_revision = 3\n", 2, "line 2: down_revision is not a text, nor several"),
        ("revision = 'a'\ndown_revision = ('b', 3)\n", 2, "line 2: down_revision is not made of texts"),
        ("revision = 'a'\n", None, "it does not declare down_revision"),
        ("", None, "it does not declare revision"),
        ("x = '\0'\n", None, "null bytes"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, text: str, line: int | None, what: str) -> None:
    path = write(tmp_path, text)
    header = read_header(path)
    assert header.revision is None
    assert header.problem is not None
    assert header.problem.message.startswith(str(path))
    assert what in header.problem.message
    assert (header.problem.path, header.problem.line) == (path, line)
    assert header.is_computed == ("is computed" in what)
    assert header.problem.hint == (COMPUTED if header.is_computed else HINT)


@pytest.mark.parametrize(
    "labels",
    [
        "branch_labels = (layout.EXPAND,)",
        "branch_labels = f'{revision}x'",
        "if x:\n    branch_labels = 'b'",
        "from layout import branch_labels",
        "branch_labels: str = NAME",
    ],
)
def test_a_computed_label_leaves_the_revision_in_its_place(tmp_path: Path, labels: str) -> None:
    path = write(tmp_path, f"revision = 'a'\ndown_revision = 'b'\ndepends_on = ('c',)\n{labels}\n")
    header = read_header(path)
    assert header.revision is not None
    assert header.problem is None
    revision = header.revision
    assert (revision.id, revision.down_revisions, revision.depends_on) == ("a", ("b",), ("c",))
    assert revision.branch_labels == ()
    assert header.is_computed
    assert header.note is not None
    line = 5 if "if x" in labels else 4
    said = f"{path}, line {line}: branch_labels is computed, so revision a is listed without its labels."
    assert (header.note.message, header.note.hint, header.note.line) == (said, COMPUTED, line)


@pytest.mark.parametrize(
    ("name", "text", "id_"),
    [
        ("abc123.py", "down_revision = 'b'\n", "abc123"),
        ("1f.py", "def upgrade(): pass\ndown_revision = None\n", "1f"),
        ("abc123.py", "revision = 'z'\ndown_revision = 'b'\n", "z"),
        ("abc123_first.py", "down_revision = 'b'\n", None),
        ("first.py", "down_revision = 'b'\n", None),
        ("ABC.py", "down_revision = 'b'\n", None),
        ("abc123.py", "message = 'b'\n", None),
    ],
)
def test_the_id_is_in_the_name_of_a_file_of_the_first_versions(
    tmp_path: Path, name: str, text: str, id_: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    header = read_header(path)
    assert (header.revision and header.revision.id) == id_
    assert (header.problem is None) == (id_ is not None)


@pytest.mark.parametrize(
    ("body", "line"), [("def upgrade(:\n    pass\n", 18), ("def upgrade():\n    pass\n\nreturn\n", 21)]
)
def test_what_is_below_the_header_is_not_looked_at(tmp_path: Path, body: str, line: int) -> None:
    # To compile thousands of whole files for `heads` costs most of its time; who loads or writes one compiles it.
    path = write(tmp_path, WHOLE.split("raise")[0] + body)
    header = read_header(path)
    assert header.revision is not None
    assert (header.revision.id, header.problem) == ("b2", None)
    problem = syntax_problem(path.read_bytes(), path)
    assert problem is not None
    assert (problem.line, problem.hint) == (line, HINT)
    assert f"b2_x.py, line {line}: " in problem.message


def test_a_path_is_shown_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "x = (\n")
    monkeypatch.chdir(tmp_path)
    problem = read_header(path).problem
    assert problem is not None
    assert problem.message == "b2_x.py, line 1: '(' was never closed"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    problem = read_header(tmp_path / "none.py").problem
    assert problem is not None
    assert problem.message == f"{tmp_path / 'none.py'} cannot be read: No such file or directory."
