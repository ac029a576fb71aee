import pytest

from nbmigrate.environment.effects.recording import record
from nbmigrate.errors import BodyError, OperationError


def test_operations_are_found_without_a_database() -> None:
    source = """
from alembic import op as o
def upgrade():
    o.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
    op.drop_table("u")
"""
    found = record(source, "<cell>")

    assert [operation.describe().split(" ", 1)[0] for operation in found] == ["Create", "Drop"]
    assert [operation.table_name for operation in found] == ["t", "u"]


def test_a_body_that_fails() -> None:
    with pytest.raises(BodyError) as caught:
        record("def upgrade():\n    op.drop_table('t')\n    op.drop_table(name)\n", "<cell>")

    assert caught.value.message == "<cell>, line 3: NameError: name 'name' is not defined"
    assert caught.value.line == 3


def test_a_body_that_asks_the_database() -> None:
    with pytest.raises(OperationError, match="needs a database"):
        record("def upgrade():\n    op.get_bind()\n", "<cell>")
