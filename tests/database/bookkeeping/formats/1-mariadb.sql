CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO alembic_version VALUES ('a1');
CREATE TABLE `alembic_version_log` (
  `entry` int(11) NOT NULL,
  `run` varchar(12) NOT NULL,
  `ended_at` datetime(6) NOT NULL,
  `who` varchar(255) NOT NULL,
  `pid` int(11) NOT NULL,
  `revision` varchar(255) NOT NULL,
  `direction` varchar(9) NOT NULL,
  `source` longtext DEFAULT NULL,
  `destination` longtext DEFAULT NULL,
  `seconds` float NOT NULL,
  `result` varchar(11) NOT NULL,
  `error` longtext DEFAULT NULL,
  `code_hash` varchar(32) DEFAULT NULL,
  `content_hash` varchar(32) DEFAULT NULL,
  `code` longtext DEFAULT NULL,
  PRIMARY KEY (`entry`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO alembic_version_log VALUES (1, '2c1f85764209', '2026-11-30 14:35:33.393508', 'ann@example', 19241, 'a1', 'upgrade', '', 'a1', 0.0136326, 'done', '', '32b538e985822b933dde92578174546c', '220d8ef43057aecb496fea278cb56996', 'from nbmigrate import op
import sqlalchemy as sa
revision = ''a1''
down_revision = None

def upgrade():
    op.create_table(''one'', sa.Column(''id'', sa.Integer, primary_key=True), sa.Column(''n'', sa.Integer))

def downgrade():
    op.drop_table(''one'')');
INSERT INTO alembic_version_log VALUES (2, '0b0d8efc0425', '2026-11-30 14:35:33.483378', 'ann@example', 19241, 'b2', 'upgrade', 'a1', 'b2', 0.0238256, 'failed', 'Upgrade of revision b2 (second) failed: Table ''two'' already exists', '68681e9286eb6a88cf17cedebdf87adf', '978a52019e1a9027cb31a7313e0efc9e', 'from nbmigrate import op
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
CREATE TABLE `alembic_version_journal` (
  `number` int(11) NOT NULL,
  `revision` varchar(255) NOT NULL,
  `direction` varchar(16) NOT NULL,
  `heads` text DEFAULT NULL,
  `code` varchar(64) DEFAULT NULL,
  `since` varchar(40) DEFAULT NULL,
  `who` varchar(255) DEFAULT NULL,
  `state` varchar(16) NOT NULL,
  `fingerprint` varchar(64) DEFAULT NULL,
  `operation` text DEFAULT NULL,
  `following` int(11) DEFAULT NULL,
  `statement` mediumtext DEFAULT NULL,
  `before` mediumtext DEFAULT NULL,
  `outcome` text DEFAULT NULL,
  PRIMARY KEY (`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO alembic_version_journal VALUES (1, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:33', 'ann@example', 'done', '4b4e31b49ef1615b39806399399cf0d8', '04f6424fe1c73bd68752d18a287b0280', 0, 'ALTER TABLE one ADD COLUMN name VARCHAR(20)', '{"TABLE one": "one\\nCREATE TABLE `one` (\\n  `id` int(11) NOT NULL AUTO_INCREMENT,\\n  `n` int(11) DEFAULT NULL,\\n  PRIMARY KEY (`id`)\\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"}', '{"rowcount": 0, "lastrowid": 0}');
INSERT INTO alembic_version_journal VALUES (2, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:33', 'ann@example', 'done', 'a95c117c956684d9f1f80fe5e4d13a29', '', 0, 'CREATE INDEX ix_one_n ON one (n)', '{"TABLE one": "one\\nCREATE TABLE `one` (\\n  `id` int(11) NOT NULL AUTO_INCREMENT,\\n  `n` int(11) DEFAULT NULL,\\n  `name` varchar(20) DEFAULT NULL,\\n  PRIMARY KEY (`id`)\\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"}', '{"rowcount": 0, "lastrowid": 0}');
INSERT INTO alembic_version_journal VALUES (3, 'b2', 'upgrade', '["a1"]', '68681e9286eb6a88cf17cedebdf87adf', '2026-11-30 14:35:33', 'ann@example', 'done', 'e9ab127738ccdc7dcfc22737f450e3f9', '', 0, 'INSERT INTO one (id, n) VALUES (1, 10)', '', '{"rowcount": 1, "lastrowid": 1}');
CREATE TABLE `one` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `n` int(11) DEFAULT NULL,
  `name` varchar(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_one_n` (`n`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO one VALUES (1, 10, NULL);
