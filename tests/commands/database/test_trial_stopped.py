"""What is shown of a revision that writes files or opens sockets: what it does before, and what its source tells."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.database.preview import preview
from nbmigrate.commands.history.describe import describe
from nbmigrate.errors import BodyError
from nbmigrate.notebook.explorer.revision import sql_html

FIRST = """
def upgrade():
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(50)))

def downgrade():
    op.drop_table('customer')
"""
#: It asks the database, changes it, writes a file, and goes on with what can be read and with what cannot.
WRITES = """
def upgrade():
    bind = op.get_bind()
    if sa.inspect(bind).has_table('customer'):
        op.add_column('customer', sa.Column('city', sa.String(20)))
    with op.batch_alter_table('customer') as batch_op:
        batch_op.drop_column('name')
    for name in ('one', 'two'):
        op.execute(f"DELETE FROM customer WHERE city = '{name}'")
        with open(f'{name}.txt', 'w') as file:
            file.write(name)
    op.create_index('ix_city', 'customer', ['city'])
    if bind.dialect.name == 'x':
        op.drop_table('customer')

def downgrade():
    op.drop_index('ix_city', 'customer')
"""
TOLD = (
    "upgrade() opens the file 'one.txt' for writing in line 29: it was not tried out further."
    " The rest is read from the source; a run does all of it."
    "\nWhat lines 27 and 32 do is known only when they run."
)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(
    request: pytest.FixtureRequest, make_project: Callable[..., Project], new_database: Callable[[str], str]
) -> Project:
    """A table on each database in turn, and a revision that changes it and writes a file."""
    url = "sqlite:///db_file.db" if request.param == "sqlite" else new_database(request.param)
    project: Project = make_project(url=url)
    commands.revision(project, "first", body=FIRST, rev_id="aaaa")
    commands.upgrade(project, "head")
    commands.revision(project, "writes", body=WRITES, rev_id="bbbb")
    return project


def written() -> list[str]:
    return sorted(path.name for path in Path.cwd().glob("*.txt"))


def test_a_preview_writes_nothing(anywhere: Project) -> None:
    (step,) = preview(anywhere, "upgrade", "head").steps

    assert step.problem == TOLD
    # On SQLite a batch that drops a column copies the table.
    kinds = [text.split()[0] for text in step.statements]
    assert (kinds[0], kinds[-2:]) == ("ALTER", ["DELETE", "CREATE"])
    assert sum("ix_city" in text for text in step.statements) == 1
    assert [operation.table_name for operation in step.operations] == [
        "customer",
        "customer",
        None,
        "customer",
    ]
    assert ["drop column name" in text.lower() for text in step.sentences] == [False, True, False, False]
    assert [loss.describe() for loss in step.losses] == []
    assert written() == []
    commands.upgrade(anywhere, "head")
    assert written() == ["one.txt", "two.txt"]
    assert commands.current(anywhere).rows()[0]["revision"] == "bbbb"


def test_what_is_said_of_the_revision(anywhere: Project) -> None:
    found = describe(anywhere, "bbbb")

    assert found.upgrade.problem == TOLD
    assert found.downgrade.problem == ""
    assert found.downgrade.sentences == ("Drop index ix_city of table customer.",)
    assert TOLD.splitlines()[0].replace("'", "&#x27;") in sql_html(found)
    assert TOLD.splitlines()[0] in str(found)
    assert written() == []


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_another_database_is_not_connected_to(
    make_project: Callable[..., Project], new_database: Callable[[str], str], name: str
) -> None:
    """The project's own is asked meanwhile."""
    url = new_database(name)
    project: Project = make_project(url=url)
    commands.revision(project, "first", body=FIRST, rev_id="aaaa")
    commands.upgrade(project, "head")
    other = f"""
def upgrade():
    assert sa.inspect(op.get_bind()).has_table('customer')
    with sa.create_engine({url!r}).begin() as other:
        other.exec_driver_sql('DROP TABLE customer')
    op.drop_column('customer', 'name')

def downgrade():
    pass
"""
    commands.revision(project, "other", body=other, rev_id="bbbb")

    (step,) = preview(project, "upgrade", "head").steps

    assert step.problem.startswith("upgrade() connects to another database (")
    assert [operation.describe() for operation in step.operations] == [
        "Drop column name of table customer and what it holds."
    ]
    assert [table.name for table in commands.tables(project).tables] == ["alembic_version", "customer"]


def test_nothing_reaches_a_server_of_ones_own(make_project: Callable[..., Project]) -> None:
    project: Project = make_project(url="sqlite:///db_file.db")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = server.getsockname()
        body = f"""
import socket

def upgrade():
    try:
        socket.create_connection({address!r}).sendall(b'hello')
    except Exception:
        pass
    op.drop_table('t')

def downgrade():
    pass
"""
        commands.revision(project, "sends", body=body, rev_id="aaaa")

        (step,) = preview(project, "upgrade", "head").steps

        with pytest.raises(BlockingIOError):
            server.accept()
    assert "upgrade() looks for the address of '127.0.0.1' in line " in step.problem
    assert [operation.describe() for operation in step.operations] == ["Drop table t and its rows."]


def test_no_database_is_there(make_project: Callable[..., Project]) -> None:
    """env.py says for no database: what it does is found all the same, without SQL."""
    project: Project = make_project(url="sqlite:///db_file.db")
    commands.revision(project, "first", body=FIRST, rev_id="aaaa")
    body = WRITES.replace("bind = op.get_bind()", "bind = None").replace(
        "if sa.inspect(bind).has_table('customer')", "if True"
    )
    commands.revision(project, "writes", body=body, rev_id="bbbb")
    (Path("practice") / "env.py").write_text("raise RuntimeError('no database')\n")

    found = describe(project, "bbbb")

    assert found.upgrade.problem.startswith("upgrade() opens the file 'one.txt' for writing in line ")
    assert found.upgrade.sentences[-1] == "Create index ix_city on table customer (city)."
    assert len(found.upgrade.sentences) == 4 and written() == []


def test_a_body_that_writes(make_project: Callable[..., Project]) -> None:
    """It is tried out to find the downgrade; with one of its own it is not."""
    project: Project = make_project(url="sqlite:///db_file.db")
    body = "open('one.txt', 'w')\nop.drop_table('t')\n"
    with pytest.raises(BodyError) as raised:
        commands.revision(project, "writes", body=body, rev_id="aaaa")
    assert raised.value.message == (
        "No downgrade can be generated: Line 1 opens the file 'one.txt' for writing: it was not tried out further."
    )
    assert raised.value.hint == "Write `def upgrade():` and `def downgrade():` in the body."
    assert written() == [] and list(project.graph) == []
    commands.revision(project, "writes", body=WRITES, rev_id="aaaa")
    assert written() == [] and [revision.id for revision in project.graph] == ["aaaa"]
