"""Rows of a table as a DataFrame: its types, what a notebook shows of it, what is made of it."""

import copy
import pickle
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbmigrate import Project, commands


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A table of every kind of value, in a project without revisions."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db_file.db")
    with sqlite3.connect("db_file.db") as connection:
        connection.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, pieces INTEGER, word VARCHAR(9), day DATE, moment DATETIME)"
        )
        connection.execute(
            "INSERT INTO t VALUES (1, 500, 'a <b>', '1815-12-10', '2021-06-20 03:58:06'), (2, NULL, '', NULL, NULL)"
        )
    yield connection
    connection.close()


def frame(**options: Any) -> pd.DataFrame:
    return commands.table(Project.open(), "t", **options).to_frame()


def bundle(shown: Any) -> dict[str, str]:
    found: dict[str, str] = shown._repr_mimebundle_()
    return found


def cells(page: str) -> list[list[str]]:
    """The cells of the body's rows, as they are written."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    return [re.findall(r"<td.*?</td>", row) for row in body.split("<tr")[1:]]


def test_types(database: sqlite3.Connection) -> None:
    found = frame()
    assert {name: str(dtype).partition("[")[0] for name, dtype in found.dtypes.items()} == {
        "id": "Int64",
        "pieces": "Int64",
        "word": "string",
        "day": "datetime64",
        "moment": "datetime64",
    }
    assert found["word"].str.upper().tolist() == ["A <B>", ""]
    assert found["day"].dt.year.tolist()[0] == 1815


def test_a_text_column_with_other_values_keeps_them(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO t (id, word) VALUES (3, x'00ff'), (4, NULL)")
    database.commit()
    assert frame()["word"].tolist() == ["a <b>", "", b"\x00\xff", None]
    database.execute("DELETE FROM t WHERE id < 4")
    database.commit()
    assert (str(frame()["word"].dtype), frame()["word"].isna().tolist()) == ("string", [True])


def test_what_a_notebook_shows(database: sqlite3.Connection) -> None:
    shown = bundle(frame())
    assert shown["text/plain"].splitlines() == [
        "id  pieces  word   day         moment",
        "--  ------  -----  ----------  -------------------",
        " 1     500  a <b>  1815-12-10  2021-06-20 03:58:06",
        " 2    NULL         NULL        NULL",
    ]
    first, second = cells(shown["text/html"])
    assert first == [
        '<td class="nbm-number">1</td>',
        '<td class="nbm-number">500</td>',
        "<td>a &lt;b&gt;</td>",
        "<td>1815-12-10</td>",
        "<td>2021-06-20 03:58:06</td>",
    ]
    assert second[2:] == ["<td></td>", *['<td><span class="nbm-null">NULL</span></td>'] * 2]
    assert "<th>word<small>VARCHAR(9)</small></th>" in shown["text/html"]
    # The result itself is shown so, too.
    assert cells(bundle(commands.table(Project.open(), "t"))["text/html"]) == [first, second]


def test_long_tables(database: sqlite3.Connection) -> None:
    database.executemany("INSERT INTO t (id) VALUES (?)", ((number,) for number in range(3, 1201)))
    database.commit()
    shown = bundle(frame())
    assert shown["text/plain"].splitlines()[-2:] == ["… 940 more", "1,000 of 1,200 rows."]
    assert len(cells(shown["text/html"])) == 61
    assert "1,000 of 1,200 rows." in shown["text/html"]
    with pd.option_context("display.max_rows", None):
        assert len(cells(bundle(frame())["text/html"])) == 1000
    (nothing,) = cells(bundle(frame(where="id < 0"))["text/html"])
    assert nothing == ['<td colspan="5">no rows</td>']


def test_wide_tables(database: sqlite3.Connection) -> None:
    database.execute(f"CREATE TABLE wide ({', '.join(f'column{number} TEXT' for number in range(40))})")
    database.execute(f"INSERT INTO wide VALUES ({', '.join(['1'] * 40)})")
    database.commit()
    shown = bundle(commands.table(Project.open(), "wide").to_frame())
    (row,) = cells(shown["text/html"])
    assert len(row) == 30
    assert "30 of 40 columns are shown." in shown["text/html"]
    # A terminal's lines have an end; pandas leaves columns out of the middle.
    assert max(map(len, shown["text/plain"].splitlines())) <= 80
    database.execute("CREATE VIEW twice AS SELECT id, id FROM t")
    shown = bundle(commands.table(Project.open(), "twice").to_frame())
    assert [len(row) for row in cells(shown["text/html"])] == [2, 2]


def test_what_is_done_to_it_is_shown(database: sqlite3.Connection) -> None:
    found = frame()
    found["half"] = found["pieces"] / 2
    found.loc[0, "word"] = "new"
    assert "<td>new</td>" in bundle(found)["text/html"]
    assert '<td class="nbm-number">250.0</td>' in bundle(found)["text/html"]
    found.index = pd.Index(["x", "y"])
    assert "<th>y</th>" in bundle(found)["text/html"]


def test_what_is_made_of_it_is_a_plain_frame(database: sqlite3.Connection) -> None:
    found = frame(limit=1)
    for made in (
        found.head(),
        found[["id"]],
        found.copy(),
        copy.copy(found),
        pickle.loads(pickle.dumps(found)),
    ):
        assert type(made) is pd.DataFrame
        assert made.attrs == {"total": 2}
    found.to_pickle("frame.pickle")
    code = "import pandas, sys; print(len(pandas.read_pickle('frame.pickle')), 'nbmigrate' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]
