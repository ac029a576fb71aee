-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL, 
	c VARCHAR(20) NOT NULL,
	n INTEGER DEFAULT '3' NOT NULL, 
	PRIMARY KEY (id),
	CONSTRAINT fk_n FOREIGN KEY(n) REFERENCES u (id) ON DELETE CASCADE,
	CONSTRAINT uq_n UNIQUE (n, c),
	CONSTRAINT ck_n CHECK (n > 0)
);
INSERT OR ABORT INTO t (id, c) SELECT id, c FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
ALTER TABLE t RENAME COLUMN c TO name;
CREATE INDEX ix_n ON t (n);
PRAGMA foreign_key_check(t);
