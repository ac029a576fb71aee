"""The same code run by alembic, in its own environment, and by us: the same schemas, and the same rows.

Each case runs on two databases of a kind that are alike before it, once without rows and once with. What PostgreSQL's
own `pg_dump` and MariaDB's SHOW CREATE TABLE tell afterwards is compared whole; for SQLite what SQLAlchemy reflects,
since the text of a table that alembic makes anew is another one. Where ours keeps more, LOST names it.
"""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import History
from tests.dialects.postgresql_tables import dumped

PEER = Path(__file__).with_name("alembic_peer.py")
Alembic = Callable[..., str]
#: One server for each; the databases on it are emptied between cases.
KINDS = ("sqlite", "postgresql", "mariadb")

TABLES = sa.MetaData()
U = sa.Table("u", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
T = sa.Table(
    "t",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("a", sa.String(20)),
    sa.Column("b", sa.Integer, nullable=False, server_default="5"),
    sa.Column("d", sa.DateTime),
    sa.Column("u_id", sa.Integer),
    sa.ForeignKeyConstraint(["u_id"], ["u.id"], name="fk_t_u", ondelete="CASCADE"),
    sa.UniqueConstraint("a", name="uq_t_a"),
    sa.CheckConstraint("b > 0", name="ck_t_b"),
    sa.Index("ix_t_b", "b"),
)
ROWS = (
    "INSERT INTO u (id, name) VALUES (1, 'x'), (2, 'it''s')",
    "INSERT INTO t (id, a, b, d, u_id) VALUES (1, '10', 5, '2020-01-01 00:00:00', 1), (2, '20', 7, NULL, 2)",
    "INSERT INTO t (id, a, b, d, u_id) VALUES (9, '30', 9, NULL, NULL)",
)
OF_A = "existing_type=sa.String(20), existing_nullable=True"
OF_B = "existing_type=sa.Integer(), existing_nullable=False, existing_server_default='5'"

#: Code for both; what begins with `b.` is inside of one batch on table t.
CASES = {
    "create table": "op.create_table('n', sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.String(5)))",
    "create table with constraints": "op.create_table('n', sa.Column('id', sa.BigInteger, autoincrement=False),\n"
    "  sa.Column('t_id', sa.Integer, sa.ForeignKey('t.id', name='fk_n', ondelete='SET NULL'), index=True),\n"
    "  sa.Column('x', sa.Numeric(10, 2), server_default=sa.text('1.5'), nullable=False),\n"
    "  sa.Column('y', sa.String(20), server_default=\"50%\"), sa.PrimaryKeyConstraint('id', name='pk_n'),\n"
    "  sa.UniqueConstraint('x', 'y', name='uq_n'), sa.CheckConstraint(\"y LIKE '%0%'\", name='ck_n'))",
    "create table with types": "op.create_table('n', sa.Column('a', sa.Boolean), sa.Column('b', sa.Date),\n"
    "  sa.Column('c', sa.Enum('x', 'y', name='mood')), sa.Column('d', sa.Enum('x', 'y', name='mood')),\n"
    "  sa.Column('e', sa.LargeBinary), sa.Column('f', sa.JSON), sa.Column('g', sa.Double), sa.Column('h', sa.Text),\n"
    "  sa.Column('i', sa.Interval), sa.Column('j', sa.Time), sa.Column('k', sa.Uuid))",
    "create table with comments": "op.create_table('n', sa.Column('a', sa.Integer, comment=\"it's\"), comment='50%')",
    "create table with computed": "op.create_table('n', sa.Column('a', sa.Integer),\n"
    "  sa.Column('b', sa.Integer, sa.Computed('a + 1', persisted=True)))",
    "create table that is there": "op.create_table('t', sa.Column('a', sa.Integer), if_not_exists=True)",
    "drop table": "op.drop_table('t')",
    "drop table that is not there": "op.drop_table('n', if_exists=True)",
    "names of many bytes": "op.create_table('ü' * 40, sa.Column('ä' * 40, sa.Integer),\n"
    "  sa.UniqueConstraint('ä' * 40, name='ö' * 40))\nop.create_index('ß' * 40, 'ü' * 40, ['ä' * 40])\n"
    "op.add_column('ü' * 40, sa.Column('x', sa.Integer))",
    "rename table": "op.rename_table('t', 'New name')",
    "rename table referred to": "op.rename_table('u', 'v')",
    "add column": "op.add_column('t', sa.Column('n', sa.String(9), server_default=\"it's\"))",
    "add column not null": "op.add_column('t', sa.Column('n', sa.Integer, nullable=False, server_default='3'))",
    "add column with index": "op.add_column('t', sa.Column('n', sa.Integer, index=True))",
    "add column with comment": "op.add_column('t', sa.Column('n', sa.Integer, comment='50%'))",
    "add column with key": "op.add_column('t', sa.Column('n', sa.Integer, sa.ForeignKey('u.id')),\n"
    "  inline_references=True)",
    "drop column": "op.drop_column('t', 'd')",
    "rename column": f"op.alter_column('t', 'a', new_column_name='A b', {OF_A})",
    "rename column with default": f"op.alter_column('t', 'b', new_column_name='c', {OF_B})",
    "create index": "op.create_index('ix_n', 't', ['a', 'b'], unique=True)",
    "create index descending": "op.create_index('ix_n', 't', [sa.text('a DESC'), 'b'])",
    "create partial index": "op.create_index('ix_n', 't', ['a'], postgresql_where=sa.text('b > 1'),\n"
    "  sqlite_where=sa.text('b > 1'))",
    "drop index": "op.drop_index('ix_t_b', 't')",
    "execute": "op.execute(\"UPDATE t SET a = 'x\\\\:y' WHERE id = 1\")",
    "execute update": "op.execute(sa.table('t', sa.column('b')).update().values(b=sa.text('b + 1')))",
    "bulk insert": "op.bulk_insert(sa.table('u', sa.column('id', sa.Integer), sa.column('name', sa.String)),\n"
    "  [{'id': 7, 'name': \"it's 50% :x\"}, {'id': 8, 'name': None}])",
    "bulk insert literals": "op.bulk_insert(sa.table('u', sa.column('id', sa.Integer), sa.column('name', sa.String)),\n"
    "  [{'id': 7, 'name': op.inline_literal('x')}], multiinsert=False)",
    "several": "op.add_column('t', sa.Column('n', sa.Integer))\nop.execute('UPDATE t SET n = b')\n"
    "op.create_index('ix_n', 't', ['n'])\nop.drop_column('t', 'd')\nop.rename_table('t', 'v')",
    # Plain changes, which alembic refuses on SQLite.
    "nullable": f"op.alter_column('t', 'a', nullable=False, {OF_A})",
    "type": f"op.alter_column('t', 'a', type_=sa.String(90), {OF_A})",
    "type with using": f"op.alter_column('t', 'a', type_=sa.Integer(), postgresql_using='a::integer', {OF_A})",
    "default": f"op.alter_column('t', 'a', server_default='x', {OF_A})",
    "no default": f"op.alter_column('t', 'b', server_default=None, {OF_B})",
    "primary key": "op.create_table('n', sa.Column('x', sa.Integer, nullable=False))\n"
    "op.create_primary_key('pk_n', 'n', ['x'])",
    "unique": "op.create_unique_constraint('uq_n', 't', ['b', 'd'])",
    "check": "op.create_check_constraint('ck_n', 't', 'b < 100')",
    "check of an expression": "op.create_check_constraint('ck_n', 't', sa.column('b') < 100)",
    "foreign key": "op.create_foreign_key('fk_n', 't', 'u', ['id'], ['id'], onupdate='CASCADE')\n",
    "drop unique": "op.drop_constraint('uq_t_a', 't', type_='unique')",
    "drop check": "op.drop_constraint('ck_t_b', 't', type_='check')",
    "drop foreign key": "op.drop_constraint('fk_t_u', 't', type_='foreignkey')",
    "table comment": "op.create_table_comment('t', \"it's 50%\")",
    "drop table comment": "op.drop_table_comment('t', existing_comment='x')",
    "column comment": f"op.alter_column('t', 'a', comment=\"it's 50%\", {OF_A})",
    # Batches.
    "batch: nullable": f"b.alter_column('a', nullable=False, {OF_A})",
    "batch: type": f"b.alter_column('a', type_=sa.String(90), {OF_A})",
    "batch: default": f"b.alter_column('a', server_default='x', {OF_A})",
    "batch: no default": f"b.alter_column('b', server_default=None, {OF_B})",
    "batch: name": f"b.alter_column('a', new_column_name='A b', {OF_A})",
    "batch: everything of a column": "b.alter_column('a', new_column_name='z', nullable=False, type_=sa.String(90),\n"
    f"  server_default='q', {OF_A})",
    "batch: add and drop": "b.add_column(sa.Column('n', sa.Integer, nullable=False, server_default='3'))\n"
    "b.drop_column('d')",
    "batch: drop column with its constraint": "b.drop_constraint('uq_t_a', type_='unique')\nb.drop_column('a')",
    "batch: unique": "b.create_unique_constraint('uq_n', ['b', 'd'])",
    "batch: check": "b.create_check_constraint('ck_n', 'b < 100')",
    "batch: foreign key": "b.create_foreign_key('fk_n', 'u', ['id'], ['id'], ondelete='CASCADE')",
    "batch: drop unique": "b.drop_constraint('uq_t_a', type_='unique')",
    "batch: drop check": "b.drop_constraint('ck_t_b', type_='check')",
    "batch: drop foreign key": "b.drop_constraint('fk_t_u', type_='foreignkey')",
    "batch: indexes": "b.create_index('ix_n', ['d'])\nb.drop_index('ix_t_b')",
    "batch: several": "b.add_column(sa.Column('n', sa.Integer))\nb.create_unique_constraint('uq_n', ['n', 'b'])\n"
    f"b.alter_column('a', nullable=False, {OF_A})\nb.drop_column('d')\nb.create_index('ix_n', ['n'])",
    "batch: nothing": "pass",
}
#: Batches that rebuild the table, on SQLite and on PostgreSQL.
MADE_ANEW = {
    "column before": "with op.batch_alter_table('t', recreate='always') as b:\n"
    "  b.add_column(sa.Column('n', sa.Integer), insert_before='b')",
    "column after": "with op.batch_alter_table('t', recreate='always') as b:\n"
    "  b.add_column(sa.Column('n', sa.Integer), insert_after='id')\n"
    "  b.add_column(sa.Column('m', sa.Integer), insert_after='n')",
    "reorder": "with op.batch_alter_table('t', recreate='always', partial_reordering=[('u_id', 'd', 'b')]) as b: pass",
    "reorder and add": "with op.batch_alter_table('t', recreate='always', partial_reordering=[('b', 'a')]) as b:\n"
    "  b.add_column(sa.Column('n', sa.Integer))",
    "always": "with op.batch_alter_table('t', recreate='always') as b: pass",
    "table args": "with op.batch_alter_table('t', recreate='always',\n"
    "  table_args=[sa.CheckConstraint('b < 100', name='ck_n'), sa.UniqueConstraint('d', 'b', name='uq_n')]): pass",
    "add columns of all kinds": "with op.batch_alter_table('t', recreate='always') as b:\n"
    "  b.add_column(sa.Column('n', sa.Numeric(9, 2), nullable=False, server_default='1.5'), insert_after='id')\n"
    "  b.add_column(sa.Column('m', sa.String(9), server_default=\"it's 50%\"), insert_before='d')\n"
    "  b.create_index('ix_n', ['n'], unique=False)",
    "always and several": "with op.batch_alter_table('t', recreate='always') as b:\n"
    "  b.drop_constraint('uq_t_a', type_='unique')\n  b.add_column(sa.Column('n', sa.Integer), insert_after='a')\n"
    f"  b.alter_column('b', nullable=True, server_default=None, {OF_B})\n"
    "  b.create_unique_constraint('uq_n', ['n'])\n  b.drop_column('d')\n  b.drop_index('ix_t_b')",
}
#: Options of batches that alembic has where it makes tables anew: on SQLite. Two are ours alone: a column is moved by
#: alter_column(insert_after=), where alembic leaves it, and reflect_args with a CHECK make it once, not twice.
ON_SQLITE = {
    **MADE_ANEW,
    "drop what has no name": "op.execute('CREATE TABLE n (x INTEGER, y INTEGER, UNIQUE (x))')\n"
    "with op.batch_alter_table('n', naming_convention={'uq': 'uq_%(table_name)s_%(column_0_name)s'}) as b:\n"
    "  b.drop_constraint('uq_n_x', type_='unique')",
    "names of a convention": "NAMELESS\n"
    "with op.batch_alter_table('n', naming_convention=CONVENTION) as b: b.alter_column('z', nullable=False)\n"
    "with op.batch_alter_table('n') as b:\n"
    "  b.drop_constraint('fk_n_y_u')\n  b.drop_constraint('uq_n_z')",
    "names of a convention by a dropped column": "NAMELESS\n"
    "with op.batch_alter_table('n', naming_convention=CONVENTION) as b: b.drop_column('w')\n"
    "op.execute('CREATE TABLE m (x INTEGER, w INTEGER, CHECK (x > 0))')\n"
    "with op.batch_alter_table('m', naming_convention={'ck': 'ck_%(table_name)s_%(column_0_name)s'}) as b:\n"
    "  b.drop_column('w')",
    "names of a convention by another name": "NAMELESS\n"
    "with op.batch_alter_table('n', naming_convention=CONVENTION) as b: b.alter_column('w', new_column_name='v')",
    "names of a convention are not given with a new column": "NAMELESS\n"
    "with op.batch_alter_table('n', naming_convention=CONVENTION) as b: b.add_column(sa.Column('m', sa.Integer))",
    "names of a convention are not given to copy_from": "NAMELESS\n"
    "with op.batch_alter_table('n', naming_convention=CONVENTION, copy_from=sa.Table('n', sa.MetaData(),\n"
    "    sa.Column('x', sa.Integer, primary_key=True), sa.Column('y', sa.Integer, sa.ForeignKey('u.id')),\n"
    "    sa.Column('z', sa.Integer, unique=True), sa.Column('w', sa.Integer))) as b:\n"
    "  b.alter_column('w', nullable=False)",
    "named foreign key of a new column": "with op.batch_alter_table('t') as b:\n"
    "  b.add_column(sa.Column('n', sa.Integer, sa.ForeignKey('u.id', name='fk_t_n', ondelete='SET NULL')))",
    "named foreign key of a new column that goes again": "with op.batch_alter_table('t') as b:\n"
    "  b.add_column(sa.Column('n', sa.Integer, sa.ForeignKey('u.id', name='fk_t_n')))\n"
    "with op.batch_alter_table('t') as b: b.drop_constraint('fk_t_n', type_='foreignkey')",
    "copy from": "with op.batch_alter_table('u', copy_from=sa.Table('u', sa.MetaData(),\n"
    "    sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))) as b:\n"
    "  b.alter_column('name', nullable=False, existing_type=sa.String(20))",
    "copy from: names of the CHECKs of types": "TYPED\n"
    "with op.batch_alter_table('n', copy_from=n) as b: b.alter_column('z', nullable=False)",
    "copy from: the CHECKs of types go with them": "TYPED\n"
    "with op.batch_alter_table('n', copy_from=n) as b:\n"
    "  b.alter_column('x', type_=sa.Integer())\n  b.alter_column('y', type_=sa.String(1), existing_type=n.c.y.type)\n"
    "  b.drop_column('w')",
    "primary key": "op.execute('CREATE TABLE n (x INTEGER NOT NULL, y INTEGER)')\n"
    "with op.batch_alter_table('n') as b: b.create_primary_key('pk_n', ['x'])",
    "boolean to integer": "flag = sa.Boolean(create_constraint=True, name='ck_x')\n"
    "op.create_table('n', sa.Column('x', flag))\n"
    "with op.batch_alter_table('n') as b: b.alter_column('x', type_=sa.Integer(), existing_type=flag)",
}
NAMELESS = (
    "op.execute('CREATE TABLE n (x INTEGER NOT NULL PRIMARY KEY, y INTEGER REFERENCES u (id), z INTEGER, '\n"
    "  'w INTEGER, UNIQUE (z))')"
)
TYPED = (
    "n = sa.Table('n', sa.MetaData(naming_convention=CONVENTION), sa.Column('id', sa.Integer, primary_key=True),\n"
    "  sa.Column('x', sa.Boolean(create_constraint=True, name='x')), sa.Column('z', sa.Integer),\n"
    "  sa.Column('y', sa.Enum('a', 'b', create_constraint=True, name='mood')),\n"
    "  sa.Column('w', sa.Boolean(create_constraint=True, name='w')))\nn.create(op.get_bind())"
)
CONVENTION = {
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
ON_SQLITE = {
    case: code.replace("NAMELESS", NAMELESS).replace("TYPED", TYPED).replace("CONVENTION", repr(CONVENTION))
    for case, code in ON_SQLITE.items()
}
#: Names that PostgreSQL cuts, and those that SQLAlchemy cuts before.
ON_POSTGRESQL = {
    "long table": "op.create_table('n' * 70, sa.Column('m' * 70, sa.Integer))\n"
    "op.rename_table('n' * 70, 'o' * 70)\nop.alter_column('o' * 70, 'm' * 70, new_column_name='p' * 70)",
    "long type": "mood = sa.Enum('x', name='mood' * 20)\nop.create_table('n', sa.Column('x', mood))",
    "long final names": "op.create_index(op.f('ix' * 40), 't', ['a'])\n"
    "op.create_unique_constraint(op.f('uq' * 40), 't', ['a'])\nop.drop_index(op.f('ix' * 40), 't')",
    "long drop": "op.create_table('n' * 70, sa.Column('x', sa.Integer))\nop.drop_table('n' * 70)",
}
IN_SCHEMA = (
    "op.execute('CREATE SCHEMA \"S p\"')\nop.create_table('n', sa.Column('id', sa.Integer, primary_key=True),\n"
    "  sa.Column('x', sa.String(20), comment='x'), sa.Column('up', sa.Integer), schema='S p', comment='50%')\n"
)
#: What PostgreSQL has and others have not, or have otherwise.
OF_POSTGRESQL = {
    "a schema": IN_SCHEMA + "op.create_foreign_key('fk', 'n', 'n', ['up'], ['id'], source_schema='S p',\n"
    "  referent_schema='S p', deferrable=True, initially='DEFERRED')\nop.create_index('ix', 'n', ['x'], schema='S p')\n"
    "op.create_foreign_key('fk_t', 't', 'n', ['b'], ['id'], referent_schema='S p', postgresql_not_valid=True)\n"
    "op.create_check_constraint('ck', 'n', 'up > 0', schema='S p')\nop.drop_table_comment('n', schema='S p')\n"
    "op.rename_table('n', 'm', schema='S p')",
    "a batch in a schema": IN_SCHEMA + "with op.batch_alter_table('n', schema='S p') as b:\n"
    "  b.add_column(sa.Column('y', sa.Integer, index=True, unique=False, comment='y'))\n"
    "  b.create_unique_constraint('uq', ['y', 'x'])\n"
    "  b.alter_column('x', new_column_name='z', nullable=False, server_default='50%', comment=None,\n"
    "    existing_type=sa.String(20), existing_comment='x')\n"
    "  b.create_exclude_constraint('ex', ('y', '='), using='btree')\n  b.drop_column('up')\n"
    "  b.create_foreign_key('fk', 'u', ['y'], ['id'], referent_schema='public')",
    "drops in a schema": IN_SCHEMA + "op.create_index('ix', 'n', ['x'], schema='S p')\n"
    "op.create_unique_constraint('uq', 'n', ['x'], schema='S p')\nop.drop_index('ix', 'n', schema='S p')\n"
    "op.drop_constraint('uq', 'n', schema='S p')\nop.drop_column('n', 'x', schema='S p')\n"
    "op.bulk_insert(sa.table('n', sa.column('id'), sa.column('up'), schema='S p'), [{'id': 1, 'up': None}])",
    "identity": "op.create_table('n', sa.Column('id', sa.Integer, sa.Identity(start=5)), sa.Column('x', sa.Integer,\n"
    "  nullable=False))\nop.alter_column('n', 'id', server_default=sa.Identity(always=True, start=9, cycle=True),\n"
    "  existing_server_default=sa.Identity(start=5))\n"
    "op.add_column('n', sa.Column('j', sa.BigInteger, sa.Identity(increment=3)))",
    "no identity": "op.create_table('n', sa.Column('id', sa.Integer, sa.Identity(start=5)))\n"
    "op.alter_column('n', 'id', server_default=None, existing_server_default=sa.Identity(start=5))",
    "enums": "op.create_table('n', sa.Column('m', sa.Enum('x', \"it's\", name='Mood'), server_default='x'))\n"
    "op.add_column('t', sa.Column('m', sa.Enum(name='Mood'), server_default='x'))\n"
    "op.execute(\"ALTER TYPE \\\"Mood\\\" RENAME VALUE 'x' TO 'y'\")\n"
    "op.alter_column('t', 'm', type_=sa.String(9), server_default=None, existing_type=sa.Enum(name='Mood'))\n"
    "op.drop_table('n')\nop.execute('DROP TYPE \"Mood\"')",
    "enums in a schema": IN_SCHEMA + "import warnings\nwarnings.simplefilter('ignore')\n"
    "own = sa.Enum('x', name='Own', inherit_schema=True)\n"
    "op.create_table('m', sa.Column('k', own), schema='S p')\n"
    "op.add_column('n', sa.Column('k', sa.Enum('x', name='Own', inherit_schema=True)), schema='S p')\n",
    "an enum that is made elsewhere": "op.execute(\"CREATE TYPE \\\"Mood\\\" AS ENUM ('x', 'z')\")\n"
    "op.create_table('n', sa.Column('m', sa.Enum('x', 'y', name='Mood', create_type=False)))\n"
    "op.add_column('n', sa.Column('k', sa.Enum('x', 'y', name='Mood', create_type=False)))",
    "variants": "short = sa.Enum('x', name='k1').with_variant(sa.String(7), 'postgresql')\n"
    "op.create_table('n', sa.Column('m', short), sa.Column('k', sa.String(5).with_variant(sa.Text(), 'postgresql')))\n"
    "op.alter_column('t', 'a', type_=short)",
    "indexes": "op.create_index('i1', 't', ['a'], postgresql_using='hash')\n"
    "op.create_index('i2', 't', [sa.text('lower(a) DESC NULLS LAST'), 'b'], unique=True,\n"
    "  postgresql_where=sa.text(\"a LIKE '%x'\"), postgresql_include=['d'], postgresql_nulls_not_distinct=True,\n"
    "  postgresql_with={'fillfactor': 50}, postgresql_ops={'b': 'int4_ops'})\n"
    "op.create_index('i3', 't', [sa.func.coalesce(sa.column('a'), '50%')], if_not_exists=True)\n"
    "op.drop_index('i4', if_exists=True)",
    "constraints": "op.create_unique_constraint('n1', 't', ['b'], deferrable=True, initially='DEFERRED',\n"
    "  postgresql_nulls_not_distinct=True)\n"
    "op.create_check_constraint('n2', 't', sa.column('b').between(1, 900), postgresql_not_valid=True)\n"
    "op.create_exclude_constraint('n3', 't', ('b', '='), where=sa.column('b') > 1000, using='btree')\n"
    "op.drop_constraint('nothing', 't', if_exists=True)",
    "types": "op.alter_column('t', 'a', type_=sa.Text(collation='C'))\n"
    "op.drop_constraint('ck_t_b', 't')\nop.alter_column('t', 'b', server_default=None)\n"
    "op.alter_column('t', 'b', type_=sa.ARRAY(sa.Integer), postgresql_using='ARRAY[b]')",
    "a domain and a sequence": "op.execute('CREATE DOMAIN d1 AS int CHECK (VALUE > 0)')\n"
    "op.execute(sa.schema.CreateSequence(sa.Sequence('s1', start=7)))\n"
    "op.alter_column('t', 'b', server_default=sa.text(\"nextval('s1')\"))",
}
OF_MARIADB = {
    "keywords": "op.create_table('n', sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.String(9,\n"
    "  collation='latin1_german1_ci')), mysql_engine='MyISAM', mysql_default_charset='latin1', mysql_comment='c')\n"
    "op.create_index('ix', 'n', ['x'], mysql_length={'x': 4})\n"
    "op.create_index('ft', 'n', ['x'], mysql_prefix='FULLTEXT')",
    "autoincrement": "op.alter_column('t', 'id', autoincrement=True, existing_type=sa.Integer(),\n"
    "  existing_nullable=False)",
    "character sets of enums": "from sqlalchemy.dialects.mysql import ENUM, SET\n"
    "one = sa.Enum('x', 'y').with_variant(ENUM('x', 'y', charset='ascii'), 'mysql', 'mariadb')\n"
    "op.create_table('n', sa.Column('a', ENUM('x', charset='latin1', collation='latin1_bin')), sa.Column('b', one),\n"
    "  sa.Column('c', ENUM('x', ascii=True)), sa.Column('d', ENUM('x', unicode=True)), sa.Column('e', SET('x',\n"
    "  charset='latin1')), sa.Column('f', ENUM('x', binary=True, charset='latin1')))\n"
    "op.add_column('n', sa.Column('g', ENUM('K', 'k', binary=True, charset='utf8mb4')))\n"
    "op.alter_column('n', 'a', existing_type=ENUM('x'), type_=ENUM('x', 'y', collation='utf8mb4_bin'))\n"
    "with op.batch_alter_table('n') as b:\n"
    "  b.alter_column('c', existing_type=ENUM('x', ascii=True), nullable=False)\n"
    "  b.add_column(sa.Column('h', ENUM('x', charset='latin1')))",
    "no ON UPDATE": "both = sa.text('CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP')\n"
    "for name in 'xyz':\n"
    "  op.add_column('t', sa.Column(name, sa.DateTime, nullable=False, server_default=both))\n"
    "known = dict(existing_type=sa.DateTime(), existing_nullable=False, existing_server_default=both)\n"
    "op.alter_column('t', 'x', server_default=sa.text('CURRENT_TIMESTAMP'), **known)\n"
    "op.alter_column('t', 'y', server_default=None, **known)\n"
    "op.alter_column('t', 'z', server_default='2020-01-01 00:00:00', **known)\n"
    "op.execute(\"UPDATE t SET x = '2020-01-01', y = x, z = x\")",
    "a batch of kinds": "with op.batch_alter_table('t') as b:\n"
    "  b.drop_constraint('fk_t_u', type_='foreignkey')\n  b.drop_constraint('uq_t_a', type_='unique')\n"
    "  b.drop_constraint('ck_t_b', type_='check')\n  b.drop_constraint('PRIMARY', type_='primary')\n"
    "  b.create_primary_key('pk', ['id', 'b'])",
    "expressions": "op.alter_column('t', 'a', server_default=sa.text('(upper(1))'), existing_type=sa.String(20),\n"
    "  existing_nullable=True)\nop.alter_column('t', 'd', server_default=sa.func.now(), existing_type=sa.DateTime(),\n"
    "  existing_nullable=True)",
    "a quoted name": "op.alter_column('t', 'a', new_column_name='a`b % c', existing_type=sa.String(20),\n"
    "  existing_nullable=True)\nop.rename_table('t', 'select `%`')\nop.create_index('i x', 'select `%`', ['a`b % c'])",
}
#: Rows that a case may not run with: the foreign keys would not hold.
WITHOUT_ROWS = {"foreign key", "batch: foreign key"}
#: What alembic refuses on SQLite, or fails at, and we do.
MORE = {
    "sqlite": {
        *("nullable", "type", "type with using", "default", "no default", "primary key", "unique", "check"),
        *("check of an expression", "foreign key", "drop unique", "drop check", "drop foreign key"),
        *("table comment", "drop table comment", "column comment"),
    },
    "postgresql": set[str](),
    "mariadb": set[str](),
}


def _install_drivers(python: Path) -> None:
    has = subprocess.run([python, "-c", "import psycopg, pymysql"], capture_output=True, check=False)
    if has.returncode == 0:
        return
    words = [str(python), "-m", "pip", "install", "--quiet", "psycopg[binary]", "pymysql"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lacking = f"drivers cannot be installed into alembic's environment: {done.stderr.strip()[-300:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)


@pytest.fixture(scope="module")
def alembic_op(alembic_executable: Path) -> Iterator[Alembic]:
    """Run code with alembic's `op` on a database, and return what it raised."""
    python = alembic_executable.with_name("python")
    _install_drivers(python)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    peer = subprocess.Popen(
        [python, PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert peer.stdin is not None
    assert peer.stdout is not None

    def run(url: str, code: str, *, batched: bool = False) -> str:
        assert peer.stdin is not None
        assert peer.stdout is not None
        print(json.dumps({"url": url, "code": code, "batched": batched}), file=peer.stdin, flush=True)
        return str(json.loads(peer.stdout.readline())["error"])

    yield run
    peer.stdin.close()
    peer.wait()
    peer.stdout.close()


Pair = tuple[str, str]


@pytest.fixture(scope="module")
def servers(server_url: Callable[[str], sa.URL]) -> Iterator[Callable[[str], Pair]]:
    """Two databases on a server, made when they are first asked for; empty each time."""
    made: dict[str, Pair] = {}

    def databases(kind: str) -> Pair:
        server = server_url(kind)
        if kind not in made:
            names = [f"nbm_{uuid.uuid4().hex[:12]}" for _ in range(2)]
            _send(server, [f"CREATE DATABASE {name}" for name in names])
            first, second = (
                server.set(database=name).render_as_string(hide_password=False) for name in names
            )
            made[kind] = (first, second)
        for url in map(sa.make_url, made[kind]):
            if kind == "postgresql":
                _send(url, ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"])
            else:
                _send(server, [f"DROP DATABASE {url.database}", f"CREATE DATABASE {url.database}"])
        return made[kind]

    yield databases
    for kind, urls in made.items():
        _send(server_url(kind), [f"DROP DATABASE {sa.make_url(url).database}" for url in urls])


def _send(url: sa.URL, statements: list[str]) -> None:
    with sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path, servers: Callable[[str], Pair]) -> Pair:
    """Two databases with the same tables and rows, of the kind that the test's parameter says."""
    kind, is_filled = request.param
    urls = servers(kind) if kind != "sqlite" else _files(tmp_path)
    for url in urls:
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            TABLES.create_all(connection)
            for statement in ROWS if is_filled else ():
                connection.exec_driver_sql(statement)
    return urls


def _files(folder: Path) -> Pair:
    return f"sqlite:///{folder / 'theirs.db'}", f"sqlite:///{folder / 'ours.db'}"


def in_batch(code: str) -> str:
    lines = "".join(f"  {line}\n" for line in code.split("\n"))
    return f"with op.batch_alter_table('t') as b:\n{lines}"


def run_ours(url: str, code: str) -> str:
    history = History()
    history.add("r", lambda: exec(code, {"op": op, "sa": sa}))
    try:
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            history.upgrade(connection)
            connection.exec_driver_sql("DROP TABLE alembic_version")
            connection.commit()
    except MigrationFailedError as error:
        return error.message
    return ""


def tell(url: str) -> list[str]:
    """Return what there is in a database, in the words of its own tools."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = sorted(sa.inspect(connection).get_table_names())
        told = {"sqlite": _reflected, "postgresql": dumped, "mysql": _shown}[connection.dialect.name](
            connection
        )
        for name in names:
            rows = connection.execute(sa.select(sa.text("*")).select_from(sa.table(name)))
            told += [f"{name}: {row}" for row in sorted(map(str, rows))]
    return told


def _reflected(connection: sa.Connection) -> list[str]:
    inspector = sa.inspect(connection)
    told = []
    for name in sorted(inspector.get_table_names()):
        found: dict[str, Any] = {
            "columns": inspector.get_columns(name),
            "key": inspector.get_pk_constraint(name),
            "indexes": sorted(map(_plain, inspector.get_indexes(name)), key=str),
            "uniques": sorted(inspector.get_unique_constraints(name), key=str),
            "checks": sorted(inspector.get_check_constraints(name), key=str),
            "keys": sorted(inspector.get_foreign_keys(name), key=str),
        }
        told += [f"{name} {what}: {value}" for what, values in found.items() for value in _list(values)]
    return told


def _plain(index: Any) -> dict[str, Any]:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


@pytest.mark.parametrize("case", ON_SQLITE)
@pytest.mark.parametrize("pair", [("sqlite", True)], indirect=True, ids=["rows"])
def test_same_options(pair: Pair, alembic_op: Alembic, case: str) -> None:
    theirs, ours = pair
    assert run_ours(ours, ON_SQLITE[case]) == ""
    assert alembic_op(theirs, ON_SQLITE[case]) == ""
    assert tell(ours) == tell(theirs)


@pytest.mark.parametrize("case", MADE_ANEW)
@pytest.mark.parametrize("pair", [("postgresql", True)], indirect=True, ids=["rows"])
def test_same_tables_made_anew(pair: Pair, alembic_op: Alembic, case: str) -> None:
    theirs, ours = pair
    assert run_ours(ours, MADE_ANEW[case]) == ""
    assert alembic_op(theirs, MADE_ANEW[case]) == ""
    assert tell(ours) == tell(theirs)


#: Where a foreign key stays, alembic's new table cannot have it: MariaDB has one of a name in a database.
@pytest.mark.parametrize("case", sorted(MADE_ANEW.keys() - {"always and several"}))
@pytest.mark.parametrize("pair", [("mariadb", True)], indirect=True, ids=["rows"])
def test_same_order_without_a_new_table(pair: Pair, alembic_op: Alembic, case: str) -> None:
    theirs, ours = pair
    code = f"op.drop_constraint('fk_t_u', 't', type_='foreignkey')\n{MADE_ANEW[case]}"
    assert run_ours(ours, MADE_ANEW[case]) == ""
    assert alembic_op(theirs, code) == ""
    ours_told, theirs_told = ([line for line in tell(url) if "fk_t_u" not in line] for url in (ours, theirs))
    columns = [[line for line in told if line.startswith("  `")] for told in (ours_told, theirs_told)]
    assert columns[0] == columns[1]
    assert sorted(line.rstrip(",") for line in ours_told) == sorted(line.rstrip(",") for line in theirs_told)


@pytest.mark.parametrize("case", ON_POSTGRESQL)
@pytest.mark.parametrize("pair", [("postgresql", True)], indirect=True, ids=["rows"])
def test_same_names(pair: Pair, alembic_op: Alembic, case: str) -> None:
    theirs, ours = pair
    assert run_ours(ours, ON_POSTGRESQL[case]) == ""
    assert alembic_op(theirs, ON_POSTGRESQL[case]) == ""
    assert tell(ours) == tell(theirs)


@pytest.mark.parametrize("case", OF_POSTGRESQL)
@pytest.mark.parametrize("pair", [("postgresql", True)], indirect=True, ids=["rows"])
def test_same_on_postgresql(pair: Pair, alembic_op: Alembic, case: str) -> None:
    _send(sa.make_url(pair[0]), ['DROP SCHEMA IF EXISTS "S p" CASCADE'])
    _send(sa.make_url(pair[1]), ['DROP SCHEMA IF EXISTS "S p" CASCADE'])
    theirs, ours = pair
    assert run_ours(ours, OF_POSTGRESQL[case]) == ""
    assert alembic_op(theirs, OF_POSTGRESQL[case]) == ""
    assert tell(ours) == tell(theirs)


@pytest.mark.parametrize("case", OF_MARIADB)
@pytest.mark.parametrize("pair", [("mariadb", True)], indirect=True, ids=["rows"])
def test_same_on_mariadb(pair: Pair, alembic_op: Alembic, case: str) -> None:
    theirs, ours = pair
    assert run_ours(ours, OF_MARIADB[case]) == ""
    assert alembic_op(theirs, OF_MARIADB[case]) == ""
    assert tell(ours) == tell(theirs)


def copied(url: str) -> str:
    """Return a copy of a database in a file: alembic leaves what it did before it failed."""
    path = Path(str(sa.make_url(url).database))
    return f"sqlite:///{shutil.copy(path, path.with_suffix('.copy'))}"


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _shown(connection: sa.Connection) -> list[str]:
    told = []
    for name in sorted(sa.inspect(connection).get_table_names()):
        quoted = connection.dialect.identifier_preparer.quote(name)
        told += connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted}").one()[1].split("\n")
    return told


PAIRS = [(kind, is_filled) for kind in KINDS for is_filled in (False, True)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "pair", PAIRS, indirect=True, ids=lambda pair: f"{pair[0]}{'-rows' if pair[1] else ''}"
)
def test_same(pair: Pair, alembic_op: Alembic, case: str, request: pytest.FixtureRequest) -> None:
    kind, is_filled = request.node.callspec.params["pair"]
    if kind == "postgresql" and shutil.which("pg_dump") is None and os.environ.get("CI") != "true":
        pytest.skip("pg_dump is not installed")
    code = in_batch(CASES[case]) if case.startswith("batch") else CASES[case]
    if case in WITHOUT_ROWS and is_filled:
        return
    theirs, ours = pair
    assert run_ours(ours, code) == ""
    if case in MORE[kind]:
        assert alembic_op(copied(theirs), code) != ""
    assert alembic_op(theirs, code, batched=case in MORE[kind]) == ""
    assert tell(ours) == tell(theirs)


CHANGE = "b.alter_column('b', nullable=False)"
MODIFY = "b.alter_column('c', nullable=False, existing_type=sa.String(20))"
#: What alembic loses and we keep: the kind of database, the table, what else is there, the change, the words that stay.
LOST: dict[str, tuple[str, str, str, str, str]] = {
    "AUTOINCREMENT": ("sqlite", "id INTEGER PRIMARY KEY AUTOINCREMENT", "", CHANGE, "AUTOINCREMENT"),
    "collation": ("sqlite", "c TEXT COLLATE NOCASE", "", CHANGE, "COLLATE NOCASE"),
    "ON DELETE in a column": (
        "sqlite",
        "c INT REFERENCES q (id) ON DELETE CASCADE",
        "",
        CHANGE,
        "ON DELETE CASCADE",
    ),
    "DEFERRABLE in a column": (
        "sqlite",
        "c INT REFERENCES q (id) DEFERRABLE INITIALLY DEFERRED",
        "",
        CHANGE,
        "DEFERR",
    ),
    "CHECK without a name": ("sqlite", "c INT CHECK (c > 1)", "", CHANGE, "CHECK (c > 1)"),
    "ON CONFLICT": ("sqlite", "c INT UNIQUE ON CONFLICT IGNORE", "", CHANGE, "ON CONFLICT IGNORE"),
    "generated column": (
        "sqlite",
        "c INT GENERATED ALWAYS AS (b + 1) STORED",
        "",
        CHANGE,
        "AS (b + 1) STORED",
    ),
    "trigger": (
        "sqlite",
        "c INT",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
        CHANGE,
        "CREATE TRIGGER",
    ),
    "index of an expression": ("sqlite", "c TEXT", "CREATE INDEX x ON t (lower(c))", CHANGE, "(lower(c))"),
    "descending index": ("sqlite", "c TEXT", "CREATE INDEX x ON t (c DESC)", CHANGE, "(c DESC)"),
    "comment of the author": ("sqlite", "c INT /* of interest */", "", CHANGE, "/* of interest */"),
    "default": ("mariadb", "c varchar(20) DEFAULT 'x'", "", MODIFY, "DEFAULT 'x'"),
    "comment": ("mariadb", "c varchar(20) COMMENT 'mine'", "", MODIFY, "COMMENT 'mine'"),
    "collation of a column": (
        "mariadb",
        "c varchar(20) COLLATE utf8mb4_bin",
        "",
        MODIFY,
        "COLLATE utf8mb4_bin NOT",
    ),
    "CHECK of a column": ("mariadb", "c varchar(20) CHECK (c > '')", "", MODIFY, "CHECK (`c` > '')"),
    "invisible column": ("mariadb", "c varchar(20) INVISIBLE DEFAULT 'x'", "", MODIFY, "INVISIBLE"),
    "ON UPDATE": (
        "mariadb",
        "c datetime DEFAULT now() ON UPDATE now()",
        "",
        "b.alter_column('c', nullable=False, existing_type=sa.DateTime())",
        "ON UPDATE current_timestamp()",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_alembic_loses_is_kept(
    alembic_op: Alembic, case: str, tmp_path: Path, servers: Callable[[str], Pair]
) -> None:
    kind, column, more, change, words = LOST[case]
    urls = servers(kind) if kind != "sqlite" else _files(tmp_path)
    for url in urls:
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            for statement in (
                "CREATE TABLE q (id INTEGER PRIMARY KEY)",
                f"CREATE TABLE t (b INTEGER, {column})",
                more,
            ):
                if statement:
                    connection.exec_driver_sql(statement)
    # It may fail at it as well: it cannot copy a generated column.
    alembic_op(urls[0], in_batch(change))
    assert run_ours(urls[1], in_batch(change)) == ""
    theirs, ours = map(_texts, urls)
    assert "NOT NULL" in ours
    assert words in ours
    assert words not in theirs or "NOT NULL" not in theirs


def _texts(url: str) -> str:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE tbl_name = 't'").scalars()
            return "\n".join(filter(None, rows))
        return str(connection.exec_driver_sql("SHOW CREATE TABLE t").one()[1])
