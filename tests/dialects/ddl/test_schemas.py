"""Schemas that stand for others: every database's statements name the ones that they stand for."""

import re

import pytest
import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects import statements
from nbmigrate.dialects.ddl.schemas import actual_schema, translated_dialect
from nbmigrate.dialects.script.statements import script_dialect
from nbmigrate.operations import Operations, Recorder

URLS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")


def asked(dialect: str, schema: str | None) -> tuple[ops.Operation, ...]:
    """Return every kind of operation on a table, as far as the database has a statement for it."""
    recorder = Recorder()
    op = Operations(recorder)
    number = sa.Integer()
    op.create_table("t", sa.Column("id", number, primary_key=True), sa.Column("n", number), schema=schema)
    op.add_column("t", sa.Column("more", number), schema=schema)
    op.create_index("ix", "t", ["n"], schema=schema)
    op.drop_index("ix", "t", schema=schema)
    op.rename_table("t", "u", schema=schema)
    op.alter_column("u", "n", new_column_name="m", existing_type=number, schema=schema)
    op.drop_column("u", "more", schema=schema, mssql_drop_default=True, mssql_drop_check=True)
    if dialect != "sqlite":
        op.alter_column("u", "m", nullable=False, existing_type=number, schema=schema)
        op.alter_column(
            "u", "m", type_=sa.BigInteger(), existing_type=number, existing_nullable=True, schema=schema
        )
        op.alter_column(
            "u", "m", server_default="1", existing_server_default="2", existing_type=number, schema=schema
        )
        op.alter_column("u", "m", comment="what", existing_type=number, schema=schema)
        op.create_table_comment("u", "what", schema=schema)
        op.create_unique_constraint("uq", "u", ["m"], schema=schema)
        op.create_foreign_key("fk", "u", "t", ["m"], ["id"], source_schema=schema, referent_schema=schema)
        op.drop_constraint("uq", "u", type_="unique", schema=schema)
    op.bulk_insert(sa.Table("u", sa.MetaData(), sa.Column("id", number), schema=schema), [{"id": 1}])
    op.execute(sa.Table("u", sa.MetaData(), sa.Column("id", number), schema=schema).delete())
    op.drop_table("u", schema=schema)
    return tuple(recorder.operations)


@pytest.mark.parametrize("schema", [None, "tenant"])
@pytest.mark.parametrize("dialect", URLS)
def test_every_statement_names_the_schema_that_is_meant(dialect: str, schema: str | None) -> None:
    plain = script_dialect(name=dialect)
    mapped = translated_dialect(plain, {schema: 'Ac"me'})
    assert (actual_schema(mapped, schema), actual_schema(mapped, "other")) == ('Ac"me', "other")
    assert actual_schema(plain, schema) == schema
    for operation, meant in zip(asked(dialect, schema), asked(dialect, 'Ac"me'), strict=True):
        found = [statement.text for statement in statements(operation, mapped)]
        assert found == [statement.text for statement in statements(meant, plain)]
        assert all(re.search(r"Ac.+me", text) for text in found)


def test_a_schema_that_stands_for_the_default_one() -> None:
    dialect = script_dialect(name="postgresql")
    dialect.default_schema_name = "public"
    mapped = translated_dialect(dialect, {"tenant": None})
    (statement,) = statements(ops.DropTable("t", schema="tenant"), mapped)
    assert statement.text == "DROP TABLE public.t"


def test_types_are_where_their_tables_are() -> None:
    """Also where a column is given another type."""
    mapped = translated_dialect(script_dialect(name="postgresql"), {None: "acme"})
    recorder = Recorder()
    Operations(recorder).alter_column("t", "n", type_=sa.Enum("a", name="kind"))
    texts = [statement.text for statement in statements(recorder.operations[0], mapped)]
    assert "CREATE TYPE acme.kind AS ENUM ('a')" in texts[0]
    assert texts[1].startswith("ALTER TABLE acme.t ALTER COLUMN n TYPE acme.kind")
