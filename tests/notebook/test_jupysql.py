"""JupySQL and nbmigrate on one connection, in a real kernel of an environment that has both."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from tests.environments import python_with
from tests.notebook.conftest import Kernel
from tests.notebook.test_engines import CUSTOMER

#: What nbmigrate itself needs, and a kernel; it is run from the repository.
NEEDED = (
    "anywidget>=0.11",
    "duckdb-engine>=0.17",
    "duckdb>=2.0",
    "graphviz>=0.20",
    "ipykernel>=7",
    "ipywidgets>=8.1",
    "mako>=1.3",
    "pandas>=2.2",
    "sqlalchemy>=2.0",
)
JUPYSQL = ("jupysql==0.11.1",)
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def jupysql_kernel(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with both extensions."""
    python = python_with(pytestconfig, "jupysql", NEEDED, JUPYSQL)
    folder = tmp_path_factory.mktemp("jupysql")
    spec = folder / "share" / "kernels" / "jupysql"
    spec.mkdir(parents=True)
    command = [str(python), "-W", "ignore", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.joinpath("kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "JupySQL", "language": "python"})
    )
    manager = KernelManager(kernel_name="jupysql")
    manager.kernel_spec_manager.kernel_dirs.insert(0, str(spec.parent))
    manager.start_kernel(cwd=str(folder), env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture
def both(jupysql_kernel: Kernel, tmp_path: Path) -> Kernel:
    """The kernel in an empty folder, with both extensions loaded afresh and no connection of JupySQL's."""
    jupysql_kernel.run(f"%cd -q {tmp_path}\n%reset -f\n%reload_ext sql\n%reload_ext nbmigrate")
    jupysql_kernel.run(
        "from sql.connection import ConnectionManager\n"
        "ConnectionManager.close_all(); ConnectionManager.current = None\n"
        "%config SqlMagic.feedback = 0"
    )
    return jupysql_kernel


@pytest.mark.parametrize("url", ["sqlite:///shop.db", "sqlite://", "duckdb:///:memory:"])
def test_the_current_connection(both: Kernel, url: str) -> None:
    run = both.run
    run(f"%sql {url}")
    run("%migrate init practice --engine %sql")
    run(CUSTOMER)
    assert run("%migrate upgrade head").text.endswith("Now at a1 (head).")
    assert "50" in run("%sql SELECT count(*) FROM customer").text
    run("%sql INSERT INTO customer VALUES (1000, 'new')")
    assert run("%migrate tables").text.split()[-1] == "51"
    # Rows that it has not shown yet are still there afterwards.
    run("rows = %sql SELECT * FROM customer")
    run("%migrate current")
    assert run("len(rows.DataFrame())").text == "51"
    assert run("%migrate downgrade base").text.endswith("Now at base.")


def test_a_connection_by_its_alias(both: Kernel) -> None:
    run = both.run
    run("%sql sqlite:///shop.db --alias shop")
    run("%sql sqlite:///other.db --alias other")
    run("%migrate init practice --engine shop")
    run(CUSTOMER)
    run("%migrate upgrade head")
    assert (
        run("import os; sorted(os.listdir())").text == "['nbmigrate.ini', 'other.db', 'practice', 'shop.db']"
    )
    assert list(both.complete("%migrate open --engine sh")) == ["shop"]
    (error,) = run("%migrate open --engine shopp").of("error")
    assert error["evalue"] == "The notebook has no variable 'shopp'.\nDid you mean shop?"


def test_what_it_left_open_is_named(both: Kernel) -> None:
    run = both.run
    run("%config SqlMagic.autocommit = False")
    run("%sql sqlite:///shop.db?timeout=0.2 --alias shop")
    run("%migrate init practice --engine %sql")
    run(CUSTOMER)
    run("%migrate upgrade head")
    run("rows = %sql SELECT * FROM customer")
    (error,) = run("%migrate downgrade base").of("error")
    assert error["evalue"].splitlines()[-2:] == [
        "Rows of `SELECT * FROM customer` are still to be read from `rows`: read them, or `rows.close()`.",
        "Then run this again.",
    ]
    run("rows.close()")
    run("%sql INSERT INTO customer VALUES (1000, 'new')")
    (error,) = run("%migrate downgrade base").of("error")
    assert error["evalue"].splitlines()[-2:] == [
        "A transaction is open on JupySQL's connection shop: `%sql shop`, then `%sql COMMIT`.",
        "Then run this again.",
    ]
    run("%sql shop")
    run("%sql COMMIT")
    assert run("%migrate downgrade base").text.endswith("Now at base.")
    run("%config SqlMagic.autocommit = True")
