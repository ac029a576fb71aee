"""Revision files as no editor should leave them: each gets a located message, and the others are still served."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nbmigrate import commands
from nbmigrate.errors import MigrateError, ScriptError
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import read_header

Write = Callable[..., Path]

WHOLE = '''# -*- coding: utf-8 -*-
"""größer: 日本

Revision ID: mutant
Revises: a
Create Date: 2021-06-20 03:58:06.808542

"""
from typing import Sequence, Union

from alembic import op

revision: str = 'mutant'
down_revision: Union[str, Sequence[str], None] = ('a', )
branch_labels = None
depends_on = []


def upgrade() -> None:
    op.execute("SELECT 1")


def downgrade() -> None:
    pass
'''
HEAD = WHOLE.encode().index(b"def upgrade")
HEADER = "revision = {}\ndown_revision = {}\n"

#: Files made by hand, with what is said of each; None for one that is a revision all the same.
BY_HAND: dict[str, tuple[bytes, str | None]] = {
    "empty": (b"", "does not declare revision"),
    "blank": (b"\n \n\t\n", "does not declare revision"),
    "byte order mark": (b"\xef\xbb\xbf" + WHOLE.encode(), None),
    "two byte order marks": (b"\xef\xbb\xbf" * 2 + WHOLE.encode(), "line 1: "),
    "utf-16": (WHOLE.encode("utf-16"), ""),
    "utf-32": (WHOLE.encode("utf-32"), ""),
    "utf-7 declared": (WHOLE.replace("utf-8", "utf-7").encode("utf-8"), ""),
    "latin-1 undeclared": (WHOLE.replace("日本", "").encode("latin-1"), ""),
    "latin-1 declared": (WHOLE.replace("日本", "").replace("utf-8", "latin-1").encode("latin-1"), None),
    "unknown encoding": (WHOLE.replace("utf-8", "morse").encode(), "morse"),
    "rot13": (WHOLE.replace("utf-8", "rot13").encode(), ""),
    "nul byte": (WHOLE.replace("op\n", "op\0\n").encode(), "null byte"),
    "nul in the body": (WHOLE.replace("pass", "pa\0ss").encode(), None),
    "carriage returns": (WHOLE.replace("\n", "\r").encode(), None),
    "dos line ends": (WHOLE.replace("\n", "\r\n").encode(), None),
    "mixed line ends": (WHOLE.replace("\n", "\r", 9).encode(), None),
    "form feed": (b"\x0c" + WHOLE.encode(), None),
    "tabs and spaces": (b"if 1:\n\tx = 1\n        y = 1\n  z = 1\n", "line "),
    "indented": (b"  revision = 'x'\n", "line 1: unexpected indent"),
    "huge number": (HEADER.format("1" * 5000, None).encode(), ""),
    "number": (HEADER.format(10**300, None).encode(), "line 1: revision is not a text"),
    "complex": (HEADER.format("'x'", "1j").encode(), "line 2: down_revision is not a text"),
    "deep parentheses": (HEADER.format("(" * 500 + "'x'" + ")" * 500, None).encode(), ""),
    "deep lists": (HEADER.format("'x'", "[" * 90 + "]" * 90).encode(), "down_revision is not made of texts"),
    "deep minus": (HEADER.format("-" * 5000 + "1", None).encode(), ""),
    "long sum": (HEADER.format("+".join("1" * 5000), None).encode(), ""),
    "long text": (HEADER.format("'" + "x" * 100_000 + "'", None).encode(), None),
    "f-string": (HEADER.format("f'x'", None).encode(), "line 1: revision is computed"),
    "bytes": (HEADER.format("b'x'", None).encode(), "line 1: revision is not a text"),
    "empty id": (HEADER.format("''", None).encode(), "line 1: revision is not a text"),
    "ellipsis": (HEADER.format("'x'", "...").encode(), "line 2: down_revision is not a text"),
    "dictionary": (HEADER.format("'x'", "{'a': 'a'}").encode(), "line 2: down_revision is not a text"),
    "set": (HEADER.format("'x'", "{'a'}").encode(), None),
    "mixed tuple": (
        HEADER.format("'x'", "('a', None)").encode(),
        "line 2: down_revision is not made of texts",
    ),
    "starred": (HEADER.format("'x'", "(*'a',)").encode(), "line 2: down_revision is computed"),
    "lambda": (HEADER.format("'x'", "lambda: 'a'").encode(), "line 2: down_revision is computed"),
    "await": (HEADER.format("'x'", "await x").encode(), "line 2: "),
    "walrus": (HEADER.format("(y := 'x')", None).encode(), "line 1: revision is computed"),
    "comprehension": (HEADER.format("'x'", "[x for x in 'a']").encode(), "line 2: down_revision is computed"),
    "set twice": (HEADER.format("'y'", None).encode() + HEADER.format("'x'", "'a'").encode(), None),
    "annotated": (b"revision: int = 'x'\ndown_revision: None = 'a'\n", None),
    "annotated alone": (b"revision: str\ndown_revision = None\n", "does not declare revision"),
    "a tuple of names": (b"(revision, down_revision), y = ('x', 'a'), 1\n", None),
    "too few values": (b"revision, down_revision = 'x',\n", "line 1: revision is computed"),
    "starred names": (b"revision, *down_revision = 'x', 'a'\n", "line 1: revision is computed"),
    "unicode id": (HEADER.format("'größe日本🎉'", None).encode(), None),
    "surrogate id": (HEADER.format("'\\ud800'", None).encode(), None),
    "nul in the id": (HEADER.format("'x\\0'", None).encode(), None),
    "line break in the id": (HEADER.format("'x\\ny'", None).encode(), None),
    "markup in the id": (HEADER.format("'<script>'", None).encode(), None),
    "unicode names": ("ｒevision = 'x'\ndown_revision = None\n".encode(), None),
    "ended by ctrl-z": (WHOLE.encode() + b"\x1a", None),
    "binary": (bytes(range(256)) * 40, ""),
    "class around it": (
        b"class X:\n    revision = 'x'\n    down_revision = None\n",
        "does not declare revision",
    ),
    "a conflict": (
        WHOLE.replace("revision: str", "<<<<<<< HEAD\nrevision: str").encode(),
        "line 13: invalid syntax",
    ),
    "python 2": (
        WHOLE.replace("from typing", "print 'x'\nfrom typing").encode(),
        "line 9: Missing parentheses",
    ),
    "a notebook": (b'{"cells": [], "nbformat": 4}', "does not declare revision"),
    "unclosed docstring": (WHOLE.replace('"""\nfrom', "\nfrom").encode(), "line "),
    "unclosed bracket": (WHOLE.replace("('a', )", "('a', ").encode(), "line "),
    "star import": (WHOLE.replace("import op", "import *").encode(), None),
    "warning": (WHOLE.replace('"""größer', 'r"""\\d größer').encode(), None),
}


def check_all(project: Project, expected: int) -> None:
    """Ask every command that reads; each serves the sound revisions and tells of the others."""
    heads = commands.heads(project)
    assert "<base> -> a" in str(commands.history(project))
    assert commands.show(project, "a").entries[0].revision.message == "message of a"
    for result in (heads, commands.history(project), commands.graph(project), commands.current(project)):
        assert result.to_text() is not None
        assert result.to_html()
        assert len(result.notes) >= expected


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(project: Path, write: Write, name: str) -> None:
    content, said = BY_HAND[name]
    write("a")
    path = write("mutant")
    path.write_bytes(content)
    header = read_header(path)
    if said is None:
        assert header.problem is None
        assert header.revision is not None
    else:
        assert header.revision is None
        assert header.problem is not None
        assert "practice/versions/mutant_x.py" in header.problem.message
        assert said in header.problem.message
        assert header.problem.path == path
        with pytest.raises(MigrateError, match=r"mutant_x\.py"):
            commands.upgrade(Project.open(project), "head")
    check_all(Project.open(project), said is not None)


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Return the file with one to five things done to it."""
    content = WHOLE.encode()
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        end = min(at + draw(st.integers(0, 40)), len(content))
        kind = draw(st.sampled_from(["cut", "flip", "insert", "double", "drop", "swap", "token"]))
        if kind == "cut":
            content = content[:at]
        elif kind == "flip" and content:
            content = content[:at] + bytes([content[at] ^ 1 << draw(st.integers(0, 7))]) + content[at + 1 :]
        elif kind == "insert":
            content = content[:at] + draw(st.binary(max_size=20)) + content[at:]
        elif kind == "double":
            content = content[:end] + content[at:end] + content[end:]
        elif kind == "drop":
            content = content[:at] + content[end:]
        elif kind == "swap":
            content = content[end:] + content[:end]
        else:
            tokens = [
                b"\n",
                b"\t",
                b"\r",
                b"\0",
                b"'",
                b'"""',
                b"(",
                b"]",
                b"def ",
                b"#",
                b"\\",
                b"\xff",
                b"9" * 99,
            ]
            content = content[:at] + draw(st.sampled_from(tokens)) + content[at:]
    return content


#: Some are alike, and of some the header is still whole; at least 200 are different and broken.
EXAMPLES = 800
#: What is wrong with a file and in no line of it: it is not text, or what it should say is nowhere.
IN_NO_LINE = ("does not declare", "null bytes", "codec can't decode", "unknown encoding")


def test_mutated(project: Path, write: Write) -> None:
    """At least 200 different files that are broken, each read alone and then all together."""
    write("a")
    versions = Path("practice/versions")
    seen: set[bytes] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutations())
    def read(content: bytes) -> None:
        if content in seen:
            return
        seen.add(content)
        path = (versions / f"m{len(seen):04}.py").resolve()
        path.write_bytes(content)
        header = read_header(path)
        assert (header.revision is None) == (header.problem is not None)
        if header.problem is not None:
            assert str(header.problem).startswith(f"practice/versions/m{len(seen):04}.py")
            assert header.problem.path == path
            assert header.problem.hint
            line = header.problem.line
            if line is None:
                assert any(words in header.problem.message for words in IN_NO_LINE), header.problem
            else:
                assert f", line {line}: " in header.problem.message
                assert 1 <= line <= content.count(b"\n") + content.count(b"\r") + 2

    read()
    opened = Project.open(project)
    unread = sum(isinstance(problem, ScriptError) for problem in opened.graph.problems)
    assert 200 <= unread < len(seen)
    check_all(opened, unread)
    with pytest.raises(MigrateError, match=r"practice/versions/m\d+\.py"):
        commands.upgrade(opened, "heads")


@pytest.mark.skipif(sys.platform == "win32", reason="files that nobody may read")
def test_a_file_that_nobody_may_read(project: Path, write: Write, read_only: Callable[[Path], None]) -> None:
    write("a")
    path = write("b", "a")
    path.chmod(0)
    if os.geteuid() == 0:
        read_only(path.parent)
    opened = Project.open(project)
    graph = opened.graph
    assert [str(problem) for problem in graph.problems] == [
        "practice/versions/b_x.py cannot be read: Permission denied.\nMake the file readable, or remove it."
    ]
    assert graph.heads == ("a",)
    assert opened.graph is graph
    os.seteuid(os.getuid())
    path.chmod(0o644)
    # Its size, time and inode are as they were.
    assert opened.graph.heads == ("b",)
