"""The tutorial, command by command, through the functions: what each returns and what the database then holds."""

import datetime
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import MigrateError, MigrationFailedError, RevisionAppliedError
from nbmigrate.scripts.writing.cell_record import without_record

Tree = Callable[[], dict[str, bytes]]


def names(path: str = "db_file.db") -> list[str]:
    with sqlite3.connect(path) as connection:
        found = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
            )
        ]
    connection.close()
    return found


def test_upgrade_to_head(project: Project) -> None:
    result = commands.upgrade(project, "head")
    assert [(row["from"], row["to"], row["message"]) for row in result.rows()] == [
        ("", "29cf196546aa", "first example"),
        ("29cf196546aa", "5f0c6e2a91b7", "remember the birthday"),
        ("5f0c6e2a91b7", "a3d94c07be12", "orders"),
    ]
    assert result.standing == "Now at a3d94c07be12 (head)."
    assert names() == ["alembic_version", "customer", "orders"]
    assert [statement.text for statement in result.steps[1].statements] == [
        "ALTER TABLE customer ADD COLUMN birthday DATE",
        (
            "UPDATE alembic_version SET version_num='5f0c6e2a91b7' "
            "WHERE alembic_version.version_num = '29cf196546aa'"
        ),
    ]


def test_step_by_step_and_back(project: Project) -> None:
    for position in ("29cf196546aa", "5f0c6e2a91b7", "a3d94c07be12 (head)"):
        assert commands.upgrade(project, "+1").standing == f"Now at {position}."
    for position in ("5f0c6e2a91b7", "29cf196546aa"):
        assert commands.downgrade(project, "-1").standing == f"Now at {position}."
    assert commands.downgrade(project, "base").standing == "Now at base."
    assert names() == ["alembic_version"]
    assert commands.current(project).rows() == []


def test_nothing_to_do_is_said(project: Project) -> None:
    commands.upgrade(project, "head")
    assert (
        str(commands.upgrade(project, "head"))
        == "Nothing to upgrade: the database is at a3d94c07be12 (head)."
    )
    commands.downgrade(project, "base")
    assert str(commands.downgrade(project, "base")) == "Nothing to downgrade: the database is at base."


def test_a_downgrade_is_derived(project: Project) -> None:
    source = commands.show(project, "5f0c6e2a91b7").sources[0]
    assert without_record(source).endswith(
        "def upgrade() -> None:\n"
        '    """Upgrade schema."""\n'
        "    op.add_column('customer', sa.Column('birthday', sa.Date))\n"
        "\n\n"
        "def downgrade() -> None:\n"
        '    """Downgrade schema."""\n'
        "    op.drop_column('customer', 'birthday')\n"
    )


def test_what_cannot_be_derived_is_refused(empty: Project, tree: Tree) -> None:
    before = tree()
    with pytest.raises(MigrateError) as caught:
        commands.revision(empty, "drop", body="op.execute('DELETE FROM customer')\n")
    assert "op.execute" in str(caught.value)
    assert "def downgrade()" in caught.value.hint
    assert tree() == before


def test_an_error_in_the_third_statement_leaves_nothing(project: Project) -> None:
    commands.upgrade(project, "head")
    body = (
        "def upgrade():\n"
        "    op.create_table('invoice', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    op.execute('INSERT INTO invoice VALUES (1)')\n"
        "    op.execute('INSERT INTO nowhere VALUES (1)')\n"
        "def downgrade():\n"
        "    op.drop_table('invoice')\n"
    )
    commands.revision(project, "invoices", body=body, rev_id="bad1")
    with pytest.raises(MigrationFailedError) as caught:
        commands.upgrade(project, "head")
    assert caught.value.revision == "bad1"
    assert caught.value.statement == "INSERT INTO nowhere VALUES (1)"
    assert caught.value.position == ("a3d94c07be12",)
    assert names() == ["alembic_version", "customer", "orders"]
    commands.edit(
        project,
        "bad1",
        body.replace("nowhere", "invoice").replace("(1)')\n    op.execute", "(7)')\n    op.execute"),
    )
    assert commands.upgrade(project, "head").standing == "Now at bad1 (head)."
    assert [row["id"] for row in commands.table(project, "invoice").rows()] == [1, 7]


def test_running_a_cell_again_changes_nothing(project: Project, tree: Tree) -> None:
    commands.upgrade(project, "head")
    before = tree()
    body = "op.add_column('customer', sa.Column('birthday', sa.Date))\n"
    assert (
        commands.revision(project, "remember the birthday", body=body, rev_id="5f0c6e2a91b7").action
        == "unchanged"
    )
    assert commands.init("practice").changed is False
    assert tree() == before


def test_a_changed_cell_updates_the_file_while_it_is_not_applied(project: Project) -> None:
    body = "op.add_column('customer', sa.Column('born', sa.Date))\n"
    result = commands.revision(project, "remember the birthday", body=body, rev_id="5f0c6e2a91b7")
    assert result.action == "updated"
    assert "'born'" in result.source
    assert len(list(Path("practice/versions").glob("*.py"))) == 3
    commands.upgrade(project, "5f0c")
    with pytest.raises(RevisionAppliedError) as caught:
        commands.revision(project, None, body=body.replace("born", "birth"), rev_id="5f0c6e2a91b7")
    assert "downgrade 29cf196546aa" in caught.value.hint
    commands.downgrade(project, "29cf")
    assert commands.edit(project, "5f0c", body.replace("born", "birth")).action == "updated"


def test_merging_two_and_three_heads(project: Project) -> None:
    for name in ("b1", "b2", "b3"):
        commands.revision(
            project,
            name,
            body=f"op.create_table('{name}', sa.Column('id', sa.Integer))\n",
            rev_id=name,
            head="a3d94c07be12",
            splice=True,
        )
    two = commands.merge(project, ["b1", "b2"], "two", rev_id="m2")
    assert two.revision.down_revisions == ("b1", "b2")
    three = commands.merge(project, ["heads"], "the rest", rev_id="m3")
    assert set(three.revision.down_revisions) == {"m2", "b3"}
    assert commands.upgrade(project, "head").standing == "Now at m3 (head) (mergepoint)."
    again = commands.merge(project, ["b1", "b2"], "two", rev_id="m2")
    assert again.action == "unchanged"
    commands.downgrade(project, "base")
    assert names() == ["alembic_version"]


def test_a_merge_of_three_at_once(project: Project) -> None:
    for name in ("b1", "b2", "b3"):
        commands.revision(project, name, rev_id=name, head="a3d94c07be12", splice=True)
    merged = commands.merge(project, ["b1", "b2", "b3"], "all", rev_id="m1")
    assert str(commands.history(project)).splitlines()[0] == "b1, b2, b3 -> m1 (head) (mergepoint), all"
    assert merged.revision.message == "all"
    commands.upgrade(project, "head")
    assert str(commands.current(project)) == "m1 (head) (mergepoint)"


def test_the_tables(project: Project) -> None:
    commands.upgrade(project, "head")
    assert commands.tables(project).rows() == [
        {"table": "alembic_version", "rows": 1},
        {"table": "customer", "rows": 2},
        {"table": "orders", "rows": 2},
    ]
    frame = commands.table(project, "customer").to_frame()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()}["id"] == "Int64"
    assert str(frame["birthday"].dtype).startswith("datetime64")
    assert frame["birthday"][0].date() == datetime.date(1815, 12, 10)
    orders = commands.table(project, "orders").to_frame()
    assert str(orders["pieces"].dtype) == "Int64"
    assert orders["pieces"].isna().tolist() == [False, True]
    capped = commands.table(project, "orders", limit=1)
    assert capped.notes == ("1 of 2 rows.",)
    assert [row["id"] for row in capped.rows()] == [1]
    schema = commands.schema(project, "orders")
    assert [row["column"] for row in schema.rows()] == ["id", "customer_id", "pieces"]
    assert "-> customer (id)" in str(schema)
