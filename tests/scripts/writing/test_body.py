"""The body of a cell: taken apart, refused, put into a file."""

import ast
import textwrap
from dataclasses import replace

import pytest

from nbmigrate.errors import BodyError
from nbmigrate.scripts.writing.body import Body, parse_body, replace_body, same_migration

FILE = '''"""first example

Revision ID: a1
Revises:
Create Date: 2021-06-20 03:58:06.808542

"""
from typing import Sequence, Union

from nbmigrate import op
import sqlalchemy as sa


# revision identifiers, used by nbmigrate.
revision: str = 'a1'
down_revision: Union[str, Sequence[str], None] = None
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
'''
HEAD, _, TAIL = FILE.partition("\n\ndef upgrade")


def dedent(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


class TestParse:
    def test_functions_helpers_and_imports(self) -> None:
        body = parse_body(
            dedent(
                """
                # what this is
                import os  # why
                from sqlalchemy import (
                    Column,
                )
                LENGTH = 150

                def column(name):
                    import re
                    return Column(name)

                @staticmethod
                def upgrade():
                    op.drop_table("a")

                class Later: pass

                def downgrade(): op.create_table("a", column("x"))
                # the end
                """
            )
        )
        assert body.imports == ("import os  # why", "from sqlalchemy import (\n    Column,\n)")
        assert body.functions == dedent(
            """
            # what this is
            LENGTH = 150

            def column(name):
                import re
                return Column(name)

            @staticmethod
            def upgrade():
                op.drop_table("a")

            class Later: pass

            def downgrade(): op.create_table("a", column("x"))
            # the end"""
        )
        assert body.downgrade == 'def downgrade(): op.create_table("a", column("x"))'

    def test_an_upgrade_without_a_downgrade(self) -> None:
        body = parse_body("def upgrade():\n    pass\n")
        assert body == Body((), "def upgrade():\n    pass", "def upgrade():\n    pass", None)

    def test_statements(self) -> None:
        body = parse_body("import os\n\n# first\nop.drop_table('a')  # gone\nimport re\nop.drop_table('b')\n")
        assert body == Body(
            ("import os", "import re"), None, "# first\nop.drop_table('a')  # gone\nop.drop_table('b')"
        )

    @pytest.mark.parametrize(
        ("source", "imports", "rest"),
        [
            ("import a; x = 1", ("import a",), "x = 1"),
            ("x = 1; import a", ("import a",), "x = 1"),
            ("x = 1; import a; y = 2", ("import a",), "x = 1; y = 2"),
            ("x = 1; import a  # c", ("import a",), "x = 1  # c"),
            ("import a; import b\nx = 1", ("import a", "import b"), "x = 1"),
            ("import a; import b; x = 1; import c", ("import a", "import b", "import c"), "x = 1"),
            ("import a;  # c\nx = 1", ("import a  # c",), "x = 1"),
            ("x = 'é'; import a; y = 2", ("import a",), "x = 'é'; y = 2"),
            ("if x:\n    import a", (), "if x:\n    import a"),
        ],
    )
    def test_imports_among_other_statements(self, source: str, imports: tuple[str, ...], rest: str) -> None:
        body = parse_body(source)
        assert (body.imports, body.upgrade) == (imports, rest)

    @pytest.mark.parametrize(
        ("source", "upgrade"),
        [("", "pass"), ("\n \n", "pass"), ("# later\n", "# later\npass"), ("import os", "pass")],
    )
    def test_nothing_is_an_empty_upgrade(self, source: str, upgrade: str) -> None:
        assert parse_body(source).upgrade == upgrade

    def test_windows_line_ends(self) -> None:
        assert parse_body("x = 1\r\ny = 2\r\n").upgrade == "x = 1\ny = 2"


class TestRefused:
    @pytest.mark.parametrize(
        ("source", "line", "message"),
        [
            (
                "op.drop_table('a')\nop.drop_table('b'\n",
                2,
                "line 2: '(' was never closed\n    op.drop_table('b'\n                 ^",
            ),
            ("x = 1\nreturn\n", 2, "line 2: 'return' outside function\n    return\n    ^"),
            ("await x\n", 1, "line 1: 'await' outside function\n    await x\n    ^"),
            (
                "\nasync def upgrade():\n    pass\n",
                2,
                (
                    "line 2: upgrade() is async; a migration is a plain function\n"
                    "    async def upgrade():\n    ^"
                ),
            ),
            (
                "def downgrade():\n    pass\n",
                1,
                "line 1: def downgrade() without def upgrade()\n    def downgrade():\n    ^",
            ),
            (
                "def upgrade(): pass\ndef upgrade(): pass\n",
                2,
                "line 2: upgrade() is there twice\n    def upgrade(): pass\n    ^",
            ),
            (
                "x = 1\n%timeit y\n",
                2,
                "line 2: a magic or shell line; the body of a migration is Python\n    %timeit y",
            ),
            (
                "files = !ls\n",
                1,
                "line 1: a magic or shell line; the body of a migration is Python\n    files = !ls",
            ),
            (
                "revision = 'a'\ndef upgrade(): pass\n",
                1,
                "line 1: this is part of the header, which is written for you\n    revision = 'a'\n    ^",
            ),
            (
                "down_revision: str = 'a'\n",
                1,
                (
                    "line 1: this is part of the header, which is written for you\n"
                    "    down_revision: str = 'a'\n    ^"
                ),
            ),
            ("  x = 1\n", 1, "line 1: unexpected indent\n      x = 1\n    ^"),
        ],
    )
    def test_with_the_cells_line(self, source: str, line: int, message: str) -> None:
        with pytest.raises(BodyError) as caught:
            parse_body(source)
        found = caught.value.message.rsplit("\n", 1)[0] if "indent" in message else caught.value.message
        assert found == (message.rsplit("\n", 1)[0] if "indent" in message else message)
        assert caught.value.line == line

    def test_null_bytes(self) -> None:
        with pytest.raises(BodyError, match="line 1: source code string cannot contain null bytes"):
            parse_body("x = '\0'")

    def test_a_modulo_is_no_magic(self) -> None:
        assert parse_body("x = (7\n% 3)\n").upgrade == "x = (7\n% 3)"


class TestReplace:
    def test_statements_keep_the_signature_and_the_docstring(self) -> None:
        body = replace(parse_body("import os\nop.drop_table('a')\n"), downgrade="op.create_table('a')")
        assert replace_body(FILE, body) == FILE.replace(
            "import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport os\n"
        ).replace('Upgrade schema."""\n    pass', 'Upgrade schema."""\n    op.drop_table(\'a\')').replace(
            'Downgrade schema."""\n    pass', 'Downgrade schema."""\n    op.create_table(\'a\')'
        )

    def test_multi_line_strings_are_not_moved(self) -> None:
        source = (
            'op.execute("""\nSELECT 1\n  # no\n""")\nname = \'a\\\nb\'\nif name:\n\tx = f"""\n{name}\n"""\n'
        )
        text = replace_body(FILE, parse_body(source))
        body = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)).body
        assert [ast.dump(node) for node in body[1:]] == [ast.dump(node) for node in ast.parse(source).body]

    def test_functions_replace_all_below_the_header(self) -> None:
        body = parse_body("K = 1\n\ndef upgrade():\n    pass\n\ndef downgrade():\n    pass\n")
        assert replace_body(FILE, body) == HEAD.rstrip() + (
            "\n\n\nK = 1\n\ndef upgrade():\n    pass\n\ndef downgrade():\n    pass\n"
        )

    def test_a_derived_downgrade_is_added(self) -> None:
        body = replace(parse_body("def upgrade():\n    op.drop_table('a')\n"), downgrade="op.x()\nop.y()")
        assert replace_body(FILE, body).endswith(
            "def upgrade():\n    op.drop_table('a')\n\n\ndef downgrade() -> None:\n    op.x()\n    op.y()\n"
        )

    def test_a_second_time_changes_nothing(self) -> None:
        for source in ("import os\nop.drop_table('a')", "import os\nX = 1\ndef upgrade(): pass\n"):
            once = replace_body(FILE, parse_body(source))
            assert replace_body(once, parse_body(source)) == once

    @pytest.mark.parametrize(
        ("added", "lines"),
        [
            ("import sqlalchemy as sa", []),
            ("from alembic import op", []),
            ("from nbmigrate import op", []),
            ("from typing import Sequence, Any", ["from typing import Any"]),
            ("import sqlalchemy", ["import sqlalchemy"]),
            ("import sqlalchemy as sq, os.path", ["import sqlalchemy as sq, os.path"]),
            ("from alembic import op, context", ["from alembic import context"]),
            ("from x import *\nfrom x import *", ["from x import *"]),
        ],
    )
    def test_imports_are_not_repeated(self, added: str, lines: list[str]) -> None:
        text = replace_body(FILE, parse_body(added))
        expected = FILE.replace("as sa\n", "".join(["as sa\n", *(f"{line}\n" for line in lines)]))
        assert text == expected

    def test_a_future_import_goes_first(self) -> None:
        text = replace_body(FILE, parse_body("from __future__ import annotations\n"))
        assert text.split('"""\n', 1)[1].startswith("from __future__ import annotations\nfrom typing")
        compile(text, "x", "exec")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("def upgrade(): pass\n", "def upgrade():\n    y = 2\n"),
            ("def upgrade(): a; b\n", "def upgrade():\n    y = 2\n"),
            (
                "@f\ndef upgrade(\n    *args: int,\n    **k: str,\n) -> None:  # w\n    # x\n    a\n    #\n\n\nZ = 1\n",
                "@f\ndef upgrade(\n    *args: int,\n    **k: str,\n) -> None:  # w\n    y = 2\n\n\nZ = 1\n",
            ),
            ("def upgrade():\n    '''Doc.'''\n", "def upgrade():\n    '''Doc.'''\n    y = 2\n"),
            ("", "def upgrade() -> None:\n    y = 2\n"),
        ],
    )
    def test_functions_of_all_shapes(self, old: str, new: str) -> None:
        downgrade = "def downgrade():\n    pass\n"
        file = f"{HEAD.rstrip()}\n\n\n{downgrade}\n\n{old}"
        assert replace_body(file, parse_body("y = 2")) == f"{HEAD.rstrip()}\n\n\n{downgrade}\n\n{new}"

    def test_line_ends_of_the_file_stay(self) -> None:
        text = replace_body(FILE.replace("\n", "\r\n"), parse_body("x = 1\ny = 2"))
        assert text == replace_body(FILE, parse_body("x = 1\ny = 2")).replace("\n", "\r\n")

    def test_a_header_below_its_functions(self) -> None:
        with pytest.raises(BodyError, match=r"upgrade\(\) stands above the header"):
            replace_body("def upgrade(): pass\nrevision = 'a'\n", parse_body("def upgrade(): pass"))


class TestSame:
    def test_comments_format_and_date_do_not_count(self) -> None:
        other = (
            FILE.replace("03:58", "04:00").replace("    pass", "    # x\n    pass").replace("'a1'", '"a1"')
        )
        assert other != FILE
        assert same_migration(FILE, other)

    @pytest.mark.parametrize(
        ("old", "new"), [("pass", "x = 1"), ("first example", "other"), ("= None", "= 'z'")]
    )
    def test_all_else_does(self, old: str, new: str) -> None:
        assert not same_migration(FILE, FILE.replace(old, new))

    def test_text_that_does_not_parse(self) -> None:
        assert same_migration("x = (", "x = (")
        assert not same_migration("x = (", "x = [")
