-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL, 
	c VARCHAR(20) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO t SELECT * FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
