"""Revision files with functions for each of several databases."""

import pytest

from nbmigrate.errors import BodyError
from nbmigrate.scripts.writing.body import parse_body, replace_body
from nbmigrate.scripts.writing.multidb_body import databases_in

FILE = '''"""x"""
from alembic import op

revision = "a1"
down_revision = None


def upgrade(engine_name: str) -> None:
    """Upgrade schema."""
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name: str) -> None:
    """Downgrade schema."""
    globals()["downgrade_%s" % engine_name]()


def upgrade_one() -> None:
    """Upgrade one schema."""
    old()


def downgrade_one() -> None:
    """Downgrade one schema."""
    old()


def upgrade_two() -> None:
    """Upgrade two schema."""
    old()


def downgrade_two() -> None:
    """Downgrade two schema."""
    old()
'''


def written(body: str) -> str:
    return replace_body(FILE, parse_body(body))


def test_the_databases() -> None:
    assert databases_in(FILE) == ("one", "two")
    # In a file for one database these are functions like any other.
    assert databases_in(FILE.replace("engine_name: str", "")) == ()
    assert databases_in(FILE.replace("def downgrade_two", "def undo_two")) == ("one",)


def test_the_functions_of_one() -> None:
    body = (
        "import sqlalchemy as sa\n\n# ü why\ndef upgrade_two():\n    add(sa.text('ü'))\n\n"
        "def downgrade_two():\n    drop()\n"
    )
    emptied = "".join(
        f'def {verb}grade_one() -> None:\n    """{verb.title()}grade one schema."""\n    pass\n\n\n'
        for verb in ("up", "down")
    )
    above = FILE[: FILE.index("def upgrade_one")].replace("op\n", "op\nimport sqlalchemy as sa\n")
    new = "# ü why\ndef upgrade_two():\n    add(sa.text('ü'))\n\n\ndef downgrade_two():\n    drop()\n"
    assert written(body) == above + emptied + new


def test_comments_stay_where_they_are() -> None:
    up = "# a\ndef upgrade_two():\n    add()\n    # b"
    functions = f"{up}\n\n\n# c\ndef downgrade_two():\n    drop()\n    # d\n\n\n# e"
    assert written(functions).endswith(f"    pass\n\n\n{functions}\n")


def test_a_body_that_does_nothing() -> None:
    assert written("pass") == written("# nothing") == FILE.replace("old()", "pass")


def test_functions_for_all_of_them() -> None:
    body = "def upgrade(engine_name):\n    a()\n\n\ndef downgrade(engine_name):\n    b()\n"
    assert written(body) == FILE[: FILE.index("\n\ndef upgrade(")] + "\n\n" + body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("add()", "A revision has functions for each of the databases one, two, and this is in none."),
        ("def upgrade_six():\n    add()", "A revision has functions for each of the databases one, two, and"),
        ("def upgrade_one():\n    add()", "upgrade_one() is there alone."),
        ("def downgrade_two():\n    add()", "downgrade_two() is there alone."),
        ("def upgrade_one(): a()\ndef upgrade_one(): a()", "upgrade_one() is there twice."),
        (
            "def upgrade():\n    a()\ndef downgrade():\n    b()",
            "upgrade() is without an argument, and env.py runs it with one: upgrade(engine_name: str).",
        ),
        (
            "def upgrade(engine_name):\n    a()\ndef downgrade():\n    b()",
            "downgrade() is without an argument, and env.py runs it with one: downgrade(engine_name: str).",
        ),
        (
            "def upgrade(engine_name):\n    a()",
            "line 1: upgrade() takes an argument, so no downgrade can be generated",
        ),
    ],
)
def test_what_is_refused(body: str, message: str) -> None:
    with pytest.raises(BodyError) as caught:
        written(body)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
