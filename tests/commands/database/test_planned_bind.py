"""What a revision sends through `op.get_bind()` and in `autocommit_block()`, shown without being sent."""

from collections.abc import Callable

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.database.preview import preview
from nbmigrate.commands.database.run import RunResult
from nbmigrate.commands.history.describe import describe
from nbmigrate.database.dry_run.planned_bind import reads_catalogue
from nbmigrate.notebook.explorer.revision import sql_html

NOTHING = "\n\ndef downgrade():\n    pass\n"
FIRST = """
def upgrade():
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(50)))
    op.bulk_insert(sa.table('customer', sa.column('id'), sa.column('name')), [{'id': 1, 'name': 'Ada'}])
"""
SENDS = """
def upgrade():
    bind = op.get_bind()
    if 'city' not in [column['name'] for column in sa.inspect(bind).get_columns('customer')]:
        op.add_column('customer', sa.Column('city', sa.String(20)))
    if 'name' not in [column['name'] for column in sa.inspect(bind).get_columns('customer')]:
        op.drop_table('customer')
    bind.execute(sa.text("UPDATE customer SET city = :c WHERE id > :n"), {'c': "O'X", 'n': 3})
    customer = sa.table('customer', sa.column('id'), sa.column('city'))
    bind.execute(customer.insert(), [{'id': 5, 'city': '50%'}, {'id': 6, 'city': 'b'}])
    bind.execute(sa.delete(customer).where(customer.c.id == sa.literal_column("7")))
    bind.exec_driver_sql("DELETE FROM customer WHERE id = 8")
"""
COMMITS = """
from alembic import context


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index('ix_city', 'customer', ['city'])
    with context.get_context().autocommit_block():
        op.execute("UPDATE customer SET name = 'n'")
    context.execute("UPDATE customer SET name = 'm'")
"""
LOOPS = """
def upgrade():
    bind = op.get_bind()
    op.add_column('customer', sa.Column('upper', sa.String(50)))
    try:
        for id_, name in bind.execute(sa.text("SELECT id, name FROM customer")):
            bind.execute(sa.text("UPDATE customer SET upper = :n WHERE id = :i"), {'n': name.upper(), 'i': id_})
    except Exception:
        pass
    op.drop_table('customer')
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(
    request: pytest.FixtureRequest, make_project: Callable[..., Project], new_database: Callable[[str], str]
) -> Project:
    """A customer in a table, on each database in turn."""
    url = "sqlite:///db_file.db" if request.param == "sqlite" else new_database(request.param)
    project: Project = make_project(url=url)
    commands.revision(project, "first", body=FIRST + NOTHING, rev_id="aaaa")
    commands.upgrade(project, "head")
    return project


def ran(result: RunResult) -> list[list[str]]:
    """What changed something, by step, but for the rows of the version table."""
    return [
        [
            statement.text
            for statement in report.statements
            if "alembic_version" not in statement.text
            and not reads_catalogue(statement.text)
            # After a block SQLite begins a transaction again.
            and statement.text != "BEGIN IMMEDIATE"
        ]
        for report in result.steps
    ]


def test_what_is_shown_is_what_runs(anywhere: Project) -> None:
    commands.revision(anywhere, "sends", body=SENDS + NOTHING, rev_id="bbbb")
    if anywhere.connect(lambda context: context.dialect.name) != "sqlite":
        # What an inspector finds after a change of the same table is known on a copy alone.
        path = anywhere.graph["bbbb"].path
        assert path is not None
        path.write_text(path.read_text().replace("    if 'name' not in", "    if False and 'name' not in"))
    commands.revision(anywhere, "commits", body=COMMITS + NOTHING, rev_id="cccc")

    found = preview(anywhere, "upgrade", "head")

    assert [step.problem for step in found.steps] == ["", ""]
    shown = [list(step.statements) for step in found.steps]
    assert [text.split()[0] for text in shown[0]] == ["ALTER", "UPDATE", "INSERT", "DELETE", "DELETE"]
    assert [text.split()[0] for text in shown[1]] == ["CREATE", "UPDATE", "UPDATE"]
    assert len(found.steps[0].sentences) == len(shown[0])
    assert shown == ran(commands.upgrade(anywhere, "head"))


def test_the_rest_depends_on_rows(anywhere: Project) -> None:
    commands.revision(anywhere, "loops", body=LOOPS + NOTHING, rev_id="bbbb")

    (step,) = preview(anywhere, "upgrade", "head").steps

    assert [text.split()[0] for text in step.statements] == ["ALTER", "SELECT"]
    assert (
        "is known only when it runs: it depends on the rows of 'SELECT id, name FROM customer'."
        in step.problem
    )
    assert step.problem.startswith("What follows line ")
    # The table that it goes on to drop is none of what is known.
    assert step.losses == ()
    assert "for id_, name in" in step.source


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("op.get_bind().connection.cursor().execute('DELETE FROM customer')", "op.get_bind().connection"),
        ("op.get_bind().commit()", "op.get_bind().commit"),
        ("op.get_bind().engine.begin()", "op.get_bind().begin"),
        ("op.get_context().connection.commit()", "op.get_bind().commit"),
        ("op.get_context().migrate(None)", "op.get_context().migrate"),
        (
            "op.get_bind().execute(sa.text('UPDATE customer SET id = 2')).rowcount",
            "the rows of 'UPDATE customer",
        ),
        ("op.get_bind().scalar(sa.text('SELECT nextval(1)'))", "the rows of 'SELECT nextval"),
    ],
)
def test_nothing_reaches_the_database(anywhere: Project, line: str, why: str) -> None:
    sends = (
        "    op.get_bind().exec_driver_sql('DELETE FROM customer')\n    op.execute('DROP TABLE customer')\n"
    )
    commands.revision(anywhere, "x", body=f"def upgrade():\n{sends}    {line}\n{NOTHING}", rev_id="bbbb")

    (step,) = preview(anywhere, "upgrade", "head").steps
    detail = describe(anywhere, "bbbb")

    assert step.statements[:2] == ("DELETE FROM customer", "DROP TABLE customer")
    assert why in step.problem
    assert [loss.describe() for loss in step.losses] == ["1 row of table customer will be lost."]
    assert detail.upgrade.statements == step.statements
    assert commands.table(anywhere, "customer").rows() == [{"id": 1, "name": "Ada"}]


def test_what_is_made_only_if_it_is_not_there(anywhere: Project) -> None:
    body = """
def upgrade():
    bind = op.get_bind()
    kind = sa.Enum('a', 'b', name='kind')
    if bind.dialect.name == 'postgresql':
        kind.create(bind, checkfirst=True)
        kind.create(bind, checkfirst=True)
    metadata = sa.MetaData()
    sa.Table('customer', metadata, sa.Column('id', sa.Integer, primary_key=True))
    sa.Table('orders', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('kind', kind))
    metadata.create_all(bind)
    if sa.inspect(bind).has_table('orders') and not sa.inspect(bind).has_table('nothing'):
        op.execute("UPDATE orders SET id = 1")
"""
    commands.revision(anywhere, "made", body=body + NOTHING, rev_id="bbbb")

    (step,) = preview(anywhere, "upgrade", "head").steps

    assert step.problem == ""
    assert [list(step.statements)] == ran(commands.upgrade(anywhere, "head"))
    assert not any("customer" in text for text in step.statements)


def test_what_the_run_changes_before_is_not_taken_from_the_database(
    make_project: Callable[..., Project], new_database: Callable[[str], str]
) -> None:
    project = make_project(url=new_database("postgresql"))
    body = (
        "def upgrade():\n    if sa.inspect(op.get_bind()).get_columns('customer'):\n"
        "        op.drop_table('customer')\n"
    )
    commands.revision(project, "first", body=FIRST + NOTHING, rev_id="aaaa")
    commands.revision(project, "asks", body=body + NOTHING, rev_id="bbbb")

    first, asks = preview(project, "upgrade", "head").steps

    assert (first.problem, asks.statements) == ("", ())
    assert "it depends on the tables as the run leaves them, by 'inspect().get_columns()'." in asks.problem
    commands.upgrade(project, "aaaa")
    assert preview(project, "upgrade", "head").steps[0].statements == ("DROP TABLE customer",)


def test_a_revision_by_itself_is_as_in_the_preview(anywhere: Project) -> None:
    """What the SQL tab shows of the revision that comes next, and of the one that was applied last."""
    body = (
        "def upgrade():\n    op.alter_column('customer', 'name', existing_type=sa.String(50), nullable=False)\n"
        "def downgrade():\n    op.alter_column('customer', 'name', existing_type=sa.String(50), nullable=True)\n"
    )
    commands.revision(anywhere, "change", body=body, rev_id="bbbb")

    before = describe(anywhere, "bbbb")
    assert before.upgrade.statements == preview(anywhere, "upgrade", "head").steps[0].statements != ()
    assert "customer" in sql_html(before).partition("<h4>Downgrade")[0]
    assert "not known" not in sql_html(before)
    commands.upgrade(anywhere, "head")
    after = describe(anywhere, "bbbb")

    assert after.downgrade.statements == preview(anywhere, "downgrade", "-1").steps[0].statements != ()
    assert (before.upgrade.problem, after.upgrade.problem, before.between, after.between) == ("", "", "", "")
    assert (before.upgrade, before.downgrade) == (after.upgrade, after.downgrade)
    assert describe(anywhere, "aaaa").between == (
        "The SQL is for the tables as they are now: 1 revision stands after it."
    )


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("PRAGMA table_info(customer)", True),
        ("SHOW TABLES", True),
        ("SELECT 1 FROM information_schema.columns WHERE table_name = 'customer'", True),
        ("SELECT name FROM sqlite_master", True),
        ("SELECT to_regclass('customer') IS NOT NULL", True),
        ("SELECT version()", True),
        ("SELECT 1 FROM pg_type t JOIN customer c ON true", False),
        ("SELECT setval('s', 1)", False),
        ("SELECT pg_advisory_lock(1)", False),
        ("PRAGMA foreign_keys = OFF", False),
        ("DELETE FROM sqlite_sequence", False),
        ("SELECT count(*) FROM customer", False),
    ],
)
def test_what_only_asks_what_there_is(sql: str, reads: bool) -> None:
    assert reads_catalogue(sql) is reads
