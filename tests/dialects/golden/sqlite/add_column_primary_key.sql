-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	c INTEGER, id INTEGER NOT NULL PRIMARY KEY
);
INSERT OR ABORT INTO t (rowid, c) SELECT rowid, c FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
