"""What README shows is what happens."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.parser import parse, summaries

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


def cells() -> list[str]:
    """The blocks that are cells of a notebook."""
    found = [block for block in blocks("python") if block.startswith("%")]
    assert len(found) == 3
    assert sum(len(block.splitlines()) for block in found) <= 10
    return found


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 150


def test_the_cells_as_often_as_one_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells()])  # type: ignore[no-untyped-call]
    for _ in range(2):
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
        assert [path.suffix for path in tmp_path.glob("practice/versions/*_first_example.py")] == [".py"]
        (table,) = (
            output["data"]
            for output in notebook.cells[-1].outputs
            if output["output_type"] == "execute_result"
        )
        assert "Ada Lovelace" in table["text/plain"]


def test_the_terminal_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the folder of the cells above, as they leave it before their upgrade; the revision has another id in each."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db_file.db")
    (body,) = (block.partition("\n")[2] for block in cells() if block.startswith("%%migrate revision"))
    commands.revision(Project.open(), "first example", body=body, rev_id="29cf196546aa")
    ran = []
    for command, expected in session():
        words = shlex.split(command)
        assert words[0] == "nbmigrate"
        code = main(words[1:])
        captured = capsys.readouterr()
        assert without_durations(captured.out + captured.err) == without_durations(expected), command
        assert code == (1 if "FAILED" in expected else 0)
        ran.append(words[1])
    assert ran == ["upgrade", "upgrade"]


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


def test_what_is_typed_is_understood() -> None:
    """Each command of the table is one, with options that it has; a capital word stands for a revision or a folder."""
    rows = re.findall(r"^\| [^|]+ \| (.*) \|$", README, re.MULTILINE)[2:]
    assert len(rows) == 16
    typed = [words for row in rows for words in re.findall(r"`([^`]+)`", row)]
    for words in typed:
        verb = words.removeprefix("%%migrate ")
        assert parse(shlex.split(verb)).verb == verb.split()[0], words
    assert {words.removeprefix("%%migrate ").split()[0] for words in typed} <= set(summaries())


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) >= 7
    assert [link for link in links if not (ROOT / link).exists()] == []
    notebooks = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(Path(link).name for link in links if link.endswith(".ipynb")) == notebooks


def test_the_two_commands_are_those_that_ci_runs() -> None:
    cloning, opening, testing = blocks("sh")
    assert cloning.endswith("python3 -m venv .venv && . .venv/bin/activate\n")
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
    picture = re.search(r"!\[.*?\]\((.*?\.svg)\)", README)
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
