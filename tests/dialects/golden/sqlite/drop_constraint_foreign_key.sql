-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	c INTEGER
);
INSERT OR ABORT INTO t SELECT * FROM _nbmigrate_old NOT INDEXED;
DROP TABLE _nbmigrate_old;
