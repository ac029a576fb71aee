"""A project of three revisions, a shell, a kernel, and JupyterLab in Chromium, all of them real."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from traitlets.config import Config as Settings

from nbmigrate import Project, commands
from nbmigrate.clock import FrozenClock

CUSTOMER = """
def upgrade():
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80)))
    op.bulk_insert(
        sa.table('customer', sa.column('id'), sa.column('name')),
        [{'id': number, 'name': f'customer {number}'} for number in range(1, 1201)],
    )


def downgrade():
    op.drop_table('customer')
"""
STILL = datetime(2021, 6, 20, 3, 58, 6, tzinfo=UTC)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three revisions, a1 <- b2 <- c3; the database stands at b2."""
    folder = tmp_path_factory.mktemp("template")
    before = Path.cwd()
    os.chdir(folder)
    try:
        commands.init("practice", url="sqlite:///db_file.db")
        project = Project.open(clock=FrozenClock(STILL))
        commands.revision(project, "customers", body=CUSTOMER, rev_id="a1", branch_label=["shop"])
        commands.revision(
            project, "an email", body="op.add_column('customer', sa.Column('email', sa.Text))", rev_id="b2"
        )
        commands.revision(
            project, "a phone", body="op.add_column('customer', sa.Column('phone', sa.Text))", rev_id="c3"
        )
        commands.upgrade(project, "b2")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def project_folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project; the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder; the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bare_shell() -> Iterator[Any]:
    """A shell of its own, without the extension."""
    settings = Settings()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=settings)
    yield shell
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: Any) -> Any:
    """A shell with the extension, its clock standing still."""
    bare_shell.run_line_magic("load_ext", "nbmigrate")
    bare_shell.run_line_magic("config", f"MigrateMagics.clock = '{STILL.isoformat()}'")
    return bare_shell


@dataclass
class Ran:
    """What a kernel sent while it ran a cell.

    Parameters
    ----------
    messages
        Type and content, in order.
    """

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The contents of one type of message."""
        return [content for name, content in self.messages if name == kind]

    @property
    def text(self) -> str:
        """What the cell returned, as plain text."""
        assert self.of("error") == []
        return "".join(content["data"]["text/plain"] for content in self.of("execute_result"))


@dataclass
class Kernel:
    """A kernel in a process of its own."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, code: str, *, while_running: Callable[[], None] | None = None) -> Ran:
        """Run a cell; `while_running` is called after it was sent."""
        sent = self.client.execute(code)
        if while_running is not None:
            while_running()
        ran = Ran()
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=30)
            except Empty:
                raise AssertionError(f"the kernel is silent: {ran.messages}") from None
            if message["parent_header"].get("msg_id") != sent:
                continue
            ran.messages.append((message["msg_type"], message["content"]))
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        self.client.get_shell_msg(timeout=30)
        return ran

    def complete(self, code: str) -> dict[str, str]:
        """What the Tab key offers at the end of a line, each with its type."""
        answer = self.client.complete(code, len(code), reply=True, timeout=30)["content"]
        assert answer["status"] == "ok"
        offered = answer["metadata"]["_jupyter_types_experimental"]
        assert [item["text"] for item in offered] == answer["matches"]
        return {item["text"]: item["type"] for item in offered}


@pytest.fixture(scope="session")
def started_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with the extension."""
    with _started(tmp_path_factory.mktemp("kernel")) as kernel:
        yield kernel


@pytest.fixture
def new_kernel() -> Iterator[Callable[[], Kernel]]:
    """Start another kernel in the current folder, as restarting a notebook's does."""
    with ExitStack() as started:
        yield lambda: started.enter_context(_started(Path.cwd()))


@contextmanager
def _started(folder: Path) -> Iterator[Kernel]:
    manager = KernelManager()
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture
def kernel(started_kernel: Kernel, project_folder: Path) -> Kernel:
    """The kernel, in the folder of the project, with the extension loaded afresh."""
    started_kernel.run(f"%cd -q {project_folder}\n%reload_ext nbmigrate")
    return started_kernel


@dataclass
class JupyterLab:
    """JupyterLab servers and the pages that a browser has open on them."""

    browser: Browser
    pictures: Path
    closing: ExitStack

    def open(self, folder: Path, name: str, *, width: int, height: int) -> Page:
        """Serve a folder and open a notebook of it, once its kernel is idle."""
        address = self.closing.enter_context(_jupyter(folder, "jupyterlab"))
        page = self.new_page(address, width=width, height=height)
        page.goto(f"{address}/lab/tree/{name}?reset", wait_until="domcontentloaded")
        self.wait_for_kernel(page)
        return page

    def open_in_notebook(self, folder: Path, name: str, *, width: int, height: int) -> Page:
        """Serve a folder with Jupyter Notebook and open a notebook of it, once its kernel is idle."""
        address = self.closing.enter_context(_jupyter(folder, "notebook"))
        page = self.new_page(address, width=width, height=height)
        page.goto(f"{address}/notebooks/{name}", wait_until="domcontentloaded")
        # It does not expose its app as JupyterLab does, whatever it is told.
        expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")
        return page

    def open_app(self, folder: Path, name: str, *, width: int, height: int) -> Page:
        """Serve an app with marimo and open it."""
        address = self.closing.enter_context(_marimo(folder, name))
        page = self.new_page(address, width=width, height=height)
        page.goto(address, wait_until="domcontentloaded")
        return page

    def new_page(self, address: str, *, width: int, height: int) -> Page:
        """Open an empty page for a server.

        What the page asks for elsewhere is refused; it, the page's errors, and this are in `vars(page)`.
        """
        page = self.browser.new_page(viewport={"width": width, "height": height})
        self.closing.callback(page.close)
        asked: list[str] = []
        errors: list[str] = []

        def route(route: Any) -> None:
            if route.request.url.startswith((address, "data:", "blob:")):
                route.continue_()
            else:
                asked.append(route.request.url)
                route.abort()

        page.route("**/*", route)
        page.on("pageerror", lambda error: errors.append(str(error)))
        vars(page).update(asked=asked, errors=errors, lab=self)
        return page

    def write(self, path: Path, cells: Sequence[str]) -> None:
        """Write a notebook of code cells, not run."""
        about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        code: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": source,
            }
            for number, source in enumerate(cells)
        ]
        notebook = {"cells": code, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook), encoding="utf-8")

    def wait_for_kernel(self, page: Page) -> None:
        """Wait until the kernel of the notebook is idle."""
        page.wait_for_function(
            "() => { const c = window.jupyterapp?.shell.currentWidget?.sessionContext;"
            " return c?.isReady && c.session?.kernel?.status === 'idle' }",
            timeout=60_000,
        )

    def run(self, page: Page, code: str) -> str:
        """Run code in the notebook's kernel and return what it prints."""
        printed, error = page.evaluate(
            """async code => {
              const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              const future = kernel.requestExecute({ code });
              let printed = '', error = '';
              future.onIOPub = ({ header, content }) => {
                if (header.msg_type === 'stream') printed += content.text;
                if (header.msg_type === 'error') error = content.traceback.join('\\n');
              };
              await future.done;
              return [printed, error];
            }""",
            code,
        )
        assert error == ""
        return str(printed).strip()

    def choose_theme(self, page: Page, name: str) -> None:
        """Change to JupyterLab's "light" or "dark" theme."""
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {name.capitalize()}",
        )
        page.wait_for_function(
            "is => document.body.dataset.jpThemeLight === is", arg=str(name == "light").lower()
        )
        page.wait_for_timeout(300)

    def accuse(self, page: Page, part: str) -> list[tuple[str, str, list[str]]]:
        """Return what axe finds of a serious kind in a part of a page: the rule, how serious, and where."""
        results = Axe().run(page, context={"include": [[part]]}).response
        assert len(results["passes"]) > 5
        return [
            (each["id"], each["impact"], [node["html"][:200] for node in each["nodes"]])
            for each in results["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    def photograph(self, what: Page | Locator, name: str) -> None:
        """Keep a picture for somebody to look at: in the folder NBMIGRATE_TEST_PICTURES, else with the test's files."""
        path = self.pictures / f"{name}.png"
        what.screenshot(path=path)
        print(f"\nphotograph: {path}")


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """JupyterLab in Chromium, without a network; without Chromium the test is skipped, and in CI fails."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    pictures = Path(os.environ.get("NBMIGRATE_TEST_PICTURES") or tmp_path_factory.getbasetemp())
    pictures.mkdir(parents=True, exist_ok=True)
    # What is waited for comes at once on an idle machine; a loaded one gets its time.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright, ExitStack() as closing:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        closing.callback(browser.close)
        yield JupyterLab(browser, pictures, closing)


@contextmanager
def _jupyter(folder: Path, app: str) -> Iterator[str]:
    """Run JupyterLab or "notebook" for a folder, with nothing of this machine's settings; its address."""
    root = folder.parent
    settings = root / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews":"false","checkForUpdates":false}'
    )
    port, name = _free_port(), "LabApp" if app == "jupyterlab" else "JupyterNotebookApp"
    # Folders of its own: no settings of this machine, and no memory of notebooks that were trusted.
    own = {f"JUPYTER_{kind}_DIR": str(root / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser"),
        f"--{name}.extension_manager=readonly",
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}"),
    ]
    environment = {**own, "JUPYTERLAB_SETTINGS_DIR": str(root / "settings")}
    address = f"http://127.0.0.1:{port}"
    with _serving([app, *options], f"{address}/api", root, environment):
        yield address


@contextmanager
def _marimo(folder: Path, name: str) -> Iterator[str]:
    """Serve an app of marimo, with nothing of this machine's settings; its address."""
    root, port = folder.parent, _free_port()
    own = {
        key: str(root / key.lower())
        for key in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    }
    options = ["run", name, "--headless", "--no-token", f"--port={port}"]
    address = f"http://127.0.0.1:{port}"
    with _serving(
        ["marimo", *options], f"{address}/health", root, {**own, "MARIMO_SKIP_UPDATE_CHECK": "1"}, folder
    ):
        yield address


def _free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _serving(
    command: Sequence[str],
    answers: str,
    root: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
) -> Iterator[None]:
    """Run a module of Python as a server, from when it answers at an address; its log is in `root`."""
    log = root / "log"
    with log.open("w") as writing:
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environment},
            cwd=folder,
            stdout=writing,
            stderr=subprocess.STDOUT,
        )
        try:
            end = time.monotonic() + 60
            while True:
                try:
                    with urllib.request.urlopen(answers, timeout=1):
                        break
                except OSError:
                    assert server.poll() is None, log.read_text()
                    assert time.monotonic() < end, log.read_text()
                    time.sleep(0.2)
            yield
        finally:
            server.terminate()
            server.wait(30)
