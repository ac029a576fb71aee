"""The panel on a project whose env.py migrates tenants of one database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import commands
from nbmigrate.notebook.state.model import Model, own_changes, own_tables
from nbmigrate.notebook.state.moves import Move
from tests.commands.test_tenants import Tenants


@pytest.mark.parametrize("way", ["map", "path"])
def test_its_tables_are_those_of_the_last_tenant(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tenants = Tenants(tmp_path, new_database("postgresql"), way)
    with tenants.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE decoy (id INTEGER)")
        for name in tenants.names:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    tenants.write("a1", None, "    op.create_table('item', sa.Column('id', sa.Integer, primary_key=True))")
    tenants.write("b2", "a1", "    op.add_column('item', sa.Column('n', sa.Integer))")
    model = Model(tenants.project)
    model.refresh()
    assert (model.heads, model.url, model.databases) == ((), tenants.place("beta"), 2)
    assert model.go(Move((), "upgrade", "a1")) == "done"
    assert model.heads == ("a1",)
    assert [table.name for table in own_tables(model)] == ["item"]
    assert [(change.name, change.kind) for change in own_changes(model)] == [("item", "new")]
    tenants.set("tenants", "beta")
    commands.upgrade(tenants.project, "head")
    tenants.set("tenants", "acme,beta")
    model = Model(tenants.project)
    model.refresh()
    assert f"{tenants.place('acme')} at a1; {tenants.place('beta')} at b2" in str(model.error)
