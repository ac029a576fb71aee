-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	c VARCHAR(20),
	id INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO t (c, id) SELECT c, id FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
