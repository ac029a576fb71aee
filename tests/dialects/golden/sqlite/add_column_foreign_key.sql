-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL, 
	c VARCHAR(20),
	u_id INTEGER, 
	PRIMARY KEY (id),
	CONSTRAINT fk_u FOREIGN KEY(u_id) REFERENCES u (id) ON DELETE CASCADE
);
INSERT OR ABORT INTO t (id, c) SELECT id, c FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
CREATE INDEX ix_t_u_id ON t (u_id);
PRAGMA foreign_key_check(t);
