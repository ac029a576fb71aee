"""The notebooks exported by nbconvert, compared by nbval and run by papermill, in an environment of a plain `[lab]`."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.environments import python_with

ROOT = Path(__file__).parents[2]
SETTINGS = Path(__file__).parent / "nbval.cfg"
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with nbmigrate as `pip install nbmigrate[lab]` leaves it, and what the tests run."""
    found = python_with(
        request.config, "exports", ["nbconvert[webpdf]", "nbval==0.11.0", "papermill"], [f"{ROOT}[lab]"]
    )
    # The environment is kept from one run to the next; nbmigrate in it is to be the one of now.
    again = ["--quiet", "--no-deps", "--force-reinstall", str(ROOT)]
    subprocess.run([found, "-m", "pip", "install", *again], check=True, capture_output=True)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the notebooks, in a clean folder."""
    return Path(shutil.copytree(ROOT / "notebooks", tmp_path / "work"))


def run(python: Path, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a module in the folder, with nothing of this environment but its programs."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = f"{python.parent}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        [python, "-m", *words],
        cwd=folder,
        env={**kept, "PATH": path, "JUPYTER_PLATFORM_DIRS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def converted(python: Path, folder: Path, kind: str, *names: str, **environment: str) -> None:
    done = run(python, folder, "jupyter", "nbconvert", "--to", kind, *names, **environment)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_has_no_picture_that_needs_inkscape(name: str) -> None:
    text = (ROOT / "notebooks" / name).read_text(encoding="utf-8")
    assert "image/svg+xml" not in text


def test_html_has_the_drawings_and_the_tables(python: Path, folder: Path) -> None:
    converted(python, folder, "html", "01-tutorial.ipynb")
    page = (folder / "01-tutorial.html").read_text(encoding="utf-8")
    assert page.count('<svg class="nbm-graph') + page.count("<svg ") >= 4
    assert "<small>VARCHAR(150)</small>" in page


def test_slides_begin_at_the_headings(python: Path, folder: Path) -> None:
    converted(python, folder, "slides", *NAMES)
    for name in NAMES:
        page = (folder / name.replace(".ipynb", ".slides.html")).read_text(encoding="utf-8")
        cells = nbformat.read(folder / name, as_version=4).cells  # type: ignore[no-untyped-call]
        headings = sum(cell.cell_type == "markdown" and cell.source.startswith("#") for cell in cells)
        assert len(re.findall(r"<section>\s*<section>", page)) == headings


def test_a_pdf_by_latex_needs_no_inkscape(python: Path, folder: Path) -> None:
    """What nbconvert does to pictures before it calls LaTeX."""
    code = (
        "import nbformat, sys; from nbconvert.preprocessors import SVG2PDFPreprocessor\n"
        "for name in sys.argv[1:]: SVG2PDFPreprocessor(inkscape='/nowhere').preprocess(nbformat.read(name, 4), {})"
    )
    done = subprocess.run(
        [python, "-c", code, *NAMES], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_pdf_by_a_browser(python: Path, folder: Path, tmp_path: Path) -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium is not None, "chromium is not installed"
    browsers = tmp_path / "browsers"
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: p.chromium.launch()"
    lacking = subprocess.run(
        [python, "-c", code],
        env={**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(browsers)},
        capture_output=True,
        text=True,
        check=False,
    )
    # Playwright starts its own browser, and says where it looks for it.
    wanted = re.search(r"Executable doesn't exist at (\S+)", lacking.stderr)
    assert wanted is not None, lacking.stderr
    program = Path(wanted[1])
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {chromium} --no-sandbox "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    converted(python, folder, "webpdf", "01-tutorial.ipynb", PLAYWRIGHT_BROWSERS_PATH=str(browsers))
    data = (folder / "01-tutorial.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert len(data) > 50_000


def test_nbval_passes_twice(python: Path, folder: Path) -> None:
    """With what each cell prints in a clean folder, and again where an earlier run has left everything."""
    for way in ("--nbval", "--nbval-lax"):
        done = run(
            *(python, folder, "pytest", way, "--nbval-current-env", "--nbval-cell-timeout=60", "-q"),
            *("-p", "no:cacheprovider", f"--nbval-sanitize-with={SETTINGS}", f"--rootdir={folder}", "."),
        )
        assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize("name", NAMES)
def test_papermill_goes_to_the_end(python: Path, folder: Path, name: str) -> None:
    words = ("papermill", name, "done.ipynb", "--no-progress-bar")
    done = run(python, folder, *words)
    assert done.returncode == 0, done.stderr[-3000:]
    notebook: Any = nbformat.read(folder / "done.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
