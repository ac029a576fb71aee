"""What a terminal shows: colours where it has them, tables that fit its width."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.results.terminal import PLAIN, Terminal

GREEN, CYAN, RED, FAINT, END = "\x1b[1;32m", "\x1b[36m", "\x1b[1;31m", "\x1b[2m", "\x1b[0m"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of three revisions, a1 <- b2 <- c3, in the current folder; the database stands at b2."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    commands.init("practice", url="sqlite:///db_file.db")
    project = Project.open()
    body = (
        "def upgrade():\n"
        "    op.create_table('customer', sa.Column('id', sa.Integer), sa.Column('remark', sa.Text))\n"
        "    op.execute(\"INSERT INTO customer VALUES (7, '" + "wide words " * 20 + "')\")\n"
        "def downgrade():\n"
        "    op.drop_table('customer')\n"
    )
    commands.revision(project, "customers", body=body, rev_id="a1")
    commands.revision(project, "more", rev_id="b2")
    commands.revision(project, "last", rev_id="c3")
    commands.upgrade(project, "b2")
    return tmp_path


def in_terminal(folder: Path, *words: str, columns: int = 80, **environment: str) -> str:
    """What the command writes to a real pseudo-terminal of this width."""
    leader, follower = pty.openpty()
    os.environ.pop("COLUMNS", None)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "nbmigrate", *words],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", **environment},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            # Linux's answer where everybody has closed the other end.
            part = b""
        if not part:
            break
        written += part
    process.wait(30)
    os.close(leader)
    return written.decode().replace("\r\n", "\n")


def in_pipe(folder: Path, *words: str, **environment: str) -> str:
    """What the command writes to a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr


def test_the_graph_and_positions_have_colours(folder: Path) -> None:
    assert in_terminal(folder, "graph").splitlines() == [
        f"{FAINT}○{END}   c3 {CYAN}(head){END}, last",
        f"{GREEN}◉{END}   {GREEN}b2{END} {GREEN}(current){END}, more",
        f"{CYAN}●{END}   a1, customers",
    ]
    assert in_terminal(folder, "current") == f"{GREEN}b2{END}\n"
    assert f"b2 {GREEN}(current){END}, more" in in_terminal(folder, "history", "-i")
    assert in_terminal(folder, "upgrade", "head").endswith(f"Now at {GREEN}c3{END} {CYAN}(head){END}.\n")
    assert f"\nNow at {GREEN}a1{END}.\n" in in_terminal(folder, "stamp", "a1")
    assert in_terminal(folder, "upgrade", "zz").startswith(f"{RED}FAILED:{END} Can't locate")


def test_colours_are_left_out_where_nobody_sees_or_wants_them(folder: Path) -> None:
    plain = in_pipe(folder, "graph")
    assert "\x1b" not in plain
    assert "b2 (current), more" in plain
    assert in_terminal(folder, "graph", NO_COLOR="1") == plain
    assert in_terminal(folder, "graph", NO_COLOR="1", FORCE_COLOR="1") == plain
    assert in_terminal(folder, "graph", TERM="dumb") == plain
    assert in_terminal(folder, "graph", NO_COLOR="") == in_pipe(folder, "graph", FORCE_COLOR="1") != plain
    assert in_pipe(folder, "graph", FORCE_COLOR="0") == plain
    assert in_pipe(folder, "upgrade", "zz", FORCE_COLOR="1").startswith(f"{RED}FAILED:{END} Can't")


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("words", [["table", "customer"], ["schema", "customer"], ["config"]])
def test_a_table_fits_the_terminal(folder: Path, words: list[str], columns: int) -> None:
    shown = in_terminal(folder, *words, columns=columns)
    assert max(map(len, shown.splitlines())) <= columns
    # Nothing is left out: it goes on in the next line.
    letters = [sorted(re.sub(r"[\s-]", "", text)) for text in (shown, in_pipe(folder, *words))]
    assert letters[0] == letters[1]


def test_a_pipe_gets_a_row_in_one_line(folder: Path) -> None:
    name, rule, row = in_pipe(folder, "table", "customer").splitlines()
    assert row.count("wide words") == 20
    assert (name.split(), rule.split("  ")[0], row.split()[0]) == (["id", "remark"], "--", "7")


def test_a_table_narrower_than_the_terminal_is_as_it_is() -> None:
    rows: list[dict[str, Any]] = [{"number": 1, "word": "one"}, {"number": 22, "word": None}]
    plain = "number  word\n------  ----\n     1  one\n    22"
    assert PLAIN.table(rows) == plain
    assert Terminal(12).table(rows) == plain


def test_a_wide_column_goes_on_below() -> None:
    rows = [{"number": 123456, "text": "one two three four"}]
    assert Terminal(20).table(rows).splitlines() == [
        "number  text",
        "------  ------------",
        "123456  one two",
        "        three four",
    ]


def test_a_record_that_has_no_room_is_shown_as_lines() -> None:
    rows = [{"first": "a" * 30, "second": 1, "third": "b" * 30}]
    assert Terminal(20).table(rows).splitlines() == [
        "-- 1 --",
        f"first   {'a' * 30}",
        "second  1",
        f"third   {'b' * 30}",
    ]


def test_a_value_steers_no_terminal() -> None:
    shown = Terminal(40, colours=True).table([{"text": "a\x1b[31m\nb"}])
    assert "\x1b" not in shown
    assert shown.splitlines()[-1] == r"a\x1b[31m\nb"


def test_a_long_text_is_laid_out_soon() -> None:
    shown = Terminal(80).table([{"text": "x" * 200_000, "blank": " " * 100}])
    assert max(map(len, shown.splitlines())) <= 80


def test_an_id_is_marked_whole_and_as_it_is_written() -> None:
    assert Terminal(colours=True).marked("a+1 xa+1 a+1b", ["a+1"]) == f"{GREEN}a+1{END} xa+1 a+1b"
    assert Terminal(colours=False).marked("a1 (head)", ["a1"]) == "a1 (head)"


def test_a_stream_that_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert Terminal.of(io.StringIO()) == PLAIN


def test_the_command_alone_prints_the_help(tmp_path: Path) -> None:
    alone = in_pipe(tmp_path)
    assert alone == in_pipe(tmp_path, "--help")
    assert alone.startswith("usage: nbmigrate [-c FILE]")
    assert max(map(len, in_terminal(tmp_path, columns=80).splitlines())) <= 80
