"""What `preview` and `describe` say is what a run does."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.commands.database.preview import PreviewResult, preview
from nbmigrate.commands.database.run import RunResult
from nbmigrate.commands.database.tables import tables
from nbmigrate.commands.history.describe import describe
from nbmigrate.database.dry_run.losses import Loss
from nbmigrate.database.tables.row_counts import RowCount
from nbmigrate.errors import PositionError, RevisionNotFoundError, TargetError, UsageError
from nbmigrate.notebook.explorer.text import question_of

ASKING = """
def upgrade():
    bind = op.get_bind()
    op.execute("INSERT INTO customer (id, firstname, lastname) VALUES (3, 'Grace', 'Hopper')")
    for (id_,) in bind.execute(sa.text("SELECT id FROM customer")):
        op.execute(f"UPDATE customer SET lastname = 'x' WHERE id = {id_}")


def downgrade():
    op.drop_column('customer', 'lastname')
"""

CUSTOMER = """
import datetime


def upgrade():
    customer = op.create_table(
        'customer',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('lastname', sa.String(150), nullable=False),
        sa.Column('recentvisit', sa.DateTime),
    )
    op.bulk_insert(customer, [
        {'id': 1, 'lastname': "O'Hara", 'recentvisit': datetime.datetime(2024, 5, 6, 7, 8, 9)},
        {'id': 9, 'lastname': '100%: yes', 'recentvisit': None},
    ])
    op.add_column('customer', sa.Column('born', sa.Date))


def downgrade():
    op.drop_column('customer', 'born')
    op.drop_table('customer')
"""

AGAIN = """
def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS kind (name TEXT)")


def downgrade():
    op.execute("DROP TABLE IF EXISTS no_such_table")
"""

RICH = """
def upgrade():
    op.create_table(
        'tag',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.String(20), nullable=False, server_default="it's"),
        sa.UniqueConstraint('name', name='uq_tag'),
    )
    op.create_index('ix_lastname', 'customer', ['lastname'])
    op.execute("UPDATE customer SET lastname = '50%' WHERE id > 5")
    op.execute(sa.text("UPDATE customer SET lastname = :name").bindparams(name='x'))
    tag = sa.table('tag', sa.column('id'), sa.column('name'))
    op.bulk_insert(tag, [{'id': n, 'name': f'{n}%'} for n in range(1, 31)])


def downgrade():
    op.drop_index('ix_lastname', 'customer')
    op.drop_table('tag')
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def anywhere(
    request: pytest.FixtureRequest, make_project: Callable[..., Project], new_database: Callable[[str], str]
) -> Project:
    """Two revisions of many operations, on each database in turn."""
    url = "sqlite:///db_file.db" if request.param == "sqlite" else new_database(request.param)
    project: Project = make_project(url=url)
    commands.revision(project, "customer", body=CUSTOMER, rev_id="aaaa")
    commands.revision(project, "rich", body=RICH, rev_id="bbbb")
    return project


def ran(result: RunResult) -> list[tuple[str, ...]]:
    """The statements of each step but for those of the version table."""
    return [
        tuple(statement.text for statement in report.statements if "alembic_version" not in statement.text)
        for report in result.steps
    ]


def shown(result: PreviewResult) -> list[tuple[str, ...]]:
    return [step.statements for step in result.steps]


def position(project: Project) -> list[str]:
    return [entry.revision.id for entry in commands.current(project).entries]


def test_what_is_shown_is_what_runs(anywhere: Project) -> None:
    before = preview(anywhere, "upgrade", "head")
    assert position(anywhere) == []
    assert tables(anywhere).tables == ()
    up = commands.upgrade(anywhere, "head")

    back = preview(anywhere, "downgrade", "base")
    assert position(anywhere) == ["bbbb"]
    down = commands.downgrade(anywhere, "base")

    assert shown(before) == ran(up)
    assert shown(back) == ran(down)
    assert [step.operations for step in before.steps] == [report.operations for report in up.steps]
    assert [step.step for step in before.steps] == [report.step for report in up.steps]
    assert [step.problem for step in (*before.steps, *back.steps)] == [""] * 4


def test_what_is_said(project: Project) -> None:
    result = preview(project, "upgrade", "+2")

    assert [step.sentences for step in result.steps] == [
        ("Create table customer with columns id, firstname, lastname and recentvisit.",),
        ("Add column birthday (DATE) to table customer.",),
    ]
    assert result.plan.end == ("5f0c6e2a91b7",)
    assert result.losses == ()
    assert result.notes == ()
    assert result.rows()[1] == {
        "step": 2,
        "from": "29cf196546aa",
        "to": "5f0c6e2a91b7",
        "message": "remember the birthday",
        "does": result.steps[1].sentences[0],
        "loses": "",
        "statements": 1,
        "problem": "",
    }
    assert result.sql.endswith("\n\nALTER TABLE customer ADD COLUMN birthday DATE;")
    assert result.to_text().splitlines()[-3:] == [
        "Would run upgrade 29cf196546aa -> 5f0c6e2a91b7, remember the birthday",
        f"  {result.steps[1].sentences[0]}",
        "  ALTER TABLE customer ADD COLUMN birthday DATE;",
    ]
    page = result._repr_mimebundle_()["text/html"]
    assert "<li>Create table customer with columns id, firstname, lastname and recentvisit.</li>" in page
    assert "SQL: 1 statement<" in page


def test_what_would_be_lost(project: Project) -> None:
    commands.upgrade(project, "head")

    result = preview(project, "downgrade", "5f0c6e2a91b7")

    assert result.losses == (
        Loss("orders", None, RowCount(2)),
        Loss("customer", None, RowCount(2), "DELETE FROM customer"),
    )
    assert result.rows()[0]["loses"] == (
        "2 rows of table orders will be lost. 2 rows of table customer will be lost."
    )
    assert result.notes == ()
    for page in result._repr_mimebundle_().values():
        assert page.count("2 rows of table orders will be lost.") == 1


def test_losses_of_a_long_way_stand_with_their_revision(project: Project) -> None:
    commands.upgrade(project, "head")
    commands.revision(project, "again", body=AGAIN, rev_id="gggg")
    commands.upgrade(project, "head")

    result = preview(project, "downgrade", "base")

    texts = [[loss.describe() for loss in step.losses] for step in result.steps]
    assert texts == [
        [],
        ["2 rows of table orders will be lost.", "2 rows of table customer will be lost."],
        [],
        [],
    ]
    assert result.notes == ("Data would be lost: see revision a3d94c07be12.",)
    lines = result.to_text().splitlines()
    (place,) = (
        number for number, line in enumerate(lines) if line == "  2 rows of table orders will be lost."
    )
    assert max(number for number, line in enumerate(lines[:place]) if line.startswith("Would run")) == (
        next(number for number, line in enumerate(lines) if line.startswith("Would run downgrade a3d9"))
    )


def test_rows_that_are_there_only_meanwhile_are_not_lost(project: Project) -> None:
    commands.revision(
        project,
        "clean up",
        body="def upgrade():\n    op.drop_table('orders')\ndef downgrade():\n    pass\n",
        rev_id="cccc",
    )

    assert preview(project, "upgrade", "head").losses == ()
    commands.upgrade(project, "a3d94c07be12")
    assert preview(project, "upgrade", "head").losses == (Loss("orders", None, RowCount(2)),)


def test_views_that_a_column_is_taken_from_are_named(project: Project) -> None:
    commands.upgrade(project, "head")
    url = "sqlite:///db_file.db"
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE VIEW whole AS SELECT * FROM customer")
        connection.exec_driver_sql(
            "CREATE TRIGGER tr AFTER UPDATE OF lastname ON customer BEGIN SELECT 1; END"
        )
    commands.revision(
        project,
        "without",
        body="def upgrade():\n    op.drop_column('customer', 'lastname')\ndef downgrade():\n    pass\n",
        rev_id="eeee",
    )
    expected = (
        "View whole shows all columns of table customer: lastname will be gone from it.",
        "Trigger tr runs at updates of lastname: once column lastname of table customer is gone, it never runs again.",
    )

    result = preview(project, "upgrade", "head")

    assert result.affected == expected
    assert result.steps[-1].affected == expected
    assert all(text in result.to_text() for text in expected)
    assert f"-- {expected[0]}\n-- {expected[1]}\n" in result.sql
    question = question_of(result, None, always=False)
    assert question["lines"][-2:] == list(expected)
    run = commands.upgrade(project, "head")
    assert expected[1] in str(run.sql)


def test_nothing_to_do(project: Project) -> None:
    result = preview(project, "downgrade", "base")

    assert (result.steps, result.losses, result.to_text()) == ((), (), "")
    assert result.notes == ("Nothing to downgrade: the database is at base.",)


def test_a_step_that_asks_the_database_is_shown_by_its_source(project: Project) -> None:
    commands.revision(project, "asking", body=ASKING, rev_id="dddd")

    result = preview(project, "upgrade", "head")

    step = result.steps[-1]
    assert step.problem == (
        "What follows line 24 is known only when it runs: it depends on the rows of 'SELECT id FROM customer'."
    )
    assert step.sentences == ("Execute: INSERT INTO customer (id, firstname, lastname) VALUES (3, '…",)
    assert [text.split()[0] for text in step.statements] == ["INSERT", "SELECT"]
    assert "bind = op.get_bind()" in step.source
    assert [bool(step.source) for step in result.steps] == [False, False, False, True]
    assert step.problem in result.to_text()
    assert "Source" in result.to_html()


def test_what_this_database_cannot_do_is_said(project: Project) -> None:
    body = (
        "def upgrade():\n"
        "    op.drop_table('orders')\n"
        "    op.create_exclude_constraint('ex', 'customer', ('lastname', '='))\n"
    )
    commands.revision(project, "impossible", body=f"{body}def downgrade():\n    pass\n", rev_id="eeee")

    step = preview(project, "upgrade", "head").steps[-1]

    assert step.statements == ("DROP TABLE orders",)
    assert len(step.sentences) == 2
    assert step.problem.startswith("SQLite has no exclude constraints (table customer)")
    assert "op.create_exclude_constraint" in step.source


def test_a_rebuild_is_shown_as_it_will_run(project: Project) -> None:
    change = (
        "def upgrade():\n"
        "    op.alter_column('customer', 'lastname', type_=sa.Text)\n"
        "    op.create_check_constraint('ck', 'customer', \"lastname <> ''\")\n"
        "    op.create_table('new', sa.Column('id', sa.Integer))\n"
        "def downgrade():\n    pass\n"
    )
    commands.revision(project, "change", body=change, rev_id="eeee")
    # It changes a table that the steps before it make, and one that it makes itself.
    again = change.replace("customer", "new").replace("lastname", "id").replace("'new', sa", "'newer', sa")
    commands.revision(project, "again", body=again, rev_id="ffff")

    shown = preview(project, "upgrade", "head").steps
    done = commands.upgrade(project, "head").steps

    assert [step.problem for step in shown] == [""] * len(shown)
    assert sum(text.startswith("INSERT OR ABORT") for step in shown for text in step.statements) == 2
    versions = "alembic_version"
    for step, report in zip(shown, done, strict=True):
        assert step.statements == tuple(each.text for each in report.statements if versions not in each.text)


def test_the_database_is_only_read(project: Project, tmp_path: Path) -> None:
    commands.upgrade(project, "head")
    commands.revision(project, "asking", body=ASKING, rev_id="dddd")
    before = (tmp_path / "db_file.db").read_bytes()

    preview(project, "upgrade", "head")
    preview(project, "downgrade", "base")
    describe(project, "dddd")

    assert (tmp_path / "db_file.db").read_bytes() == before


def test_bad_directions_and_targets(project: Project) -> None:
    with pytest.raises(UsageError, match="There is no direction 'upgrad'"):
        preview(project, "upgrad", "head")
    with pytest.raises(RevisionNotFoundError):
        preview(project, "upgrade", "nothing")
    with pytest.raises(TargetError):
        preview(project, "downgrade", "-1")


@pytest.mark.parametrize(
    ("way", "direction", "ids"),
    [
        ("29cf:a3d9", "upgrade", ["5f0c6e2a91b7", "a3d94c07be12"]),
        ("a3d9:29cf", "downgrade", ["a3d94c07be12", "5f0c6e2a91b7"]),
        ("head:base", "downgrade", ["a3d94c07be12", "5f0c6e2a91b7", "29cf196546aa"]),
        (":5f0c", "upgrade", ["29cf196546aa", "5f0c6e2a91b7"]),
        ("29cf:+1", "upgrade", ["5f0c6e2a91b7"]),
        ("head:-1", "downgrade", ["a3d94c07be12"]),
    ],
)
def test_a_way_from_one_revision_to_another(
    project: Project, way: str, direction: str, ids: list[str]
) -> None:
    commands.upgrade(project, "29cf")

    found = preview(project, way)

    assert (found.plan.direction, [step.step.revision.id for step in found.steps]) == (direction, ids)
    assert all(step.statements for step in found.steps)
    assert preview(project, direction, way).plan == found.plan
    is_here = way.startswith("29cf")
    note = "The database is at 29cf196546aa, so what depends on its tables, and what would be lost, is not shown."
    assert found.notes == (() if is_here else (note,))


def test_ways_that_are_none(project: Project) -> None:
    found = preview(project, "29cf:29cf")
    assert (found.steps, found.notes[0]) == ((), "Nothing to upgrade from 29cf196546aa to 29cf.")
    with pytest.raises(UsageError, match="says where to start from, and not where to go"):
        preview(project, "29cf:")
    with pytest.raises(UsageError, match="Where the upgrade goes to is missing"):
        preview(project, "upgrade")


def test_the_sql_of_another_database(project: Project, tmp_path: Path) -> None:
    commands.upgrade(project, "29cf")
    ini = (tmp_path / "nbmigrate.ini").read_bytes()

    found = preview(project, "upgrade", "head", dialect="postgresql")

    assert [step.step.revision.id for step in found.steps] == ["5f0c6e2a91b7", "a3d94c07be12"]
    assert "id SERIAL NOT NULL" in found.sql
    assert "AUTO_INCREMENT" in preview(project, "base:head", dialect="mysql").sql
    assert (tmp_path / "nbmigrate.ini").read_bytes() == ini
    with pytest.raises(UsageError, match="There is no dialect 'postgres'") as caught:
        preview(project, "upgrade", "head", dialect="postgres")
    assert caught.value.hint.startswith("Did you mean 'postgresql'? ")


def test_the_sql_of_another_database_without_this_one(project: Project, tmp_path: Path) -> None:
    ini = tmp_path / "nbmigrate.ini"
    ini.write_text(ini.read_text().replace("sqlite:///db_file.db", "sqlite:////nowhere/at/all.db"))
    project.reload()

    found = preview(project, "upgrade", "head", dialect="postgresql")

    assert len(found.steps) == 3
    assert found.notes[0].startswith("This begins at base, since the database's position is unknown: ")


def test_a_position_that_no_file_has(project: Project, tmp_path: Path) -> None:
    commands.upgrade(project, "head")
    with sa.create_engine(
        f"sqlite:///{tmp_path / 'db_file.db'}", poolclass=sa.NullPool
    ).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffff'")

    with pytest.raises(PositionError, match="ffff"):
        preview(project, "upgrade", "head")
    assert describe(project, "a3d9").applied is False


# -------------------------------------------------------------------------------------------- describe


def test_describe_says_everything(project: Project) -> None:
    commands.upgrade(project, "5f0c6e2a91b7")

    found = describe(project, "5f0c")

    assert found.entry.revision.id == "5f0c6e2a91b7"
    assert found.entry.marks == ("current",)
    assert found.source == project.scripts.source(found.entry.revision)
    assert found.upgrade.statements == ("ALTER TABLE customer ADD COLUMN birthday DATE",)
    assert found.downgrade.statements == ("ALTER TABLE customer DROP COLUMN birthday",)
    assert found.downgrade.sentences == ("Drop column birthday of table customer and what it holds.",)
    assert found.applied is True
    assert found.notes == ()
    assert [row["function"] for row in found.rows()] == ["upgrade", "downgrade"]
    assert found.to_text().startswith("Rev: 5f0c6e2a91b7 (current)\n")
    assert "SQL: 1 statement<" in found.to_html()


def test_describe_what_is_not_applied(project: Project) -> None:
    found = describe(project, "head")

    assert found.applied is False
    assert found.upgrade.statements[0].startswith("CREATE TABLE orders (")
    assert found.downgrade.statements == ("DROP TABLE orders", "DELETE FROM customer")


def test_describe_a_revision_that_fails(project: Project) -> None:
    commands.revision(project, "asking", body=ASKING, rev_id="dddd")
    path = project.graph["dddd"].path
    assert path is not None
    path.write_text(path.read_text().replace("op.drop_column(", "drop_it("))

    found = describe(project, "dddd")

    assert found.upgrade.problem.startswith("What follows line 24 is known only when it runs")
    assert "NameError: name 'drop_it' is not defined" in found.downgrade.problem
    assert found.source == path.read_text()
    assert found.applied is False


def test_describe_a_body_that_is_no_python(project: Project) -> None:
    path = project.graph["a3d94c07be12"].path
    assert path is not None
    path.write_text(path.read_text() + "\ndef broken(:\n")

    found = describe(project, "a3d94c07be12")

    assert "line " in found.upgrade.problem
    assert "line " in found.downgrade.problem
    assert found.source.endswith("def broken(:\n")


def test_describe_without_a_database(project: Project, tmp_path: Path) -> None:
    (tmp_path / "nbmigrate.ini").write_text(
        (tmp_path / "nbmigrate.ini")
        .read_text()
        .replace("sqlite:///db_file.db", "sqlite:////nowhere/at/all.db")
    )
    project.reload()

    found = describe(project, "5f0c")

    assert found.applied is None
    assert found.upgrade.sentences == describe(project, "5f0c").upgrade.sentences != ()
    # As --sql writes it.
    assert found.upgrade.statements == ("ALTER TABLE customer ADD COLUMN birthday DATE",)
    assert found.notes[0].startswith("Whether it is applied is not shown: ")


def test_describe_nothing(project: Project) -> None:
    with pytest.raises(RevisionNotFoundError):
        describe(project, "nothing")
