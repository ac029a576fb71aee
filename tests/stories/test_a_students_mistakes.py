"""A student's first hour in a real kernel: each mistake is answered in words that name the way out; nothing is lost."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from tests.notebook.conftest import Kernel, Ran

CUSTOMER = """%%migrate revision -m "customers" --rev-id a1
op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80)))
op.bulk_insert(sa.table('customer', sa.column('name')), [{'name': 'Ada'}, {'name': 'Grace'}])
"""
SLOW = """%%migrate revision -m "slow" --rev-id d4
import time


def upgrade():
    op.add_column('customer', sa.Column('slow', sa.Text))
    open('reached', 'w').close()
    time.sleep(60)


def downgrade():
    op.drop_column('customer', 'slow')
"""


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel of its own in an empty folder, with the extension."""
    monkeypatch.chdir(tmp_path)
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    kernel = Kernel(manager, client)
    kernel.run("%load_ext nbmigrate")
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture
def class_room(notebook: Kernel) -> Kernel:
    """The same with a project whose database stands at its first revision."""
    for cell in ("%migrate init practice", CUSTOMER, "%migrate upgrade head"):
        assert notebook.run(cell).of("error") == []
    return notebook


def state() -> tuple[dict[str, bytes], list[str]]:
    """Every file of the project, and everything the database holds."""
    folders = (path for path in sorted(Path().rglob("*")) if "__pycache__" not in path.parts)
    files = {
        str(path): path.read_bytes()
        for path in folders
        if path.is_file() and path.suffix in (".py", ".ini", ".mako")
    }
    return files, rows()


def rows() -> list[str]:
    """The statements that would make the database again."""
    if not Path("practice.db").exists():
        return []
    connection = sqlite3.connect("practice.db")
    found = list(connection.iterdump())
    connection.close()
    return found


def answer(ran: Ran) -> str:
    """The one error of a cell, as it is shown: no traceback of Python."""
    (error,) = ran.of("error")
    assert error["traceback"] == [f"{error['ename']}: {error['evalue']}"]
    return str(error["evalue"])


def refused(kernel: Kernel, cell: str, *says: str) -> str:
    """Run a cell that is a mistake: it says what to do, and files and database are as they were."""
    before = state()
    text = answer(kernel.run(cell))
    for words in says:
        assert words in text, text
    assert state() == before
    return text


def test_01_the_extension_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notebook: Kernel
) -> None:
    notebook.run("%unload_ext nbmigrate")
    (stream,) = notebook.run("%migrate upgrade head").of("stream")
    assert "Line magic function `%migrate` not found" in stream["text"]
    assert notebook.run("%load_ext nbmigrate").of("error") == []
    assert notebook.run("%migrate --version").text.startswith("nbmigrate ")


def test_02_there_is_no_project_yet(notebook: Kernel) -> None:
    refused(notebook, "%migrate upgrade head", "There is no project in", "Start one with: init <folder>.")
    assert notebook.run("%migrate init practice").of("error") == []
    # The same cell again changes nothing.
    before = state()
    assert notebook.run("%migrate init practice").text.endswith("nothing was changed.")
    assert state() == before


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%migrate uprgade head", ["There is no verb 'uprgade'.", "Did you mean 'upgrade'?"]),
        ("%migrate undo", ["There is no verb 'undo'.", "`downgrade -1`"]),
        ("%migrate status", ["There is no verb 'status'.", "`current`"]),
        ("%migrate upgrade head --dry-run", ["`preview upgrade head` shows what would be done"]),
    ],
)
def test_03_the_wrong_verb(class_room: Kernel, cell: str, says: list[str]) -> None:
    refused(class_room, cell, *says)


def test_04_the_revision_is_left_out(class_room: Kernel) -> None:
    refused(class_room, "%migrate upgrade", "required: revision.", "For example: %migrate upgrade head")


def test_05_a_dash_of_a_web_page(class_room: Kernel) -> None:
    refused(class_room, "%migrate downgrade –1", "begins with en dash, which is no hyphen", "Write -1 ")
    refused(class_room, "%migrate revision -m “an email”", "typographic quote", "Put straight quotes")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("op.create_tabel('t', sa.Column('id', sa.Integer))", ["line 2", "did you mean op.create_table?"]),
        ("create_table('t', sa.Column('id', sa.Integer))", ["line 2", "Write op.create_table."]),
        ("op.create_table('t', Column('id', sa.Integer))", ["line 2", "Write sa.Column."]),
        ("op.create_table('t', sa.Column('id', sa.Integr))", ["line 2", "Did you mean sa.Integer?"]),
    ],
)
def test_06_the_wrong_operation(class_room: Kernel, body: str, says: list[str]) -> None:
    refused(class_room, f"%%migrate revision -m t --rev-id b2\n{body}", *says)


def test_07_a_missing_parenthesis(class_room: Kernel) -> None:
    body = "op.create_table('t', sa.Column('id', sa.Integer)"
    refused(
        class_room, f"%%migrate revision -m t\n{body}", "line 2: '(' was never closed", "nothing was written"
    )


def test_08_what_cannot_be_undone_has_no_downgrade(class_room: Kernel) -> None:
    cell = "%%migrate revision -m clean\nop.execute('DELETE FROM customer')"
    refused(
        class_room, cell, "No downgrade can be generated", "Write `def upgrade():` and `def downgrade():`"
    )


def test_09_names_that_are_not_there(class_room: Kernel) -> None:
    refused(
        class_room, "%migrate upgrade a9", "Can't locate revision identified by 'a9'", "The heads are a1."
    )
    refused(class_room, "%migrate table custmer", "There is no table 'custmer'.", "Did you mean customer?")
    refused(class_room, "%migrate table customer --columns nmae", "'nmae'", "name")
    refused(class_room, "first = 'a1'\n%migrate show $first", "write {first}")
    assert class_room.run("%migrate show {first}").text.startswith("Rev: a1")


def test_10_quotes_that_are_missing(class_room: Kernel) -> None:
    quotes = 'in "double quotes"'
    refused(class_room, "%migrate table customer --where name = 'Ada'", "has no argument '='", quotes)
    refused(class_room, "%migrate revision -m an email", "has no argument 'email'", quotes)
    refused(class_room, "%migrate revision -m it's new", "A quote is not closed", '"double quotes"')


def test_11_a_setting_that_is_misspelled_or_wrong(class_room: Kernel) -> None:
    refused(class_room, "%migrate config sqlalchemy.ulr x", "Did you mean 'sqlalchemy.url'?")
    refused(
        class_room,
        "%migrate config sqlalchemy.url shop.db",
        "The database URL is empty or malformed.",
        "It is written like sqlite:///",
    )


def test_12_an_applied_revision_is_edited(class_room: Kernel) -> None:
    cell = "%%migrate edit a1\nop.create_table('other', sa.Column('id', sa.Integer))"
    refused(
        class_room,
        cell,
        "Revision a1 is applied to the database, so its file stays as it is.",
        "`downgrade base` first and run this again, or write a new revision.",
    )


def test_13_a_revision_that_fails(class_room: Kernel) -> None:
    write = "%%migrate {} \nop.add_column('{}', sa.Column('email', sa.Text))"
    class_room.run(write.format("revision -m email --rev-id b2", "custmer"))
    refused(
        class_room,
        "%migrate upgrade head",
        "Upgrade of revision b2 (email) failed: no such table: custmer",
        "practice/versions/b2_email.py, line ",
        "Did you mean customer?",
        "nothing of it remains. The database stands at a1. Correct the file, then run the same command again.",
    )
    # What it says to do is what helps.
    assert class_room.run(write.format("edit b2", "customer")).of("error") == []
    assert class_room.run("%migrate upgrade head").text.endswith("Now at b2 (head).")
    assert "INSERT INTO \"customer\" VALUES(1,'Ada',NULL);" in rows()


def test_14_the_kernel_is_restarted(class_room: Kernel) -> None:
    before = state()
    class_room.manager.restart_kernel(now=True)
    class_room.client.wait_for_ready(timeout=60)
    (stream,) = class_room.run("%migrate current").of("stream")
    assert "`%migrate` not found" in stream["text"]
    assert class_room.run("%load_ext nbmigrate\n%migrate current").text == "a1 (head)"
    assert class_room.run("%migrate upgrade head").text == "Nothing to upgrade: the database is at a1 (head)."
    assert state() == before


def test_15_a_run_is_interrupted(class_room: Kernel) -> None:
    assert class_room.run(SLOW).of("error") == []
    before = state()

    def interrupt() -> None:
        end = time.monotonic() + 60
        while not Path("reached").exists():
            assert time.monotonic() < end, "the revision was never begun"
            time.sleep(0.05)
        class_room.manager.interrupt_kernel()

    text = answer(class_room.run("%migrate upgrade head", while_running=interrupt))
    assert "Upgrade of revision d4 (slow) was interrupted" in text
    assert "The database stands at a1" in text
    assert state() == before
    assert class_room.run("%migrate current").text == "a1"


def test_16_the_cell_is_run_twice(class_room: Kernel) -> None:
    before = state()
    assert "a1_customers.py is there already" in class_room.run(CUSTOMER).text
    assert state() == before
    cell = "%%migrate revision -m email\nop.add_column('customer', sa.Column('email', sa.Text))"
    assert class_room.run(cell).text.startswith("Generating ")
    before = state()
    assert "This cell wrote it before" in class_room.run(cell).text
    assert state() == before


def test_17_the_file_was_edited_as_well(class_room: Kernel) -> None:
    cell = "%%migrate revision -m email --rev-id b2\nop.add_column('customer', sa.Column('email', sa.Text))"
    class_room.run(cell)
    path = Path("practice/versions/b2_email.py")
    path.write_text(path.read_text().replace("sa.Text", "sa.String(70)"))
    text = refused(class_room, cell, "was edited since nbmigrate wrote it", "Nothing was written.", "--force")
    assert "-    op.add_column('customer', sa.Column('email', sa.String(70)))" in text


def test_18_one_percent_sign_instead_of_two(class_room: Kernel) -> None:
    cell = "%migrate revision -m email\nop.add_column('customer', sa.Column('email', sa.Text))"
    refused(class_room, cell, "needs two %", "Nothing was written.", "%%migrate revision -m email")


def test_19_a_revision_is_to_go_again(class_room: Kernel) -> None:
    refused(class_room, "%migrate rm a1", "There is no verb 'rm'.", "`delete REV`")
    refused(class_room, "%migrate delete a1", "Revision a1 is applied", "`downgrade base` undoes it")
