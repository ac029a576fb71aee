"""A project of 10,000 revisions in a real kernel: what is drawn and listed is small, and says what it leaves out."""

import re
import sqlite3
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.benchmarks.histories import History, diamonds

SIZE = 10_000
#: In the middle of the history: a merge point, and a branch point.
MIDDLE = SIZE // 2 // 3 * 3 + 2
NODES = list(diamonds(SIZE))
HERE = NODES[MIDDLE].id
IDS = {node.id for node in NODES}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A branch point and a merge point every three revisions, and the database at one in the middle."""
    made = History.make(tmp_path_factory.mktemp("long"), "diamonds", SIZE)
    database = sqlite3.connect(made.folder / "database.db")
    database.execute("UPDATE alembic_version SET version_num = ?", (HERE,))
    database.commit()
    database.close()
    return made


@pytest.fixture
def kernel(started_kernel: Any, history: History) -> Any:
    """The kernel, in the folder of the long project."""
    started_kernel.run(f"%cd -q {history.folder}\n%reload_ext nbmigrate")
    return started_kernel


def shown(kernel: Any, cell: str) -> dict[str, str]:
    """What a front end is given to show for a cell."""
    ran = kernel.run(cell)
    assert not ran.of("error")
    (result,) = ran.of("execute_result")
    data: dict[str, str] = result["data"]
    return data


def ids_in(text: str) -> list[str]:
    """The ids of revisions in a text, each once, in its order."""
    return list(dict.fromkeys(word for word in re.findall(r"\b[0-9a-f]{12}\b", text) if word in IDS))


def drawing(page: str) -> str:
    """The drawing on a page."""
    return page[page.index("<svg") : page.rindex("</svg>") + len("</svg>")]


def folded(pattern: str, line: str) -> int:
    """How many revisions a line of the drawing stands for."""
    match = re.fullmatch(pattern, line)
    assert match, line
    return int(match[1].replace(",", ""))


def test_graph_is_a_window_around_the_position(kernel: Any) -> None:
    data = shown(kernel, "%migrate graph -i")
    text, svg = data["text/plain"], drawing(data["text/html"])
    seen = ids_in(text)
    assert 20 < len(seen) < 200
    lines = text.splitlines()
    newer = folded(r"\W+([0-9,]+) newer revisions, not applied", lines[0])
    older = folded(r"\W+([0-9,]+) older revisions, applied", lines[-1])
    assert newer + len(seen) + older == SIZE
    place = next(number for number, line in enumerate(lines) if line.startswith("◉"))
    assert HERE in lines[place]
    assert len(lines) / 3 < place < len(lines) * 2 / 3
    # Around it are those that come next to it in the history; of two branches either may be the older one.
    assert set(seen) <= {node.id for node in NODES[older - 1 : older + len(seen) + 1]}
    assert set(ids_in(svg)) == set(seen)
    drawn = "".join(ElementTree.fromstring(svg).itertext())
    assert f"… {newer:,} newer revisions" in drawn
    assert f"… {older:,} older revisions" in drawn
    assert len(data["text/html"]) < 200_000


def test_the_picture_is_legible(kernel: Any) -> None:
    root = ElementTree.fromstring(drawing(shown(kernel, "%migrate graph -i")["text/html"]))
    assert float(root.attrib["width"]) < 1200
    # The letters of a message are as large as those of a notebook's output, and no two lines overlap.
    assert float(root.attrib["font-size"]) >= 11
    labels = root.iter("{http://www.w3.org/2000/svg}text")
    heights = sorted(float(label.attrib["y"]) for label in labels if label.get("class") == "nbm-id")
    assert len(heights) > 20
    assert all(after - before >= 12 for before, after in pairwise(heights))


def test_history_goes_page_by_page(kernel: Any) -> None:
    cell, seen = "%migrate history", []
    for number in range(3):
        data = shown(kernel, cell)
        assert len(data["text/html"]) < 60_000
        assert len(data["text/plain"]) < 20_000
        note = (
            f"{number * 100 + 1:,} to {number * 100 + 100:,} of 10,000 are shown. "
            f"The next: %migrate history --skip {number * 100 + 100}"
        )
        assert note in data["text/html"]
        *lines, last = data["text/plain"].splitlines()
        assert last == note
        seen += [re.sub(r" .*", "", line.rpartition("-> ")[2]).rstrip(",") for line in lines]
        cell = last.partition("The next: ")[2]
    assert len(seen) == len(set(seen)) == 300
    assert set(seen) <= {node.id for node in NODES[-301:]}
    # What a cell keeps is whole.
    assert kernel.run("kept = %migrate history\nlen(kept.rows()), len(str(kept).splitlines())").text == str(
        (SIZE, SIZE)
    )


def test_what_is_drawn_follows_the_position(kernel: Any, history: History) -> None:
    head = NODES[-1].id
    database = sqlite3.connect(history.folder / "database.db")
    try:
        for position, fold in ((head, "older"), (NODES[0].id, "newer")):
            database.execute("UPDATE alembic_version SET version_num = ?", (position,))
            database.commit()
            text = shown(kernel, "%migrate graph -i")["text/plain"]
            assert position in text
            assert len(ids_in(text)) < 200
            assert re.search(rf"[0-9,]+ {fold} revisions", text)
    finally:
        database.execute("UPDATE alembic_version SET version_num = ?", (HERE,))
        database.commit()
        database.close()


def test_the_files_are_as_they_were(history: History) -> None:
    """The last of all: whatever was shown, no revision was compiled, and nothing was written beside them."""
    assert len(list((history.folder / "scripts" / "versions").iterdir())) == SIZE
