"""CREATE TABLE is compiled by SQLAlchemy, with the compilers and listeners that a project has."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles, deregister
from sqlalchemy.schema import CreateColumn

from nbmigrate import operations as ops
from nbmigrate.dialects import Statement, statements
from nbmigrate.schema import table_of

DIALECT = sqlite.dialect()


def created() -> Statement:
    """Return the CREATE TABLE of a small table."""
    table = table_of("t", (sa.Column("id", sa.Integer, primary_key=True),), {})
    (statement,) = statements(ops.CreateTable(table), DIALECT)
    return statement


def test_a_compiler_of_the_projects_own_writes_its_part() -> None:
    @compiles(CreateColumn, "sqlite")
    def shout(element: CreateColumn, compiler: Any, **keywords: Any) -> str:
        return str(compiler.visit_create_column(element, **keywords)).upper()

    try:
        assert "ID INTEGER" in created().text
    finally:
        deregister(CreateColumn)
    assert "id INTEGER" in created().text


def test_a_listener_to_every_table_may_add_to_it() -> None:
    def add(table: sa.Table, _: sa.MetaData) -> None:
        table.append_column(sa.Column("added", sa.Integer))

    sa.event.listen(sa.Table, "after_parent_attach", add)
    try:
        assert "added INTEGER" in created().text
    finally:
        sa.event.remove(sa.Table, "after_parent_attach", add)


def test_schemas_put_in_when_it_runs_are_put_in() -> None:
    text = str(
        created().executable.compile(
            dialect=DIALECT, schema_translate_map={None: "other"}, render_schema_translate=True
        )
    )
    assert text.startswith("\nCREATE TABLE other.t (")
