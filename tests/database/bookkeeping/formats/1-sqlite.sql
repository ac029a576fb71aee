CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE alembic_version_log (
	entry INTEGER NOT NULL, 
	run VARCHAR(12) NOT NULL, 
	ended_at DATETIME NOT NULL, 
	who VARCHAR(255) NOT NULL, 
	pid INTEGER NOT NULL, 
	revision VARCHAR(255) NOT NULL, 
	direction VARCHAR(9) NOT NULL, 
	source TEXT, 
	destination TEXT, 
	seconds FLOAT NOT NULL, 
	result VARCHAR(11) NOT NULL, 
	error TEXT, 
	code_hash VARCHAR(32), 
	content_hash VARCHAR(32), 
	code TEXT, 
	PRIMARY KEY (entry)
);
INSERT INTO alembic_version_log VALUES (1, '7e892f8993d6', '2026-11-30 14:35:31.961848', 'ann@example', 19217, 'a1', 'upgrade', '', 'a1', 0.0028422430000318855, 'done', '', '32b538e985822b933dde92578174546c', '220d8ef43057aecb496fea278cb56996', 'from nbmigrate import op
import sqlalchemy as sa
revision = ''a1''
down_revision = None

def upgrade():
    op.create_table(''one'', sa.Column(''id'', sa.Integer, primary_key=True), sa.Column(''n'', sa.Integer))

def downgrade():
    op.drop_table(''one'')');
INSERT INTO alembic_version_log VALUES (2, 'ca6b7391b636', '2026-11-30 14:35:31.981893', 'ann@example', 19217, 'b2', 'upgrade', 'a1', 'b2', 0.009751279000056456, 'failed', 'Upgrade of revision b2 (second) failed: table two already exists', '68681e9286eb6a88cf17cedebdf87adf', '978a52019e1a9027cb31a7313e0efc9e', 'from nbmigrate import op
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
CREATE TABLE alembic_version_journal (
	number INTEGER NOT NULL, 
	revision VARCHAR(255) NOT NULL, 
	direction VARCHAR(16) NOT NULL, 
	heads TEXT, 
	code VARCHAR(64), 
	since VARCHAR(40), 
	who VARCHAR(255), 
	state VARCHAR(16) NOT NULL, 
	fingerprint VARCHAR(64), 
	operation TEXT, 
	following INTEGER, 
	statement TEXT, 
	"before" TEXT, 
	outcome TEXT, 
	PRIMARY KEY (number)
);
INSERT INTO alembic_version_journal VALUES (1, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:31', 'ann@example', 'done', '04f6424fe1c73bd68752d18a287b0280', '04f6424fe1c73bd68752d18a287b0280', 0, 'ALTER TABLE one ADD COLUMN name VARCHAR(20)', '', '');
INSERT INTO alembic_version_journal VALUES (2, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:31', 'ann@example', 'done', '57d32bcdc1fc238071a64217d3760303', '', 0, 'CREATE INDEX ix_one_n ON one (n)', '', '{"rowcount": -1, "lastrowid": 1}');
INSERT INTO alembic_version_journal VALUES (3, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:31', 'ann@example', 'done', 'c9a18a9ace9aeb9ea85608610a158dad', '', 0, 'INSERT INTO one (id, n) VALUES (1, 10)', '', '{"rowcount": 1, "lastrowid": 1}');
CREATE TABLE one (
	id INTEGER NOT NULL, 
	n INTEGER, name VARCHAR(20), 
	PRIMARY KEY (id)
);
CREATE INDEX ix_one_n ON one (n);
INSERT INTO one VALUES (1, 10, NULL);
