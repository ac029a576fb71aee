"""What commands return: data first, the same in every form."""

import argparse
import datetime
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.database.tables import TableResult
from nbmigrate.commands.parser import parse
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import EntriesResult
from nbmigrate.commands.results.result import Result

ODD = "<script>alert('1')</script> & \"quotes\" 🦆\nsecond line"
ODD_BODY = """
def upgrade():
    op.execute(sa.text("CREATE TABLE odd (\\"<i>&\\" TEXT DEFAULT '<b>')"))


def downgrade():
    op.drop_table("odd")
"""
VOID = {"br", "meta", "img", "hr", "input"}


class Page(HTMLParser):
    """Html that was read: its tags, which must be closed in order, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass(frozen=True)
class Case:
    """A command line, and what its result is called."""

    words: str
    kind: str


CASES = [
    Case("init practice", "InitResult"),
    Case("list_templates", "TemplatesResult"),
    Case("differences", "DifferencesResult"),
    Case("differences --all", "DifferencesResult"),
    Case("config", "SettingsResult"),
    Case("config timezone UTC", "ConfigChangeResult"),
    Case("revision --rev-id odd1", "RevisionResult"),
    Case("merge odd1 b1 -m joined --rev-id m1", "RevisionResult"),
    Case("rebase b1 --onto base", "RebaseResult"),
    Case("delete b1", "RevisionResult"),
    Case("verify", "VerifyResult"),
    Case("verify --several-heads", "VerifyResult"),
    Case("open .", "OpenResult"),
    Case("show odd1", "ShowResult"),
    Case("show heads", "ShowResult"),
    Case("show current", "ShowResult"),
    Case("upgrade heads", "RunResult"),
    Case("downgrade odd1", "RunResult"),
    Case("current", "CurrentResult"),
    Case("current -v", "CurrentResult"),
    Case("history", "HistoryResult"),
    Case("history -v -i", "HistoryResult"),
    Case("heads", "HeadsResult"),
    Case("heads -v", "HeadsResult"),
    Case("branches", "BranchesResult"),
    Case("branches -v", "BranchesResult"),
    Case("graph", "GraphResult"),
    Case("tables", "TablesResult"),
    Case("table odd", "TableResult"),
    Case("table odd --limit 0", "TableResult"),
    Case("schema odd", "SchemaResult"),
    Case("tutorial notebooks", "TutorialResult"),
    Case("--help", "TextResult"),
    Case("table -h", "TextResult"),
    Case("--version", "TextResult"),
]


#: Run again, these find what they did the first time.
CHANGING = ("RunResult", "ConfigChangeResult", "RevisionResult", "RebaseResult", "TutorialResult")


@pytest.fixture
def odd(project: Project) -> Project:
    """A database whose message, label, names and values are all odd."""
    commands.revision(project, ODD, rev_id="odd1", branch_label=["größe"], body=ODD_BODY)
    commands.revision(project, "branch", rev_id="b1", head="a3d9", splice=True)
    commands.upgrade(project, "odd1")
    with sqlite3.connect("db_file.db") as connection:
        connection.execute("INSERT INTO odd VALUES (?)", (ODD,))
    connection.close()
    return project


@pytest.fixture
def database(project: Project) -> Iterator[sqlite3.Connection]:
    """The database of the tutorial, at its head, to put tables into."""
    commands.upgrade(project, "head")
    connection = sqlite3.connect("db_file.db", isolation_level=None)
    yield connection
    connection.close()


def run(project: Project, words: str) -> Result:
    def open_project(options: argparse.Namespace) -> Project:
        return project

    return parse(words.split())(Call(open_project))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_every_form_says_the_same(odd: Project, case: Case) -> None:
    result = run(odd, case.words)
    assert type(result).__name__ == case.kind
    rows, frame = result.rows(), result.to_frame()
    assert len(rows) == len(frame)
    if rows:
        assert [list(row) for row in rows] == [list(frame.columns)] * len(rows)
    text = str(result)
    assert text
    assert repr(result) == text
    bundle = result._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle == result._repr_mimebundle_(include=None, exclude=None)
    page = Page(bundle["text/html"])
    assert page.tags.isdisjoint({"script", "i", "b"})
    assert page.tags >= {"style", "div"}
    assert result == result
    assert result != object()
    if case.kind not in CHANGING:
        assert run(odd, case.words) == result


def test_what_is_empty(empty: Project) -> None:
    for words, note in {
        "history": "There are no revisions yet.",
        "heads": "There are no revisions yet.",
        "graph": "There are no revisions yet.",
        "current": "At base: no revision is applied.",
        "show current": "At base: no revision is applied.",
        "tables": "The database has no tables.",
    }.items():
        result = run(empty, words)
        assert (result.rows(), str(result), result.notes, len(result.to_frame())) == ([], "", (note,), 0)
        assert repr(result) == f"<{type(result).__name__}: {note}>"
        assert result._repr_mimebundle_()["text/plain"] == note
        assert note in Page(result._repr_mimebundle_()["text/html"]).text


@pytest.mark.parametrize("words", ["history", "heads", "current", "branches"])
def test_a_frame_of_no_revisions_has_their_columns(odd: Project, words: str) -> None:
    found = run(odd, words)
    assert isinstance(found, EntriesResult)
    none = replace(found, entries=()).to_frame()
    assert none.empty
    assert list(none) == list(found.to_frame()) == list(found.rows()[0])


def test_a_result_that_cannot_be_shown() -> None:
    broken = TableResult(contents=None)  # type: ignore[arg-type]
    assert repr(broken).startswith("<TableResult that cannot be shown: AttributeError: ")


def test_html_holds_what_was_said(odd: Project) -> None:
    page = Page(commands.history(odd)._repr_mimebundle_()["text/html"])
    assert "<script>alert('1')</script> & \"quotes\" 🦆 second line" in page.text
    assert "größe" in page.text
    assert "<i>&" in Page(commands.table(odd, "odd")._repr_mimebundle_()["text/html"]).text
    assert "'<b>'" in Page(commands.schema(odd, "odd")._repr_mimebundle_()["text/html"]).text
    assert "<script>" in Page(commands.show(odd, "odd1")._repr_mimebundle_()["text/html"]).text


def test_typed_columns(project: Project, database: sqlite3.Connection) -> None:
    database.execute(
        "CREATE TABLE typed (id INTEGER PRIMARY KEY, whole INTEGER, flag BOOLEAN, price NUMERIC(10, 2), ratio FLOAT,"
        " day DATE, moment DATETIME, clock TIME, raw BLOB, doc JSON, word VARCHAR(5), free)"
    )
    database.execute(
        "INSERT INTO typed VALUES (1, 5, 1, '9.99', 0.5, '2021-06-20', '2021-06-20 03:58:06.000000',"
        " '03:58:06.000000', X'00ff', '{\"a\": [1]}', 'x', 1)"
    )
    database.execute("INSERT INTO typed (id) VALUES (2)")
    result = commands.table(project, "typed")
    first, second = result.rows()
    assert first == {
        "id": 1,
        "whole": 5,
        "flag": True,
        "price": Decimal("9.99"),
        "ratio": 0.5,
        "day": datetime.date(2021, 6, 20),
        "moment": datetime.datetime(2021, 6, 20, 3, 58, 6),
        "clock": datetime.time(3, 58, 6),
        "raw": b"\x00\xff",
        "doc": {"a": [1]},
        "word": "x",
        "free": 1,
    }
    assert second == {"id": 2} | dict.fromkeys(list(first)[1:])
    frame = result.to_frame()
    kinds = {name: str(dtype).partition("[")[0] for name, dtype in frame.dtypes.items()}
    assert kinds == {
        "id": "Int64",
        "whole": "Int64",
        "flag": "boolean",
        "price": "object",
        "ratio": "Float64",
        "day": "datetime64",
        "moment": "datetime64",
        "clock": "object",
        "raw": "object",
        "doc": "object",
        "word": "string",
        "free": "object",
    }
    assert frame.isna().iloc[1, 1:].all()
    assert frame["day"][0] == pd.Timestamp(2021, 6, 20)
    assert frame["moment"][0] == pd.Timestamp(2021, 6, 20, 3, 58, 6)
    assert frame["whole"].sum() == 5
    Page(result._repr_mimebundle_()["text/html"])


def test_values_of_another_type(project: Project, database: sqlite3.Connection) -> None:
    database.execute(
        "CREATE TABLE wrong (id INTEGER PRIMARY KEY, whole INTEGER, flag BOOLEAN, price NUMERIC, day DATE, word TEXT)"
    )
    database.executemany(
        "INSERT INTO wrong VALUES (?, ?, ?, ?, ?, ?)",
        [(1, "n/a", 7, "cheap", "yesterday", "x"), (2, 2**63 - 1, 0, 0.1, "9999-12-31", b"\x80\xff")],
    )
    result = commands.table(project, "wrong")
    first, second = result.rows()
    assert first == {"id": 1, "whole": "n/a", "flag": 7, "price": "cheap", "day": "yesterday", "word": "x"}
    assert (second["whole"], second["flag"], second["day"]) == (2**63 - 1, False, datetime.date(9999, 12, 31))
    frame = result.to_frame()
    assert frame["whole"].tolist() == ["n/a", 2**63 - 1]
    assert frame["flag"].tolist() == [7, False]
    assert frame["day"].tolist() == ["yesterday", datetime.date(9999, 12, 31)]
    assert "n/a" in str(result)
    assert "yesterday" in Page(result._repr_mimebundle_()["text/html"]).text


def test_dates_that_are_far(project: Project, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE far (id INTEGER PRIMARY KEY, day DATE)")
    database.execute("INSERT INTO far VALUES (1, '9999-12-31'), (2, '0001-01-01'), (3, NULL)")
    result = commands.table(project, "far")
    days = [None if pd.isna(day) else (day.year, day.month, day.day) for day in result.to_frame()["day"]]
    assert days == [(9999, 12, 31), (1, 1, 1), None]
    assert "9999-12-31" in str(result)


def test_a_view_with_one_name_twice(project: Project, database: sqlite3.Connection) -> None:
    database.execute("CREATE VIEW twice AS SELECT id, id, lastname FROM customer")
    result = commands.table(project, "twice", order_by=["id"])
    assert [list(row.values()) for row in result.rows()] == [[1, 1, "Lovelace"], [2, 2, "Codd"]]
    assert result.to_frame().shape == (2, 3)
    assert len(commands.schema(project, "twice").rows()) == 3


def test_names_that_must_be_quoted(project: Project, database: sqlite3.Connection) -> None:
    for name in ("order", 'a "quoted" one', "🦆", "100%", "a:b", "semi;colon", "Ünïcödé", "a.b"):
        quoted = name.replace('"', '""')
        database.execute(f'CREATE TABLE "{quoted}" ("select" INTEGER PRIMARY KEY, "{quoted}" TEXT)')
        database.execute(f'INSERT INTO "{quoted}" VALUES (1, ?), (2, NULL)', (name,))
        result = commands.table(project, name, columns=[name, "select"], order_by=["select desc"])
        assert result.rows() == [{name: None, "select": 2}, {name: name, "select": 1}]
        assert commands.table(project, name, order_by=[name], limit=1).rows() == [{"select": 2, name: None}]
        assert [row["column"] for row in commands.schema(project, name).rows()] == ["select", name]
        assert {"table": name, "rows": 2} in commands.tables(project).rows()
        assert name in Page(result._repr_mimebundle_()["text/html"]).text


@pytest.mark.parametrize(
    ("words", "ids", "note"),
    [
        ("", [1, 2, 3, 4, 5], ()),
        ("--limit all", [1, 2, 3, 4, 5], ()),
        ("--limit 5", [1, 2, 3, 4, 5], ()),
        ("--limit 2", [1, 2], ("2 of 5 rows.",)),
        ("--limit 0", [], ("0 of 5 rows.",)),
        ("--where id>3", [4, 5], ()),
        ("--where id>1 --limit 1", [2], ("1 of 4 rows.",)),
        ("--where word='%a:b'", [3], ()),
        ("--where id>9", [], ()),
        ("--order-by=word", [5, 3, 1, 4, 2], ()),
        ("--columns id,id", [1, 2, 3, 4, 5], ()),
        ("--columns word,id --where id=2", [2], ()),
    ],
)
def test_table_options(
    project: Project, database: sqlite3.Connection, words: str, ids: list[int], note: tuple[str, ...]
) -> None:
    database.execute("CREATE TABLE some (id INTEGER PRIMARY KEY, word TEXT)")
    database.executemany("INSERT INTO some VALUES (?, ?)", enumerate(["b", "z", "%a:b", "c", None], 1))
    result = run(project, f"table some {words}")
    assert [row["id"] for row in result.rows()] == ids
    assert result.to_frame()["id"].tolist() == ids
    assert result.notes == note


def test_more_table_options(project: Project, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, rest INTEGER)")
    database.executemany("INSERT INTO big VALUES (?, ?)", ((number, number % 3) for number in range(1500)))
    capped = commands.table(project, "big")
    assert (len(capped.rows()), capped.notes) == (1000, ("1,000 of 1,500 rows.",))
    assert capped.to_frame().attrs == {"total": 1500}
    assert "1,000 of 1,500 rows." in capped._repr_mimebundle_()["text/plain"]
    whole = commands.table(project, "big", limit=None)
    assert (len(whole.rows()), whole.notes) == (1500, ())
    assert len(str(whole).splitlines()) == 1502
    ordered = commands.table(project, "big", order_by=["rest DESC", "id asc"], limit=2).rows()
    assert ordered == [{"id": 2, "rest": 2}, {"id": 5, "rest": 2}]


def test_tables_without_rows_or_key(project: Project, database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE hollow (id INTEGER PRIMARY KEY, day DATE)")
    hollow = commands.table(project, "hollow")
    assert (hollow.rows(), hollow.notes, str(hollow)) == ([], (), "id  day")
    assert {name: str(dtype).partition("[")[0] for name, dtype in hollow.to_frame().dtypes.items()} == {
        "id": "Int64",
        "day": "datetime64",
    }
    database.execute("CREATE TABLE keyless (word TEXT)")
    database.execute("INSERT INTO keyless VALUES ('c'), ('a'), ('c')")
    assert [row["word"] for row in commands.table(project, "keyless").rows()] == ["c", "a", "c"]
    assert commands.schema(project, "keyless").constraints() == []


def test_values_that_would_break_the_lines(project: Project, database: sqlite3.Connection) -> None:
    long = "x" * 10_000
    database.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY, word TEXT)")
    database.execute("INSERT INTO texts VALUES (1, 'two\nlines\tand \x1b[31mred\x07'), (2, ?)", (long,))
    result = commands.table(project, "texts")
    lines = str(result).splitlines()
    assert len(lines) == 4
    assert lines[2] == r" 1  two\nlines\tand \x1b[31mred\x07"
    assert lines[3] == f" 2  {long}"
    assert result.rows()[0]["word"] == "two\nlines\tand \x1b[31mred\x07"
    assert len(result._repr_mimebundle_()["text/html"]) < 10_000


def test_the_drawing_can_be_saved(project: Project) -> None:
    drawn = commands.graph(project)
    drawn.save(Path("graph.svg"))
    saved = Path("graph.svg").read_text(encoding="utf-8")
    assert saved == drawn.to_svg()
    assert "svg" in Page(saved).tags


def test_equal_results_of_one_database(project: Project) -> None:
    calls: list[Callable[[], Result]] = [
        lambda: commands.heads(project),
        lambda: commands.history(project),
        lambda: commands.graph(project),
        lambda: commands.current(project),
    ]
    before = [call() for call in calls]
    assert [call() for call in calls] == before
    commands.upgrade(project, "+1")
    assert [call() == result for call, result in zip(calls, before, strict=True)] == [
        True,
        True,
        False,
        False,
    ]


def test_a_command_in_a_note_is_code_in_a_notebook() -> None:
    """What comes from elsewhere stays escaped, whatever stands around it."""
    page = html.page("", ["`graph -i` runs it; `<b>` and `a<b` do not, nor ` alone"])
    assert page.endswith(
        '<div class="nbm-note"><code>graph -i</code> runs it; <code>&lt;b&gt;</code> and <code>a&lt;b</code> do not, '
        "nor ` alone</div></div>"
    )
