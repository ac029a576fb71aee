"""Each case as SQL for each dialect, compared whole with a file; then executed, where there is such a database.

    NBMIGRATE_TEST_WRITE_GOLDEN=1 pytest tests/dialects/test_golden.py      # writes the files anew: read the diff

A case that a dialect cannot do has the error as its file. For SQLite and DuckDB, what is there before is in a
database in memory, so that their files show what a run sends; the others are as offline SQL has them.
"""

import datetime
import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.engine.default import DefaultDialect

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.dialects import statements
from nbmigrate.errors import OperationError
from nbmigrate.operations import Operation, Operations, Recorder

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("NBMIGRATE_TEST_WRITE_GOLDEN") == "1"
DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": make_url("sqlite://").get_dialect()(),
    "postgresql": make_url("postgresql+psycopg://").get_dialect()(),
    "mysql": make_url("mysql+pymysql://").get_dialect()(),
    "mariadb": make_url("mariadb+pymysql://").get_dialect()(),
    "duckdb": make_url("duckdb://").get_dialect()(),
    "default": DefaultDialect(),
}
#: Those whose files show what a run sends.
IN_MEMORY = {"sqlite", "duckdb"}


@dataclass(frozen=True)
class Case:
    """`code` is what is compared; `before` is what must be there to execute it, in `schemas` besides the default one.

    `known` is False where a database is not asked even for these two: what offline SQL has. `part` says why a file is
    not all that is sent, and `refused`, by dialect, what the database itself says to a file that we cannot refuse.
    """

    code: str
    before: str = ""
    known: bool = True
    schemas: tuple[str, ...] = ()
    part: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


T = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('c', sa.String(20)))\n"
U = "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True))\n"
IN_SCHEMA = T.replace("String(20)))", "String(20)), schema='Sch')")
ROW = "op.execute(\"INSERT INTO t (id, c) VALUES (1, '12')\")\n"

CASES = {
    "create_table_tutorial": Case(
        "op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True),\n"
        "  sa.Column('firstname', sa.String(150), nullable=False),\n"
        "  sa.Column('lastname', sa.String(150), nullable=False), sa.Column('recentvisit', sa.DateTime))"
    ),
    "create_table_constraints": Case(
        "op.create_table('invoice', sa.Column('id', sa.BigInteger, sa.Identity(), nullable=False),\n"
        "  sa.Column('t_id', sa.Integer, sa.ForeignKey('t.id', ondelete='CASCADE')),\n"
        "  sa.Column('other', sa.Integer, index=True), sa.Column('number', sa.String(10), unique=True),\n"
        "  sa.Column('amount', sa.Numeric(10, 2), sa.CheckConstraint('amount > 0'), server_default=sa.text('1')),\n"
        "  sa.Column('part', sa.String(20), server_default='50%'),\n"
        "  sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice')),\n"
        "  sa.ForeignKeyConstraint(['other'], ['t.id'], name='fk_other', onupdate='CASCADE'),\n"
        "  sa.UniqueConstraint('other', 'part', name='uq_other'),\n"
        "  sa.CheckConstraint(\"part LIKE '%0%'\", name='ck_part'), sa.Index('ix_both', 'part', 'number'))",
        T,
    ),
    "create_table_types": Case(
        "op.create_table('many', sa.Column('a', sa.Enum('x', 'y', name='mood')), sa.Column('b', sa.Boolean),\n"
        "  sa.Column('d', sa.Date, server_default=sa.func.current_date()),\n"
        "  sa.Column('e', sa.LargeBinary), sa.Column('f', sa.JSON),\n"
        "  sa.Column('h', sa.Double), sa.Column('i', sa.Enum('x', 'y', name='mood')), sa.Column('j', sa.Text))",
    ),
    "create_table_type_checks": Case(
        "op.create_table('many', sa.Column('b', sa.Boolean(create_constraint=True, name='ck_b')),\n"
        "  sa.Column('e', sa.Enum('x', 'y', name='ck_e', create_constraint=True, native_enum=False)))"
    ),
    "create_table_comments": Case(
        "op.create_table('said', sa.Column('id', sa.Integer, comment=\"50% o'clock\"), comment='a table')"
    ),
    "create_table_if_not_exists": Case(
        "op.create_table('t', sa.Column('id', sa.Integer, index=True), if_not_exists=True)",
        "op.create_table('t', sa.Column('id', sa.Integer, index=True))",
    ),
    "create_table_schema": Case(
        "op.create_table('Order', sa.Column('select', sa.Integer, sa.ForeignKey('Sch.Order.id'), index=True),\n"
        "  sa.Column('id', sa.Integer, primary_key=True), schema='Sch')",
        schemas=("Sch",),
    ),
    "create_table_dialect_keywords": Case(
        "op.create_table('kept', sa.Column('id', sa.Integer, primary_key=True), mysql_engine='InnoDB',\n"
        "  mariadb_engine='InnoDB', sqlite_autoincrement=True, postgresql_on_commit='DROP',\n"
        "  prefixes=['TEMPORARY'])"
    ),
    "create_table_computed": Case(
        "op.create_table('sums', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer,\n"
        "  sa.Computed('a + 1', persisted=True)))"
    ),
    "drop_table": Case("op.drop_table('t')", T),
    "drop_table_if_exists": Case("op.drop_table('missing', if_exists=True)"),
    "rename_table": Case("op.rename_table('t', 'New name')", T),
    "rename_table_schema": Case("op.rename_table('t', 'new', schema='Sch')", IN_SCHEMA, schemas=("Sch",)),
    "create_table_comment": Case("op.create_table_comment('t', \"it's\")", T),
    "drop_table_comment": Case("op.drop_table_comment('t')", T),
    "add_column": Case("op.add_column('t', sa.Column('email', sa.String(100), server_default=''))", T),
    "add_column_not_null": Case(
        "op.add_column('t', sa.Column('n', sa.Integer, nullable=False, server_default=sa.text('0')))", T + ROW
    ),
    "add_column_foreign_key": Case(
        "op.add_column('t', sa.Column('u_id', sa.Integer, sa.ForeignKey('u.id', name='fk_u', ondelete='CASCADE'),\n"
        "  index=True, comment='which'))",
        U + T + ROW,
    ),
    "add_column_inline_references": Case(
        "op.add_column('t', sa.Column('u_id', sa.Integer, sa.ForeignKey('u.id')), inline_references=True)",
        U + T,
    ),
    "add_column_unique": Case("op.add_column('t', sa.Column('x', sa.Integer, unique=True))", T),
    "add_column_check": Case(
        "op.add_column('t', sa.Column('x', sa.Integer, sa.CheckConstraint('x > 5', name='ck_x')))", T + ROW
    ),
    "add_column_type_check": Case(
        "op.add_column('t', sa.Column('b', sa.Boolean(create_constraint=True, name='ck_b'), nullable=False,\n"
        "  server_default=sa.false()))",
        T + ROW,
    ),
    "add_column_if_not_exists": Case(
        "op.add_column('t', sa.Column('c', sa.String(20)), if_not_exists=True)", T
    ),
    "add_column_primary_key": Case(
        "op.add_column('t', sa.Column('id', sa.Integer, primary_key=True), inline_primary_key=True)",
        "op.create_table('t', sa.Column('c', sa.Integer))",
    ),
    "drop_column": Case("op.drop_column('t', 'c')", T + ROW),
    "drop_column_if_exists": Case("op.drop_column('t', 'missing', if_exists=True)", T),
    "alter_column_name": Case(
        "op.alter_column('t', 'c', new_column_name='C d', existing_type=sa.String(20))", T + ROW
    ),
    "alter_column_nullable": Case(
        "op.alter_column('t', 'c', nullable=False, existing_type=sa.String(20), existing_server_default='q',\n"
        "  existing_comment='kept')",
        T + ROW,
    ),
    "alter_column_type": Case(
        "op.alter_column('t', 'c', type_=sa.Integer, existing_type=sa.String(20), existing_nullable=True,\n"
        "  postgresql_using='c::integer')",
        T + ROW,
    ),
    "alter_column_default": Case("op.alter_column('t', 'c', server_default='x')", T + ROW),
    "alter_column_default_expression": Case(
        "op.alter_column('t', 'd', server_default=sa.func.now(), existing_type=sa.DateTime)",
        "op.create_table('t', sa.Column('d', sa.DateTime))",
    ),
    "alter_column_no_default": Case("op.alter_column('t', 'c', server_default=None)", T),
    "alter_column_comment": Case(
        "op.alter_column('t', 'c', comment='100%', existing_type=sa.String(20))", T + ROW
    ),
    "alter_column_everything": Case(
        "op.alter_column('t', 'c', type_=sa.String(30), nullable=False, server_default='5', comment='q',\n"
        "  new_column_name='d', existing_type=sa.String(20))",
        T + ROW,
    ),
    "alter_column_type_check": Case(
        "op.alter_column('t', 'b', type_=sa.Boolean(create_constraint=True, name='ck_new'),\n"
        "  existing_type=sa.Boolean(create_constraint=True, name='ck_old'))",
        "op.create_table('t', sa.Column('b', sa.Boolean(create_constraint=True, name='ck_old')))",
    ),
    "alter_column_identity": Case(
        "op.alter_column('t', 'id', server_default=sa.Identity(always=True, start=4), existing_type=sa.Integer)",
        "op.create_table('t', sa.Column('id', sa.Integer, nullable=False))",
    ),
    "alter_column_identity_options": Case(
        "op.alter_column('t', 'id', server_default=sa.Identity(always=True, increment=5),\n"
        "  existing_server_default=sa.Identity(increment=3), existing_type=sa.Integer)",
        "op.create_table('t', sa.Column('id', sa.Integer, sa.Identity(increment=3)))",
    ),
    "alter_column_no_identity": Case(
        "op.alter_column('t', 'id', server_default='7', existing_server_default=sa.Identity(),\n"
        "  existing_type=sa.Integer)",
        "op.create_table('t', sa.Column('id', sa.Integer, sa.Identity()))",
    ),
    "alter_column_computed": Case(
        "op.alter_column('t', 'c', server_default=sa.Computed('id + 1'), existing_type=sa.Integer)", T
    ),
    "alter_column_autoincrement": Case(
        "op.alter_column('t', 'id', autoincrement=True, existing_type=sa.Integer, existing_nullable=False)", T
    ),
    "add_column_place": Case(
        "op.add_column('t', sa.Column('x', sa.Integer, server_default='5'), insert_after='id')", T + ROW
    ),
    "add_column_place_before": Case(
        "op.add_column('t', sa.Column('x', sa.Integer), insert_before='id')", T + ROW
    ),
    "add_column_enum": Case(
        "op.add_column('t', sa.Column('m', sa.Enum('x', \"it's\", name='mood')))", T + ROW
    ),
    "alter_column_enum": Case(
        "op.alter_column('t', 'c', type_=sa.Enum('12', 'y', name='mood'), existing_type=sa.String(20),\n"
        "  postgresql_using='c::mood')",
        T + ROW,
    ),
    "alter_column_place": Case(
        "op.alter_column('t', 'c', existing_type=sa.String(20), insert_before='id')", T + ROW
    ),
    "batch": Case(
        "with op.batch_alter_table('t') as batch_op:\n"
        "  batch_op.add_column(sa.Column('n', sa.Integer, nullable=False, server_default='3'))\n"
        "  batch_op.alter_column('c', new_column_name='name', nullable=False, existing_type=sa.String(20))\n"
        "  batch_op.create_foreign_key('fk_n', 'u', ['n'], ['id'], ondelete='CASCADE')\n"
        "  batch_op.create_unique_constraint('uq_n', ['n', 'name'])\n"
        "  batch_op.create_check_constraint('ck_n', 'n > 0')\n"
        "  batch_op.create_index('ix_n', ['n'])\n",
        U + "op.execute('INSERT INTO u (id) VALUES (3)')\n" + T + ROW,
    ),
    "batch_of_native_changes": Case(
        "with op.batch_alter_table('t') as batch_op:\n"
        "  batch_op.add_column(sa.Column('n', sa.Integer))\n"
        "  batch_op.alter_column('c', new_column_name='d', existing_type=sa.String(20))\n"
        "  batch_op.create_index('ix_n', ['n'])\n",
        T + ROW,
    ),
    "batch_always": Case("with op.batch_alter_table('t', recreate='always'): pass", T + ROW),
    "batch_never": Case(
        "with op.batch_alter_table('t', recreate='never') as batch_op:\n"
        "  batch_op.create_unique_constraint('uq_c', ['c'])",
        T + ROW,
    ),
    "batch_places": Case(
        "with op.batch_alter_table('t', copy_from=sa.Table('t', sa.MetaData(),\n"
        "    sa.Column('id', sa.Integer, primary_key=True), sa.Column('c', sa.String(20)))) as batch_op:\n"
        "  batch_op.add_column(sa.Column('n', sa.Integer), insert_before='c')\n"
        "  batch_op.alter_column('c', insert_before='id', existing_type=sa.String(20))",
        T + ROW,
    ),
    "batch_reordering": Case(
        "with op.batch_alter_table('t', recreate='always', partial_reordering=[('c', 'id')]): pass",
        T + ROW,
    ),
    "batch_table_args": Case(
        "with op.batch_alter_table('t', recreate='always',\n"
        "    table_args=[sa.CheckConstraint('c IS NOT NULL', name='ck')],\n"
        "    table_kwargs={'sqlite_autoincrement': True}): pass",
        T + ROW,
    ),
    "batch_always_copy_from": Case(
        "with op.batch_alter_table('t', recreate='always', copy_from=sa.Table('t', sa.MetaData(),\n"
        "    sa.Column('id', sa.Integer, primary_key=True), sa.Column('c', sa.String(20)),\n"
        "    sa.UniqueConstraint('c', name='uq_c'), sa.Index('ix_c', 'c'))) as batch_op:\n"
        "  batch_op.add_column(sa.Column('n', sa.Integer, comment='n'), insert_after='id')\n",
        T + "op.create_unique_constraint('uq_c', 't', ['c'])\nop.create_index('ix_c', 't', ['c'])\n" + ROW,
    ),
    "batch_copy_from": Case(
        "with op.batch_alter_table('t', copy_from=sa.Table('t', sa.MetaData(),\n"
        "    sa.Column('id', sa.Integer, primary_key=True), sa.Column('c', sa.String(20)),\n"
        "    sa.UniqueConstraint('c', name='uq_c'), sa.Index('ix_c', 'c'))) as batch_op:\n"
        "  batch_op.drop_constraint('uq_c', type_='unique')\n"
        "  batch_op.alter_column('c', nullable=False, existing_type=sa.String(20))",
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('c', sa.String(20)),\n"
        "  sa.UniqueConstraint('c', name='uq_c'), sa.Index('ix_c', 'c'))\n" + ROW,
        known=False,
    ),
    "batch_copy_from_tells": Case(
        "with op.batch_alter_table('t', copy_from=sa.Table('t', sa.MetaData(),\n"
        "    sa.Column('id', sa.Integer, primary_key=True),\n"
        "    sa.Column('c', sa.String(20), server_default='q', comment='50%'))) as batch_op:\n"
        "  batch_op.alter_column('c', new_column_name='d', nullable=False)\n"
        "  batch_op.alter_column('d', type_=sa.String(30))",
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True),\n"
        "  sa.Column('c', sa.String(20), server_default='q', comment='50%'))\n" + ROW,
        known=False,
    ),
    "batch_unknown_table": Case(
        "with op.batch_alter_table('t') as batch_op: batch_op.alter_column('c', nullable=False)\n",
        T,
        known=False,
    ),
    "batch_unnamed_constraint": Case(
        "with op.batch_alter_table('t', naming_convention={'uq': 'uq_%(table_name)s_%(column_0_name)s'}) as batch_op:\n"
        "  batch_op.drop_constraint('uq_t_c', type_='unique')",
        "op.create_table('t', sa.Column('c', sa.Integer),\n"
        "  sa.UniqueConstraint('c', name=None if op.dialect == 'sqlite' else 'uq_t_c'))\n",
    ),
    "create_index": Case("op.create_index('ix_c', 't', ['c'], unique=True)", T),
    "create_index_expressions": Case(
        "op.create_index('ix_c', 't', ['id', sa.column('c').desc()], if_not_exists=True,\n"
        "  postgresql_where=sa.text('id > 5'), sqlite_where=sa.text('id > 5'))",
        T,
    ),
    "create_index_length": Case("op.create_index('ix_c', 't', ['c'], mysql_length=5, mariadb_length=5)", T),
    "create_index_function": Case(
        "op.create_index('ix_c', 't', [sa.text('lower(c)')])",
        T,
        refused={"mariadb": "You have an error in your SQL syntax"},
    ),
    "create_index_postgresql": Case(
        "op.create_index('ix_c', 't', ['c'], postgresql_using='btree', postgresql_include=['id'],\n"
        "  postgresql_ops={'c': 'varchar_pattern_ops'}, postgresql_concurrently=True)",
        T,
    ),
    "create_index_unnamed": Case("op.create_index(None, 't', ['c'])", T),
    "drop_index": Case("op.drop_index('ix_c', 't')", T + "op.create_index('ix_c', 't', ['c'])"),
    "drop_index_no_table": Case("op.drop_index('ix_c')", T + "op.create_index('ix_c', 't', ['c'])"),
    "drop_index_schema": Case(
        "op.drop_index('ix_c', 't', schema='Sch', if_exists=True)",
        IN_SCHEMA + "op.create_index('ix_c', 't', ['c'], schema='Sch')",
        schemas=("Sch",),
    ),
    "create_primary_key": Case(
        "op.create_primary_key('pk_t', 't', ['a', 'b'])",
        "op.create_table('t', sa.Column('a', sa.Integer, nullable=False), sa.Column('b', sa.Integer, nullable=False))",
    ),
    "create_unique_constraint": Case("op.create_unique_constraint('uq_c', 't', ['c'])", T),
    "create_unique_constraint_options": Case(
        "op.create_unique_constraint(None, 't', ['c'], deferrable=True, initially='DEFERRED',\n"
        "  postgresql_nulls_not_distinct=True)",
        T,
    ),
    "create_check_constraint": Case(
        "op.create_check_constraint('ck_c', 't', sa.func.length(sa.column('c')) > 1)", T
    ),
    "create_check_constraint_text": Case("op.create_check_constraint('ck_c', 't', \"c LIKE '%2'\")", T),
    "create_foreign_key": Case(
        "op.create_foreign_key('fk_t', 't', 'u', ['id'], ['id'], onupdate='CASCADE', ondelete='CASCADE')",
        U + T,
    ),
    "create_foreign_key_schemas": Case(
        "op.create_foreign_key('fk', 't', 'u', ['id'], ['id'], source_schema='Sch', referent_schema='Other')",
        IN_SCHEMA + "op.create_table('u', sa.Column('id', sa.Integer, primary_key=True), schema='Other')",
        schemas=("Sch", "Other"),
    ),
    "create_foreign_key_deferred": Case(
        "op.create_foreign_key('fk', 't', 'u', ['a', 'b'], ['x', 'y'], deferrable=True, initially='DEFERRED')",
        "op.create_table('u', sa.Column('x', sa.Integer), sa.Column('y', sa.Integer),\n"
        "  sa.PrimaryKeyConstraint('x', 'y'))\n"
        "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('b', sa.Integer))",
    ),
    "create_foreign_key_names_with_points": Case(
        "op.create_foreign_key('fk', 'a.b', 'c.d', ['e.f'], ['g.h'])\n"
        "with op.batch_alter_table('a.b') as batch_op:\n"
        "  batch_op.create_foreign_key('fk2', 'a.b', ['e.f'], ['i.j'])",
        "op.create_table('c.d', sa.Column('g.h', sa.Integer, primary_key=True))\n"
        "op.create_table('a.b', sa.Column('e.f', sa.Integer), sa.Column('i.j', sa.Integer, primary_key=True))",
    ),
    "create_foreign_key_same_table": Case("op.create_foreign_key(None, 't', 't', ['id'], ['id'])", T),
    "create_exclude_constraint": Case(
        "op.create_exclude_constraint('ex', 'stay', ('period', '&&'), where=sa.text(\"period <> 'empty'\"))",
        "op.execute('CREATE TABLE stay (period ' + ('int4range' if op.dialect == 'postgresql' else 'int') + ')')",
    ),
    "drop_constraint_unique": Case(
        "op.drop_constraint('uq_c', 't', type_='unique')",
        "op.create_table('t', sa.Column('c', sa.Integer), sa.UniqueConstraint('c', name='uq_c'))",
    ),
    "drop_constraint_foreign_key": Case(
        "op.drop_constraint('fk_u', 't', type_='foreignkey')",
        U + "op.create_table('t', sa.Column('c', sa.Integer, sa.ForeignKey('u.id', name='fk_u')))",
    ),
    "drop_constraint_primary": Case(
        "op.drop_constraint('t_pkey', 't', type_='primary')",
        "op.create_table('t', sa.Column('c', sa.Integer, autoincrement=False),\n"
        "  sa.PrimaryKeyConstraint('c', name='t_pkey'))",
    ),
    "drop_constraint_check": Case(
        "op.drop_constraint('ck_c', 't', type_='check')",
        "op.create_table('t', sa.Column('c', sa.Integer), sa.CheckConstraint('c > 1', name='ck_c'))",
    ),
    "drop_constraint_any": Case(
        "op.drop_constraint('uq_c', 't', if_exists=True)",
        "op.create_table('t', sa.Column('c', sa.Integer), sa.UniqueConstraint('c', name='uq_c'))",
    ),
    "drop_constraint_unnamed": Case(
        "op.drop_constraint(None, 't', type_='unique')",
        "op.create_table('t', sa.Column('c', sa.Integer), sa.Column('d', sa.Integer, sa.CheckConstraint('d > 0',\n"
        "  name='ck')), sa.UniqueConstraint('c'))",
    ),
    "execute_text": Case(
        "op.execute('''\n    UPDATE t\n       SET c = 'x\\\\:y 100%'\n     WHERE id = 1;\n''')", T + ROW
    ),
    "execute_update": Case(
        "op.execute(sa.table('t', sa.column('id', sa.Integer), sa.column('c')).update()\n"
        "  .where(sa.column('id') == op.inline_literal(1)).values(c=\"50% o'clock :no\"))",
        T + ROW,
    ),
    "execute_ddl": Case("op.execute(sa.DDL('CREATE VIEW v AS SELECT id FROM t'))", T),
    "bulk_insert": Case(
        "op.bulk_insert(op.create_table('p', sa.Column('id', sa.Integer, primary_key=True),\n"
        "  sa.Column('name', sa.String(50)), sa.Column('born', sa.Date), sa.Column('data', sa.LargeBinary)),\n"
        "  [{'id': 1, 'name': \"O'Hara 100%\", 'born': datetime.date(1906, 12, 9), 'data': b'\\x00\\xff'},\n"
        "   {'id': 2, 'name': 'Ada :x', 'born': None, 'data': None}])"
    ),
    "bulk_insert_many": Case(
        "op.bulk_insert(sa.table('t', sa.column('id', sa.Integer), sa.column('c', sa.String)),\n"
        "  [{'id': n, 'c': str(n)} for n in range(10, 33)])",
        T,
        part="twenty of the rows",
    ),
    "bulk_insert_one_by_one": Case(
        "op.bulk_insert(sa.table('t', sa.column('id', sa.Integer), sa.column('c', sa.String)),\n"
        "  [{'id': 7, 'c': 'a'}, {'id': 8, 'c': 'b'}], multiinsert=False)",
        T,
    ),
    "bulk_insert_different_columns": Case(
        "op.bulk_insert(sa.table('t', sa.column('id', sa.Integer), sa.column('c', sa.String)),\n"
        "  [{'id': 7, 'c': 'a'}, {'id': 8}, {'id': 9, 'c': op.inline_literal('x')}])",
        T,
    ),
}


class Directives(Operations):
    """`op` for a case, which knows what database it is for."""

    def __init__(self, recorder: Recorder, dialect: sa.Dialect) -> None:
        super().__init__(recorder)
        self.dialect = dialect.name


def record(code: str, dialect: sa.Dialect) -> list[Operation]:
    recorder = Recorder()
    names = {"op": Directives(recorder, dialect), "sa": sa, "datetime": datetime}
    exec(code, names | {"postgresql": postgresql, "mysql": mysql})
    return recorder.operations


def execute(connection: sa.Connection, code: str) -> None:
    for operation in record(code, connection.dialect):
        for statement in statements(operation, connection.dialect, read_stored(connection, operation)):
            connection.execute(statement.executable, statement.parameters)


def sql(case: Case, dialect: sa.Dialect, connection: sa.Connection | None = None) -> str:
    """Return what is sent for a case, each operation of it executed before the next where there is a database."""
    texts = []
    try:
        for operation in record(case.code, dialect):
            known = read_stored(connection, operation) if connection is not None and case.known else None
            found = statements(operation, dialect, known)
            texts += [statement.text for statement in found]
            if connection is not None:
                for statement in found:
                    connection.execute(statement.executable, statement.parameters)
    except OperationError as error:
        texts = [f"-- {line}" for line in f"{type(error).__name__}: {error}".split("\n")]
        return "\n".join(texts) + "\n"
    return "".join(f"{text};\n" for text in texts)


SCHEMAS = {
    "sqlite": ("ATTACH ':memory:' AS {}", "DETACH {}"),
    "postgresql": ("CREATE SCHEMA {}", "DROP SCHEMA {} CASCADE"),
    "mysql": ("CREATE DATABASE {}", "DROP DATABASE {}"),
    "duckdb": ("CREATE SCHEMA {}", "DROP SCHEMA {} CASCADE"),
}


@contextmanager
def schemas(connection: sa.Connection, case: Case, *, named: bool = False) -> Iterator[Callable[[str], str]]:
    """Make the schemas of a case; yield what puts their names, which nobody else on the server has, into a text."""
    make, drop = SCHEMAS[connection.dialect.name]
    names = {name: name if named else f"nbm_{uuid.uuid4().hex[:12]}" for name in case.schemas}
    quote = connection.dialect.identifier_preparer.quote
    for name in names.values():
        connection.exec_driver_sql(make.format(quote(name)))
    yield lambda text: re.sub("|".join(names) or "$.", lambda found: names[found[0]], text)
    if connection.dialect.name in ("postgresql", "mysql"):
        for name in names.values():
            connection.exec_driver_sql(drop.format(quote(name)))


def golden(dialect: str, case: str) -> str:
    path = GOLDEN / dialect / f"{case}.sql"
    # That of a new case is about to be written.
    return "" if WRITE and not path.exists() else path.read_text(encoding="utf-8")


def is_refused(dialect: str, case: str) -> bool:
    return golden(dialect, case).partition(":")[0].endswith("Error")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_sql(dialect: str, case: str, request: pytest.FixtureRequest) -> None:
    chosen = CASES[case]
    if dialect in IN_MEMORY:
        there: sa.Connection = request.getfixturevalue(dialect)
        with schemas(there, chosen, named=True):
            execute(there, chosen.before)
            made = sql(chosen, DIALECTS[dialect], there)
    else:
        made = sql(chosen, DIALECTS[dialect])
    if WRITE:
        path = GOLDEN / dialect / f"{case}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == golden(dialect, case)


def test_every_file_has_its_case() -> None:
    wanted = {GOLDEN / dialect / f"{case}.sql" for dialect in DIALECTS for case in CASES}
    assert set(GOLDEN.rglob("*.sql")) == wanted


ON_SERVERS = pytest.mark.parametrize(
    "connection", ["sqlite", "duckdb", "postgresql", "mariadb"], indirect=True
)


@pytest.mark.parametrize("case", CASES)
@ON_SERVERS
def test_database_takes_it(connection: sa.Connection, case: str) -> None:
    """The database executes it; what it cannot is refused by us, before anything is sent."""
    name, chosen = connection.dialect.name.replace("mysql", "mariadb"), CASES[case]
    with schemas(connection, chosen) as named:
        execute(connection, named(chosen.before))
        try:
            execute(connection, named(chosen.code))
        except OperationError:
            assert is_refused(name, case)
        except sa.exc.DBAPIError as error:
            assert chosen.refused[name] in str(error.orig)
        else:
            assert name not in chosen.refused


@pytest.mark.parametrize("case", CASES)
@ON_SERVERS
def test_text_is_what_is_executed(connection: sa.Connection, case: str) -> None:
    """The text that is shown, sent to the driver as it is, is taken by the database as well."""
    chosen = CASES[case]
    if connection.dialect.name.replace("mysql", "mariadb") in chosen.refused:
        return
    with schemas(connection, chosen) as named:
        execute(connection, named(chosen.before))
        for operation in record(named(chosen.code), connection.dialect):
            try:
                found = statements(operation, connection.dialect, read_stored(connection, operation))
            except OperationError:
                return
            cursor = connection.connection.cursor()
            for statement in found:
                cursor.execute(statement.text)
            cursor.close()


RUNNABLE = [
    pytest.param(dialect, case, id=f"{dialect}-{case}")
    for dialect in ("sqlite", "duckdb", "postgresql", "mariadb")
    for case, chosen in CASES.items()
    if not (chosen.part or dialect in chosen.refused or is_refused(dialect, case))
]
#: What a shell says first, to be where the test's tables are.
WHERE = {"postgresql": "SET search_path TO {}, public;\n", "mariadb": "USE {};\n"}


@pytest.mark.parametrize(("connection", "case"), RUNNABLE, indirect=["connection"])
def test_file_runs(
    connection: sa.Connection,
    case: str,
    server_url: Callable[[str], sa.URL],
    run_script: Callable[[str, str], None],
    tmp_path: Path,
) -> None:
    """The shell of the database takes the file as it is, with what the case needs before it; DuckDB takes it itself."""
    dialect, chosen = connection.dialect.name.replace("mysql", "mariadb"), CASES[case]
    with schemas(connection, chosen) as named:
        execute(connection, named(chosen.before))
        script = named(golden(dialect, case))
        if dialect == "duckdb":
            connection.exec_driver_sql(script)
        elif dialect == "sqlite":
            url = f"sqlite:///{tmp_path / 'main.db'}"
            begin = "".join(
                f"ATTACH '{attached(connection, name, tmp_path)}' AS {name};\n"
                for name in map(named, chosen.schemas)
            )
            attached(connection, "main", tmp_path)
            run_script(url, begin + script)
        else:
            where = WHERE[dialect].format(connection.dialect.default_schema_name)
            run_script(server_url(dialect).render_as_string(hide_password=False), where + script)


def attached(connection: sa.Connection, name: str, folder: Path) -> Path:
    """Write a database that is in memory to a file."""
    path = folder / f"{name}.db"
    connection.commit()
    connection.exec_driver_sql(f"VACUUM {name} INTO '{path}'")
    return path
