"""A project in an empty folder, with the tutorial's three revisions."""

import contextlib
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.clock import FrozenClock
from nbmigrate.errors import MigrateError

CUSTOMER = """
def upgrade():
    op.create_table(
        'customer',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('firstname', sa.String(150), nullable=False),
        sa.Column('lastname', sa.String(150), nullable=False),
        sa.Column('recentvisit', sa.DateTime),
    )


def downgrade():
    op.drop_table('customer')
"""

BIRTHDAY = "op.add_column('customer', sa.Column('birthday', sa.Date))\n"

ORDERS = """
import datetime


def upgrade():
    orders = op.create_table(
        'orders',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('customer_id', sa.Integer, sa.ForeignKey('customer.id'), nullable=False),
        sa.Column('pieces', sa.Integer),
    )
    customer = sa.table('customer', sa.column('id'), sa.column('firstname'), sa.column('lastname'),
                        sa.column('birthday', sa.Date))
    op.bulk_insert(customer, [
        {'id': 1, 'firstname': 'Ada', 'lastname': 'Lovelace', 'birthday': datetime.date(1815, 12, 10)},
        {'id': 2, 'firstname': 'Edgar', 'lastname': 'Codd', 'birthday': None},
    ])
    op.bulk_insert(orders, [
        {'id': 1, 'customer_id': 1, 'pieces': 500},
        {'id': 2, 'customer_id': 2, 'pieces': None},
    ])


def downgrade():
    op.drop_table('orders')
    op.execute('DELETE FROM customer')
"""

MakeProject = Callable[..., Project]


def opened() -> Project:
    """Open the project of the current folder, with ids and a clock that are always the same."""
    return Project.open(clock=FrozenClock(datetime(2021, 6, 20, 3, 58, 6)), revision_ids="sequential")


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProject:
    """Make an empty project in the test's folder, which becomes the current one."""
    monkeypatch.chdir(tmp_path)

    def make(
        directory: str = "practice", template: str = "nbmigrate", url: str = "sqlite:///db_file.db"
    ) -> Project:
        commands.init(directory, template=template, url=url)
        return opened()

    return make


@pytest.fixture
def empty(make_project: MakeProject) -> Project:
    """A project without revisions."""
    return make_project()


@pytest.fixture(scope="session")
def tutorial_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a project with the tutorial's three revisions, made once."""
    folder = tmp_path_factory.mktemp("tutorial")
    with contextlib.chdir(folder):
        commands.init("practice", url="sqlite:///db_file.db")
        project = opened()
        commands.revision(project, "first example", body=CUSTOMER, rev_id="29cf196546aa")
        commands.revision(project, "remember the birthday", body=BIRTHDAY, rev_id="5f0c6e2a91b7")
        commands.revision(project, "orders", body=ORDERS, rev_id="a3d94c07be12")
    return folder


@pytest.fixture
def project(tutorial_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The tutorial's three revisions, in a line, in the test's folder; nothing is applied."""
    shutil.copytree(tutorial_files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return opened()


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Everything in the folder, byte for byte: to say that nothing has changed."""

    def look() -> dict[str, bytes]:
        found = {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for path in sorted(tmp_path.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        # SQLite makes an empty file when it is asked what is in a database that is not there.
        return {path: content for path, content in found.items() if content or not path.endswith(".db")}

    return look


@pytest.fixture
def refused(tree: Callable[[], dict[str, bytes]]) -> Callable[..., MigrateError]:
    """Call a command that must fail: with a good message, and with every file, the database too, as it was."""

    def check(
        kind: type[MigrateError], command: Callable[..., object], *args: object, **options: object
    ) -> MigrateError:
        before = tree()
        with pytest.raises(kind) as caught:
            command(*args, **options)
        assert tree() == before
        error = caught.value
        assert type(error) is kind
        # What is indented quotes a file, a cell or a statement.
        said = [line for line in str(error).splitlines() if not line.startswith("  ")]
        assert 1 <= len(said) <= 3, str(error)
        assert len(error.message.split()) > 3
        assert not re.search(r"sqlalche\.me|Background on|Traceback|[^.]\.\.(\n|$)", str(error))
        assert error._render_traceback_() == [f"{kind.__name__}: {error}"]
        return error

    return check
