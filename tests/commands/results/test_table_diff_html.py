import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate.commands.results.html import value_html, value_text
from nbmigrate.commands.results.table_diff_html import MOST_ROWS, changes_html
from nbmigrate.database.snapshots.capture import Snapshot, compare, take
from nbmigrate.database.tables.long_values import LongValue


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}", poolclass=sa.NullPool)


def after(engine: sa.Engine, *statements: str) -> Snapshot:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:
        return take(connection)


def drawn(before: Snapshot, now: Snapshot, name: str) -> str:
    change = compare(before, now).get(name)
    assert change is not None
    return changes_html(change, before.get(name), now.get(name))


def cells(page: str) -> list[list[tuple[str, str]]]:
    """The rows of the table: the class and the text of each cell."""
    return [
        [
            (kind, re.sub(r"<[^>]*>", "", text))
            for kind, text in re.findall(r'<t[hd](?: class="([^"]*)")?[^>]*>(.*?)</t[hd]>', row)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page)
    ]


class Balanced(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_without_a_changed_row_no_column_has_signs(engine: sa.Engine) -> None:
    before = after(
        engine,
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, phone TEXT)",
        "INSERT INTO customer VALUES (1, '1')",
    )
    now = after(
        engine,
        "ALTER TABLE customer ADD COLUMN born DATE",
        "ALTER TABLE customer DROP COLUMN phone",
    )

    page = drawn(before, now, "customer")

    assert "nbm-sign" not in page
    assert cells(page)[1] == [("nbm-number", "1"), ("nbm-gone", "1"), ("nbm-new", "NULL")]


def test_rows_cells_and_columns_are_marked(engine: sa.Engine) -> None:
    before = after(
        engine,
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, phone TEXT)",
        "INSERT INTO customer VALUES (1, 'Ada', '1'), (2, 'Edgar', '2'), (3, 'Grace', '3')",
    )
    now = after(
        engine,
        "ALTER TABLE customer ADD COLUMN born DATE",
        "ALTER TABLE customer DROP COLUMN phone",
        "DELETE FROM customer WHERE id = 2",
        "UPDATE customer SET name = NULL WHERE id = 3",
        "INSERT INTO customer VALUES (4, '<b>&', '2001-02-03')",
    )

    page = drawn(before, now, "customer")

    assert cells(page) == [
        [
            ("nbm-sign", "change"),
            ("nbm-number", "idINTEGER"),
            ("", "nameTEXT"),
            ("nbm-gone", "column phone goneTEXT"),
            ("nbm-new", "column born newDATE"),
        ],
        [("nbm-sign nbm-same", ""), ("nbm-number", "1"), ("", "Ada"), ("nbm-gone", "1"), ("nbm-new", "NULL")],
        [
            ("nbm-sign nbm-gone", "gone"),
            ("nbm-gone nbm-number", "2"),
            ("nbm-gone", "Edgar"),
            ("nbm-gone", "2"),
            ("", ""),
        ],
        [
            ("nbm-sign nbm-changed", "changed"),
            ("nbm-number", "3"),
            ("nbm-changed", "Grace NULL"),
            ("nbm-gone", "3"),
            ("nbm-new", "NULL"),
        ],
        [
            ("nbm-sign nbm-new", "new"),
            ("nbm-new nbm-number", "4"),
            ("nbm-new", "&lt;b&gt;&amp;"),
            ("", ""),
            ("nbm-new", "2001-02-03"),
        ],
    ]
    assert '<del>Grace</del> <ins><span class="nbm-null">NULL</span></ins>' in page
    assert re.sub("<[^>]*>", "", page).startswith("customer changed 3 rows, 1 new, 1 gone, 1 changed")
    Balanced(page)


def test_a_column_that_changed_says_so_in_words(engine: sa.Engine) -> None:
    before = after(
        engine,
        "CREATE TABLE event (id INTEGER, kind INTEGER, UNIQUE (kind))",
        "INSERT INTO event VALUES (1, 2)",
    )
    now = after(
        engine,
        "DROP TABLE event",
        "CREATE TABLE event (id INTEGER, kind TEXT)",
        "INSERT INTO event VALUES (1, 2)",
    )

    page = drawn(before, now, "event")

    assert cells(page)[0][2] == ("nbm-changed", "column kind changedINTEGER → TEXT")
    assert re.findall(r'<div class="nbm-note">(.*?)</div>', page)[0] == "unique gone: (kind)"
    # What is said by a sign alone, a reader of screens does not say.
    assert not re.search("[+−~]", re.sub("<style>.*?</style>|<[^>]*>", "", page))


def test_new_gone_and_unchanged_tables(engine: sa.Engine) -> None:
    before = after(
        engine,
        "CREATE TABLE old (id INTEGER PRIMARY KEY)",
        "INSERT INTO old VALUES (1)",
        "CREATE TABLE kept (id INTEGER PRIMARY KEY)",
    )
    now = after(
        engine, "DROP TABLE old", "CREATE TABLE fresh (n INTEGER)", "INSERT INTO fresh VALUES (1), (2)"
    )

    assert cells(drawn(before, now, "fresh")) == [
        [("nbm-new nbm-number", "column n newINTEGER")],
        [("nbm-number", "1")],
        [("nbm-number", "2")],
    ]
    assert cells(drawn(before, now, "old")) == [
        [("nbm-gone nbm-number", "column id goneINTEGER")],
        [("nbm-number", "1")],
    ]
    assert cells(drawn(before, now, "kept")) == [[("nbm-number", "idINTEGER")]]
    titles = [
        re.sub("<[^>]*>", "", drawn(before, now, name).split("<table")[0])
        for name in ("fresh", "old", "kept")
    ]
    assert titles == ["fresh new 2 rows", "old gone 1 row", "kept no change 0 rows"]


def test_what_else_changed_and_what_was_not_seen(engine: sa.Engine) -> None:
    before = after(
        engine,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
        "INSERT INTO t SELECT i, i FROM n",
    )
    now = after(
        engine,
        "CREATE INDEX ix ON t (n)",
        "DELETE FROM t WHERE id > 290",
        "UPDATE t SET n = 0 WHERE id = 150",
    )

    page = drawn(before, now, "t")

    assert re.findall(r'<div class="nbm-note">(.*?)</div>', page) == [
        "index ix new: (n)",
        "The first 200 of 290 rows are here.",
        "Not all rows were compared: there may be other changes.",
    ]
    assert "300 → 290 rows, 1 changed" in page
    rows = cells(page)
    # The head, rows without a change up to a number, every changed one, and what is left out between them.
    assert len(rows) == 1 + MOST_ROWS + 1 + 1 + 1
    assert rows[-3:] == [
        [("", "… 99 more of those that were read")],
        [("nbm-sign nbm-changed", "changed"), ("nbm-number", "150"), ("nbm-changed nbm-number", "150 0")],
        [("", "… 50 more of those that were read")],
    ]


def test_a_wide_table_shows_its_key_and_what_changed(engine: sa.Engine) -> None:
    columns = ", ".join(f"c{n} INTEGER" for n in range(299))
    before = after(
        engine,
        f"CREATE TABLE t ({columns}, id INTEGER PRIMARY KEY)",
        "INSERT INTO t (id, c250) VALUES (1, 5)",
    )
    now = after(engine, "UPDATE t SET c250 = 6")

    page = drawn(before, now, "t")

    names = [text.removesuffix("INTEGER") for _, text in cells(page)[0]]
    assert names == ["change", *(f"c{n}" for n in range(28)), "c250", "id"]
    assert "30 of 300 columns are shown." in page


def test_html_in_every_place_is_escaped(engine: sa.Engine) -> None:
    evil = "<script>alert(1)</script>"
    before = after(engine, f'CREATE TABLE "{evil}" (id INTEGER PRIMARY KEY, "{evil}" "{evil}")')
    now = after(
        engine,
        f"INSERT INTO \"{evil}\" VALUES (1, '{evil}')",
        f'CREATE INDEX "{evil}x" ON "{evil}" ("{evil}")',
    )

    page = drawn(before, now, evil)

    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    Balanced(page)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (b"", "0 bytes blob"),
        (b"\x01\xff", "0x01ff"),
        (bytes(17), "17 bytes blob"),
        (Decimal("1.50"), "1.50"),
        ({"a": ["é"]}, '{"a": ["é"]}'),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        (LongValue("text", 1_000_000, "y" * 200), "y" * 40 + "… (1.0 MB)"),
        (LongValue("binary", 1_048_576, "00"), "1.0 MB blob"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert value_text(value) == text


def test_null_is_not_a_word() -> None:
    assert value_html(None) != value_html("NULL") == "NULL"
