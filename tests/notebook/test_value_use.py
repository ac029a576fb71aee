"""Several magics in a cell: which of them show what they return, in a real kernel, a terminal and nbval."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

SETTINGS = Path(__file__).parent / "nbval.cfg"
LINES = [
    "current",
    "history",
    "heads",
    "graph",
    "tables",
    "schema customer",
    "table customer --where 'id < 4'",
    "show b2",
    "preview upgrade c3",
    "upgrade c3",
    "downgrade b2",
    "stamp b2",
    "explore",
]


def shown(ran: Any) -> list[str]:
    """The texts that a cell shows by display, in order."""
    assert ran.of("error") == []
    return [content["data"]["text/plain"] for content in ran.of("display_data")]


def values(ran: Any) -> list[str]:
    """The texts that a cell shows as values."""
    return [content["data"]["text/plain"] for content in ran.of("execute_result")]


def test_each_magic_of_a_cell_shows_its_result_once(kernel: Any) -> None:
    kernel.run("%config MigrateMagics.clock = '2026-11-30 18:00'")
    alone = [values(kernel.run(f"%migrate {line}"))[0] for line in LINES]
    ran = kernel.run("\n".join(f"%migrate {line}" for line in LINES))
    kinds = [name for name, _ in ran.messages if name in ("display_data", "execute_result")]
    assert kinds == ["display_data"] * (len(LINES) - 1) + ["execute_result"]
    assert shown(ran) == alone[:-1]
    assert values(ran) == alone[-1:]


def test_what_is_shown_on_the_way_is_whole(kernel: Any) -> None:
    (last,) = kernel.run("%migrate graph").of("execute_result")
    (before,) = kernel.run("%migrate graph\nNone").of("display_data")
    assert before["data"] == last["data"]
    assert {"text/html", "text/plain"} <= set(before["data"])


def test_the_last_value_of_a_cell_is_its_output(kernel: Any) -> None:
    (result,) = kernel.run("%migrate heads\n%migrate table customer --where 'id < 4'").of("execute_result")
    number = result["execution_count"]
    assert values(kernel.run(f"Out[{number}]['id'].tolist()")) == ["[1, 2, 3]"]


@pytest.mark.parametrize(
    "cell",
    [
        "x = %migrate table customer",
        "x = %migrate current\nx.rows()\nNone",
        "x = %migrate heads\nx = %migrate graph\n",
        "x = %migrate heads;",
        "x = [get_ipython().run_line_magic('migrate', line) for line in ('heads', 'current')]",
        "def heads():\n    return get_ipython().run_line_magic('migrate', 'heads')\nheads()\nNone",
        "len(str(get_ipython().run_line_magic('migrate', 'heads')))\nNone",
        "%migrate heads;",
        "%migrate heads;\n%migrate table customer;  # all of it",
        "for _ in range(2):\n    %migrate current;",
        "%%migrate edit c3\nop.add_column('customer', sa.Column('phone', sa.Text));",
        "%migrate -q heads\nNone",
        "%timeit -n 2 -r 1 -q %migrate heads",
    ],
)
def test_what_is_kept_or_silenced_shows_nothing(kernel: Any, cell: str) -> None:
    ran = kernel.run(cell)
    assert (shown(ran), values(ran), ran.of("stream")) == ([], [], [])


def test_an_assigned_value_is_the_result(kernel: Any) -> None:
    kernel.run("frame = %migrate table customer;\nposition = %migrate current")
    assert values(kernel.run("frame.shape, position.rows()[0]['revision']")) == ["((1000, 3), 'b2')"]


@pytest.mark.parametrize(
    ("cell", "times"),
    [
        ("for _ in range(3):\n    %migrate current", 3),
        ("with open('x', 'w'):\n    %migrate current\n    %migrate current", 2),
        ("def look():\n    %migrate current\nlook()\nlook()", 2),
        ("if True:\n    x = %migrate heads\n    %migrate current", 1),
        ("try:\n    %migrate current\nfinally:\n    %migrate current", 2),
        ("async def look():\n    %migrate current\nawait look()", 1),
        ("%migrate current\nx = 1", 1),
        ("%migrate current\n1;", 1),
        ("%%time\n%migrate current\nx = 1", 1),
    ],
)
def test_a_statement_shows_its_value(kernel: Any, cell: str, times: int) -> None:
    ran = kernel.run(cell)
    assert (shown(ran), values(ran)) == (["b2"] * times, [])


def test_a_printed_value_is_only_printed(kernel: Any) -> None:
    ran = kernel.run("print(get_ipython().run_line_magic('migrate', 'current'))")
    assert [content["text"] for content in ran.of("stream")] == ["b2\n"]
    assert (shown(ran), values(ran)) == ([], [])


@pytest.mark.parametrize(("setting", "expected"), [("all", ([], ["b2"] * 2)), ("none", ([], []))])
def test_what_the_shell_is_set_to_show(kernel: Any, setting: str, expected: Any) -> None:
    kernel.run(f"%config InteractiveShell.ast_node_interactivity = '{setting}'")
    try:
        ran = kernel.run("%migrate current\n%migrate current")
        assert (shown(ran), values(ran)) == expected
    finally:
        kernel.run("%config InteractiveShell.ast_node_interactivity = 'last_expr'")


def test_a_line_that_is_no_python_is_shown_too(kernel: Any) -> None:
    """IPython's own reading of a semicolon fails on a quote or a bracket that Python would not take."""
    ran = kernel.run("%migrate table customer --where \"id = 1 AND name <> '('\"\n%migrate current # (")
    assert (len(shown(ran)), values(ran)) == (1, ["b2"])


def test_in_a_terminal(project_folder: Path) -> None:
    lines = "%load_ext nbmigrate\nfor _ in range(2): get_ipython().run_line_magic('migrate', 'current')\n\n"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--colors=nocolor", "--no-banner"],
        input=lines + "x = %migrate heads\n%migrate tables\n%migrate tables;\n",
        env={**os.environ, "IPYTHONDIR": str(project_folder / "ipython")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("b2\n") == 2
    assert done.stdout.count("customer") == 1
    assert "c3" not in done.stdout


def test_under_nbval(project_folder: Path) -> None:
    cells = [
        "%load_ext nbmigrate",
        "%migrate heads\n%migrate table customer --where 'id < 3'\n%migrate current",
    ]
    notebook = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    )
    NotebookClient(notebook, timeout=60).execute()
    assert [output.output_type for output in notebook.cells[1].outputs] == [
        "display_data",
        "display_data",
        "execute_result",
    ]
    nbformat.write(notebook, project_folder / "many.ipynb")  # type: ignore[no-untyped-call]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-W", "error"),
            *("-p", "no:randomly", "-p", "no:cacheprovider", f"--nbval-sanitize-with={SETTINGS}"),
            *(f"--rootdir={project_folder}", "many.ipynb"),
        ],
        cwd=project_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
