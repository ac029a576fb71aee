"""A project of three revisions, a shell, and a kernel, all of them real."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from traitlets.config import Config as Settings

from nbmigrate import Project, commands
from nbmigrate.database.clock import FrozenClock

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
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path_factory.mktemp("kernel")))
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
