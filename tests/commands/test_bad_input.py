"""Words, revisions and bodies that cannot be: a clear message, files and database as before."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.parser import parse
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.errors import (
    AmbiguousRevisionError,
    BodyError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    IrreversibleError,
    MigrateError,
    MultipleHeadsError,
    RevisionAppliedError,
    RevisionNotFoundError,
    TargetError,
    UsageError,
)
from nbmigrate.scripts.reading.headers import read_header

Refused = Callable[..., MigrateError]
Tree = Callable[[], dict[str, bytes]]

NOT_FOUND = "Can't locate revision identified by "
LONG = "word " * 2000
MESSAGES = [
    "<script>alert(1)</script>",
    'three """ quotes and \'\'\' more"',
    "a back\\slash \\",
    "two\nlines",
    "a paragraph\n\nand another",
    "tab\tand\x07bell",
    "emoji 🦆 and ünïcödé, 中文",
    "${mako} %(ini)s {braces} <% code %>",
    "Revision ID: nobody\nCreate Date: tomorrow",
    LONG,
]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("upgrad head", "There is no verb 'upgrad'.", "Did you mean 'upgrade'?\nVerbs:\n"),
        ("grpah", "There is no verb 'grpah'.", "Did you mean 'graph'?\nVerbs:\n"),
        (
            "check",
            "There is no verb 'check'.",
            "nbmigrate does not compare the models with the database; `alembic",
        ),
        (
            "revision --autogenerate -m x",
            "`revision` has no option '--autogenerate'.",
            "nbmigrate does not compare the models with the database; `alembic revision --autogenerate` does",
        ),
        ("xyz", "There is no verb 'xyz'.", "Verbs:\n  files     config, "),
        ("heads --vrebose", "`heads` has no option '--vrebose'.", "Did you mean --verbose?"),
        ("history --rev-rnge a:b", "`history` has no option '--rev-rnge'.", "Did you mean --rev-range?"),
        ("table t --ordr-by id", "`table` has no option '--ordr-by'.", "Did you mean --order-by?"),
        (
            "table t --limit -1",
            "Argument --limit: a whole number of rows, or `all`; not '-1'.",
            "usage: nbmigrate table ",
        ),
        ("table t --limit 1.5", "Argument --limit: a whole number of rows, or `all`; not '1.5'.", "usage: "),
        ("downgrade", "The following arguments are required: revision.", "usage: nbmigrate downgrade "),
        ("revision -m", "Argument -m/--message: expected one argument.", "usage: nbmigrate revision "),
    ],
)
def test_words(refused: Refused, words: str, message: str, hint: str) -> None:
    error = refused(UsageError, parse, words.split())
    assert error.message == message
    assert error.hint.startswith(hint)


def test_a_body_that_is_no_text(refused: Refused, project: Project, tmp_path: Path) -> None:
    (tmp_path / "body.py").write_bytes(b"\xff\xfe")
    words = parse(["revision", "--body", "body.py"])
    error = refused(UsageError, words, Call(lambda options: project))
    assert error.message == "body.py is not text in UTF-8."
    words = parse(["graph", "--output", "nowhere/graph.svg"])
    error = refused(MigrateError, words, Call(lambda options: project))
    assert error.message == "nowhere/graph.svg cannot be written: No such file or directory."


@pytest.mark.parametrize(
    ("kind", "target", "message", "hint"),
    [
        (
            RevisionNotFoundError,
            "29cf196546ab",
            f"{NOT_FOUND}'29cf196546ab'",
            "The nearest is '29cf196546aa'.",
        ),
        (RevisionNotFoundError, "HEAD", f"{NOT_FOUND}'HEAD'", "The nearest is 'head'."),
        (RevisionNotFoundError, "zzzz", f"{NOT_FOUND}'zzzz'", "The heads are a3d94c07be12."),
        (RevisionNotFoundError, "'; DROP", f"{NOT_FOUND}''; DROP'", "The heads are a3d94c07be12."),
        (RevisionNotFoundError, "shop@head", "No such branch: 'shop'", "The heads are a3d94c07be12."),
        (TargetError, "", "No revision is named", "Write head, base, or an id or branch label."),
        (TargetError, "5f0c@", "Nothing follows the '@' in '5f0c@'", "Write 5f0c@head, "),
        (
            TargetError,
            "+9",
            "Relative revision +9 didn't produce 9 migrations",
            "Above base there are 3 revisions.",
        ),
        (TargetError, "head+1", "Walked too far: 'head+1'", "There are 0 steps above head, not 1."),
        (TargetError, "-1", "Relative revision -1 didn't produce 1 migrations", "Up is written +N, "),
        (
            UsageError,
            "29cf:head",
            "Range revision not allowed: '29cf:head' is for --sql, which does not ask where the database stands.",
            "Without --sql write 'head' alone.",
        ),
    ],
)
def test_targets_of_upgrade(
    refused: Refused, project: Project, kind: type[MigrateError], target: str, message: str, hint: str
) -> None:
    error = refused(kind, commands.upgrade, project, target)
    assert error.message == message
    assert error.hint.startswith(hint)


def test_upgrading_past_head(refused: Refused, project: Project) -> None:
    commands.upgrade(project, "head")
    error = refused(TargetError, commands.upgrade, project, "+1")
    assert error.message == "Relative revision +1 didn't produce 1 migrations"
    assert error.hint == "Above a3d94c07be12 there is no revision."
    error = refused(TargetError, commands.downgrade, project, "-4")
    assert error.hint == "From a3d94c07be12 down there are 3."
    commands.downgrade(project, "29cf")
    error = refused(TargetError, commands.downgrade, project, "head")
    assert error.hint == "a3d94c07be12 is not applied; the database stands at 29cf196546aa."


def test_ambiguous_targets(refused: Refused, empty: Project) -> None:
    for rev_id in ("abcd1", "abcd2"):
        commands.revision(empty, "x", rev_id=rev_id, head="base")
    error = refused(AmbiguousRevisionError, commands.upgrade, empty, "abcd")
    assert error.message == "Multiple revisions start with 'abcd': 'abcd1', 'abcd2'"
    error = refused(MultipleHeadsError, commands.upgrade, empty, "head")
    assert error.hint == "They are abcd1, abcd2."
    error = refused(MultipleHeadsError, commands.revision, empty, "another")
    assert error.hint == "The heads are: abcd1, abcd2. Choose with --head, or `merge heads`."
    commands.upgrade(empty, "heads")
    error = refused(AmbiguousRevisionError, commands.downgrade, empty, "-1")
    assert "'abcd1@-1'" in error.hint


@pytest.mark.parametrize("rev", ["29cf196546ab", "+1", "base", ""])
@pytest.mark.parametrize("command", [commands.show, commands.history, commands.edit, commands.merge])
def test_revisions_that_are_not_there(
    refused: Refused, project: Project, command: Callable[..., object], rev: str
) -> None:
    calls: dict[object, Callable[[], object]] = {
        commands.show: lambda: commands.show(project, rev),
        commands.history: lambda: commands.history(project, rev_range=f"{rev or 'nothing'}:29cf:"),
        commands.edit: lambda: commands.edit(project, rev, "op.execute('x')"),
        commands.merge: lambda: commands.merge(project, [rev, "head"]),
    }
    with pytest.raises(TargetError) as caught:
        calls[command]()
    refused(type(caught.value), calls[command])


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"rev_id": "a" * 33}, GraphError, f"The revision id '{'a' * 33}' has 33 characters, "),
        ({"rev_id": "a" * 10_000}, GraphError, "The revision id 'aaaa"),
        ({"rev_id": "a b"}, GraphError, "Character(s) ' ' not allowed in revision identifier 'a b'."),
        ({"rev_id": "a/b"}, GraphError, "Character(s) '/' not allowed in revision identifier 'a/b'."),
        ({"rev_id": "../../evil"}, GraphError, "'../../evil' cannot be a revision id."),
        ({"rev_id": ""}, GraphError, "'' cannot be a revision id."),
        ({"rev_id": "head"}, GraphError, "'head' cannot be a revision id"),
        ({"rev_id": "base"}, GraphError, "'base' cannot be a revision id"),
        ({"rev_id": "<b>"}, GraphError, "Character(s) '<>' not allowed in revision identifier '<b>'."),
        (
            {"rev_id": "shop"},
            DuplicateLabelError,
            "'shop' is already a branch label of revision b1.",
        ),
        (
            {"branch_label": ["shop"]},
            DuplicateLabelError,
            "'shop' is already a branch label of revision b1.",
        ),
        (
            {"branch_label": ["29cf196546aa"]},
            DuplicateLabelError,
            "'29cf196546aa' is already the id of revision 29cf196546aa.",
        ),
        ({"branch_label": [""]}, GraphError, "A branch label cannot be empty."),
        ({"depends_on": ["nobody"]}, RevisionNotFoundError, f"{NOT_FOUND}'nobody'"),
        (
            {"head": "29cf"},
            TargetError,
            "Revision 29cf196546aa is not a head revision; please specify --splice ",
        ),
        ({"head": "nobody"}, RevisionNotFoundError, f"{NOT_FOUND}'nobody'"),
        ({"rev_id": "29cf", "head": "5f0c"}, TargetError, "Revision 5f0c6e2a91b7 is not a head revision; "),
        (
            {"rev_id": "29cf196546aa", "head": "5f0c"},
            DuplicateRevisionError,
            "Revision 29cf196546aa is there already (",
        ),
        (
            {"rev_id": "29cf196546aa", "branch_label": ["new"]},
            DuplicateRevisionError,
            "Revision 29cf196546aa is there already (",
        ),
    ],
)
def test_revisions_that_cannot_be(
    refused: Refused, project: Project, options: dict[str, object], kind: type[MigrateError], message: str
) -> None:
    commands.revision(project, "branch", rev_id="b1", branch_label=["shop"])
    error = refused(kind, commands.revision, project, "x", **options)
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    ("revisions", "message"),
    [
        (["a3d9"], "A merge needs two revisions or more; the heads are: a3d94c07be12."),
        (["heads"], "A merge needs two revisions or more; the heads are: a3d94c07be12."),
        ([], "A merge needs two revisions or more; the heads are: a3d94c07be12."),
        (["a3d9", "a3d94c07be12"], "Duplicate head revisions specified."),
        (["a3d9", "29cf"], "Revision 29cf196546aa is not a head revision; please specify --splice "),
    ],
)
def test_merges_that_cannot_be(
    refused: Refused, project: Project, revisions: list[str], message: str
) -> None:
    assert refused(TargetError, commands.merge, project, revisions).message.startswith(message)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("def upgrade(:\n    pass\n", BodyError, "line 1: invalid syntax\n    def upgrade(:\n"),
        ("\n\nx = = 1\n", BodyError, "line 3: invalid syntax\n    x = = 1\n"),
        ("%matplotlib\n", BodyError, "line 1: a magic or shell line; "),
        (
            "def downgrade():\n    pass\n",
            BodyError,
            "line 1: def downgrade() without def upgrade()",
        ),
        ("revision = 'x'\n", BodyError, "line 1: this is part of the header, "),
        ("raise ValueError('<b>')\n", BodyError, "<body>, line 1: ValueError: <b>"),
        ("import sys\nsys.exit(1)\n", BodyError, "<body>, line 2: SystemExit: 1"),
        (
            "op.create_tabel('x')\n",
            BodyError,
            "<body>, line 1: AttributeError: op has no directive 'create_tabel'; did",
        ),
        (
            "op.get_bind()\n",
            BodyError,
            "No downgrade can be generated: op.get_bind() needs a database, ",
        ),
        (
            "op.drop_table('customer')\n",
            IrreversibleError,
            "No downgrade can be generated for op.drop_table('customer'), ",
        ),
        (
            "op.execute('DELETE')\n",
            IrreversibleError,
            "No downgrade can be generated for op.execute('DELETE'), ",
        ),
        ("x" * 10_000, BodyError, "<body>, line 1: NameError: name 'xxx"),
        ("\x00", BodyError, "line 1: source code string cannot contain null bytes"),
    ],
)
def test_bodies_that_cannot_be(
    refused: Refused, project: Project, body: str, kind: type[MigrateError], message: str
) -> None:
    assert refused(kind, commands.revision, project, "x", body=body).message.startswith(message)
    assert refused(kind, commands.edit, project, "head", body).message.startswith(message)


@pytest.mark.parametrize("body", ["", "  \n\n"])
def test_a_body_that_is_empty(refused: Refused, project: Project, tree: Tree, body: str) -> None:
    error = refused(UsageError, commands.edit, project, "29cf", body)
    assert str(error) == "The new body is empty.\nFor a revision that does nothing, write: pass"
    before = tree()
    assert commands.revision(project, "first example", body=body, rev_id="29cf196546aa").action == "unchanged"
    assert tree() == before


def test_an_applied_revision_stays(refused: Refused, project: Project) -> None:
    commands.upgrade(project, "head")
    error = refused(
        RevisionAppliedError,
        commands.edit,
        project,
        "29cf",
        "op.execute('x')\ndef upgrade(): pass\ndef downgrade(): pass\n",
    )
    assert error.hint.startswith("`downgrade base` first and run this again, ")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda text: repr(text[:12]))
def test_odd_messages(project: Project, message: str) -> None:
    made = commands.revision(
        project, message, rev_id="odd1", body="op.add_column('customer', sa.Column('x', sa.Integer))\n"
    )
    path = made.revision.path
    assert path is not None
    compile(path.read_text(encoding="utf-8"), str(path), "exec")
    header = read_header(path)
    assert header.problem is None
    assert header.revision == made.revision == project.graph["odd1"]
    assert len(path.name) < 100
    assert made.revision.doc.startswith(message.strip())
    results = [
        made,
        commands.history(project, verbose=True),
        commands.heads(project),
        commands.graph(project),
    ]
    results += [
        commands.upgrade(project, "head"),
        commands.current(project, verbose=True),
        commands.show(project, "odd1"),
    ]
    for result in results:
        shown = result._repr_mimebundle_()
        assert "<script>" not in shown["text/html"]
        assert "<% code" not in shown["text/html"]
        assert shown["text/plain"]
        assert str(result)
    body = "op.add_column('customer', sa.Column('x', sa.Integer))\n"
    assert commands.revision(project, message, rev_id="odd1", body=body).action == "unchanged"


@pytest.mark.parametrize("message", ["", "   ", "!?", "…", None])
def test_a_message_that_gives_no_slug(project: Project, message: str | None) -> None:
    made = commands.revision(project, message, rev_id="empty1")
    assert made.revision.path is not None
    assert made.revision.path.name == "empty1_.py"
    assert made.revision.message == (message.strip() if message and message.strip() else "empty message")
    assert commands.upgrade(project, "head").standing == "Now at empty1 (head)."


def test_an_interrupt_in_the_middle(refused: Refused, project: Project) -> None:
    from nbmigrate.errors import InterruptedRunError

    commands.upgrade(project, "29cf")
    body = (
        "def upgrade():\n"
        "    op.create_table('invoice', sa.Column('id', sa.Integer))\n"
        "    op.execute('INSERT INTO invoice VALUES (1)')\n"
        "    raise KeyboardInterrupt\n"
        "def downgrade():\n"
        "    op.drop_table('invoice')\n"
    )
    commands.edit(project, "5f0c", body)
    error = refused(InterruptedRunError, commands.upgrade, project, "head")
    assert error.message == "Upgrade of revision 5f0c6e2a91b7 (remember the birthday) was interrupted."
    assert error.hint == (
        "It was rolled back: nothing of it remains. The database stands at 29cf196546aa. "
        "Run the same command again to go on."
    )
    commands.edit(project, "5f0c", body.replace("    raise KeyboardInterrupt\n", ""))
    assert commands.upgrade(project, "5f0c").standing == "Now at 5f0c6e2a91b7."
    with sqlite3.connect("db_file.db") as connection:
        assert connection.execute("SELECT count(*) FROM invoice").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize(
    ("words", "stderr"),
    [
        (
            ["upgrade", "+4"],
            "FAILED: Relative revision +4 didn't produce 4 migrations\nAbove base there are 3 revisions.\n",
        ),
        (["show", "29cf196546ab"], f"FAILED: {NOT_FOUND}'29cf196546ab'\nThe nearest is '29cf196546aa'.\n"),
        (["table", "custmer"], "FAILED: There is no table 'custmer'.\nThe database has no tables.\n"),
        (
            ["revision", "--rev-id", "../x"],
            "FAILED: '../x' cannot be a revision id.\nUse letters and digits.\n",
        ),
    ],
)
def test_in_a_terminal(project: Project, tree: Tree, tmp_path: Path, words: list[str], stderr: str) -> None:
    before = tree()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "nbmigrate", *words],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", stderr)
    assert tree() == before


def test_an_interrupt_in_a_terminal(project: Project, tree: Tree, tmp_path: Path) -> None:
    commands.upgrade(project, "29cf")
    body = (
        "import pathlib\n"
        "import time\n"
        "def upgrade():\n"
        "    op.create_table('invoice', sa.Column('id', sa.Integer))\n"
        "    pathlib.Path('started').touch()\n"
        "    time.sleep(60)\n"
        "def downgrade():\n"
        "    pass\n"
    )
    commands.edit(project, "5f0c", body)
    before = tree()
    running = subprocess.Popen(
        [sys.executable, "-m", "nbmigrate", "upgrade", "head"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A shell that runs the tests in the background lets its children ignore the interrupt.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=30)
    assert running.returncode == 1
    assert stderr.startswith(
        "FAILED: Upgrade of revision 5f0c6e2a91b7 (remember the birthday) was interrupted"
    )
    assert stderr.count("\n") <= 4
    (tmp_path / "started").unlink()
    assert tree() == before


def test_a_cell_of_bytes_in_a_terminal(project: Project, tree: Tree, tmp_path: Path) -> None:
    before = tree()
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", "edit", "head"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        input=b"\xff",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"FAILED: What was piped in is not text in UTF-8.\n")
    assert tree() == before
