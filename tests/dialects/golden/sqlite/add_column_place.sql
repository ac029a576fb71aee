-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL,
	x INTEGER DEFAULT '5', 
	c VARCHAR(20), 
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO t (id, c) SELECT id, c FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
