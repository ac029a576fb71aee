PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL, 
	c VARCHAR(20) GENERATED ALWAYS AS (id + 1), 
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO t (id) SELECT id FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
