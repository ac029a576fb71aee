"""What README shows is what happens."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.parser import summaries
from nbmigrate.dialects import statements
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations import Operation, Operations, Recorder

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def session() -> Iterator[tuple[str, str]]:
    """The commands of the terminal session, each with what it prints."""
    (text,) = blocks("console")
    for part in text.split("$ ")[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def without_durations(text: str) -> str:
    return re.sub(r"\d+ ms|\d+\.\d+ s", "N ms", text)


def test_the_terminal_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    cell = next(block for block in blocks("python") if block.startswith("%%migrate revision"))
    (folder / "customer.py").write_text(cell.partition("\n")[2], encoding="utf-8")
    birthday = re.search(r"`birthday.py`\n`(op\..*)`", README)
    assert birthday is not None
    (folder / "birthday.py").write_text(birthday[1] + "\n", encoding="utf-8")
    ran = []
    for command, expected in session():
        words = shlex.split(command)
        assert words[0] == "nbmigrate"
        code = main(words[1:])
        captured = capsys.readouterr()
        printed = (captured.out + captured.err).replace(str(folder), "/home/ada/shop")
        assert without_durations(printed) == without_durations(expected), command
        assert code == (1 if "FAILED" in expected else 0)
        ran.append(words[1])
    assert len(ran) == 8


def test_the_library_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("practice")
    commands.revision(
        Project.open(), "first", body="op.create_table('t', sa.Column('id', sa.Integer))\n", rev_id="aaaa"
    )
    (code,) = (block for block in blocks("python") if "Project.open()" in block)
    names: dict[str, object] = {}
    exec(code, names)
    assert str(commands.current(Project.open())) == "aaaa (head)"


def test_the_dialect() -> None:
    (code,) = (block for block in blocks("python") if "register_dialect(" in block)
    assert len(code.splitlines()) <= 30
    exec(code, {})

    class Firebird(DefaultDialect):
        name = "firebird"

    def sent(operation: Operation) -> list[str]:
        return [statement.text for statement in statements(operation, Firebird())]

    recorder = Recorder()
    op = Operations(recorder)
    op.add_column("T", sa.Column("n", sa.Integer, nullable=False))
    op.alter_column("T", "n", new_column_name="number", nullable=True)
    op.drop_column("T", "number")
    op.rename_table("T", "u")
    *done, refused = recorder.operations
    assert [sent(operation) for operation in done] == [
        ['ALTER TABLE "T" ADD n INTEGER NOT NULL'],
        ['ALTER TABLE "T" ALTER COLUMN n DROP NOT NULL', 'ALTER TABLE "T" ALTER n TO number'],
        ['ALTER TABLE "T" DROP number'],
    ]
    with pytest.raises(UnsupportedOperationError, match="Firebird renames no table"):
        sent(refused)


def test_the_command_table_is_whole() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))
    assert rows == summaries()


def test_the_two_commands_are_those_that_ci_runs() -> None:
    opening, testing = blocks("sh")
    words = "pytest -n 2 --dist loadfile --no-loadscope-reorder"
    assert testing == f"pip install '.[test]' && {words}\n"
    assert opening.endswith(" notebooks/01-tutorial.ipynb\n")
    assert (ROOT / "notebooks" / "01-tutorial.ipynb").exists()
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install --quiet '.[test]'" in ci
    assert f"\n{words}\n" in ci


def test_the_picture_is_what_the_tutorial_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_cells(ROOT / "notebooks" / "01-tutorial.ipynb")
    project = Project.open()
    commands.downgrade(project, "bad000000001")
    drawn = commands.graph(project).to_svg() + "\n"
    picture = re.search(r"!\[.*?\]\((.*?)\)", README)
    assert picture is not None
    if os.environ.get("NBMIGRATE_TEST_WRITE_GOLDEN"):
        (ROOT / picture[1]).write_text(drawn, encoding="utf-8")
    assert (ROOT / picture[1]).read_text(encoding="utf-8") == drawn


def run_cells(notebook: Path) -> None:
    """Run a notebook's cells in a process of their own, those that are meant to fail too."""
    program = (
        "import json, sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "for cell in json.load(open(sys.argv[1], encoding='utf-8'))['cells']:\n"
        "    if cell['cell_type'] == 'code':\n"
        "        shell.run_cell(''.join(cell['source']))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(notebook)], check=True, capture_output=True)
