CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE alembic_version_journal (
    number integer NOT NULL,
    revision character varying(255) NOT NULL,
    direction character varying(16) NOT NULL,
    heads text,
    code character varying(64),
    since character varying(40),
    who character varying(255),
    state character varying(16) NOT NULL,
    fingerprint character varying(64),
    operation text,
    following integer,
    statement text,
    before text,
    outcome text
);
CREATE TABLE alembic_version_log (
    entry integer NOT NULL,
    run character varying(12) NOT NULL,
    ended_at timestamp without time zone NOT NULL,
    who character varying(255) NOT NULL,
    pid integer NOT NULL,
    revision character varying(255) NOT NULL,
    direction character varying(9) NOT NULL,
    source text,
    destination text,
    seconds double precision NOT NULL,
    result character varying(11) NOT NULL,
    error text,
    code_hash character varying(32),
    content_hash character varying(32),
    code text
);
CREATE TABLE one (
    id integer NOT NULL,
    n integer,
    name character varying(20)
);
CREATE SEQUENCE one_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE one_id_seq OWNED BY one.id;
ALTER TABLE ONLY one ALTER COLUMN id SET DEFAULT nextval('one_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('a1');
INSERT INTO alembic_version_journal VALUES (1, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:32', 'ann@example', 'done', '04f6424fe1c73bd68752d18a287b0280', '04f6424fe1c73bd68752d18a287b0280', 0, 'ALTER TABLE one ADD COLUMN name VARCHAR(20)', '', '');
INSERT INTO alembic_version_journal VALUES (2, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:32', 'ann@example', 'done', 'a95c117c956684d9f1f80fe5e4d13a29', '', 0, 'CREATE INDEX ix_one_n ON one (n)', '', '{"rowcount": -1, "lastrowid": null}');
INSERT INTO alembic_version_journal VALUES (3, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:32', 'ann@example', 'done', 'e9ab127738ccdc7dcfc22737f450e3f9', '', 0, 'INSERT INTO one (id, n) VALUES (1, 10)', '', '{"rowcount": 1, "lastrowid": null}');
INSERT INTO alembic_version_log VALUES (1, 'f9a2cf6b29e6', '2026-11-30 14:35:32.638409', 'ann@example', 19228, 'a1', 'upgrade', '', 'a1', 0.008353585999998359, 'done', '', '32b538e985822b933dde92578174546c', '220d8ef43057aecb496fea278cb56996', 'from nbmigrate import op
import sqlalchemy as sa
revision = ''a1''
down_revision = None

def upgrade():
    op.create_table(''one'', sa.Column(''id'', sa.Integer, primary_key=True), sa.Column(''n'', sa.Integer))

def downgrade():
    op.drop_table(''one'')');
INSERT INTO alembic_version_log VALUES (2, '818f87200422', '2026-11-30 14:35:32.684665', 'ann@example', 19228, 'b2', 'upgrade', 'a1', 'b2', 0.018986938000011833, 'failed', 'Upgrade of revision b2 (second) failed: relation "two" already exists', '68681e9286eb6a88cf17cedebdf87adf', '978a52019e1a9027cb31a7313e0efc9e', 'from nbmigrate import op
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
INSERT INTO one VALUES (1, 10, NULL);
ALTER TABLE ONLY alembic_version_journal
    ADD CONSTRAINT alembic_version_journal_pkey PRIMARY KEY (number);
ALTER TABLE ONLY alembic_version_log
    ADD CONSTRAINT alembic_version_log_pkey PRIMARY KEY (entry);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY one
    ADD CONSTRAINT one_pkey PRIMARY KEY (id);
CREATE INDEX ix_one_n ON one USING btree (n);
