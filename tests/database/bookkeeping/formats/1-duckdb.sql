CREATE SEQUENCE one_id_seq INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START 1 NO CYCLE;
CREATE TABLE alembic_version(version_num VARCHAR, PRIMARY KEY(version_num));
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE alembic_version_log(entry INTEGER, run VARCHAR NOT NULL, ended_at TIMESTAMP NOT NULL, who VARCHAR NOT NULL, pid INTEGER NOT NULL, revision VARCHAR NOT NULL, direction VARCHAR NOT NULL, "source" VARCHAR, destination VARCHAR, "seconds" FLOAT NOT NULL, result VARCHAR NOT NULL, "error" VARCHAR, code_hash VARCHAR, content_hash VARCHAR, code VARCHAR, PRIMARY KEY(entry));
INSERT INTO alembic_version_log VALUES (1, 'bd076b7483f9', '2026-11-30 14:35:34.154971', 'ann@example', 19244, 'a1', 'upgrade', '', 'a1', 0.009586703963577747, 'done', '', '32b538e985822b933dde92578174546c', '220d8ef43057aecb496fea278cb56996', 'from nbmigrate import op
import sqlalchemy as sa
revision = ''a1''
down_revision = None

def upgrade():
    op.create_table(''one'', sa.Column(''id'', sa.Integer, primary_key=True), sa.Column(''n'', sa.Integer))

def downgrade():
    op.drop_table(''one'')');
INSERT INTO alembic_version_log VALUES (2, '17817b8e1737', '2026-11-30 14:35:34.247057', 'ann@example', 19244, 'b2', 'upgrade', 'a1', 'b2', 0.03384972736239433, 'failed', 'Upgrade of revision b2 (second) failed: Catalog Error: Table with name "two" already exists!', '68681e9286eb6a88cf17cedebdf87adf', '978a52019e1a9027cb31a7313e0efc9e', 'from nbmigrate import op
import sqlalchemy as sa
revision = ''b2''
down_revision = ''a1''

def upgrade():
    op.add_column(''one'', sa.Column(''name'', sa.String(20)))
    with op.get_context().autocommit_block():
        op.execute(''CREATE INDEX ix_one_n ON one (n)'')
        op.execute(''INSERT INTO one (id, n) VALUES (1, 10)'')
    op.create_table(''two'', sa.Column(''id'', sa.Integer))

def downgrade():
    op.drop_table(''two'')
    op.drop_index(''ix_one_n'', ''one'')
    op.execute(''DELETE FROM one'')
    op.drop_column(''one'', ''name'')');
CREATE TABLE alembic_version_journal(number INTEGER, revision VARCHAR NOT NULL, direction VARCHAR NOT NULL, heads VARCHAR, code VARCHAR, since VARCHAR, who VARCHAR, state VARCHAR NOT NULL, fingerprint VARCHAR, operation VARCHAR, "following" INTEGER, "statement" VARCHAR, "before" VARCHAR, outcome VARCHAR, PRIMARY KEY(number));
INSERT INTO alembic_version_journal VALUES (1, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:34', 'ann@example', 'done', '04f6424fe1c73bd68752d18a287b0280', '04f6424fe1c73bd68752d18a287b0280', 0, 'ALTER TABLE one ADD COLUMN name VARCHAR(20)', '', '');
INSERT INTO alembic_version_journal VALUES (2, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:34', 'ann@example', 'done', '57d32bcdc1fc238071a64217d3760303', '', 0, 'CREATE INDEX ix_one_n ON one (n)', '', '{"rowcount": -1, "lastrowid": null}');
INSERT INTO alembic_version_journal VALUES (3, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:34', 'ann@example', 'done', 'c9a18a9ace9aeb9ea85608610a158dad', '', 0, 'INSERT INTO one (id, n) VALUES (1, 10)', '', '{"rowcount": 1, "lastrowid": null}');
CREATE TABLE one(id INTEGER DEFAULT(nextval('one_id_seq')), n INTEGER, "name" VARCHAR, PRIMARY KEY(id));
CREATE INDEX ix_one_n ON one(n);
INSERT INTO one VALUES (1, 10, NULL);
