"""The `nbmigrate` command, as a process: what it prints where, and how it exits."""

import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *words: str, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "nbmigrate", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        input=stdin,
        encoding="utf-8",
    )
    return done.returncode, done.stdout, done.stderr


def test_the_tutorial_in_a_terminal(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "init", "practice", "--url", "sqlite:///db_file.db")
    assert (code, err) == (0, "")
    assert out == (
        ".\n"
        "├─ nbmigrate.ini\n"
        "└─ practice/\n"
        "   ├─ README\n"
        "   ├─ env.py\n"
        "   ├─ script.py.mako\n"
        "   └─ versions/\n"
    )
    code, out, err = run(tmp_path, "revision", "-m", "first example", "--rev-id", "29cf196546aa")
    path = tmp_path / "practice" / "versions" / "29cf196546aa_first_example.py"
    assert (code, out, err) == (0, f"Generating {path} ...  done\n", "")
    body = (
        "def upgrade():\n    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))\n"
        "def downgrade():\n    op.drop_table('customer')\n"
    )
    assert run(tmp_path, "edit", "29cf", stdin=body)[:2] == (0, f"Updating {path} ...  done\n")
    code, out, err = run(tmp_path, "upgrade", "head")
    assert (code, err) == (0, "")
    assert out.startswith("Running upgrade  -> 29cf196546aa, first example  (3 statements, ")
    assert out.endswith("\nNow at 29cf196546aa (head).\n")
    assert run(tmp_path, "current") == (0, "29cf196546aa (head)\n", "")
    assert run(tmp_path, "heads") == (0, "29cf196546aa (head)\n", "")
    assert run(tmp_path, "history") == (0, "<base> -> 29cf196546aa (head), first example\n", "")
    code, out, err = run(tmp_path, "history", "--verbose")
    assert out.startswith(
        f"Rev: 29cf196546aa (head)\nParent: <base>\nPath: {path}\n\n    first example\n    \n"
    )
    code, out, err = run(tmp_path, "downgrade", "base")
    assert out.endswith("\nNow at base.\n")
    assert run(tmp_path, "current") == (0, "", "At base: no revision is applied.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["upgrad", "head"], "FAILED: There is no verb 'upgrad'.\nDid you mean 'upgrade'?"),
        (["heads"], "FAILED: "),
        (["-c", "missing.ini", "heads"], "FAILED: "),
    ],
)
def test_a_failure_is_one_line_and_what_to_do(tmp_path: Path, words: list[str], message: str) -> None:
    code, out, err = run(tmp_path, *words)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert "Traceback" not in err
    assert err.count("\n") <= 9


def test_raiseerr_shows_the_traceback(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, "--raiseerr", "heads")
    assert code == 1
    assert err.startswith("Traceback (most recent call last)")


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "-q", "init", "practice") == (0, "", "")
    assert run(tmp_path, "-q", "heads") == (0, "", "")


def test_a_terminal_without_our_characters(tmp_path: Path) -> None:
    run(tmp_path, "init", "practice")
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", "init", "practice"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.stdout.isascii()
    assert b"`- practice/" in done.stdout.replace(b"--", b"-")


def test_a_reader_that_stops_early(tmp_path: Path) -> None:
    run(tmp_path, "init", "practice")
    for number in range(30):
        (tmp_path / "practice" / "versions" / f"{number:04}.py").write_text(
            f'"""{"long " * 500}"""\n'
            f'revision = "r{number:04}"\n'
            f"down_revision = {f'r{number - 1:04}' if number else None!r}\n"
            "def upgrade(): pass\ndef downgrade(): pass\n",
            encoding="utf-8",
        )
    done = subprocess.run(
        f"'{sys.executable}' -m nbmigrate history -v | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("Rev: r0029 (head)\n", "")
