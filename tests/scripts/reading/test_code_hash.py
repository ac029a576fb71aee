"""The hash of a revision's code: what changes it, and what does not."""

import pytest

from nbmigrate.scripts.reading.code_hash import code_in, content_hash

CODE = '''
"""the first

Revision ID: a1
"""
import sqlalchemy as sa
from alembic import op

revision = 'a1'
down_revision = None


def upgrade():
    """Make the table."""
    # as agreed
    op.create_table('customer', sa.Column('id', sa.Integer), comment="all" 'of' "them")


class Row:
    """A row."""


def downgrade():
    op.drop_table("customer")
'''

SAME = {
    "another docstring": CODE.replace("the first", "the very first").replace("A row.", "Rows."),
    "no docstring": CODE.replace('    """Make the table."""\n', "").replace('"""A row."""', "pass"),
    "comments": CODE.replace("# as agreed", "# not as agreed").replace("None\n", "None  # the first\n"),
    "spaces": CODE.replace("    ", "\t").replace("'id', ", "'id',\n\n"),
    "quotes": CODE.replace("'customer'", '"customer"'),
    "one literal": CODE.replace('"all" \'of\' "them"', "'allofthem'"),
    "line ends": CODE.replace("\n", "\r\n"),
    "a mark of UTF-8": "\ufeff" + CODE,
    "parentheses": CODE.replace("down_revision = None", "down_revision = (None)"),
    "another encoding": "# coding: latin-1" + CODE,
}
OTHER = {
    "a type": CODE.replace("sa.Integer", "sa.BigInteger"),
    "a literal": CODE.replace("'customer'", "'customers'", 1),
    "1 and True": CODE.replace("down_revision = None", "down_revision = 1"),
    "a parent": CODE.replace("down_revision = None", "down_revision = 'a0'"),
    "a name": CODE.replace("class Row", "class Rows"),
    "the order": CODE.replace("'id', sa.Integer", "sa.Integer, 'id'"),
    "a text that is no docstring": CODE + "\nx = 'the first'\n",
    "downgrade": CODE.replace('op.drop_table("customer")', "pass"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_code(name: str) -> None:
    assert SAME[name] != CODE
    assert code_in(SAME[name].encode()) == code_in(CODE.encode())


@pytest.mark.parametrize("name", OTHER)
def test_other_code(name: str) -> None:
    assert OTHER[name] != CODE
    other, code = code_in(OTHER[name].encode()), code_in(CODE.encode())
    assert other is not None
    assert code is not None
    assert (other.hash == code.hash, other.text == code.text) == (False, False)


def test_every_version_of_python_has_the_same_hash() -> None:
    """Of a tree with what newer versions have more of, or write otherwise: type parameters, empty lists, f-strings."""
    source = b"""
def upgrade(*, x: int = 1) -> None:
    with a as b, c:
        print(f"{x!r:>{x}} and {{}} {'y'}", b"\\x00", 1j, ..., -1.5)
    match x:
        case [1, *_] | {"a": None}:
            return
    try:
        lambda: (yield)
    except* ValueError:
        pass
"""
    code = code_in(source)
    assert code is not None
    assert code.hash == "14a8969e40cdb5d370c9b199ad5918a3"


def test_the_text_has_one_style() -> None:
    code = code_in(CODE.encode())
    assert code is not None
    assert code.text == (
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a1'\ndown_revision = None\n\n"
        "def upgrade():\n"
        "    op.create_table('customer', sa.Column('id', sa.Integer), comment='allofthem')\n\n"
        "class Row:\n    pass\n\n"
        "def downgrade():\n    op.drop_table('customer')"
    )


@pytest.mark.parametrize(
    "content", [b"def upgrade(:", b"x = '\xff'", b"\0", b"x = " + b"(" * 300, b"0x" + b"f" * 9000]
)
def test_what_is_no_code(content: bytes) -> None:
    assert code_in(content) is None


def test_the_content_is_the_same_on_every_system() -> None:
    assert content_hash(b"a\r\nb\n") == content_hash(b"a\nb\n") != content_hash(b"a\nb")
