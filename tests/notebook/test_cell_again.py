"""Revision cells that are run again, in a shell and in kernels; and a body under one % instead of two."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.conftest import Kernel, Ran

#: The cells of README's ten lines.
README = Path(__file__).parents[2] / "README.md"


def readme_cells() -> list[str]:
    """Return the notebook cells of README's example, in their order."""
    cells = re.findall(r"```python\n(%.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert cells[0].startswith("%load_ext nbmigrate\n") and len(cells) >= 3
    return cells


def versions() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path().glob("*/versions/*.py"))}


def printed(shell: Any, cell: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        shell.run_cell(cell)
    return out.getvalue()


def test_the_ten_lines_of_the_readme_three_times(
    new_kernel: Callable[[], Kernel], empty_folder: Path
) -> None:
    found = []
    for _ in range(3):
        kernel = new_kernel()
        ran = [kernel.run(cell) for cell in readme_cells()]
        assert [one.of("error") for one in ran] == [[]] * len(ran)
        found.append(versions())
    assert len(found[0]) == 1
    assert found[1] == found[2] == found[0]
    assert "is there already" in shown(ran[1])


def shown(ran: Ran) -> str:
    return "".join(content["data"].get("text/plain", "") for content in ran.of("execute_result"))


def test_two_notebooks_with_the_same_cell(new_kernel: Callable[[], Kernel], project_folder: Path) -> None:
    cell = "%%migrate revision -m 'a fax'\nop.add_column('customer', sa.Column('fax', sa.Text))\n"
    one, other = new_kernel(), new_kernel()
    for kernel in (one, other):
        kernel.run("%load_ext nbmigrate")
    assert "Generating" in one.run(cell).text
    before = versions()
    assert "is there already" in other.run(cell).text
    assert versions() == before
    assert "Updating" in other.run(cell.replace("sa.Text", "sa.String(40)")).text
    # The first notebook's cell is the older text now, and it is what was asked for last.
    assert "Updating" in one.run(cell).text
    assert versions() == before


def test_an_edited_file_is_shown_and_stays(shell: Any, project_folder: Path) -> None:
    cell = "%%migrate revision -m 'a fax'\nop.add_column('customer', sa.Column('fax', sa.Text))\n"
    printed(shell, cell)
    (path,) = Path("practice/versions").glob("*a_fax.py")
    path.write_text(path.read_text().replace("sa.Text)", "sa.String(40))"))
    before = versions()
    out = printed(shell, cell)
    assert out.startswith(f"RevisionEditedError: {path} was edited since nbmigrate wrote it")
    assert "    -    op.add_column('customer', sa.Column('fax', sa.String(40)))\n" in out
    assert "add --force" in out
    assert versions() == before
    assert "Updating" in printed(shell, cell.replace("-m", "--force -m"))


# --- one % instead of two

BODY = "op.add_column('customer', sa.Column('fax', sa.Text))"
FUNCTIONS = "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass"


@pytest.mark.parametrize(
    "cell",
    [
        f"%migrate revision -m 'a fax'\n{BODY}",
        f"# a fax\n\n%migrate revision -m 'a fax'\n\n# the body\n{BODY}\n",
        f"r = %migrate revision -m 'a fax'\n{BODY}",
        f"%migrate revision -m 'a fax'\n{FUNCTIONS}",
        f"%migrate revision -m 'a fax'\nimport datetime\nfor name in ('a', 'b'):\n    {BODY}",
        f"%migrate heads\n%migrate revision -m 'a fax'\n{BODY}\n%migrate upgrade head",
        f"from nbmigrate import op\n%migrate revision -m 'a fax'\n{BODY}",
        f"%load_ext nbmigrate\n%migrate revision -m 'a fax'\n{BODY}",
    ],
)
def test_one_percent_over_a_body(bare_shell: Any, project_folder: Path, cell: str) -> None:
    if "load_ext" not in cell:
        printed(bare_shell, "%load_ext nbmigrate")
    before = versions()
    out = printed(bare_shell, cell)
    assert "UsageError: The lines under `%migrate revision` look like its body, which needs two %: " in out
    assert "begins with:\n    %%migrate revision -m 'a fax'\n" in out
    assert "NameError" not in out
    assert versions() == before


def test_edit_with_one_percent(shell: Any, project_folder: Path) -> None:
    before = versions()
    assert "begins with:\n    %%migrate edit c3\n" in printed(shell, f"%migrate edit c3\n{BODY}")
    assert versions() == before


@pytest.mark.parametrize(
    "cell",
    [
        "%migrate revision -m 'a fax'",
        "%migrate revision -m 'a fax'\n%migrate heads",
        "%migrate revision -m 'a fax'\nfax = 1\nprint(fax)",
        "op = 3\n%migrate revision -m 'a fax'\nprint(op.real)",
        f"sa = op = None\ntry:\n    {BODY}\nexcept AttributeError:\n    pass\n%migrate revision -m 'a fax'",
        "def make():\n    get_ipython().run_line_magic('migrate', 'revision -m fax')\nmake()\n",
    ],
)
def test_other_lines_under_it(shell: Any, project_folder: Path, cell: str) -> None:
    assert "Error" not in printed(shell, cell)
    assert len(versions()) == 4


def test_one_percent_in_a_kernel(new_kernel: Callable[[], Kernel], project_folder: Path) -> None:
    kernel = new_kernel()
    before = versions()
    (error,) = kernel.run(f"%load_ext nbmigrate\n%migrate revision -m 'a fax'\n{BODY}").of("error")
    assert error["ename"] == "UsageError"
    assert "%%migrate revision -m 'a fax'" in error["evalue"]
    assert versions() == before
