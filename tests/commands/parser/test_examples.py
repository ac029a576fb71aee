"""What `-h` shows: every example and every way to write a revision is tried out in a project."""

import argparse
import os
import shlex
import shutil
from pathlib import Path

import pytest

from nbmigrate import Project, cli
from nbmigrate.commands.parser import build, parse, summaries
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.commands.parser.examples import EXAMPLES, FORMS, IDENTIFIERS

EMAIL = """
def upgrade():
    op.add_column('customer', sa.Column('email', sa.Text))
def downgrade():
    op.drop_column('customer', 'email')
"""
CUSTOMER = """
def upgrade():
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))
def downgrade():
    op.drop_table('customer')
"""
#: Where the database has to stand for a verb; at 0001 where it is not here.
STANDS = {"downgrade": "head", "history": "head", "log": "head", "table": "head", "schema": "head"}
#: Verbs that are given one of two heads, or all; `head` alone is that of the line.
FORKED = ("merge", "rebase", "delete")


def run(words: str) -> None:
    """Run a command line; one that fails shows why."""
    assert cli.main(shlex.split(words)) == 0


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two projects: 0001 <- ae1027a6acf2 (shop) <- c3f0 <- d4d4, and one in which c3f0 comes after 0001."""
    root = tmp_path_factory.mktemp("projects")
    before = Path.cwd()
    for name, parent in (("line", "head"), ("fork", "0001")):
        folder = root / name
        folder.mkdir()
        os.chdir(folder)
        (folder / "email.py").write_text(EMAIL)
        (folder / "customer.py").write_text(CUSTOMER)
        run("init migrations --url sqlite:///shop.db")
        run("revision -m customers --rev-id 0001 --body customer.py")
        run("revision -m 'a shop' --rev-id ae1027a6acf2 --branch-label shop")
        run(f"revision -m more --rev-id c3f0 --head {parent} --splice")
        if name == "line":
            run("revision -m last --rev-id d4d4")
        run("upgrade 0001")
    os.chdir(before)
    return root


@pytest.fixture
def folder(projects: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own beside copies of both; the current one."""
    for name in ("line", "fork"):
        shutil.copytree(projects / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def enter(folder: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go into the project that a verb needs, its database where the verb needs it."""
    monkeypatch.chdir(folder / ("fork" if verb in FORKED else "line"))
    if verb in STANDS:
        run(f"upgrade {STANDS[verb]}")


def no_project(options: argparse.Namespace) -> Project:
    raise AssertionError("help needs no project")


@pytest.mark.parametrize("prog", ["nbmigrate", "%migrate"])
@pytest.mark.parametrize("verb", list(summaries()))
def test_every_help_has_two_examples(verb: str, prog: str) -> None:
    text = str(parse([verb, "-h"], prog=prog)(Call(no_project)))
    examples = EXAMPLES[verb]
    assert len(examples) >= 2
    for words, meaning in examples.items():
        assert f"  {prog} {words}" in text
        assert f"# {meaning}" in text
    assert all(len(line) < 80 for line in text.splitlines())
    assert ("\nrevisions:\n" in text) == (verb in IDENTIFIERS)
    for form in IDENTIFIERS.get(verb, ()):
        assert ", ".join(FORMS[form][0]) in text


def test_every_verb_that_takes_a_revision_explains_how_it_is_written() -> None:
    takes = {"--onto", "--head", "-r", "rev", "revision", "revisions", "target"}
    found = {
        name
        for name, parser in build()[1].items()
        for action in parser._actions
        if takes & {action.dest, *action.option_strings} and action.dest != "revision_ids"
    }
    assert found == set(IDENTIFIERS)


def test_a_cell_has_its_body_under_the_line() -> None:
    text = str(parse(["revision", "-h"], prog="%migrate")(Call(no_project)))
    assert '\n  %%migrate revision -m "add an email"\n  op.add_column(' in text
    assert "%%" not in str(parse(["revision", "-h"])(Call(no_project)))


#: What cannot succeed in these projects, each with what it says.
REFUSED = {
    "open ../shop": "There is no file",
    "open --engine engine": "--engine works in a notebook alone, where engine is a variable.",
    "current --check-heads": "Database is not on all head revisions",
    "resume": "No revision is interrupted.",
    "resume --applied": "No revision is interrupted.",
    "abandon": "No revision is interrupted.",
    "abandon --lock-timeout 5": "No revision is interrupted.",
}


@pytest.mark.parametrize(
    ("verb", "words"), [(verb, words) for verb, examples in EXAMPLES.items() for words in examples]
)
def test_an_example_runs(
    folder: Path, verb: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parse(shlex.split(words)).verb == verb
    if verb != "init":
        enter(folder, verb, monkeypatch)
    if words == "delete head":
        monkeypatch.chdir(folder / "line")
    if "--unset" in words:
        run("config timezone UTC")
    capsys.readouterr()
    code = cli.main(shlex.split(words))
    captured = capsys.readouterr()
    if words in REFUSED:
        assert code == 1
        assert captured.err.startswith(f"FAILED: {REFUSED[words]}")
    else:
        assert (code, captured.err.count("FAILED")) == (0, 0), captured.err


@pytest.mark.parametrize(
    ("verb", "identifier"),
    [(verb, text) for verb, forms in IDENTIFIERS.items() for form in forms for text in FORMS[form][0]],
)
def test_a_revision_may_be_written_so(
    folder: Path, verb: str, identifier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(folder, verb, monkeypatch)
    back = identifier in (*FORMS["base"][0], *FORMS["back"][0])
    if verb == "preview" and back:
        run("upgrade head")
    lines = {
        "revision": f"revision -m x --splice --head {identifier}",
        "edit": f"edit {identifier} --body email.py",
        "merge": "merge heads" if identifier == "heads" else f"merge {identifier} c3f0",
        "rebase": f"rebase {identifier} --onto base",
        "history": f"history -r {identifier}",
        "preview": f"preview {'downgrade' if back else 'upgrade'} {identifier}",
    }
    if verb in FORKED and identifier == "head":
        monkeypatch.chdir(folder / "line")
    run(lines.get(verb, f"{verb} {identifier}"))
